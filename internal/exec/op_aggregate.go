package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Aggregate, out Sink) (Sink, error) {
		agg, err := b.aggregation(n.Group, n.Aggs)
		if err != nil {
			return nil, err
		}
		agg.keepLineage = true
		agg.maySplit()
		return &aggregateSink{b: b, plan: n, agg: agg, out: out}, nil
	})
}

type aggregateSink struct {
	b    *builder
	plan *plan.Aggregate
	agg  *aggregation
	out  Sink
}

func (s *aggregateSink) Push(b *event.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	return s.agg.add(b)
}

func (s *aggregateSink) Close() error {
	if err := s.agg.end(); err != nil {
		return err
	}
	if s.agg.deferred != nil {
		if err := s.sorted(); err != nil {
			return err
		}
		s.agg.acc.free()
		return s.out.Close()
	}
	g := s.agg.group
	if len(g.By) == 0 && s.plan.EmptyRow {
		g.n = 1
	}
	results := s.agg.results()
	for part := range slices.Chunk(s.order(), s.b.rows()) {
		if err := s.b.check(); err != nil {
			return err
		}
		out := s.rows(part, func(out *event.Batch) {
			for j, k := range g.By {
				out.Set(k.Name, s.agg.keys(part, j))
			}
			for _, r := range results {
				out.Set(r.as, r.column(part))
			}
		})
		if err := s.out.Push(out); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	s.agg.acc.free()
	return s.out.Close()
}

// rows makes a batch of groups.
func (s *aggregateSink) rows(groups []uint32, fill func(*event.Batch)) *event.Batch {
	out := event.NewBatch(len(groups))
	fill(out)
	out.Lineage.Sets = make([][]event.Origin, len(groups))
	for i, id := range groups {
		out.Lineage.Sets[i] = s.agg.origins(id)
	}
	return out
}

// sorted pushes the groups when they have been split: each part gives its rows, and a sorter brings them in order.
func (s *aggregateSink) sorted() error {
	by := s.agg.group.By
	keys := []plan.SortKey{{}}
	values := func(b *event.Batch) []*event.Column { return []*event.Column{b.Column(seqColumn)} }
	if s.plan.Recorded {
		keys = append(slices.Clone(recordKeys), plan.SortKey{})
		values = func(b *event.Batch) []*event.Column { return append(records(b), b.Column(seqColumn)) }
	}
	if s.plan.Sorted {
		keys = make([]plan.SortKey, len(by))
		for i := range keys {
			keys[i].Collation = plan.AutoText
		}
		values = func(b *event.Batch) []*event.Column {
			cols := make([]*event.Column, len(by))
			for i := range cols {
				cols[i] = b.Column(deferredKey(i))
			}
			return cols
		}
	}
	order := s.b.sorter(keys, values)
	order.total = s.plan.Sorted
	err := s.agg.finish(func() error {
		ids := make([]uint32, s.agg.group.n)
		for i := range ids {
			ids[i] = uint32(i)
		}
		for part := range slices.Chunk(ids, s.b.rows()) {
			if err := order.add(s.rows(part, func(out *event.Batch) { s.agg.fill(out, part) })); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	results := s.agg.results()
	return order.finish(order.columns(), pushFunc(func(b *event.Batch) error {
		out := b.Derive()
		for j, k := range by {
			out.Set(k.Name, b.Column(deferredKey(j)))
		}
		for _, r := range results {
			out.Set(r.as, b.Column(r.hidden))
		}
		return s.out.Push(out)
	}))
}

// order returns the groups in the order of the result.
func (s *aggregateSink) order() []uint32 {
	g := s.agg.group
	order := make([]uint32, g.n)
	for i := range order {
		order[i] = uint32(i)
	}
	if s.plan.Recorded && len(g.By) > 0 {
		slices.SortStableFunc(order, func(a, b uint32) int {
			x, _ := firstOrigin(s.agg.origins(a), nil)
			y, _ := firstOrigin(s.agg.origins(b), nil)
			switch {
			case x.Less(y):
				return -1
			case y.Less(x):
				return 1
			}
			return 0
		})
	}
	if !s.plan.Sorted || len(g.By) == 0 {
		return order
	}
	byPart := make([][]uint32, len(g.parts))
	for i, p := range g.parts {
		byPart[i] = append([]uint32{0}, ranks(p.values(), plan.AutoText, true)...)
		for j := 1; j < len(byPart[i]); j++ {
			byPart[i][j]++
		}
		byPart[i][0] = uint32(len(byPart[i])) // null comes last
	}
	slices.SortStableFunc(order, func(a, b uint32) int {
		for i, rank := range byPart {
			x, y := rank[g.keys[int(a)*len(byPart)+i]], rank[g.keys[int(b)*len(byPart)+i]]
			if x != y {
				return int(x) - int(y)
			}
		}
		return 0
	})
	return order
}
