package spl

import (
	"slices"
	"strconv"
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
		&Command{Name: "chart", See: "chart", Syntax: "chart [limit=<n>] [useother=<bool>] [usenull=<bool>] <statistic>… [OVER <field>] [BY <field> [<field>]]",
			Doc:   "Statistics as a table to draw: one row for each value of the first field, and with a second field one column for each of its values, of which the ten with the greatest sums are kept and the rest becomes OTHER.",
			lower: on((*lowerer).chart)},
		&Command{Name: "timechart", See: "timechart", Syntax: "timechart [span=<span>] [bins=<n>] [limit=<n>] [useother=<bool>] [usenull=<bool>] [cont=<bool>] <statistic>… [BY <field>]",
			Doc:   "Statistics over time: one row for each span of time, also for those without events, and with BY one column for each value of the field.",
			Note:  "Spans begin with the first event and end with the last, not with the time range of the search.",
			lower: on((*lowerer).timechart)},
		&Command{Name: "makecontinuous", See: "makecontinuous", Syntax: "makecontinuous [<field>] [span=<span>]",
			Doc:   "Adds rows for the values that are missing between the least and the greatest value of a field.",
			lower: general((*lowerer).makecontinuous)},
		&Command{Name: "sichart", See: "sichart", Refused: "it prepares data for a summary index"},
		&Command{Name: "sitimechart", See: "sitimechart", Refused: "it prepares data for a summary index"},
	)
}

// columnRules say which values of the split field become columns.
type columnRules struct {
	limit              int
	bottom             bool
	useOther, useNull  bool
	otherText, nullTxt string
	sep                string
}

func (l *lowerer) columnRules(o *options) columnRules {
	r := columnRules{limit: 10, useOther: o.boolean("useother", true), useNull: o.boolean("usenull", true),
		otherText: o.text("otherstr", "OTHER"), nullTxt: o.text("nullstr", "NULL"), sep: o.text("sep", ": ")}
	o.refuse("the order of statistic and value is fixed", "format")
	if opt := o.get("limit"); opt != nil {
		s := strings.ToLower(opt.Value.Value)
		if rest, ok := strings.CutPrefix(s, "top"); ok {
			s = rest
		} else if rest, ok := strings.CutPrefix(s, "bottom"); ok {
			s, r.bottom = rest, true
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			l.wrong(opt, "option limit is a number, topN or bottomN, not %q", opt.Value.Value)
		} else {
			r.limit = n
		}
	}
	return r
}

func (l *lowerer) chart(c *syntax.Chart) {
	o := l.options(c, c.Options)
	rules := l.columnRules(o)
	cont := o.boolean("cont", true)
	l.allnum(o)
	dedup := o.boolean("dedup_splitvals", false)
	bins := o.get("bins")
	o.done()
	splits := c.By
	if c.Over != nil {
		splits = append([]*syntax.Split{c.Over}, splits...)
	}
	if len(c.Where) > 0 {
		l.unsupported(c.Where[0], "a WHERE clause that selects columns")
		return
	}
	switch len(splits) {
	case 0:
		l.wrong(verb{c}, "%s needs OVER or BY", c.Name())
		return
	case 1, 2:
	default:
		l.wrong(splits[2], "%s splits by two fields at most", c.Name())
		return
	}
	var names []string
	for _, s := range splits {
		l.cutSplit(c, s, bins)
		names = append(names, s.Field.Value)
	}
	zero := l.chartTable(c, names[0], names[1:], rules, dedup)
	if cont && names[0] == "_time" {
		l.continueTime(splits[0].Options.Get("span"), zero)
	}
}

// cutSplit puts the values of a split field into ranges when its options ask for it.
func (l *lowerer) cutSplit(c *syntax.Chart, s *syntax.Split, bins *syntax.Option) {
	o := l.options(c, s.Options)
	span := o.get("span")
	n := o.number("bins", 0, 2)
	align := o.get("aligntime")
	o.refuse("Harrier does not widen ranges to given bounds", "minspan", "start", "end")
	o.done()
	field := s.Field.Value
	if bins != nil && n == 0 {
		n, _ = strconv.Atoi(bins.Value.Value)
	}
	switch {
	case span != nil:
		if x, ok := l.binned(expr.C(field), field, span.Value, align); ok {
			l.extend(plan.Named{Name: field, Expr: x})
		}
	case n > 0:
		l.binWithoutSpan(field, field, binRange{bins: n})
	case field == "_time":
		l.binWithoutSpan(field, field, binRange{bins: 100})
	}
}

