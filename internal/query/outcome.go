package query

import (
	"context"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
	"github.com/harrier-detect/harrier/internal/text"
)

// Outcome is what a plan came to over an input.
type Outcome struct {
	Rows *event.Batch
	// Err says why the plan failed while it ran; Rows is then empty.
	Err error
}

// Outcomes runs plans as lowering gives them over the input, and beside them selections, which count what they see: all in one
// pass. The error is that of the input or the context.
func (e *Engine) Outcomes(ctx context.Context, plans []plan.Node, watch []*analyze.Selection, in *Input, report func(text.Diagnostic)) ([]Outcome, error) {
	jobs := make([]*exec.Job, 0, len(plans)+len(watch))
	outs := make([]*exec.Collector, len(plans))
	for i, n := range plans {
		outs[i] = new(exec.Collector)
		jobs = append(jobs, &exec.Job{Name: "plan", Plan: opt.Optimize(e.whole(n)), Out: outs[i]})
	}
	for _, s := range watch {
		jobs = append(jobs, &exec.Job{Name: "selection over " + s.Over, Plan: opt.Optimize(s.Plan), Out: s})
	}
	if err := e.Run(ctx, jobs, in, report); err != nil {
		return nil, err
	}
	got := make([]Outcome, len(plans))
	for i := range plans {
		got[i] = Outcome{Rows: event.NewBatch(0), Err: jobs[i].Err}
		if got[i].Err == nil {
			if got[i].Rows, got[i].Err = outs[i].Rows(); got[i].Err != nil {
				got[i].Rows = event.NewBatch(0)
			}
		}
	}
	return got, nil
}

// Selections returns the selections of a query that can run, made ready for Outcomes.
func (e *Engine) Selections(x *Explained) []*analyze.Selection {
	return analyze.Selections(e.whole(x.Plan))
}

// whole makes a plan as lowering gives it one that a hunt runs.
func (e *Engine) whole(n plan.Node) plan.Node {
	if e.hasRecordings() {
		n = perRecording(n)
	}
	return n
}
