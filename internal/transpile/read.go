package transpile

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// read turns a condition of a plan, of whatever language, into tests; nil when it has one that is not known here, which has been said.
func (c *converter) read(e expr.Expr) cond {
	if e == nil {
		return known(true)
	}
	switch e := e.(type) {
	case *expr.Lit:
		return known(e.Value.Kind() == event.Bool && e.Value.Bool())
	case *expr.Not:
		if arg := c.read(e.Arg); arg != nil {
			return negate(arg)
		}
		return nil
	case *expr.Logic:
		var args []cond
		for _, a := range e.Args {
			x := c.read(a)
			if x == nil {
				return nil
			}
			args = append(args, x)
		}
		if e.Op == expr.And {
			return conj(args...)
		}
		return disj(args...)
	case *expr.Call:
		if out := c.call(e); out != nil {
			return out
		}
	}
	at := expr.Columns(e)
	c.fail("TRA2002", at, "the condition %s cannot be said in other languages here", expr.Print(e))
	return nil
}

// likes makes tests of patterns, one of which must hold.
func likes(col string, cased bool, patterns ...syntax.Pattern) cond {
	var out []cond
	for _, p := range patterns {
		if len(p) == 1 && p[0].Wild == '*' {
			out = append(out, not{&test{col: col, kind: isNull}})
			continue
		}
		out = append(out, &test{col: col, kind: isLike, pattern: p, cased: cased})
	}
	return disj(out...)
}

func plain(s string) syntax.Pattern {
	if s == "" {
		return nil
	}
	return syntax.Pattern{{Text: s}}
}

// starred reads a pattern in which * alone is special.
func starred(s string) syntax.Pattern {
	var p syntax.Pattern
	for i, part := range strings.Split(s, "*") {
		if i > 0 {
			p = append(p, syntax.Part{Wild: '*'})
		}
		p = append(p, plain(part)...)
	}
	return p
}

// percent reads a pattern of like: % for any text, _ for a character.
func percent(s string) syntax.Pattern {
	var p syntax.Pattern
	var b strings.Builder
	flush := func() {
		p = append(p, plain(b.String())...)
		b.Reset()
	}
	for i := range len(s) {
		switch s[i] {
		case '%', '_':
			flush()
			p = append(p, syntax.Part{Wild: map[byte]byte{'%': '*', '_': '?'}[s[i]]})
		default:
			b.WriteByte(s[i])
		}
	}
	flush()
	return p
}

// call reads a function that tests a column against literals; nil when it does something else.
func (c *converter) call(e *expr.Call) cond {
	if len(e.Args) == 0 {
		return nil
	}
	col, ok := e.Args[0].(*expr.Col)
	if !ok {
		if in, isCall := e.Args[0].(*expr.Call); isCall && len(in.Args) == 1 { // tolower(f) == "x", tostring(f) has "x"
			if inner, isCol := in.Args[0].(*expr.Col); isCol && (in.Fn.Name == "tostring" || in.Fn.Name == "tolower" || in.Fn.Name == "lower") {
				col, ok = inner, true
				if in.Fn.Name != "tostring" && e.Fn.Name != "==" && e.Fn.Name != "contains" && e.Fn.Name != "like" && e.Fn.Name != "spl_eq" {
					return nil
				}
				if in.Fn.Name != "tostring" { // compared in small letters: as without case
					e = &expr.Call{Fn: &fn.Func{Name: map[string]string{"==": "=~", "contains": "contains", "like": "like~", "spl_eq": "=~"}[e.Fn.Name]}, Args: e.Args}
				}
			}
		}
		if !ok {
			return nil
		}
	}
	var lits []event.Value
	for _, a := range e.Args[1:] {
		l, ok := a.(*expr.Lit)
		if !ok {
			if e.Fn == function.Same {
				return c.same(col.Name, e)
			}
			return nil
		}
		if l.Value.Kind() == event.List {
			lits = append(lits, l.Value.List()...)
			continue
		}
		lits = append(lits, l.Value)
	}
	text := make([]string, len(lits))
	for i, l := range lits {
		text[i] = function.Text(l)
	}
	return testOf(e.Fn.Name, col.Name, text, lits)
}

func (c *converter) same(col string, e *expr.Call) cond {
	other, ok := e.Args[1].(*expr.Col)
	how, ok2 := e.Args[2].(*expr.Lit)
	if !ok || !ok2 {
		return nil
	}
	mode := strings.TrimSpace(function.Text(how.Value))
	rest, cased := strings.CutPrefix(mode, "cased")
	if strings.TrimSpace(rest) != "" {
		return nil
	}
	return &test{col: col, kind: isSame, text: other.Name, cased: cased}
}

