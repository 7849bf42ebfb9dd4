package function

import (
	"crypto/rand"
	"math"
	"math/bits"
	mrand "math/rand/v2"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Numbers. https://learn.microsoft.com/kusto/query/scalar-functions#mathematical-functions

func init() {
	real := func(name, doc string, f func(float64) float64) *Entry {
		return strict(name, name+"-function", doc, "number:number -> real", func(args []event.Value) event.Value { return event.FloatOf(f(real1(args[0]))) }).named(NameFirst)
	}
	bits2 := func(name, doc string, f func(a, b int64) int64) *Entry {
		return strict(name, strings.ReplaceAll(name, "_", "-")+"-function", doc, "value1:integer, value2:integer -> long", func(args []event.Value) event.Value {
			return event.IntOf(f(args[0].Int(), args[1].Int()))
		}).named(NameFirst)
	}
	shift := func(name, doc string, f func(a int64, n uint) int64) *Entry {
		return strict(name, strings.ReplaceAll(name, "_", "-")+"-function", doc, "value:integer, shift:integer -> long", func(args []event.Value) event.Value {
			n := args[1].Int()
			if n < 0 {
				return event.NullValue
			}
			return event.IntOf(f(args[0].Int(), uint(n%64)))
		}).named(NameFirst)
	}
	register(
		&Entry{Func: fn.Func{Name: "round", Doc: "Rounds a number to a number of decimals, halves away from zero.", See: "round-function", Row: round}, Naming: NameFirst,
			Sig: []string{"number:number, precision:long!? -> arg0"}},
		&Entry{Func: fn.Func{Name: "abs", Doc: "Gives the absolute value.", See: "abs-function", Row: func(args []event.Value) event.Value { return absolute(args[0]) }}, Naming: NameFirst,
			Sig: []string{"number:integer -> long", "number:number -> arg0", "number:timespan -> timespan"}},
		strict("ceiling", "ceiling-function", "Rounds a number up to an integer.", "number:number -> arg0", func(args []event.Value) event.Value {
			if args[0].Kind() == event.Float {
				return event.FloatOf(math.Ceil(args[0].Float()))
			}
			return args[0]
		}).named(NameFirst),
		strict("pow", "pow-function", "Raises a number to a power.", "base:number, exponent:number -> real", func(args []event.Value) event.Value {
			return event.FloatOf(math.Pow(real1(args[0]), real1(args[1])))
		}).named(NameFirst),
		strict("atan2", "atan2-function", "Gives the angle between the x axis and the point (y, x).", "y:number, x:number -> real", func(args []event.Value) event.Value {
			return event.FloatOf(math.Atan2(real1(args[0]), real1(args[1])))
		}).named(NameFirst),
		real("sqrt", "Gives the square root.", math.Sqrt),
		real("log", "Gives the natural logarithm.", math.Log),
		real("log2", "Gives the logarithm to base 2.", math.Log2),
		real("log10", "Gives the logarithm to base 10.", math.Log10),
		real("exp", "Raises e to a power.", math.Exp),
		real("exp2", "Raises 2 to a power.", math.Exp2),
		real("exp10", "Raises 10 to a power.", func(x float64) float64 { return math.Pow(10, x) }),
		real("cos", "Gives the cosine.", math.Cos), real("sin", "Gives the sine.", math.Sin), real("tan", "Gives the tangent.", math.Tan),
		real("acos", "Gives the inverse of the cosine.", math.Acos), real("asin", "Gives the inverse of the sine.", math.Asin), real("atan", "Gives the inverse of the tangent.", math.Atan),
		real("cot", "Gives the cotangent.", func(x float64) float64 { return 1 / math.Tan(x) }).named(NameNone),
		real("degrees", "Turns radians into degrees.", func(x float64) float64 { return x / math.Pi * 180 }).named(NameNone),
		real("radians", "Turns degrees into radians.", func(x float64) float64 { return x / 180 * math.Pi }).named(NameNone),
		real("sign", "Gives -1, 0 or 1.", signOf).named(NameNone),
		real("gamma", "Gives the gamma function.", math.Gamma),
		real("loggamma", "Gives the logarithm of the absolute value of the gamma function.", func(x float64) float64 { l, _ := math.Lgamma(x); return l }),
		real("erf", "Gives the error function.", math.Erf), real("erfc", "Gives the complement of the error function.", math.Erfc),
		lax("pi", "pi-function", "Gives π.", "-> real", func([]event.Value) event.Value { return event.FloatOf(math.Pi) }),
		bits2("binary_and", "Joins two numbers with binary and.", func(a, b int64) int64 { return a & b }),
		bits2("binary_or", "Joins two numbers with binary or.", func(a, b int64) int64 { return a | b }),
		bits2("binary_xor", "Joins two numbers with binary exclusive or.", func(a, b int64) int64 { return a ^ b }),
		shift("binary_shift_left", "Shifts the bits of a number to the left.", func(a int64, n uint) int64 { return a << n }),
		shift("binary_shift_right", "Shifts the bits of a number to the right.", func(a int64, n uint) int64 { return a >> n }),
		strict("binary_not", "binary-not-function", "Inverts the bits of a number.", "value:integer -> long", func(args []event.Value) event.Value { return event.IntOf(^args[0].Int()) }).named(NameFirst),
		strict("bitset_count_ones", "bitset-count-ones-function", "Counts the bits that are set.", "value:integer -> long", func(args []event.Value) event.Value {
			return event.IntOf(int64(bits.OnesCount64(uint64(args[0].Int()))))
		}).named(NameFirst),
		&Entry{Func: fn.Func{Name: "rand", Doc: "Gives a random real from 0 to 1, or a random whole number below the argument.", See: "rand-function", Volatile: true, Null: fn.SeesNull, Row: random}, Naming: NameFirst,
			Sig: []string{"number:integer? -> real"}},
		&Entry{Func: fn.Func{Name: "new_guid", Doc: "Gives a new random guid.", See: "new-guid-function", Volatile: true, Null: fn.SeesNull, Row: newGUID}, Sig: []string{"-> guid"}},
		&Entry{Func: fn.Func{Name: "format_bytes", Doc: "Writes a number of bytes with a unit, up to as many decimals as asked for.", See: "format-bytes-function", Row: formatBytes}, Naming: NameFirst,
			Sig: []string{"size:number, precision:number!?, units:string!? -> string"}},
		strict("beta_cdf", "beta-cdf-function", "Gives the standard cumulative beta distribution.", "x:number, alpha:number, beta:number -> real", beta(func(x, a, b float64) float64 {
			if x < 0 || x > 1 {
				return math.NaN()
			}
			return betaCDF(x, a, b)
		})),
		strict("beta_pdf", "beta-pdf-function", "Gives the density of the beta distribution.", "x:number, alpha:number, beta:number -> real", beta(betaPDF)),
		strict("beta_inv", "beta-inv-function", "Gives the inverse of beta_cdf.", "probability:number, alpha:number, beta:number -> real", beta(betaInv)),
		strict("welch_test", "welch-test-function", "Gives the p value of Welch's t-test.", "mean1:number, variance1:number, count1:number, mean2:number, variance2:number, count2:number -> real", welch),
	)
	examples(scalars, "round", `round(2.98765, 3)`, `2.988`, `round(2.15, 1)`, `2.2`, `round(-7.5)`, `-8`)
	examples(scalars, "abs", `abs(-5)`, `5`, `abs(-2h)`, `"02:00:00"`)
	examples(scalars, "ceiling", `ceiling(-1.1)`, `-1`)
	examples(scalars, "pow", `pow(2, 3)`, `8`)
	examples(scalars, "sign", `sign(-42)`, `-1`)
	examples(scalars, "binary_and", `binary_and(6, 3)`, `2`)
	examples(scalars, "binary_shift_left", `binary_shift_left(1, 2)`, `4`)
	examples(scalars, "bitset_count_ones", `bitset_count_ones(42)`, `3`)
	examples(scalars, "welch_test", `round(welch_test(20.82, 7.8674, 15, 22.9867, 3.8127, 15), 3)`, `0.021`)
	examples(scalars, "format_bytes", `format_bytes(564)`, `"564 Bytes"`, `format_bytes(10332, 1)`, `"10.1 KB"`, `format_bytes(20010332)`, `"19 MB"`, `format_bytes(20010332, 2)`, `"19.08 MB"`, `format_bytes(20010332, 0, "KB")`, `"19541 KB"`)
}

func round(args []event.Value) event.Value {
	v := args[0]
	var p int64
	if len(args) > 1 {
		p = max(min(args[1].Int(), 300), -300)
	}
	if v.Kind() == event.Int {
		if p >= 0 {
			return v
		}
		scale := math.Pow(10, float64(-p))
		return longOf(math.Round(float64(v.Int())/scale) * scale)
	}
	f := v.Float()
	if p == 0 {
		return event.FloatOf(math.Round(f))
	}
	// Dividing by a power of ten is exact where multiplying by its inverse is not.
	if p < 0 {
		scale := math.Pow(10, float64(-p))
		return event.FloatOf(math.Round(f/scale) * scale)
	}
	scale := math.Pow(10, float64(p))
	if r := math.Round(f*scale) / scale; !math.IsInf(r, 0) && !math.IsNaN(r) {
		return event.FloatOf(r)
	}
	return v
}

func absolute(v event.Value) event.Value {
	switch v.Kind() {
	case event.Int:
		if v.Int() < 0 {
			return event.IntOf(-v.Int())
		}
	case event.Float:
		return event.FloatOf(math.Abs(v.Float()))
	case event.Duration:
		if v.Ticks() < 0 {
			return event.DurationOf(-v.Ticks())
		}
	}
	return v
}

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func random(args []event.Value) event.Value {
	if len(args) > 0 && args[0].Kind() == event.Int && args[0].Int() > 1 {
		return event.FloatOf(float64(mrand.Int64N(args[0].Int())))
	}
	return event.FloatOf(mrand.Float64())
}

func newGUID([]event.Value) event.Value {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return textOf(guidText(b[:]))
}

var byteUnits = []string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"}

func formatBytes(args []event.Value) event.Value {
	f := real1(args[0])
	decimals, unit := 0, -1
	if len(args) > 1 {
		decimals = int(max(0, min(real1(args[1]), 15)))
	}
	if len(args) > 2 {
		want := args[2].Str()
		for i, u := range byteUnits {
			if strings.EqualFold(u, want) {
				unit = i
			}
		}
		if unit < 0 && want != "" {
			return emptyText
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return emptyText
	}
	u := max(unit, 0)
	f /= math.Pow(1024, float64(u))
	if unit < 0 {
		for math.Abs(f) >= 1024 && u < len(byteUnits)-1 {
			f /= 1024
			u++
		}
	}
	scale := math.Pow(10, float64(decimals))
	return textOf(strconv.FormatFloat(math.Round(f*scale)/scale, 'f', -1, 64) + " " + byteUnits[u])
}
