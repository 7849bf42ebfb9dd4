// Package function holds the tests that Sigma's values are lowered to. Their first argument is a field or the raw text of an event.
// They give true or false, never null: a field that is not there satisfies none of them, so that a negation keeps the event.
// A field with several values satisfies a test when one of its values does.
package function

import (
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

const (
	pageRules     = "https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md"
	pageModifiers = "https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md"
)

// Text returns a scalar as its source showed it.
func Text(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Int:
		return strconv.FormatInt(v.Int(), 10)
	case event.Float:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case event.Bool:
		return strconv.FormatBool(v.Bool())
	case event.Time:
		return v.Time().Format("2006-01-02T15:04:05.9999999Z")
	case event.List, event.Object:
		return string(event.AppendJSON(nil, v))
	}
	return ""
}

// maxNesting bounds how deep lists within lists are looked into.
const maxNesting = 16

// anyValue makes a test of a field that holds when it holds for any of the field's values.
func anyValue(f func(event.Value) bool) fn.Row {
	return func(in []event.Value) event.Value { return event.BoolOf(holds(in[0], f, 0)) }
}

func holds(v event.Value, f func(event.Value) bool, depth int) bool {
	switch v.Kind() {
	case event.Missing, event.Null:
		return false
	case event.List:
		for _, e := range v.List() {
			if depth < maxNesting && holds(e, f, depth+1) {
				return true
			}
		}
		return false
	}
	return f(v)
}

func constant(name string, args []fn.Arg, i int) (event.Value, error) {
	if i >= len(args) || !args[i].Const {
		return event.Value{}, &argError{name}
	}
	return args[i].Value, nil
}

type argError struct{ name string }

func (e *argError) Error() string { return e.name + " takes literals behind its field" }
