package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(
		&Command{Name: "stats", See: "stats", Syntax: "stats <statistic> [AS <name>] … [BY <field-list>]",
			Doc:   "One row for each combination of the BY fields, with statistics over its rows. Rows that lack a BY field are left out; a multivalue BY field puts its row into one group a value.",
			lower: on((*lowerer).stats)},
		&Command{Name: "eventstats", See: "eventstats", Syntax: "eventstats <statistic> [AS <name>] … [BY <field-list>]",
			Doc:   "Adds the statistics of its group to every row.",
			lower: on((*lowerer).eventstats)},
		&Command{Name: "streamstats", See: "streamstats", Syntax: "streamstats [<option>…] <statistic> [AS <name>] … [BY <field-list>]",
			Doc:   "Adds to every row the statistics of the rows up to it.",
			lower: on((*lowerer).streamstats)},
	)
}

func (l *lowerer) stats(c *syntax.Stats) {
	o := l.options(c, c.Options)
	o.without("partitions")
	delim, dedup := o.text("delim", " "), o.boolean("dedup_splitvals", false)
	numbers := o.boolean("allnum", false)
	o.done()
	group := l.grouping(c.By, dedup)
	aggs := l.aggregations(c.Aggs, c.By)
	l.onlyNumbers(numbers, aggs, func(aggs []plan.AggItem) {
		l.node = &plan.Aggregate{Input: l.node, Group: group, Aggs: aggs, Sorted: true, EmptyRow: len(c.By) == 0}
	})
	for _, a := range aggs {
		// The delimiter shows only when a multivalue result is made one text.
		if a.Over == "" && (a.Fn.Name == "list" || a.Fn.Name == "values") && o.list.Get("delim") != nil {
			if l.delims == nil {
				l.delims = map[string]string{}
			}
			l.delims[a.As] = delim
		}
	}
}

// allnum reads the option that asks for statistics only where all values are numbers; without it others are left out.
func (l *lowerer) allnum(o *options) {
	if o.boolean("allnum", false) {
		o.refuse("statistics of charts always leave out what is no number", "allnum")
	}
}

// numeric are the statistics that are computed of numbers.
var numeric = []string{"avg", "mean", "sum", "sumsq", "stdev", "stdevp", "var", "varp", "range", "median", "rate"}

// onlyNumbers builds a step with statistics; with on, those of numbers are null where a field has a value that is none.
func (l *lowerer) onlyNumbers(on bool, aggs []plan.AggItem, build func([]plan.AggItem)) {
	if !on {
		build(aggs)
		return
	}
	var more []plan.AggItem
	var items []plan.Named
	var hidden []string
	for _, a := range aggs {
		isPerc := strings.Contains(a.Fn.Name, "perc") || a.Fn.Name[0] == 'p' && strings.Trim(a.Fn.Name[1:], "0123456789.") == ""
		if a.Over != "" || len(a.Args) == 0 || !isPerc && !slices.Contains(numeric, a.Fn.Name) {
			continue
		}
		other := l.fresh("other")
		no := expr.F(fnNoNumbers, a.Args[0])
		more = append(more, plan.AggItem{As: other, Fn: function.Aggregate("sum"), Args: []expr.Expr{no}})
		hidden = append(hidden, other)
		some := expr.F(function.Operator("spl_gt"), expr.C(other), number(0))
		items = append(items, plan.Named{Name: a.As, Expr: &expr.Case{Whens: []expr.When{{Cond: some, Then: null}}, Else: expr.C(a.As)}})
	}
	build(append(slices.Clone(aggs), more...))
	if len(items) > 0 {
		l.extend(items...)
		l.drop(hidden...)
	}
}

// fnNoNumbers counts the values that are no numbers.
var fnNoNumbers = &fn.Func{Name: "no_numbers", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		var one [1]event.Value
		n := 0
		for _, v := range function.Values(in[0], &one) {
			if _, ok := function.Number(v); !ok {
				n++
			}
		}
		return event.IntOf(int64(n))
	}}

func (l *lowerer) eventstats(c *syntax.Stats) {
	o := l.options(c, c.Options)
	numbers := o.boolean("allnum", false)
	o.done()
	group := l.grouping(c.By, false)
	l.onlyNumbers(numbers, l.aggregations(c.Aggs, c.By), func(aggs []plan.AggItem) {
		l.node = &plan.Attach{Input: l.node, Group: group, Aggs: aggs}
	})
}

func (l *lowerer) streamstats(c *syntax.Stats) {
	o := l.options(c, c.Options)
	n := &plan.Running{Input: l.node,
		Window:        o.number("window", 0, 0),
		GlobalWindow:  o.boolean("global", true),
		Current:       o.boolean("current", true),
		ResetOnChange: o.boolean("reset_on_change", false),
	}
	if opt := o.get("time_window"); opt != nil {
		span, err := timefmt.ParseSpan(opt.Value.Value)
		if err != nil {
			l.wrong(opt, "%v", err)
		}
		sec, _ := span.Seconds()
		n.TimeWindow, n.Time = int64(sec*event.TicksPerSecond), expr.F(fnTicks, expr.C("_time"))
	}
	n.ResetBefore = l.resetCondition(o, "reset_before")
	n.ResetAfter = l.resetCondition(o, "reset_after")
	numbers := o.boolean("allnum", false)
	o.done()
	n.Group = l.grouping(c.By, false)
	n.Group.SplitLists = false
	l.onlyNumbers(numbers, l.aggregations(c.Aggs, c.By), func(aggs []plan.AggItem) {
		n.Aggs = aggs
		l.node = n
	})
}

