package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Dedup, out Sink) (Sink, error) {
		progs, err := b.programs(n.Keys)
		s := &dedupSink{b: b, plan: n, progs: progs, acc: b.account(), out: out}
		s.keys = s.newKeys(0)
		return s, err
	})
}

// dedupSink passes rows on at once as long as the keys it has seen have room. From then on rows with new keys go to disk, in parts by
// the hash of their key that are looked at one after the other in the end, and what is kept is brought back into order.
type dedupSink struct {
	b     *builder
	plan  *plan.Dedup
	progs []*expr.Program
	keys  *dedupKeys
	seq   int64
	kept  *sorter // rows to keep, once some rows wait
	acc   *account
	out   Sink
}

// dedupKeys is the keys seen so far.
type dedupKeys struct {
	of    *dedupSink
	level int
	ids   *keyIDs
	seen  []int32 // rows so far, by combination
	last  uint32  // with Consecutive: the combination of the row before, and how often it came in a row
	run   int
	// parts, when set, take the rows whose keys are none of these.
	parts *[splitWays]*store
	buf   []byte
}

func (s *dedupSink) newKeys(level int) *dedupKeys {
	return &dedupKeys{of: s, level: level, ids: newKeyIDs(len(s.progs)), last: none}
}

func (s *dedupSink) Push(b *event.Batch) error {
	seqs := make([]uint64, b.Len())
	for i := range seqs {
		seqs[i] = uint64(s.seq)
		s.seq++
	}
	return s.keys.add(b, eval(s.progs, b), seqs)
}

func (s *dedupSink) Close() error {
	if s.kept != nil {
		if err := s.keys.finish(); err != nil {
			return err
		}
		err := s.kept.finish(s.kept.columns(), pushFunc(func(b *event.Batch) error { return s.out.Push(without(b, seqColumn)) }))
		if err != nil {
			return err
		}
	}
	s.acc.free()
	return s.out.Close()
}

// without returns b without a column.
func without(b *event.Batch, name string) *event.Batch {
	out := b.Derive()
	for i, n := range b.Names() {
		if n != name {
			out.Set(n, b.ColumnAt(i))
		}
	}
	return out
}

// add looks at rows with the given keys and numbers.
func (k *dedupKeys) add(b *event.Batch, cols []*event.Column, seqs []uint64) error {
	s := k.of
	ids := k.ids.columns(cols)
	var keep, blank, wait []int32
	for i := range b.Len() {
		switch k.decide(k.ids.row(ids, i)) {
		case dedupKeep:
			keep = append(keep, int32(i))
		case dedupRepeat:
			if s.plan.Blank {
				blank = append(blank, int32(len(keep)))
				keep = append(keep, int32(i))
			}
		case dedupWait:
			wait = append(wait, int32(i))
		}
	}
	if len(wait) > 0 {
		if err := k.put(b, cols, seqs, wait); err != nil {
			return err
		}
	}
	if len(keep) > 0 {
		part := b
		if len(keep) < b.Len() {
			part = b.Gather(keep)
		}
		if len(blank) > 0 {
			part = s.blanked(part, blank)
		}
		if err := s.keep(part, seqs, keep); err != nil {
			return err
		}
	}
	return k.bound()
}

// keep hands rows on, or puts them aside when others that come before them wait.
func (s *dedupSink) keep(b *event.Batch, seqs []uint64, rows []int32) error {
	if s.kept == nil {
		return s.out.Push(b)
	}
	at := make([]uint64, len(rows))
	for i, r := range rows {
		at[i] = seqs[r]
	}
	b = b.Clone()
	b.Set(seqColumn, event.NewPlain(event.Int, at, nil))
	return s.kept.add(b)
}

