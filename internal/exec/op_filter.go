package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Filter, out Sink) (Sink, error) {
		p, err := b.condition(n.Pred)
		return &filterSink{p, out}, err
	})
}

type filterSink struct {
	pred *expr.Program
	out  Sink
}

func (s *filterSink) Push(b *event.Batch) error {
	rows := s.pred.Select(b, nil)
	switch len(rows) {
	case 0:
		return nil
	case b.Len():
		return s.out.Push(b)
	}
	return s.out.Push(b.Gather(rows))
}

func (s *filterSink) Close() error { return s.out.Close() }
