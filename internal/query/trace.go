package query

import (
	"context"
	"errors"
	"slices"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
	"github.com/harrier-detect/harrier/internal/text"
)

// Trace tells why a query found something in an input, or did not.
type Trace struct {
	// Rows are those of the result, and Result the first of them.
	Rows   int
	Result *event.Batch
	// Stages runs parallel to the query's stages: rows after each, -1 where that cannot be told.
	Stages []int
	// Selections are the plan's conditions and how near rows came; one that failed to run is left out.
	Selections []*analyze.Selection
	Sides      []SideRows
	Views      []ViewRows
}

// SideRows is an input of a join and the number of its rows, -1 where that cannot be told.
type SideRows struct {
	analyze.Side
	Rows int
}

// ViewRows tells how much of what a query reads an input has.
type ViewRows struct {
	View string
	Rows int
	// Fields holds, for each field that the query needs, how many rows have a value for it.
	Fields map[string]int
	// Classes counts the events by what they are.
	Classes map[event.Class]int
}

// maxResult bounds the rows of a trace's Result.
const maxResult = 20

// maxTraced bounds the prefixes that a trace runs; no published rule has so many stages.
const maxTraced = 150

// Trace runs the query, every prefix of it, and its selections over the input, in one pass. The error is that of the input, the
// context, or the query itself.
func (e *Engine) Trace(ctx context.Context, x *Explained, in *Input, report func(text.Diagnostic)) (*Trace, error) {
	if x.Compiled == nil {
		return nil, errors.New("the query cannot run")
	}
	t := &Trace{}
	root := e.whole(x.Plan)
	var jobs []*exec.Job
	add := func(name string, n plan.Node, out exec.Sink) *exec.Job {
		j := &exec.Job{Name: name, Plan: opt.Optimize(n), Out: out}
		jobs = append(jobs, j)
		return j
	}
	result := &firstRows{}
	main := add("query", root, result)
	type counted struct {
		job *exec.Job
		*counter
	}
	count := func(name string, n plan.Node) counted {
		c := &counter{}
		return counted{add(name, analyze.Bare(n), c), c}
	}
	stages := map[int]counted{}
	for i := range x.Query.Stages {
		s := &x.Query.Stages[i]
		if i >= maxTraced {
			break
		}
		if s.Plan != nil {
			stages[i] = count("stage "+s.ID, e.whole(s.Plan))
		}
		if s.Prefix == "" {
			continue
		}
		c, ds := e.compile(x.Language, text.NewSource("stage "+s.ID, s.Prefix))
		if c != nil && !ds.HasErrors() {
			stages[i] = count("stage "+s.ID, e.whole(c.Plan))
		}
	}
	var selecting []*exec.Job
	selections := analyze.Selections(root)
	for _, s := range selections {
		selecting = append(selecting, add("selection over "+s.Over, s.Plan, s))
	}
	var sides []counted
	named := analyze.Sides(root)
	for _, s := range named {
		sides = append(sides, count(s.Join, s.Plan))
	}
	views := make([]*viewCounter, len(x.Reads))
	for i, r := range x.Reads {
		views[i] = &viewCounter{ViewRows: ViewRows{View: r.View, Fields: map[string]int{}, Classes: map[event.Class]int{}}, want: r.Fields}
		for _, f := range r.Fields {
			views[i].Fields[f] = 0
		}
		jobs = append(jobs, &exec.Job{Name: r.View, Plan: &plan.Scan{View: r.View, Fields: event.Fields(r.Fields...)}, Out: views[i]})
	}
	if err := e.Run(ctx, jobs, in, report); err != nil {
		return nil, err
	}
	if main.Err != nil {
		return nil, main.Err
	}
	result.Shape = main.Shape
	t.Rows = result.n
	var err error
	if t.Result, err = x.Compiled.Rows(&result.Collector); err != nil {
		return nil, err
	}
	rows := func(c counted) int {
		if c.job == nil || c.job.Err != nil {
			return -1
		}
		return c.n
	}
	for i := range x.Query.Stages {
		t.Stages = append(t.Stages, rows(stages[i]))
	}
	for i, s := range selections {
		if selecting[i].Err == nil {
			t.Selections = append(t.Selections, s)
		}
	}
	for i, s := range named {
		t.Sides = append(t.Sides, SideRows{s, rows(sides[i])})
	}
	for _, v := range views {
		t.Views = append(t.Views, v.ViewRows)
	}
	return t, nil
}

// counter counts rows.
type counter struct{ n int }

func (c *counter) Push(b *event.Batch) error { c.n += b.Len(); return nil }
func (c *counter) Close() error              { return nil }

// firstRows counts rows and keeps the first ones.
type firstRows struct {
	exec.Collector
	n int
}

func (f *firstRows) Push(b *event.Batch) error {
	f.n += b.Len()
	if room := maxResult - f.Len(); room < b.Len() {
		if room <= 0 {
			return nil
		}
		first := make([]int32, room)
		for i := range first {
			first[i] = int32(i)
		}
		b = b.Gather(first)
	}
	return f.Collector.Push(b)
}

// viewCounter counts what a view has.
type viewCounter struct {
	ViewRows
	want []string
}

func (v *viewCounter) Push(b *event.Batch) error {
	v.Rows += b.Len()
	if b.Class != nil {
		v.Classes[*b.Class] += b.Len()
	}
	for i, name := range b.Names() {
		if !slices.Contains(v.want, name) {
			continue
		}
		col := b.ColumnAt(i)
		switch col.Encoding() {
		case event.Constant:
			if !empty(col.Const()) {
				v.Fields[name] += b.Len()
			}
		default:
			for row := range b.Len() {
				if !empty(col.Value(row)) {
					v.Fields[name]++
				}
			}
		}
	}
	return nil
}

func (v *viewCounter) Close() error { return nil }

func empty(v event.Value) bool { return v.IsNull() || v.Kind() == event.String && v.Str() == "" }
