package spl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "accum", See: "accum", Syntax: "accum <field> [AS <field>]", Doc: "Adds up a field from the first row on.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				field := a.next("a field").Value
				as := a.as(field)
				a.end()
				// Only rows with a number get a sum.
				sum := l.fresh("sum")
				l.node = &plan.Running{Input: l.node, Current: true, Aggs: []plan.AggItem{{As: sum, Fn: function.Aggregate("sum"), Args: []expr.Expr{expr.C(field)}}}}
				isnum := expr.F(function.Lookup("isnum"), expr.C(field))
				l.extend(plan.Named{Name: as, Expr: &expr.Case{Whens: []expr.When{{Cond: isnum, Then: expr.C(sum)}}, Else: expr.C(as)}})
				l.drop(sum)
			})},
		&Command{Name: "delta", See: "delta", Syntax: "delta <field> [AS <field>] [p=<n>]", Doc: "The difference of a field to the row before, or to an earlier one.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				p := a.number("p", 1, 1)
				field := a.next("a field").Value
				as := a.as("delta(" + field + ")")
				a.end()
				before := l.fresh("before")
				l.node = &plan.Shift{Input: l.node, Items: []plan.ShiftItem{{As: before, Expr: expr.C(field), By: -p}}}
				l.extend(plan.Named{Name: as, Expr: expr.F(function.Operator("minus"), expr.C(field), expr.C(before))})
				l.drop(before)
			})},
		&Command{Name: "autoregress", See: "autoregress", Syntax: "autoregress <field> [AS <field>] [p=<n>|p=<from>-<to>]", Doc: "Copies values of earlier rows into new fields.",
			lower: general((*lowerer).autoregress)},
		&Command{Name: "trendline", See: "trendline", Syntax: "trendline (sma|ema|wma)<n>(<field>) [AS <field>] …", Doc: "Moving averages: simple, exponential or weighted.",
			lower: general((*lowerer).trendline)},
	)
}

// maxShift bounds how far autoregress looks back.
const maxShift = 1000

func (l *lowerer) autoregress(c *syntax.General) {
	a := l.arguments(c)
	p := a.get("p")
	field := a.next("a field").Value
	as := a.as("")
	a.end()
	from, to := 1, 1
	if p != nil {
		lo, hi, ranged := strings.Cut(p.Value.Value, "-")
		var err, err2 error
		from, err = strconv.Atoi(lo)
		to = from
		if ranged {
			to, err2 = strconv.Atoi(hi)
		}
		if err != nil || err2 != nil || from < 1 || to < from || to > maxShift {
			l.wrong(p, "p is a number or a range of numbers from 1 on, not %q", p.Value.Value)
			return
		}
	}
	n := &plan.Shift{Input: l.node}
	for i := from; i <= to; i++ {
		name := as
		if name == "" || from != to {
			base := as
			if base == "" {
				base = field
			}
			name = fmt.Sprintf("%s_p%d", base, i)
		}
		n.Items = append(n.Items, plan.ShiftItem{As: name, Expr: expr.C(field), By: -i})
	}
	l.node = n
}

func (l *lowerer) trendline(c *syntax.General) {
	a := l.arguments(c)
	for a.peek() != nil {
		w := a.next("a moving average")
		kind, rest, ok := strings.Cut(w.Value, "(")
		field, closed := strings.CutSuffix(rest, ")")
		if !ok || !closed || len(kind) < 4 {
			l.wrong(w, "a moving average is sma<n>(field), ema<n>(field) or wma<n>(field)")
			return
		}
		n, err := strconv.Atoi(kind[3:])
		if err != nil || n < 2 || n > 10000 {
			l.wrong(w, "the period of a moving average is between 2 and 10000")
			return
		}
		as := a.as(w.Value)
		switch strings.ToLower(kind[:3]) {
		case "sma":
			l.movingAverage(field, as, n)
		case "ema":
			l.runningStat(field, as, &emaStat, n, 0)
		case "wma":
			l.runningStat(field, as, &wmaStat, n, n)
		default:
			l.wrong(w, "a moving average is sma<n>(field), ema<n>(field) or wma<n>(field)")
			return
		}
	}
	a.end()
}

// runningStat computes a weighted average over the rows so far, or over a window of them; the first n-1 rows have none.
func (l *lowerer) runningStat(field, as string, f *fn.Agg, n, window int) {
	l.node = &plan.Running{Input: l.node, Current: true, Window: window, GlobalWindow: true,
		Aggs: []plan.AggItem{{As: as, Fn: f, Args: []expr.Expr{expr.C(field), number(n)}}}}
}

// emaStat is the exponential moving average over n values: it begins with their plain average, and each further value counts
// 2/(n+1). wmaStat weighs the last n values by 1 to n.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/trendline)
var (
	emaStat = fn.Agg{Name: "ema", Min: 2, Max: 2, Ordered: true, SkipsNull: true, New: averaging(func(xs []float64, n int) float64 {
		avg := 0.0
		for _, x := range xs[:n] {
			avg += x / float64(n)
		}
		for _, x := range xs[n:] {
			avg += (x - avg) * 2 / float64(n+1)
		}
		return avg
	})}
	wmaStat = fn.Agg{Name: "wma", Min: 2, Max: 2, Ordered: true, SkipsNull: true, New: averaging(func(xs []float64, n int) float64 {
		sum := 0.0
		for i, x := range xs[len(xs)-n:] {
			sum += x * float64(i+1)
		}
		return sum * 2 / float64(n*(n+1))
	})}
)

func averaging(f func(xs []float64, n int) float64) func(*fn.Env, []fn.Arg) (func() fn.State, error) {
	return func(_ *fn.Env, args []fn.Arg) (func() fn.State, error) {
		return func() fn.State { return &averageState{f: f} }, nil
	}
}

type averageState struct {
	f  func(xs []float64, n int) float64
	n  int
	xs []float64
}

func (s *averageState) Add(args []event.Value) {
	n, _ := function.Number(args[1])
	s.n = int(n)
	if x, ok := function.Number(args[0]); ok {
		s.xs = append(s.xs, x)
	}
}

func (s *averageState) Merge(o fn.State) {
	s.n, s.xs = o.(*averageState).n, append(s.xs, o.(*averageState).xs...)
}

func (s *averageState) Result() event.Value {
	if s.n == 0 || len(s.xs) < s.n {
		return event.NullValue
	}
	return wholeOrFloat(s.f(s.xs, s.n))
}

func (s *averageState) Size() int { return 64 + 8*cap(s.xs) }

// movingAverage is the average of n rows; the first n-1 rows have none.
func (l *lowerer) movingAverage(field, as string, n int) {
	avg, count := l.fresh("avg"), l.fresh("count")
	l.node = &plan.Running{Input: l.node, Current: true, Window: n, GlobalWindow: true, Aggs: []plan.AggItem{
		{As: avg, Fn: function.Aggregate("avg"), Args: []expr.Expr{expr.C(field)}},
		{As: count, Fn: function.Aggregate("count")}}}
	full := expr.F(function.Operator("spl_ge"), expr.C(count), number(n))
	l.extend(plan.Named{Name: as, Expr: &expr.Case{Whens: []expr.When{{Cond: full, Then: expr.C(avg)}}, Else: null}})
	l.drop(avg, count)
}
