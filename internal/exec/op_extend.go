package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Extend, out Sink) (Sink, error) {
		progs, err := b.named(n.Items)
		return &computeSink{n.Items, progs, false, out}, err
	})
	unary(func(b *builder, n *plan.Project, out Sink) (Sink, error) {
		progs, err := b.named(n.Items)
		return &computeSink{n.Items, progs, true, out}, err
	})
}

// computeSink computes columns from those of the input: only those (Project), or beside them (Extend).
type computeSink struct {
	items []plan.Named
	progs []*expr.Program
	only  bool
	out   Sink
}

func (s *computeSink) Push(b *event.Batch) error {
	out := b.Derive()
	if !s.only {
		out = b.Clone()
	}
	for i, it := range s.items {
		out.Set(it.Name, s.progs[i].Eval(b))
	}
	return s.out.Push(out)
}

func (s *computeSink) Close() error { return s.out.Close() }
