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

// aggs collects the aggregate calls of a summarize.
type aggs struct {
	items []plan.AggItem
	// outside: the expression being bound is not the argument of an aggregate, so columns have no place in it.
	outside bool
	// by are the columns that the grouping uses as they are; * leaves them out.
	by []string
}

// specials are the calls that depend on the columns or tables in scope.
var specials map[string]func(c *ctx, x *syntax.Call) *value

func init() {
	specials = map[string]func(c *ctx, x *syntax.Call) *value{
		"column_ifexists": (*ctx).columnIfExists, "columnifexists": (*ctx).columnIfExists, "pack_all": (*ctx).packAll,
		"iff": (*ctx).iff, "iif": (*ctx).iff, "case": (*ctx).caseOf, "not": (*ctx).not,
		"table": (*ctx).tableByName, "database": (*ctx).remoteCall, "cluster": (*ctx).remoteCall, "workspace": (*ctx).remoteCall,
		"app": (*ctx).remoteCall, "adx": (*ctx).remoteCall, "arg": (*ctx).remoteCall, "resource": (*ctx).remoteCall, "external_table": (*ctx).remoteCall, "materialized_view": (*ctx).remoteCall,
		"_GetWatchlist": (*ctx).watchlist, "ingestion_time": (*ctx).ingestionTime, "column_names_of": (*ctx).columnNamesOf, "bag_pack_columns": (*ctx).packColumns,
	}
}

// call binds a call: of a function that the query defines, of a saved one, of the table of functions, of an aggregate.
func (c *ctx) call(x *syntax.Call) *value {
	name := x.Func.Name
	if c.motif != nil && isGraphCall(name) {
		return c.graphCall(x)
	}
	if v := c.patternCall(x, nil); v != nil {
		return v
	}
	if v := c.scope.find(name); v != nil {
		if v.lambda == nil {
			if v.table != nil && len(x.Args) == 0 {
				return v
			}
			return c.bad("KQL3003", x.Func, "%q is no function", name)
		}
		if len(x.Args) == 1 {
			if _, star := x.Args[0].(*syntax.Star); star {
				return c.bad("KQL4002", x, "%s takes no *", name)
			}
		}
		return c.callLambda(v.lambda, x.Args, x, nil)
	}
	if f := specials[name]; f != nil {
		return f(c, x)
	}
	if w := windowFuncs[name]; w != nil {
		return c.window(w, x)
	}
	if agg := function.Aggregate(name); agg != nil && (c.aggs != nil || function.Lookup(name) == nil) {
		return c.aggregate(agg, x)
	}
	entry := function.Lookup(name)
	if entry == nil {
		if l := c.savedFunction(name, x); l != nil {
			return c.callLambda(l, x.Args, x, nil)
		}
		if c.rows == nil && len(x.Args) == 0 {
			// A table with parentheses: functions and tables are called alike in content (imProcess()).
			if r := c.lookupTable(name); r != nil {
				return &value{table: r}
			}
		}
		if c.rows == nil && c.opt.Detached && c.fuzzy == 0 {
			c.warnf("KQL5003", x.Func.Span(), "no function here is named %q: its table is taken to be empty%s", name, near(name, c.functionNames()))
			return &value{table: c.emptyTable(name)}
		}
		return c.bad("KQL3003", x.Func, "the name %q does not refer to any known function%s", name, near(name, c.functionNames()))
	}
	if entry.Special == function.Graph {
		return c.bad("KQL4004", x, "%s() stands only in the expressions of graph-match and graph-shortest-paths", name)
	}
	if entry.Special == function.Binding || entry.Special == function.Window {
		return c.bad("KQL2002", x, "%s() is not supported", name)
	}
	args, nodes, ok := c.args(x)
	if !ok {
		return badValue
	}
	v := c.apply(entry, args, nodes, x)
	if !v.bad {
		v.name = callName(entry.Naming, entry.Prefix, entry.Name, args, false)
	}
	return v
}

