package conformance

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// Harrier is the engine under test. Each case gets an environment of its own, so nothing leaks from one to the next.
type Harrier struct {
	// Settings are those of every case, to vary what must not matter: batch size, workers, optimiser.
	Settings query.Settings
}

// NewHarrier returns the engine with its defaults.
func NewHarrier() *Harrier { return &Harrier{} }

// SPL runs an SPL case over its events.
func (h *Harrier) SPL(c *SPLCase) (*Result, error) {
	s := h.Settings
	s.Now = "wall"
	s.LookupFiles = c.Lookups
	for name, t := range c.Transforms {
		fold := t.CaseSensitive != nil && !*t.CaseSensitive
		s.Lookups = append(s.Lookups, rule.LookupDef{Name: name, Filename: t.Filename, MatchType: t.MatchType, CaseSensitive: !fold,
			DefaultMatch: t.DefaultMatch, MinMatches: t.MinMatches, MaxMatches: t.MaxMatches})
	}
	for name, m := range c.Macros {
		name, _, _ = strings.Cut(name, "(")
		s.Macros = append(s.Macros, rule.Macro{Name: name, Args: m.Args, Definition: m.Definition})
	}
	var lines bytes.Buffer
	for _, e := range c.Events {
		lines.Write(bytes.ReplaceAll(e, []byte("\n"), []byte(" ")))
		lines.WriteByte('\n')
	}
	return run(s, rule.SPL, c.SPL, lines.Bytes())
}

// KQL runs a KQL query that needs no data.
func (h *Harrier) KQL(q string) (*Result, error) {
	s := h.Settings
	s.Now = "wall"
	return run(s, rule.KQL, q, nil)
}

func run(s query.Settings, lang rule.Language, q string, data []byte) (*Result, error) {
	e, err := query.New(s)
	if err != nil {
		return nil, err
	}
	compiled, ds := e.Compile(lang, text.NewSource("<case>", q))
	if compiled == nil {
		return nil, ds.Err()
	}
	out := new(exec.Collector)
	job := &exec.Job{Name: "case", Plan: compiled.Plan, Out: out}
	var problems text.Diagnostics
	in := e.NewInput([]string{"-"}, func(d text.Diagnostic) { problems = append(problems, d) }, nil)
	in.Options.Stdin = bytes.NewReader(data)
	defer in.Close()
	if len(data) == 0 {
		in.Paths = nil
	}
	if err := e.Run(context.Background(), []*exec.Job{job}, in, nil); err != nil {
		return nil, err
	}
	if job.Err != nil {
		return nil, job.Err
	}
	if !out.Closed {
		return nil, errors.New("the query did not come to its end")
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	b, err := compiled.Rows(out)
	if err != nil {
		return nil, err
	}
	res := &Result{Columns: b.Names(), Types: compiled.Types}
	if compiled.Open {
		res.Types = nil
	}
	for i := range b.Len() {
		row := make([]event.Value, len(res.Columns))
		for j := range row {
			row[j] = b.ColumnAt(j).Value(i)
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}

// KQLSyntax parses a KQL query, and with bind binds it too, to the tables T, U, V and W that have any column.
func (h *Harrier) KQLSyntax(q string, bind bool) error {
	src := text.NewSource("<case>", q)
	_, ds := syntax.Parse(src)
	if bind && !ds.HasErrors() {
		any := kql.Options{Table: func(name string) (kql.Table, bool) {
			return kql.Table{Open: true}, len(name) == 1 && strings.Contains("TUVW", name)
		}}
		_, ds = kql.Compile(src, any)
		ds = slices.DeleteFunc(ds, text.Diagnostic.Unsupported)
	}
	return ds.Err()
}
