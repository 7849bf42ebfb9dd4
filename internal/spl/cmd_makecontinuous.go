package spl

import (
	"math"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(&Command{Name: "makecontinuous", See: "makecontinuous", Syntax: "makecontinuous [<field>] [span=<span>|bins=<n>] [start=<n>] [end=<n>] [aligntime=<time>]",
		Doc:   "Adds rows for the values that are missing between the least and the greatest value of a field, by default _time. Of ranges such as 10-20, the ranges that are missing are added.",
		lower: general((*lowerer).makecontinuous)})
}

func (l *lowerer) makecontinuous(c *syntax.General) {
	a := l.arguments(c)
	span, align := a.get("span"), a.get("aligntime")
	bins := a.number("bins", 100, 2)
	start, end := a.get("start"), a.get("end")
	field := "_time"
	if w := a.peek(); w != nil {
		a.at++
		field = w.Value
	}
	a.end()
	if start != nil || end != nil {
		l.within(field, start, end)
	}
	if field == "_time" {
		b := l.cutTime(span, align, bins, nil)
		l.continueTime(b, nil)
		b.close(l)
		return
	}
	x := expr.C(field)
	if span == nil {
		low, high, bind := l.rangeOf(field)
		next := expr.F(fnNextBin, x, low, high, number(bins))
		l.node = &plan.Let{Bindings: bind, Body: &plan.Continue{Input: l.node, Column: field, Next: next}}
		return
	}
	width, err := strconv.ParseFloat(span.Value.Value, 64)
	if err != nil || width <= 0 {
		l.wrong(span, "the span of a number is a number greater than zero")
		return
	}
	// Rows that hold ranges are put in order by where those begin, and get their texts back.
	from, ranged := l.fresh("from"), l.fresh("ranged")
	l.extend(plan.Named{Name: ranged, Expr: expr.F(fnRanged, x)}, plan.Named{Name: from, Expr: expr.F(function.Lookup("coalesce"), expr.F(function.Lookup("tonumber"), x), expr.F(fnRangeStart, x))})
	l.node = &plan.Continue{Input: l.node, Column: from, Next: expr.F(function.Operator("plus"), expr.C(from), expr.L(event.FloatOf(width)))}
	l.node = &plan.Attach{Input: l.node, Aggs: []plan.AggItem{{As: ranged, Fn: function.Aggregate("max"), Args: []expr.Expr{expr.C(ranged)}}}}
	label := expr.F(fnBinNumber, expr.C(from), expr.L(event.FloatOf(width)))
	isRange := expr.F(function.Operator("spl_eq"), expr.C(ranged), number(1))
	fresh := &expr.Case{Whens: []expr.When{{Cond: isRange, Then: label}}, Else: expr.C(from)}
	l.extend(plan.Named{Name: field, Expr: expr.F(function.Lookup("coalesce"), x, fresh)})
	l.drop(from, ranged)
}

// within keeps the rows whose value lies between bounds.
func (l *lowerer) within(field string, start, end *syntax.Option) {
	x := expr.F(function.Lookup("tonumber"), expr.C(field))
	if start != nil {
		l.filter(expr.F(function.Operator("spl_ge"), x, l.numberOf(start)))
	}
	if end != nil {
		l.filter(expr.F(function.Operator("spl_le"), x, l.numberOf(end)))
	}
}

// fnRanged is 1 for the text of a range.
var fnRanged = &fn.Func{Name: "ranged", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		if _, _, ok := cutRange(function.Text(in[0])); ok && in[0].Kind() == event.String {
			return event.IntOf(1)
		}
		return event.IntOf(0)
	}}

// fnNextBin is the number due after one, when so many bins lie between the least and the greatest.
var fnNextBin = &fn.Func{Name: "next_bin", Min: 4, Max: 4,
	Row: func(in []event.Value) event.Value {
		x, ok := function.Number(in[0])
		lo, ok1 := function.Number(in[1])
		hi, ok2 := function.Number(in[2])
		bins, ok3 := function.Number(in[3])
		if !ok || !ok1 || !ok2 || !ok3 {
			return event.NullValue
		}
		width := niceWidth(lo, hi, bins)
		return event.FloatOf((math.Floor(x/width+1e-9) + 1) * width)
	}}
