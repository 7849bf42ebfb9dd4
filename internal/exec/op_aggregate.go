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
	g := s.agg.group
	if len(g.By) == 0 && s.plan.EmptyRow {
		g.n = 1
	}
	order := s.order()
	results := s.agg.results()
	for part := range slices.Chunk(order, s.b.rows()) {
		if err := s.b.check(); err != nil {
			return err
		}
		out := event.NewBatch(len(part))
		for j, k := range g.By {
			vals := make([]event.Value, len(part))
			for i, id := range part {
				vals[i] = g.value(id, j)
			}
			out.Set(k.Name, event.NewColumn(vals))
		}
		for _, r := range results {
			vals := make([]event.Value, len(part))
			for i, id := range part {
				vals[i] = r.value(id)
			}
			out.Set(r.as, event.NewColumn(vals))
		}
		out.Lineage.Sets = make([][]event.Origin, len(part))
		for i, id := range part {
			out.Lineage.Sets[i] = s.agg.origins(id)
		}
		if err := s.out.Push(out); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	s.agg.acc.free()
	return s.out.Close()
}

// order returns the groups in the order of the result.
func (s *aggregateSink) order() []uint32 {
	g := s.agg.group
	order := make([]uint32, g.n)
	for i := range order {
		order[i] = uint32(i)
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
