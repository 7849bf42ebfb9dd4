package function

import (
	"math"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Seasons, trends and outliers of time series.
// https://learn.microsoft.com/kusto/query/series-decompose-function

func init() {
	dyn := func(names ...string) (out []Column) {
		for _, n := range names {
			out = append(out, Column{n, types.Dynamic})
		}
		return out
	}
	register(
		tupleOf("series_periods_detect", "Finds the periods with which a series repeats, the surest first.", "series:array, min_period:number, max_period:number, num_periods:long -> dynamic",
			dyn("periods", "scores"), periodsDetect),
		tupleOf("series_periods_validate", "Tells how surely a series repeats with the given periods.", "series:array, period:number+ -> dynamic", dyn("periods", "scores"), periodsValidate),
		&Entry{Func: fn.Func{Name: "series_seasonal", Doc: "Gives the part of a series that repeats with a period, which is looked for when it is not given.", See: seriesSee("series_seasonal"), Null: fn.SeesNull, Row: func(args []event.Value) event.Value {
			xs, ok := numbersOf(args[0])
			if !ok {
				return event.NullValue
			}
			d := decomposition{period: intArg(args, 1, -1), testPoints: intArg(args, 2, 0), threshold: 0.6}
			return seriesOf(d.seasonal(xs))
		}}, Sig: []string{"series:array, period:integer?, test_points:integer? -> dynamic"}},
		tupleOf("series_decompose", "Takes a series apart into season, trend and the rest.", "series:array, period:integer?, trend:string?, test_points:integer?, seasonality_threshold:number? -> dynamic",
			dyn("baseline", "seasonal", "trend", "residual"), func(args []event.Value) event.Value {
				return decomposed(args[0], decomposition{intArg(args, 1, -1), textArg(args, 2, "avg"), intArg(args, 3, 0), realArg(args, 4, 0.6)}, 4)
			}),
		tupleOf("series_decompose_forecast", "Takes a series apart without its last points and continues it.", "series:array, test_points:integer, period:integer?, trend:string?, seasonality_threshold:number? -> dynamic",
			dyn("baseline", "seasonal", "trend", "residual"), func(args []event.Value) event.Value {
				return decomposed(args[0], decomposition{intArg(args, 2, -1), textArg(args, 3, "linefit"), intArg(args, 1, 0), realArg(args, 4, 0.6)}, 4)
			}),
		tupleOf("series_decompose_anomalies", "Marks the points of a series that its season and trend do not explain.",
			"series:array, threshold:number?, period:integer?, trend:string?, test_points:integer?, method:string?, seasonality_threshold:number? -> dynamic",
			dyn("ad_flag", "ad_score", "baseline"), anomalies),
		&Entry{Func: fn.Func{Name: "series_outliers", Doc: "Scores how far the elements of a series lie outside the usual range; beyond 1.5 they are outliers.", See: seriesSee("series_outliers"), Null: fn.SeesNull, Row: seriesOutliers},
			Naming: NameFirst, Sig: []string{"series:array, kind:string?, ignore_val:number?, min_percentile:number?, max_percentile:number?, test_points:integer? -> arg0"}},
	)
	const note = "The service's scores of periods are not published in full; periods found are the same for clear seasons."
	for _, n := range []string{"series_periods_detect", "series_periods_validate"} {
		scalars[n].Note = note
	}
	examples(scalars, "series_seasonal", `series_seasonal(dynamic([1,3,5,2,4,6,1,3,5,2,4,6]), 3)`, `[1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5]`)
	examples(scalars, "series_outliers", `series_outliers(dynamic([1,2,3,4,5,6,7,8,9,10,11]))`, `[-0.125,0,0,0,0,0,0,0,0,0,0.125]`)
	examples(scalars, "series_decompose_anomalies", `series_decompose_anomalies(dynamic([1,1,2,1,1,2,1,40,2,1,1,2]), 1.5, 0)[0]`, `[0,0,0,0,0,0,0,1,0,0,0,0]`)
}

func intArg(args []event.Value, i, none int) int {
	if i < len(args) && args[i].Kind() == event.Int {
		return int(args[i].Int())
	}
	return none
}

func realArg(args []event.Value, i int, none float64) float64 {
	if i < len(args) {
		if f, ok := args[i].Number(); ok {
			return f
		}
	}
	return none
}

func textArg(args []event.Value, i int, none string) string {
	if i < len(args) && args[i].Kind() == event.String && args[i].Str() != "" {
		return strings.ToLower(args[i].Str())
	}
	return none
}

// autocorrelation gives the correlation of a series with itself, moved by 0, 1, 2, … up to half its length, for the points
// that remain.
func autocorrelation(xs []float64) []float64 {
	m := mean(xs)
	n := len(xs)
	out := make([]float64, n/2+1)
	var base float64
	for k := range out {
		var s, c float64
		for i := 0; i+k < n; i++ {
			if a, b := xs[i], xs[i+k]; !math.IsNaN(a) && !math.IsNaN(b) {
				s += (a - m) * (b - m)
				c++
			}
		}
		if k == 0 {
			if base = s / c; base == 0 || math.IsNaN(base) {
				return make([]float64, n/2+1)
			}
		}
		if c > 0 {
			out[k] = s / c / base
		}
	}
	return out
}

// periodScore rates a period from 0 to 1: the correlation at it, and at its double as far as the series reaches, when it is
// higher than at the two moves to either side.
func periodScore(ac []float64, p int) float64 {
	if p < 4 || p >= len(ac) {
		return 0
	}
	for _, q := range []int{p - 2, p - 1, p + 1, p + 2} {
		if q < len(ac) && ac[q] > ac[p] {
			return 0
		}
	}
	s := ac[p]
	if 2*p < len(ac) {
		s = min(s, ac[2*p])
	}
	return math.Max(0, min(s, 1))
}

// maxSeries bounds the length of a series whose periods are looked for.
const maxSeries = 20_000

func periodsDetect(args []event.Value) event.Value {
	xs, ok := numbersOf(args[0])
	n := intArg(args, 3, 1)
	if !ok || n < 0 || n > 1000 || len(xs) > maxSeries {
		return event.NullValue
	}
	ps, scores := detectPeriods(xs, realArg(args, 1, 0), realArg(args, 2, 0), n)
	for len(ps) < n {
		ps, scores = append(ps, 0), append(scores, 0)
	}
	return listOf([]event.Value{seriesOf(ps), seriesOf(scores)})
}

// detectPeriods finds up to n periods within bounds, the surest first; multiples of a surer period do not count again.
func detectPeriods(xs []float64, lo, hi float64, n int) (periods, scores []float64) {
	ac := autocorrelation(xs)
	type found struct {
		p     int
		score float64
	}
	var all []found
	for p := max(4, int(math.Ceil(lo))); p < len(ac) && float64(p) <= hi; p++ {
		if s := periodScore(ac, p); s > 0 {
			all = append(all, found{p, s})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		if a.score > b.score {
			return -1
		}
		if a.score < b.score {
			return 1
		}
		return 0
	})
	for _, f := range all {
		multiple := false
		for i, p := range periods {
			r := math.Mod(float64(f.p), p)
			multiple = multiple || f.score <= scores[i] && (r < 2 || p-r < 2)
		}
		if !multiple && len(periods) < n {
			periods, scores = append(periods, float64(f.p)), append(scores, f.score)
		}
	}
	return periods, scores
}

func periodsValidate(args []event.Value) event.Value {
	xs, ok := numbersOf(args[0])
	if !ok || len(xs) > maxSeries {
		return event.NullValue
	}
	ac := autocorrelation(xs)
	var ps, scores []float64
	for _, a := range args[1:] {
		p := real1(a)
		ps, scores = append(ps, p), append(scores, periodScore(ac, int(math.Round(p))))
	}
	return listOf([]event.Value{seriesOf(ps), seriesOf(scores)})
}

// A decomposition is how a series is taken apart.
type decomposition struct {
	period     int    // -1: looked for, 0: none
	trend      string // avg, linefit, none
	testPoints int    // points at the end that are not learnt from
	threshold  float64
}

func (d decomposition) learnt(xs []float64) []float64 {
	return xs[:len(xs)-min(max(d.testPoints, 0), len(xs))]
}

// seasonal gives the median of the points in the same phase, at each point; zeros when there is no season.
func (d decomposition) seasonal(xs []float64) []float64 {
	out := make([]float64, len(xs))
	learnt := d.learnt(xs)
	p := d.period
	if p < 0 && len(xs) <= maxSeries {
		p = 0
		if ps, scores := detectPeriods(learnt, 4, float64(len(learnt))/2, 1); len(ps) > 0 && scores[0] >= d.threshold {
			p = int(ps[0])
		}
	}
	if p <= 0 || p > len(learnt) {
		return out
	}
	for phase := range p {
		var same []float64
		for i := phase; i < len(learnt); i += p {
			if !math.IsNaN(learnt[i]) {
				same = append(same, learnt[i])
			}
		}
		if len(same) == 0 {
			continue
		}
		slices.Sort(same)
		m := percentileOf(same, 50)
		for i := phase; i < len(xs); i += p {
			out[i] = m
		}
	}
	return out
}

func decomposed(series event.Value, d decomposition, parts int) event.Value {
	xs, ok := numbersOf(series)
	if !ok {
		return event.NullValue
	}
	baseline, seasonal, trend, residual := d.apply(xs)
	return listOf([]event.Value{seriesOf(baseline), seriesOf(seasonal), seriesOf(trend), seriesOf(residual)}[:parts])
}

func (d decomposition) apply(xs []float64) (baseline, seasonal, trend, residual []float64) {
	seasonal = d.seasonal(xs)
	rest := make([]float64, len(xs))
	for i, x := range xs {
		rest[i] = x - seasonal[i]
	}
	trend = make([]float64, len(xs))
	switch learnt := d.learnt(rest); {
	case d.trend == "none" || len(learnt) == 0:
	case d.trend == "linefit" && len(learnt) > 1:
		f := fitLine(learnt)
		for i := range trend {
			trend[i] = f.slope*float64(i+1) + f.intercept
		}
	default:
		m := mean(learnt)
		for i := range trend {
			trend[i] = m
		}
	}
	baseline, residual = make([]float64, len(xs)), make([]float64, len(xs))
	for i, x := range xs {
		baseline[i] = seasonal[i] + trend[i]
		residual[i] = x - baseline[i]
	}
	return baseline, seasonal, trend, residual
}

func anomalies(args []event.Value) event.Value {
	xs, ok := numbersOf(args[0])
	if !ok {
		return event.NullValue
	}
	threshold := realArg(args, 1, 1.5)
	d := decomposition{intArg(args, 2, -1), textArg(args, 3, "avg"), intArg(args, 4, 0), realArg(args, 6, 0.6)}
	baseline, _, _, residual := d.apply(xs)
	lo, hi := 10.0, 90.0
	if textArg(args, 5, "ctukey") == "tukey" {
		lo, hi = 25, 75
	}
	scores := outlierScores(residual, d.learnt(residual), lo, hi)
	flags := make([]event.Value, len(scores))
	for i, s := range scores {
		switch {
		case s >= threshold:
			flags[i] = event.IntOf(1)
		case s <= -threshold:
			flags[i] = event.IntOf(-1)
		default:
			flags[i] = event.IntOf(0)
		}
	}
	return listOf([]event.Value{listOf(flags), seriesOf(scores), seriesOf(baseline)})
}

// percentileOf interpolates in sorted values.
func percentileOf(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// outlierScores tells how many times the width of the usual range, between two percentiles, each value lies outside of it:
// k of Tukey's fence.
func outlierScores(xs, learnt []float64, lo, hi float64) []float64 {
	var sorted []float64
	for _, x := range learnt {
		if !math.IsNaN(x) {
			sorted = append(sorted, x)
		}
	}
	out := make([]float64, len(xs))
	if len(sorted) == 0 {
		return out
	}
	slices.Sort(sorted)
	a, b := percentileOf(sorted, lo), percentileOf(sorted, hi)
	width := b - a
	for i, x := range xs {
		var d float64
		switch {
		case x > b:
			d = x - b
		case x < a:
			d = x - a
		}
		switch {
		case d == 0:
		case width > 0:
			out[i] = d / width
		default: // everything usual is the same: what differs is as far out as can be
			out[i] = math.Copysign(math.Min(math.Abs(d)/1e-9, 1e9), d)
		}
	}
	return out
}

func seriesOutliers(args []event.Value) event.Value {
	xs, ok := numbersOf(args[0])
	if !ok {
		return event.NullValue
	}
	lo, hi := realArg(args, 3, 10), realArg(args, 4, 90)
	if textArg(args, 1, "ctukey") == "tukey" {
		lo, hi = 25, 75
	}
	if lo < 2 || hi > 98 || lo >= hi {
		return event.NullValue
	}
	ignore := realArg(args, 2, math.NaN())
	for i, x := range xs {
		if x == ignore {
			xs[i] = math.NaN()
		}
	}
	learnt := decomposition{testPoints: intArg(args, 5, 0)}.learnt(xs)
	return seriesOf(outlierScores(xs, learnt, lo, hi))
}
