package function

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var percentileAggs = []*fn.Agg{
	{Name: "median", Min: 1, Max: 1, New: states(func() *percentileState { return &percentileState{p: 50} }), See: pageAgg, Doc: "The value in the middle: the 50th percentile.", Examples: aggEx(`median(x)`, `2`),
		Note: "Of an even number of values it is the mean of the middle two, as perc50 is in the manual's examples; its text on median says the higher of them."},
}

// percentile makes the aggregate for one percentile; perc, upperperc and exactperc are the same, for none of them estimates.
func percentile(name string, p float64) *fn.Agg {
	return &fn.Agg{Name: name, Min: 1, Max: 1, SkipsNull: true, See: pageAgg,
		Doc:  "The value below which that share of the numbers lies, in percent, interpolated between neighbours.",
		Note: "Exact for any number of values, where Splunk estimates from a thousand on.",
		New:  states(func() *percentileState { return &percentileState{p: p} })}
}

type percentileState struct {
	p      float64
	xs     []float64
	sorted bool
}

func (s *percentileState) Add(args []event.Value) {
	eachNumber(args[0], func(x float64) {
		if !math.IsNaN(x) {
			s.xs = append(s.xs, x)
			s.sorted = false
		}
	})
}

func (s *percentileState) Merge(o fn.State) {
	s.xs = append(s.xs, o.(*percentileState).xs...)
	s.sorted = false
}

func (s *percentileState) Result() event.Value {
	n := len(s.xs)
	if n == 0 {
		return null
	}
	if !s.sorted {
		slices.Sort(s.xs)
		s.sorted = true
	}
	at := s.p / 100 * float64(n-1)
	i := min(int(at), n-1)
	x := s.xs[i]
	if part := at - float64(i); part > 0 && i+1 < n {
		x += part * (s.xs[i+1] - x)
	}
	return finite(x)
}

func (s *percentileState) Size() int { return 32 + 8*cap(s.xs) }
