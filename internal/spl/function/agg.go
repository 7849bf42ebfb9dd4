package function

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Aggregates are the functions of stats and its relatives. Each value of a multivalue argument counts, null ones do not. An
// argument that is a condition, eval(x=1), counts as 1 where it holds and as null where it does not.
//
// Those of [NeedsTime] take the time of the event as a second argument, which the user does not write: the lowering adds
// the column _time.
var Aggregates = slices.Concat(countAggs, valueAggs, numberAggs, timeAggs, percentileAggs)

var aggByName map[string]*fn.Agg

func init() { // not an initial value: sparkline looks aggregates up, and is one
	aggByName = make(map[string]*fn.Agg, len(Aggregates))
	for _, a := range Aggregates {
		a.SkipsNull = true // all of SPL's do
		aggByName[a.Name] = a
	}
}

// Aggregate returns the aggregate of that name, ignoring case, or nil. Names such as perc95, p99.9, upperperc50 and
// exactperc10 name a percentile.
func Aggregate(name string) *fn.Agg {
	name = strings.ToLower(name)
	if a := aggByName[name]; a != nil {
		return a
	}
	for _, prefix := range []string{"exactperc", "upperperc", "perc", "p"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == "" || rest[0] < '0' || rest[0] > '9' {
			continue
		}
		p, err := strconv.ParseFloat(rest, 64)
		if err != nil || p < 0 || p > 100 || strings.ContainsAny(rest, "ex_+-") {
			return nil
		}
		return percentile(name, p)
	}
	return nil
}

// NeedsTime reports whether an aggregate takes the time of the event behind its argument.
func NeedsTime(a *fn.Agg) bool { return timeAgg[strings.ToLower(a.Name)] }

var timeAgg = map[string]bool{"earliest": true, "latest": true, "earliest_time": true, "latest_time": true, "rate": true, "sparkline": true}

// RateForms are the aggregates that only timechart knows: a sum divided by the width of the bucket in some unit. The
// lowering spells them out as sum, with the given number of seconds.
var RateForms = map[string]float64{"per_second": 1, "per_minute": 60, "per_hour": 3600, "per_day": 86400}

// states makes the New of an aggregate without preparation.
func states[S fn.State](f func() S) func(*fn.Env, []fn.Arg) (func() fn.State, error) {
	return func(*fn.Env, []fn.Arg) (func() fn.State, error) {
		return func() fn.State { return f() }, nil
	}
}

// eachValue calls f for each value of an aggregate's argument.
func eachValue(v event.Value, f func(event.Value)) {
	switch v.Kind() {
	case event.Missing, event.Null:
	case event.List:
		for _, e := range v.List() {
			if !e.IsNull() {
				f(e)
			}
		}
	case event.Bool:
		if v.Bool() {
			f(event.IntOf(1))
		}
	default:
		f(v)
	}
}

// eachNumber calls f for each value that is a number.
func eachNumber(v event.Value, f func(float64)) {
	switch v.Kind() {
	case event.Int:
		f(float64(v.Int()))
	case event.Float:
		f(v.Float())
	default:
		eachValue(v, func(v event.Value) {
			if n, ok := Number(v); ok {
				f(n)
			}
		})
	}
}
