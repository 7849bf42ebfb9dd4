package kql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

// maxBindDepth bounds the nesting of expressions after functions have been expanded.
const maxBindDepth = 2_000

// value binds any expression: a scalar, a table, or a function's name.
func (c *ctx) value(x syntax.Expr) *value {
	if c.depth++; c.depth > maxBindDepth {
		c.depth--
		return c.bad("KQL2002", x, "the expression is nested too deeply")
	}
	defer func() { c.depth-- }()
	switch x := x.(type) {
	case *syntax.Paren:
		v := c.value(x.X)
		if v.e == nil {
			return v
		}
		out := *v
		out.column = false
		return &out
	case *syntax.Literal:
		return c.literal(x)
	case *syntax.Dynamic:
		return c.constant(c.dynamic(x.X), types.Dynamic)
	case *syntax.Ident:
		return c.name(x)
	case *syntax.ClientParameter:
		return c.bad("KQL4002", x, "{%s} stands for a value that the client should have put in its place", x.Name)
	case *syntax.Unary:
		return c.unary(x)
	case *syntax.Binary:
		return c.binary(x)
	case *syntax.In:
		return c.in(x)
	case *syntax.Between:
		return c.between(x)
	case *syntax.Path:
		return c.path(x)
	case *syntax.Index:
		return c.index(x)
	case *syntax.Call:
		return c.call(x)
	case *syntax.TableCall:
		return c.tableCall(x)
	case *syntax.TypeOf:
		return c.typeOf(x)
	case *syntax.Star:
		return &value{star: true, e: &expr.Lit{}}
	case *syntax.Named:
		return c.bad("KQL4005", x, "a name has no place here")
	case *syntax.Pipeline, *syntax.DataTable, *syntax.ExternalData:
		r := c.tableOrGraph(x)
		if r == nil {
			return badValue
		}
		return &value{table: r}
	}
	return c.bad("KQL2002", x, "this expression is not supported here")
}

// scalar binds an expression that must have a scalar value.
func (c *ctx) scalar(x syntax.Expr) *value {
	v := c.value(x)
	switch {
	case v.bad || v.e != nil && !v.star && !v.isType:
		return v
	case v.lambda != nil:
		return c.bad("KQL4002", x, "the function %q needs an argument list", v.lambda.name)
	case v.star:
		return c.bad("KQL4001", x, "* has no place here")
	case v.isType:
		return c.bad("KQL4001", x, "a type has no place here")
	}
	return c.bad("KQL4001", x, "a scalar value is expected, not a table")
}

// constant makes a value that is known.
func (c *ctx) constant(v event.Value, t types.Type) *value {
	return &value{e: expr.L(v), typ: t, constant: true, literal: true, known: true, pure: true}
}

// val returns the value of a known constant.
func (v *value) val() event.Value {
	if l, ok := v.e.(*expr.Lit); ok {
		return l.Value
	}
	return event.NullValue
}

func litType(k syntax.LitKind) types.Type {
	return [...]types.Type{syntax.LitNull: types.Dynamic, syntax.LitBool: types.Bool, syntax.LitInt: types.Int, syntax.LitLong: types.Long,
		syntax.LitReal: types.Real, syntax.LitDecimal: types.Decimal, syntax.LitDateTime: types.DateTime, syntax.LitTimespan: types.TimeSpan,
		syntax.LitGuid: types.GUID, syntax.LitString: types.String}[k]
}

func (c *ctx) literal(x *syntax.Literal) *value {
	if x.Malformed {
		c.warnf("KQL4002", x.Span(), "%s is no value of type %s; it counts as null", x.Raw, litType(x.Kind))
	}
	return c.constant(literalValue(x), litType(x.Kind))
}

func literalValue(x *syntax.Literal) event.Value {
	if x.Null {
		return event.NullValue
	}
	switch x.Kind {
	case syntax.LitBool:
		return event.BoolOf(x.Bool)
	case syntax.LitInt, syntax.LitLong:
		return event.IntOf(x.Int)
	case syntax.LitReal:
		return event.FloatOf(x.Real)
	case syntax.LitDecimal:
		f, _ := strconv.ParseFloat(x.Str, 64)
		return event.FloatOf(f)
	case syntax.LitDateTime:
		return event.TimeOf(x.Time)
	case syntax.LitTimespan:
		return event.DurationOf(x.Int)
	case syntax.LitGuid, syntax.LitString:
		return event.StringOf(x.Str)
	}
	return event.NullValue
}

