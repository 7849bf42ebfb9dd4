package function

import (
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var numberAggs = []*fn.Agg{
	{Name: "avg", Min: 1, Max: 1, New: states(func() *sumState { return &sumState{mean: true} }), See: pageAgg, Doc: "The mean of the values that are numbers.", Examples: aggEx(`round(avg(x),4)`, `4.6667`)},
	{Name: "mean", Min: 1, Max: 1, New: states(func() *sumState { return &sumState{mean: true} }), See: pageAgg, Doc: "The same as avg.", Examples: aggEx(`round(mean(x),4)`, `4.6667`)},
	{Name: "max", Min: 1, Max: 1, New: states(func() *extremeState { return &extremeState{sign: 1} }), See: pageAgg, Doc: "The greatest value; any text is greater than any number.", Examples: aggEx(`max(x)`, `10`)},
	{Name: "min", Min: 1, Max: 1, New: states(func() *extremeState { return &extremeState{sign: -1} }), See: pageAgg, Doc: "The least value; any number is less than any text.", Examples: aggEx(`min(x)`, `2`)},
	{Name: "range", Min: 1, Max: 1, New: states(func() *rangeState { return &rangeState{} }), See: pageAgg, Doc: "The difference between the greatest and the least number.", Examples: aggEx(`range(x)`, `8`)},
	{Name: "stdev", Min: 1, Max: 1, New: deviation(true, true), See: pageAgg, Doc: "The standard deviation of a sample.", Examples: aggEx(`round(stdev(x),4)`, `4.6188`)},
	{Name: "stdevp", Min: 1, Max: 1, New: deviation(false, true), See: pageAgg, Doc: "The standard deviation of a population.", Examples: aggEx(`round(stdevp(x),4)`, `3.7712`)},
	{Name: "sum", Min: 1, Max: 1, New: states(func() *sumState { return &sumState{} }), See: pageAgg, Doc: "The sum of the values that are numbers; null when there is none.", Examples: aggEx(`sum(x)`, `14`)},
	{Name: "sumsq", Min: 1, Max: 1, New: states(func() *sumState { return &sumState{square: true} }), See: pageAgg, Doc: "The sum of the squares of the values that are numbers.", Examples: aggEx(`sumsq(x)`, `108`)},
	{Name: "var", Min: 1, Max: 1, New: deviation(true, false), See: pageAgg, Doc: "The variance of a sample.", Examples: aggEx(`round(var(x),4)`, `21.3333`)},
	{Name: "varp", Min: 1, Max: 1, New: deviation(false, false), See: pageAgg, Doc: "The variance of a population.", Examples: aggEx(`round(varp(x),4)`, `14.2222`)},
}

// sumState adds numbers without losing anything, so that the result does not depend on how rows were split. Whole numbers
// are added as such while they fit.
type sumState struct {
	mean, square bool
	n            int64
	whole        int64
	exact        fn.ExactSum
}

func (s *sumState) Add(args []event.Value) {
	if v := args[0]; v.Kind() == event.Int && !s.square {
		s.n++
		s.addWhole(v.Int())
		return
	}
	eachNumber(args[0], func(x float64) {
		s.n++
		switch {
		case s.square:
			s.exact.AddSquare(x)
		case x == math.Trunc(x) && math.Abs(x) < 1<<53:
			s.addWhole(int64(x))
		default:
			s.exact.Add(x)
		}
	})
}

func (s *sumState) addWhole(x int64) {
	if t := s.whole + x; (t > s.whole) == (x > 0) {
		s.whole = t
		return
	}
	s.flush()
	s.whole = x
}

// flush moves the whole numbers to the exact sum.
func (s *sumState) flush() {
	hi := s.whole &^ (1<<20 - 1) // two parts, each of which a float holds
	s.exact.Add(float64(hi))
	s.exact.Add(float64(s.whole - hi))
	s.whole = 0
}

func (s *sumState) Merge(other fn.State) {
	o := other.(*sumState)
	s.n += o.n
	s.exact.Merge(&o.exact)
	s.addWhole(o.whole)
}

func (s *sumState) Result() event.Value {
	if s.n == 0 {
		return null
	}
	total := s.exact
	sum := &sumState{whole: s.whole}
	sum.exact.Merge(&total)
	if sum.exact.Float() == 0 && sum.exact.Special() == 0 && !s.mean {
		return event.IntOf(s.whole)
	}
	sum.flush()
	f := sum.exact.Float()
	if s.mean {
		f /= float64(s.n)
	}
	return finite(f)
}

func (s *sumState) Size() int { return 32 + s.exact.Size() }

type rangeState struct {
	any    bool
	lo, hi float64
}

func (s *rangeState) Add(args []event.Value) { eachNumber(args[0], s.add) }
func (s *rangeState) add(x float64) {
	if !s.any {
		s.any, s.lo, s.hi = true, x, x
	}
	s.lo, s.hi = min(s.lo, x), max(s.hi, x)
}
func (s *rangeState) Merge(o fn.State) {
	if r := o.(*rangeState); r.any {
		s.add(r.lo)
		s.add(r.hi)
	}
}
func (s *rangeState) Result() event.Value {
	if !s.any {
		return null
	}
	return calculate('-', event.FloatOf(s.hi), event.FloatOf(s.lo))
}
func (s *rangeState) Size() int { return 24 }

type deviationState struct {
	m      fn.Moments
	sample bool
	root   bool
}

func deviation(sample, root bool) func(*fn.Env, []fn.Arg) (func() fn.State, error) {
	return states(func() *deviationState { return &deviationState{sample: sample, root: root} })
}

func (s *deviationState) Add(args []event.Value) { eachNumber(args[0], s.m.Add) }
func (s *deviationState) Merge(o fn.State)       { s.m.Merge(&o.(*deviationState).m) }
func (s *deviationState) Result() event.Value {
	// One value has no spread: Splunk gives 0 for the sample forms too.
	if s.sample && s.m.N == 1 {
		return event.IntOf(0)
	}
	v := s.m.Variance(s.sample)
	if s.root {
		v = math.Sqrt(v)
	}
	return finite(v)
}
func (s *deviationState) Size() int { return s.m.Size() }
