package kql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/text"
)

// maxCalls bounds how many functions a query may expand, so that functions that call functions twice end.
const maxCalls = 5_000

// A binder compiles one query.
type binder struct {
	opt   *Options
	src   *text.Source
	diags text.Diagnostics
	// bindings are the sub-queries met so far; each may refer to those before it.
	bindings []plan.Binding
	fresh    int
	calls    int
	saved    map[string]*value // saved functions that are bound already
	calling  []string          // saved functions under way
	chart    string
	fuzzy    int // operands of fuzzy unions under way, in which a table that is not there is left out
}

// A scope holds the names that let statements and parameters declare.
type scope struct {
	parent *scope
	names  map[string]*value
}

func (s *scope) find(name string) *value {
	for ; s != nil; s = s.parent {
		if v := s.names[name]; v != nil {
			return v
		}
	}
	return nil
}

func (s *scope) inner() *scope { return &scope{parent: s, names: map[string]*value{}} }

// ctx is where an expression stands.
type ctx struct {
	*binder
	scope *scope
	// rows gives the columns in scope; nil where there are none.
	rows *rows
	// left and right are the sides of a join condition.
	left, right *rows
	// aggs collects aggregate calls where they may stand.
	aggs *aggs
	// windows collects calls of functions that look at neighbouring rows, where they may stand.
	windows *windows
	// steps are the states that the steps of a scan see.
	steps map[string]*rows
	// bare strings are terms to look for in any column (search).
	search bool
	// such terms know case.
	searchCase bool
	depth      int
	// motif is the pattern of a graph whose elements have names here.
	motif *motif
}

// A value is a bound expression: a scalar, a table or a function.
type value struct {
	e    expr.Expr
	typ  types.Type
	name string // what a column made of it would be called; "" for nothing
	// constant: the same in every row. literal: written out. known: the value is in e, a literal.
	constant, literal, known bool
	// pure: depends on nothing but its arguments, so that it can be computed at once.
	pure    bool
	column  bool // is a plain reference to a column
	star    bool
	isType  bool // typeof(typ)
	multi   []Column
	table   *rows
	lambda  *lambda
	pattern *pattern
	bad     bool // an error has been reported
}

var badValue = &value{bad: true, e: &expr.Lit{}}

func (b *binder) errorf(id string, at text.Span, format string, args ...any) {
	b.diags = append(b.diags, text.Errorf(id, b.src, at, format, args...))
}

func (b *binder) notef(id string, at text.Span, format string, args ...any) {
	b.diags = append(b.diags, text.Notef(id, b.src, at, format, args...))
}

func (b *binder) warnf(id string, at text.Span, format string, args ...any) {
	b.diags = append(b.diags, text.Warnf(id, b.src, at, format, args...))
}

// bad reports an error and returns the value that stands for it.
func (b *binder) bad(id string, n syntax.Node, format string, args ...any) *value {
	b.errorf(id, n.Span(), format, args...)
	return badValue
}

// unsupported reports that something legal cannot be run.
func (b *binder) unsupported(n syntax.Node, format string, args ...any) {
	b.errorf("KQL2002", n.Span(), format, args...)
}

// hidden returns a new name for a column that no query can see.
func (b *binder) hidden(what string) string {
	b.fresh++
	return "\x01" + what + strconv.Itoa(b.fresh)
}

// bind makes a sub-query a binding of the plan and returns its name.
func (b *binder) bind(kind plan.BindKind, what string, n plan.Node) string {
	b.fresh++
	name := what + strconv.Itoa(b.fresh)
	b.bindings = append(b.bindings, plan.Binding{Name: name, Kind: kind, Plan: n})
	return name
}

// near returns "; did you mean …" for names like an unknown one.
func near(name string, among []string) string {
	names := text.Nearest(name, among)
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %q", names[0])
}

// query binds all statements of a query.
func (b *binder) query(ast *syntax.Query) *Query {
	c := &ctx{binder: b, scope: (*scope)(nil).inner()}
	result, last := c.statements(ast.Statements)
	switch {
	case b.diags.HasErrors():
		return nil
	case result == nil:
		b.errorf("KQL2003", ast.Span(), "the query only declares names: there is no result to run for")
		return nil
	}
	r := c.noGraph(c.asTable(result, last), last)
	if r == nil {
		return nil
	}
	r = r.final()
	q := &Query{AST: ast, Plan: r.node, Columns: r.cols, Open: r.open, Chart: b.chart}
	if len(b.bindings) > 0 {
		q.Plan = &plan.Let{Bindings: b.bindings, Body: q.Plan}
	}
	return q
}

// final puts the columns in order and drops hidden ones.
func (r *rows) final() *rows {
	if r.open {
		return r
	}
	if p, ok := r.node.(*plan.Project); ok && len(p.Items) == len(r.cols) && len(r.hidden()) == 0 {
		return r
	}
	out := *r
	out.keys, out.carried = nil, nil
	return out.keep(r.cols, r.names())
}

