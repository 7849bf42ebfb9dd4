package spl

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(
		&Command{Name: "chart", See: "chart", Syntax: "chart [limit=<n>] [useother=<bool>] [usenull=<bool>] [sep=<text>] [format=<text>] <statistic>… [OVER <field>] [BY <field> [<field>]] [WHERE <statistic> in top<n> | > <number>]",
			Doc:   "Statistics as a table to draw: one row for each value of the first field, and with a second field one column for each of its values, of which the ten with the greatest sums are kept and the rest becomes OTHER. A statistic may be an expression over statistics, eval(sum(a)/count).",
			lower: on((*lowerer).chart)},
		&Command{Name: "timechart", See: "timechart", Syntax: "timechart [span=<span>] [bins=<n>] [minspan=<span>] [aligntime=<time>] [limit=<n>] [useother=<bool>] [usenull=<bool>] [cont=<bool>] [sep=<text>] [format=<text>] <statistic>… [BY <field>] [WHERE <statistic> in top<n> | > <number>]",
			Doc:   "Statistics over time: one row for each span of time, also for those without events, and with BY one column for each value of the field. per_second, per_minute, per_hour and per_day give a sum as a rate. Without a span there are at most a hundred rows, of the shortest of the usual widths.",
			Note:  "Spans begin with the first event and end with the last, not with the time range of the search.",
			lower: on((*lowerer).timechart)},
	)
}

func (l *lowerer) chart(c *syntax.Chart) {
	o := l.options(c, c.Options)
	rules := l.columnRules(o)
	cont := o.boolean("cont", true)
	l.allnum(o)
	dedup := o.boolean("dedup_splitvals", false)
	bins := o.get("bins")
	o.done()
	rules.where(l, c.Where)
	splits := c.By
	if c.Over != nil {
		splits = append([]*syntax.Split{c.Over}, splits...)
	}
	if len(splits) > 2 {
		l.wrong(splits[2], "%s splits by two fields at most", c.Name())
		return
	}
	stats := l.chartStats(c.Aggs, nil)
	if len(splits) == 0 {
		l.node = stats.tidy(stats.computed(&plan.Aggregate{Input: l.node, Aggs: stats.aggs, Sorted: true, EmptyRow: true}))
		return
	}
	var names []string
	var first buckets
	for i, s := range splits {
		b := l.cutSplit(c, s, bins)
		if i == 0 {
			first = b
		}
		names = append(names, s.Field.Value)
	}
	zero := l.chartTable(stats, names[0], names[1:], rules, dedup, false)
	switch {
	case names[0] == "_time" && cont:
		l.continueTime(first, zero)
	case first.ranges:
		l.node = &plan.Sort{Input: l.node, Keys: []plan.SortKey{{Expr: expr.F(fnRangeStart, expr.C(names[0])), Collation: plan.AsNumber}}}
	}
	first.close(l)
}

// cutSplit puts the values of a split field into ranges when its options ask for it.
func (l *lowerer) cutSplit(c *syntax.Chart, s *syntax.Split, bins *syntax.Option) buckets {
	o := l.options(c, s.Options)
	span := o.get("span")
	n := o.number("bins", 0, 2)
	align := o.get("aligntime")
	r := binRange{start: o.get("start"), end: o.get("end"), least: o.get("minspan")}
	o.done()
	field := s.Field.Value
	if bins != nil && n == 0 {
		n = l.whole(bins.Value, 100, 2)
	}
	switch {
	case field == "_time":
		if n == 0 {
			n = 100
		}
		return l.cutTime(span, align, n, r.least)
	case span != nil:
		if x, ok := l.binned(expr.C(field), field, span.Value); ok {
			l.extend(plan.Named{Name: field, Expr: x})
		}
	case n > 0 || r != (binRange{}):
		if r.bins = n; n == 0 {
			r.bins = 100
		}
		l.binWithoutSpan(field, field, r)
	default:
		return buckets{}
	}
	return buckets{ranges: true}
}

// counts reports whether a statistic of nothing is 0.
func counts(f *fn.Agg) bool {
	return slices.Contains([]string{"count", "c", "dc", "distinct_count", "estdc"}, f.Name)
}

func (l *lowerer) timechart(c *syntax.Chart) {
	o := l.options(c, c.Options)
	rules := l.columnRules(o)
	cont := o.boolean("cont", true)
	span, bins := o.get("span"), o.number("bins", 100, 2)
	o.without("partial", "fixedrange")
	align, least := o.get("aligntime"), o.get("minspan")
	dedup := o.boolean("dedup_splitvals", false)
	l.allnum(o)
	o.done()
	rules.where(l, c.Where)
	if c.Over != nil {
		l.wrong(c.Over, "timechart always runs over _time")
		return
	}
	if len(c.By) > 1 {
		l.wrong(c.By[1], "timechart splits by one field")
		return
	}
	b := l.cutTime(span, align, bins, least)
	var column []string
	for _, s := range c.By {
		l.cutSplit(c, s, nil)
		column = append(column, s.Field.Value)
	}
	zero := l.chartTable(l.chartStats(c.Aggs, b.seconds), "_time", column, rules, dedup, true)
	if cont {
		l.continueTime(b, zero)
	}
	b.close(l)
}

// buckets are the ranges that a field was cut into.
type buckets struct {
	ranges bool // the field holds texts such as 10-20
	// next gives the time that is due after that of the column _time, and seconds its width; nil when unknown.
	next, seconds expr.Expr
	bindings      []plan.Binding
}

// cutTime rounds _time down to spans: the one given, or the shortest usual one that makes at most so many.
func (l *lowerer) cutTime(span, align *syntax.Option, bins int, least *syntax.Option) (b buckets) {
	if span == nil {
		low, high, bind := l.rangeOf("_time")
		b.bindings = bind
		rest := []expr.Expr{low, high, number(bins), l.numberOf(least)}
		args := func(f *fn.Func) expr.Expr { return expr.F(f, append([]expr.Expr{expr.C("_time")}, rest...)...) }
		l.extend(plan.Named{Name: "_time", Expr: args(fnBinTimes)})
		b.next, b.seconds = args(fnNextTime), args(fnTimeWidth)
		return b
	}
	s, err := timefmt.ParseSpan(span.Value.Value)
	if err != nil {
		l.wrong(span, "%v", err)
		return b
	}
	var shift expr.Expr
	if align != nil {
		if shift, b.bindings = l.alignment(align, s); shift == nil && b.bindings == nil && l.diags.HasErrors() {
			return b
		}
	}
	args := []expr.Expr{expr.C("_time"), expr.Str(span.Value.Value)}
	if shift != nil {
		args = append(args, shift)
	}
	l.extend(plan.Named{Name: "_time", Expr: expr.F(fnBinTime, args...)})
	b.next = expr.F(fnAfterTime, args...)
	sec, _ := s.Seconds()
	b.seconds = expr.L(epoch(sec))
	return b
}

// continueTime adds the spans of time that no row is in.
func (l *lowerer) continueTime(b buckets, zero []string) {
	if b.next != nil {
		l.node = &plan.Continue{Input: l.node, Column: "_time", Next: b.next, Zero: zero}
	}
}

// close puts the bindings around the plan.
func (b buckets) close(l *lowerer) {
	if len(b.bindings) > 0 {
		l.node = &plan.Let{Bindings: b.bindings, Body: l.node}
	}
}
