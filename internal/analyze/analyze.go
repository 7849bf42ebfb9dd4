// Package analyze tells what a query asks for, from its syntax tree and its plan: stages, predicates, indicators, exclusions,
// search terms, what it reads, and which events can give that. With a plan it also looks for near misses: the rows that
// satisfy nearly all of a selection's conditions.
//
// A front end joins in with one function from its tree to a [Query] ([SPL], [KQL]). Whatever is told from plans ([Reads],
// [Coverage], [Selections], and [FromPlan] for a language without such a function) needs nothing of a language but the names of
// its tests, in testKinds.
package analyze

import (
	"cmp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/plan"
)

// Query is what a query says, stage by stage.
type Query struct {
	// Macros are the calls in the text, in order, with what they expanded to.
	Macros []Macro `json:"macros,omitempty"`
	Stages []Stage `json:"stages"`
}

// Macro is a macro call and what became of it.
type Macro struct {
	Call string `json:"call"`
	Text string `json:"text"`
}

// Stage is one step of a pipeline.
type Stage struct {
	// ID is the stage's number: "1", "2", and "2.1" for the first stage of the pipeline inside stage 2.
	ID string `json:"id"`
	// Within says what pipeline a nested stage belongs to: "subsearch", "join", "let Suspicious". It is empty for the main one.
	Within  string `json:"within,omitempty"`
	Command string `json:"command"`
	// Text is the stage in the canonical layout of its language, with macros expanded, and Written as its author wrote it: "" where
	// there is no such text, as in a stage that was read from a plan.
	Text    string `json:"text"`
	Written string `json:"written,omitempty"`
	// Prefix is a query that ends with this stage, or "" when the stage cannot be run by itself.
	Prefix string `json:"-"`
	// Plan gives the stage's rows, for stages that were read from a plan; else nil.
	Plan       plan.Node   `json:"-"`
	Predicates []Predicate `json:"predicates,omitempty"`
	Terms      []Term      `json:"terms,omitempty"`
}

// Nested reports whether the stage belongs to a pipeline inside the main one.
func (s *Stage) Nested() bool { return s.Within != "" }

// Kind says how a predicate tests its field.
type Kind string

// The kinds of predicates.
const (
	Eq         Kind = "eq"
	Ne         Kind = "ne"
	In         Kind = "in"
	Wildcard   Kind = "wildcard"
	Contains   Kind = "contains"
	Has        Kind = "has" // contains as a whole word
	StartsWith Kind = "startswith"
	EndsWith   Kind = "endswith"
	Match      Kind = "match" // a regular expression
	CIDR       Kind = "cidr"
	Lt         Kind = "lt"
	Le         Kind = "le"
	Gt         Kind = "gt"
	Ge         Kind = "ge"
	Between    Kind = "between"
	Exists     Kind = "exists"
	Empty      Kind = "empty"
	Test       Kind = "test" // any other condition on the field; the value is its text
)

// Predicate is one test of one field.
type Predicate struct {
	Field string `json:"field"`
	Kind  Kind   `json:"kind"`
	// Values are literals without quotes; those of several make the predicate hold for any of them, unless All is set.
	Values []string `json:"values"`
	All    bool     `json:"all,omitempty"`
	// Negated predicates exclude rows.
	Negated bool `json:"negated,omitempty"`
	// Either says that the predicate is one of several alternatives.
	Either bool `json:"either,omitempty"`
	// Case says that letters' case counts.
	Case bool `json:"case,omitempty"`
}

// String returns the predicate for people: process_name in (cmd.exe, wscript.exe).
func (p Predicate) String() string {
	var b strings.Builder
	if p.Negated {
		b.WriteString("not ")
	}
	b.WriteString(p.Field)
	b.WriteByte(' ')
	b.WriteString(string(p.Kind))
	switch {
	case len(p.Values) == 1 && p.Kind != In:
		b.WriteByte(' ')
		b.WriteString(p.Values[0])
	case len(p.Values) > 0:
		b.WriteString(" (" + strings.Join(p.Values, ", ") + ")")
		if p.All {
			b.WriteString(" all")
		}
	}
	return b.String()
}