// wrap puts * around a text.
func wrap(s string, before, behind bool) syntax.Pattern { return plain(s).Wrap(before, behind) }

func testOf(name, col string, text []string, lits []event.Value) cond {
	one := func(cased bool, p syntax.Pattern) cond { return likes(col, cased, p) }
	each := func(cased bool, f func(string) syntax.Pattern) cond {
		var ps []syntax.Pattern
		for _, s := range text {
			ps = append(ps, f(s))
		}
		return likes(col, cased, ps...)
	}
	raw := col == event.RawField
	number := func(op string) cond {
		if len(lits) != 1 {
			return nil
		}
		if _, ok := function.ParseNumber(lits[0]); !ok {
			return nil // times, or an order of texts
		}
		return &test{col: col, kind: isOrder, op: op, text: text[0]}
	}
	there := not{&test{col: col, kind: isNull}}
	negated := false
	if strings.HasPrefix(name, "!") && name != "!=" && name != "!~" {
		name, negated = name[1:], true
	}
	var out cond
	switch name {
	case "sigma_like":
		out = one(false, syntax.ParsePattern(text[0]))
	case "sigma_like_cased":
		out = one(true, syntax.ParsePattern(text[0]))
	case "sigma_in", "in~":
		out = each(false, plain)
	case "sigma_number":
		out = &test{col: col, kind: isNumber, text: text[0]}
	case "sigma_null", "isempty", "isnull":
		out = &test{col: col, kind: isNull}
	case "sigma_exists", "search_exists", "isnotempty", "isnotnull":
		out = there
	case "sigma_re", "match", "matches", "matches regex":
		out = &test{col: col, kind: isRegex, text: text[0]}
	case "sigma_cidr":
		out = &test{col: col, kind: isCIDR, text: text[0]}
	case "sigma_lt", "search_lt", "<":
		out = number("lt")
	case "sigma_lte", "search_le", "<=":
		out = number("lte")
	case "sigma_gt", "search_gt", ">":
		out = number("gt")
	case "sigma_gte", "search_ge", ">=":
		out = number("gte")
	case "sigma_keyword":
		out = &test{col: col, kind: isRaw, pattern: syntax.ParsePattern(text[0])}
	case "search_text":
		if !raw {
			return nil
		}
		out = &test{col: col, kind: isWord, pattern: starred(text[0])}
	case "search_eq", "search_in", "search_ne":
		var any []cond
		for _, s := range text {
			if _, net := fn.ParseNetwork(s); net && strings.Contains(s, "/") {
				any = append(any, &test{col: col, kind: isCIDR, text: s})
				continue
			}
			any = append(any, likes(col, false, starred(s)))
		}
		if out = disj(any...); name == "search_ne" {
			out = conj(there, negate(out))
		}
	case "search_case_eq":
		out = one(true, starred(text[0]))
	case "like", "like~":
		out = one(name == "like", percent(text[0]))
	case "spl_eq", "==":
		if len(lits) != 1 {
			return nil
		}
		if _, isNum := lits[0].Number(); isNum {
			out = &test{col: col, kind: isNumber, text: text[0]}
		} else if lits[0].Kind() == event.String {
			out = one(true, plain(text[0]))
		}
	case "=~", "!~":
		if out = one(false, plain(text[0])); name == "!~" {
			out = negate(out)
		}
	case "!=", "spl_ne":
		if len(lits) != 1 {
			return nil
		}
		if _, isNum := lits[0].Number(); isNum {
			out = conj(there, negate(&test{col: col, kind: isNumber, text: text[0]}))
		} else if lits[0].Kind() == event.String {
			if out = negate(one(true, plain(text[0]))); name == "spl_ne" {
				out = conj(there, out)
			}
		}
	case "in":
		out = each(true, plain)
	case "contains":
		out = one(false, wrap(text[0], true, true))
	case "contains_cs":
		out = one(true, wrap(text[0], true, true))
	case "startswith":
		out = one(false, wrap(text[0], false, true))
	case "startswith_cs":
		out = one(true, wrap(text[0], false, true))
	case "endswith":
		out = one(false, wrap(text[0], true, false))
	case "endswith_cs":
		out = one(true, wrap(text[0], true, false))
	case "has", "has_any", "has_all":
		var ws []cond
		for _, s := range text {
			ws = append(ws, &test{col: col, kind: isWord, pattern: plain(s)})
		}
		if out = disj(ws...); name == "has_all" {
			out = conj(ws...)
		}
	}
	if out == nil {
		return nil
	}
	if negated {
		return negate(out)
	}
	return out
}
