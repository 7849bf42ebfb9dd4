package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Attach, out Sink) (Sink, error) {
		agg, err := b.aggregation(n.Group, n.Aggs)
		if err != nil {
			return nil, err
		}
		agg.keepMembers = true
		agg.maySplit()
		return &attachSink{b: b, agg: agg, kept: b.store(), out: out}, nil
	})
}

type attachSink struct {
	b    *builder
	agg  *aggregation
	kept *store
	out  Sink
}

func (s *attachSink) Push(b *event.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := s.kept.add(b); err != nil {
		return err
	}
	return s.agg.add(b)
}

func (s *attachSink) Close() error {
	if err := s.agg.end(); err != nil {
		return err
	}
	if s.agg.deferred != nil {
		if err := s.joined(); err != nil && err != ErrEnough {
			return err
		}
		s.agg.acc.free()
		return s.out.Close()
	}
	results := s.agg.results()
	values := make([][]event.Value, len(results)) // by group
	for i, r := range results {
		values[i] = make([]event.Value, s.agg.group.n)
		for g := range values[i] {
			values[i][g] = r.value(uint32(g))
		}
	}
	i := 0
	err := s.kept.drain(func(b *event.Batch) error {
		out := b.Clone()
		for j, r := range results {
			vals := make([]event.Value, b.Len())
			for row := range vals {
				vals[row] = event.NullValue
				if g := s.agg.members[i].first(row); g != none {
					vals[row] = values[j][g]
				}
			}
			out.Set(r.as, event.NewColumn(vals))
		}
		i++
		return s.out.Push(out)
	})
	if err != nil && err != ErrEnough {
		return err
	}
	s.agg.acc.free()
	return s.out.Close()
}

// joined gives the rows their groups' results when the groups have been split: the results are a table to which the rows are joined
// by the key of their first group.
func (s *attachSink) joined() error {
	g := s.agg.group
	right := s.b.store()
	err := s.agg.finish(func() error {
		ids := make([]uint32, g.n)
		for i := range ids {
			ids[i] = uint32(i)
		}
		for part := range slices.Chunk(ids, s.b.rows()) {
			b := event.NewBatch(len(part))
			s.agg.fill(b, part)
			if err := right.add(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	results := s.agg.results()
	names := s.kept.names()
	keys := make([]expr.Expr, len(g.By)+1) // and whether the row is in a group
	j := &join{b: s.b, left: s.kept, right: right, acc: s.b.account(), leftNames: names, leftAs: names,
		plan: &plan.Join{Kind: plan.LeftOuter, NullsMatch: true, Max: 1, LeftKeys: keys, RightKeys: keys}}
	for _, r := range results {
		j.rightNames = append(j.rightNames, r.hidden)
		j.rightAs = append(j.rightAs, "\x00"+r.hidden)
	}
	j.rightKeys = func(b *event.Batch) []*event.Column {
		var cols []*event.Column
		for i := range g.By {
			cols = append(cols, b.Column(deferredKey(i)))
		}
		return append(cols, event.NewConstant(event.IntOf(1), b.Len()))
	}
	j.leftKeys = func(b *event.Batch) []*event.Column { return s.firstKeys(b) }
	j.out = pushFunc(func(b *event.Batch) error {
		out := b.Derive()
		for _, n := range names {
			if c := b.Column(n); c != nil {
				out.Set(n, c)
			}
		}
		for _, r := range results {
			out.Set(r.as, b.Column("\x00"+r.hidden))
		}
		return s.out.Push(out)
	})
	defer j.acc.free()
	return j.inParts()
}

// firstKeys returns the keys of each row's first group, and 1 where there is one.
func (s *attachSink) firstKeys(b *event.Batch) []*event.Column {
	g := s.agg.group
	vals := make([][]event.Value, len(g.By)+1)
	for i := range vals {
		vals[i] = make([]event.Value, b.Len())
	}
	last := -1
	g.memberships(g.evaluate(b), b.Len(), func(row int, keys []event.Value) {
		if row == last {
			return
		}
		last = row
		for i, k := range keys {
			vals[i][row] = k
		}
		vals[len(keys)][row] = event.IntOf(1)
	})
	cols := make([]*event.Column, len(vals))
	for i := range vals {
		cols[i] = event.NewAny(vals[i])
	}
	return cols
}
