package kql

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("summarize", lowerSummarize)
	register("distinct", lowerDistinct)
	register("count", lowerCount)
}

func lowerSummarize(c *ctx, in *rows, op *syntax.Summarize) *rows {
	c.ignoreParams(op.Params)
	if n := len(op.By); op.Bin != nil && n > 0 {
		// The old way to say bin() around what stands last.
		last := op.By[n-1]
		call := &syntax.Call{Func: &syntax.Ident{Name: "bin"}, Args: []syntax.Expr{last, op.Bin}}
		call.Start, call.End = last.Span().Start, op.Bin.Span().End
		by := append(slices.Clone(op.By[:n-1]), call)
		if named, ok := last.(*syntax.Named); ok {
			call.Args[0] = named.X
			by[n-1] = &syntax.Named{Names: named.Names, X: call}
		}
		return c.summarize(in, op.Aggs, by)
	}
	if len(op.Aggs) == 0 && len(op.By) == 0 {
		c.unsupported(op, "a summarize without anything gives no columns")
		return nil
	}
	return c.summarize(in, op.Aggs, op.By)
}

// pickAll returns the single aggregate of a summarize when that is arg_max(x, *) or arg_min(x, *), or take_any(*).
func pickAll(aggExprs []syntax.Expr) (call *syntax.Call, ok bool) {
	if len(aggExprs) != 1 {
		return nil, false
	}
	x := aggExprs[0]
	if n, named := x.(*syntax.Named); named && len(n.Names) == 1 {
		x = n.X
	}
	call, ok = x.(*syntax.Call)
	if !ok || len(call.Args) == 0 {
		return nil, false
	}
	agg := function.Aggregate(call.Func.Name)
	_, star := call.Args[len(call.Args)-1].(*syntax.Star)
	return call, agg != nil && agg.Picks && star && agg.Prefix == ""
}

// pickRows keeps one whole row of each group: that with the greatest or least value. It works where the columns are not known.
func (c *ctx) pickRows(in *rows, call *syntax.Call, byExprs []syntax.Expr) *rows {
	to := newItems(inExtend, in.cols)
	collect := &aggs{}
	for _, x := range byExprs {
		c.addKey(to, collect, x)
	}
	if !to.ok {
		return nil
	}
	out := to.extendRows(in)
	if len(call.Args) > 1 {
		v := c.scalar(call.Args[0])
		if v.bad {
			return nil
		}
		desc := !strings.Contains(call.Func.Name, "min")
		out = out.with(&plan.Sort{Input: out.node, Keys: []plan.SortKey{{Expr: v.e, Desc: desc}}, Recorded: !out.serial})
	}
	var keys []expr.Expr
	for _, it := range to.named {
		keys = append(keys, expr.C(it.Name))
	}
	keys = append(keys, columnsOf(in.keys)...)
	if len(keys) == 0 {
		out = out.with(&plan.Limit{Input: out.node, N: 1})
	} else {
		out = out.with(&plan.Dedup{Input: out.node, Keys: keys, N: 1, KeepEmpty: true, NullsEqual: true})
	}
	out.serial = false
	return out
}

// pickNamed is pickRows where the aggregate may have a name, which the value that was looked for gets.
func (c *ctx) pickNamed(in *rows, call *syntax.Call, x syntax.Expr, byExprs []syntax.Expr) *rows {
	out := c.pickRows(in, call, byExprs)
	n, named := x.(*syntax.Named)
	if out == nil || !named {
		return out
	}
	at := *c
	at.rows = out
	v := at.scalar(call.Args[0])
	if v.bad {
		return nil
	}
	return out.extend([]plan.Named{{Name: n.Names[0].Name, Expr: v.e}}, []types.Type{v.typ})
}

// pickBeside is summarize with other aggregates beside arg_max(x, *) over columns that are not known: both are computed, and
// joined by group.
func (c *ctx) pickBeside(in *rows, pick int, aggExprs, byExprs []syntax.Expr) *rows {
	shared := in.with(&plan.Ref{Name: c.bind(plan.BindTable, "rows", in.node)})
	at := *c
	at.rows = shared
	call, _ := pickAll(aggExprs[pick : pick+1])
	others := at.summarize(shared, slices.Concat(aggExprs[:pick], aggExprs[pick+1:]), byExprs)
	picked := at.pickNamed(shared, call, aggExprs[pick], byExprs)
	if others == nil || picked == nil {
		return nil
	}
	to := newItems(inProject, nil)
	for _, x := range byExprs {
		at.addKey(to, &aggs{}, x)
	}
	var keys []expr.Expr
	for _, col := range to.cols {
		keys = append(keys, expr.C(col.Name))
	}
	out := others.with(&plan.Join{Left: others.node, Right: picked.node, Kind: plan.Inner, LeftKeys: keys, RightKeys: keys, NullsMatch: true, Clash: plan.ClashKeepLeft})
	for _, col := range picked.cols {
		if !out.has(col.Name) {
			out.cols = append(slices.Clone(out.cols), col)
		}
	}
	out.open = true
	return out
}

