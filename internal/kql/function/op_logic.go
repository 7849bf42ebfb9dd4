package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Conditions. The binder turns these into expr.Logic, expr.Not and expr.Case, which evaluate no more than they must; the
// kernels here say what they mean.

func init() {
	logic := []string{"left:bool, right:bool -> bool", "left:dynamic, right:bool -> bool", "left:bool, right:dynamic -> bool", "left:dynamic, right:dynamic -> bool"}
	registerOps(
		&Entry{Func: fn.Func{Name: "and", Null: fn.SeesNull, Doc: "True when both are; a null counts as not known.", See: "logical-operators",
			Row: func(args []event.Value) event.Value { return join(args[0], args[1], false) }}, Sig: logic},
		&Entry{Func: fn.Func{Name: "or", Null: fn.SeesNull, Doc: "True when one of both is; a null counts as not known.", See: "logical-operators",
			Row: func(args []event.Value) event.Value { return join(args[0], args[1], true) }}, Sig: logic},
	)
	register(
		&Entry{Func: fn.Func{Name: "not", Doc: "Negates a condition; null stays null.", See: "not-function",
			Row: func(args []event.Value) event.Value { return event.BoolOf(!args[0].Bool()) }}, Sig: []string{"expression:bool -> bool"}},
		&Entry{Func: fn.Func{Name: "iff", Null: fn.SeesNull, Doc: "Gives the second argument when the first is true, else the third.", See: "iff-function",
			Row: func(args []event.Value) event.Value {
				if args[0].IsTrue() {
					return args[1]
				}
				return args[2]
			}}, Sig: []string{"if:bool, then:commonOrDynamic, else:commonOrDynamic -> commonNonDynamic"}},
		&Entry{Func: fn.Func{Name: "case", Null: fn.SeesNull, Doc: "Gives the value after the first condition that is true, or the last argument.", See: "case-function",
			Row: func(args []event.Value) event.Value {
				for i := 0; i+1 < len(args); i += 2 {
					if args[i].IsTrue() {
						return args[i+1]
					}
				}
				return args[len(args)-1]
			}}, Sig: []string{"predicate:bool+, then:commonOrDynamic+, else:commonOrDynamic -> commonNonDynamic"}},
		&Entry{Func: fn.Func{Name: "coalesce", Null: fn.SeesNull, Doc: "Gives the first argument that is not null (for strings: not empty).", See: "coalesce-function",
			Row: func(args []event.Value) event.Value {
				for _, a := range args {
					if !a.IsNull() && (a.Kind() != event.String || a.Str() != "") {
						return a
					}
				}
				return args[len(args)-1]
			}}, Sig: []string{"arg:common+2 -> common"}},
		&Entry{Func: fn.Func{Name: "max_of", Null: fn.SeesNull, Doc: "Gives the greatest of its arguments, leaving out nulls.", See: "max-of-function",
			Row: func(args []event.Value) event.Value { return extreme(args, 1) }}, Sig: []string{"arg:commonOrderable+2 -> common"}},
		&Entry{Func: fn.Func{Name: "min_of", Null: fn.SeesNull, Doc: "Gives the smallest of its arguments, leaving out nulls.", See: "min-of-function",
			Row: func(args []event.Value) event.Value { return extreme(args, -1) }}, Sig: []string{"arg:commonOrderable+2 -> common"}},
		&Entry{Func: fn.Func{Name: "isempty", Null: fn.SeesNull, Doc: "Reports whether a value is the empty string or null.", See: "isempty-function",
			Row: func(args []event.Value) event.Value { return event.BoolOf(isEmpty(args[0])) }}, Sig: []string{"value:scalar -> bool"}, raw: true},
		&Entry{Func: fn.Func{Name: "isnotempty", Null: fn.SeesNull, Doc: "Reports whether a value is neither the empty string nor null.", See: "isnotempty-function",
			Row: func(args []event.Value) event.Value { return event.BoolOf(!isEmpty(args[0])) }}, Sig: []string{"value:scalar -> bool"}, raw: true},
		&Entry{Func: fn.Func{Name: "isnull", Null: fn.SeesNull, Doc: "Reports whether a value is null; a string never is.", See: "isnull-function"},
			Sig: []string{"expression:scalar -> bool"}, raw: true, typed: func(ts []types.Type, _ types.Type) *fn.Func { return nullTest("isnull", ts[0], true) }},
		&Entry{Func: fn.Func{Name: "isnotnull", Null: fn.SeesNull, Doc: "Reports whether a value is not null; a string always is.", See: "isnotnull-function"},
			Sig: []string{"expression:scalar -> bool"}, raw: true, typed: func(ts []types.Type, _ types.Type) *fn.Func { return nullTest("isnotnull", ts[0], false) }},
		&Entry{Func: fn.Func{Name: "assert", Doc: "Gives true; a query in which the condition is constant and false does not run.", See: "assert-function", Null: fn.SeesNull, Bind: bindAssert},
			Sig: []string{"predicate:bool!, message:string! -> bool"}},
	)
	alias("iff", "iif")
	alias("isnotempty", "notempty")
	alias("isnotnull", "notnull")
	examples(scalars, "not", `not(1 == 2)`, `true`)
	examples(scalars, "iff", `iff(bool(null), 1, 2)`, `2`, `iff(true, 1, 2.5)`, `1`)
	examples(scalars, "case", `case(false, "a", true, "b", "c")`, `"b"`)
	examples(scalars, "coalesce", `coalesce(tolong("not a number"), tolong("42"), 33)`, `42`)
	examples(scalars, "max_of", `max_of(10, 1, -3, 17)`, `17`, `max_of(int(null), 2)`, `2`)
	examples(scalars, "min_of", `min_of(10, 1, -3, 17)`, `-3`)
	examples(scalars, "isempty", `isempty("")`, `true`, `isempty(int(null))`, `true`)
	examples(scalars, "isnull", `isnull("")`, `false`, `isnull(long(null))`, `true`)
}

func isEmpty(v event.Value) bool { return v.IsNull() || v.Kind() == event.String && v.Str() == "" }

func nullTest(name string, t types.Type, want bool) *fn.Func {
	f := &fn.Func{Name: name, Min: 1, Max: 1, Null: fn.SeesNull}
	if t == types.String {
		f.Row = func([]event.Value) event.Value { return event.BoolOf(!want) }
	} else {
		f.Row = func(args []event.Value) event.Value { return event.BoolOf(args[0].IsNull() == want) }
	}
	return f
}

// join is three-valued or (decided true) and and (decided false).
func join(a, b event.Value, decided bool) event.Value {
	a, b = toBool(a), toBool(b)
	switch {
	case !a.IsNull() && a.Bool() == decided, !b.IsNull() && b.Bool() == decided:
		return event.BoolOf(decided)
	case a.IsNull() || b.IsNull():
		return event.NullValue
	}
	return event.BoolOf(!decided)
}

func extreme(args []event.Value, sign int) event.Value {
	best := event.NullValue
	for _, a := range args {
		if a.IsNull() {
			continue
		}
		if best.IsNull() || Compare(a, best)*sign > 0 {
			best = a
		}
	}
	return best
}

func bindAssert(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if args[0].Const && !args[0].Value.IsTrue() {
		return nil, &Error{Arg: 0, Message: "assertion failed: " + Text(args[1].Value)}
	}
	return func(args []event.Value) event.Value { return args[0] }, nil
}
