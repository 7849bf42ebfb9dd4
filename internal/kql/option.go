package kql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
)

func itoa(n int) string { return strconv.Itoa(n) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// isHint reports whether an option only advises the service on how to distribute the work.
func isHint(name string) bool { return strings.HasPrefix(name, "hint.") }

// option returns the value of an operator's option as text; "" when it is not given.
func option(params []*syntax.Param, name string) string {
	for _, p := range params {
		if p.Name == name {
			return optionText(p.Value())
		}
	}
	return ""
}

func optionText(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Ident:
		return x.Name
	case *syntax.Literal:
		if x.Kind == syntax.LitString {
			return x.Str
		}
		return x.Raw
	}
	return ""
}

// oneOf checks that an option has one of the values and returns it; absent gives "".
func (c *ctx) oneOf(params []*syntax.Param, name string, values ...string) (string, bool) {
	v := option(params, name)
	if v == "" || slices.Contains(values, v) {
		return v, true
	}
	for _, p := range params {
		if p.Name == name {
			c.bad("KQL4005", p, "%s is one of %s, not %q", name, strings.Join(values, ", "), v)
		}
	}
	return "", false
}

// flag reads a Boolean option.
func flag(params []*syntax.Param, name string) bool {
	return strings.EqualFold(option(params, name), "true")
}

// count reads an integer operand such as the number of take. known is false for one that is known only when the query runs.
func (c *ctx) count(x syntax.Expr) (v *value, n int, known bool) {
	outer := *c
	outer.rows = nil
	v = outer.scalar(x)
	if v.bad {
		return v, 0, false
	}
	if !v.typ.IsInteger() && v.typ != 0 {
		return c.bad("KQL4001", x, "an integer is expected, not a value of type %s", v.typ), 0, false
	}
	if !v.constant {
		return c.bad("KQL4001", x, "a constant is expected"), 0, false
	}
	if v.known && v.val().Kind() == event.Int {
		return v, int(min(max(v.val().Int(), 0), 1<<31)), true
	}
	return v, 0, false
}
