package sigma

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// An operand is a value on its way through the modifiers.
type operand struct {
	kind    syntax.ValueKind
	pattern syntax.Pattern // of text
	text    string         // as written
	bytes   bool           // encoded: text is bytes that are no characters
	span    text.Span
}

// How the modifiers of an item want its values to be taken.
type manner struct {
	all, cased, neq, exists, regex, cidr, fieldref bool
	flags                                          string
	order                                          string
	place                                          string // contains, startswith, endswith
	part                                           string // of a time
}

// item lowers the comparison of a field with values, or the search for keywords when it has no field.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
func (c *compiler) item(it *syntax.Item) expr.Expr {
	var m manner
	ops := make([]operand, len(it.Values))
	for i, v := range it.Values {
		ops[i] = operand{kind: v.Kind, text: v.Text, span: v.Span}
		if v.Kind != syntax.Null {
			ops[i].pattern = syntax.ParsePattern(v.Text)
		}
	}
	expanded := false
	for i, mod := range it.Modifiers {
		name := strings.ToLower(mod.Name)
		var ok bool
		if ops, ok = c.modify(&m, name, mod, ops, it.Modifiers[:i]); !ok {
			return nil
		}
		expanded = expanded || name == "expand"
	}
	if len(ops) == 0 && expanded {
		return expr.L(event.BoolOf(m.neq))
	}
	for _, op := range ops {
		if op.bytes {
			c.fail("SIG4001", it.Span, "a value in UTF-16 is compared in Base64 only: add base64 or base64offset")
			return nil
		}
	}
	var subject expr.Expr = expr.C(it.Field)
	if it.Field == "" {
		subject = expr.C(event.RawField)
	} else if m.part != "" {
		subject = expr.F(function.TimePart, subject, expr.Str(m.part))
	}
	var tests []expr.Expr
	var plain []expr.Expr
	for _, op := range ops {
		if s, ok := op.pattern.Plain(); ok && it.Field != "" && op.kind == syntax.Text && len(ops) > 3 && s != "" && m == (manner{neq: m.neq}) {
			plain = append(plain, expr.Str(s)) // a list of texts is looked up, not gone through
			continue
		}
		t := c.test(it, &m, op, subject)
		if t == nil {
			return nil
		}
		tests = append(tests, t)
	}
	if len(plain) > 0 {
		tests = append(tests, expr.F(function.In, append([]expr.Expr{subject}, plain...)...))
	}
	var out expr.Expr
	if m.all {
		out = expr.All(tests...)
	} else {
		out = expr.AnyOf(tests...)
	}
	if m.neq {
		out = &expr.Not{Arg: out}
	}
	return out
}

// modify applies one modifier.
func (c *compiler) modify(m *manner, name string, mod syntax.Modifier, ops []operand, before []syntax.Modifier) ([]operand, bool) {
	bad := func(id, format string, args ...any) ([]operand, bool) {
		c.fail(id, mod.Span, format, args...)
		return nil, false
	}
	each := func(f func(op operand) []operand) []operand {
		var out []operand
		for _, op := range ops {
			out = append(out, f(op)...)
		}
		return out
	}
	after := func(other string) bool {
		return slices.ContainsFunc(before, func(b syntax.Modifier) bool { return strings.EqualFold(b.Name, other) })
	}
	texts := func() bool {
		return !slices.ContainsFunc(ops, func(op operand) bool { return op.kind == syntax.Null })
	}
	switch name {
	case "all":
		m.all = true
	case "cased":
		m.cased = true
	case "neq":
		m.neq = true
	case "exists":
		m.exists = true
	case "contains", "startswith", "endswith":
		if m.order != "" || m.cidr || m.exists {
			return bad("SIG4002", "%s does not go with the modifiers before it", name)
		}
		m.place = name
	case "re":
		m.regex = true
	case "i", "m", "s":
		if !after("re") {
			return bad("SIG4002", "%s stands behind re", name)
		}
		m.flags += name
	case "cidr":
		m.cidr = true
	case "lt", "lte", "gt", "gte":
		m.order = name
	case "fieldref":
		m.fieldref = true
	case "base64", "base64offset":
		if !texts() {
			return bad("SIG4003", "%s takes text", name)
		}
		return c.base64(name == "base64offset", mod, ops)
	case "wide", "utf16le", "utf16be", "utf16":
		if !texts() {
			return bad("SIG4003", "%s takes text", name)
		}
		return c.utf16(name, mod, ops)
	case "windash":
		if !texts() {
			return bad("SIG4003", "windash takes text")
		}
		return each(c.windash), true
	case "expand":
		return c.expand(ops)
	default:
		if slices.Contains(function.TimeParts, name) {
			m.part = name
			break
		}
		hint := ""
		if near := text.Nearest(mod.Name, Modifiers); len(near) > 0 {
			hint = "; did you mean " + near[0] + "?"
		}
		return bad("SIG3003", "there is no modifier %q%s", mod.Name, hint)
	}
	return ops, true
}

// Modifiers are the names of all modifiers.
var Modifiers = append([]string{"all", "cased", "neq", "exists", "contains", "startswith", "endswith", "re", "i", "m", "s", "cidr", "lt", "lte", "gt", "gte", "fieldref", "base64", "base64offset",
	"wide", "utf16le", "utf16be", "utf16", "windash", "expand"}, function.TimeParts...)

