package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	const options = " [<n>] [limit=<n>] [showcount=<bool>] [showperc=<bool>] [countfield=<name>] [percentfield=<name>] [useother=<bool>] [otherstr=<text>] <field-list> [BY <field-list>]"
	addCommands(
		&Command{Name: "top", See: "top", Syntax: "top" + options,
			Doc:   "The commonest combinations of values with their number and their share of the rows that have the fields; by default 10.",
			lower: on((*lowerer).top)},
		&Command{Name: "rare", See: "rare", Syntax: "rare" + options,
			Doc:   "The rarest combinations of values, rarest first; by default 10.",
			lower: on((*lowerer).top)},
	)
}

func (l *lowerer) top(c *syntax.Top) {
	o := l.options(c, c.Options)
	limit := o.number("limit", 10, 0)
	if c.Count != nil {
		limit = l.whole(c.Count, limit, 0)
	}
	showCount, showShare := o.boolean("showcount", true), o.boolean("showperc", true)
	count, share := o.text("countfield", "count"), o.text("percentfield", "percent")
	useOther, otherText := o.boolean("useother", false), o.text("otherstr", "OTHER")
	o.done()
	fields, by := distinct(values(c.Fields)), distinct(values(c.By))
	if len(fields) == 0 {
		return
	}
	all := append(append([]string{}, by...), fields...)
	n := l.fresh("count")
	l.node = &plan.Aggregate{Input: l.node, Group: groupBy(all, true), Aggs: []plan.AggItem{{As: n, Fn: function.Aggregate("count")}}, Sorted: true}
	sum := func(as string) []plan.AggItem {
		return []plan.AggItem{{As: as, Fn: function.Aggregate("sum"), Args: []expr.Expr{expr.C(n)}}}
	}
	total := l.fresh("total")
	if showShare {
		l.node = &plan.Attach{Input: l.node, Group: groupBy(by, false), Aggs: sum(total)}
	}
	keys := []plan.SortKey{}
	for _, b := range by {
		keys = append(keys, plan.SortKey{Expr: expr.C(b), Collation: plan.AutoText})
	}
	keys = append(keys, plan.SortKey{Expr: expr.C(n), Desc: !strings.EqualFold(c.Name(), "rare"), Collation: plan.AsNumber})
	l.node = &plan.Sort{Input: l.node, Keys: keys}
	if limit > 0 {
		l.limitGroups(by, fields, limit, n, total, showShare, useOther, otherText)
	}
	items := []plan.Named{}
	for _, f := range all {
		items = append(items, plan.Named{Name: f, Expr: expr.C(f)})
	}
	if showCount {
		items = append(items, plan.Named{Name: count, Expr: expr.C(n)})
	}
	if showShare {
		percent := expr.F(function.Operator("times"), expr.F(function.Operator("divide"), expr.C(n), expr.C(total)), expr.L(event.IntOf(100)))
		items = append(items, plan.Named{Name: share, Expr: expr.F(function.Lookup("round"), percent, expr.L(event.IntOf(6)))})
	}
	l.node = &plan.Project{Input: l.node, Items: items}
}

// limitGroups keeps the first rows of each group; with other, what is left over becomes one more row.
func (l *lowerer) limitGroups(by, fields []string, limit int, n, total string, share, other bool, otherText string) {
	if !other {
		if len(by) == 0 {
			l.node = &plan.Limit{Input: l.node, N: limit}
			return
		}
		d := &plan.Dedup{Input: l.node, N: limit}
		for _, b := range by {
			d.Keys = append(d.Keys, expr.C(b))
		}
		l.node = d
		return
	}
	rank := l.fresh("rank")
	l.node = &plan.Running{Input: l.node, Group: groupBy(by, false), Current: true, Aggs: []plan.AggItem{{As: rank, Fn: function.Aggregate("count")}}}
	within := expr.F(function.Operator("spl_le"), expr.C(rank), expr.L(event.IntOf(int64(limit))))
	var items []plan.Named
	for _, f := range fields {
		items = append(items, plan.Named{Name: f, Expr: &expr.Case{Whens: []expr.When{{Cond: within, Then: expr.C(f)}}, Else: expr.Str(otherText)}})
	}
	kept := l.fresh("kept")
	items = append(items, plan.Named{Name: kept, Expr: within})
	l.extend(items...)
	g := groupBy(append(append([]string{}, by...), fields...), false)
	g.By = append(g.By, plan.Named{Name: kept, Expr: expr.C(kept)})
	aggs := []plan.AggItem{{As: n, Fn: function.Aggregate("sum"), Args: []expr.Expr{expr.C(n)}}}
	if share {
		aggs = append(aggs, plan.AggItem{As: total, Fn: function.Aggregate("max"), Args: []expr.Expr{expr.C(total)}})
	}
	l.node = &plan.Aggregate{Input: l.node, Group: g, Aggs: aggs}
}

// groupBy groups by plain columns; split puts a multivalue field into one group a value.
func groupBy(names []string, split bool) plan.Grouping {
	g := plan.Grouping{DropNull: true, SplitLists: split}
	for _, n := range names {
		g.By = append(g.By, plan.Named{Name: n, Expr: key(n)})
	}
	return g
}
