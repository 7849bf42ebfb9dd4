package syntax

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// maxDepth bounds the nesting of conditions and of detections.
const maxDepth = 200

type condToken struct {
	kind byte // 'w' word, '(' ')' '|' ',' '<' (an operator), 0 end
	text string
	from int
}

type condParser struct {
	toks  []condToken
	at    int
	where func(from, to int) text.Span
	fail  func(span text.Span, format string, args ...any)
	bad   bool
}

func condWord(c byte) bool { return strings.IndexByte(" \t\r\n()|,<>=", c) < 0 }

func lexCondition(s string) []condToken {
	var out []condToken
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case strings.IndexByte("()|,", c) >= 0:
			out = append(out, condToken{c, string(c), i})
			i++
		case strings.IndexByte("<>=", c) >= 0:
			j := i + 1
			for j < len(s) && strings.IndexByte("<>=", s[j]) >= 0 {
				j++
			}
			out = append(out, condToken{'<', s[i:j], i})
			i = j
		default:
			j := i
			for j < len(s) && condWord(s[j]) {
				j++
			}
			out = append(out, condToken{'w', s[i:j], i})
			i = j
		}
	}
	return append(out, condToken{from: len(s)})
}

// ParseExpression reads an expression of names with and, or, not and parentheses; the error tells the first thing that is wrong.
func ParseExpression(s string) (Cond, error) {
	var err error
	c := parseCondition(s, func(from, to int) text.Span { return text.Span{Start: from, End: to} }, func(_ text.Span, format string, args ...any) {
		if err == nil {
			err = fmt.Errorf(format, args...)
		}
	})
	if c == nil {
		return nil, err
	}
	if c.Pipe != nil {
		return nil, errors.New("an expression has no aggregation")
	}
	return c.Expr, nil
}

// parseCondition reads a condition. where maps offsets in s to places; fail takes what is wrong, of which the first thing is told.
func parseCondition(s string, where func(from, to int) text.Span, fail func(text.Span, string, ...any)) *Condition {
	p := &condParser{toks: lexCondition(s), where: where, fail: fail}
	c := &Condition{Span: where(0, len(s))}
	c.Expr = p.or(0)
	if p.peek().kind == '|' && !p.bad {
		p.at++
		c.Pipe = p.pipe()
	}
	if !p.bad && p.peek().kind != 0 {
		p.wrong("expected and, or or the end of the condition, not %q", p.peek().text)
	}
	if p.bad {
		return nil
	}
	return c
}

func (p *condParser) peek() condToken { return p.toks[p.at] }

func (p *condParser) span(t condToken) text.Span { return p.where(t.from, t.from+len(t.text)) }

func (p *condParser) wrong(format string, args ...any) {
	if !p.bad {
		p.bad = true
		p.fail(p.span(p.peek()), format, args...)
	}
	p.at = len(p.toks) - 1
}

// word takes the next token when it is one of the words, whatever their case.
func (p *condParser) word(words ...string) bool {
	t := p.peek()
	if t.kind == 'w' && slices.Contains(words, strings.ToLower(t.text)) {
		p.at++
		return true
	}
	return false
}

func (p *condParser) or(depth int) Cond {
	args := []Cond{p.and(depth)}
	for p.word("or") {
		args = append(args, p.and(depth))
	}
	if len(args) == 1 {
		return args[0]
	}
	return &Or{args}
}

func (p *condParser) and(depth int) Cond {
	args := []Cond{p.not(depth)}
	for p.word("and") {
		args = append(args, p.not(depth))
	}
	if len(args) == 1 {
		return args[0]
	}
	return &And{args}
}

func (p *condParser) not(depth int) Cond {
	if depth > maxDepth {
		p.wrong("the condition is nested too deeply")
		return &Ref{}
	}
	if p.word("not") {
		return &Not{p.not(depth + 1)}
	}
	t := p.peek()
	if t.kind == '(' {
		p.at++
		c := p.or(depth + 1)
		if p.peek().kind != ')' {
			p.wrong("expected )")
			return c
		}
		p.at++
		return c
	}
	low := strings.ToLower(t.text)
	if t.kind != 'w' || low == "and" || low == "or" || low == "of" || low == "by" {
		what := t.text
		if t.kind == 0 {
			what = "the end"
		}
		p.wrong("expected the name of a search, not %s", what)
		return &Ref{}
	}
	p.at++
	if next := p.peek(); next.kind == 'w' && strings.EqualFold(next.text, "of") {
		n, err := strconv.Atoi(low)
		switch {
		case low == "all":
			n = 0
		case low == "any":
			n = 1
		case err != nil || n < 1:
			p.wrong("expected a number, any or all before of, not %q", t.text)
			return &Ref{}
		}
		p.at++
		name := p.peek()
		if name.kind == '(' { // some write 1 of (selection*)
			p.at++
			c := p.of(n, t)
			if p.peek().kind != ')' {
				p.wrong("expected )")
				return c
			}
			p.at++
			return c
		}
		return p.of(n, t)
	}
	if strings.ContainsAny(t.text, "*") {
		p.at--
		p.wrong("a name with a wildcard needs 1 of or all of before it")
		return &Ref{}
	}
	return &Ref{t.text, p.span(t)}
}

func (p *condParser) of(n int, from condToken) Cond {
	name := p.peek()
	if name.kind != 'w' {
		p.wrong("expected a name or them behind of")
		return &Ref{}
	}
	p.at++
	o := &Of{Count: n, Pattern: name.text, Span: p.span(from).To(p.span(name))}
	if strings.EqualFold(name.text, "them") {
		o.Pattern = ""
	}
	return o
}

// pipe reads count(field) by a, b > 10, or near condition.
func (p *condParser) pipe() *Pipe {
	t := p.peek()
	out := &Pipe{Span: p.span(t)}
	if t.kind != 'w' {
		p.wrong("expected an aggregation behind |")
		return nil
	}
	p.at++
	out.Func = strings.ToLower(t.text)
	if out.Func == "near" {
		out.Near = p.or(0)
		return out
	}
	if !slices.Contains([]string{"count", "min", "max", "avg", "sum"}, out.Func) {
		p.at--
		p.wrong("there is no aggregation %s", t.text)
		return nil
	}
	if p.peek().kind != '(' {
		p.wrong("expected ( behind %s", t.text)
		return nil
	}
	p.at++
	if f := p.peek(); f.kind == 'w' {
		out.Field = f.text
		p.at++
	}
	if p.peek().kind != ')' {
		p.wrong("expected )")
		return nil
	}
	p.at++
	if p.word("by") {
		for {
			f := p.peek()
			if f.kind != 'w' {
				p.wrong("expected a field behind by")
				return nil
			}
			p.at++
			out.By = append(out.By, f.text)
			if p.peek().kind != ',' {
				break
			}
			p.at++
		}
	}
	op := p.peek()
	if i := slices.Index([]string{">", ">=", "<", "<=", "=", "=="}, op.text); op.kind == '<' && i >= 0 {
		out.Op = []string{"gt", "gte", "lt", "lte", "eq", "eq"}[i]
	} else {
		p.wrong("expected a comparison")
		return nil
	}
	p.at++
	num := p.peek()
	v, err := strconv.ParseFloat(num.text, 64)
	if err != nil {
		p.wrong("expected a number, not %q", num.text)
		return nil
	}
	p.at++
	out.Value = v
	out.Span = out.Span.To(p.span(num))
	return out
}
