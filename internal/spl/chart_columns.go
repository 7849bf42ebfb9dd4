package spl

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// columnRules say which values of the split field become columns, and how those are called.
type columnRules struct {
	useOther, useNull  bool
	otherText, nullTxt string
	sep, format        string

	// Values are ranked by score, an aggregate over the cells of their column: the sum, unless a WHERE clause names another.
	// The first limit are kept (0: all), or the last when bottom is set; or, with a bound, those that lie beyond it.
	// outside keeps the others instead.
	score   string
	limit   int
	bottom  bool
	bound   expr.Expr
	outside bool
}

func (l *lowerer) columnRules(o *options) columnRules {
	r := columnRules{limit: 10, score: "sum", useOther: o.boolean("useother", true), useNull: o.boolean("usenull", true),
		otherText: o.text("otherstr", "OTHER"), nullTxt: o.text("nullstr", "NULL"), sep: o.text("sep", ": "), format: o.text("format", "")}
	if opt := o.get("limit"); opt != nil {
		s := strings.ToLower(opt.Value.Value)
		if rest, ok := strings.CutPrefix(s, "top"); ok {
			s = rest
		} else if rest, ok := strings.CutPrefix(s, "bottom"); ok {
			s, r.bottom = rest, true
		}
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 0 {
			l.wrong(opt, "option limit is a number, topN or bottomN, not %q", opt.Value.Value)
		} else {
			r.limit = n
		}
	}
	return r
}

// name is what the column of a statistic and a value is called when there are several statistics.
func (r columnRules) name(statistic, value string) string {
	if r.format == "" {
		return statistic + r.sep + value
	}
	return strings.NewReplacer("$AGG$", statistic, "$VAL$", value).Replace(r.format)
}

var (
	whereAmong = regexp.MustCompile(`(?i)^(\w+)(?:\([^)]*\))?\s+(in|notin)\s+(top|bottom)\s*(\d+)$`)
	whereBound = regexp.MustCompile(`^(\w+)(?:\([^)]*\))?\s*(<=|>=|<|>|=)\s*(-?\d+(?:\.\d+)?)$`)
)

// where reads the WHERE clause of chart and timechart, which says what columns are kept by an aggregate over each: "max in
// top5", "sum > 100".
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/timechart)
func (r *columnRules) where(l *lowerer, words []*syntax.Word) {
	if len(words) == 0 {
		return
	}
	var raw []string
	for _, w := range words {
		raw = append(raw, w.Raw)
	}
	clause := strings.Join(raw, " ")
	at := syntax.Loc{At: text.Span{Start: words[0].At.Start, End: words[len(words)-1].At.End}}
	m := whereAmong.FindStringSubmatch(clause)
	bound := whereBound.FindStringSubmatch(clause)
	switch {
	case m != nil:
		r.score, r.bottom, r.outside = m[1], strings.EqualFold(m[3], "bottom"), strings.EqualFold(m[2], "notin")
		r.limit, _ = strconv.Atoi(m[4])
	case bound != nil:
		n, _ := strconv.ParseFloat(bound[3], 64)
		op := map[string]string{"<": "spl_lt", "<=": "spl_le", ">": "spl_gt", ">=": "spl_ge", "=": "spl_eq"}[bound[2]]
		r.score, r.limit = bound[1], 0
		r.bound = expr.F(function.Operator(op), expr.C("score"), expr.L(event.FloatOf(n)))
	default:
		l.wrong(at, "the WHERE clause is <statistic> in top<n>, <statistic> in bottom<n> or <statistic> > <number>, not %q; it selects columns, not rows", clause)
		return
	}
	if f := function.Aggregate(r.score); f == nil || f.Min > 1 || function.NeedsTime(f) {
		l.unknown(at, "statistic", r.score, aggregateNames())
	}
}

