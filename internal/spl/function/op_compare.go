package function

import (
	"net/netip"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Operators are what the lowering calls for the operators of eval and where. They are no functions that a user can name.
var Operators = []*fn.Func{
	{Name: "spl_eq", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c == 0 }), Needs: needEqual, See: pageEval,
		Doc:      "a = b: as numbers when both read as numbers, else as text, case counting. True when any value of a multivalue operand makes it true.",
		Examples: ex(`"404"=404`, `true`, `"a"="A"`, `false`, `1.0=1`, `true`, `split("a,b",",")="b"`, `true`)},
	{Name: "spl_ne", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c != 0 }), See: pageEval,
		Doc:      "a != b; null when an operand is null.",
		Examples: ex(`1!=2`, `true`, `null()!="a"`, `null`)},
	{Name: "spl_lt", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c < 0 }), See: pageEval,
		Doc: "a < b.", Examples: ex(`9<10`, `true`, `"abc"<"abd"`, `true`, `"9"<"10"`, `true`, `"B"<"a"`, `true`)},
	{Name: "spl_le", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c <= 0 }), See: pageEval,
		Doc: "a <= b.", Examples: ex(`2<=2`, `true`)},
	{Name: "spl_gt", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c > 0 }), See: pageEval,
		Doc: "a > b.", Examples: ex(`"a">5`, `true`)},
	{Name: "spl_ge", Min: 2, Max: 2, Bind: comparison(func(c int) bool { return c >= 0 }), See: pageEval,
		Doc: "a >= b.", Examples: ex(`2>=3`, `false`)},
	{Name: "spl_xor", Min: 2, Max: 2, Row: xor, See: pageEval,
		Doc: "a XOR b: true when exactly one of two conditions is; null when one is null.", Examples: ex(`1=1 XOR 1=2`, `true`, `1=1 XOR 1=1`, `false`)},
	{Name: "concat", Min: 2, Max: -1, Row: concat, See: pageEval,
		Doc: "a . b: the texts of the operands one after the other; null when one is null.", Examples: ex(`1 . 2`, `12`, `"n=" . 5`, `"n=5"`, `"a" . null()`, `null`)},
	{Name: "plus", Min: 2, Max: 2, Bind: plus, See: pageEval,
		Doc:      "a + b: the sum of numbers, or two texts one after the other. A number and a text that is none give null.",
		Examples: ex(`1+2`, `3`, `"a"+"b"`, `"ab"`, `0.5+1`, `1.5`)},
	{Name: "minus", Min: 2, Max: 2, Bind: arithmetic("-"), See: pageEval, Doc: "a - b.", Examples: ex(`10-4-3`, `3`, `1-1.5`, `-0.5`)},
	{Name: "times", Min: 2, Max: 2, Bind: arithmetic("*"), See: pageEval, Doc: "a * b.", Examples: ex(`6*7`, `42`)},
	{Name: "divide", Min: 2, Max: 2, Bind: arithmetic("/"), See: pageEval, Doc: "a / b; null when b is zero.", Examples: ex(`7/2`, `3.5`, `100/5/2`, `10`, `1/0`, `null`)},
	{Name: "modulo", Min: 2, Max: 2, Bind: arithmetic("%"), See: pageEval, Doc: "a % b: the rest of the division, with the sign of a; null when b is zero.", Examples: ex(`7%3`, `1`, `-7%3`, `-1`, `5.5%2`, `1.5`, `1%0`, `null`)},
	{Name: "negate", Min: 1, Max: 1, Bind: negate, See: pageEval, Doc: "-a.", Examples: ex(`-5+2`, `-3`)},
	{Name: "sigfig", Min: 1, Max: -1, Bind: sigfig, See: pageMath,
		Doc: "The kernel of sigfig(): a program in postfix notation and the operands it refers to by number; see the form of that name."},
}

var operatorByName = index(slices.Concat(Operators, Search))

// Operator returns the operator or search test of that name (see [Operators] and [Search]); the name must exist.
func Operator(name string) *fn.Func {
	f := operatorByName[name]
	if f == nil {
		panic("no SPL operator " + name)
	}
	return f
}

// comparison makes a comparison of the three-way result that it holds for. A constant side is worked out once.
func comparison(holds func(c int) bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if args[1].Const && args[1].Value.Kind() != event.List {
			right := operandOf(args[1].Value)
			return func(in []event.Value) event.Value {
				if in[0].Kind() != event.List {
					return event.BoolOf(holds(right.compare(in[0])))
				}
				return event.BoolOf(anyHolds(in[0], &right, holds))
			}, nil
		}
		return func(in []event.Value) event.Value {
			var one [1]event.Value
			for _, b := range Values(in[1], &one) {
				right := operandOf(b)
				if anyHolds(in[0], &right, holds) {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(false)
		}, nil
	}
}

func anyHolds(v event.Value, right *operand, holds func(c int) bool) bool {
	var one [1]event.Value
	for _, a := range Values(v, &one) {
		if holds(right.compare(a)) {
			return true
		}
	}
	return false
}

func xor(in []event.Value) event.Value {
	if in[0].Kind() != event.Bool || in[1].Kind() != event.Bool {
		return null
	}
	return event.BoolOf(in[0].Bool() != in[1].Bool())
}

func addressOf(v event.Value) (netip.Addr, bool) {
	if v.Kind() != event.String {
		return netip.Addr{}, false
	}
	return fn.ParseAddress(v.Str())
}
