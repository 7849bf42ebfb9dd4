package kql

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/text"
)

// A recipe is a plugin that is a query in KQL over some columns of its input, as the manual's samples of sliding windows are.
type recipe struct {
	// params are the names of the arguments in the body. Those with a * must be columns. What follows them are columns to
	// work apart for, the dimensions.
	params []string
	// body is the query over T. %dims stands for the names of the dimensions, each after a comma, and %type for the type of the timeline.
	body string
	// result names the columns that the body gives after the timeline and the dimensions.
	result func(args []syntax.Expr) []string
}

func fixedResult(names ...string) func([]syntax.Expr) []string {
	return func([]syntax.Expr) []string { return names }
}

var recipes = map[string]*recipe{
	// A value counts in its own bin and in those after it whose window reaches back to it.
	// https://learn.microsoft.com/kusto/query/rolling-percentile-plugin
	"rolling_percentile": {
		params: []string{"*value", "percent", "*moment", "size", "bins"},
		body: `let until = toscalar(T | summarize max(bin(moment, size)));
T
| extend moment = bin(moment, size)
| mv-expand moment = range(moment, moment + (bins - 1) * size, size) to typeof(%type)
| where moment <= until
| summarize result = percentile(value, percent) by moment%dims
| project moment%dims, result`,
		result: func(args []syntax.Expr) []string {
			return []string{fmt.Sprintf("rolling_%s_percentile_%s_%s", syntax.Print(args[4]), plainName(args[0]), syntax.Print(args[1]))}
		},
	},
	// https://learn.microsoft.com/kusto/query/sliding-window-counts-plugin
	"sliding_window_counts": {
		params: []string{"*id", "*moment", "since", "until", "lookback", "size"},
		body: `T
| where moment > since - lookback and moment <= until
| extend moment = bin_at(moment, size, since)
| mv-expand moment = range(moment, moment + lookback - size, size) to typeof(%type)
| where moment >= since and moment <= until
| summarize rows = count(), ids = count_distinct(id) by moment%dims
| project moment%dims, rows, ids`,
		result: fixedResult("Count", "Dcount"),
	},
	// An appearance counts when enough of the periods up to its own, back to the lookback window's start, have appearances. That
	// start is outside: in the manual's example user B of July 8 is not active for June 30, 8 days before.
	// https://learn.microsoft.com/kusto/query/active-users-count-plugin
	"active_users_count": {
		params: []string{"*id", "*moment", "since", "until", "lookback", "period", "least", "size"},
		body: `T
| where moment > since - lookback and moment <= until
| summarize by id%dims, seen = bin_at(moment, period, since)
| mv-expand moment = range(seen, seen + lookback, period) to typeof(%type)
| where moment - seen < lookback
| summarize periods = count(), present = countif(moment == seen) by id%dims, moment
| where present > 0 and periods >= least and moment >= since
| summarize ids = count_distinct(id) by moment = bin_at(moment, size, since)%dims
| project moment%dims, ids`,
		result: fixedResult("dcount"),
	},
	// https://learn.microsoft.com/kusto/query/activity-counts-metrics-plugin
	"activity_counts_metrics": {
		params: []string{"*id", "*moment", "since", "until", "window"},
		body: `let inside = T | where moment >= since and moment <= until | extend moment = bin_at(moment, window, since);
let fresh = inside | summarize moment = min(moment) by id%dims | summarize rows = 0, ids = 0, new = count() by moment%dims;
inside
| summarize rows = count(), ids = count_distinct(id), new = 0 by moment%dims
| union fresh
| summarize rows = sum(rows), ids = sum(ids), new = sum(new) by moment%dims
| sort by %group moment asc
| extend total = row_cumsum(new, %restart)
| project moment%dims, rows, ids, new, total`,
		result: fixedResult("count", "dcount", "new_dcount", "aggregated_dcount"),
	},
}

func init() {
	for name, r := range recipes {
		plugins[name] = r.lower
	}
	plugins["sequence_detect"] = sequenceDetect
	plugins["dcount_intersect"] = dcountIntersect
}

// plainName is the name of a column reference, "" for anything else.
func plainName(x syntax.Expr) string {
	if id, ok := syntax.Unparen(x).(*syntax.Ident); ok {
		return id.Name
	}
	return ""
}

// A cook gathers the columns and constants that the body of a recipe works on.
type cook struct {
	c      *ctx
	in     *rows
	op     *syntax.Evaluate
	items  []plan.Named
	cols   []Column
	consts map[string]*value
	dims   []string // as the result calls them
	ok     bool
}

