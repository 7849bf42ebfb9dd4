package check

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
)

// kqlOps are KQL's tests of a column by the name of their operator without "!".
// https://learn.microsoft.com/kusto/query/datatypes-string-operators
var kqlOps = map[string]struct {
	kind analyze.Kind
	fold bool
}{
	"==": {analyze.Eq, false}, "=~": {analyze.Eq, true}, "has": {analyze.Has, true}, "has_cs": {analyze.Has, false},
	"contains": {analyze.Contains, true}, "contains_cs": {analyze.Contains, false}, "startswith": {analyze.StartsWith, true}, "startswith_cs": {analyze.StartsWith, false},
	"endswith": {analyze.EndsWith, true}, "endswith_cs": {analyze.EndsWith, false}, "matches regex": {analyze.Match, false},
	"<": {analyze.Lt, false}, "<=": {analyze.Le, false}, ">": {analyze.Gt, false}, ">=": {analyze.Ge, false},
	"in": {analyze.In, false}, "in~": {analyze.In, true}, "has_any": {analyze.Has, true},
}

func kqlCond(x syntax.Expr) *cond {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Binary:
		switch x.Op {
		case "and", "or":
			c := &cond{op: opAnd, args: []*cond{kqlCond(x.X), kqlCond(x.Y)}, span: x.Span()}
			if x.Op == "or" {
				c.op = opOr
			}
			return c.flat()
		}
		return kqlBinary(x)
	case *syntax.In:
		name, not := strings.CutPrefix(x.Op, "!")
		o, known := kqlOps[name]
		field, cased, ok := kqlField(x.X)
		if !known || !ok {
			break
		}
		t := &test{field: field, cased: cased, kind: o.kind, fold: o.fold, span: x.Span()}
		for _, e := range x.List {
			v, ok := kqlLiteral(e)
			if !ok {
				return &cond{op: opOther, span: x.Span()}
			}
			t.values, t.each = append(t.values, v), append(t.each, e.Span())
		}
		return negate(&cond{test: t, span: x.Span()}, not)
	case *syntax.Between:
		field, cased, ok := kqlField(x.X)
		lo, ok1 := kqlLiteral(x.Low)
		hi, ok2 := kqlLiteral(x.High)
		if ok && ok1 && ok2 {
			return negate(&cond{test: &test{field: field, cased: cased, kind: analyze.Between, values: []string{lo, hi}, span: x.Span()}, span: x.Span()}, x.Not)
		}
	case *syntax.Call:
		name := strings.ToLower(x.Func.Name)
		if name == "not" && len(x.Args) == 1 {
			return negate(kqlCond(x.Args[0]), true)
		}
		if len(x.Args) == 1 {
			if field, cased, ok := kqlField(x.Args[0]); ok && cased == "" {
				c := &cond{test: &test{field: field, kind: analyze.Exists, fold: true, span: x.Span()}, span: x.Span()}
				switch name {
				case "isnotempty", "isnotnull", "notempty":
					return c
				case "isempty":
					return negate(c, true)
				}
			}
		}
	case nil:
		return &cond{op: opOther}
	default:
		return &cond{op: opOther, span: x.Span()}
	}
	return &cond{op: opOther, span: x.Span()}
}

func negate(c *cond, not bool) *cond {
	if !not {
		return c
	}
	return &cond{op: opNot, args: []*cond{c}, span: c.span}
}

// flat merges chains of the same connective.
func (c *cond) flat() *cond {
	var args []*cond
	for _, a := range c.args {
		if a.op == c.op {
			args = append(args, a.args...)
		} else {
			args = append(args, a)
		}
	}
	c.args = args
	return c
}

func kqlBinary(x *syntax.Binary) *cond {
	name, not := x.Op, false
	switch name {
	case "!=":
		name, not = "==", true
	case "!~":
		name, not = "=~", true
	default:
		if _, ok := kqlOps[name]; !ok {
			name, not = strings.CutPrefix(name, "!")
		}
	}
	o, known := kqlOps[name]
	left, right, kind := x.X, x.Y, o.kind
	if _, ok := syntax.Unparen(left).(*syntax.Literal); ok {
		left, right = right, left
		if t, ok := turned[kind]; ok {
			kind = t
		}
	}
	field, cased, ok := kqlField(left)
	val, isLiteral := kqlLiteral(right)
	if !known || !ok || !isLiteral {
		return &cond{op: opOther, span: x.Span()}
	}
	t := &test{field: field, cased: cased, kind: kind, fold: o.fold, values: []string{val}, span: x.Span(), each: nil}
	if val == "" && kind == analyze.Eq { // no value is the empty text
		return negate(&cond{test: &test{field: field, kind: analyze.Exists, fold: true, span: x.Span()}, span: x.Span()}, !not)
	}
	return negate(&cond{test: t, span: x.Span()}, not)
}

// kqlField returns the column that an expression is about, and "lower" or "upper" when it goes through that function.
func kqlField(x syntax.Expr) (field, cased string, ok bool) {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Ident:
		return x.Name, "", true
	case *syntax.Path, *syntax.Index:
		return syntax.Print(x), "", true
	case *syntax.Call:
		name := strings.ToLower(x.Func.Name)
		if len(x.Args) != 1 {
			return "", "", false
		}
		switch name {
		case "tostring":
			return kqlField(x.Args[0])
		case "tolower", "toupper":
			f, c, ok := kqlField(x.Args[0])
			return f, strings.TrimPrefix(name, "to"), ok && c == ""
		}
	}
	return "", "", false
}

func kqlLiteral(x syntax.Expr) (string, bool) {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Literal:
		if x.Null || x.Malformed {
			return "", false
		}
		if x.Kind == syntax.LitString {
			return x.Str, true
		}
		return x.Raw, true
	case *syntax.Unary:
		if v, ok := kqlLiteral(x.X); ok && x.Op == "-" {
			return "-" + v, true
		}
	}
	return "", false
}
