package transpile

import (
	"regexp/syntax"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
)

// kql writes places as a query: a table and a where, or the union of several.
func (c *converter) kql(places []place) string {
	for _, p := range places {
		for _, t := range tests(p.cond) {
			c.sayable(t)
		}
	}
	if c.ds.HasErrors() {
		return ""
	}
	one := func(p place) string {
		cond := conj(p.only, p.cond)
		if cond == known(true) {
			return p.table
		}
		var parts []string
		if a, ok := cond.(all); ok {
			for _, x := range a {
				parts = append(parts, "| where "+kqlCond(x, 1))
			}
			return p.table + "\n" + strings.Join(parts, "\n")
		}
		return p.table + "\n| where " + kqlCond(cond, 0)
	}
	if len(places) == 1 {
		return one(places[0]) + "\n"
	}
	var parts []string
	for _, p := range places {
		parts = append(parts, "("+strings.ReplaceAll(one(p), "\n", "\n    ")+")")
	}
	return "union\n  " + strings.Join(parts, ",\n  ") + "\n"
}

// sayable complains of a test that KQL has no words for.
func (c *converter) sayable(t *test) {
	switch t.kind {
	case isRegex:
		if _, err := syntax.Parse(t.text, syntax.Perl); err != nil {
			c.fail("TRA2002", []string{t.text, t.col}, "the expression uses what RE2, which KQL has, does not know: %v", err)
		}
	case isLike:
		if len(t.pattern) == 0 {
			c.note([]string{t.col}, "in KQL a text that is empty and one that is missing are one")
		}
	case isNull:
		c.note([]string{t.col}, "in KQL a text that is empty and one that is missing are one")
	case isCIDR, isNumber, isOrder, isSame:
	case isWord, isRaw:
		if t.col == "_raw" {
			c.fail("TRA2002", nil, "a table has no text of the whole event to look for keywords in")
		}
	default:
		c.fail("TRA2002", []string{t.col}, "KQL has no such test of %s", t.col)
	}
}

func kqlQuote(s string) string {
	if strings.ContainsAny(s, "\n\r\t") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
	}
	if strings.Contains(s, `\`) || strings.Contains(s, `"`) {
		return `@"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return `"` + s + `"`
}

// level: 0 nothing binds around it, 1 and.
func kqlCond(c cond, level int) string {
	join := func(args []cond, op string, own int) string {
		var parts []string
		for _, a := range args {
			parts = append(parts, kqlCond(a, own+1))
		}
		s := strings.Join(parts, " "+op+" ")
		if level > own {
			return "(" + s + ")"
		}
		return s
	}
	switch c := c.(type) {
	case known:
		if c {
			return "true"
		}
		return "false"
	case all:
		return join(c, "and", 1)
	case any_:
		if s, ok := kqlIn(c); ok {
			return s
		}
		return join(c, "or", 0)
	case not:
		if t, ok := c.arg.(*test); ok && t.kind == isNull {
			return "isnotempty(" + t.col + ")"
		}
		return "not(" + kqlCond(c.arg, 0) + ")"
	case *test:
		return kqlTest(c)
	}
	return ""
}

// kqlIn writes alternatives of one column as in~.
func kqlIn(c any_) (string, bool) {
	var values []string
	col := ""
	for _, a := range c {
		t, ok := a.(*test)
		if !ok || t.kind != isLike && t.kind != isNumber || t.cased || col != "" && t.col != col {
			return "", false
		}
		s := t.text
		if t.kind == isLike {
			if s, ok = t.pattern.Plain(); !ok {
				return "", false
			}
		}
		col = t.col
		if numericColumn[col] {
			if !number(s) {
				return "", false
			}
			values = append(values, s)
			continue
		}
		values = append(values, kqlQuote(s))
	}
	if numericColumn[col] {
		return col + " in (" + strings.Join(values, ", ") + ")", true
	}
	return col + " in~ (" + strings.Join(values, ", ") + ")", true
}

func kqlTest(t *test) string {
	cs := func(op string) string {
		if t.cased {
			return op + "_cs"
		}
		return op
	}
	switch t.kind {
	case isLike:
		p := t.pattern
		if len(p) == 0 {
			return "isempty(" + t.col + ")"
		}
		if s, ok := p.Plain(); ok {
			if numericColumn[t.col] && number(s) {
				return t.col + " == " + s
			}
			op := " =~ "
			if t.cased {
				op = " == "
			}
			return t.col + op + kqlQuote(s)
		}
		head, tail := p[0].Wild == '*', p[len(p)-1].Wild == '*'
		core := p
		if head {
			core = core[1:]
		}
		if tail && len(core) > 0 {
			core = core[:len(core)-1]
		}
		if s, ok := core.Plain(); ok && s != "" {
			switch {
			case head && tail:
				return t.col + " " + cs("contains") + " " + kqlQuote(s)
			case head:
				return t.col + " " + cs("endswith") + " " + kqlQuote(s)
			case tail:
				return t.col + " " + cs("startswith") + " " + kqlQuote(s)
			}
		}
		return t.col + " matches regex " + kqlQuote(likeRegex(p, t.cased))
	case isRegex:
		return t.col + " matches regex " + kqlQuote(t.text)
	case isNumber:
		if numericColumn[t.col] {
			return t.col + " == " + t.text
		}
		return t.col + " == " + kqlQuote(t.text)
	case isOrder:
		return "coalesce(todouble(" + t.col + ") " + map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[t.op] + " " + t.text + ", false)"
	case isNull:
		return "isempty(" + t.col + ")"
	case isCIDR:
		if n, ok := fn.ParseNetwork(t.text); ok && n.Addr().Is6() {
			return "coalesce(ipv6_is_in_range(" + t.col + ", " + kqlQuote(t.text) + "), false)"
		}
		return "coalesce(ipv4_is_in_range(" + t.col + ", " + kqlQuote(t.text) + "), false)"
	case isSame:
		if t.cased {
			return "(isnotempty(" + t.col + ") and " + t.col + " == " + t.text + ")"
		}
		return "(isnotempty(" + t.col + ") and " + t.col + " =~ " + t.text + ")"
	case isWord:
		s, _ := t.pattern.Plain()
		return t.col + " has " + kqlQuote(s)
	}
	return "false"
}

// numericColumn are columns that tell events apart and hold numbers in every table.
var numericColumn = map[string]bool{"EventID": true}
