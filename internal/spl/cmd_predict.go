package spl

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(&Command{Name: "predict", See: "predict", Syntax: "predict <field> [AS <name>] … [algorithm=LL|LLT|LLP|LLP5] [future_timespan=<n>] [holdback=<n>] [period=<n>] [upper<p>=<name>] [lower<p>=<name>] [suppress=<field>]",
		Doc:   "Forecasts the values of a timechart: a prediction for each row from the rows before it, with the bounds within which the value lies with a probability, and for rows to come.",
		Note:  "The models are those that the manual names (local level, local trend, seasonal), fitted by maximum likelihood over a grid of ratios; the manual does not say how Splunk fits them, and its numbers differ. Algorithms over two series are refused.",
		lower: general((*lowerer).predict)})
}

// forecast is what predict was asked for.
type forecast struct {
	fields, names          []string
	algorithm              string
	future, holdback       int
	period                 int
	upper, lower           float64 // probabilities in percent
	upperName, lowerName   string
	suppress               string
	upperGiven, lowerGiven bool
}

func (l *lowerer) predict(c *syntax.General) {
	a := l.arguments(c)
	f := &forecast{algorithm: strings.ToUpper(a.text("algorithm", "LLP5")), future: a.number("future_timespan", 5, 0), holdback: a.number("holdback", 0, 0),
		period: a.number("period", 0, 0), suppress: a.text("suppress", ""), upper: 95, lower: 95}
	if o := a.list.Get("correlate"); o != nil || strings.HasPrefix(f.algorithm, "BI") || f.algorithm == "LLB" {
		a.get("correlate")
		l.unsupported(verb{c}, "predict over two series (algorithms LLB and BiLL)")
		return
	}
	for _, o := range a.list {
		for _, side := range []string{"upper", "lower"} {
			p, ok := strings.CutPrefix(strings.ToLower(o.Name), side)
			n, err := strconv.ParseFloat(p, 64)
			if !ok || err != nil || o.Value == nil || n < 0 || n >= 100 {
				continue
			}
			a.known = append(a.known, o.Name)
			if side == "upper" {
				f.upper, f.upperName, f.upperGiven = n, o.Value.Value, true
			} else {
				f.lower, f.lowerName, f.lowerGiven = n, o.Value.Value, true
			}
		}
	}
	switch f.algorithm {
	case "LL", "LLT", "LLP", "LLP5":
	default:
		l.wrong(verb{c}, "the algorithm of predict is LL, LLT, LLP or LLP5, not %q", f.algorithm)
		return
	}
	for a.peek() != nil {
		field := a.next("a field").Value
		f.fields = append(f.fields, field)
		f.names = append(f.names, a.as("prediction("+field+")"))
	}
	a.end()
	if len(f.fields) == 0 {
		l.wrong(verb{c}, "predict needs a field")
		return
	}
	l.batchStep("predict", f.apply)
}

func (f *forecast) apply(b *event.Batch) *event.Batch {
	n := b.Len()
	if n < 2 {
		return b
	}
	total := n - min(f.holdback, n-1) + f.future
	total = max(total, n)
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	out := event.NewBatch(total)
	for i, name := range b.Names() {
		vals := make([]event.Value, total)
		for r := range vals {
			vals[r] = event.NullValue
			if r < n {
				vals[r] = b.ColumnAt(i).Value(r)
			} else if name == "_time" {
				last, ok := function.Number(vals[r-1])
				before, ok2 := function.Number(vals[r-2])
				if ok && ok2 {
					vals[r] = epoch(2*last - before)
				}
			}
		}
		if name != f.suppress {
			out.Set(name, event.NewColumn(vals))
		}
	}
	for i, field := range f.fields {
		series := make([]float64, n-min(f.holdback, n-1))
		for r := range series {
			x, ok := function.Number(b.Value(field, r))
			if series[r] = x; !ok {
				series[r] = math.NaN()
			}
		}
		mean, dev := f.model(series, total)
		name := f.names[i]
		upper, lower := "upper95("+name+")", "lower95("+name+")"
		if f.upperGiven {
			upper = f.upperName
		}
		if f.lowerGiven {
			lower = f.lowerName
		}
		column := func(name string, value func(r int) float64) {
			vals := make([]event.Value, total)
			for r := range vals {
				vals[r] = event.NullValue
				if x := value(r); !math.IsNaN(x) && !math.IsInf(x, 0) {
					vals[r] = wholeOrFloat(x)
				}
			}
			out.Set(name, event.NewColumn(vals))
		}
		column(name, func(r int) float64 { return mean[r] })
		column(lower, func(r int) float64 { return mean[r] - quantile(f.lower)*dev[r] })
		column(upper, func(r int) float64 { return mean[r] + quantile(f.upper)*dev[r] })
	}
	return out
}