// resetCondition reads reset_before="(expression)".
func (l *lowerer) resetCondition(o *options, name string) expr.Expr {
	opt := o.get(name)
	if opt == nil {
		return nil
	}
	src := syntax.Embedded(l.src, opt.Value)
	x, diags := syntax.ParseExpr(src)
	if l.diags = append(l.diags, diags...); diags.HasErrors() {
		return nil
	}
	in := *l
	in.src = src
	return in.condition(x)
}

// grouping lowers a BY list.
func (l *lowerer) grouping(by []*syntax.Word, dedup bool) plan.Grouping {
	g := plan.Grouping{DropNull: true, SplitLists: true, DedupLists: dedup}
	for _, name := range l.groupNames(by) {
		g.By = append(g.By, plan.Named{Name: name, Expr: key(name)})
	}
	return g
}

func (l *lowerer) groupNames(by []*syntax.Word) []string {
	names := distinct(values(by))
	for i, w := range by {
		if strings.Contains(w.Value, "*") {
			names, _ = l.matching(names, by[i], "a BY list with stars")
			break
		}
	}
	return names
}

// aggregations lowers a list of statistics.
func (l *lowerer) aggregations(list []*syntax.Aggregation, by []*syntax.Word) []plan.AggItem {
	var out []plan.AggItem
	used := values(by)
	for _, a := range list {
		item, ok := l.aggregation(a)
		if !ok {
			continue
		}
		if item.Over == "" && slices.Contains(used, item.As) {
			l.wrong(a, "two columns of the result would be named %s", item.As)
			continue
		}
		used = append(used, item.As)
		out = append(out, item)
	}
	return out
}

// aggregation lowers one statistic.
func (l *lowerer) aggregation(a *syntax.Aggregation) (plan.AggItem, bool) {
	item := plan.AggItem{As: l.columnName(a)}
	if a.As != nil {
		item.As = a.As.Value
	}
	name := strings.ToLower(a.Func)
	switch name {
	case "eval":
		l.unsupported(a, "eval over statistics; compute the statistics first, then use eval")
		return item, false
	case "sparkline":
		return l.sparkline(a, item)
	}
	f := function.Aggregate(name)
	if f == nil {
		if _, rate := function.RateForms[name]; rate {
			l.wrong(a, "%s can stand in timechart only", name)
		} else {
			l.unknown(a, "statistic", a.Func, aggregateNames())
		}
		return item, false
	}
	item.Fn = f
	switch {
	case a.Eval != nil:
		item.Args = append(item.Args, l.value(a.Eval))
	case a.Arg != nil && a.Arg.Wild() && a.Arg.Quote != '\'':
		item.Over = a.Arg.Value
		if a.As != nil && strings.Count(item.As, "*") != strings.Count(item.Over, "*") {
			l.wrong(a, "the new name needs as many stars as the field: %q, %q", item.Over, item.As)
			return item, false
		}
	case a.Arg != nil:
		item.Args = append(item.Args, expr.C(a.Arg.Value))
	case f.Min > 0:
		l.wrong(a, "%s needs a field, %s(field)", a.Func, a.Func)
		return item, false
	}
	if function.NeedsTime(f) {
		item.Args = append(item.Args, expr.C("_time"))
	}
	if len(a.Params) > 0 {
		l.wrong(a.Params[0], "%s takes one field", a.Func)
	}
	return item, true
}

// columnName is what a statistic's column is called without AS.
func (l *lowerer) columnName(a *syntax.Aggregation) string {
	if a.Arg == nil && a.Eval == nil && a.Inner == nil {
		return a.Func
	}
	if a.Arg != nil && len(a.Params) == 0 {
		return a.Func + "(" + a.Arg.Value + ")"
	}
	return a.Raw
}

func aggregateNames() []string {
	var names []string
	for _, f := range function.Aggregates {
		names = append(names, f.Name)
	}
	return names
}

// sparkline lowers sparkline(statistic, span): the statistic's values over time.
func (l *lowerer) sparkline(a *syntax.Aggregation, item plan.AggItem) (plan.AggItem, bool) {
	item.Fn = function.Aggregate("sparkline")
	of, value := "count", expr.Expr(expr.L(event.IntOf(1)))
	if a.Inner != nil {
		of = a.Inner.Func
		switch {
		case a.Inner.Eval != nil:
			value = l.value(a.Inner.Eval)
		case a.Inner.Arg != nil:
			value = expr.C(a.Inner.Arg.Value)
		}
	}
	item.Args = []expr.Expr{value, expr.C("_time"), expr.Str(of)}
	if len(a.Params) > 0 {
		if _, err := timefmt.ParseSpan(a.Params[0].Value); err != nil {
			l.wrong(a.Params[0], "%v", err)
			return item, false
		}
		item.Args = append(item.Args, expr.Str(a.Params[0].Value))
	}
	return item, true
}