// dynamic returns the value of what stands in dynamic(…).
func (c *ctx) dynamic(x syntax.Expr) event.Value {
	switch x := x.(type) {
	case *syntax.Literal:
		return literalValue(x)
	case *syntax.Dynamic:
		return c.dynamic(x.X)
	case *syntax.Unary:
		switch v := c.dynamic(x.X); v.Kind() {
		case event.Int:
			return event.IntOf(-v.Int())
		case event.Float:
			return event.FloatOf(-v.Float())
		}
	case *syntax.DynamicArray:
		list := make([]event.Value, len(x.Elems))
		for i, e := range x.Elems {
			list[i] = c.dynamic(e)
		}
		return event.ListOf(list)
	case *syntax.DynamicObject:
		bag := event.Bag{}
		for _, m := range x.Members {
			bag = append(bag, event.Field{Name: m.Key, Value: c.dynamic(m.X)})
		}
		return event.ObjectOf(bag)
	}
	return event.NullValue
}

// name resolves a name: a column, a name that the query declared, a table, a function without arguments.
func (c *ctx) name(x *syntax.Ident) *value {
	name := x.Name
	if m := c.motif; m != nil && !m.per && m.elements[name] != nil {
		return c.graphElement(m.elements[name], x)
	}
	if c.rows != nil {
		if col, ok := c.rows.column(name); ok {
			return c.columnValue(col, x)
		}
	}
	if v := c.scope.find(name); v != nil {
		if v.lambda != nil && len(v.lambda.params) == 0 {
			return c.callLambda(v.lambda, nil, x, nil)
		}
		return v
	}
	if c.rows != nil && c.rows.open {
		return c.columnValue(Column{Name: name}, x)
	}
	if c.rows == nil {
		if v := c.tableNamed(x); v != nil {
			return v
		}
		return badValue
	}
	switch name {
	case "null":
		return c.constant(event.NullValue, types.Dynamic)
	}
	if l := c.savedFunction(name, x); l != nil {
		return c.callLambda(l, nil, x, nil)
	}
	return c.bad("KQL3001", x, "the name %q does not refer to any known column, table, variable or function%s", name, near(name, c.visible()))
}

// visible lists the names in scope, for messages.
func (c *ctx) visible() []string {
	var out []string
	if c.rows != nil {
		out = c.rows.names()
	}
	for s := c.scope; s != nil; s = s.parent {
		for n := range s.names {
			out = append(out, n)
		}
	}
	return out
}

func (c *ctx) columnValue(col Column, at syntax.Node) *value {
	if c.aggs != nil && c.aggs.outside {
		return c.bad("KQL4004", at, "the column %q must stand inside an aggregate, or behind by", col.Name)
	}
	return &value{e: expr.C(col.Name), typ: col.Type, name: col.Name, column: true}
}

func (c *ctx) unary(x *syntax.Unary) *value {
	v := c.scalar(x.X)
	if v.bad {
		return v
	}
	if lit, ok := x.X.(*syntax.Literal); ok && v.known && !lit.Null {
		// A sign before a number is part of it.
		switch n := v.val(); {
		case x.Op == "+":
			return v
		case n.Kind() == event.Int:
			return c.constant(event.IntOf(-n.Int()), v.typ)
		case n.Kind() == event.Float:
			return c.constant(event.FloatOf(-n.Float()), v.typ)
		case n.Kind() == event.Duration:
			return c.constant(event.DurationOf(-n.Ticks()), v.typ)
		}
	}
	return c.apply(function.Operator("unary"+x.Op), []*value{v}, []syntax.Node{x.X}, x)
}

func (c *ctx) binary(x *syntax.Binary) *value {
	switch x.Op {
	case "and", "or":
		return c.logic(x)
	}
	if star, ok := x.X.(*syntax.Star); ok {
		return c.anyColumn(x, star)
	}
	l, r := c.scalar(x.X), c.scalar(x.Y)
	if l.bad || r.bad {
		return badValue
	}
	entry := function.Operator(x.Op)
	if entry == nil {
		return c.bad("KQL2002", x, "the operator %s is not supported", x.Op)
	}
	return c.apply(entry, []*value{l, r}, []syntax.Node{x.X, x.Y}, x)
}