// quantile is how many deviations around the mean hold a share of a normal distribution, in percent.
func quantile(percent float64) float64 { return math.Sqrt2 * math.Erfinv(percent/100) }

// model predicts a series, and its deviation, for so many rows.
func (f *forecast) model(xs []float64, total int) (mean, dev []float64) {
	trend := f.algorithm == "LLT" || f.algorithm == "LLP5"
	mean, dev = fit(xs, total, trend)
	if f.algorithm == "LL" || f.algorithm == "LLT" {
		return mean, dev
	}
	period := f.period
	if period < 2 {
		period = cycle(xs)
	}
	if period < 2 || len(xs) < 2*period {
		return mean, dev
	}
	// The mean of each place in the period is taken off, and put back behind.
	season, counts := make([]float64, period), make([]float64, period)
	for i, x := range xs {
		if !math.IsNaN(x) {
			season[i%period] += x
			counts[i%period]++
		}
	}
	rest := make([]float64, len(xs))
	for i, x := range xs {
		rest[i] = x - season[i%period]/math.Max(counts[i%period], 1)
	}
	m, d := fit(rest, total, false)
	for i := range m {
		m[i] += season[i%period] / math.Max(counts[i%period], 1)
		if f.algorithm == "LLP" {
			mean[i], dev[i] = m[i], d[i]
			continue
		}
		// LLP5 weighs both predictions by how sure they are.
		u, v := 1/(dev[i]*dev[i]+1e-12), 1/(d[i]*d[i]+1e-12)
		mean[i], dev[i] = (mean[i]*u+m[i]*v)/(u+v), (dev[i]*u+d[i]*v)/(u+v)
	}
	return mean, dev
}

// fit runs the Kalman filter of a local level, with a trend or not, for a grid of ratios between the variance of the level and
// that of the noise, and gives the predictions of the likeliest, each from the values before it.
func fit(xs []float64, total int, trend bool) (mean, dev []float64) {
	best := math.Inf(1)
	for e := -4.0; e <= 4; e++ {
		slopes := []float64{0}
		if trend {
			slopes = []float64{1e-4, 1e-2, 1}
		}
		for _, slope := range slopes {
			q := math.Pow(10, e)
			m, v, cost := filter(xs, total, q, q*slope, trend)
			if cost < best {
				best, mean, dev = cost, m, v
			}
		}
	}
	return mean, dev
}

// filter is one run: level and slope with their covariances, in units of the noise's variance, which is estimated on the way.
func filter(xs []float64, total int, q, qs float64, trend bool) (mean, dev []float64, cost float64) {
	mean, spread := make([]float64, total), make([]float64, total)
	level, slope := 0.0, 0.0
	for _, x := range xs {
		if !math.IsNaN(x) {
			level = x
			break
		}
	}
	pll, pls, pss := 1e7, 0.0, 0.0
	if trend {
		pss = 1e7
	}
	sum, logs, n := 0.0, 0.0, 0.0
	for i := range total {
		s := pll + 1
		mean[i], spread[i] = level, s
		if i < len(xs) && !math.IsNaN(xs[i]) {
			err := xs[i] - level
			kl, ks := pll/s, pls/s
			if s < 1e6 { // the first values only say where the series is
				sum += err * err / s
				logs += math.Log(s)
				n++
			} else {
				mean[i], spread[i] = math.NaN(), math.NaN()
			}
			level, slope = level+kl*err, slope+ks*err
			pll, pls, pss = pll-kl*pll, pls-kl*pls, pss-ks*pls
		}
		level += slope
		pll, pls, pss = pll+2*pls+pss+q, pls+pss, pss+qs
	}
	noise := sum / math.Max(n, 1)
	for i := range spread {
		spread[i] = math.Sqrt(spread[i] * noise)
	}
	return mean, spread, n*math.Log(math.Max(noise, 1e-12)) + logs
}

// cycle is the lag at which a series is most like itself, or 0 when there is none.
func cycle(xs []float64) int {
	avg, n := 0.0, 0.0
	for _, x := range xs {
		if !math.IsNaN(x) {
			avg += x
			n++
		}
	}
	avg /= math.Max(n, 1)
	at := func(lag int) float64 {
		ab, aa := 0.0, 0.0
		for i := range xs {
			if d := xs[i] - avg; !math.IsNaN(d) {
				aa += d * d
				if i >= lag && !math.IsNaN(xs[i-lag]) {
					ab += d * (xs[i-lag] - avg)
				}
			}
		}
		if aa == 0 {
			return 0
		}
		return ab / aa
	}
	best, found := 0.3, 0
	for lag := 2; lag <= len(xs)/2; lag++ {
		if r := at(lag); r > best && r >= at(lag-1) && r >= at(lag+1) {
			best, found = r, lag
		}
	}
	return found
}
