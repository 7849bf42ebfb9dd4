package spl

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(&Command{Name: "bin", Aliases: []string{"bucket", "discretize"}, See: "bin", Syntax: "bin [span=<span>|bins=<n>] <field> [AS <name>]",
		Doc:   "Puts values into ranges: a time is rounded down to a multiple of the span, any other number becomes the text of its range.",
		Note:  "Without a field it works on _time, which published rules rely on; Splunk's manual requires a field.",
		lower: on((*lowerer).bin)})
}

// logSpan reads [<coefficient>]log[<base>].
func logSpan(s string) (coef, base float64, ok bool) {
	c, b, ok := strings.Cut(strings.ToLower(s), "log")
	if !ok {
		return 0, 0, false
	}
	coef, base = 1, 10
	if c != "" {
		if coef, ok = function.ParseNumber(c); !ok {
			return 0, 0, false
		}
	}
	if b != "" {
		base, ok = function.ParseNumber(b)
	}
	return coef, base, ok
}

func (l *lowerer) bin(c *syntax.Bin) {
	field := "_time"
	if c.Field != nil {
		field = c.Field.Value
	}
	as := field
	if c.As != nil {
		as = c.As.Value
	}
	o := l.options(c, c.Options)
	bins := o.number("bins", 100, 2)
	span, align := o.get("span"), o.get("aligntime")
	r := binRange{bins: bins, start: o.get("start"), end: o.get("end"), least: o.get("minspan")}
	o.done()
	if span == nil {
		l.binWithoutSpan(field, as, r)
		return
	}
	x, ok := l.binned(expr.C(field), field, span.Value, align)
	if ok {
		l.extend(plan.Named{Name: as, Expr: x})
	}
}

// binned is the expression that puts x, the values of a field, into ranges of a span.
func (l *lowerer) binned(x expr.Expr, field string, span *syntax.Word, align *syntax.Option) (expr.Expr, bool) {
	if field != "_time" {
		if coef, base, ok := logSpan(span.Value); ok {
			if coef <= 0 || base <= 1 || coef >= base {
				l.wrong(span, "a logarithmic span is <coefficient>log<base> with a base greater than the coefficient")
				return nil, false
			}
			return expr.F(fnBinLog, x, expr.L(event.FloatOf(coef)), expr.L(event.FloatOf(base))), true
		}
		width, err := strconv.ParseFloat(span.Value, 64)
		if err != nil {
			s, err := timefmt.ParseSpan(span.Value)
			if err != nil {
				l.wrong(span, "%v", err)
				return nil, false
			}
			width, _ = s.Seconds()
		}
		if width <= 0 {
			l.wrong(span, "a span is greater than zero")
			return nil, false
		}
		return expr.F(fnBinNumber, x, expr.L(event.FloatOf(width))), true
	}
	if _, err := timefmt.ParseSpan(span.Value); err != nil {
		l.wrong(span, "%v", err)
		return nil, false
	}
	args := []expr.Expr{x, expr.Str(span.Value)}
	if align != nil {
		if _, err := timefmt.ParseBound(align.Value.Value, "", sampleNow); err != nil {
			l.unsupported(align, "aligntime=%s; a time or a relative time such as @d+3h can be given", align.Value.Value)
			return nil, false
		}
		args = append(args, expr.F(fnTimeBound, expr.Str(align.Value.Value)))
	}
	return expr.F(fnBinTime, args...), true
}

// binRange says how bin without a span finds the width of its ranges.
type binRange struct {
	bins              int
	start, end, least *syntax.Option // bounds that the ranges cover at least, and their least width; nil when not given
}

// binWithoutSpan needs the least and the greatest value of the field first.
func (l *lowerer) binWithoutSpan(field, as string, r binRange) {
	bound := func(o *syntax.Option) expr.Expr {
		if o == nil {
			return null
		}
		n, ok := function.ParseNumber(o.Value.Value)
		if s, err := timefmt.ParseSpan(o.Value.Value); !ok && err == nil {
			n, _ = s.Seconds()
			ok = true
		}
		if !ok {
			l.wrong(o, "option %s is a number, not %q", o.Name, o.Value.Value)
		}
		return expr.L(event.FloatOf(n))
	}
	lo, hi := l.fresh("lo"), l.fresh("hi")
	kernel := fnBinBins
	if field == "_time" {
		kernel = fnBinTimes
	}
	number := expr.F(function.Lookup("tonumber"), expr.C(field))
	l.node = &plan.Attach{Input: l.node, Aggs: []plan.AggItem{
		{As: lo, Fn: function.Aggregate("min"), Args: []expr.Expr{number}},
		{As: hi, Fn: function.Aggregate("max"), Args: []expr.Expr{number}}}}
	low := expr.F(function.Lookup("min"), expr.C(lo), expr.F(function.Lookup("coalesce"), bound(r.start), expr.C(lo)))
	high := expr.F(function.Lookup("max"), expr.C(hi), expr.F(function.Lookup("coalesce"), bound(r.end), expr.C(hi)))
	l.extend(plan.Named{Name: as, Expr: expr.F(kernel, expr.C(field), low, high, expr.L(event.IntOf(int64(r.bins))), bound(r.least))})
	l.drop(lo, hi)
}
