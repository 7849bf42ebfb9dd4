package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/text"
)

// The eval grammar, loosest first: XOR, OR, AND, NOT, comparisons, + - and the concatenating dot, * / %, signs.
// (https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.3/expressions-and-predicates)

var logicLevels = []string{"XOR", "OR", "AND"}

// expr reads an expression; it returns nil, and has said so, when there is none.
func (p *parser) expr() Expr { return p.logic(0) }

func (p *parser) logic(level int) Expr {
	if level == len(logicLevels) {
		return p.not()
	}
	op := logicLevels[level]
	p.skip()
	start := p.pos
	x := p.logic(level + 1)
	if x == nil || !p.infix(op) {
		return x
	}
	n := &Logic{Op: op}
	n.add(x)
	for more := true; more; more = p.infix(op) {
		if x = p.logic(level + 1); x == nil {
			break
		}
		n.add(x)
	}
	n.At = p.span(start)
	if len(n.Items) == 1 {
		return n.Items[0]
	}
	return n
}

func (n *Logic) add(x Expr) {
	if l, ok := x.(*Logic); ok && l.Op == n.Op {
		n.Items = append(n.Items, l.Items...)
	} else {
		n.Items = append(n.Items, x)
	}
}

// infix moves over an operator that is a word. Published rules glue such words to the function that follows
// ("ANDmatch(…)"); where an operator is due, capitals directly before a function name are taken apart.
func (p *parser) infix(op string) bool {
	p.skip()
	rest := p.rest()
	if len(rest) < len(op) || !strings.EqualFold(rest[:len(op)], op) {
		return false
	}
	name := leadingName(rest)
	switch {
	case len(name) == len(op):
	case rest[:len(op)] == op && strings.HasPrefix(rest[len(name):], "(") && unicode.IsLower(rune(rest[len(op)])):
		p.note("SPL5002", text.Span{Start: p.pos, End: p.pos + len(name)}, "read as '%s %s'", op, name[len(op):])
	default:
		return false
	}
	p.pos += len(op)
	return true
}

// leadingName returns the letters, digits and underscores that s begins with.
func leadingName(s string) string {
	for i, r := range s {
		if !isNamePart(r) {
			return s[:i]
		}
	}
	return s
}

func (p *parser) not() Expr {
	p.skip()
	start := p.pos
	if p.peek(0) == '!' && p.peek(1) != '=' {
		p.pos++
	} else if !p.infix("NOT") {
		return p.compare()
	}
	if !p.nested() {
		return nil
	}
	x := p.not()
	p.depth--
	if x == nil {
		return nil
	}
	return &Unary{Loc{p.span(start)}, "NOT", x}
}

func (p *parser) compare() Expr {
	p.skip()
	start := p.pos
	x := p.additive()
	for n := 0; x != nil; n++ {
		p.skip()
		op := ""
		for _, o := range []string{"==", "!=", "<=", ">=", "=", "<", ">"} {
			if strings.HasPrefix(p.rest(), o) && !(o == "<" && strings.HasPrefix(p.rest(), "<<")) {
				op = o
				break
			}
		}
		at := p.pos
		switch {
		case n > maxOperands:
			p.errorAt("SPL1010", p.here(), "too many operands in one expression")
			return nil
		case op != "":
			p.pos += len(op)
			if op == "==" {
				op = "="
			}
			y := p.additive()
			if y == nil {
				return nil
			}
			x = &Binary{Loc{p.span(start)}, op, x, y}
			continue
		case p.infix("LIKE"):
			y := p.additive()
			if y == nil {
				return nil
			}
			x = &Binary{Loc{p.span(start)}, "LIKE", x, y}
			continue
		case p.infix("IN"):
			if x = p.inExpr(start, x); x == nil {
				return nil
			}
			continue
		case p.infix("NOT"):
			switch {
			case p.infix("IN"):
				y := p.inExpr(start, x)
				if y == nil {
					return nil
				}
				x = &Unary{Loc{p.span(start)}, "NOT", y}
				continue
			case p.infix("LIKE"):
				y := p.additive()
				if y == nil {
					return nil
				}
				x = &Unary{Loc{p.span(start)}, "NOT", &Binary{Loc{p.span(start)}, "LIKE", x, y}}
				continue
			}
			p.pos = at
		}
		p.pos = at
		break
	}
	return x
}

func (p *parser) inExpr(start int, x Expr) Expr {
	if p.skip(); p.peek(0) != '(' {
		p.missing("the list of IN")
		return nil
	}
	list := p.args()
	if len(list) == 0 {
		p.errorAt("SPL1008", p.span(start), "missing values of IN")
	}
	return &In{Loc{p.span(start)}, x, list}
}

func (p *parser) additive() Expr       { return p.chain("+-.", p.multiplicative) }
func (p *parser) multiplicative() Expr { return p.chain("*/%", p.sign) }

// chain reads operands joined by one of some operators, grouped from the left.
func (p *parser) chain(ops string, operand func() Expr) Expr {
	p.skip()
	start := p.pos
	x := operand()
	for n := 0; x != nil; n++ {
		p.skip()
		c := p.peek(0)
		if c == 0 || strings.IndexByte(ops, c) < 0 {
			break
		}
		if n >= maxOperands {
			p.errorAt("SPL1010", p.here(), "too many operands in one expression")
			return nil
		}
		p.pos++
		y := operand()
		if y == nil {
			return nil
		}
		x = &Binary{Loc{p.span(start)}, string(c), x, y}
	}
	return x
}