// logic joins conditions; a chain of the same connective becomes one node.
func (c *ctx) logic(x *syntax.Binary) *value {
	var operands []syntax.Expr
	for e := syntax.Expr(x); ; {
		b, ok := e.(*syntax.Binary)
		if !ok || b.Op != x.Op {
			operands = append(operands, e)
			break
		}
		operands = append(operands, b.Y)
		e = b.X
	}
	out := &value{typ: types.Bool, constant: true, pure: true}
	args := make([]expr.Expr, len(operands))
	for i := range operands {
		o := operands[len(operands)-1-i]
		v := c.condition(o)
		if v.bad {
			return v
		}
		args[i] = v.e
		out.constant = out.constant && v.constant
		out.pure = out.pure && v.pure
	}
	op := expr.And
	if x.Op == "or" {
		op = expr.Or
	}
	out.e = &expr.Logic{Op: op, Args: flatten(op, args)}
	return out
}

func flatten(op expr.Op, args []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, a := range args {
		if l, ok := a.(*expr.Logic); ok && l.Op == op {
			out = append(out, l.Args...)
		} else {
			out = append(out, a)
		}
	}
	return out
}

// condition binds an expression that must be true or false.
func (c *ctx) condition(x syntax.Expr) *value {
	if c.search {
		if s, ok := syntax.Unparen(x).(*syntax.Literal); ok && s.Kind == syntax.LitString {
			return c.term(s)
		}
	}
	v := c.scalar(x)
	if !v.bad && v.typ != types.Bool && v.typ != types.Unknown {
		return c.bad("KQL4001", x, "a condition must be of type bool, not %s", v.typ)
	}
	return v
}

func (c *ctx) in(x *syntax.In) *value {
	v := c.scalar(x.X)
	if v.bad {
		return v
	}
	args, nodes := []*value{v}, []syntax.Node{x.X}
	for _, e := range x.List {
		item := c.listItem(e)
		if item.bad {
			return item
		}
		args, nodes = append(args, item), append(nodes, e)
	}
	return c.apply(function.Operator(x.Op), args, nodes, x)
}

// listItem binds one item behind in, has_any and the like: a value, an array, or a table, of which the first column counts.
func (c *ctx) listItem(e syntax.Expr) *value {
	inner := *c
	v := inner.valueOrTable(e)
	if v.table == nil {
		if v.e == nil && !v.bad {
			return c.scalar(e)
		}
		return v
	}
	r := v.table
	if len(r.cols) == 0 && !r.open {
		return c.bad("KQL4001", e, "the table has no column")
	}
	if len(r.cols) > 0 {
		first := r.cols[0]
		r = r.keep([]Column{first}, []string{first.Name})
	}
	return &value{e: &expr.Param{Name: c.bind(plan.BindList, "list", r.node)}, typ: types.Dynamic, constant: true}
}

// valueOrTable binds an expression that may also be the name of a table although columns are in scope.
func (c *ctx) valueOrTable(e syntax.Expr) *value {
	if id, ok := syntax.Unparen(e).(*syntax.Ident); ok && c.rows != nil && !c.rows.has(id.Name) && c.scope.find(id.Name) == nil && !c.rows.open {
		outer := *c
		outer.rows = nil
		return outer.value(e)
	}
	return c.value(e)
}

func (c *ctx) between(x *syntax.Between) *value {
	v, lo, hi := c.scalar(x.X), c.scalar(x.Low), c.scalar(x.High)
	if v.bad || lo.bad || hi.bad {
		return badValue
	}
	op := "between"
	if x.Not {
		op = "!between"
	}
	return c.apply(function.Operator(op), []*value{v, lo, hi}, []syntax.Node{x.X, x.Low, x.High}, x)
}

