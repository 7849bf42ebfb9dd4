package harrier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/risk"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// Language names the language of a query.
type Language string

// The languages that Harrier runs.
const (
	SPL   Language = "spl"
	KQL   Language = "kql"
	Sigma Language = "sigma"
)

// Options vary a run. The zero value, and nil, stand for the defaults.
type Options struct {
	// Now is what rules and queries take as the present: "newest" (of the events, the default), "wall", or a time.
	Now string
	// Memory bounds, in bytes, what is held before it goes to temporary files; 0 is half of the machine's.
	Memory int64
	// Workers is how many goroutines read and select; 0 is one a processor.
	Workers int
	// Tables makes the data at a path a table of KQL, by name.
	Tables map[string]string
	// GeoIP is a database in MaxMind's format, or "".
	GeoIP string
	// Report is told of problems with the data while they are met, from one goroutine at a time. It may be nil.
	Report func(Diagnostic)
}

// Diagnostic says what is wrong or unusual about a rule, a query or the data.
type Diagnostic struct {
	ID       string // stable, such as SPL3010
	Severity string // error, warning or note
	Message  string
	// File, Line and Column are the place, from 1.
	File         string
	Line, Column int
}

func (d Diagnostic) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s %s: %s", d.File, d.Line, d.Column, d.Severity, d.ID, d.Message)
}

func diagnosticOf(d text.Diagnostic) Diagnostic {
	out := Diagnostic{ID: d.ID, Severity: d.Severity.String(), Message: d.Message}
	if d.Source != nil {
		p := d.Source.Position(d.Span.Start)
		out.File, out.Line, out.Column = d.Source.Name, p.Line, p.Column
	}
	return out
}

// Rules are rules and what their repositories have beside them: macros, lookups, saved functions.
type Rules struct{ pack *rule.Pack }

// LoadRules reads rules of any published form from files and folders. Files that are wrong are among the rules that a hunt
// refuses; the error says that a path cannot be read.
func LoadRules(paths ...string) (*Rules, error) {
	p, err := rule.Load(paths)
	if err != nil {
		return nil, fmt.Errorf("load rules: %w", err)
	}
	return &Rules{p}, nil
}

// Len returns how many rules there are, with those that will be refused.
func (r *Rules) Len() int { return len(r.pack.Rules) + len(r.pack.Refused) }

// Rule is what a finding and a report say of a rule.
type Rule struct {
	ID, Name, File string
	Language       Language
	// State is "runs", "notes" or "refused"; Diagnostics say why it is not simply "runs".
	State       string
	Diagnostics []Diagnostic
	// Techniques are ids of ATT&CK.
	Techniques []string
}

// Event is a record of input: the file and the record's number in it.
type Event struct {
	File   string
	Record uint64
}

// Entity is who or what a finding speaks of.
type Entity struct {
	Kind  string // host, user, ip, process, file, url, hash, registry, service, other
	Role  string // victim, attacker, or "" when the rule does not say
	Value string
}

// Finding is one result of a rule.
type Finding struct {
	// ID is the same for the same rule and row, whatever the machine, folder or order of input.
	ID          string
	Rule        *Rule
	First, Last time.Time // zero when the row holds no time
	Level       string
	RiskScore   int
	Title       string
	Message     string
	Entities    []Entity
	Columns     []string
	Values      []any
	Events      []Event
}

// Report is what a hunt came to.
type Report struct {
	Findings []*Finding
	// Rules are all rules in the order of their files.
	Rules []*Rule
	// Files and Records count what was read; Unreadable are records that could not be.
	Files, Records, Unreadable int64
}

// Hunt runs rules over data (files, folders, globs, archives) in one pass, and rules over findings after it. When ctx ends, the report
// holds what had been found by then, and the error is that of ctx.
func Hunt(ctx context.Context, rules *Rules, o *Options, paths ...string) (*Report, error) {
	e, err := engine(o, rules.pack)
	if err != nil {
		return nil, err
	}
	items := detect.Compile(e, rules.pack)
	progress := new(source.Progress)
	report := o.reporter()
	in := e.NewInput(paths, report, progress)
	defer in.Close()
	out := &Report{}
	at := map[*rule.Rule]*Rule{}
	for _, it := range items {
		r := &Rule{ID: it.Rule.ID, Name: it.Rule.Name, File: it.Rule.File, Language: Language(it.Rule.Language), Techniques: it.Rule.Techniques}
		at[it.Rule] = r
		out.Rules = append(out.Rules, r)
	}
	err = risk.Hunt(ctx, e, items, in, new(risk.Outcome), func(fs []*finding.Finding) error {
		for _, f := range fs {
			out.Findings = append(out.Findings, findingOf(f, at[f.Rule]))
		}
		return nil
	}, report)
	for i, it := range items {
		out.Rules[i].State = string(it.State())
		for _, d := range it.Diagnostics {
			out.Rules[i].Diagnostics = append(out.Rules[i].Diagnostics, diagnosticOf(d))
		}
	}
	out.Files, out.Records, out.Unreadable = progress.Files.Load(), progress.Events.Load(), progress.Bad.Load()
	if err != nil && !errors.Is(err, ctx.Err()) {
		return nil, fmt.Errorf("hunt: %w", err)
	}
	return out, err
}

