package kql

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

// table binds an expression that must give a table; nil means that an error was reported.
func (c *ctx) table(x syntax.Expr) *rows { return c.noGraph(c.tableOrGraph(x), x) }

// noGraph refuses a graph where a table is expected.
func (c *ctx) noGraph(r *rows, at syntax.Node) *rows {
	if r != nil && r.graph != nil {
		c.errorf("KQL4006", at.Span(), "a table is expected, not a graph; graph-match and graph-to-table make tables of it")
		return nil
	}
	return r
}

func (c *ctx) tableOrGraph(x syntax.Expr) *rows {
	switch x := x.(type) {
	case *syntax.Paren:
		return c.tableOrGraph(x.X)
	case *syntax.Pipeline:
		return c.pipeline(x)
	case *syntax.DataTable:
		return c.dataTable(x)
	case *syntax.ExternalData:
		return c.externalData(x)
	}
	outer := &ctx{binder: c.binder, scope: c.scope, depth: c.depth}
	return c.asTable(outer.value(x), x)
}

// asTable takes a value as a table.
func (c *ctx) asTable(v *value, at syntax.Node) *rows {
	switch {
	case v.bad:
		return nil
	case v.lambda != nil && len(v.lambda.params) == 0:
		return c.asTable(c.callLambda(v.lambda, nil, at, nil), at)
	case v.table == nil:
		c.errorf("KQL4006", at.Span(), "a table is expected")
		return nil
	}
	return v.table
}

// pipeline binds a source and its operators.
func (c *ctx) pipeline(x *syntax.Pipeline) *rows {
	var r *rows
	if x.Source != nil {
		outer := &ctx{binder: c.binder, scope: c.scope, depth: c.depth}
		if r = outer.tableOrGraph(x.Source); r == nil {
			return nil
		}
	}
	return c.operators(r, x.Ops)
}

// operators applies operators to rows; nil rows are none at all, for operators that make their own.
func (c *ctx) operators(r *rows, ops []syntax.Operator) *rows {
	inner := &ctx{binder: c.binder, scope: c.scope.inner(), depth: c.depth}
	for _, op := range ops {
		if r = inner.operator(r, op); r == nil {
			return nil
		}
	}
	return r
}

// an operator binds and lowers one kind of operator. Rows are nil where the pipeline has no source.
type operator struct {
	bind func(c *ctx, in *rows, op syntax.Operator) *rows
	// source: the operator makes its own rows.
	source bool
}

var lowering = map[string]operator{}

// register adds the operator of a keyword; each op_ file does it for its own.
func register[T syntax.Operator](keyword string, bind func(c *ctx, in *rows, op T) *rows) {
	lowering[keyword] = operator{bind: func(c *ctx, in *rows, op syntax.Operator) *rows { return bind(c, in, op.(T)) }}
}

// registerSource adds an operator that may begin a pipeline.
func registerSource[T syntax.Operator](keyword string, bind func(c *ctx, in *rows, op T) *rows) {
	register(keyword, bind)
	o := lowering[keyword]
	o.source = true
	lowering[keyword] = o
}

func (c *ctx) operator(in *rows, op syntax.Operator) *rows {
	o, ok := lowering[op.Keyword()]
	switch {
	case !ok:
		c.unsupported(op, "the operator %s is not supported", op.Keyword())
		return nil
	case in == nil && !o.source:
		c.errorf("KQL4006", op.Span(), "%s needs a table before it", op.Keyword())
		return nil
	}
	switch _, isAs := op.(*syntax.As); {
	case in == nil || isAs || (in.graph != nil) == onGraph(op):
	case in.graph != nil:
		c.errorf("KQL4006", op.Span(), "%s needs a table before it, not a graph; graph-match and graph-to-table make tables of it", op.Keyword())
		return nil
	default:
		c.errorf("KQL4006", op.Span(), "%s needs a graph before it, such as make-graph builds", op.Keyword())
		return nil
	}
	at := *c
	at.rows = in
	return o.bind(&at, in, op)
}

// tableNamed resolves a name where a table is expected; nil means that an error was reported.
func (c *ctx) tableNamed(x *syntax.Ident) *value {
	if r := c.lookupTable(x.Name); r != nil {
		return &value{table: r}
	}
	if l := c.savedFunction(x.Name, x); l != nil {
		return c.callLambda(l, nil, x, nil)
	}
	if c.isScalarName(x.Name) {
		return c.bad("KQL4002", x, "the function %q needs an argument list", x.Name)
	}
	among := append(c.tableNames(), c.visible()...)
	if c.opt.Detached && c.fuzzy == 0 {
		c.warnf("KQL5003", x.Span(), "no table or function here is named %q: it is taken to be empty%s", x.Name, near(x.Name, among))
		return &value{table: c.emptyTable(x.Name)}
	}
	c.errorf("KQL3002", x.Span(), "the name %q does not refer to any known table, variable or function%s", x.Name, near(x.Name, among))
	return nil
}