// path resolves X.member: a column of a side of a join, a member of a dynamic value, a table of a database.
func (c *ctx) path(x *syntax.Path) *value {
	if id, ok := x.X.(*syntax.Ident); ok {
		if v := c.side(id, x); v != nil {
			return v
		}
		if m := c.motif; m != nil && !m.per && m.elements[id.Name] != nil {
			return c.graphMember(m.elements[id.Name], x)
		}
	}
	if call, ok := x.X.(*syntax.Call); ok {
		if v := c.patternCall(call, x.Member); v != nil {
			return v
		}
	}
	if v := c.remote(x); v != nil {
		return v
	}
	v := c.scalar(x.X)
	if v.bad {
		return v
	}
	m, ok := x.Member.(*syntax.Ident)
	if !ok {
		return c.bad("KQL4001", x.Member, "only a name can stand behind the dot")
	}
	if v.typ != types.Dynamic && v.typ != types.Unknown {
		return c.bad("KQL4001", x, "a value of type %s has no members; parse it first, as with parse_json()", v.typ)
	}
	return c.member(v, c.constant(event.StringOf(m.Name), types.String), m.Name, x)
}

// side resolves $left.a and $right.a.
func (c *ctx) side(id *syntax.Ident, x *syntax.Path) *value {
	var r *rows
	switch id.Name {
	case "$left":
		r = c.left
	case "$right":
		r = c.right
	default:
		if r = c.steps[id.Name]; r == nil {
			return nil
		}
	}
	m, ok := x.Member.(*syntax.Ident)
	if r == nil || !ok {
		return c.bad("KQL3001", x, "%s has no place here", id.Name)
	}
	col, ok := r.column(m.Name)
	if !ok && !r.open {
		return c.bad("KQL3001", m, "the name %q does not refer to any known column%s", m.Name, near(m.Name, r.names()))
	}
	if c.steps[id.Name] != nil {
		return stepValue(id.Name, Column{m.Name, col.Type})
	}
	return &value{e: expr.C(m.Name), typ: col.Type, name: m.Name, column: true}
}

// member reads one step into a dynamic value.
func (c *ctx) member(v, key *value, name string, at syntax.Node) *value {
	inner := *v
	if v.typ == types.Unknown {
		inner.typ = types.Dynamic
	}
	out := c.apply(function.Operator("[]"), []*value{&inner, key}, []syntax.Node{at, at}, at)
	if out.bad {
		return out
	}
	out.name = ""
	if v.name != "" {
		out.name = v.name + "_" + name
	}
	return out
}

func (c *ctx) index(x *syntax.Index) *value {
	v, key := c.scalar(x.X), c.scalar(x.Index)
	if v.bad || key.bad {
		return badValue
	}
	if v.typ != types.Dynamic && v.typ != types.Unknown {
		return c.bad("KQL4001", x, "a value of type %s has no elements; parse it first, as with parse_json()", v.typ)
	}
	name := ""
	if lit, ok := x.Index.(*syntax.Literal); ok {
		switch lit.Kind {
		case syntax.LitString:
			name = lit.Str
		case syntax.LitLong:
			name = strconv.FormatInt(lit.Int, 10)
		}
	}
	return c.member(v, key, name, x)
}

func (c *ctx) typeOf(x *syntax.TypeOf) *value {
	if len(x.Schema.Columns) == 1 && x.Schema.Columns[0].Name == nil && !x.Schema.Open {
		name := x.Schema.Columns[0].Type
		t, ok := types.Parse(name)
		if !ok {
			return c.bad("KQL4001", x, "%q is not the name of a type", name)
		}
		return &value{e: expr.Str(t.String()), typ: t, isType: true, constant: true, literal: true, known: true}
	}
	return c.bad("KQL2002", x, "a type with columns is not supported here")
}

// tableCall binds toscalar and totable.
func (c *ctx) tableCall(x *syntax.TableCall) *value {
	inner := &ctx{binder: c.binder, scope: c.scope, depth: c.depth}
	v := inner.value(x.X)
	if v.bad {
		return v
	}
	if x.Keyword == "totable" {
		if v.table == nil {
			return c.bad("KQL4001", x.X, "a table is expected")
		}
		return v
	}
	if v.table == nil {
		if v.e != nil {
			return v // toscalar of a scalar is the scalar
		}
		return c.bad("KQL4001", x.X, "a table is expected")
	}
	r := v.table
	t := types.Unknown
	if len(r.cols) > 0 {
		t = r.cols[0].Type
		r = r.keep(r.cols[:1], []string{r.cols[0].Name})
	}
	r = r.with(&plan.Limit{Input: r.node, N: 1})
	return &value{e: &expr.Param{Name: c.bind(plan.BindScalar, "scalar", r.node)}, typ: t, constant: true}
}

