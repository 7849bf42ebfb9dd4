package transpile

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// spl writes places as a search: in the terms of search where they can say it, else as a where, whose tests are made so that a field
// that is not there fails them instead of being unknown.
func (c *converter) spl(places []place) string {
	if c.target.Over == "cim" {
		p := places[0]
		head := "| from datamodel:\"" + p.table + "\""
		cond := conj(p.only, p.cond)
		if cond == known(true) {
			return head + "\n"
		}
		if searchable(cond) {
			return head + "\n| search " + splSearch(cond, 0) + "\n"
		}
		return head + "\n| where " + splWhere(cond, 0) + "\n"
	}
	var whole []cond
	var only []cond
	inSearch, raw := true, false
	for _, p := range places {
		both := conj(p.only, p.cond)
		whole = append(whole, both)
		only = append(only, p.only)
		inSearch = inSearch && searchable(both)
		for _, t := range tests(both) {
			raw = raw || t.kind == isRaw
		}
	}
	cond := disj(whole...)
	prefix := "index=*"
	if raw {
		head := disj(only...)
		s := prefix
		if head != known(true) {
			s += " " + splSearch(head, 1)
		}
		if inSearch {
			return s + "\n| search " + splSearch(cond, 0) + "\n"
		}
		return s + "\n| where " + splWhere(cond, 0) + "\n"
	}
	if inSearch {
		if cond == known(true) {
			return prefix + "\n"
		}
		return prefix + " " + splSearch(cond, 1) + "\n"
	}
	head := disj(only...)
	s := prefix
	if head != known(true) {
		s += " " + splSearch(head, 1)
	}
	return s + "\n| where " + splWhere(cond, 0) + "\n"
}

