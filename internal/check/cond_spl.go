package check

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// severalValues are fields that hold several values in events as they are, in lower case: add-ons and classic Windows events
// give them so.
var severalValues = map[string]bool{"tag": true, "eventtype": true, "account_name": true, "account_domain": true, "security_id": true, "logon_id": true,
	"logon_guid": true, "message": true, "_raw": true, "punct": true, "process_id": false, "groups": true, "hash": true, "hashes": true, "category": true}

// splCond reads a condition of the search grammar. many tells fields that may have several values.
func splCond(x syntax.SearchExpr, many func(string) bool) *cond {
	switch x := x.(type) {
	case nil:
		return nil
	case *syntax.And:
		return splJoin(opAnd, x.Items, x.At.Start, x.At.End, many)
	case *syntax.Or:
		return splJoin(opOr, x.Items, x.At.Start, x.At.End, many)
	case *syntax.Not:
		return &cond{op: opNot, args: []*cond{orOther(splCond(x.X, many))}, span: x.At}
	case *syntax.Paren:
		return splCond(x.X, many)
	case *syntax.Comparison:
		return splComparison(x, many)
	case *syntax.InList:
		c := &cond{op: opOr, span: x.At}
		exact := &test{field: x.Field.Value, kind: analyze.In, fold: true, many: many(x.Field.Value), span: x.At}
		for _, v := range x.Values {
			w, ok := v.(*syntax.Word)
			if !ok {
				return &cond{op: opOther, span: x.At}
			}
			if strings.Contains(w.Value, "*") {
				c.args = append(c.args, starTest(x.Field.Value, w, many))
			} else {
				exact.values, exact.each = append(exact.values, w.Value), append(exact.each, w.At)
			}
		}
		if len(exact.values) > 0 {
			c.args = append(c.args, &cond{test: exact, span: x.At})
		}
		if len(c.args) == 1 {
			return c.args[0]
		}
		return c
	}
	return &cond{op: opOther, span: x.Span()}
}

func orOther(c *cond) *cond {
	if c == nil {
		return &cond{op: opOther}
	}
	return c
}

func splJoin(o op, items []syntax.SearchExpr, from, to int, many func(string) bool) *cond {
	c := &cond{op: o}
	c.span.Start, c.span.End = from, to
	for _, it := range items {
		c.args = append(c.args, orOther(splCond(it, many)))
	}
	return c
}

var searchOrders = map[string]analyze.Kind{"<": analyze.Lt, "<=": analyze.Le, ">": analyze.Gt, ">=": analyze.Ge}

func splComparison(x *syntax.Comparison, many func(string) bool) *cond {
	w, ok := x.Value.(*syntax.Word)
	if !ok {
		return &cond{op: opOther, span: x.At}
	}
	if kind, ok := searchOrders[x.Op]; ok {
		return &cond{test: &test{field: x.Field.Value, kind: kind, values: []string{w.Value}, many: many(x.Field.Value), span: x.At}, span: x.At}
	}
	c := starTest(x.Field.Value, w, many)
	if isNetwork(w.Value) {
		return &cond{op: opOther, span: x.At}
	}
	c.span = x.At
	c.test.span = x.At
	if x.Op == "!=" {
		return &cond{op: opNot, args: []*cond{c}, span: x.At}
	}
	return c
}

func isNetwork(s string) bool {
	return strings.Contains(s, "/") && strings.Count(s, ".")+strings.Count(s, ":") >= 2
}

// starTest is the comparison of a field with a literal in which * stands for anything.
func starTest(field string, w *syntax.Word, many func(string) bool) *cond {
	t := &test{field: field, fold: true, many: many(field), span: w.At}
	core := strings.Trim(w.Value, "*")
	switch head, tail := strings.HasPrefix(w.Value, "*"), strings.HasSuffix(w.Value, "*"); {
	case core == "" && w.Value != "":
		t.kind = analyze.Exists
	case strings.Contains(core, "*"):
		t.kind, t.values = analyze.Wildcard, []string{w.Value}
	case head && tail:
		t.kind, t.values = analyze.Contains, []string{core}
	case head:
		t.kind, t.values = analyze.EndsWith, []string{core}
	case tail:
		t.kind, t.values = analyze.StartsWith, []string{core}
	default:
		t.kind, t.values = analyze.Eq, []string{w.Value}
	}
	return &cond{test: t, span: w.At}
}

// evalCond reads a condition of the eval grammar.
func evalCond(x syntax.Expr, many func(string) bool) *cond {
	switch x := x.(type) {
	case nil:
		return nil
	case *syntax.Logic:
		o, ok := map[string]op{"AND": opAnd, "OR": opOr}[x.Op]
		if !ok {
			break
		}
		c := &cond{op: o, span: x.At}
		for _, it := range x.Items {
			c.args = append(c.args, orOther(evalCond(it, many)))
		}
		return c
	case *syntax.Unary:
		if x.Op == "NOT" {
			return &cond{op: opNot, args: []*cond{orOther(evalCond(x.X, many))}, span: x.At}
		}
	case *syntax.Group:
		return evalCond(x.X, many)
	case *syntax.In:
		if field, cased, ok := evalField(x.X); ok {
			if vals, ok := evalLiterals(x.List); ok {
				return &cond{test: &test{field: field, cased: cased, kind: analyze.In, values: vals, many: many(field), span: x.At}, span: x.At}
			}
		}
	case *syntax.Binary:
		if c := evalBinary(x, many); c != nil {
			return c
		}
	case *syntax.Call:
		if c := evalCall(x, many); c != nil {
			return c
		}
	}
	return &cond{op: opOther, span: x.Span()}
}

