// Package syntax reads Sigma documents: detection rules, correlation rules and filters, with the places of everything in them.
//
// The language is that of https://github.com/SigmaHQ/sigma-specification, version 2.1.0. Diagnostics are SIG1xxx.
package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Rule is one document. Exactly one of Detection, Correlation and Filter is set.
type Rule struct {
	Title, ID, Name string
	LogSource       LogSource
	Detection       *Detection
	Correlation     *Correlation
	Filter          *Filter
	// Fields are those that the author wants to see beside the ones that the rule tests.
	Fields []string
	Span   text.Span
}

// A LogSource says which events a rule is about. Empty parts say nothing.
type LogSource struct {
	Product, Category, Service string
	Span                       text.Span
}

// Detection is what a rule looks for: searches by name and conditions over them, one of which must hold.
type Detection struct {
	Searches   []*Search
	Conditions []*Condition
	// Timeframe is the window of a deprecated aggregation, as written, or "".
	Timeframe string
	TimeSpan  text.Span
}

// A Search is a named test of an event.
type Search struct {
	Name string
	Body Node
	Span text.Span
}

// A Node is a test: [*Item], [*All] or [*Any].
type Node interface{ node() }

// All holds when each of its tests does: a YAML mapping.
type All struct{ Tests []Node }

// Any holds when one of its tests does: a YAML list with mappings in it.
type Any struct{ Tests []Node }

// An Item compares a field with values, or looks for the values anywhere in the event when Field is empty.
type Item struct {
	Field     string
	Modifiers []Modifier
	Values    []Value
	// Listed says that the values were written as a list.
	Listed bool
	Span   text.Span
}

func (*All) node()  {}
func (*Any) node()  {}
func (*Item) node() {}

// A Modifier changes how values are meant.
type Modifier struct {
	Name string
	Span text.Span
}

// ValueKind is the YAML type of a value.
type ValueKind uint8

const (
	Text ValueKind = iota
	Number
	Bool
	Null
)

// A Value is a scalar as written, without quotes.
type Value struct {
	Kind ValueKind
	Text string
	Span text.Span
}

// A Condition joins searches.
type Condition struct {
	Expr Cond
	// Pipe is the deprecated aggregation behind a |, or nil.
	Pipe *Pipe
	// Draft is the text of a condition in a form that was proposed and never specified; Expr is then nil.
	Draft string
	Span  text.Span
}

// A Cond is [*And], [*Or], [*Not], [*Ref] or [*Of].
type Cond interface{ cond() }

type (
	And struct{ Args []Cond }
	Or  struct{ Args []Cond }
	Not struct{ Arg Cond }
	// Ref names a search, or a rule in the condition of a correlation.
	Ref struct {
		Name string
		Span text.Span
	}
	// Of holds when Count of the searches do whose names fit Pattern; Count 0 means all of them. Pattern "" is `them`: all
	// searches whose names do not begin with an underscore.
	Of struct {
		Count   int
		Pattern string
		Span    text.Span
	}
)

// Takes reports whether a search of this name is among those that the condition is about.
func (o *Of) Takes(name string) bool {
	if o.Pattern == "" {
		return !strings.HasPrefix(name, "_")
	}
	return event.MatchName(o.Pattern, name)
}

func (*And) cond() {}
func (*Or) cond()  {}
func (*Not) cond() {}
func (*Ref) cond() {}
func (*Of) cond()  {}

// A Pipe is a deprecated aggregation: "count(Field) by By > Value", or "near Near".
type Pipe struct {
	Func, Field string
	By          []string
	Op          string
	Value       float64
	Near        Cond
	Span        text.Span
}

// A Correlation relates the events that other rules find.
type Correlation struct {
	Type     string
	Rules    []Named
	Aliases  []Alias
	GroupBy  []string
	Timespan string
	// Limits are the bounds of the condition; Field, Percentile its further members. Extended is a condition that is an
	// expression over rules.
	Limits     []Limit
	Field      []string
	Percentile float64
	Extended   *Condition
	Generate   bool

	TypeSpan, TimeSpan, ConditionSpan, FieldSpan, Span text.Span
}

// Named is a name with its place.
type Named struct {
	Name string
	Span text.Span
}

// An Alias is a name for different fields of different rules.
type Alias struct {
	Name   string
	Fields []AliasField
}

// AliasField is the field that an alias stands for in the events of one rule.
type AliasField struct{ Rule, Field string }

// A Limit compares a correlation's figure: gt, gte, lt, lte, eq, neq.
type Limit struct {
	Op    string
	Value float64
}

// A Filter narrows other rules.
type Filter struct {
	// Rules are ids or names of the rules; Any means every rule of the log source.
	Rules     []Named
	Any       bool
	Detection *Detection
	Span      text.Span
}