// chartTable groups by a row field and perhaps a column field, and returns patterns of the columns whose empty cells are 0.
func (l *lowerer) chartTable(c *syntax.Chart, row string, column []string, rules columnRules, dedup bool) (zero []string) {
	var by []*syntax.Word
	aggs := l.aggregations(c.Aggs, by)
	if len(aggs) == 0 {
		return nil
	}
	if len(column) == 0 {
		g := groupBy([]string{row}, true)
		g.DedupLists = dedup
		l.node = &plan.Aggregate{Input: l.node, Group: g, Aggs: aggs, Sorted: true}
		for _, a := range aggs {
			if counts(a.Fn) {
				zero = append(zero, a.As)
			}
		}
		return zero
	}
	split := column[0]
	series := l.fresh("series")
	l.node = &plan.Expand{Input: l.node, Columns: []plan.ExpandColumn{{Name: series, Expr: expr.C(split)}}, KeepEmpty: true}
	name := expr.Expr(expr.F(function.Lookup("tostring"), expr.C(series)))
	if rules.useNull {
		name = &expr.Case{Whens: []expr.When{{Cond: expr.F(function.Lookup("isnull"), expr.C(series)), Then: expr.Str(rules.nullTxt)}}, Else: name}
	}
	l.extend(plan.Named{Name: series, Expr: name})
	g := groupBy([]string{row, series}, true)
	g.DedupLists = dedup
	last := []string{rules.otherText, rules.nullTxt}
	if rules.limit > 0 {
		l.limitSeries(row, series, aggs[0], g, rules)
	}
	l.node = &plan.Aggregate{Input: l.node, Group: g, Aggs: aggs, Sorted: true}
	p := &plan.Pivot{Input: l.node, Keys: []string{row}, Names: series, Separator: rules.sep, Sorted: true, Last: last}
	for _, a := range aggs {
		p.Values = append(p.Values, a.As)
		if counts(a.Fn) {
			p.Zero = append(p.Zero, a.As)
			zero = append(zero, a.As+rules.sep+"*")
		}
	}
	if len(aggs) == 1 && counts(aggs[0].Fn) {
		zero = []string{"*"}
	}
	l.node = p
	return zero
}

// limitSeries keeps the series with the greatest (or least) sums of the first statistic over all rows; the others become one,
// or go.
func (l *lowerer) limitSeries(row, series string, agg plan.AggItem, g plan.Grouping, rules columnRules) {
	table, score, keep := l.fresh("rows"), l.fresh("score"), l.fresh("keep")
	in := l.node
	agg.As = score
	if agg.Over != "" {
		return
	}
	var ranked plan.Node = &plan.Aggregate{Input: &plan.Ref{Name: table}, Group: g, Aggs: []plan.AggItem{agg}, Sorted: true}
	ranked = &plan.Filter{Input: ranked, Pred: &expr.Not{Arg: expr.F(function.Operator("spl_eq"), expr.C(series), expr.Str(rules.nullTxt))}}
	ranked = &plan.Aggregate{Input: ranked, Group: groupBy([]string{series}, false), Sorted: true,
		Aggs: []plan.AggItem{{As: score, Fn: function.Aggregate("sum"), Args: []expr.Expr{expr.C(score)}}}}
	ranked = &plan.Sort{Input: ranked, Keys: []plan.SortKey{{Expr: expr.C(score), Desc: !rules.bottom, Collation: plan.AsNumber}}, Limit: rules.limit}
	ranked = &plan.Project{Input: ranked, Items: []plan.Named{{Name: series, Expr: expr.F(function.Lookup("tostring"), expr.C(series))}}}
	member := expr.AnyOf(expr.F(fnMember, expr.C(series), &expr.Param{Name: keep}), expr.F(function.Operator("spl_eq"), expr.C(series), expr.Str(rules.nullTxt)))
	var body plan.Node = &plan.Ref{Name: table}
	if rules.useOther {
		body = &plan.Extend{Input: body, Items: []plan.Named{{Name: series,
			Expr: &expr.Case{Whens: []expr.When{{Cond: member, Then: expr.C(series)}, {Cond: expr.F(function.Lookup("isnotnull"), expr.C(series)), Then: expr.Str(rules.otherText)}}}}}}
	} else {
		body = &plan.Filter{Input: body, Pred: member}
	}
	l.node = &plan.Let{Bindings: []plan.Binding{{Name: table, Kind: plan.BindTable, Plan: in}, {Name: keep, Kind: plan.BindList, Plan: ranked}}, Body: body}
}