// chartTable groups by a row field and perhaps a column field, and returns patterns of the columns whose empty cells are 0.
// keepRows keeps the rows in which no column has a value.
func (l *lowerer) chartTable(s *chartStats, row string, column []string, rules columnRules, dedup, keepRows bool) (zero []string) {
	if len(s.aggs) == 0 {
		return nil
	}
	if len(column) == 0 {
		g := groupBy([]string{row}, true)
		g.DedupLists = dedup
		l.node = s.tidy(s.computed(&plan.Aggregate{Input: l.node, Group: g, Aggs: s.aggs, Sorted: true}), row)
		return s.zero()
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
	g.DedupLists, g.DropNull = dedup, !keepRows
	if rules.limit > 0 || rules.bound != nil {
		l.limitSeries(series, s, g, rules)
	}
	l.node = s.computed(&plan.Aggregate{Input: l.node, Group: g, Aggs: s.aggs, Sorted: true})
	visible := s.visible()
	p := &plan.Pivot{Input: l.node, Keys: []string{row}, Names: series, Values: visible, Separator: rules.sep, Format: rules.format,
		Sorted: true, Last: []string{rules.otherText, rules.nullTxt}, Zero: s.zero()}
	for _, z := range p.Zero {
		if len(visible) == 1 {
			zero = []string{"*"}
		} else {
			zero = append(zero, rules.name(z, "*"))
		}
	}
	l.node = p
	return zero
}

// limitSeries keeps the series that the rules choose; the others become one, or go. With several statistics the score of a
// series is the number of its rows.
func (l *lowerer) limitSeries(series string, s *chartStats, g plan.Grouping, rules columnRules) {
	if s.aggs[0].Over != "" {
		return
	}
	table, keep := l.fresh("rows"), l.fresh("keep")
	of := plan.AggItem{As: "score", Fn: function.Aggregate(rules.score), Args: []expr.Expr{expr.C("score")}}
	var ranked plan.Node
	if visible := s.visible(); len(visible) == 1 || rules.bound != nil || rules.score != "sum" {
		ranked = s.computed(&plan.Aggregate{Input: &plan.Ref{Name: table}, Group: g, Aggs: s.aggs, Sorted: true})
		ranked = &plan.Extend{Input: ranked, Items: []plan.Named{{Name: "score", Expr: expr.C(visible[0])}}}
	} else {
		ranked = &plan.Aggregate{Input: &plan.Ref{Name: table}, Group: g, Aggs: []plan.AggItem{{As: "score", Fn: function.Aggregate("count")}}, Sorted: true}
	}
	null := expr.F(function.Operator("spl_eq"), expr.C(series), expr.Str(rules.nullTxt))
	ranked = &plan.Filter{Input: ranked, Pred: &expr.Not{Arg: null}}
	ranked = &plan.Aggregate{Input: ranked, Group: groupBy([]string{series}, false), Sorted: true, Aggs: []plan.AggItem{of}}
	if rules.bound != nil {
		ranked = &plan.Filter{Input: ranked, Pred: rules.bound}
	} else {
		// Of equal scores the first in the order of text is kept.
		ranked = &plan.Sort{Input: ranked, Limit: rules.limit, Keys: []plan.SortKey{{Expr: expr.C("score"), Desc: !rules.bottom, Collation: plan.AsNumber}, {Expr: expr.C(series), Collation: plan.AsText}}}
	}
	ranked = &plan.Project{Input: ranked, Items: []plan.Named{{Name: series, Expr: expr.F(function.Lookup("tostring"), expr.C(series))}}}
	chosen := expr.Expr(expr.F(fnMember, expr.C(series), &expr.Param{Name: keep}))
	if rules.outside {
		chosen = &expr.Not{Arg: chosen}
	}
	member := expr.AnyOf(chosen, null)
	if !rules.useNull {
		member = chosen
	}
	whens := []expr.When{{Cond: expr.F(function.Lookup("isnull"), expr.C(series)), Then: expr.L(event.NullValue)}, {Cond: member, Then: expr.C(series)}}
	last := expr.Expr(expr.L(event.NullValue))
	if rules.useOther {
		last = expr.Str(rules.otherText)
	}
	body := &plan.Extend{Input: &plan.Ref{Name: table}, Items: []plan.Named{{Name: series, Expr: &expr.Case{Whens: whens, Else: last}}}}
	l.node = &plan.Let{Bindings: []plan.Binding{{Name: table, Kind: plan.BindTable, Plan: l.node}, {Name: keep, Kind: plan.BindList, Plan: ranked}}, Body: body}
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
