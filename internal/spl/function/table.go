package function

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

func collect(groups ...[]*fn.Func) []*fn.Func {
	all := slices.Concat(groups...)
	slices.SortFunc(all, func(a, b *fn.Func) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func index(funcs []*fn.Func) map[string]*fn.Func {
	m := make(map[string]*fn.Func, len(funcs))
	for _, f := range funcs {
		if m[f.Name] != nil {
			panic("spl function " + f.Name + " is listed twice")
		}
		m[f.Name] = f
	}
	return m
}

// ex makes the examples of an entry from pairs of an expression and its value in JSON.
func ex(pairs ...string) []fn.Example {
	out := make([]fn.Example, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, fn.Example{Expr: pairs[i], Want: pairs[i+1]})
	}
	return out
}

// null is what SPL functions return for "no value".
var null = event.NullValue

// constText reports whether the argument is a text literal, and its text.
func constText(a fn.Arg) (string, bool) {
	if a.Const && a.Value.Kind() == event.String {
		return a.Value.Str(), true
	}
	return "", false
}

// requireNumbers refuses text literals among the arguments of the given positions (none given: all).
func requireNumbers(args []fn.Arg, at ...int) error {
	for i, a := range args {
		if len(at) > 0 && !slices.Contains(at, i) {
			continue
		}
		if s, ok := constText(a); ok {
			return fmt.Errorf("argument %d must be a number, not the text %q", i+1, s)
		}
		if a.Const && a.Value.Kind() == event.Bool {
			return fmt.Errorf("argument %d must be a number, not a condition", i+1)
		}
	}
	return nil
}

// numeric makes the Bind of a function whose arguments are all numbers: text that is none gives null.
func numeric(f func(x []float64) event.Value) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if err := requireNumbers(args); err != nil {
			return nil, err
		}
		buf := make([]float64, len(args))
		return func(in []event.Value) event.Value {
			for i, v := range in {
				n, ok := Number(v)
				if !ok {
					return null
				}
				buf[i] = n
			}
			return f(buf)
		}, nil
	}
}

// perValue makes the kernel of a function of one argument work on each value of a multivalue field.
func perValue(f func(event.Value) event.Value) fn.Row {
	return func(in []event.Value) event.Value {
		v := in[0]
		if v.Kind() != event.List {
			return f(v)
		}
		var out []event.Value
		for _, e := range v.List() {
			if r := f(e); !r.IsNull() {
				out = append(out, r)
			}
		}
		return List(out)
	}
}

// textual makes a Row of a function from text to text.
func textual(f func(string) string) fn.Row {
	return perValue(func(v event.Value) event.Value { return event.StringOf(f(Text(v))) })
}