func (c *ctx) newCook(in *rows, op *syntax.Evaluate) *cook {
	k := &cook{c: c, in: in, op: op, consts: map[string]*value{}, ok: true}
	if len(in.keys) > 0 {
		c.unsupported(op.Plugin, "%s is not supported inside partition or mv-apply", op.Plugin.Func.Name)
		k.ok = false
	}
	return k
}

func (k *cook) put(as string, v *value, t types.Type) {
	k.items = append(k.items, plan.Named{Name: as, Expr: v.e})
	k.cols = append(k.cols, Column{as, t})
}

// column makes an argument that must be a column one of T.
func (k *cook) column(as string, x syntax.Expr) *value {
	v := k.c.scalar(x)
	switch {
	case v.bad:
		k.ok = false
	case plainName(x) == "" || v.known:
		k.c.bad("KQL4005", x, "a column is expected")
		k.ok = false
	default:
		k.put(as, v, v.typ)
	}
	return v
}

func (k *cook) constant(as string, x syntax.Expr) {
	v := k.c.scalar(x)
	if v.bad {
		k.ok = false
		return
	}
	if !v.constant {
		k.c.bad("KQL4001", x, "a constant is expected")
		k.ok = false
		return
	}
	k.consts[as] = v
}

func (k *cook) dimension(x syntax.Expr) {
	if k.column(fmt.Sprint("dim", len(k.dims)), x); k.ok {
		k.dims = append(k.dims, plainName(x))
	}
}

// dimNames lists the dimensions' names in the body, each after a comma.
func (k *cook) dimNames() string {
	out := ""
	for i := range k.dims {
		out += fmt.Sprint(", dim", i)
	}
	return out
}

// input finds the places where a body reads its input.
var input = regexp.MustCompile(`\bT(\n| \|)`)

// run binds the body over the columns and constants and gives its columns these names.
func (k *cook) run(body string, names []string) *rows {
	c, op := k.c, k.op
	in := *k.in
	in.carried = nil
	table := in.project(k.items, k.cols)
	if len(input.FindAllString(body, -1)) > 1 {
		table = c.share(table, op.Plugin.Func.Name)
	}
	src := text.NewSource("the plugin "+op.Plugin.Func.Name, body)
	q, diags := syntax.Parse(src)
	c.diags = append(c.diags, diags...)
	inner := &ctx{binder: c.binder, scope: (*scope)(nil).inner(), depth: c.depth + 1}
	inner.scope.names["T"] = &value{table: table}
	for name, v := range k.consts {
		inner.scope.names[name] = c.named(v, name)
		if v.table != nil {
			inner.scope.names[name] = &value{table: c.share(v.table, name)}
		}
	}
	outer, had := c.src, len(c.diags)
	c.src = src
	v, last := inner.statements(q.Statements)
	c.src = outer
	if inside := c.diags[had:]; inside.HasErrors() {
		d := text.Errorf("KQL4001", c.src, op.Plugin.Span(), "the plugin %s cannot work on these arguments: %s", op.Plugin.Func.Name, firstError(inside))
		c.diags = append(c.diags[:had:had], d)
		return nil
	}
	r := inner.asTable(v, last)
	if r == nil {
		return nil
	}
	namer := newNamer(nil)
	for i, n := range names {
		names[i] = namer.unique(n)
	}
	r = r.keep(r.cols, names)
	if op.Schema != nil {
		return c.asDeclared(r, op)
	}
	return r
}

// asDeclared checks the schema behind a plugin whose columns are known.
func (c *ctx) asDeclared(r *rows, op *syntax.Evaluate) *rows {
	cols, ok := c.declared(r, op.Schema)
	if !ok {
		return nil
	}
	for _, col := range cols {
		if have, ok := r.column(col.Name); !ok || have.Type != col.Type && have.Type != types.Unknown {
			c.bad("KQL4001", op.Schema, "the plugin gives no column %s of type %s", col.Name, col.Type)
			return nil
		}
	}
	var names []string
	for _, col := range cols {
		names = append(names, col.Name)
	}
	return r.keep(cols, names)
}

