package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Dedup, out Sink) (Sink, error) {
		progs, err := b.programs(n.Keys)
		s := &dedupSink{plan: n, progs: progs, ids: newKeyIDs(len(progs)), last: none, acc: b.account(), out: out}
		return s, err
	})
}

type dedupSink struct {
	plan  *plan.Dedup
	progs []*expr.Program
	ids   *keyIDs
	seen  []int32 // rows so far, by combination
	last  uint32  // with Consecutive: the combination of the row before, and how often it came in a row
	run   int
	acc   *account
	out   Sink
}

func (s *dedupSink) Push(b *event.Batch) error {
	cols := make([]*event.Column, len(s.progs))
	for i, p := range s.progs {
		cols[i] = p.Eval(b)
	}
	ids := s.ids.columns(cols)
	var keep, blank []int32
	for i := range b.Len() {
		row := s.ids.row(ids, i)
		switch s.decide(row) {
		case dedupKeep:
			keep = append(keep, int32(i))
		case dedupRepeat:
			if s.plan.Blank {
				blank = append(blank, int32(len(keep)))
				keep = append(keep, int32(i))
			}
		}
	}
	if err := s.acc.set(s.ids.size() + 4*int64(len(s.seen))); err != nil {
		return err
	}
	if len(keep) == 0 {
		return nil
	}
	if len(keep) < b.Len() {
		b = b.Gather(keep)
	}
	if len(blank) > 0 {
		b = s.blanked(b, blank)
	}
	return s.out.Push(b)
}

func (s *dedupSink) Close() error {
	s.acc.free()
	return s.out.Close()
}

type dedupFate uint8

const (
	dedupKeep dedupFate = iota
	dedupDrop
	dedupRepeat
)

func (s *dedupSink) decide(row []uint32) dedupFate {
	if !s.plan.NullsEqual {
		for _, id := range row {
			if id != 0 {
				continue
			}
			if s.plan.KeepEmpty {
				s.last = none
				return dedupKeep
			}
			return dedupDrop
		}
	}
	id := s.ids.combine(row)
	limit := max(s.plan.N, 1)
	if s.plan.Consecutive {
		if id != s.last {
			s.last, s.run = id, 0
		}
		if s.run++; s.run > limit {
			return dedupRepeat
		}
		return dedupKeep
	}
	if int(id) >= len(s.seen) {
		s.seen = append(s.seen, 0)
	}
	if int(s.seen[id]) >= limit {
		return dedupRepeat
	}
	s.seen[id]++
	return dedupKeep
}

// blanked empties the key columns in the given rows.
func (s *dedupSink) blanked(b *event.Batch, rows []int32) *event.Batch {
	out := b.Clone()
	for _, k := range s.plan.Keys {
		col, ok := k.(*expr.Col)
		if !ok || b.Column(col.Name) == nil {
			continue
		}
		vals := b.Column(col.Name).Values(nil)
		for _, r := range rows {
			vals[r] = event.Value{}
		}
		out.Set(col.Name, event.NewAny(vals))
	}
	return out
}
