package function

import (
	"math"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var information = []*fn.Func{
	{Name: "isarray", Min: 1, Max: 1, Null: fn.SeesNull, Row: isJSON(event.List), See: pageInfo, Doc: "Whether a value is the text of a JSON array.", Examples: ex(`isarray("[1, 2, 3]")`, `true`, `isarray(1)`, `false`)},
	{Name: "isbool", Min: 1, Max: 1, Null: fn.SeesNull, Row: test(func(v event.Value) bool { return v.Kind() == event.Bool }), See: pageInfo, Doc: "Whether a value is the result of a condition.", Examples: ex(`isbool(1==2)`, `true`, `isbool("a")`, `false`)},
	{Name: "isdouble", Min: 1, Max: 1, Null: fn.SeesNull, Bind: literally(func(v event.Value) bool { return isNumeric(v) && !isWhole(v) }), See: pageInfo, Doc: "Whether a value is a number with a fraction.", Examples: ex(`isdouble(3.546)`, `true`, `isdouble(1000000)`, `false`, `isdouble("x")`, `false`)},
	{Name: "isint", Min: 1, Max: 1, Null: fn.SeesNull, Bind: literally(isWhole), See: pageInfo, Doc: "Whether a value is a whole number.", Examples: ex(`isint(4)`, `true`, `isint(4.5)`, `false`, `isint(null())`, `false`)},
	{Name: "ismv", Min: 1, Max: 1, Null: fn.SeesNull, Row: test(func(v event.Value) bool { return len(v.List()) > 1 }), See: pageInfo, Doc: "Whether a field has more than one value.", Examples: ex(`ismv(split("1,2",","))`, `true`, `ismv("1")`, `false`)},
	{Name: "isnotnull", Min: 1, Max: 1, Null: fn.SeesNull, Row: test(func(v event.Value) bool { return !isNull(v) }), See: pageInfo, Doc: "Whether there is a value.", Examples: ex(`isnotnull("")`, `true`, `isnotnull(null())`, `false`)},
	{Name: "isnull", Min: 1, Max: 1, Null: fn.SeesNull, Row: test(isNull), See: pageInfo, Doc: "Whether there is no value.", Examples: ex(`isnull(null())`, `true`, `isnull(1/0)`, `true`, `isnull("")`, `false`)},
	{Name: "isnum", Min: 1, Max: 1, Null: fn.SeesNull, Bind: literally(isNumeric), See: pageInfo, Doc: "Whether a value is a number; text of a field counts when it reads as one.", Examples: ex(`isnum(7)`, `true`, `isnum("abc")`, `false`, `isnum(null())`, `false`)},
	{Name: "isobject", Min: 1, Max: 1, Null: fn.SeesNull, Row: isJSON(event.Object), See: pageInfo, Doc: "Whether a value is the text of a JSON object.", Examples: ex(`isobject("{\"a\":1}")`, `true`, `isobject("{cities: \"3\"}")`, `false`)},
	{Name: "isstr", Min: 1, Max: 1, Null: fn.SeesNull, Bind: isText, See: pageInfo, Doc: "Whether a value is text that is no number.", Examples: ex(`isstr("abc")`, `true`, `isstr(7)`, `false`, `isstr(null())`, `false`)},
	{Name: "typeof", Min: 1, Max: 1, Null: fn.SeesNull, Bind: typeOf, See: pageInfo, Doc: "The name of a value's type: Number, String, Boolean, Multivalue, or Invalid when there is none.",
		Examples: ex(`typeof(12)`, `"Number"`, `typeof("string")`, `"String"`, `typeof(1==2)`, `"Boolean"`, `typeof(null())`, `"Invalid"`, `typeof(split("a,b",","))`, `"Multivalue"`)},
}

func test(f func(event.Value) bool) fn.Row {
	return func(in []event.Value) event.Value { return event.BoolOf(f(single(in[0]))) }
}

func isNull(v event.Value) bool { return v.IsNull() || v.Kind() == event.List && len(v.List()) == 0 }

// literally makes a test of numbers in which a text literal is text, whatever it reads as.
func literally(f func(event.Value) bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if _, ok := constText(args[0]); ok {
			return func([]event.Value) event.Value { return event.BoolOf(false) }, nil
		}
		return test(f), nil
	}
}

func isNumeric(v event.Value) bool {
	_, ok := Number(v)
	return ok
}

// isWhole: a number without a fraction that is not written with a decimal point either.
func isWhole(v event.Value) bool {
	n, ok := Number(v)
	return ok && n == math.Trunc(n) && !(v.Kind() == event.String && strings.ContainsAny(v.Str(), ".eE"))
}

func isText(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if _, ok := constText(args[0]); ok {
		return func([]event.Value) event.Value { return event.BoolOf(true) }, nil
	}
	return test(func(v event.Value) bool { return v.Kind() == event.String && !isNumeric(v) }), nil
}

func typeOf(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	_, literal := constText(args[0])
	return func(in []event.Value) event.Value {
		v := single(in[0])
		name := "String"
		switch {
		case isNull(v):
			name = "Invalid"
		case v.Kind() == event.Bool:
			name = "Boolean"
		case v.Kind() == event.List:
			name = "Multivalue"
		case isNumeric(v) && !literal:
			name = "Number"
		}
		return event.StringOf(name)
	}, nil
}
