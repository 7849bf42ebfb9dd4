package dtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Runner runs cases.
type Runner struct {
	// Engine makes an engine for a present; "" is the one that the user chose.
	Engine func(now string) (*query.Engine, error)
	// Strict fails a test when a field that the rule says is at risk has no value in any finding, as contentctl does.
	Strict bool
	// Why adds to a failure what the rule did with the data, stage by stage.
	Why bool

	engines map[string]*compiled
}

// compiled is an engine with the rules that were compiled for it.
type compiled struct {
	engine *query.Engine
	items  map[*rule.Rule]*detect.Item
}

// Run runs the cases of a suite and hands each result on as soon as it is known, in the order of the data: cases over the same data
// share one pass. The error is that of the context, or that an engine cannot be made.
func (r *Runner) Run(ctx context.Context, s *Suite, cases []*Case, done func(*Result)) error {
	r.engines = map[string]*compiled{}
	type group struct {
		now   string
		cases []*Case
	}
	var groups []*group
	at := map[string]*group{}
	for _, c := range cases {
		if res := unready(c); res != nil {
			done(res)
			continue
		}
		key := c.dataKey()
		g := at[key]
		if g == nil {
			g = &group{now: c.Now}
			at[key] = g
			groups = append(groups, g)
		}
		g.cases = append(g.cases, c)
	}
	for _, g := range groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := r.engine(s, g.now)
		if err != nil {
			var bad *badNow
			if !errors.As(err, &bad) {
				return err
			}
			for _, c := range g.cases {
				done(&Result{Case: c, Status: Broken, Reasons: []string{err.Error()}})
			}
			continue
		}
		results, err := r.pass(ctx, e, g.cases)
		if err != nil {
			return err
		}
		for _, res := range results {
			done(res)
		}
	}
	return nil
}

// unready returns the result of a case that cannot be run, or nil.
func unready(c *Case) *Result {
	if c.Skip != "" {
		return &Result{Case: c, Status: Skipped, Reasons: []string{c.Skip}}
	}
	var missing []string
	own := false // data that ought to lie beside the test, other than data of a mirror
	for i := range c.Data {
		if d := &c.Data[i]; d.Missing != "" {
			missing = append(missing, fmt.Sprintf("%s: %s", d.Ref, d.Missing))
			own = own || c.Origin != "sigma" && !strings.Contains(d.Ref, "://")
		}
	}
	switch {
	case missing == nil:
		return nil
	case own:
		return &Result{Case: c, Status: Broken, Reasons: missing}
	}
	return &Result{Case: c, Status: NoData, Reasons: missing}
}

// dataKey is the same for cases that can share a pass.
func (c *Case) dataKey() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", c.Now)
	for _, d := range c.Data {
		fmt.Fprintf(&b, " %q %q %q", d.Path, d.Member, d.Inline)
		for _, k := range slices.Sorted(maps.Keys(d.Stamp)) {
			fmt.Fprintf(&b, " %s=%q", k, d.Stamp[k])
		}
	}
	return b.String()
}

// badNow says that the present that a test states is none.
type badNow struct{ error }

func (r *Runner) engine(s *Suite, now string) (*compiled, error) {
	if c := r.engines[now]; c != nil {
		return c, nil
	}
	e, err := r.Engine(now)
	if err != nil {
		if now != "" {
			err = &badNow{err}
		}
		return nil, err
	}
	c := &compiled{e, map[*rule.Rule]*detect.Item{}}
	r.engines[now] = c
	return c, nil
}

func (c *compiled) item(r *rule.Rule) *detect.Item {
	it := c.items[r]
	if it == nil {
		it = detect.Compile(c.engine, &rule.Pack{Rules: []*rule.Rule{r}})[0]
		c.items[r] = it
	}
	return it
}

