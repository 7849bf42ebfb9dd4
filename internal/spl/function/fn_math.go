package function

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var mathematics = []*fn.Func{
	{Name: "abs", Min: 1, Max: 1, Bind: unary(math.Abs), See: pageMath, Doc: "The absolute value of a number.", Examples: ex(`abs(-4)`, `4`)},
	{Name: "ceil", Min: 1, Max: 1, Bind: unary(math.Ceil), See: pageMath, Doc: "The next whole number that is not smaller.", Examples: ex(`ceil(1.9)`, `2`)},
	{Name: "ceiling", Min: 1, Max: 1, Bind: unary(math.Ceil), See: pageMath, Doc: "The same as ceil.", Examples: ex(`ceiling(-1.5)`, `-1`)},
	{Name: "exact", Min: 1, Max: 1, Bind: unary(func(x float64) float64 { return x }), See: pageMath, Doc: "The number itself; results are always printed in full here.", Examples: ex(`exact(3.14*2)`, `6.28`)},
	{Name: "exp", Min: 1, Max: 1, Bind: unary(math.Exp), See: pageMath, Doc: "e to the power of a number.", Examples: ex(`exp(0)`, `1`)},
	{Name: "floor", Min: 1, Max: 1, Bind: unary(math.Floor), See: pageMath, Doc: "The next whole number that is not greater.", Examples: ex(`floor(1.9)`, `1`, `floor(-1.5)`, `-2`)},
	{Name: "ln", Min: 1, Max: 1, Bind: unary(math.Log), See: pageMath, Doc: "The natural logarithm; null for what has none.", Examples: ex(`ln(1)`, `0`, `ln(0)`, `null`)},
	{Name: "log", Min: 1, Max: 2, Bind: numeric(logarithm), See: pageMath, Doc: "The logarithm to the given base, by default 10.", Examples: ex(`log(1000)`, `3`, `log(8,2)`, `3`, `log(-1)`, `null`)},
	{Name: "pi", Min: 0, Max: 0, Row: func([]event.Value) event.Value { return event.FloatOf(math.Pi) }, See: pageMath, Doc: "The number pi.", Examples: ex(`round(pi(),4)`, `3.1416`)},
	{Name: "pow", Min: 2, Max: 2, Bind: numeric(func(x []float64) event.Value { return finite(math.Pow(x[0], x[1])) }), See: pageMath, Doc: "The first number to the power of the second.", Examples: ex(`pow(10,9)`, `1000000000`, `pow(2,0.5)*pow(2,0.5)>1.99`, `true`)},
	{Name: "round", Min: 1, Max: 2, Bind: round, See: pageMath, Doc: "The number rounded to a number of decimal places, by default none; halves go away from zero, judged by the decimal text.", Examples: ex(`round(3.5)`, `4`, `round(2.555,2)`, `2.56`, `round(-2.5)`, `-3`, `round(2.4)`, `2`)},
	{Name: "sqrt", Min: 1, Max: 1, Bind: unary(math.Sqrt), See: pageMath, Doc: "The square root; null for negative numbers.", Examples: ex(`sqrt(9)`, `3`, `sqrt(-1)`, `null`)},
	{Name: "sum", Min: 1, Max: -1, Null: fn.SeesNull, Bind: total(false), See: pageMath, Doc: "The sum of the numbers among the arguments, each value of multivalue fields counting; null when there is none.", Examples: ex(`sum(1,2,3)`, `6`, `sum(1,null(),2.5)`, `3.5`, `sum(split("1,2,x",","))`, `3`)},
}

var statistics = []*fn.Func{
	{Name: "avg", Min: 1, Max: -1, Null: fn.SeesNull, Bind: total(true), See: pageStatEval, Doc: "The mean of the numbers among the arguments, each value of multivalue fields counting; null when there is none.", Examples: ex(`avg(2,3)`, `2.5`, `avg(null(),4)`, `4`)},
	{Name: "max", Min: 1, Max: -1, Null: fn.SeesNull, Row: extreme(1), See: pageStatEval, Doc: "The greatest of all values; any text is greater than any number.", Examples: ex(`max(9,10,100)`, `100`, `max(1,"foo","bar")`, `"foo"`, `max(null(),2)`, `2`, `max(split("1 3 6 4"," "))`, `"6"`)},
	{Name: "min", Min: 1, Max: -1, Null: fn.SeesNull, Row: extreme(-1), See: pageStatEval, Doc: "The least of all values; any number is less than any text.", Examples: ex(`min(3,6,7,"maria",1)`, `1`, `min("b","a")`, `"a"`)},
	{Name: "random", Min: 0, Max: 0, Volatile: true, Row: func([]event.Value) event.Value { return event.IntOf(rand.Int64N(1 << 31)) }, See: pageStatEval, Doc: "A random whole number from 0 to 2147483647, another one at each call.", Examples: ex(`random()>=0`, `true`)},
}

