package syntax

import (
	"strings"
)

// Eval computes fields; it stands for fieldformat too, which has one assignment.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/eval)
type Eval struct {
	Verb
	Assignments []*Assignment
}

func (c *Eval) parse(p *parser) {
	for !p.done() {
		a := p.assignment()
		if a == nil {
			p.pos = p.end
			break
		}
		c.Assignments = append(c.Assignments, a)
		if !p.commas() {
			break
		}
	}
	if len(c.Assignments) == 0 && p.done() {
		p.missing("an assignment, field=expression")
	}
}

func (p *parser) assignment() *Assignment {
	p.skip()
	start := p.pos
	a := &Assignment{Field: p.destination()}
	if a.Field == nil {
		p.missing("the name of the field to assign to")
		return nil
	}
	if p.skip(); p.peek(0) != '=' || p.peek(1) == '=' {
		p.missing("the '=' of an assignment")
		return nil
	}
	p.pos++
	a.X = p.expr()
	a.At = p.span(start)
	if a.X == nil {
		return nil
	}
	return a
}

// destination reads the left side of an assignment: quoted, or all up to the equals sign.
func (p *parser) destination() *Word {
	switch p.peek(0) {
	case '"':
		return p.stringWord()
	case '`':
		return p.macroWord()
	case '\'':
		return p.nameWord()
	}
	start := p.pos
	for p.pos < p.end && !isSpace(p.s[p.pos]) && strings.IndexByte("=,\"'`()[]|+*/%!", p.s[p.pos]) < 0 {
		if p.s[p.pos] != '<' {
			p.pos++
		} else if !p.token() {
			break
		}
	}
	if p.pos == start || isDigit(p.s[start]) && strings.Trim(p.s[start:p.pos], "0123456789.") == "" {
		p.pos = start
		return nil
	}
	raw := p.s[start:p.pos]
	return &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: raw}
}

func (c *Eval) each(f func(Node)) { all(f, c.Assignments) }

func (c *Eval) print(w *printer) {
	w.name(c)
	for i, a := range c.Assignments {
		if i > 0 {
			w.glue(",")
		}
		w.word(a.Field)
		w.glue("=")
		w.tight()
		w.expr(a.X, 0)
	}
}

// Where keeps the rows for which an expression is true.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/where)
type Where struct {
	Verb
	Cond Expr // nil when it could not be read
}

func (c *Where) parse(p *parser) {
	if c.Cond = p.expr(); c.Cond == nil {
		p.pos = p.end
	}
}

func (c *Where) each(f func(Node)) {
	if c.Cond != nil {
		f(c.Cond)
	}
}

func (c *Where) print(w *printer) {
	w.name(c)
	if c.Cond != nil {
		w.expr(c.Cond, 0)
	}
}
