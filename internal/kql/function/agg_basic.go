package function

import (
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Aggregates that keep a number or a value. Nulls are left out.
// https://learn.microsoft.com/kusto/query/aggregation-functions

type stateMaker = func([]types.Type, types.Type, []fn.Arg) (func() fn.State, error)

func states(make func(result types.Type) fn.State) stateMaker {
	return func(_ []types.Type, result types.Type, _ []fn.Arg) (func() fn.State, error) {
		return func() fn.State { return make(result) }, nil
	}
}

func init() {
	avgSig := func(rest string) []string {
		return []string{"expr:integer" + rest + " -> real", "expr:real" + rest + " -> real", "expr:decimal" + rest + " -> decimal",
			"expr:timespan" + rest + " -> timespan", "expr:datetime" + rest + " -> datetime"}
	}
	agg := func(name, doc, see string, sig []string, s stateMaker) *Agg {
		return &Agg{Agg: fn.Agg{Name: name, Doc: doc, See: see}, Sig: sig, Naming: NamePrefix, Prefix: name, state: s}
	}
	conditional := func(name, of, see string, sig []string) {
		base := aggregates[of]
		a := agg(name, "Like "+of+", over the rows for which the condition is true.", see, sig, filtered(1, base))
		a.Ordered = base.Ordered
		registerAggs(a)
	}
	registerAggs(
		agg("count", "Counts rows, or the rows for which a condition is true.", "count-aggregation-function", []string{"-> long", "expr:scalar -> long"},
			func(ts []types.Type, _ types.Type, _ []fn.Arg) (func() fn.State, error) {
				cond := len(ts) == 1 && ts[0] == types.Bool
				return func() fn.State { return &countState{cond: cond} }, nil
			}),
		agg("countif", "Counts the rows for which a condition is true.", "countif-aggregation-function", []string{"predicate:bool -> long"},
			func(ts []types.Type, _ types.Type, _ []fn.Arg) (func() fn.State, error) {
				return func() fn.State { return &countState{cond: true} }, nil
			}),
		agg("sum", "Adds up values; the sum of none is 0.", "sum-aggregation-function", []string{"expr:summable -> promoted0"},
			states(func(t types.Type) fn.State { return &sumState{t: t} })),
		agg("avg", "Gives the mean; of no numbers it is NaN.", "avg-aggregation-function", avgSig(""),
			states(func(t types.Type) fn.State { return &avgState{t: t} })),
		agg("min", "Gives the smallest value.", "min-aggregation-function", []string{"expr:orderable -> arg0"},
			states(func(types.Type) fn.State { return &extremeState{sign: -1} })),
		agg("max", "Gives the greatest value.", "max-aggregation-function", []string{"expr:orderable -> arg0"},
			states(func(types.Type) fn.State { return &extremeState{sign: 1} })),
	)
	count := aggregates["count"]
	conditional("sumif", "sum", "sumif-aggregation-function", []string{"expr:summable, predicate:bool -> promoted0"})
	conditional("avgif", "avg", "avgif-aggregation-function", avgSig(", predicate:bool"))
	conditional("minif", "min", "minif-aggregation-function", []string{"expr:orderable, predicate:bool -> arg0"})
	conditional("maxif", "max", "maxif-aggregation-function", []string{"expr:orderable, predicate:bool -> arg0"})
	registerAggs(&Agg{Agg: fn.Agg{Name: "cnt", Doc: "An old name of count.", See: count.See}, Sig: []string{"-> long"}, Naming: NamePrefix, Prefix: "cnt",
		Replaced: "count", state: count.state})

	// Moments.
	for _, f := range []struct {
		name, doc  string
		population bool
		root       bool
	}{
		{"stdev", "Gives the standard deviation of a sample.", false, true},
		{"stdevp", "Gives the standard deviation of a whole population.", true, true},
		{"variance", "Gives the variance of a sample.", false, false},
		{"variancep", "Gives the variance of a whole population.", true, false},
	} {
		registerAggs(agg(f.name, f.doc, f.name+"-aggregation-function", []string{"expr:summable -> real"},
			states(func(types.Type) fn.State { return &momentState{population: f.population, root: f.root} })))
		conditional(f.name+"if", f.name, f.name+"if-aggregation-function", []string{"expr:summable, predicate:bool -> real"})
	}
	for _, f := range []struct {
		name, doc  string
		population bool
	}{
		{"covariance", "Gives the covariance of two variables of a sample.", false},
		{"covariancep", "Gives the covariance of two variables of a whole population.", true},
	} {
		registerAggs(agg(f.name, f.doc, f.name+"-aggregation-function", []string{"x:summable, y:summable -> real"},
			states(func(types.Type) fn.State { return &covarianceState{population: f.population} })))
		a := agg(f.name+"if", "Like "+f.name+", over the rows for which the condition is true.", f.name+"if-aggregation-function",
			[]string{"x:summable, y:summable, predicate:bool -> real"}, filtered(2, aggregates[f.name]))
		registerAggs(a)
	}
	for _, f := range []struct {
		name, doc string
		start     int64
		op        func(a, b int64) int64
	}{
		{"binary_all_and", "Joins all values with binary and.", -1, func(a, b int64) int64 { return a & b }},
		{"binary_all_or", "Joins all values with binary or.", 0, func(a, b int64) int64 { return a | b }},
		{"binary_all_xor", "Joins all values with binary exclusive or.", 0, func(a, b int64) int64 { return a ^ b }},
	} {
		a := agg(f.name, f.doc, "binary-all-"+f.name[len("binary_all_"):]+"-aggregation-function", []string{"expr:summable -> arg0"},
			states(func(types.Type) fn.State { return &bitsState{acc: f.start, op: f.op} }))
		a.Naming, a.Prefix = NameFirst, ""
		registerAggs(a)
	}
	aggExamples("count", `count()`, `5`)
	aggExamples("countif", `countif(x > 3)`, `2`)
	aggExamples("sum", `sum(x)`, `15`)
	aggExamples("sumif", `sumif(x, x > 3)`, `9`)
	aggExamples("avg", `avg(x)`, `3`)
	aggExamples("min", `min(x)`, `1`)
	aggExamples("max", `max(s)`, `"c"`)
	aggExamples("stdevp", `stdevp(x)`, `1.4142135623730951`)
	aggExamples("variance", `variance(x)`, `2.5`)
	aggExamples("binary_all_or", `binary_all_or(x)`, `7`)
}

type countState struct {
	n    int64
	cond bool
}

func (s *countState) Add(args []event.Value) {
	if !s.cond || args[0].IsTrue() {
		s.n++
	}
}
func (s *countState) Merge(o fn.State)    { s.n += o.(*countState).n }
func (s *countState) Result() event.Value { return event.IntOf(s.n) }
func (s *countState) Size() int           { return 16 }

type sumState struct {
	t    types.Type
	i    int64 // integers and ticks
	f    float64
	real bool
}

func (s *sumState) Add(args []event.Value) {
	switch v := args[0]; v.Kind() {
	case event.Int:
		s.i += v.Int()
	case event.Float:
		s.f += v.Float()
		s.real = true
	case event.Duration:
		s.i += v.Ticks()
	case event.Time:
		s.i += v.Ticks() + epochTicks
	}
}

func (s *sumState) Merge(o fn.State) {
	x := o.(*sumState)
	s.i += x.i
	s.f += x.f
	s.real = s.real || x.real
}

func (s *sumState) Result() event.Value {
	switch s.t {
	case types.TimeSpan:
		return event.DurationOf(s.i)
	case types.DateTime:
		return timeValue(s.i - epochTicks)
	case types.Real, types.Decimal:
		return event.FloatOf(s.f + float64(s.i))
	}
	if s.real {
		return event.FloatOf(s.f + float64(s.i))
	}
	return event.IntOf(s.i)
}
func (s *sumState) Size() int { return 32 }

type avgState struct {
	t types.Type
	n int64
	f float64
	i int64
}

func (s *avgState) Add(args []event.Value) {
	switch v := args[0]; v.Kind() {
	case event.Int:
		s.f += float64(v.Int())
	case event.Float:
		s.f += v.Float()
	case event.Duration:
		s.i += v.Ticks()
	case event.Time:
		// The sum of many times overflows: their distances from the first do not.
		if s.n == 0 {
			s.f = float64(v.Ticks())
			s.i = v.Ticks()
		} else {
			s.f += (float64(v.Ticks()-s.i) - (s.f - float64(s.i))) / float64(s.n+1)
		}
	default:
		return
	}
	s.n++
}

func (s *avgState) Merge(o fn.State) {
	x := o.(*avgState)
	if s.t == types.DateTime {
		switch {
		case x.n == 0:
		case s.n == 0:
			*s = *x
		default:
			s.f += (x.f - s.f) * float64(x.n) / float64(s.n+x.n)
			s.n += x.n
		}
		return
	}
	s.n, s.f, s.i = s.n+x.n, s.f+x.f, s.i+x.i
}

func (s *avgState) Result() event.Value {
	switch s.t {
	case types.TimeSpan:
		if s.n == 0 {
			return event.NullValue
		}
		return event.DurationOf(s.i / s.n)
	case types.DateTime:
		if s.n == 0 {
			return event.NullValue
		}
		return timeValue(int64(math.Round(s.f)))
	}
	return event.FloatOf(s.f / float64(s.n))
}
func (s *avgState) Size() int { return 40 }

type extremeState struct {
	sign int
	best event.Value
}

func (s *extremeState) Add(args []event.Value) {
	v := args[0]
	if v.IsNull() {
		return
	}
	if s.best.IsNull() || Compare(v, s.best)*s.sign > 0 {
		s.best = v
	}
}
func (s *extremeState) Merge(o fn.State) { s.Add([]event.Value{o.(*extremeState).best}) }
func (s *extremeState) Result() event.Value {
	if s.best.IsNull() {
		return event.NullValue
	}
	return s.best
}
func (s *extremeState) Size() int { return 32 + s.best.Size() }

// momentState keeps count, mean and the sum of squared distances from it, so that large values do not cancel out.
type momentState struct {
	population, root bool
	n                float64
	mean, m2         float64
}

func summand(v event.Value) (float64, bool) {
	switch v.Kind() {
	case event.Duration:
		return float64(v.Ticks()), true
	case event.Time:
		return float64(v.Ticks() + epochTicks), true
	}
	return v.Number()
}

func (s *momentState) Add(args []event.Value) {
	x, ok := summand(args[0])
	if !ok {
		return
	}
	s.n++
	d := x - s.mean
	s.mean += d / s.n
	s.m2 += d * (x - s.mean)
}

func (s *momentState) Merge(o fn.State) {
	x := o.(*momentState)
	if x.n == 0 {
		return
	}
	d, n := x.mean-s.mean, s.n+x.n
	s.m2 += x.m2 + d*d*s.n*x.n/n
	s.mean += d * x.n / n
	s.n = n
}

func (s *momentState) Result() event.Value {
	v := s.m2 / (s.n - 1)
	switch {
	case s.n == 0:
		v = math.NaN()
	case s.population:
		v = s.m2 / s.n
	case s.n == 1:
		v = 0
	}
	if s.root {
		v = math.Sqrt(v)
	}
	return event.FloatOf(v)
}
func (s *momentState) Size() int { return 40 }

type covarianceState struct {
	population   bool
	n, mx, my, c float64
}

func (s *covarianceState) Add(args []event.Value) {
	x, ok := summand(args[0])
	y, ok2 := summand(args[1])
	if !ok || !ok2 {
		return
	}
	s.n++
	dx := x - s.mx
	s.mx += dx / s.n
	s.my += (y - s.my) / s.n
	s.c += dx * (y - s.my)
}

func (s *covarianceState) Merge(o fn.State) {
	x := o.(*covarianceState)
	if x.n == 0 {
		return
	}
	n := s.n + x.n
	dx, dy := x.mx-s.mx, x.my-s.my
	s.c += x.c + dx*dy*s.n*x.n/n
	s.mx += dx * x.n / n
	s.my += dy * x.n / n
	s.n = n
}

func (s *covarianceState) Result() event.Value {
	switch {
	case s.n == 0:
		return event.FloatOf(math.NaN())
	case s.population:
		return event.FloatOf(s.c / s.n)
	case s.n == 1:
		return event.FloatOf(0)
	}
	return event.FloatOf(s.c / (s.n - 1))
}
func (s *covarianceState) Size() int { return 48 }

type bitsState struct {
	acc  int64
	op   func(a, b int64) int64
	seen bool
}

func (s *bitsState) Add(args []event.Value) {
	if v := args[0]; v.Kind() == event.Int {
		s.acc, s.seen = s.op(s.acc, v.Int()), true
	}
}
func (s *bitsState) Merge(o fn.State) {
	if x := o.(*bitsState); x.seen {
		s.acc, s.seen = s.op(s.acc, x.acc), true
	}
}
func (s *bitsState) Result() event.Value {
	if !s.seen {
		return event.NullValue
	}
	return event.IntOf(s.acc)
}
func (s *bitsState) Size() int { return 32 }
