package exec

import (
	"fmt"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// maxDynamic bounds how deep plans may build plans.
const maxDynamic = 100

type dynamicError struct {
	label string
	err   error
}

func (e *dynamicError) Error() string { return e.label + ": " + e.err.Error() }
func (e *dynamicError) Unwrap() error { return e.err }

// dynamic runs the dependencies of a Dynamic. When the last one has ended the plan is built, and its leaves wait for the next
// pass; the operators above are there already and wait for its rows.
func (b *builder) dynamic(n *plan.Dynamic, out Sink) error {
	if b.depth >= maxDynamic {
		return &dynamicError{n.Label, fmt.Errorf("nested more than %d deep", maxDynamic)}
	}
	d := &dynamicDeps{builder: *b, n: n, out: out, open: len(n.Deps)}
	d.node = n
	d.depth++
	if len(n.Deps) == 0 {
		return d.build()
	}
	for _, dep := range n.Deps {
		s := &dynamicDep{deps: d, kept: d.store(), shape: b.shapes.Of(dep)}
		d.results = append(d.results, s)
	}
	for i, dep := range n.Deps {
		if err := b.build(dep, d.results[i]); err != nil {
			return err
		}
	}
	return nil
}

type dynamicDeps struct {
	builder
	n       *plan.Dynamic
	out     Sink
	open    int
	results []*dynamicDep
}

// dynamicDep keeps the rows of one dependency.
type dynamicDep struct {
	deps  *dynamicDeps
	kept  *store
	shape plan.Shape
}

func (s *dynamicDep) Push(b *event.Batch) error { return s.kept.add(b) }

func (s *dynamicDep) Close() error {
	if s.deps.open--; s.deps.open == 0 {
		return s.deps.build()
	}
	return nil
}

func (d *dynamicDeps) build() error {
	var results []*event.Batch
	for _, s := range d.results {
		if err := s.kept.load(); err != nil {
			return err
		}
		results = append(results, s.kept.all(s.kept.existing(s.shape)))
		s.kept.release()
	}
	n, err := d.n.Build(results)
	if err != nil {
		return &dynamicError{d.n.Label, err}
	}
	if rewrite := d.task.run.opt.Rewrite; rewrite != nil {
		n = rewrite(n)
	}
	d.shapes.Built(d.n, n)
	d.shapes.Of(d.task.job.Plan)
	return d.builder.build(n, d.out)
}
