package catalog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// An Entry is one rule of the corpus with all that can be told of it.
type Entry struct {
	Rule *rule.Rule
	// Page is the name of the rule's page and JSON, without folder and ending.
	Page string
	// ID, Name and Language are the rule's; File is relative to where the rules were loaded from.
	ID, Name string
	Language rule.Language
	File     string
	// State is "runs", "notes" or "refused", with Diagnostics that say why.
	State       string
	Diagnostics text.Diagnostics

	// Techniques are the ids of the rule's techniques, and Tactics the short names of its tactics, or else of theirs.
	Techniques []string
	Tactics    []string
	Authors    []string
	// Sources are what the rule says it needs, and the tables and data models that it reads.
	Sources []string
	Tables  []string

	Query      *analyze.Query
	Indicators []Indicator
	Exclusions []Indicator
	Reads      []analyze.Read
	Events     []analyze.Event
	Output     []string
	OutputOpen bool

	Similar  []Similar
	Found    *Found
	Together []Together

	number int
	keys   []Key // of its indicators, distinct
}

// An Indicator is a field, how it is tested, and the values that it is tested for.
type Indicator struct {
	Field   string
	Concept string
	Kind    analyze.Kind
	Stages  []string
	Values  []Value
}

// A Value is what a field is tested for, with how many rules of the corpus test the same for it.
type Value struct {
	Text string
	Key  Key
	// Shared has the counts; it is nil for exclusions.
	Shared *Shared
}

func newEntry(r *rule.Rule, x *query.Explained) *Entry {
	e := &Entry{Rule: r, ID: r.ID, Name: r.Name, Language: r.Language, File: r.File, State: "runs", Diagnostics: x.Diagnostics, Query: x.Query,
		Reads: x.Reads, Events: x.Events}
	switch {
	case x.Compiled == nil:
		e.State = "refused"
	case len(x.Diagnostics) > 0:
		e.State = "notes"
	}
	if x.Compiled != nil {
		e.Output, e.OutputOpen = x.Compiled.Columns, x.Compiled.Open
	}
	if e.Query == nil {
		e.Query = &analyze.Query{}
	}
	for i := range e.Query.Stages {
		e.Query.Stages[i].Plan = nil // thousands of plans would be held for nothing
	}
	e.Tables = tables(e.Query, e.Reads)
	e.Indicators = e.indicators(e.Query.Indicators())
	e.Exclusions = e.indicators(e.Query.Exclusions())
	e.describe()
	return e
}

func refusedEntry(r *rule.Rule, p *rule.Pack) *Entry {
	e := &Entry{Rule: r, ID: r.ID, Name: r.Name, Language: r.Language, File: r.File, State: "refused", Query: &analyze.Query{}}
	for _, d := range p.Diagnostics {
		if d.Source != nil && (d.Source == r.Source || r.File == d.Source.Name) {
			e.Diagnostics = append(e.Diagnostics, d)
		}
	}
	e.describe()
	return e
}

// describe fills in what comes from the rule's envelope.
func (e *Entry) describe() {
	r := e.Rule
	e.Techniques = techniqueIDs(r)
	e.Tactics = tacticsOf(r, e.Techniques)
	e.Authors = authors(r)
	for _, s := range r.DataSources {
		for _, part := range strings.Split(s, " AND ") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(e.Sources, part) {
				e.Sources = append(e.Sources, part)
			}
		}
	}
	for _, t := range e.Tables {
		if !slices.Contains(e.Sources, t) {
			e.Sources = append(e.Sources, t)
		}
	}
	for _, v := range e.Reads {
		if node, ok := strings.CutPrefix(v.View, "cim:"); ok {
			e.Sources = append(e.Sources, "Data model "+node)
		}
	}
}

// identifier is a name that stands for a table when a pipeline begins with it.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// tables returns the KQL tables that a query reads: those of its plan, and those that it names and that no view stands for.
func tables(q *analyze.Query, reads []analyze.Read) []string {
	var out []string
	for _, r := range reads {
		if t, ok := strings.CutPrefix(r.View, "kql:"); ok {
			out = append(out, t)
		}
	}
	bound := map[string]bool{}
	for _, s := range q.Stages {
		if name, ok := strings.CutPrefix(s.Within, "let "); ok {
			bound[name] = true
		}
	}
	for _, s := range q.Stages {
		if s.Command == "source" && identifier.MatchString(s.Text) && !bound[s.Text] && !slices.Contains(out, s.Text) && !letNamed(q, s.Text) {
			out = append(out, s.Text)
		}
	}
	return out
}

// letNamed reports whether a name is one that the query itself binds to something that has no stages of its own.
func letNamed(q *analyze.Query, name string) bool {
	return slices.ContainsFunc(q.Stages, func(s analyze.Stage) bool { return s.Command == "as" && strings.HasSuffix(s.Text, " "+name) })
}

// plumbing reports whether a field is one that Harrier supplies to macros and that no rule's author knows.
func plumbing(field string) bool { return strings.HasPrefix(field, "_telemetry") }

func (e *Entry) indicators(list []analyze.Indicator) []Indicator {
	var out []Indicator
	for _, i := range list {
		if plumbing(i.Field) {
			continue
		}
		concept, _ := conceptOf(i.Field, e.Tables)
		x := Indicator{Field: i.Field, Concept: concept, Kind: i.Kind, Stages: i.Stages}
		for _, v := range i.Values {
			x.Values = append(x.Values, Value{Text: v, Key: keyOf(i.Field, i.Kind, v, e.Tables)})
		}
		out = append(out, x)
	}
	return out
}

var (
	inBrackets  = regexp.MustCompile(`\s*\([^)]*\)`)
	betweenThem = regexp.MustCompile(`\s*(?:[,;]|\s&\s|\sand\s)\s*`)
	// authorLine is how content whose format has no place for its author names one.
	authorLine = regexp.MustCompile(`(?im)^\s*author:\s*([^\n]{2,80}?)\s*$`)
)

// authors returns the people and companies behind a rule, one by one.
func authors(r *rule.Rule) []string {
	who := r.Author
	if who == "" {
		if m := authorLine.FindStringSubmatch(r.Description); m != nil {
			who = m[1]
		}
	}
	var out []string
	for _, a := range betweenThem.Split(inBrackets.ReplaceAllString(who, ""), -1) {
		if a = strings.TrimSpace(a); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}