func (p *parser) sign() Expr {
	p.skip()
	start := p.pos
	c := p.peek(0)
	if c != '-' && c != '+' {
		return p.operand()
	}
	p.pos++
	if !p.nested() {
		return nil
	}
	x := p.sign()
	p.depth--
	if x == nil {
		return nil
	}
	return &Unary{Loc{p.span(start)}, string(c), x}
}

func (p *parser) operand() Expr {
	p.skip()
	start := p.pos
	switch c := p.peek(0); {
	case c == '(':
		return p.exprGroup()
	case c == '"':
		w := p.stringWord()
		return &String{w.Loc, w}
	case c == '`':
		return p.macro()
	case c == '[':
		return p.subsearch()
	case c == '\'':
		if w := p.nameWord(); w != nil {
			return &Field{w.Loc, w}
		}
		p.errorAt("SPL1002", text.Span{Start: start, End: start + 1}, "unbalanced quotes: this single quote is never closed")
		p.pos = p.end
		return nil
	case isDigit(c) || c == '.' && isDigit(p.peek(1)):
		return p.number()
	}
	name := p.fieldName()
	if name == "" {
		p.missing("an expression")
		return nil
	}
	if at := p.span(start); isOperatorWord(name) {
		p.skip()
		if p.peek(0) != '(' {
			p.errorAt("SPL1011", at, "%s needs an operand on both sides", strings.ToUpper(name))
			return nil
		}
	}
	after := p.pos
	if p.skip(); p.peek(0) == '(' && leadingName(name) == name {
		return p.call(start, name)
	}
	p.pos = after
	w := &Word{Loc: Loc{p.span(start)}, Raw: name, Value: name}
	return &Field{w.Loc, w}
}

// isOperatorWord reports whether a name can only be an operator; LIKE and IN are functions too.
func isOperatorWord(name string) bool {
	switch strings.ToUpper(name) {
	case "AND", "OR", "XOR", "NOT":
		return true
	}
	return false
}

// exprGroup reads a parenthesised expression. Its parentheses leave no node unless macro calls stand in them.
func (p *parser) exprGroup() Expr {
	open, macros := p.pos, p.macros
	p.pos++
	if !p.nested() {
		return nil
	}
	x := p.expr()
	p.depth--
	if x == nil {
		return nil
	}
	if !p.closing(open) {
		return nil
	}
	if _, ok := x.(*Group); !ok && p.macros > macros {
		return &Group{Loc{p.span(open)}, x}
	}
	return x
}

func (p *parser) number() Expr {
	start := p.pos
	digits := func() {
		for isDigit(p.peek(0)) {
			p.pos++
		}
	}
	digits()
	if p.peek(0) == '.' && isDigit(p.peek(1)) {
		p.pos++
		digits()
	}
	if c, d := p.peek(0), p.peek(1); (c == 'e' || c == 'E') && (isDigit(d) || (d == '-' || d == '+') && isDigit(p.peek(2))) {
		p.pos += 2
		digits()
	}
	if r, _ := utf8.DecodeRuneInString(p.rest()); isNamePart(r) && p.pos < p.end {
		p.pos += len(leadingName(p.rest()))
		at := p.span(start)
		p.errorAt("SPL1009", at, "%s is not a number; a field whose name begins with a digit stands in single quotes", shown(at.Of(p.s)))
		return nil
	}
	at := p.span(start)
	return &Number{Loc{at}, at.Of(p.s)}
}

// fieldName reads a bare name. Template tokens, <<FIELD>> and $field$, are part of it, and so are the braces of a JSON
// array, name{}.
func (p *parser) fieldName() string {
	start := p.pos
	for p.pos < p.end {
		rest := p.rest()
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case isNamePart(r) && (p.pos > start || !unicode.IsDigit(r)):
			p.pos += n
		case r == '{' && p.pos > start && strings.HasPrefix(rest, "{}"):
			p.pos += 2
		case r == '<' && p.token():
		case r == '$':
			name := leadingName(rest[1:])
			if name == "" || !strings.HasPrefix(rest[1+len(name):], "$") {
				return p.s[start:p.pos]
			}
			p.pos += len(name) + 2
		case r == ':' && p.pos > start && len(rest) > 1 && isNamePart(rune(rest[1])):
			p.pos++
		default:
			return p.s[start:p.pos]
		}
	}
	return p.s[start:p.pos]
}

func (p *parser) call(start int, name string) Expr {
	x := &Call{Name: name}
	x.Args = p.args()
	x.At = p.span(start)
	return x
}

// args reads a list of expressions in parentheses.
func (p *parser) args() []Expr {
	open := p.pos
	p.pos++
	if !p.nested() {
		return nil
	}
	defer func() { p.depth-- }()
	var list []Expr
	for !p.done() && p.peek(0) != ')' {
		x := p.expr()
		if x == nil {
			// The mistake has been named; go on behind this list so that the rest of the text is checked too.
			if end, ok := balanced(p.s[:p.end], open); ok {
				p.pos = end
			} else {
				p.pos = p.end
			}
			return list
		}
		list = append(list, x)
		if at := p.pos; !p.accept(',') {
			break
		} else if p.skip(); p.peek(0) == ')' {
			p.note("SPL5004", text.Span{Start: at, End: p.pos}, "empty list item ignored")
		}
	}
	if !p.accept(')') {
		if p.done() || p.peek(0) == ']' {
			p.closing(open)
		} else {
			p.unexpected()
			if end, ok := balanced(p.s[:p.end], open); ok {
				p.pos = end
			} else {
				p.pos = p.end
			}
		}
	}
	return list
}