// bound looks after the memory.
func (k *dedupKeys) bound() error {
	s := k.of
	s.acc.book(k.ids.size() + 4*int64(len(k.seen)) - s.acc.held)
	if k.parts != nil || s.acc.held < s.acc.limit()/16 || s.acc.held < s.acc.limit()/2 && !s.acc.press() || k.ids.n < 2 {
		return nil
	}
	switch {
	case s.plan.Consecutive: // nothing but the key of the row before matters
		row := make([]uint32, len(s.progs))
		fresh := newKeyIDs(len(s.progs))
		if k.last != none {
			for i, p := range fresh.parts {
				row[i] = p.id(k.ids.value(k.last, i))
			}
			k.last = fresh.combine(row)
		}
		k.ids = fresh
	case k.level < maxSplits:
		k.ids.freeze()
		k.parts = new([splitWays]*store)
		if s.kept == nil {
			s.kept = s.b.sorter([]plan.SortKey{{}}, func(b *event.Batch) []*event.Column { return []*event.Column{b.Column(seqColumn)} })
		}
	case s.acc.burst():
		return s.acc.fail("its keys cannot be split any further")
	}
	return nil
}

// put makes rows wait.
func (k *dedupKeys) put(b *event.Batch, cols []*event.Column, seqs []uint64, rows []int32) error {
	var parts [splitWays][]int32
	vals := make([]event.Value, len(cols))
	for _, r := range rows {
		for i, c := range cols {
			vals[i] = c.Value(int(r))
		}
		k.buf = keyOf(k.buf, vals)
		p := partOf(k.buf, k.level)
		parts[p] = append(parts[p], r)
	}
	b = b.Clone()
	b.Set(seqColumn, event.NewPlain(event.Int, seqs, nil))
	for i, c := range cols {
		b.Set(keyColumn(i), c)
	}
	for p, r := range parts {
		if len(r) == 0 {
			continue
		}
		if k.parts[p] == nil {
			k.parts[p] = k.of.b.eagerStore()
		}
		if err := k.parts[p].add(b.Gather(r)); err != nil {
			return err
		}
	}
	return nil
}

// finish looks at the rows that wait.
func (k *dedupKeys) finish() error {
	if k.parts == nil {
		return nil
	}
	parts := k.parts
	k.ids, k.seen = newKeyIDs(len(k.of.progs)), nil // they have been answered for
	for _, rows := range parts {
		if rows == nil {
			continue
		}
		next := k.of.newKeys(k.level + 1)
		err := rows.drain(func(b *event.Batch) error {
			out := b.Derive()
			cols := make([]*event.Column, len(k.of.progs))
			for i := range cols {
				cols[i] = b.Column(keyColumn(i))
			}
			_, seqs, _ := b.Column(seqColumn).PlainKind()
			if seqs == nil {
				seqs = make([]uint64, b.Len())
				for i := range seqs {
					seqs[i] = uint64(b.Value(seqColumn, i).Int())
				}
			}
			for i, n := range b.Names() {
				if n != seqColumn && !isKeyColumn(n) {
					out.Set(n, b.ColumnAt(i))
				}
			}
			return next.add(out, cols, seqs)
		})
		if err == nil {
			err = next.finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type dedupFate uint8

const (
	dedupKeep dedupFate = iota
	dedupDrop
	dedupRepeat
	dedupWait
)

func (k *dedupKeys) decide(row []uint32) dedupFate {
	p := k.of.plan
	if !p.NullsEqual {
		for _, id := range row {
			if id != 0 {
				continue
			}
			if p.KeepEmpty {
				k.last = none
				return dedupKeep
			}
			return dedupDrop
		}
	}
	limit := max(p.N, 1)
	if k.parts != nil {
		id, ok := k.ids.find(row)
		if !ok {
			return dedupWait
		}
		return k.count(id, limit)
	}
	id := k.ids.combine(row)
	if p.Consecutive {
		if id != k.last {
			k.last, k.run = id, 0
		}
		if k.run++; k.run > limit {
			return dedupRepeat
		}
		return dedupKeep
	}
	if int(id) >= len(k.seen) {
		k.seen = append(k.seen, 0)
	}
	return k.count(id, limit)
}

func (k *dedupKeys) count(id uint32, limit int) dedupFate {
	if int(k.seen[id]) >= limit {
		return dedupRepeat
	}
	k.seen[id]++
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
