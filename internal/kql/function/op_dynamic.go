package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Access to the members and elements of a dynamic value.
// https://learn.microsoft.com/kusto/query/scalar-data-types/dynamic#dynamic-object-accessors

func init() {
	registerOps(&Entry{Func: fn.Func{Name: "[]", Doc: "Gives a member of a bag by name, or an element of an array by number; negative numbers count from the end. What is not there is null.",
		See: "scalar-data-types/dynamic", Bind: bindMember}, Sig: []string{"value:dynamic, key:int|long|string|dynamic -> dynamic"}, raw: true})
	examples(operators, "[]", `dynamic({"a": 1})["a"]`, `1`, `dynamic([1, 2])[-1]`, `2`, `dynamic({"a": 1}).b`, `null`)
}

func bindMember(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if k := args[1]; k.Const && k.Value.Kind() == event.String {
		name := k.Value.Str()
		return func(args []event.Value) event.Value { return member(args[0], name) }, nil
	}
	return func(args []event.Value) event.Value {
		switch k := args[1]; k.Kind() {
		case event.String:
			return member(args[0], k.Str())
		case event.Int:
			return element(args[0], k.Int())
		}
		return event.NullValue
	}, nil
}

// member returns a property of a bag, or null.
func member(v event.Value, name string) event.Value {
	if m, ok := v.Bag().Get(name); ok {
		return m
	}
	return event.NullValue
}

// element returns an element of an array, or null; negative numbers count from the end.
func element(v event.Value, i int64) event.Value {
	l := v.List()
	if i < 0 {
		i += int64(len(l))
	}
	if i < 0 || i >= int64(len(l)) {
		return event.NullValue
	}
	return l[i]
}