// summarize groups rows by expressions and computes aggregates.
func (c *ctx) summarize(in *rows, aggExprs, byExprs []syntax.Expr) *rows {
	if in.open {
		if call, ok := pickAll(aggExprs); ok {
			return c.pickNamed(in, call, aggExprs[0], byExprs)
		}
		if i := slices.IndexFunc(aggExprs, func(x syntax.Expr) bool { _, ok := pickAll([]syntax.Expr{x}); return ok }); i >= 0 && len(in.keys) == 0 {
			return c.pickBeside(in, i, aggExprs, byExprs)
		}
	}
	to := newItems(inProject, nil)
	collect := &aggs{outside: true}
	for _, x := range byExprs {
		c.addKey(to, collect, x)
	}
	if !to.ok {
		return nil
	}
	keys := len(to.named)
	inner := *c
	inner.aggs = collect
	for _, x := range aggExprs {
		inner.add(to, x)
	}
	if !to.ok {
		return nil
	}
	return in.aggregate(to, keys, collect.items)
}

// addKey binds an expression to group by.
func (c *ctx) addKey(to *items, collect *aggs, x syntax.Expr) {
	body := x
	if n, ok := x.(*syntax.Named); ok {
		body = n.X
	}
	had := len(to.cols)
	c.add(to, x)
	for i, col := range to.cols[had:] {
		if id, ok := syntax.Unparen(body).(*syntax.Ident); ok && col.Type == types.Dynamic && c.rows != nil && contains(c.rows.stored, id.Name) {
			text := c.cast(&value{e: expr.C(id.Name), typ: types.Dynamic}, "string")
			to.named[had+i].Expr, to.cols[had+i].Type = text.e, types.String
			continue
		}
		if col.Type == types.Dynamic {
			c.bad("KQL4001", body, "a value of type dynamic cannot be grouped by; convert it first, as with tostring()")
			to.ok = false
		}
	}
	if id, ok := syntax.Unparen(body).(*syntax.Ident); ok {
		collect.by = append(collect.by, id.Name)
	}
}

// aggregate groups by the first keys of the items and makes the rest, which read the results of the aggregates.
func (r *rows) aggregate(to *items, keys int, aggs []plan.AggItem) *rows {
	in := r
	if len(to.helpers) > 0 && keys > 0 {
		in = in.with(&plan.Extend{Input: in.node, Items: to.helpers})
	}
	group := plan.Grouping{By: append([]plan.Named{}, to.named[:keys]...)}
	for _, k := range r.keys {
		group.By = append(group.By, plan.Named{Name: k, Expr: expr.C(k)})
	}
	for _, h := range r.carried {
		aggs = append(aggs, plan.AggItem{As: h, Fn: firstValue, Args: []expr.Expr{expr.C(h)}})
	}
	out := in.with(&plan.Aggregate{Input: in.node, Group: group, Aggs: aggs, EmptyRow: len(group.By) == 0, Recorded: !r.serial})
	out.open, out.serial = false, false
	final := append([]plan.Named{}, to.named...)
	for i := range keys {
		final[i].Expr = expr.C(final[i].Name)
	}
	if keys == len(final) && len(r.hidden()) == 0 {
		out.cols = to.cols
		return out
	}
	if len(to.helpers) > 0 {
		out = out.with(&plan.Extend{Input: out.node, Items: to.helpers})
	}
	return out.project(final, to.cols)
}

// firstValue takes the value of the first row of a group.
var firstValue = &fn.Agg{Name: "first", Min: 1, Max: 1, Ordered: true, Doc: "The value in the first row.",
	New: func(*fn.Env, []fn.Arg) (func() fn.State, error) { return func() fn.State { return &firstState{} }, nil }}

type firstState struct {
	v   event.Value
	has bool
}

func (s *firstState) Add(args []event.Value) {
	if !s.has {
		s.v, s.has = args[0], true
	}
}

func (s *firstState) Merge(other fn.State) {
	if o := other.(*firstState); !s.has {
		*s = *o
	}
}

func (s *firstState) Result() event.Value { return s.v }
func (s *firstState) Size() int           { return 48 }

func lowerDistinct(c *ctx, in *rows, op *syntax.Distinct) *rows {
	c.ignoreParams(op.Params)
	to := newItems(inProject, nil)
	collect := &aggs{}
	for _, x := range op.Columns {
		if _, star := x.(*syntax.Star); star {
			if in.open {
				c.unsupported(x, "* needs columns that are known before the query runs")
				return nil
			}
			for _, col := range in.cols {
				c.addKey(to, collect, &syntax.Ident{Name: col.Name})
			}
			continue
		}
		c.addKey(to, collect, x)
	}
	if !to.ok {
		return nil
	}
	return in.aggregate(to, len(to.named), nil)
}

func lowerCount(c *ctx, in *rows, op *syntax.Count) *rows {
	name := "Count"
	if op.As != nil {
		name = op.As.Name
	}
	return in.counted(name)
}

// counted gives the number of rows.
func (r *rows) counted(name string) *rows {
	call, err := function.Aggregate("count").Resolve(nil)
	if err != nil {
		return nil
	}
	to := newItems(inProject, nil)
	to.put(nil, expr.C(name), types.Long, name)
	return r.aggregate(to, 0, []plan.AggItem{{As: name, Fn: call.Agg}})
}