// pass runs all rules of cases over the data that they share.
func (r *Runner) pass(ctx context.Context, e *compiled, cases []*Case) ([]*Result, error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "harrier-test-*")
	if err != nil {
		return nil, fmt.Errorf("run tests: %w", err)
	}
	defer os.RemoveAll(dir)
	in, progress, problems, err := e.input(cases[0], dir)
	if err != nil {
		var out []*Result
		for _, c := range cases {
			out = append(out, &Result{Case: c, Status: Broken, Reasons: []string{err.Error()}, Shared: len(cases)})
		}
		return out, nil
	}
	defer in.Close()
	var items []*detect.Item
	of := map[*rule.Rule]*detect.Item{}
	for _, c := range cases {
		if of[c.Rule] == nil {
			own := *e.item(c.Rule) // a rule that fails over one dataset has not failed over the next
			of[c.Rule] = &own
			items = append(items, &own)
		}
	}
	found := map[*rule.Rule][]*finding.Finding{}
	err = detect.Run(ctx, e.engine, items, in, func(it *detect.Item, b *event.Batch) {
		found[it.Rule] = finding.FromBatch(it.Rule, b, in.Options.Files)
	}, in.Options.Report)
	if cerr := ctx.Err(); cerr != nil {
		return nil, cerr
	}
	var out []*Result
	for _, c := range cases {
		res := &Result{Case: c, Status: Pass, Findings: found[c.Rule], Events: progress.Events.Load(), Shared: len(cases)}
		it := of[c.Rule]
		switch {
		case it.State() == detect.Refused:
			res.Status = Refused
			for _, d := range it.Diagnostics {
				if d.Severity == text.Error {
					res.Reasons = append(res.Reasons, d.Error())
				}
			}
		case err != nil:
			res.Status = Broken
			res.Reasons = []string{err.Error()}
		case res.Events == 0:
			res.Status = Broken
			res.Reasons = append([]string{"no event could be read from the data"}, *problems...)
		default:
			res.judge(r.Strict)
			if res.Status == Fail && r.Why && len(res.Findings) < c.Expect.AtLeast {
				if why := e.why(ctx, c, in); why != "" {
					res.Reasons = append(res.Reasons, why)
				}
			}
		}
		for _, d := range c.Data {
			if d.Guess {
				res.Remarks = append(res.Remarks, fmt.Sprintf("%s was found by its name alone: %s", filepath.Base(d.Path), d.Path))
			}
		}
		if res.Status != Broken {
			res.Remarks = append(res.Remarks, *problems...)
		}
		out = append(out, res)
	}
	for _, res := range out {
		res.Elapsed = time.Since(began)
		for _, list := range [][]string{res.Reasons, res.Remarks} {
			for i := range list {
				list[i] = strings.ReplaceAll(list[i], dir+string(filepath.Separator), "") // the folder is gone when it is read
			}
		}
	}
	return out, nil
}

// maxProblems bounds the problems with data that are told of one pass.
const maxProblems = 5

// input makes the input of a case. Datasets with stamps of their own are several inputs in one.
func (e *compiled) input(c *Case, dir string) (*query.Input, *source.Progress, *[]string, error) {
	progress, problems := new(source.Progress), new([]string)
	report := func(d text.Diagnostic) {
		if d.Severity >= text.Warning && len(*problems) < maxProblems {
			*problems = append(*problems, d.Error())
		}
	}
	var in *query.Input
	for i, d := range c.Data {
		path := d.Path
		switch {
		case d.Inline != "":
			path = filepath.Join(dir, fmt.Sprintf("events-%d", i+1))
			if err := os.WriteFile(path, []byte(d.Inline), 0o600); err != nil {
				return nil, nil, nil, err
			}
		case d.Member != "":
			var err error
			if path, err = extract(d.Path, d.Member, dir); err != nil {
				return nil, nil, nil, fmt.Errorf("%s!%s: %w", d.Path, d.Member, err)
			}
		}
		if in == nil {
			in = e.engine.NewInput(nil, report, progress)
		}
		in.Parts = append(in.Parts, query.Part{Paths: []string{path}, Stamp: d.Stamp})
	}
	return in, progress, problems, nil
}