// fnMember tells whether a value is one of a list.
var fnMember = &fn.Func{Name: "member", Min: 2, Max: 2, Null: fn.SeesNull,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		set := map[string]bool{}
		if args[1].Const {
			for _, v := range args[1].Value.List() {
				set[function.Text(v)] = true
			}
		}
		return func(in []event.Value) event.Value {
			if !args[1].Const {
				clear(set)
				for _, v := range in[1].List() {
					set[function.Text(v)] = true
				}
			}
			return event.BoolOf(!in[0].IsNull() && set[function.Text(in[0])])
		}, nil
	}}

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
	o.refuse("Harrier chooses the span from the events or takes the one given", "minspan", "aligntime")
	l.allnum(o)
	o.done()
	if c.Over != nil {
		l.wrong(c.Over, "timechart always runs over _time")
		return
	}
	if len(c.By) > 1 {
		l.wrong(c.By[1], "timechart splits by one field")
		return
	}
	if len(c.Where) > 0 {
		l.unsupported(c.Where[0], "a WHERE clause that selects columns")
		return
	}
	if span != nil {
		x, ok := l.binned(expr.C("_time"), "_time", span.Value, nil)
		if !ok {
			return
		}
		l.extend(plan.Named{Name: "_time", Expr: x})
	} else {
		l.binWithoutSpan("_time", "_time", binRange{bins: bins})
	}
	var column []string
	for _, s := range c.By {
		l.cutSplit(c, s, nil)
		column = append(column, s.Field.Value)
	}
	zero := l.chartTable(c, "_time", column, rules, false)
	if cont && span != nil {
		l.continueTime(span, zero)
	}
}

// continueTime adds the spans of time that no row is in.
func (l *lowerer) continueTime(span *syntax.Option, zero []string) {
	if span == nil {
		return
	}
	s, err := timefmt.ParseSpan(span.Value.Value)
	if err != nil {
		return // reported where the span was used
	}
	sec, _ := s.Seconds()
	if sec <= 0 {
		return
	}
	// A span and a half later, rounded down, is the next span also where months differ in length.
	later := expr.F(function.Operator("plus"), expr.C("_time"), expr.L(event.FloatOf(1.5*sec)))
	next, ok := l.binned(later, "_time", span.Value, nil)
	if ok {
		l.node = &plan.Continue{Input: l.node, Column: "_time", Next: next, Zero: zero}
	}
}

func (l *lowerer) makecontinuous(c *syntax.General) {
	a := l.arguments(c)
	span := a.get("span")
	a.refuse("the range is that of the values", "bins", "start", "end", "aligntime")
	field := "_time"
	if w := a.peek(); w != nil {
		a.at++
		field = w.Value
	}
	a.end()
	if span == nil {
		l.unsupported(verb{c}, "makecontinuous without a span")
		return
	}
	if field == "_time" {
		if x, ok := l.binned(expr.C(field), field, span.Value, nil); ok {
			l.extend(plan.Named{Name: field, Expr: x})
		}
		l.continueTime(span, nil)
		return
	}
	width, err := strconv.ParseFloat(span.Value.Value, 64)
	if err != nil || width <= 0 {
		l.wrong(span, "the span of a number is a number greater than zero")
		return
	}
	l.node = &plan.Continue{Input: l.node, Column: field, Next: expr.F(function.Operator("plus"), expr.C(field), expr.L(event.FloatOf(width)))}
}