var plainField = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.{}:]*$`)

// searchable reports whether search can say a condition.
func searchable(c cond) bool {
	for _, t := range tests(c) {
		switch t.kind {
		case isLike:
			for _, p := range t.pattern {
				if p.Wild == '?' || strings.Contains(p.Text, "*") {
					return false
				}
			}
			if s, ok := t.pattern.Plain(); ok && strings.Contains(s, "/") && t.kind == isLike && networkLike.MatchString(s) {
				return false
			}
		case isNumber, isOrder, isNull, isCIDR:
		case isWord, isRaw:
			if t.col != "_raw" {
				return false
			}
			for _, p := range t.pattern {
				if p.Wild == '?' || strings.Contains(p.Text, "*") {
					return false
				}
			}
		default:
			return false
		}
		if t.of != nil {
			return false
		}
	}
	return true
}

var networkLike = regexp.MustCompile(`^[0-9a-fA-F.:]+/\d+$`)

// level: 0 nothing binds around it, 1 and, 2 not.
func splSearch(c cond, level int) string {
	switch c := c.(type) {
	case known:
		if c {
			return "_raw=*"
		}
		return "NOT _raw=*"
	case all:
		var parts []string
		for _, a := range c {
			parts = append(parts, splSearch(a, 1))
		}
		s := strings.Join(parts, " ")
		if level > 1 {
			return "(" + s + ")"
		}
		return s
	case any_:
		if s, ok := splIn(c); ok {
			return s
		}
		var parts []string
		for _, a := range c {
			parts = append(parts, splSearch(a, 2))
		}
		s := strings.Join(parts, " OR ")
		if level > 0 {
			return "(" + s + ")"
		}
		return s
	case not:
		return "NOT " + splSearch(c.arg, 2)
	case *test:
		return splTest(c)
	}
	return ""
}

// splIn writes alternatives of one field as IN.
func splIn(c any_) (string, bool) {
	var values []string
	col := ""
	for _, a := range c {
		t, ok := a.(*test)
		if !ok || t.kind != isLike && t.kind != isNumber || t.cased || col != "" && t.col != col {
			return "", false
		}
		col = t.col
		values = append(values, splValue(t))
	}
	return splField(col) + " IN (" + strings.Join(values, ", ") + ")", true
}

func splField(name string) string {
	if plainField.MatchString(name) {
		return name
	}
	return splQuote(name)
}

func splQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func splValue(t *test) string {
	if t.kind != isLike {
		return t.text
	}
	var b strings.Builder
	for _, p := range t.pattern {
		if p.Wild != 0 {
			b.WriteByte('*')
		}
		b.WriteString(p.Text)
	}
	return splQuote(b.String())
}

func splTest(t *test) string {
	f := splField(t.col)
	switch t.kind {
	case isLike:
		if t.cased {
			return f + "=CASE(" + splValue(t) + ")"
		}
		return f + "=" + splValue(t)
	case isNumber:
		return f + "=" + t.text
	case isOrder:
		return f + map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[t.op] + t.text
	case isNull:
		return "NOT " + f + "=*"
	case isCIDR:
		return f + "=" + splQuote(t.text)
	case isWord:
		p := *t
		p.kind = isLike
		return splValue(&p)
	case isRaw:
		p := *t
		p.kind, p.pattern = isLike, t.pattern.Wrap(true, true)
		return "_raw=" + splValue(&p)
	}
	return ""
}

// splWhere writes a condition as an expression of where.
func splWhere(c cond, level int) string {
	join := func(args []cond, op string, own int) string {
		var parts []string
		for _, a := range args {
			parts = append(parts, splWhere(a, own+1))
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
			return "1==1"
		}
		return "1==0"
	case all:
		return join(c, "AND", 1)
	case any_:
		return join(c, "OR", 0)
	case not:
		return "NOT " + splWhere(c.arg, 2)
	case *test:
		return splWhereTest(c)
	}
	return ""
}

func splWhereTest(t *test) string {
	f := t.col
	if t.of == nil {
		f = splName(t.col)
	}
	there := `coalesce(` + f + `,"")`
	match := func(re string) string { return "match(" + there + ", " + splQuote(re) + ")" }
	switch t.kind {
	case isLike, isRaw, isWord:
		p := t.pattern
		if t.kind == isRaw {
			p = p.Wrap(true, true)
		}
		if t.kind == isWord {
			return match("(?is)(?<![A-Za-z0-9])" + globRegex(p) + "(?![A-Za-z0-9])")
		}
		if len(p) == 0 {
			return f + `==""`
		}
		return match(likeRegex(p, t.cased))
	case isRegex:
		return match(t.text)
	case isNumber:
		return "tostring(" + there + ")==" + splQuote(t.text)
	case isOrder:
		return "coalesce(tonumber(" + f + ")" + map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[t.op] + t.text + ",false())"
	case isNull:
		return "isnull(" + f + ")"
	case isCIDR:
		return "cidrmatch(" + splQuote(t.text) + ", " + there + ")"
	case isSame:
		if t.cased {
			return "coalesce(" + f + "==" + splName(t.text) + ",false())"
		}
		return "coalesce(lower(" + f + ")==lower(" + splName(t.text) + "),false())"
	}
	return ""
}

func splName(name string) string {
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		return name
	}
	return "'" + name + "'"
}

// likeRegex returns the expression that finds what has the form of a pattern.
func likeRegex(p syntax.Pattern, cased bool) string {
	flags := "(?is)"
	if cased {
		flags = "(?s)"
	}
	head, tail := "^", "$"
	if len(p) > 0 && p[0].Wild == '*' {
		head, p = "", p[1:]
	}
	if len(p) > 0 && p[len(p)-1].Wild == '*' {
		tail, p = "", p[:len(p)-1]
	}
	return flags + head + globRegex(p) + tail
}

func globRegex(p syntax.Pattern) string {
	var b strings.Builder
	for _, part := range p {
		switch part.Wild {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(part.Text))
		}
	}
	return b.String()
}

// splExpr writes an expression over the fields of an event for where; false when it is none that eval has.
func splExpr(cl class, e expr.Expr) (string, bool) {
	args := func(list []expr.Expr) ([]string, bool) {
		var out []string
		for _, a := range list {
			s, ok := splExpr(cl, a)
			if !ok {
				return nil, false
			}
			out = append(out, s)
		}
		return out, true
	}
	switch e := e.(type) {
	case *expr.Col:
		name, ok := rawName(cl, e)
		return splName(name), ok
	case *expr.Lit:
		return splQuote(function.Text(e.Value)), true
	case *expr.Call:
		a, ok := args(e.Args)
		if !ok {
			return "", false
		}
		switch e.Fn.Name {
		case "account":
			return a[0] + `."\\".` + a[1], true
		case "concat":
			return strings.Join(a, "."), true
		case "lower", "upper", "coalesce":
			return e.Fn.Name + "(" + strings.Join(a, ",") + ")", true
		case "given":
			return `if(` + a[0] + `=="-",null(),` + a[0] + `)`, true
		case "text":
			return "tostring(" + a[0] + ")", true
		case "basename":
			return `replace(` + a[0] + `,"^.*[\\\\/]","")`, true
		}
	}
	return "", false
}

// number tells whether a text is one.
func number(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