// emptyTable is a table of which nothing is known here: it has no rows, and any column.
func (c *ctx) emptyTable(name string) *rows {
	return &rows{node: &plan.Values{Label: name, Rows: event.NewBatch(0)}, open: true, name: name}
}

func (c *ctx) isScalarName(name string) bool { return function.Lookup(name) != nil }

func (c *ctx) tableNames() []string {
	if c.opt.TableNames == nil {
		return nil
	}
	return c.opt.TableNames()
}

// lookupTable returns a stored table, or nil.
func (c *ctx) lookupTable(name string) *rows {
	if c.opt.Table == nil {
		return nil
	}
	t, ok := c.opt.Table(name)
	if !ok {
		return nil
	}
	r := &rows{node: &plan.Scan{View: "kql:" + name, Fields: event.AllFields}, cols: slices.Clone(t.Columns), open: t.Open, name: name}
	for _, col := range t.Columns {
		if col.Type == types.Dynamic {
			r.stored = append(r.stored, col.Name)
		}
	}
	return r
}

// dataTable makes rows of literals.
func (c *ctx) dataTable(x *syntax.DataTable) *rows {
	cols := c.schema(x.Columns)
	if cols == nil {
		return nil
	}
	if len(cols) == 0 || len(x.Values)%len(cols) != 0 {
		c.errorf("KQL4002", x.Span(), "the number of values, %d, is no multiple of the number of columns, %d", len(x.Values), len(cols))
		return nil
	}
	data := make([][]event.Value, len(cols))
	for i, e := range x.Values {
		v := (&ctx{binder: c.binder, scope: (*scope)(nil).inner()}).value(e)
		if v.bad {
			return nil
		}
		col := i % len(cols)
		if v.typ != cols[col].Type && cols[col].Type != types.Dynamic {
			v = c.cast(v, cols[col].Type.String())
		}
		data[col] = append(data[col], v.val())
	}
	return c.written("datatable", cols, data)
}

// written makes a table of values that are known.
func (c *ctx) written(label string, cols []Column, data [][]event.Value) *rows {
	n := 0
	if len(data) > 0 {
		n = len(data[0])
	}
	batch := event.NewBatch(n)
	for i, col := range cols {
		for j, v := range data[i] {
			if v.IsNull() && col.Type == types.String {
				data[i][j] = event.StringOf("")
			}
		}
		batch.Set(col.Name, event.NewColumn(data[i]))
	}
	return &rows{node: &plan.Values{Label: label, Rows: batch}, cols: cols, serial: true}
}

// schema reads a list of declared columns; nil means that an error was reported.
func (c *ctx) schema(s *syntax.Schema) []Column {
	cols := []Column{}
	for _, d := range s.Columns {
		t, ok := types.Parse(d.Type)
		if !ok || d.Table != nil {
			c.errorf("KQL4001", d.Span(), "the column %s must have a scalar type", d.Name.Name)
			return nil
		}
		if slices.ContainsFunc(cols, func(o Column) bool { return o.Name == d.Name.Name }) {
			c.errorf("KQL3005", d.Span(), "the column %q is declared already", d.Name.Name)
			return nil
		}
		cols = append(cols, Column{d.Name.Name, t})
	}
	return cols
}

// tableByName binds table("name").
func (c *ctx) tableByName(x *syntax.Call) *value {
	if len(x.Args) == 0 {
		return c.bad("KQL4002", x.Func, "%s takes a name", x.Func.Name)
	}
	name := c.scalar(x.Args[0])
	switch {
	case name.bad:
		return name
	case !name.known || name.typ != types.String:
		return c.bad("KQL4001", x.Args[0], "the name of the table must be a constant string")
	}
	outer := &ctx{binder: c.binder, scope: c.scope, depth: c.depth}
	id := &syntax.Ident{Name: name.val().Str()}
	span := x.Args[0].Span()
	id.Start, id.End = span.Start, span.End
	if v := outer.tableNamed(id); v != nil {
		return v
	}
	return badValue
}

// remote binds database("d").T and the like; nil means that x is no such path.
func (c *ctx) remote(x *syntax.Path) *value {
	call, ok := x.X.(*syntax.Call)
	if p, isPath := x.X.(*syntax.Path); isPath {
		if _, ok = p.X.(*syntax.Call); ok {
			call, ok = p.Member.(*syntax.Call)
		}
	}
	if !ok || !remoteNames[call.Func.Name] || c.scope.find(call.Func.Name) != nil {
		return nil
	}
	// There is one database here, and every name of one means it.
	outer := &ctx{binder: c.binder, scope: (*scope)(nil).inner(), depth: c.depth}
	return outer.value(x.Member)
}