// Term is a text that is looked for in the whole event.
type Term struct {
	Text string `json:"text"`
	// Kind is "text", "TERM", "CASE", or KQL's operator.
	Kind    string `json:"kind"`
	Negated bool   `json:"negated,omitempty"`
	Either  bool   `json:"either,omitempty"`
}

// predicate returns the test of a field that the term stands for, as events in Splunk's usual forms are written.
func (t Term) predicate() (Predicate, bool) {
	p := Predicate{Kind: Eq, Negated: t.Negated, Either: t.Either}
	text := strings.Trim(t.Text, `"`)
	if id, ok := strings.CutPrefix(text, "<EventID>"); ok {
		p.Field, p.Values = "EventCode", []string{strings.TrimSuffix(strings.TrimSuffix(id, "</EventID>"), "<")}
		return p, strings.Trim(p.Values[0], "0123456789") == "" && p.Values[0] != ""
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok || t.Kind != "TERM" || name == "" || value == "" || strings.ContainsAny(text, " *<>") {
		return p, false
	}
	p.Field, p.Values = name, []string{strings.Trim(value, `"`)}
	return p, true
}

// Indicator is a field, how it is tested, and all values that the query tests it for in that way.
type Indicator struct {
	Field  string   `json:"field"`
	Kind   Kind     `json:"kind"`
	Values []string `json:"values"`
	Stages []string `json:"stages"`
}

// Indicators gathers the predicates that select, by field and kind, in the order of the query. Search terms that stand for a test
// of a field, as TERM(EventCode=4688) and "<EventID>4688<" do, are among them.
func (q *Query) Indicators() []Indicator { return q.gather(false) }

// Exclusions gathers the predicates that exclude.
func (q *Query) Exclusions() []Indicator { return q.gather(true) }

func (q *Query) gather(excluding bool) []Indicator {
	var out []Indicator
	at := map[[2]string]int{}
	for i := range q.Stages {
		s := &q.Stages[i]
		preds := s.Predicates
		for _, t := range s.Terms {
			if p, ok := t.predicate(); ok {
				preds = append(preds[:len(preds):len(preds)], p)
			}
		}
		for _, p := range preds {
			kind, negated := p.Kind, p.Negated
			if kind == Ne {
				kind, negated = Eq, !negated
			}
			if negated != excluding {
				continue
			}
			key := [2]string{p.Field, string(kind)}
			n, ok := at[key]
			if !ok {
				n = len(out)
				at[key] = n
				out = append(out, Indicator{Field: p.Field, Kind: kind, Values: []string{}})
			}
			for _, v := range p.Values {
				if !slices.Contains(out[n].Values, v) {
					out[n].Values = append(out[n].Values, v)
				}
			}
			if !slices.Contains(out[n].Stages, s.ID) {
				out[n].Stages = append(out[n].Stages, s.ID)
			}
		}
	}
	return out
}

// maxDepth bounds pipelines within pipelines; deeper ones are left out of the list of stages.
const maxDepth = 24

// starKind tells what a literal with stars tests for: its text without the stars at its ends, or a pattern.
func starKind(s string) (Kind, string) {
	if !strings.Contains(s, "*") {
		return Eq, s
	}
	head, tail := strings.HasPrefix(s, "*"), strings.HasSuffix(s, "*")
	core := strings.Trim(s, "*")
	switch {
	case core == "":
		return Exists, ""
	case strings.Contains(core, "*"):
		return Wildcard, s
	case head && tail:
		return Contains, core
	case head:
		return EndsWith, core
	}
	return StartsWith, core
}

// starred makes the predicates of "field is one of these literals with stars": one for each kind among them.
func starred(field string, values []string, p Predicate) []Predicate {
	var out []Predicate
	at := map[Kind]int{}
	for _, v := range values {
		kind, core := starKind(v)
		n, ok := at[kind]
		if !ok {
			n = len(out)
			at[kind] = n
			q := p
			q.Field, q.Kind, q.Values = field, kind, []string{}
			out = append(out, q)
		}
		if kind != Exists {
			out[n].Values = append(out[n].Values, core)
		}
	}
	for i := range out {
		if out[i].Kind == Eq && len(out[i].Values) > 1 {
			out[i].Kind = In
		}
		if len(out) > 1 {
			out[i].Either = true
		}
	}
	return out
}

func distinct(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func sortBy[T any, K cmp.Ordered](list []T, key func(T) K) {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
