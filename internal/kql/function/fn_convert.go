package function

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Casts and questions about values. https://learn.microsoft.com/kusto/query/scalar-functions#conversion-functions

// strict is a function that gives null when an argument is null.
func strict(name, see, doc, sig string, row fn.Row) *Entry {
	return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see, Row: row}, Sig: []string{sig}}
}

// lax is a function whose kernel sees nulls.
func lax(name, see, doc, sig string, row fn.Row) *Entry {
	e := strict(name, see, doc, sig, row)
	e.Null = fn.SeesNull
	return e
}

// named gives an entry its way of naming columns.
func (e *Entry) named(n Naming, prefix ...string) *Entry {
	e.Naming = n
	if len(prefix) > 0 {
		e.Prefix = prefix[0]
	}
	return e
}

func init() {
	cast := func(name string, to types.Type, doc, sig string) *Entry {
		return lax(name, name+"-function", doc, sig, func(args []event.Value) event.Value { return Cast(args[0], to) }).named(NameFirst)
	}
	register(
		cast("tostring", types.String, "Gives a value as text.", "value:scalar -> string"),
		cast("toint", types.Int, "Gives a value as an int, or null; a real is cut off.", "value:scalar -> int"),
		cast("tolong", types.Long, "Gives a value as a long, or null; a real is cut off.", "value:scalar -> long"),
		cast("toreal", types.Real, "Gives a value as a real, or null.", "value:scalar -> real"),
		cast("todouble", types.Real, "Gives a value as a real, or null.", "value:scalar -> real"),
		cast("todecimal", types.Decimal, "Gives a value as a decimal, or null.", "value:scalar -> decimal"),
		cast("tobool", types.Bool, "Gives a value as a bool, or null.", "value:scalar -> bool"),
		cast("todatetime", types.DateTime, "Gives a value as a datetime, or null.", "value:scalar -> datetime"),
		cast("totimespan", types.TimeSpan, "Gives a value as a timespan, or null.", "value:scalar -> timespan"),
		cast("toguid", types.GUID, "Gives a text as a guid, or null.", "value:string|dynamic -> guid"),
		strict("tohex", "tohex-function", "Gives a whole number in hexadecimal digits, at least as many as asked for.", "value:integer, minLength:integer? -> string",
			func(args []event.Value) event.Value {
				s := strconv.FormatUint(uint64(args[0].Int()), 16)
				if len(args) > 1 {
					if n := args[1].Int(); n > int64(len(s)) && n <= 16 {
						s = strings.Repeat("0", int(n)-len(s)) + s
					}
				}
				return event.StringOf(s)
			}).named(NameFirst),
		&Entry{Func: fn.Func{Name: "gettype", Doc: "Gives the name of a value's type; of a dynamic value, of what it holds.", See: "gettype-function"},
			Sig: []string{"value:scalar -> string"}, Naming: NamePrefix, Prefix: "type", typed: typeName, raw: true},
		lax("isascii", "isascii-function", "Reports whether a text holds ASCII characters only.", "value:scalar -> bool",
			func(args []event.Value) event.Value { return event.BoolOf(isASCII(Text(args[0]))) }),
		lax("isutf8", "isutf8-function", "Reports whether a text is valid UTF-8.", "value:scalar -> bool",
			func(args []event.Value) event.Value { return event.BoolOf(utf8.ValidString(Text(args[0]))) }),
		strict("isnan", "isnan-function", "Reports whether a number is NaN.", "number:real -> bool",
			func(args []event.Value) event.Value { return event.BoolOf(math.IsNaN(real1(args[0]))) }),
		strict("isinf", "isinf-function", "Reports whether a number is infinite.", "number:real -> bool",
			func(args []event.Value) event.Value { return event.BoolOf(math.IsInf(real1(args[0]), 0)) }),
		strict("isfinite", "isfinite-function", "Reports whether a number is neither infinite nor NaN.", "number:real -> bool",
			func(args []event.Value) event.Value {
				f := real1(args[0])
				return event.BoolOf(!math.IsInf(f, 0) && !math.IsNaN(f))
			}),
		&Entry{Func: fn.Func{Name: "__cast", Doc: "Gives a value as the given type."}, Sig: []string{"type:type, value:scalar -> typeof"},
			typed: func(_ []types.Type, result types.Type) *fn.Func {
				return &fn.Func{Name: "__cast", Min: 2, Max: 2, Null: fn.SeesNull, Row: func(args []event.Value) event.Value { return Cast(args[1], result) }}
			}},
	)
	alias("tobool", "toboolean")
	alias("totimespan", "totime")
	examples(scalars, "tostring", `tostring(123)`, `"123"`, `tostring(dynamic({"a": [1, 2]}))`, `"{\"a\":[1,2]}"`, `tostring(1d)`, `"1.00:00:00"`)
	examples(scalars, "toint", `toint("42")`, `42`, `toint(2.9)`, `2`, `toint("x")`, `null`)
	examples(scalars, "tolong", `tolong("0xa0")`, `160`)
	examples(scalars, "toreal", `toreal("1.5")`, `1.5`)
	examples(scalars, "tobool", `tobool("TRUE")`, `true`, `tobool(0)`, `false`)
	examples(scalars, "todatetime", `todatetime("2015-12-24")`, `"2015-12-24T00:00:00.0000000Z"`, `todatetime("15/01/2024 12:35:35")`, `"2024-01-15T12:35:35.0000000Z"`)
	examples(scalars, "totimespan", `totimespan("0.00:01:00")`, `"00:01:00"`)
	examples(scalars, "toguid", `toguid("70fc66f7-8279-44fc-9092-d364d70fce44")`, `"70fc66f7-8279-44fc-9092-d364d70fce44"`)
	examples(scalars, "tohex", `tohex(256)`, `"100"`, `tohex(-256)`, `"ffffffffffffff00"`, `tohex(256, 8)`, `"00000100"`)
	examples(scalars, "gettype", `gettype(1)`, `"long"`, `gettype(parse_json('1'))`, `"int"`, `gettype(parse_json('{"abc":1}'))`, `"dictionary"`)
	examples(scalars, "isascii", `isascii("abc")`, `true`)
	examples(scalars, "isfinite", `isfinite(1.0 / 0.0)`, `false`)
}

// real1 is a number as a real; NaN when v is none.
func real1(v event.Value) float64 {
	if f, ok := v.Number(); ok {
		return f
	}
	return math.NaN()
}

func typeName(ts []types.Type, _ types.Type) *fn.Func {
	static := ts[0].String()
	f := &fn.Func{Name: "gettype", Min: 1, Max: 1, Null: fn.SeesNull}
	if ts[0] != types.Dynamic && ts[0] != types.Unknown {
		f.Row = func(args []event.Value) event.Value {
			if args[0].IsNull() && static != "string" {
				return event.StringOf("null")
			}
			return event.StringOf(static)
		}
		return f
	}
	f.Row = func(args []event.Value) event.Value {
		if v := args[0]; v.Kind() == event.Int && v.Int() == int64(int32(v.Int())) { // what a dynamic value holds is no wider than it must be
			return event.StringOf("int")
		}
		return event.StringOf(kindName(args[0]))
	}
	return f
}

func kindName(v event.Value) string {
	switch v.Kind() {
	case event.Bool:
		return "bool"
	case event.Int:
		return "long"
	case event.Float:
		return "double"
	case event.String:
		return "string"
	case event.Time:
		return "datetime"
	case event.Duration:
		return "timespan"
	case event.List:
		return "array"
	case event.Object:
		return "dictionary"
	}
	return "null"
}
