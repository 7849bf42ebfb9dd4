package function

import (
	"cmp"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Comparisons. Null == value is false and != true, null == null is null, and < with a null is null.
// https://learn.microsoft.com/kusto/query/scalar-data-types/null-values

func init() {
	eq := &Entry{Func: fn.Func{Name: "==", Null: fn.SeesNull, Doc: "Reports whether two values are equal; text counts case.",
		See: "string-operators", Note: "A string compared with another type is read as that type; a dynamic value compared with a string is taken as tostring() gives it."},
		Sig: []string{"left:bool, right:scalar -> bool", "left:notBool, right:scalar -> bool"}, typed: equalKernel, raw: true}
	registerOps(eq,
		&Entry{Func: fn.Func{Name: "!=", Doc: "The negation of ==.", See: "string-operators"}, Sig: eq.Sig, negates: "=="},
		&Entry{Func: fn.Func{Name: "<>", Doc: "An old way to write !=.", See: "string-operators"}, Sig: eq.Sig, negates: "=="},
	)
	sigs := []string{"left:bool, right:numberOrBool -> bool", "left:number, right:numberOrBool -> bool", "left:timespan, right:timespan -> bool",
		"left:datetime, right:datetime -> bool", "left:dynamic, right:dynamic -> bool", "left:dynamic, right:number -> bool", "left:number, right:dynamic -> bool"}
	less := func(name, doc string, holds func(c int) bool) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: "numerical-operators",
			Row: func(args []event.Value) event.Value {
				c, ok := order(args[0], args[1])
				if !ok {
					return event.NullValue
				}
				return event.BoolOf(c != unordered && holds(c))
			}}, Sig: sigs}
	}
	registerOps(
		less("<", "Reports whether the left value is the smaller one.", func(c int) bool { return c < 0 }),
		less("<=", "Reports whether the left value is not the greater one.", func(c int) bool { return c <= 0 }),
		less(">", "Reports whether the left value is the greater one.", func(c int) bool { return c > 0 }),
		less(">=", "Reports whether the left value is not the smaller one.", func(c int) bool { return c >= 0 }),
		&Entry{Func: fn.Func{Name: "between", Doc: "Reports whether a value lies in a range, its ends included; the end may be a timespan after a start that is a datetime.",
			See: "between-operator", Null: fn.SeesNull, Row: func(args []event.Value) event.Value { return between(args[0], args[1], args[2]) }},
			Sig: []string{"value:number, start:number, end:number -> bool", "value:summable, start:same, end:same -> bool",
				"value:datetime, start:datetime, end:timespan -> bool", "value:number, start:dynamic, end:dynamic|int|long|real|decimal -> bool",
				"value:dynamic, start:number, end:dynamic|int|long|real|decimal -> bool"}},
	)
	registerOps(&Entry{Func: fn.Func{Name: "!between", Doc: "The negation of between.", See: "not-between-operator"}, Sig: operators["between"].Sig, negates: "between"})
	examples(operators, "==", `"a" == "A"`, `false`, `1 == 1.0`, `true`, `int(null) == 1`, `false`, `int(null) == int(null)`, `null`)
	examples(operators, "!=", `int(null) != 1`, `true`)
	examples(operators, "<", `1 < 2.5`, `true`, `int(null) < 1`, `null`)
	examples(operators, "between", `5 between (1 .. 5)`, `true`, `datetime(2020-01-02) between (datetime(2020-01-01) .. 1d)`, `true`)
	register(&Entry{Func: fn.Func{Name: "around", Doc: "Reports whether value lies within delta of center.", See: "around-function",
		Row: func(args []event.Value) event.Value {
			return between(args[0], subValues(args[1], args[2]), addValues(args[1], args[2]))
		}}, Sig: []string{"value:scalar, center:scalar, delta:scalar -> bool"}})
	examples(scalars, "around", `around(100, 99, 2)`, `true`)
}

// str is the text of a string value; null is "".
func str(v event.Value) string { return v.Str() }

func equalKernel(ts []types.Type, _ types.Type) *fn.Func {
	f := fn.Func{Name: "==", Min: 2, Max: 2, Null: fn.SeesNull}
	l, r := ts[0], ts[1]
	switch {
	case l == types.String && r == types.String:
		f.Row = func(args []event.Value) event.Value { return event.BoolOf(str(args[0]) == str(args[1])) }
		f.Needs = needText
	case l != types.Unknown && l != types.Dynamic && l != types.String && r != types.Unknown && r != types.Dynamic && r != types.String:
		f.Row = func(args []event.Value) event.Value { return sameValue(args[0], args[1]) }
	default:
		f.Row = func(args []event.Value) event.Value { return looseEqual(args[0], args[1], l, r) }
	}
	return &f
}