// apply resolves a call of an entry of the function table.
func (c *ctx) apply(entry *function.Entry, args []*value, nodes []syntax.Node, at syntax.Node) *value {
	if entry == nil {
		return c.bad("KQL2002", at, "this operator is not supported")
	}
	call, err := entry.Resolve(functionArgs(args))
	if err != nil {
		return c.resolveError(err, nodes, at)
	}
	switch entry.Special {
	case function.Refused:
		return c.bad("KQL2002", at, "%s() needs the service that the query was written for", entry.Name)
	case function.NotBuilt:
		return c.bad("KQL2002", at, "%s() is not supported", entry.Name)
	}
	out := &value{typ: resultType(entry, args, call.Type), constant: true, pure: !environment[entry.Name]}
	es := make([]expr.Expr, len(args))
	for i, a := range args {
		es[i] = a.e
		if i < len(call.Convert) && call.Convert[i] != nil {
			es[i] = convert(a, call.Convert[i])
		}
		out.constant = out.constant && a.constant
		out.pure = out.pure && a.pure
	}
	out.e = expr.F(call.Func, es...)
	if call.Func.Volatile {
		out.constant, out.pure = false, false
	}
	if call.Not {
		out.e = &expr.Not{Arg: out.e}
	}
	if out.constant && out.pure {
		if v, ok := expr.Fold(out.e, nil); ok {
			out.e, out.known = expr.L(v), true
		}
	}
	for _, col := range call.Columns {
		out.multi = append(out.multi, Column{col.Name, col.Type})
	}
	return out
}

// candidates are the types that a value of unknown type may turn out to have.
var candidates = []types.Type{types.Long, types.Real, types.String, types.DateTime, types.TimeSpan, types.Dynamic, types.Bool}

// resultType returns the type of a call's value: unknown when it depends on an argument of unknown type.
func resultType(entry *function.Entry, args []*value, t types.Type) types.Type {
	at := slices.IndexFunc(args, func(a *value) bool { return a.typ == types.Unknown && !a.star && !a.isType })
	if at < 0 || t == types.Unknown {
		return t
	}
	try := functionArgs(args)
	for _, candidate := range candidates {
		try[at].Type = candidate
		if call, err := entry.Resolve(try); err == nil && call.Type != t {
			return types.Unknown
		}
	}
	return t
}

// environment are the functions whose value depends on the run.
var environment = map[string]bool{"now": true, "ago": true, "ingestion_time": true, "rand": true, "new_guid": true, "geo_info_from_ip_address": true,
	"current_database": true, "current_cluster_endpoint": true, "current_principal": true, "current_principal_details": true}

func functionArgs(args []*value) []function.Arg {
	out := make([]function.Arg, len(args))
	for i, a := range args {
		out[i] = function.Arg{Type: a.typ, Const: a.constant, Known: a.known, Literal: a.literal, Star: a.star, IsType: a.isType, Name: a.name}
		if a.isType {
			out[i].TypeLit = a.typ
		}
		if a.known {
			out[i].Value = a.val()
		}
	}
	return out
}

func convert(v *value, f *fn.Func) expr.Expr {
	e := expr.Expr(expr.F(f, v.e))
	if v.known {
		if x, ok := expr.Fold(e, nil); ok {
			return expr.L(x)
		}
	}
	return e
}

// cast converts a value to a type by name, whatever it is.
func (c *ctx) cast(v *value, name string) *value {
	to, ok := types.Parse(name)
	if !ok || v.bad || v.typ == to {
		return v
	}
	f := function.Convert(v.typ, to)
	if f == nil {
		out := *v
		out.typ = to
		return &out
	}
	return &value{e: convert(v, f), typ: to, name: v.name, constant: v.constant, known: v.known, literal: v.literal, pure: v.pure}
}

func (c *ctx) resolveError(err error, nodes []syntax.Node, at syntax.Node) *value {
	where := at
	id := "KQL4002"
	if e, ok := err.(*function.Error); ok {
		if e.Arg >= 0 && e.Arg < len(nodes) {
			where, id = nodes[e.Arg], "KQL4001"
		} else if strings.HasPrefix(e.Message, "the operator") {
			id = "KQL4003"
		}
	}
	return c.bad(id, where, "%s", err.Error())
}
