package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Attach, out Sink) (Sink, error) {
		agg, err := b.aggregation(n.Group, n.Aggs)
		if err != nil {
			return nil, err
		}
		agg.keepMembers = true
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
	results := s.agg.results()
	values := make([][]event.Value, len(results)) // by group
	for i, r := range results {
		values[i] = make([]event.Value, s.agg.group.n)
		for g := range values[i] {
			values[i][g] = r.value(uint32(g))
		}
	}
	batches := s.kept.batches
	s.kept.release()
	for i, b := range batches {
		if err := s.b.check(); err != nil {
			return err
		}
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
		if err := s.out.Push(out); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	s.agg.acc.free()
	return s.out.Close()
}