var trigonometry = []*fn.Func{
	{Name: "acos", Min: 1, Max: 1, Bind: unary(math.Acos), See: pageTrig, Doc: "The arc cosine, in radians.", Examples: ex(`acos(1)`, `0`, `acos(2)`, `null`)},
	{Name: "acosh", Min: 1, Max: 1, Bind: unary(math.Acosh), See: pageTrig, Doc: "The inverse hyperbolic cosine.", Examples: ex(`acosh(1)`, `0`)},
	{Name: "asin", Min: 1, Max: 1, Bind: unary(math.Asin), See: pageTrig, Doc: "The arc sine, in radians.", Examples: ex(`asin(0)`, `0`)},
	{Name: "asinh", Min: 1, Max: 1, Bind: unary(math.Asinh), See: pageTrig, Doc: "The inverse hyperbolic sine.", Examples: ex(`asinh(0)`, `0`)},
	{Name: "atan", Min: 1, Max: 1, Bind: unary(math.Atan), See: pageTrig, Doc: "The arc tangent, in radians.", Examples: ex(`atan(0)`, `0`)},
	{Name: "atan2", Min: 2, Max: 2, Bind: numeric(func(x []float64) event.Value { return finite(math.Atan2(x[0], x[1])) }), See: pageTrig, Doc: "The angle of the point (x, y), in radians, given y and x.", Examples: ex(`round(atan2(1,1),6)`, `0.785398`)},
	{Name: "atanh", Min: 1, Max: 1, Bind: unary(math.Atanh), See: pageTrig, Doc: "The inverse hyperbolic tangent.", Examples: ex(`atanh(0)`, `0`)},
	{Name: "cos", Min: 1, Max: 1, Bind: unary(math.Cos), See: pageTrig, Doc: "The cosine of an angle in radians.", Examples: ex(`cos(0)`, `1`)},
	{Name: "cosh", Min: 1, Max: 1, Bind: unary(math.Cosh), See: pageTrig, Doc: "The hyperbolic cosine.", Examples: ex(`cosh(0)`, `1`)},
	{Name: "hypot", Min: 2, Max: 2, Bind: numeric(func(x []float64) event.Value { return finite(math.Hypot(x[0], x[1])) }), See: pageTrig, Doc: "The length of the hypotenuse.", Examples: ex(`hypot(3,4)`, `5`)},
	{Name: "sin", Min: 1, Max: 1, Bind: unary(math.Sin), See: pageTrig, Doc: "The sine of an angle in radians.", Examples: ex(`sin(0)`, `0`)},
	{Name: "sinh", Min: 1, Max: 1, Bind: unary(math.Sinh), See: pageTrig, Doc: "The hyperbolic sine.", Examples: ex(`sinh(0)`, `0`)},
	{Name: "tan", Min: 1, Max: 1, Bind: unary(math.Tan), See: pageTrig, Doc: "The tangent of an angle in radians.", Examples: ex(`tan(0)`, `0`)},
	{Name: "tanh", Min: 1, Max: 1, Bind: unary(math.Tanh), See: pageTrig, Doc: "The hyperbolic tangent.", Examples: ex(`tanh(0)`, `0`)},
}

// maxBits is the greatest number that bitwise functions take: 53 bits.
const maxBits = 1<<53 - 1

var bitwise = []*fn.Func{
	{Name: "bit_and", Min: 2, Max: -1, Bind: bits(func(a, b uint64) uint64 { return a & b }), See: pageBitwise, Doc: "The bits that are set in all arguments, whole numbers of up to 53 bits; null for others.", Examples: ex(`bit_and(12,10)`, `8`, `bit_and(-1,1)`, `null`)},
	{Name: "bit_not", Min: 1, Max: 2, Bind: numeric(bitNot), See: pageBitwise, Doc: "All 53 bits inverted, or those of a mask.", Examples: ex(`bit_not(9)`, `9007199254740982`, `bit_not(9,15)`, `6`)},
	{Name: "bit_or", Min: 2, Max: -1, Bind: bits(func(a, b uint64) uint64 { return a | b }), See: pageBitwise, Doc: "The bits that are set in any argument.", Examples: ex(`bit_or(4,2)`, `6`)},
	{Name: "bit_shift_left", Min: 2, Max: 2, Bind: bits(func(a, b uint64) uint64 {
		if b > 53 {
			return 0
		}
		return a << b & maxBits
	}), See: pageBitwise, Doc: "The first number shifted to the left by the second; bits beyond the 53rd are lost.", Examples: ex(`bit_shift_left(3,1)`, `6`, `bit_shift_left(3,52)`, `4503599627370496`, `bit_shift_left(1,53)`, `0`, `bit_shift_left(3,-2)`, `null`)},
	{Name: "bit_shift_right", Min: 2, Max: 2, Bind: bits(func(a, b uint64) uint64 {
		if b > 53 {
			return 0
		}
		return a >> b
	}), See: pageBitwise, Doc: "The first number shifted to the right by the second.", Examples: ex(`bit_shift_right(4,1)`, `2`)},
	{Name: "bit_xor", Min: 2, Max: -1, Bind: bits(func(a, b uint64) uint64 { return a ^ b }), See: pageBitwise, Doc: "The bits that are set in an odd number of the arguments.", Examples: ex(`bit_xor(3,2)`, `1`)},
}

