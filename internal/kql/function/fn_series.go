package function

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Series are arrays of numbers. An element that is no number is null in the result.
// https://learn.microsoft.com/kusto/query/scalar-functions#series-element-wise-functions

func seriesSee(name string) string {
	out := []byte(name)
	for i := range out {
		if out[i] == '_' {
			out[i] = '-'
		}
	}
	return string(out) + "-function"
}

// numbersOf gives the elements of an array as reals, NaN for what is no number; ok is false when v is no array.
func numbersOf(v event.Value) ([]float64, bool) {
	if v.Kind() != event.List {
		return nil, false
	}
	out := make([]float64, len(v.List()))
	for i, e := range v.List() {
		out[i] = seriesNumber(e)
	}
	return out, true
}

func seriesNumber(e event.Value) float64 {
	switch e.Kind() {
	case event.Bool, event.String:
		return real1(toReal(e))
	}
	return real1(e)
}

// seriesOf makes an array of reals; NaN becomes null.
func seriesOf(xs []float64) event.Value {
	out := make([]event.Value, len(xs))
	for i, x := range xs {
		if math.IsNaN(x) {
			out[i] = event.NullValue
		} else {
			out[i] = event.FloatOf(x)
		}
	}
	return listOf(out)
}

func init() {
	binarySig := func(result string) []string {
		return []string{"series1:array, series2:array -> " + result, "series1:array, series2:number -> " + result, "series1:number, series2:array -> " + result}
	}
	binary := func(name, doc string, f func(a, b event.Value) event.Value) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: seriesSee(name), Row: func(args []event.Value) event.Value { return elementwise(args[0], args[1], f) }}, Sig: binarySig("dynamic")}
	}
	compare := func(name, doc string, holds func(c int) bool) *Entry {
		return binary(name, doc, func(a, b event.Value) event.Value {
			c, ok := order(a, b)
			if !ok {
				return event.NullValue
			}
			return event.BoolOf(c != unordered && holds(c))
		})
	}
	unary := func(name, doc string, f func(float64) float64) *Entry {
		return strict(name, seriesSee(name), doc, "series:array -> dynamic", onArray(func(l, _ []event.Value) event.Value {
			out := make([]event.Value, len(l))
			for i, e := range l {
				x, ok := e.Number()
				if out[i] = event.NullValue; ok {
					out[i] = event.FloatOf(f(x))
				}
			}
			return listOf(out)
		}))
	}
	fold := func(name, doc string, f func(xs []float64) float64) *Entry {
		return strict(name, seriesSee(name), doc, "series:array -> real", onArray(func(l, _ []event.Value) event.Value {
			var xs []float64
			for _, e := range l {
				x, ok := e.Number()
				if !ok {
					return event.NullValue
				}
				xs = append(xs, x)
			}
			return event.FloatOf(f(xs))
		}))
	}
	register(
		binary("series_add", "Adds two series element by element.", addValues),
		binary("series_subtract", "Subtracts two series element by element.", subValues),
		binary("series_multiply", "Multiplies two series element by element.", mulValues),
		binary("series_divide", "Divides two series element by element.", func(a, b event.Value) event.Value { return onReals(a, b, func(x, y float64) float64 { return x / y }) }),
		binary("series_pow", "Raises a series to the power of another element by element.", func(a, b event.Value) event.Value { return onReals(a, b, math.Pow) }),
		compare("series_less", "Compares two series element by element.", func(c int) bool { return c < 0 }),
		compare("series_less_equals", "Compares two series element by element.", func(c int) bool { return c <= 0 }),
		compare("series_greater", "Compares two series element by element.", func(c int) bool { return c > 0 }),
		compare("series_greater_equals", "Compares two series element by element.", func(c int) bool { return c >= 0 }),
		compare("series_equals", "Compares two series element by element.", func(c int) bool { return c == 0 }),
		compare("series_not_equals", "Compares two series element by element.", func(c int) bool { return c != 0 }),
		unary("series_exp", "Raises e to each element.", math.Exp),
		unary("series_log", "Gives the natural logarithm of each element.", math.Log),
		unary("series_sin", "Gives the sine of each element.", math.Sin), unary("series_cos", "Gives the cosine of each element.", math.Cos),
		unary("series_tan", "Gives the tangent of each element.", math.Tan), unary("series_asin", "Gives the inverse sine of each element.", math.Asin),
		unary("series_acos", "Gives the inverse cosine of each element.", math.Acos), unary("series_atan", "Gives the inverse tangent of each element.", math.Atan),
		unary("series_floor", "Rounds each element down.", math.Floor), unary("series_ceiling", "Rounds each element up.", math.Ceil),
		strict("series_sign", seriesSee("series_sign"), "Gives -1, 0 or 1 for each element.", "series:array -> dynamic", eachNumber(func(v event.Value) event.Value {
			s := signOf(real1(v))
			if v.Kind() == event.Int {
				return event.IntOf(int64(s))
			}
			return event.FloatOf(s)
		})),
		strict("series_abs", seriesSee("series_abs"), "Gives the absolute value of each element.", "series:array -> arg0", eachNumber(absolute)),
		fold("series_sum", "Adds up a series.", func(xs []float64) float64 {
			s := 0.0
			for _, x := range xs {
				s += x
			}
			return s
		}),
		fold("series_product", "Multiplies the elements of a series.", func(xs []float64) float64 {
			p := 1.0
			for _, x := range xs {
				p *= x
			}
			return p
		}),
		fold("series_magnitude", "Gives the Euclidean length of a series.", func(xs []float64) float64 { return math.Sqrt(dot(xs, xs)) }),
		strict("series_dot_product", seriesSee("series_dot_product"), "Gives the dot product of two series.", "series1:array, series2:array -> real", func(args []event.Value) event.Value {
			p := elementwise(args[0], args[1], mulValues)
			xs, ok := numbersOf(p)
			if !ok {
				return event.NullValue
			}
			s := 0.0
			for _, x := range xs {
				if !math.IsNaN(x) {
					s += x
				}
			}
			return event.FloatOf(s)
		}),
		strict("series_cosine_similarity", seriesSee("series_cosine_similarity"), "Gives the cosine of the angle between two series; their lengths may be given.",
			"series1:array, series2:array, magnitude1:real?, magnitude2:real? -> real", func(args []event.Value) event.Value {
				a, ok1 := numbersOf(args[0])
				b, ok2 := numbersOf(args[1])
				if !ok1 || !ok2 || len(a) != len(b) {
					return event.NullValue
				}
				ma, mb := math.Sqrt(dot(a, a)), math.Sqrt(dot(b, b))
				if len(args) > 2 {
					ma = real1(args[2])
				}
				if len(args) > 3 {
					mb = real1(args[3])
				}
				return event.FloatOf(dot(a, b) / (ma * mb))
			}),
		strict("series_pearson_correlation", seriesSee("series_pearson_correlation"), "Gives Pearson's correlation of two series.", "series1:array, series2:array -> real", func(args []event.Value) event.Value {
			a, ok1 := numbersOf(args[0])
			b, ok2 := numbersOf(args[1])
			if !ok1 || !ok2 || len(a) != len(b) {
				return event.NullValue
			}
			ma, mb := mean(a), mean(b)
			var ab, aa, bb float64
			for i := range a {
				ab += (a[i] - ma) * (b[i] - mb)
				aa += (a[i] - ma) * (a[i] - ma)
				bb += (b[i] - mb) * (b[i] - mb)
			}
			return event.FloatOf(ab / math.Sqrt(aa*bb))
		}),
		fill("series_fill_forward", "Replaces missing elements by the value before them.", "series:array, missing_value_placeholder:number? -> arg0", func(l []event.Value, missing []bool, _ []event.Value) {
			for i := 1; i < len(l); i++ {
				if missing[i] && !missing[i-1] {
					l[i], missing[i] = l[i-1], false
				}
			}
		}, 0),
		fill("series_fill_backward", "Replaces missing elements by the value after them.", "series:array, missing_value_placeholder:number? -> arg0", func(l []event.Value, missing []bool, _ []event.Value) {
			for i := len(l) - 2; i >= 0; i-- {
				if missing[i] && !missing[i+1] {
					l[i], missing[i] = l[i+1], false
				}
			}
		}, 0),
		fill("series_fill_const", "Replaces missing elements by a constant.", "series:array, constant_value:number?, missing_value_placeholder:number? -> arg0", func(l []event.Value, missing []bool, args []event.Value) {
			by := event.IntOf(0)
			if len(args) > 0 {
				by = args[0]
			}
			for i := range l {
				if missing[i] {
					l[i] = by
				}
			}
		}, 1),
		fill("series_fill_linear", "Replaces missing elements by the line between their neighbours.",
			"series:array, missing_value_placeholder:number?, fill_edges:bool?, constant_value:number? -> arg0", fillLinear, 0),
		strict("series_fir", seriesSee("series_fir"), "Applies a finite impulse response filter.", "series:array, filter:array, normalize:bool?, center:bool? -> dynamic", seriesFIR).named(NameFirst),
		strict("series_iir", seriesSee("series_iir"), "Applies an infinite impulse response filter.", "series:array, numerators:array, denominators:array -> dynamic", seriesIIR).named(NameFirst),
		strict("series_stats_dynamic", seriesSee("series_stats_dynamic"), "Gives minimum, maximum, average, variance and more of a series.", "series:array, ignore_nonfinite:bool!? -> dynamic", func(args []event.Value) event.Value {
			return seriesStats(args).bag()
		}),
		tupleOf("series_stats", "Gives minimum, maximum, average and variance of a series, and where the extremes stand.", "series:array, ignore_nonfinite:bool!? -> dynamic", statsColumns,
			func(args []event.Value) event.Value { return seriesStats(args)[:7].tuple() }),
	)
	scalars["series_dot_product"].Sig = binarySig("real")
	alias("series_sum", "array_sum")
	examples(scalars, "series_add", `series_add(dynamic([1,2,4]), dynamic([4,2,1]))`, `[5,4,5]`, `series_add(dynamic([1,2]), 1)`, `[2,3]`)
	examples(scalars, "series_divide", `series_divide(dynamic([1,2,4]), dynamic([4,2,1]))`, `[0.25,1,4]`)
	examples(scalars, "series_greater", `series_greater(dynamic([1,2,4]), dynamic([4,2,1]))`, `[false,false,true]`)
	examples(scalars, "series_dot_product", `series_dot_product(dynamic([1,2,4]), dynamic([4,2,1]))`, `12`)
	examples(scalars, "series_fill_linear", `series_fill_linear(dynamic([null,111,null,36,41,null,null,16,null]))`, `[111,111,73,36,41,32,24,16,16]`,
		`series_fill_linear(dynamic([null,111.0,null,36.0]), real(null), false)`, `[null,111,73.5,36]`)
	examples(scalars, "series_fill_forward", `series_fill_forward(dynamic([null,36,null,16,null]))`, `[null,36,36,16,16]`)
	examples(scalars, "series_fir", `series_fir(dynamic([1,2,3,4]), dynamic([1,1]), false)`, `[1,3,5,7]`)
	examples(scalars, "series_iir", `series_iir(dynamic([0,1,2,3,4]), dynamic([1]), dynamic([1,-1]))`, `[0,1,3,6,10]`)
}

