package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
)

// Functions that commands are lowered to. They cannot be named in a search; those that can are in package function.

// fnCanonical is the value under which rows are grouped, joined and compared: to SPL the number 200 and the text "200" are
// the same, the texts "1" and "1.0" are not.
var fnCanonical = &fn.Func{Name: "canonical", Min: 1, Max: 1, Null: fn.SeesNull,
	Row: func(in []event.Value) event.Value { return canonical(in[0]) }}

// canonical makes a number of text that is exactly how a number is printed, and leaves all else alone.
func canonical(v event.Value) event.Value {
	switch v.Kind() {
	case event.Missing:
		return event.NullValue
	case event.String:
		if s := v.Str(); mayBeNumber(s) {
			if n, ok := function.ParseNumber(s); ok {
				x := event.FloatOf(n)
				if n > -1e15 && n < 1e15 && n == float64(int64(n)) {
					x = event.IntOf(int64(n))
				}
				if function.Text(x) == s {
					return x
				}
			}
		}
	case event.Float:
		if n := v.Float(); n > -1e15 && n < 1e15 && n == float64(int64(n)) {
			return event.IntOf(int64(n))
		}
	case event.Bool, event.Object:
		return event.StringOf(function.Text(v))
	case event.Time:
		return canonical(event.FloatOf(float64(v.Ticks()) / event.TicksPerSecond))
	case event.List:
		list := v.List()
		if i := slices.IndexFunc(list, func(e event.Value) bool { return !event.Equal(e, canonical(e)) }); i >= 0 {
			out := slices.Clone(list)
			for ; i < len(out); i++ {
				out[i] = canonical(out[i])
			}
			return event.ListOf(out)
		}
	}
	return v
}

func mayBeNumber(s string) bool {
	return s != "" && len(s) < 20 && (s[0] >= '0' && s[0] <= '9' || s[0] == '-')
}

// fnNamed makes an object of one field, whose name is the first argument: eval {x}=y.
var fnNamed = &fn.Func{Name: "named", Min: 2, Max: 2, Null: fn.SeesNull,
	Row: func(in []event.Value) event.Value {
		if in[0].IsNull() || in[1].IsNull() {
			return event.NullValue
		}
		return event.ObjectOf(event.Bag{{Name: function.Text(in[0]), Value: in[1]}})
	}}

// fnReplaceWhole replaces a value that fits a pattern with stars; stars of the new value keep what they stood for.
var fnReplaceWhole = &fn.Func{Name: "replace_whole", Min: 3, Max: 3, Null: fn.SeesNull,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		pattern, with := args[1].Value.Str(), args[2].Value.Str()
		one := func(v event.Value) event.Value {
			if parts, ok := event.MatchWildcards(pattern, function.Text(v)); ok {
				return event.StringOf(plan.FillWildcards(with, parts))
			}
			return v
		}
		return func(in []event.Value) event.Value { return perValue(in[0], one) }, nil
	}}

// perValue applies f to a value, or to each of a multivalue field; nulls that f gives are left out.
func perValue(v event.Value, f func(event.Value) event.Value) event.Value {
	switch v.Kind() {
	case event.Missing, event.Null:
		return event.NullValue
	case event.List:
		var out []event.Value
		for _, e := range v.List() {
			if r := f(e); !r.IsNull() {
				out = append(out, r)
			}
		}
		return function.List(out)
	}
	return f(v)
}

// fnOne makes the value itself of a list of one.
var fnOne = &fn.Func{Name: "one", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		if l := in[0].List(); len(l) == 1 {
			return l[0]
		}
		return in[0]
	}}

// concatOf joins texts.
func concatOf(parts []expr.Expr) expr.Expr {
	if len(parts) == 1 {
		return parts[0]
	}
	return expr.F(function.Operator("concat"), parts...)
}

// key is the expression that a column is grouped or compared by.
func key(name string) expr.Expr { return expr.F(fnCanonical, expr.C(name)) }

func join(words []string) string { return strings.Join(words, ", ") }

// equals tests a column that holds whole numbers.
func equals(x expr.Expr, n int) expr.Expr {
	return expr.F(function.Operator("spl_eq"), x, expr.L(event.IntOf(int64(n))))
}

// number makes a literal.
func number(n int) expr.Expr { return expr.L(event.IntOf(int64(n))) }