// test lowers one value.
func (c *compiler) test(it *syntax.Item, m *manner, op operand, subject expr.Expr) expr.Expr {
	check := func(f *fn.Func, arg string) expr.Expr {
		call := expr.F(f, subject, expr.Str(arg))
		if _, err := f.Prepare(nil, []fn.Arg{{}, {Const: true, Value: event.StringOf(arg)}}); err != nil {
			c.fail("SIG4004", op.span, "%s: %v", it.Field, err)
			return nil
		}
		return call
	}
	keyword := it.Field == ""
	switch {
	case keyword && (m.exists || m.cidr || m.order != "" || m.fieldref || op.kind == syntax.Null):
		c.fail("SIG4005", op.span, "this is not told of an event as a whole: it needs a field")
		return nil
	case m.exists:
		switch strings.ToLower(op.text) {
		case "true", "yes":
			return expr.F(function.Exists, subject)
		case "false", "no":
			return &expr.Not{Arg: expr.F(function.Exists, subject)}
		}
		c.fail("SIG4006", op.span, "exists takes true or false")
		return nil
	case op.kind == syntax.Null:
		return expr.F(function.IsNull, subject)
	case m.regex:
		pattern := op.text
		switch m.place { // a place frees the other end; re itself finds its pattern anywhere
		case "startswith":
			pattern = "^(?:" + pattern + ")"
		case "endswith":
			pattern = "(?:" + pattern + ")$"
		}
		if m.flags != "" {
			pattern = "(?" + m.flags + ")" + pattern
		}
		if keyword {
			return check(function.KeywordRe, pattern)
		}
		return check(function.Regex, pattern)
	case m.cidr:
		return check(function.CIDR, op.text)
	case m.order != "":
		return check(function.Order[m.order], op.text)
	case m.fieldref:
		how := m.place
		if m.cased {
			how = "cased " + how
		}
		return expr.F(function.Same, subject, expr.C(op.text), expr.Str(how))
	case keyword && m.cased:
		return check(function.KeywordCS, op.pattern.String())
	case keyword:
		return check(function.Keyword, op.pattern.String())
	}
	p := op.pattern
	switch m.place {
	case "contains":
		p = p.Wrap(true, true)
	case "startswith":
		p = p.Wrap(false, true)
	case "endswith":
		p = p.Wrap(true, false)
	}
	switch {
	case op.kind == syntax.Number && m.place == "":
		return expr.F(function.Number, subject, expr.Str(op.text))
	case m.part != "":
		return check(function.Number, op.text)
	case len(p) == 1 && p[0].Wild == '*':
		// A value of nothing but * asks for a field that is there with a value.
		return &expr.Not{Arg: expr.F(function.IsNull, subject)}
	case m.cased:
		return check(function.LikeCS, p.String())
	}
	return check(function.Like, p.String())
}

// dashes are the characters that Windows programs take for the mark of an option.
var dashes = []string{"-", "/", "\u2013", "\u2014", "\u2015"}

// flag finds marks of options: a dash that no word stands before and one stands behind.
var flag = regexp.MustCompile(`(^|[^\w])([-/\x{2013}\x{2014}\x{2015}])(\w)`)

// windash gives a value with every dash that marks an option in all of its forms.
func (c *compiler) windash(op operand) []operand {
	out := []string{""}
	rest := op.text
	const most = 625 // four options in five forms
	for {
		loc := flag.FindStringSubmatchIndex(rest)
		if loc == nil || len(out)*len(dashes) > most {
			break
		}
		var next []string
		for _, s := range out {
			for _, d := range dashes {
				next = append(next, s+rest[:loc[4]]+d)
			}
		}
		out, rest = next, rest[loc[5]:]
	}
	ops := make([]operand, len(out))
	for i, s := range out {
		ops[i] = op
		ops[i].text = s + rest
		ops[i].pattern = syntax.ParsePattern(ops[i].text)
	}
	return ops
}

// placeholder finds %name%; a backslash takes the meaning of the first % away.
var placeholder = regexp.MustCompile(`\\%|%([^%\s]+)%`)

// expand puts the values of placeholders in their place. One without values makes no value at all.
func (c *compiler) expand(ops []operand) ([]operand, bool) {
	var out []operand
	for _, op := range ops {
		texts := []string{""}
		rest := op.text
		for rest != "" {
			loc := placeholder.FindStringSubmatchIndex(rest)
			if loc == nil {
				break
			}
			lit := rest[:loc[0]]
			values := []string{"%"}
			if loc[2] >= 0 {
				name := rest[loc[2]:loc[3]]
				var ok bool
				values, ok = c.opt.Pipeline.Values(name)
				if !ok && c.opt.Placeholder != nil {
					values, ok = c.opt.Placeholder(name)
				}
				if !ok && c.opt.Detached {
					c.note("SIG5005", op.span, "no values are known of the placeholder %%%s%%, which matches nothing: give them as a variable of a pipeline, or as %s.csv in a lookup folder", name, name)
				} else if !ok {
					c.fail("SIG3004", op.span, "no values are known of the placeholder %%%s%%: give them as a variable of a pipeline, or as %s.csv in a lookup folder", name, name)
					return nil, false
				}
			}
			var next []string
			for _, t := range texts {
				for _, v := range values {
					next = append(next, t+lit+v)
				}
			}
			texts, rest = next, rest[loc[1]:]
			if len(texts) > maxChoices {
				c.fail("SIG4007", op.span, "the placeholders have %s values and more", strconv.Itoa(len(texts)))
				return nil, false
			}
		}
		for _, t := range texts {
			o := op
			o.text = t + rest
			o.pattern = syntax.ParsePattern(o.text)
			out = append(out, o)
		}
	}
	return out, true
}