func unary(f func(float64) float64) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return numeric(func(x []float64) event.Value { return finite(f(x[0])) })
}

func logarithm(x []float64) event.Value {
	if len(x) == 1 {
		return finite(math.Log10(x[0]))
	}
	switch x[1] {
	case 2:
		return finite(math.Log2(x[0]))
	case 10:
		return finite(math.Log10(x[0]))
	}
	return finite(math.Log(x[0]) / math.Log(x[1]))
}

func round(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	if len(args) == 2 && args[1].Const {
		if n, ok := Number(args[1].Value); ok && n < 0 {
			return nil, errors.New("round cannot round to a negative number of places")
		}
	}
	return numeric(func(x []float64) event.Value {
		places := 0.0
		if len(x) == 2 {
			places = math.Trunc(x[1])
		}
		if places < 0 || math.IsNaN(x[0]) || math.IsInf(x[0], 0) {
			return null
		}
		return numberValue(roundDecimal(x[0], int(min(places, 400))))
	})(env, args)
}

// roundDecimal rounds the shortest decimal text of x, so that 2.555 is a half although the float is a little less.
func roundDecimal(x float64, places int) float64 {
	if math.Abs(x) >= 1<<53 || places > 30 {
		return x
	}
	s := strconv.AppendFloat(nil, math.Abs(x), 'f', -1, 64)
	dot := -1
	for i, c := range s {
		if c == '.' {
			dot = i
		}
	}
	if dot < 0 || len(s)-dot-1 <= places {
		return x
	}
	up := s[dot+1+places] >= '5'
	s = s[:dot+1+places]
	if up {
		i := len(s) - 1
		for ; i >= 0; i-- {
			if s[i] == '.' {
				continue
			}
			if s[i] != '9' {
				s[i]++
				break
			}
			s[i] = '0'
		}
		if i < 0 {
			s = append([]byte{'1'}, s...)
		}
	}
	r, err := strconv.ParseFloat(string(s), 64)
	if err != nil {
		return x
	}
	return math.Copysign(r, x)
}

func total(mean bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if err := requireNumbers(args); err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value {
			var one [1]event.Value
			sum, n := event.IntOf(0), 0
			for _, a := range in {
				for _, v := range Values(a, &one) {
					if num, ok := Number(v); ok {
						if v.Kind() != event.Int {
							v = numberValue(num)
						}
						sum, _ = addNumbers(sum, v)
						n++
					}
				}
			}
			switch {
			case n == 0:
				return null
			case mean:
				return calculate('/', sum, event.IntOf(int64(n)))
			}
			return sum
		}, nil
	}
}

// extreme returns the greatest value (sign 1) or the least one (sign -1); numbers rank below text.
func extreme(sign int) fn.Row {
	return func(in []event.Value) event.Value {
		best := null
		var one [1]event.Value
		for _, a := range in {
			for _, v := range Values(a, &one) {
				if best.IsNull() || rank(v, best) == sign {
					best = v
				}
			}
		}
		return best
	}
}

// rank orders numbers by size, text by characters, and numbers before text.
func rank(a, b event.Value) int {
	x, okx := Number(a)
	y, oky := Number(b)
	switch {
	case okx && oky && x < y, okx && !oky:
		return -1
	case okx && oky && x > y, !okx && oky:
		return 1
	case okx && oky:
		return 0
	}
	o := operand{text: Text(b)}
	return o.compare(a)
}

func bitsOf(x float64) (uint64, bool) {
	if x < 0 || x > maxBits || x != math.Trunc(x) {
		return 0, false
	}
	return uint64(x), true
}

func bits(f func(a, b uint64) uint64) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return numeric(func(x []float64) event.Value {
		acc, ok := bitsOf(x[0])
		for _, y := range x[1:] {
			b, ok2 := bitsOf(y)
			ok = ok && ok2
			acc = f(acc, b)
		}
		if !ok {
			return null
		}
		return event.IntOf(int64(acc))
	})
}

func bitNot(x []float64) event.Value {
	v, ok := bitsOf(x[0])
	mask := uint64(maxBits)
	if len(x) == 2 && ok {
		mask, ok = bitsOf(x[1])
	}
	if !ok {
		return null
	}
	return event.IntOf(int64(^v & mask))
}
