package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// Options are what a search may refer to. The zero Options know no macros, lookups or data models.
type Options struct {
	Macros  syntax.MacroSet
	Lookups Lookups
	Models  Models
	// Writer takes the tables that outputlookup writes; nil for nowhere.
	Writer TableWriter
	// Detached says that the search comes from elsewhere: where it cannot write a table its rows pass, with a note. One that is
	// typed here is refused.
	Detached bool
}

// A Query is a compiled search.
type Query struct {
	// Plan gives the rows of the last stage.
	Plan plan.Node
	// AST is the search after macro expansion; its places are places in Expanded.Source.
	AST      *syntax.Query
	Expanded *syntax.Expanded
	// Columns are the columns of the result in order, as far as they can be told before the run; Open says that there may be
	// others.
	Columns []string
	Open    bool
}

// Models knows data models.
type Models interface {
	// Model returns a data model by its name, nil when there is none.
	Model(name string) *Model
	ModelNames() []string
}

// A Model is a data model: its data sets, the root first.
type Model struct {
	Name string
	Sets []DataSet
}

// A DataSet is a node of a data model. Searches write its fields with its name in front, or with that of a set above it.
type DataSet struct {
	Name, Parent string
	View         string   // the view that has its events, with fields without prefix
	Fields       []string // in the order of the model
}

// set returns the data set of that name, or nil.
func (m *Model) set(name string) *DataSet {
	for i := range m.Sets {
		if m.Sets[i].Name == name {
			return &m.Sets[i]
		}
	}
	return nil
}

// Compile compiles a search. The query can be run when the diagnostics have no errors; it is never nil, and its AST is there
// whatever happens.
func Compile(src *text.Source, opt Options) (*Query, text.Diagnostics) {
	if opt.Macros == nil {
		opt.Macros = syntax.Macros{}
	}
	full, diags := syntax.Expand(src, opt.Macros, evaluate)
	ast, more := syntax.Parse(full.Source)
	q := &Query{AST: ast, Expanded: full}
	if diags = append(diags, more...); diags.HasErrors() {
		return q, full.Annotate(diags)
	}
	c := &compilation{opt: opt, diags: diags}
	q.Plan = c.query(full.Source, ast, nil, 0)
	if !c.diags.HasErrors() {
		var shapes plan.Shapes
		shape := shapes.Of(q.Plan)
		if named := event.TelemetryField; shape.Open && strings.Contains(full.Source.Text, named) && !strings.Contains(src.Text, named) {
			// A macro asked for the hidden column to choose events by. The search itself knows nothing of it, so its rows do not have it.
			q.Plan = &plan.Select{Input: q.Plan, Mode: plan.Drop, Patterns: []string{named}}
			shape = shapes.Of(q.Plan)
		}
		q.Columns, q.Open = shape.Names, shape.Open
	}
	return q, full.Annotate(c.diags)
}
