package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Column is a column of a table or of a result.
type Column struct {
	Name string
	Type types.Type
}

// A Table is what is known of a table before it is read. Open tables have any column, of unknown type, beside those named.
type Table struct {
	Columns []Column
	Open    bool
}

// A Function is a saved function: text with parameters. Body holds the statements of its body.
type Function struct {
	Name   string
	Params []Param
	Body   *text.Source
}

// A Param is a parameter of a saved function: a scalar type by name, or a table "(a:string, b:long)" or "(*)". Default is KQL
// text, or "".
type Param struct{ Name, Type, Default string }

// Options are what a query is compiled against. Any of the functions may be nil. They must be safe for concurrent use.
type Options struct {
	// Table looks a table up; its rows come from the view "kql:" + name.
	Table func(name string) (Table, bool)
	// TableNames lists all tables, for wildcards (union Device*) and for the nearest name in messages.
	TableNames func() []string
	// Function looks a saved function up; FunctionNames lists them for messages.
	Function      func(name string) (*Function, bool)
	FunctionNames func() []string
	// Watchlist returns the rows of a watchlist.
	Watchlist func(alias string) (*event.Batch, bool)
	// External returns the content of an address of externaldata, when the user gave a file for it.
	External func(uri string) ([]byte, bool)
	// Detached says that the query runs away from its home: tables and functions that nobody here knows (custom logs, parsers),
	// watchlists and external data for which there is no file are taken to be empty, with a warning. Else they are errors.
	Detached bool
	// Params holds values, as KQL text, for declare query_parameters.
	Params map[string]string
}

// A Query is a compiled query.
type Query struct {
	AST  *syntax.Query
	Plan plan.Node
	// Columns are the columns of the result, in order. When Open is set there are others, which are known when it has run.
	Columns []Column
	Open    bool
	// Chart is the kind of chart that render asks for, or "".
	Chart string
}

// Compile compiles a query. The query is nil when the diagnostics hold an error.
func Compile(src *text.Source, opt Options) (*Query, text.Diagnostics) {
	ast, diags := syntax.Parse(src)
	if diags.HasErrors() {
		return nil, diags
	}
	b := &binder{opt: &opt, src: src, diags: diags}
	q := b.query(ast)
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	return q, b.diags
}