// elementwise joins two arrays, or an array and a number, element by element; the longer array's rest is null.
func elementwise(a, b event.Value, f func(a, b event.Value) event.Value) event.Value {
	x, y := a.List(), b.List()
	la, lb := a.Kind() == event.List, b.Kind() == event.List
	if !la && !lb {
		return event.NullValue
	}
	n := max(len(x), len(y))
	out := make([]event.Value, n)
	for i := range out {
		u, v := a, b
		if la {
			u = element(a, int64(i))
		}
		if lb {
			v = element(b, int64(i))
		}
		_, ok1 := u.Number()
		_, ok2 := v.Number()
		if out[i] = event.NullValue; ok1 && ok2 {
			out[i] = f(u, v)
		}
	}
	return listOf(out)
}

func onReals(a, b event.Value, f func(x, y float64) float64) event.Value {
	return event.FloatOf(f(real1(a), real1(b)))
}

func eachNumber(f func(event.Value) event.Value) fn.Row {
	return onArray(func(l, _ []event.Value) event.Value {
		out := make([]event.Value, len(l))
		for i, e := range l {
			if out[i] = event.NullValue; e.Kind() == event.Int || e.Kind() == event.Float {
				out[i] = f(e)
			}
		}
		return listOf(out)
	})
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func mean(xs []float64) float64 {
	s, n := 0.0, 0.0
	for _, x := range xs {
		if !math.IsNaN(x) {
			s += x
			n++
		}
	}
	return s / n
}

// fill makes a function that replaces missing elements: nulls, or those equal to the placeholder, which is the argument at.
func fill(name, doc, sig string, f func(l []event.Value, missing []bool, args []event.Value), at int) *Entry {
	return lax(name, seriesSee(name), doc, sig, func(args []event.Value) event.Value {
		if args[0].Kind() != event.List {
			return event.NullValue
		}
		holder := event.NullValue
		if len(args) > at+1 {
			holder = args[at+1]
		}
		l := append([]event.Value(nil), args[0].List()...)
		missing := make([]bool, len(l))
		for i, e := range l {
			missing[i] = e.IsNull() && holder.IsNull() || !holder.IsNull() && event.Equal(e, holder)
		}
		f(l, missing, args[1:])
		return listOf(l)
	}).named(NameFirst)
}

func fillLinear(l []event.Value, missing []bool, args []event.Value) {
	edges := len(args) < 2 || args[1].IsTrue()
	constant := event.FloatOf(0)
	if len(args) > 2 {
		constant = args[2]
	}
	first, last, whole := -1, -1, true
	for i := range l {
		if !missing[i] {
			if first < 0 {
				first = i
			}
			last = i
			whole = whole && l[i].Kind() == event.Int
		}
	}
	if first < 0 {
		for i := range l {
			l[i] = constant
		}
		return
	}
	prev := first
	for i := range l {
		switch {
		case !missing[i]:
			prev = i
		case i < first || i > last:
			if edges {
				l[i] = l[min(max(i, first), last)]
			}
		default:
			next := i
			for missing[next] {
				next++
			}
			a, b := real1(l[prev]), real1(l[next])
			l[i] = event.FloatOf(a + (b-a)*float64(i-prev)/float64(next-prev))
			if whole { // a series of integers stays one
				l[i] = longOf(l[i].Float())
			}
		}
	}
}

// seriesFIR sums each element and those before it, weighted; what would stand before the first is 0.
func seriesFIR(args []event.Value) event.Value {
	xs, ok1 := numbersOf(args[0])
	w, ok2 := numbersOf(args[1])
	if !ok1 || !ok2 || len(w) == 0 {
		return event.NullValue
	}
	negative := slices.ContainsFunc(w, func(c float64) bool { return c < 0 })
	normalize := !negative
	if len(args) > 2 {
		if normalize = args[2].IsTrue(); normalize && negative {
			return event.NullValue
		}
	}
	centered := len(args) > 3 && args[3].IsTrue()
	sum := 0.0
	for _, c := range w {
		sum += c
	}
	if sum == 0 || !normalize {
		sum = 1
	}
	shift := 0
	if centered {
		shift = (len(w) - 1) / 2
	}
	out := make([]float64, len(xs))
	for i := range out {
		for j, c := range w {
			if k := i + shift - j; k >= 0 && k < len(xs) {
				out[i] += c * xs[k]
			}
		}
		out[i] /= sum
	}
	return seriesOf(out)
}

func seriesIIR(args []event.Value) event.Value {
	xs, ok1 := numbersOf(args[0])
	b, ok2 := numbersOf(args[1])
	a, ok3 := numbersOf(args[2])
	if !ok1 || !ok2 || !ok3 || len(a) == 0 || a[0] == 0 {
		return event.NullValue
	}
	out := make([]float64, len(xs))
	for i := range out {
		for j, c := range b {
			if i >= j {
				out[i] += c * xs[i-j]
			}
		}
		for j := 1; j < len(a); j++ {
			if i >= j {
				out[i] -= a[j] * out[i-j]
			}
		}
		out[i] /= a[0]
	}
	return seriesOf(out)
}

// A stat is one named result of a function that gives several.
type stat struct {
	name  string
	value event.Value
}

type statList []stat

func (s statList) tuple() event.Value {
	out := make([]event.Value, len(s))
	for i, x := range s {
		out[i] = x.value
	}
	return listOf(out)
}

func (s statList) bag() event.Value {
	var bag event.Bag
	for _, x := range s {
		bag = append(bag, event.Field{Name: x.name, Value: x.value})
	}
	return event.ObjectOf(bag)
}

// tupleOf is a function that gives several columns, called function_argument_name.
func tupleOf(name, doc, sig string, cols []Column, row fn.Row) *Entry {
	e := lax(name, seriesSee(name), doc, sig, func(args []event.Value) event.Value {
		v := row(args)
		if v.IsNull() {
			out := make([]event.Value, len(cols))
			for i := range out {
				out[i] = event.NullValue
			}
			return listOf(out)
		}
		return v
	})
	e.columns = func(args []Arg) []Column {
		out := make([]Column, len(cols))
		for i, c := range cols {
			out[i] = Column{name + "_" + args[0].Name + "_" + c.Name, c.Type}
		}
		return out
	}
	return e
}

var statsColumns = []Column{{"min", types.Real}, {"min_idx", types.Long}, {"max", types.Real}, {"max_idx", types.Long}, {"avg", types.Real}, {"stdev", types.Real}, {"variance", types.Real}}

func seriesStats(args []event.Value) statList {
	xs, ok := numbersOf(args[0])
	if !ok {
		return nullStats("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len")
	}
	ignore := len(args) > 1 && args[1].IsTrue()
	var m momentState
	lo, hi := -1, -1
	sum := 0.0
	bad := false
	for i, x := range xs {
		if ignore && (math.IsNaN(x) || math.IsInf(x, 0)) {
			continue
		}
		bad = bad || math.IsNaN(x)
		if lo < 0 || x < xs[lo] {
			lo = i
		}
		if hi < 0 || x > xs[hi] {
			hi = i
		}
		sum += x
		m.Add([]event.Value{event.FloatOf(x)})
	}
	if lo < 0 || bad {
		return nullStats("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len")
	}
	variance := m.Result().Float()
	return statList{{"min", event.FloatOf(xs[lo])}, {"min_idx", event.IntOf(int64(lo))}, {"max", event.FloatOf(xs[hi])}, {"max_idx", event.IntOf(int64(hi))},
		{"avg", event.FloatOf(m.mean)}, {"stdev", event.FloatOf(math.Sqrt(variance))}, {"variance", event.FloatOf(variance)}, {"sum", event.FloatOf(sum)}, {"len", event.IntOf(int64(m.n))}}
}

func nullStats(names ...string) statList {
	var out statList
	for _, n := range names {
		out = append(out, stat{n, event.NullValue})
	}
	return out
}