// sameValue compares two values of the same kind, or two numbers.
func sameValue(a, b event.Value) event.Value {
	switch an, bn := a.IsNull(), b.IsNull(); {
	case an && bn:
		return event.NullValue
	case an || bn:
		return event.BoolOf(false)
	}
	if a.Kind() != b.Kind() {
		if x, ok := truthNumber(a); ok {
			if y, ok := truthNumber(b); ok {
				return event.BoolOf(x == y)
			}
		}
		return event.BoolOf(false)
	}
	if a.Kind() == event.Float { // NaN is not equal to itself
		return event.BoolOf(a.Float() == b.Float())
	}
	return event.BoolOf(event.Equal(a, b))
}

// truthNumber is a number, or a bool as 0 or 1.
func truthNumber(v event.Value) (float64, bool) {
	if v.Kind() == event.Bool {
		if v.Bool() {
			return 1, true
		}
		return 0, true
	}
	return v.Number()
}

// looseEqual compares values of which one is dynamic, or a string where the other is not.
func looseEqual(a, b event.Value, l, r types.Type) event.Value {
	if l == types.String && a.IsNull() {
		a = emptyText
	}
	if r == types.String && b.IsNull() {
		b = emptyText
	}
	if a.IsNull() || b.IsNull() {
		if l == types.String && str(a) == "" || r == types.String && str(b) == "" {
			return event.BoolOf(true) // a dynamic null is "" to a string
		}
		return sameValue(a, b)
	}
	ka, kb := a.Kind(), b.Kind()
	if ka == kb || ka != event.String && kb != event.String {
		return sameValue(a, b)
	}
	if ka == event.String {
		a, b, l, r, kb = b, a, r, l, ka
	}
	// Now b is text and a is not.
	switch a.Kind() {
	case event.List, event.Object:
		return event.BoolOf(Text(a) == str(b))
	}
	if l == types.Dynamic && r == types.String {
		return event.BoolOf(Text(a) == str(b))
	}
	v := castLike(b, a.Kind())
	return event.BoolOf(!v.IsNull() && sameValue(a, v).IsTrue())
}

// castLike reads text as a value of the given kind.
func castLike(v event.Value, k event.Kind) event.Value {
	switch k {
	case event.Bool:
		return toBool(v)
	case event.Int, event.Float:
		if l := toLong(v); !l.IsNull() {
			return l
		}
		return toReal(v)
	case event.Time:
		return toDateTime(v)
	case event.Duration:
		return toTimeSpan(v)
	}
	return event.NullValue
}

var emptyText = event.StringOf("")

// unordered is what order gives for a NaN: no comparison holds.
const unordered = 2

// order compares two values that are no text of their own; a text in a dynamic value is read as a number. ok is false when
// they cannot be compared.
func order(a, b event.Value) (c int, ok bool) {
	ka, kb := a.Kind(), b.Kind()
	if ka == event.Int && kb == event.Int {
		return cmp.Compare(a.Int(), b.Int()), true
	}
	if ka == event.String && kb != event.String {
		a = castLike(a, kb)
	} else if kb == event.String && ka != event.String {
		b = castLike(b, ka)
	} else if ka == event.String {
		return strings.Compare(a.Str(), b.Str()), true
	}
	ka, kb = a.Kind(), b.Kind()
	if x, isNum := truthNumber(a); isNum {
		y, isNum := truthNumber(b)
		switch {
		case !isNum:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		case x == y:
			return 0, true
		}
		return unordered, true
	}
	if ka == kb && (ka == event.Time || ka == event.Duration) {
		return cmp.Compare(a.Ticks(), b.Ticks()), true
	}
	return 0, false
}

func between(v, lo, hi event.Value) event.Value {
	if lo.Kind() == event.Time && hi.Kind() == event.Duration {
		hi = addValues(lo, hi)
	}
	c1, ok1 := order(v, lo)
	c2, ok2 := order(v, hi)
	switch {
	case ok1 && (c1 < 0 || c1 == unordered), ok2 && c2 > 0:
		return event.BoolOf(false)
	case !ok1 || !ok2:
		return event.NullValue
	}
	return event.BoolOf(true)
}