var turned = map[analyze.Kind]analyze.Kind{analyze.Lt: analyze.Gt, analyze.Le: analyze.Ge, analyze.Gt: analyze.Lt, analyze.Ge: analyze.Le}

func evalBinary(x *syntax.Binary, many func(string) bool) *cond {
	left, right := x.X, x.Y
	_, _, isField := evalField(left)
	if !isField {
		left, right = right, left
	}
	field, cased, ok := evalField(left)
	if !ok {
		return nil
	}
	val, number, ok := evalLiteral(right)
	if !ok {
		return nil
	}
	t := &test{field: field, cased: cased, values: []string{val}, many: many(field), span: x.At}
	c := &cond{test: t, span: x.At}
	switch x.Op {
	case "=":
		t.kind = analyze.Eq
	case "!=":
		t.kind = analyze.Eq
		return &cond{op: opNot, args: []*cond{c}, span: x.At}
	case "<", "<=", ">", ">=":
		t.kind = searchOrders[x.Op]
		if !isField {
			t.kind = turned[t.kind]
		}
		_, err := strconv.ParseFloat(val, 64)
		t.text = !number || err != nil
	case "LIKE":
		if !isField {
			return nil
		}
		likeTest(t)
	default:
		return nil
	}
	return c
}

// likeTest settles what a LIKE pattern asks for.
func likeTest(t *test) {
	p := t.values[0]
	if strings.ContainsAny(p, `_*\`) {
		t.kind = analyze.Test
		return
	}
	core := strings.Trim(p, "%")
	switch head, tail := strings.HasPrefix(p, "%"), strings.HasSuffix(p, "%"); {
	case core == "":
		t.kind = analyze.Test
	case strings.Contains(core, "%"):
		t.kind, t.values = analyze.Wildcard, []string{strings.ReplaceAll(p, "%", "*")}
	case head && tail:
		t.kind, t.values = analyze.Contains, []string{core}
	case head:
		t.kind, t.values = analyze.EndsWith, []string{core}
	case tail:
		t.kind, t.values = analyze.StartsWith, []string{core}
	default:
		t.kind = analyze.Eq
	}
}

func evalCall(x *syntax.Call, many func(string) bool) *cond {
	name := strings.ToLower(x.Name)
	if len(x.Args) == 0 {
		return nil
	}
	field, cased, ok := evalField(x.Args[0])
	if !ok {
		return nil
	}
	t := &test{field: field, cased: cased, many: many(field), span: x.At}
	c := &cond{test: t, span: x.At}
	switch {
	case (name == "isnotnull" || name == "isnull") && len(x.Args) == 1 && cased == "":
		t.kind, t.fold = analyze.Exists, true
		if name == "isnull" {
			return &cond{op: opNot, args: []*cond{c}, span: x.At}
		}
		return c
	case name == "match" && len(x.Args) == 2:
		if v, _, ok := evalLiteral(x.Args[1]); ok {
			t.kind, t.values = analyze.Match, []string{v}
			return c
		}
	case name == "like" && len(x.Args) == 2:
		if v, _, ok := evalLiteral(x.Args[1]); ok {
			t.values = []string{v}
			likeTest(t)
			return c
		}
	case name == "in" && len(x.Args) > 1:
		if vals, ok := evalLiterals(x.Args[1:]); ok {
			t.kind, t.values = analyze.In, vals
			return c
		}
	}
	return nil
}

// evalField returns the field that an expression is about, and "lower" or "upper" when it goes through that function.
func evalField(x syntax.Expr) (field, cased string, ok bool) {
	switch x := x.(type) {
	case *syntax.Field:
		switch strings.ToLower(x.Word.Raw) {
		case "true", "false", "null":
			return "", "", false
		}
		return x.Word.Value, "", true
	case *syntax.Call:
		name := strings.ToLower(x.Name)
		if (name == "lower" || name == "upper") && len(x.Args) == 1 {
			f, c, ok := evalField(x.Args[0])
			return f, name, ok && c == ""
		}
	case *syntax.Group:
		return evalField(x.X)
	}
	return "", "", false
}

func evalLiteral(x syntax.Expr) (val string, number, ok bool) {
	switch x := x.(type) {
	case *syntax.String:
		return x.Word.Value, false, true
	case *syntax.Number:
		return x.Raw, true, true
	case *syntax.Unary:
		if n, isNumber := x.X.(*syntax.Number); isNumber && x.Op == "-" {
			return "-" + n.Raw, true, true
		}
	case *syntax.Group:
		return evalLiteral(x.X)
	}
	return "", false, false
}

func evalLiterals(list []syntax.Expr) ([]string, bool) {
	var out []string
	for _, e := range list {
		v, _, ok := evalLiteral(e)
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}
