package spl

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// rate_avg and rate_sum of mstats are the mean and the sum of the rates of the time series in a group. A series is told by its
// source: host, source and sourcetype.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/statistical-and-charting-functions/time-functions)
var seriesRates = map[string]*fn.Agg{
	"rate_avg": {Name: "rate_avg", Min: 3, Max: 3, SkipsNull: true, New: newRates(true)},
	"rate_sum": {Name: "rate_sum", Min: 3, Max: 3, SkipsNull: true, New: newRates(false)},
}

// seriesRate lowers rate_avg(metric) and rate_sum(metric); ok is false for other statistics.
func (l *lowerer) seriesRate(a *syntax.Aggregation) (item plan.AggItem, ok bool) {
	f := seriesRates[strings.ToLower(a.Func)]
	if f == nil || a.Arg == nil || a.Arg.Wild() {
		return item, false
	}
	item = plan.AggItem{As: l.columnName(a), Fn: f}
	if a.As != nil {
		item.As = a.As.Value
	}
	var parts []expr.Expr
	for _, name := range []string{"host", "source", "sourcetype"} {
		parts = append(parts, expr.F(function.Lookup("coalesce"), expr.C(name), expr.Str("")), expr.Str("\x00"))
	}
	item.Args = []expr.Expr{expr.C(a.Arg.Value), expr.C("_time"), concatOf(parts)}
	return item, true
}

func newRates(mean bool) func(*fn.Env, []fn.Arg) (func() fn.State, error) {
	return func(*fn.Env, []fn.Arg) (func() fn.State, error) {
		return func() fn.State { return &ratesState{mean: mean, series: map[string][]ratePoint{}} }, nil
	}
}

type ratePoint struct{ t, x float64 }

type ratesState struct {
	mean   bool
	series map[string][]ratePoint
	points int
}

func (s *ratesState) Add(args []event.Value) {
	x, ok := function.Number(args[0])
	t, ok2 := function.Number(args[1])
	if ok && ok2 {
		k := function.Text(args[2])
		s.series[k] = append(s.series[k], ratePoint{t, x})
		s.points++
	}
}

func (s *ratesState) Merge(o fn.State) {
	for k, ps := range o.(*ratesState).series {
		s.series[k] = append(s.series[k], ps...)
		s.points += len(ps)
	}
}

// Result adds up the rates: of each series how much the counter grew in a second, where a fall means that it began anew.
func (s *ratesState) Result() event.Value {
	sum, n := 0.0, 0.0
	for _, k := range slices.Sorted(maps.Keys(s.series)) { // sums of floats depend on their order
		ps := slices.Clone(s.series[k])
		slices.SortFunc(ps, func(a, b ratePoint) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.x, b.x)) })
		first, last := ps[0], ps[len(ps)-1]
		if first.t == last.t {
			continue
		}
		grown := 0.0
		for i := 1; i < len(ps); i++ {
			if d := ps[i].x - ps[i-1].x; d >= 0 {
				grown += d
			} else {
				grown += ps[i].x
			}
		}
		sum += grown / (last.t - first.t)
		n++
	}
	switch {
	case n == 0:
		return event.NullValue
	case s.mean:
		sum /= n
	}
	return wholeOrFloat(sum)
}

func (s *ratesState) Size() int { return 64 + 24*s.points }
