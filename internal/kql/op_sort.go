package kql

import (
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
	register("sort", lowerSort)
	register("top", lowerTop)
	register("take", func(c *ctx, in *rows, op *syntax.Take) *rows {
		c.ignoreParams(op.Params)
		return c.limit(in, op.N)
	})
	// Which rows a sample holds is up to chance; the first ones will do.
	register("sample", func(c *ctx, in *rows, op *syntax.Sample) *rows {
		c.ignoreParams(op.Params)
		return c.limit(in, op.N)
	})
	register("sample-distinct", lowerSampleDistinct)
	register("top-hitters", lowerTopHitters)
}

// orderKeys binds the terms of sort and top.
func (c *ctx) orderKeys(terms []*syntax.OrderTerm) ([]plan.SortKey, bool) {
	var keys []plan.SortKey
	for _, t := range terms {
		x := t.X
		if n, ok := x.(*syntax.Named); ok {
			x = n.X
		}
		v := c.scalar(x)
		if v.bad {
			return nil, false
		}
		if v.typ == types.Dynamic {
			c.bad("KQL4001", t.X, "a value of type dynamic cannot be sorted by; convert it first, as with tostring()")
			return nil, false
		}
		desc := t.Order != "asc"
		if natural, ok := strings.CutPrefix(t.Order, "granny-"); ok {
			desc = natural == "desc"
			if v.typ == types.String {
				v.e = expr.F(naturalKey, v.e)
			}
		}
		first := !desc
		if t.Nulls != "" {
			first = t.Nulls == "first"
		}
		keys = append(keys, plan.SortKey{Expr: v.e, Desc: desc, NullsFirst: first})
	}
	return keys, true
}

func lowerSort(c *ctx, in *rows, op *syntax.Sort) *rows {
	c.ignoreParams(op.Params)
	keys, ok := c.orderKeys(op.By)
	if !ok {
		return nil
	}
	out := in.with(&plan.Sort{Input: in.node, Keys: keys, Recorded: !in.serial})
	out.serial = true
	return out
}

func lowerTop(c *ctx, in *rows, op *syntax.Top) *rows {
	c.ignoreParams(op.Params)
	keys, ok := c.orderKeys([]*syntax.OrderTerm{op.By})
	if !ok {
		return nil
	}
	_, n, known := c.count(op.N)
	sort := &plan.Sort{Input: in.node, Keys: keys, Recorded: !in.serial}
	if known && len(in.keys) == 0 {
		sort.Limit = n
		if n == 0 {
			return c.limit(in, op.N)
		}
		out := in.with(sort)
		out.serial = true
		return out
	}
	out := c.limit(in.with(sort), op.N)
	if out != nil {
		out.serial = true
	}
	return out
}

// limit keeps the first rows, of each group where there are groups.
func (c *ctx) limit(in *rows, x syntax.Expr) *rows {
	v, n, known := c.count(x)
	switch {
	case v.bad:
		return nil
	case known && len(in.keys) == 0:
		return in.with(&plan.Limit{Input: in.node, N: n})
	case known && n > 0:
		return in.with(&plan.Dedup{Input: in.node, Keys: columnsOf(in.keys), N: n, KeepEmpty: true, NullsEqual: true})
	}
	// How many is known only when the query runs: count the rows.
	number := c.hidden("row")
	out := in.with(c.numbered(in, number))
	call, err := function.Operator("<=").Resolve(functionArgs([]*value{{typ: types.Long}, v}))
	if err != nil {
		c.bad("KQL4001", x, "%s", err.Error())
		return nil
	}
	out = out.with(&plan.Filter{Input: out.node, Pred: expr.F(call.Func, expr.C(number), v.e)})
	return out.drop(number)
}

// numbered numbers the rows of in, or of its groups, from 1.
func (c *ctx) numbered(in *rows, as string) plan.Node {
	call, err := function.Aggregate("count").Resolve(nil)
	if err != nil {
		panic(err)
	}
	return &plan.Running{Input: in.node, Group: plan.Grouping{By: namedColumns(in.keys)}, Aggs: []plan.AggItem{{As: as, Fn: call.Agg}}, Current: true}
}

func columnsOf(names []string) []expr.Expr {
	out := make([]expr.Expr, len(names))
	for i, n := range names {
		out[i] = expr.C(n)
	}
	return out
}

func namedColumns(names []string) []plan.Named {
	out := make([]plan.Named, len(names))
	for i, n := range names {
		out[i] = plan.Named{Name: n, Expr: expr.C(n)}
	}
	return out
}

func lowerSampleDistinct(c *ctx, in *rows, op *syntax.SampleDistinct) *rows {
	c.ignoreParams(op.Params)
	to := newItems(inProject, nil)
	c.add(to, op.Of)
	if !to.ok {
		return nil
	}
	return c.limit(in.aggregate(to, len(to.named), nil), op.N)
}

// lowerTopHitters counts exactly where the service estimates.
// https://learn.microsoft.com/kusto/query/top-hitters-operator
func lowerTopHitters(c *ctx, in *rows, op *syntax.TopHitters) *rows {
	to := newItems(inProject, nil)
	c.add(to, op.Of)
	if !to.ok {
		return nil
	}
	keys := len(to.named)
	inner := *c
	collect := &aggs{outside: true}
	inner.aggs = collect
	call := &syntax.Call{Func: &syntax.Ident{Name: "count"}}
	name := "approximate_count_" + to.cols[0].Name
	if op.By != nil {
		by := op.By
		if n, ok := by.(*syntax.Named); ok {
			by = n.X
		}
		call = &syntax.Call{Func: &syntax.Ident{Name: "sum"}, Args: []syntax.Expr{by}}
		name = "approximate_sum_" + exprName(by)
	}
	inner.add(to, &syntax.Named{Names: []*syntax.Ident{{Name: name}}, X: call})
	if !to.ok {
		return nil
	}
	out := in.aggregate(to, keys, collect.items)
	out = out.with(&plan.Sort{Input: out.node, Keys: []plan.SortKey{{Expr: expr.C(name), Desc: true}}, Recorded: true})
	return c.limit(out, op.N)
}

func exprName(x syntax.Expr) string {
	if id, ok := syntax.Unparen(x).(*syntax.Ident); ok {
		return id.Name
	}
	return ""
}

// naturalKey makes of a text one that sorts where the text stands in the order of granny-asc: numbers count by size.
var naturalKey = &fn.Func{Name: "natural_key", Min: 1, Max: 1, Doc: "Makes a text to sort by, in which numbers count by size.", Row: func(args []event.Value) event.Value {
	var b strings.Builder
	for s := args[0].Str(); s != ""; {
		if n := digits(s); n > 0 {
			number := strings.TrimLeft(s[:n], "0")
			b.WriteByte('0')
			b.WriteByte(byte(len(number) >> 8))
			b.WriteByte(byte(len(number)))
			b.WriteString(number)
			s = s[n:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return event.StringOf(b.String())
}}
