// Package detect runs many rules in one pass over the input and hands each rule's result on.
package detect

import (
	"context"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// State is what became of a rule.
type State string

const (
	// Runs: the rule runs as its author wrote it.
	Runs State = "runs"
	// Notes: the rule runs, and its user should know something about how.
	Notes State = "notes"
	// Refused: the rule does not run; its diagnostics say why and where.
	Refused State = "refused"
)

// An Item is a rule made ready, or the reasons why it cannot be.
type Item struct {
	Rule        *rule.Rule
	Diagnostics text.Diagnostics
	query       *query.Compiled
	failed      bool
}

// State tells what became of the rule so far.
func (it *Item) State() State {
	switch {
	case it.query == nil || it.failed || it.Diagnostics.HasErrors():
		return Refused
	case len(it.Diagnostics) > 0:
		return Notes
	}
	return Runs
}

// Scans returns what the rule reads: the leaves of its plan. It is empty for a rule that was refused.
func (it *Item) Scans() []*plan.Scan {
	var out []*plan.Scan
	if it.query != nil {
		plan.Walk(it.query.Plan, func(n plan.Node) bool {
			if s, ok := n.(*plan.Scan); ok {
				out = append(out, s)
			}
			return true
		})
	}
	return out
}

// Compile makes every rule of a pack ready. Rules that the loader refused are among the items.
func Compile(e *query.Engine, p *rule.Pack) []*Item {
	items := make([]*Item, 0, len(p.Rules)+len(p.Refused))
	for _, r := range p.Rules {
		it := &Item{Rule: r}
		it.query, it.Diagnostics = e.Compile(r.Language, r.Query)
		it.Diagnostics = it.Diagnostics.Sorted()
		items = append(items, it)
	}
	for _, r := range p.Refused {
		it := &Item{Rule: r, failed: true}
		for _, d := range p.Diagnostics {
			if d.Source == r.Source || d.Source != nil && r.File == d.Source.Name {
				it.Diagnostics = append(it.Diagnostics, d)
			}
		}
		items = append(items, it)
	}
	return items
}

// Count returns how many items are in each state.
func Count(items []*Item) map[State]int {
	n := map[State]int{}
	for _, it := range items {
		n[it.State()]++
	}
	return n
}

// Rows are what a rule gave.
type Rows struct {
	query *query.Compiled
	got   *exec.Collector
}

// Len returns how many rows there are.
func (r *Rows) Len() int { return r.got.Len() }

// Each calls f with the rows, batch after batch, all with the same columns.
func (r *Rows) Each(f func(*event.Batch) error) error { return r.query.Each(r.got, f) }

// Batch returns the rows as one batch, for which there must be room in memory.
func (r *Rows) Batch() (*event.Batch, error) { return r.query.Rows(r.got) }

// Run is [Stream] with the rows of each rule as one batch.
func Run(ctx context.Context, e *query.Engine, items []*Item, in *query.Input, result func(*Item, *event.Batch), report func(text.Diagnostic)) error {
	return Stream(ctx, e, items, in, func(it *Item, rows *Rows) error {
		b, err := rows.Batch()
		if err == nil {
			result(it, b)
		}
		return err
	}, report)
}

// Stream runs all items that can run, in one pass over the input, and calls result with the rows of each rule that gave any, in
// the order of the items. A rule that fails while running is refused from then on, with its diagnostic. The error is that
// of the input, the context or result. When the run was cancelled, the rows are those that had come by then: all of them are rows of
// the whole result, which may have others.
func Stream(ctx context.Context, e *query.Engine, items []*Item, in *query.Input, result func(*Item, *Rows) error, report func(text.Diagnostic)) error {
	var jobs []*exec.Job
	var running []*Item
	var outs []*exec.Collector
	for _, it := range items {
		if it.State() == Refused {
			continue
		}
		out := new(exec.Collector)
		jobs = append(jobs, &exec.Job{Name: it.Rule.Name, Plan: it.query.Plan, Out: out})
		running, outs = append(running, it), append(outs, out)
	}
	err := e.Run(ctx, jobs, in, report)
	for i, it := range running {
		if jerr := jobs[i].Err; jerr != nil && jerr != err {
			it.failed = true
			it.Diagnostics = append(it.Diagnostics, runtimeDiagnostic(it.Rule, jerr))
			continue
		}
		if outs[i].Len() > 0 {
			if rerr := result(it, &Rows{it.query, outs[i]}); rerr != nil && err == nil {
				err = rerr
			}
			outs[i].Release()
		}
	}
	return err
}

func runtimeDiagnostic(r *rule.Rule, err error) text.Diagnostic {
	if d, ok := err.(text.Diagnostic); ok {
		if d.Source == nil {
			d.Source = r.Query
		}
		return d
	}
	return text.Errorf("RUN6000", r.Query, text.Span{}, "%v", err)
}

// Sorted returns the items that are not simply running, refused ones first, in the order of their files.
func Sorted(items []*Item) []*Item {
	var out []*Item
	for _, s := range []State{Refused, Notes} {
		for _, it := range items {
			if it.State() == s {
				out = append(out, it)
			}
		}
	}
	return slices.Clip(out)
}

// Plan returns the rule's plan, or nil when it does not run.
func (it *Item) Plan() plan.Node {
	if it.State() == Refused {
		return nil
	}
	return it.query.Plan
}
