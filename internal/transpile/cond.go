package transpile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// A cond is a condition that is true or false of an event and never unknown: [all], [any], [not], [known] or [*test].
type cond interface{ String() string }

type (
	all   []cond
	any_  []cond
	not   struct{ arg cond }
	known bool
)

// kind is what a test does.
type kind string

const (
	isLike   kind = "like"   // the text fits a pattern
	isRegex  kind = "re"     // an expression finds something in the text
	isNumber kind = "number" // the value is a number, or its text
	isOrder  kind = "order"  // the value is a number that compares so
	isNull   kind = "null"   // there is no value
	isCIDR   kind = "cidr"   // an address in a network
	isSame   kind = "same"   // the text of another column
	isWord   kind = "word"   // a word of the event's text (column _raw)
	isRaw    kind = "raw"    // a text that occurs in the event's text
)

// A test is a test of one column.
type test struct {
	col     string
	kind    kind
	pattern syntax.Pattern
	cased   bool
	text    string // expression, number, network, or name of the other column
	op      string // of an order: lt, lte, gt, gte
	// of is what the column is made of, once the test has been placed at events.
	of expr.Expr
	// missing: the events do not have the column.
	missing bool
}

func join(parts []cond, sep string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.String()
	}
	return "(" + strings.Join(out, sep) + ")"
}

func (a all) String() string   { return join(a, " and ") }
func (a any_) String() string  { return join(a, " or ") }
func (n not) String() string   { return "not " + n.arg.String() }
func (k known) String() string { return strconv.FormatBool(bool(k)) }
func (t *test) String() string {
	return fmt.Sprintf("%s(%s %s %s %s %v)", t.kind, t.col, t.pattern.String(), t.text, t.op, t.cased)
}

// conj and disj join conditions and do away with what is known.
func conj(args ...cond) cond {
	var out all
	for _, a := range args {
		switch a := a.(type) {
		case known:
			if !a {
				return known(false)
			}
		case all:
			out = append(out, a...)
		default:
			out = append(out, a)
		}
	}
	out = distinct(out)
	switch len(out) {
	case 0:
		return known(true)
	case 1:
		return out[0]
	}
	return out
}

func disj(args ...cond) cond {
	var out any_
	for _, a := range args {
		switch a := a.(type) {
		case known:
			if a {
				return known(true)
			}
		case any_:
			out = append(out, a...)
		default:
			out = append(out, a)
		}
	}
	for _, a := range out {
		if n, ok := a.(not); ok && slices.ContainsFunc(out, func(b cond) bool { return b.String() == n.arg.String() }) {
			return known(true)
		}
	}
	out = distinct(out)
	switch len(out) {
	case 0:
		return known(false)
	case 1:
		return out[0]
	}
	return out
}

func distinct[S ~[]cond](list S) S {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(c cond) bool {
		s := c.String()
		again := seen[s]
		seen[s] = true
		return again
	})
}

func negate(c cond) cond {
	switch c := c.(type) {
	case known:
		return !c
	case not:
		return c.arg
	}
	return not{c}
}

// rewrite returns the condition with f applied to its tests.
func rewrite(c cond, f func(*test) cond) cond {
	switch c := c.(type) {
	case all:
		var args []cond
		for _, a := range c {
			args = append(args, rewrite(a, f))
		}
		return conj(args...)
	case any_:
		var args []cond
		for _, a := range c {
			args = append(args, rewrite(a, f))
		}
		return disj(args...)
	case not:
		return negate(rewrite(c.arg, f))
	case *test:
		return f(c)
	}
	return c
}

func tests(c cond) []*test {
	var out []*test
	rewrite(c, func(t *test) cond {
		out = append(out, t)
		return t
	})
	return out
}

// decide tells whether a test holds for a value that is known.
func (t *test) decide(value string) (bool, bool) {
	switch t.kind {
	case isLike:
		return function.GlobOf(t.pattern, !t.cased).Match(value), true
	case isRegex:
		re, err := fn.CompileRegex(t.text, fn.PCRE)
		return err == nil && re.Match(value), err == nil
	case isNumber:
		a, err1 := strconv.ParseFloat(t.text, 64)
		b, err2 := strconv.ParseFloat(value, 64)
		return strings.EqualFold(t.text, value) || err1 == nil && err2 == nil && a == b, true
	case isNull:
		return value == "", true
	case isOrder:
		a, err1 := strconv.ParseFloat(value, 64)
		b, err2 := strconv.ParseFloat(t.text, 64)
		if err1 != nil || err2 != nil {
			return false, true
		}
		switch t.op {
		case "lt":
			return a < b, true
		case "lte":
			return a <= b, true
		case "gt":
			return a > b, true
		}
		return a >= b, true
	}
	return false, false
}
