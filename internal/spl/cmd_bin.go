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
	if field == "_time" {
		s, err := timefmt.ParseSpan(span.Value.Value)
		if err != nil {
			l.wrong(span.Value, "%v", err)
			return
		}
		args := []expr.Expr{expr.C(field), expr.Str(span.Value.Value)}
		var b buckets
		if align != nil {
			var shift expr.Expr
			if shift, b.bindings = l.alignment(align, s); shift != nil {
				args = append(args, shift)
			}
		}
		l.extend(plan.Named{Name: as, Expr: expr.F(fnBinTime, args...)})
		b.close(l)
		return
	}
	if x, ok := l.binned(expr.C(field), field, span.Value); ok {
		l.extend(plan.Named{Name: as, Expr: x})
	}
}

// alignment is the time that spans are counted from: aligntime=earliest, latest, a time or a relative time. Spans of days and
// longer are counted by the calendar whatever it says.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/bin)
func (l *lowerer) alignment(align *syntax.Option, span timefmt.Span) (shift expr.Expr, bind []plan.Binding) {
	text := align.Value.Value
	_, exact := span.Seconds()
	calendar := !exact || span.Unit >= timefmt.Day
	switch {
	case strings.EqualFold(text, "earliest"), strings.EqualFold(text, "latest"):
		if calendar {
			return nil, nil
		}
		low, high, bind := l.rangeOf("_time")
		if strings.EqualFold(text, "earliest") {
			return low, bind
		}
		return high, bind
	}
	if _, err := timefmt.ParseBound(text, "", sampleNow); err != nil {
		l.wrong(align, "aligntime is earliest, latest, a time or a relative time such as @d+3h, not %q", text)
		return nil, nil
	}
	if calendar {
		return nil, nil
	}
	return expr.F(fnTimeBound, expr.Str(text)), nil
}

// rangeOf gives the least and the greatest number in a column of the rows so far. The bindings belong around the plan that
// reads them, which goes on from here.
func (l *lowerer) rangeOf(column string) (low, high expr.Expr, bind []plan.Binding) {
	table, lo, hi := l.fresh("rows"), l.fresh("lo"), l.fresh("hi")
	number := expr.F(function.Lookup("tonumber"), expr.C(column))
	extreme := func(name string) plan.Node {
		return &plan.Aggregate{Input: &plan.Ref{Name: table}, EmptyRow: true, Aggs: []plan.AggItem{{As: name, Fn: function.Aggregate(name), Args: []expr.Expr{number}}}}
	}
	bind = []plan.Binding{{Name: table, Kind: plan.BindTable, Plan: l.node}, {Name: lo, Kind: plan.BindScalar, Plan: extreme("min")}, {Name: hi, Kind: plan.BindScalar, Plan: extreme("max")}}
	l.node = &plan.Ref{Name: table}
	return &expr.Param{Name: lo}, &expr.Param{Name: hi}, bind
}

// binned is the expression that puts x, the values of a field, into ranges of a span.
func (l *lowerer) binned(x expr.Expr, field string, span *syntax.Word) (expr.Expr, bool) {
	if field == "_time" {
		if _, err := timefmt.ParseSpan(span.Value); err != nil {
			l.wrong(span, "%v", err)
			return nil, false
		}
		return expr.F(fnBinTime, x, expr.Str(span.Value)), true
	}
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

// binRange says how bin without a span finds the width of its ranges.
type binRange struct {
	bins              int
	start, end, least *syntax.Option // bounds that the ranges cover at least, and their least width; nil when not given
}

// numberOf is the value of an option that is a number or a span of time; null when it is not given.
func (l *lowerer) numberOf(o *syntax.Option) expr.Expr {
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

// binWithoutSpan needs the least and the greatest value of the field first.
func (l *lowerer) binWithoutSpan(field, as string, r binRange) {
	lo, hi := l.fresh("lo"), l.fresh("hi")
	kernel := fnBinBins
	if field == "_time" {
		kernel = fnBinTimes
	}
	number := expr.F(function.Lookup("tonumber"), expr.C(field))
	l.node = &plan.Attach{Input: l.node, Aggs: []plan.AggItem{
		{As: lo, Fn: function.Aggregate("min"), Args: []expr.Expr{number}},
		{As: hi, Fn: function.Aggregate("max"), Args: []expr.Expr{number}}}}
	low := expr.F(function.Lookup("min"), expr.C(lo), expr.F(function.Lookup("coalesce"), l.numberOf(r.start), expr.C(lo)))
	high := expr.F(function.Lookup("max"), expr.C(hi), expr.F(function.Lookup("coalesce"), l.numberOf(r.end), expr.C(hi)))
	l.extend(plan.Named{Name: as, Expr: expr.F(kernel, expr.C(field), low, high, expr.L(event.IntOf(int64(r.bins))), l.numberOf(r.least))})
	l.drop(lo, hi)
}