func findingOf(f *finding.Finding, r *Rule) *Finding {
	out := &Finding{ID: f.ID, Rule: r, First: f.First, Last: f.Last, Level: f.Level, RiskScore: f.RiskScore, Title: f.Title, Message: f.Message, Columns: f.Columns}
	for _, e := range f.Entities {
		out.Entities = append(out.Entities, Entity{e.Kind, e.Role, e.Value})
	}
	for _, v := range f.Values {
		out.Values = append(out.Values, goValue(v))
	}
	for _, e := range f.Events {
		out.Events = append(out.Events, Event(e))
	}
	return out
}

// Rows is the result of a query.
type Rows struct {
	Columns []string
	// Values holds a row each: nil, bool, int64, float64, string, time.Time, time.Duration, []any or map[string]any.
	Values [][]any
	// Diagnostics are warnings and notes about the query.
	Diagnostics []Diagnostic
}

// Query runs one query over data. A query that is wrong, or cannot run, gives a [Diagnostic] as error.
func Query(ctx context.Context, l Language, q string, o *Options, paths ...string) (*Rows, error) {
	e, err := engine(o, nil)
	if err != nil {
		return nil, err
	}
	c, ds := e.Compile(rule.Language(l), text.NewSource("<query>", q))
	out := &Rows{}
	for _, d := range ds {
		if d.Severity == text.Error {
			return nil, diagnosticOf(d)
		}
		out.Diagnostics = append(out.Diagnostics, diagnosticOf(d))
	}
	report := o.reporter()
	in := e.NewInput(paths, report, nil)
	defer in.Close()
	got := new(exec.Collector)
	job := &exec.Job{Name: "query", Plan: c.Plan, Out: got}
	if err := e.Run(ctx, []*exec.Job{job}, in, report); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	if job.Err != nil {
		var d text.Diagnostic
		if errors.As(job.Err, &d) {
			return nil, diagnosticOf(d)
		}
		return nil, fmt.Errorf("query: %w", job.Err)
	}
	err = c.Each(got, func(b *event.Batch) error {
		out.Columns = b.Names()
		for r := range b.Len() {
			row := make([]any, len(out.Columns))
			for i := range row {
				row[i] = goValue(b.ColumnAt(i).Value(r))
			}
			out.Values = append(out.Values, row)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	if out.Columns == nil {
		out.Columns = c.Columns
	}
	return out, nil
}

func engine(o *Options, p *rule.Pack) (*query.Engine, error) {
	var s query.Settings
	if o != nil {
		s = query.Settings{Now: o.Now, Memory: o.Memory, Workers: o.Workers, Tables: o.Tables, GeoIP: o.GeoIP}
	}
	if p != nil {
		s.UsePack(p)
	}
	e, err := query.New(s)
	if err != nil {
		return nil, fmt.Errorf("harrier: %w", err)
	}
	return e, nil
}

func (o *Options) reporter() func(text.Diagnostic) {
	return func(d text.Diagnostic) {
		if o != nil && o.Report != nil {
			o.Report(diagnosticOf(d))
		}
	}
}

// goValue returns a value as Go has it.
func goValue(v event.Value) any {
	switch v.Kind() {
	case event.Bool:
		return v.Bool()
	case event.Int:
		return v.Int()
	case event.Float:
		return v.Float()
	case event.String:
		return v.Str()
	case event.Time:
		return v.Time()
	case event.Duration:
		return time.Duration(v.Ticks()) * 100
	case event.List:
		list := make([]any, len(v.List()))
		for i, x := range v.List() {
			list[i] = goValue(x)
		}
		return list
	case event.Object:
		m := make(map[string]any, len(v.Bag()))
		for _, f := range v.Bag() {
			m[f.Name] = goValue(f.Value)
		}
		return m
	}
	return nil
}