// statements binds statements in order and returns the value of the last expression, nil if there is none.
func (c *ctx) statements(list []syntax.Statement) (result *value, last syntax.Node) {
	for i, s := range list {
		switch s := s.(type) {
		case *syntax.Let:
			c.let(s, list[i+1:])
		case *syntax.ExprStatement:
			if result != nil {
				c.warnf("KQL5001", last.Span(), "the query gives several results; only the last one is used")
			}
			result, last = c.value(s.X), s.X
		case *syntax.Set:
			c.set(s)
		case *syntax.DeclareParameters:
			c.declare(s)
		case *syntax.DeclarePattern:
			c.declarePattern(s)
		default:
			c.unsupported(s, "%s statements are not supported", statementName(s))
		}
	}
	return result, last
}

func statementName(s syntax.Statement) string {
	switch s.(type) {
	case *syntax.AliasDatabase:
		return "alias"
	case *syntax.RestrictAccess:
		return "restrict"
	}
	return "such"
}

// harmless are request options that change nothing in the rows.
var harmless = []string{"notruncation", "norequesttimeout", "servertimeout", "query_results_cache_max_age", "query_language", "maxmemoryconsumptionperiterator",
	"max_memory_consumption_per_query_per_node", "truncationmaxsize", "truncationmaxrecords", "query_weakconsistency_session_id", "deferpartialqueryfailures",
	"best_effort", "queryconsistency"}

func (c *ctx) set(s *syntax.Set) {
	if slices.Contains(harmless, strings.ToLower(s.Name.Name)) {
		return
	}
	c.unsupported(s, "the request option %s is not supported", s.Name.Name)
}

// declare binds query parameters to the values given for them, or to their defaults.
func (c *ctx) declare(s *syntax.DeclareParameters) {
	for _, p := range s.Params {
		var v *value
		given, ok := c.opt.Params[p.Name.Name]
		switch {
		case ok:
			v = c.parseText(given, p)
		case p.Default != nil:
			v = c.value(p.Default)
		default:
			c.errorf("KQL4002", p.Span(), "the query parameter %s has no value and no default", p.Name.Name)
			v = badValue
		}
		c.scope.names[p.Name.Name] = c.named(c.cast(v, p.Type), p.Name.Name)
	}
}

// parseText binds an expression that was given as text from outside the query.
func (c *ctx) parseText(given string, at syntax.Node) *value {
	src := text.NewSource("<parameter>", given)
	e, diags := syntax.ParseExpr(src)
	if diags.HasErrors() {
		return c.bad("KQL4002", at, "the value given for it is no literal: %s", given)
	}
	return c.value(e)
}

// named returns v as it is seen through a name.
func (c *ctx) named(v *value, name string) *value {
	if v.e == nil || v.bad {
		return v
	}
	out := *v
	out.name, out.column = name, false
	return &out
}

// let binds one name. rest is what follows, which may use it.
func (c *ctx) let(s *syntax.Let, rest []syntax.Statement) {
	name := s.Name.Name
	if c.scope.names[name] != nil {
		c.errorf("KQL3005", s.Name.Span(), "the name %q is declared already", name)
		return
	}
	var v *value
	switch x := s.X.(type) {
	case *syntax.Lambda:
		v = &value{lambda: c.lambda(name, x)}
	case *syntax.EntityGroup:
		c.unsupported(s.X, "entity groups are not supported")
		v = badValue
	case *syntax.TableCall:
		if x.Keyword == "materialize" {
			v = c.materialize(x, name)
			break
		}
		v = c.value(s.X)
	default:
		v = c.value(s.X)
	}
	if v.table != nil {
		if v.table.plain() || uses(rest, name) < 2 {
			t := *v.table
			v = &value{table: &t}
		} else {
			v = &value{table: c.share(v.table, name)}
		}
		v.table.name = name
	}
	c.scope.names[name] = c.named(v, name)
}

// plain reports whether computing the rows a second time costs next to nothing.
func (r *rows) plain() bool {
	if r.graph != nil {
		return true
	}
	for n := r.node; ; n = n.Inputs()[0] {
		switch n.(type) {
		case *plan.Scan, *plan.Values, *plan.Ref:
			return true
		case *plan.Filter, *plan.Extend, *plan.Project, *plan.Rename:
		default:
			return false
		}
	}
}

// uses counts how often statements mention a name.
func uses(list []syntax.Statement, name string) int {
	n := 0
	for _, s := range list {
		syntax.Walk(s, func(x syntax.Node) bool {
			if id, ok := x.(*syntax.Ident); ok && id.Name == name {
				n++
			}
			return true
		})
	}
	return n
}

// share computes rows once, for all who read them.
func (c *ctx) share(r *rows, name string) *rows {
	f := r.final()
	out := f.with(&plan.Ref{Name: c.bind(plan.BindTable, name, f.node)})
	out.keys, out.carried = nil, nil
	return out
}

func (c *ctx) materialize(x *syntax.TableCall, name string) *value {
	r := c.table(x.X)
	if r == nil {
		return badValue
	}
	return &value{table: c.share(r, name)}
}