// functionNames lists all names that can be called, for messages.
func (c *ctx) functionNames() []string {
	var out []string
	for _, e := range function.Scalars() {
		out = append(out, e.Name)
	}
	if c.opt.FunctionNames != nil {
		out = append(out, c.opt.FunctionNames()...)
	}
	for s := c.scope; s != nil; s = s.parent {
		for n, v := range s.names {
			if v.lambda != nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// args binds the arguments of a call of the function table.
func (c *ctx) args(x *syntax.Call) (args []*value, nodes []syntax.Node, ok bool) {
	ok = true
	for _, a := range x.Args {
		name := ""
		if n, isNamed := a.(*syntax.Named); isNamed && len(n.Names) == 1 {
			// Names of arguments of built-in functions mean nothing to the function, but may name the column.
			a, name = n.X, n.Names[0].Name
		}
		v := c.value(a)
		if name != "" {
			v = c.named(v, name)
		}
		switch {
		case v.bad:
			ok = false
		case v.e == nil && v.table != nil && c.aggs == nil:
			v = c.listItem(a)
			ok = ok && !v.bad
		case v.e == nil:
			c.bad("KQL4001", a, "a scalar value is expected")
			ok = false
		}
		args, nodes = append(args, v), append(nodes, a)
	}
	return args, nodes, ok
}

// callName says what a column is called that a call makes.
func callName(naming function.Naming, prefix, name string, args []*value, aggregate bool) string {
	first := ""
	if len(args) > 0 && !args[0].star {
		first = args[0].name
	}
	switch naming {
	case function.NameFirst:
		return first
	case function.NameFunction:
		if first == "" && !aggregate {
			return ""
		}
		return name + "_" + first
	case function.NamePrefix:
		return prefix + "_" + first
	case function.NameFixed:
		return prefix
	case function.NameOnly:
		if len(args) == 1 {
			return first
		}
	}
	return ""
}

// aggregate binds a call of an aggregate; its value is a column of the aggregation under way.
func (c *ctx) aggregate(agg *function.Agg, x *syntax.Call) *value {
	if c.aggs == nil || !c.aggs.outside {
		return c.bad("KQL4004", x.Func, "the aggregate %q has no place here", agg.Name)
	}
	inner := *c
	inner.aggs, inner.windows = nil, nil
	args, nodes, ok := inner.args(x)
	if !ok {
		return badValue
	}
	if agg.Picks {
		args, nodes = c.expandStar(args, nodes)
		if args == nil {
			return c.bad("KQL2002", x, "%s(*) needs columns that are known before the query runs", agg.Name)
		}
	}
	call, err := agg.Resolve(functionArgs(args))
	if err != nil {
		return c.resolveError(err, nodes, x)
	}
	item := plan.AggItem{As: c.hidden("agg"), Fn: call.Agg}
	for i, a := range args {
		e := a.e
		if i < len(call.Convert) && call.Convert[i] != nil {
			e = convert(a, call.Convert[i])
		}
		item.Args = append(item.Args, e)
	}
	c.aggs.items = append(c.aggs.items, item)
	out := &value{e: expr.C(item.As), typ: call.Type, name: callName(agg.Naming, agg.Prefix, agg.Name, args, true)}
	switch {
	case agg.Picks:
		out.multi = pickColumns(agg, args, call.Type)
		if len(out.multi) == 1 {
			out.e, out.name, out.multi = expr.F(elementOf, out.e, expr.L(event.IntOf(0))), out.multi[0].Name, nil
		}
	case len(call.Columns) == 1:
		out.name, out.typ = call.Columns[0].Name, call.Columns[0].Type
	case len(call.Columns) > 1:
		for _, col := range call.Columns {
			out.multi = append(out.multi, Column{col.Name, col.Type})
		}
	}
	return out
}

// expandStar puts the columns that * means in its place: all but those that another argument or the grouping names.
func (c *ctx) expandStar(args []*value, nodes []syntax.Node) ([]*value, []syntax.Node) {
	at := slices.IndexFunc(args, func(v *value) bool { return v.star })
	if at < 0 {
		return args, nodes
	}
	if c.rows.open {
		return nil, nil
	}
	var cols []*value
	for _, col := range c.rows.cols {
		named := slices.Contains(c.aggs.by, col.Name) || slices.ContainsFunc(args, func(v *value) bool { return v.column && v.name == col.Name })
		if !named {
			cols = append(cols, &value{e: expr.C(col.Name), typ: col.Type, name: col.Name, column: true})
		}
	}
	star := nodes[at]
	args = slices.Concat(args[:at], cols, args[at+1:])
	nodes = slices.Concat(nodes[:at], slices.Repeat([]syntax.Node{star}, len(cols)), nodes[at+1:])
	return args, nodes
}

// pickColumns names the columns of arg_max, take_any and the like.
func pickColumns(agg *function.Agg, args []*value, first types.Type) []Column {
	prefix := ""
	if agg.Prefix != "" {
		prefix = agg.Prefix + "_"
	}
	measure := strings.HasPrefix(agg.Name, "arg")
	short := strings.TrimPrefix(strings.TrimPrefix(agg.Name, "arg"), "_")
	out := make([]Column, len(args))
	for i, a := range args {
		out[i] = Column{prefix + a.name, a.typ}
		if i == 0 {
			out[i].Type = first
		}
		if a.name != "" {
			continue
		}
		switch {
		case !measure:
			out[i].Name = prefix
		case i == 0:
			out[i].Name = short + "_"
		default:
			out[i].Name = short + "_" + args[0].name + "_arg" + strconv.Itoa(i)
		}
	}
	return out
}

// elementOf takes an element out of a list that a call or an aggregate has made for several columns.
var elementOf = &fn.Func{Name: "element", Min: 2, Max: 2, Doc: "Takes one of several results of a call.", Row: func(args []event.Value) event.Value {
	if l, i := args[0].List(), args[1].Int(); i >= 0 && int(i) < len(l) {
		return l[i]
	}
	return event.NullValue
}}

// columnIfExists gives the column of that name, or the other value when there is none.
func (c *ctx) columnIfExists(x *syntax.Call) *value {
	if len(x.Args) != 2 {
		return c.bad("KQL4002", x.Func, "%s takes 2 arguments, not %d", x.Func.Name, len(x.Args))
	}
	name, other := c.scalar(x.Args[0]), c.scalar(x.Args[1])
	switch {
	case name.bad || other.bad:
		return badValue
	case !name.known || name.typ != types.String:
		return c.bad("KQL4001", x.Args[0], "the name of the column must be a constant string")
	case c.rows == nil:
		return other
	}
	if col, ok := c.rows.column(name.val().Str()); ok {
		return c.columnValue(col, x)
	}
	out := *other
	out.column = false
	if other.column {
		out.name = ""
	}
	if c.rows.open {
		col := expr.C(name.val().Str())
		return &value{e: &expr.Case{Whens: []expr.When{{Cond: expr.F(isMissing, col), Then: other.e}}, Else: col}, typ: types.Unknown, name: col.Name}
	}
	return &out
}

// isMissing tells rows that have no such column from rows in which it is null.
var isMissing = &fn.Func{Name: "ismissing", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Whether there is no such column.", Row: func(args []event.Value) event.Value {
	return event.BoolOf(args[0].IsMissing())
}}

// packAll makes a bag of all columns.
func (c *ctx) packAll(x *syntax.Call) *value {
	if c.rows == nil {
		return c.bad("KQL4004", x, "pack_all() needs a row")
	}
	ignore := false
	if len(x.Args) > 1 {
		return c.bad("KQL4002", x.Func, "pack_all takes 0 or 1 arguments, not %d", len(x.Args))
	}
	if len(x.Args) == 1 {
		v := c.scalar(x.Args[0])
		if v.bad {
			return v
		}
		if v.typ != types.Bool || !v.known {
			return c.bad("KQL4001", x.Args[0], "a constant of type bool is expected")
		}
		ignore = v.val().IsTrue()
	}
	if c.rows.open {
		return c.bad("KQL2002", x, "pack_all() needs columns that are known before the query runs")
	}
	names := c.rows.names()
	args := make([]expr.Expr, len(names))
	for i, n := range names {
		args[i] = expr.C(n)
	}
	f := &fn.Func{Name: "pack_all", Min: len(args), Max: len(args), Null: fn.SeesNull, Doc: "Makes a bag of all columns.", Row: func(vs []event.Value) event.Value {
		bag := make(event.Bag, 0, len(vs))
		for i, v := range vs {
			if v.IsNull() || v.Kind() == event.String && v.Str() == "" {
				if ignore {
					continue
				}
				if v.IsNull() && c.rows.cols[i].Type == types.String {
					v = event.StringOf("")
				} else if v.IsNull() {
					v = event.NullValue
				}
			}
			bag = append(bag, event.Field{Name: names[i], Value: v})
		}
		return event.ObjectOf(bag)
	}}
	return &value{e: expr.F(f, args...), typ: types.Dynamic}
}

// iff and case become branches, of which only the one taken is computed.
func (c *ctx) iff(x *syntax.Call) *value {
	args, nodes, ok := c.branchArgs(x)
	if !ok {
		return badValue
	}
	return c.branches(x, args, nodes)
}

func (c *ctx) caseOf(x *syntax.Call) *value { return c.iff(x) }

func (c *ctx) branchArgs(x *syntax.Call) (args []*value, nodes []syntax.Node, ok bool) {
	ok = true
	for i, a := range x.Args {
		var v *value
		if n, named := a.(*syntax.Named); named {
			a = n.X
		}
		if i%2 == 0 && i < len(x.Args)-1 {
			v = c.condition(a)
		} else {
			v = c.scalar(a)
		}
		ok = ok && !v.bad
		args, nodes = append(args, v), append(nodes, a)
	}
	return args, nodes, ok
}

func (c *ctx) branches(x *syntax.Call, args []*value, nodes []syntax.Node) *value {
	entry := function.Lookup(x.Func.Name)
	call, err := entry.Resolve(functionArgs(args))
	if err != nil {
		return c.resolveError(err, nodes, x)
	}
	out := &value{typ: call.Type, constant: true, pure: true, name: callName(entry.Naming, entry.Prefix, entry.Name, args, false)}
	es := make([]expr.Expr, len(args))
	for i, a := range args {
		es[i] = a.e
		if i < len(call.Convert) && call.Convert[i] != nil {
			es[i] = convert(a, call.Convert[i])
		}
		out.constant, out.pure = out.constant && a.constant, out.pure && a.pure
	}
	branch := &expr.Case{Else: es[len(es)-1]}
	for i := 0; i+1 < len(es); i += 2 {
		branch.Whens = append(branch.Whens, expr.When{Cond: es[i], Then: es[i+1]})
	}
	out.e = branch
	if out.constant && out.pure {
		if v, ok := expr.Fold(branch, nil); ok {
			out.e, out.known = expr.L(v), true
		}
	}
	return out
}

func (c *ctx) not(x *syntax.Call) *value {
	if len(x.Args) != 1 {
		return c.bad("KQL4002", x.Func, "not takes 1 argument, not %d", len(x.Args))
	}
	v := c.condition(x.Args[0])
	if v.bad {
		return v
	}
	if n, ok := v.e.(*expr.Not); ok {
		return &value{e: n.Arg, typ: types.Bool, constant: v.constant, pure: v.pure}
	}
	return &value{e: &expr.Not{Arg: v.e}, typ: types.Bool, constant: v.constant, pure: v.pure}
}

// ingestionTime stands for the time of the event itself: over files nothing is taken in later than it happened.
// https://learn.microsoft.com/kusto/query/ingestion-time-function
func (c *ctx) ingestionTime(x *syntax.Call) *value {
	if len(x.Args) > 0 {
		return c.bad("KQL4002", x, "ingestion_time() takes no arguments")
	}
	v := &value{e: expr.L(event.NullValue), typ: types.DateTime, name: "$IngestionTime"}
	if c.rows != nil {
		for _, name := range []string{"TimeGenerated", "Timestamp"} {
			if col, ok := c.rows.column(name); ok && col.Type == types.DateTime {
				v.e = expr.C(name)
				break
			}
		}
	}
	c.notef("KQL5001", x.Span(), "ingestion_time() is the time of the event here")
	return v
}