// remoteNames are the calls that name another place: a cluster or database, a workspace, Azure's resource graph (arg), a data explorer (adx).
// https://learn.microsoft.com/azure/azure-monitor/logs/azure-monitor-data-explorer-proxy
var remoteNames = map[string]bool{"database": true, "cluster": true, "workspace": true, "app": true, "arg": true, "adx": true, "resource": true}

// remoteCall binds such a call where no table follows it. external_table("T") and
// materialized_view("T") are the table T of the data at hand.
// https://learn.microsoft.com/kusto/query/external-table-function
// https://learn.microsoft.com/kusto/query/materialized-view-function
func (c *ctx) remoteCall(x *syntax.Call) *value {
	if x.Func.Name == "external_table" || x.Func.Name == "materialized_view" {
		return c.tableByName(x)
	}
	return c.bad("KQL2002", x, "%s() reaches outside the data at hand", x.Func.Name)
}

// watchlist binds _GetWatchlist("alias").
func (c *ctx) watchlist(x *syntax.Call) *value {
	if len(x.Args) == 0 {
		return c.bad("KQL4002", x.Func, "_GetWatchlist takes the alias of a watchlist")
	}
	alias := c.scalar(x.Args[0])
	if alias.bad {
		return alias
	}
	if !alias.known {
		return c.bad("KQL4001", x.Args[0], "the alias must be a constant string")
	}
	if c.opt.Watchlist != nil {
		if b, ok := c.opt.Watchlist(alias.val().Str()); ok {
			cols := make([]Column, len(b.Names()))
			for i, n := range b.Names() {
				cols[i] = Column{n, types.String}
			}
			return &value{table: &rows{node: &plan.Values{Label: "watchlist " + alias.val().Str(), Rows: b}, cols: cols}}
		}
	}
	if c.opt.Detached {
		c.warnf("KQL5003", x.Span(), "no file was given for the watchlist %q: it is taken to be empty", alias.val().Str())
		return &value{table: c.emptyTable(alias.val().Str())}
	}
	return c.bad("KQL2002", x, "no file was given for the watchlist %q", alias.val().Str())
}

// anyColumn binds * has "x": the condition holds for some column.
func (c *ctx) anyColumn(x *syntax.Binary, star *syntax.Star) *value {
	if c.rows == nil {
		return c.bad("KQL4004", star, "* needs a row")
	}
	r := c.scalar(x.Y)
	if r.bad {
		return r
	}
	if c.rows.open {
		return c.bad("KQL2002", x, "* needs columns that are known before the query runs")
	}
	entry := function.Operator(x.Op)
	if entry == nil {
		return c.bad("KQL2002", x, "the operator %s is not supported", x.Op)
	}
	var any []expr.Expr
	for _, col := range c.rows.cols {
		v := &value{e: expr.C(col.Name), typ: col.Type}
		if x.Op != "==" && col.Type != types.String {
			v = c.cast(v, "string")
		}
		call, err := entry.Resolve(functionArgs([]*value{v, r}))
		if err != nil {
			continue // the column's type cannot be compared so
		}
		e := expr.Expr(expr.F(call.Func, c.converted([]*value{v, r}, call)...))
		if call.Not {
			e = &expr.Not{Arg: e}
		}
		any = append(any, e)
	}
	if len(any) == 0 {
		return c.constant(event.BoolOf(false), types.Bool)
	}
	return &value{e: expr.AnyOf(any...), typ: types.Bool}
}

func (c *ctx) converted(args []*value, call *function.Call) []expr.Expr {
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		out[i] = a.e
		if i < len(call.Convert) && call.Convert[i] != nil {
			out[i] = convert(a, call.Convert[i])
		}
	}
	return out
}

// term binds a lone string in search: some column has it as a term; * at its ends makes it a prefix, a suffix or a part.
func (c *ctx) term(s *syntax.Literal) *value {
	op, text := "has", s.Str
	before, after := strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*") && len(text) > 1
	text = strings.TrimPrefix(text, "*")
	if after {
		text = strings.TrimSuffix(text, "*")
	}
	switch {
	case before && after:
		op = "contains"
	case before:
		op = "hassuffix"
	case after:
		op = "hasprefix"
	}
	if text == "" {
		return c.constant(event.BoolOf(true), types.Bool)
	}
	if c.searchCase {
		op += "_cs"
	}
	lit := *s
	lit.Str = text
	return c.anyColumn(&syntax.Binary{Op: op, X: &syntax.Star{}, Y: &lit}, &syntax.Star{})
}
