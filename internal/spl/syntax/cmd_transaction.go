package syntax

import "strings"

// Transaction groups events that belong together.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/transaction)
type Transaction struct {
	Verb
	Options      Options // without startswith and endswith
	Fields       []*Word
	Starts, Ends *Condition // nil when not given
}

// A Condition says which event begins or ends a transaction. One of the three is set.
type Condition struct {
	Loc
	Text   *Word      // "text" to look for
	Search SearchExpr // (field=value)
	Eval   Expr       // eval(expression)
}

func (c *Transaction) parse(p *parser) {
	for p.commas(); !p.done() && p.peek(0) != '`'; p.commas() {
		switch name := leadingName(p.rest()); strings.ToLower(name) {
		case "startswith":
			if x := p.condition(name); x != nil {
				c.Starts = x
				continue
			}
		case "endswith":
			if x := p.condition(name); x != nil {
				c.Ends = x
				continue
			}
		}
		if o := p.option(); o != nil {
			c.Options = append(c.Options, o)
			continue
		}
		w := p.word()
		if w == nil {
			break
		}
		c.Fields = append(c.Fields, w)
	}
}

// condition reads what follows the word startswith or endswith; it returns nil when no equals sign does.
func (p *parser) condition(name string) *Condition {
	start := p.pos
	p.pos += len(name)
	if !p.accept('=') {
		p.pos = start
		return nil
	}
	x := &Condition{}
	p.skip()
	switch open := p.pos; {
	case p.peek(0) == '(':
		x.Search = p.searchGroup()
	case strings.EqualFold(leadingName(p.rest()), "eval") && p.peek(4) == '(':
		p.pos += 4
		open += 4
		p.pos++
		if x.Eval = p.expr(); x.Eval == nil {
			p.pos = p.end
		} else {
			p.closing(open)
		}
	default:
		if x.Text = p.word(); x.Text == nil {
			p.missing("a condition behind " + name)
		}
	}
	x.At = p.span(start)
	return x
}

func (x *Condition) each(f func(Node)) {
	some(f, x.Text)
	if x.Search != nil {
		f(x.Search)
	}
	if x.Eval != nil {
		f(x.Eval)
	}
}

func (c *Transaction) each(f func(Node)) {
	all(f, c.Options)
	all(f, c.Fields)
	some(f, c.Starts)
	some(f, c.Ends)
}

func (c *Transaction) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.words(c.Fields, ",")
	w.condition("startswith", c.Starts)
	w.condition("endswith", c.Ends)
}

func (w *printer) condition(name string, x *Condition) {
	if x == nil {
		return
	}
	if name != "" {
		w.text(name + "=")
		w.tight()
	}
	switch {
	case x.Text != nil:
		w.word(x.Text)
	case x.Search != nil:
		w.text("(")
		w.tight()
		if and, ok := x.Search.(*And); !ok || len(and.Items) > 0 {
			w.search(x.Search, 0)
		}
		w.glue(")")
	case x.Eval != nil:
		w.text("eval(")
		w.tight()
		w.expr(x.Eval, 0)
		w.glue(")")
	}
}