func (r *recipe) lower(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) < len(r.params) {
		c.bad("KQL4002", op.Plugin.Func, "%s takes at least %d arguments, not %d", op.Plugin.Func.Name, len(r.params), len(args))
		return nil
	}
	k := c.newCook(in, op)
	timeline, timeType := "", types.Unknown
	for i, p := range r.params {
		name, isColumn := strings.CutPrefix(p, "*")
		if !isColumn {
			k.constant(name, args[i])
			continue
		}
		if v := k.column(name, args[i]); name == "moment" {
			timeline, timeType = plainName(args[i]), v.typ
		}
	}
	for _, x := range args[len(r.params):] {
		k.dimension(x)
	}
	if !k.ok {
		return nil
	}
	if timeType == types.Unknown {
		timeType = types.DateTime
	}
	var group, restart []string
	for i := range k.dims {
		group = append(group, fmt.Sprintf("dim%d asc,", i))
		restart = append(restart, fmt.Sprintf("tostring(dim%d) != tostring(prev(dim%d))", i, i))
	}
	if len(restart) == 0 {
		restart = []string{"false"}
	}
	body := strings.NewReplacer("%dims", k.dimNames(), "%type", timeType.String(),
		"%group", strings.Join(group, " "), "%restart", strings.Join(restart, " or ")).Replace(r.body)
	return k.run(body, append(append([]string{timeline}, k.dims...), r.result(args)...))
}

// sequenceDetect finds the events of each step that follow an event of the step before in time. Every chain of times is a row.
// Events are looked up by slots of time as long as the step may be, so that each meets only those of two slots.
// https://learn.microsoft.com/kusto/query/sequence-detect-plugin
func sequenceDetect(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) < 4 {
		c.bad("KQL4002", op.Plugin.Func, "sequence_detect takes at least 4 arguments, not %d", len(args))
		return nil
	}
	k := c.newCook(in, op)
	timeline := k.column("moment", args[0])
	k.constant("step", args[1])
	k.constant("span", args[2])
	var steps []string
	for _, x := range args[3:] {
		name, cond := "", x
		if n, ok := x.(*syntax.Named); ok && len(n.Names) == 1 {
			name, cond = n.Names[0].Name, n.X
		}
		v := c.scalar(cond)
		switch {
		case v.bad:
			k.ok = false
		case v.typ == types.Bool:
			if name == "" {
				name = plainName(cond)
			}
			k.put(fmt.Sprint("is", len(steps)), v, types.Bool)
			steps = append(steps, name)
		default:
			k.dimension(x)
		}
	}
	if k.ok && len(steps) == 0 {
		c.bad("KQL4002", op.Plugin.Func, "sequence_detect takes a condition for each step")
		return nil
	}
	if !k.ok {
		return nil
	}
	dims := k.dimNames()
	timeType := timeline.typ
	if timeType == types.Unknown {
		timeType = types.DateTime
	}
	var b strings.Builder
	fmt.Fprintf(&b, "T\n| where is0\n| distinct moment%s\n| project-rename moment0 = moment\n| extend slot = bin(moment0, step)\n", dims)
	times := "moment0"
	for i := range steps[1:] {
		n := i + 1
		fmt.Fprintf(&b, `| join kind=inner (
    T
    | where is%[1]d
    | distinct moment%[2]s
    | project-rename moment%[1]d = moment
    | mv-expand slot = range(bin(moment%[1]d, step) - step, bin(moment%[1]d, step), step) to typeof(%[3]s)
) on slot%[2]s
| where moment%[1]d >= moment%[4]d and moment%[1]d - moment%[4]d <= step and moment%[1]d - moment0 <= span
| extend slot = bin(moment%[1]d, step)
`, n, dims, timeType, i)
		times += fmt.Sprintf(", moment%d", n)
	}
	fmt.Fprintf(&b, "| project %s%s, Duration = moment%d - moment0", strings.TrimPrefix(dims+", ", ", "), times, len(steps)-1)
	names := append([]string(nil), k.dims...)
	for _, s := range steps {
		names = append(names, s+"_"+plainName(args[0]))
	}
	return k.run(b.String(), append(names, "Duration"))
}

// dcountIntersect adds the numbers of distinct values in the first set, in the first two, and so on.
// https://learn.microsoft.com/kusto/query/dcount-intersect-plugin
func dcountIntersect(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) < 2 {
		c.bad("KQL4002", op.Plugin.Func, "dcount_intersect takes at least 2 arguments, not %d", len(args))
		return nil
	}
	var sets []expr.Expr
	var items []plan.Named
	var ts []types.Type
	for i, x := range args {
		v := c.scalar(x)
		if v.bad {
			return nil
		}
		if v.typ != types.Dynamic && v.typ != types.Unknown {
			c.bad("KQL4001", x, "what hll gives is expected, not %s", v.typ)
			return nil
		}
		sets = append(sets, v.e)
		items = append(items, plan.Named{Name: fmt.Sprint("s", i), Expr: expr.F(function.DcountIntersect, sets[:i+1:i+1]...)})
		ts = append(ts, types.Long)
	}
	return in.extend(items, ts)
}
