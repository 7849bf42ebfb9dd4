package syntax

// Precedence, loosest first: or; and; equality (==, !=, in, between, has_any, not repeatable); comparison (<, >, not
// repeatable); string operators (has, =~, :, not repeatable); + and -; *, / and %; sign; path.

// expr reads a scalar expression.
func (p *parser) expr() Expr {
	defer p.unnest()
	if !p.nest() || p.panicking {
		return p.missing("expression")
	}
	return p.or()
}

func (p *parser) or() Expr { return p.leftChain(p.and, "or") }

func (p *parser) and() Expr { return p.leftChain(p.equality, "and") }

// leftChain reads operands with word operators between them.
func (p *parser) leftChain(operand func() Expr, op string) Expr {
	start := p.start()
	x := operand()
	for links := 0; p.takeWord(op) && p.chain(&links); {
		y := operand()
		x = &Binary{exprNode{p.from(start)}, op, x, y}
	}
	return x
}

func (p *parser) equality() Expr {
	start := p.start()
	x := p.comparison()
	if p.panicking {
		return x
	}
	t := p.tok()
	switch {
	case t.is("==") || t.is("!=") || t.is("<>"):
		if t.is("<>") {
			t.text = "!="
		}
		if _, star := x.(*Star); star && !t.is("==") {
			return p.missing("expression")
		}
		p.advance()
		y := p.comparison()
		return &Binary{exprNode{p.from(start)}, t.text, x, p.noStar(y)}
	case t.isWord("between") || t.is("!between"):
		p.advance()
		n := &Between{Not: t.kind == tokPunct, X: p.noStar(x)}
		p.expect("(")
		n.Low = p.expr()
		p.expect("..")
		n.High = p.expr()
		p.expect(")")
		n.At = p.from(start)
		return n
	case t.isWord("in") || t.is("in~") || t.is("!in") || t.is("!in~") || t.isWord("has_any") || t.isWord("has_all"):
		p.advance()
		n := &In{Op: t.text, X: p.noStar(x)}
		if p.expect("(") {
			n.List = p.inList()
			p.expect(")")
		}
		n.At = p.from(start)
		return n
	}
	return x
}

// inList reads values with commas between them, or one pipeline.
func (p *parser) inList() []Expr {
	first := p.pipe()
	items := []Expr{first}
	if _, table := first.(*Pipeline); table {
		return items
	}
	for p.take(",") {
		items = append(items, p.expr())
	}
	return items
}

// noStar refuses a star where the grammar wants a value.
func (p *parser) noStar(e Expr) Expr {
	if _, star := e.(*Star); star && !p.panicking {
		return p.missing("expression")
	}
	return e
}

func (p *parser) comparison() Expr {
	start := p.start()
	x := p.stringOp()
	switch t := p.tok(); {
	case p.panicking:
	case t.is("<"), t.is("<="), t.is(">"), t.is(">="):
		x = p.noStar(x)
		p.advance()
		y := p.noStar(p.stringOp())
		return &Binary{exprNode{p.from(start)}, t.text, x, y}
	}
	return x
}

// stringOps are the operators of the string level that are written as words; the rest are punctuation.
var stringOps = words(`has has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs contains contains_cs containscs notcontains
	notcontainscs startswith startswith_cs endswith endswith_cs like likecs notlike notlikecs`)

func isStringOp(t token) bool {
	if t.kind == tokWord {
		return stringOps[t.text]
	}
	if t.kind != tokPunct {
		return false
	}
	switch t.text {
	case "=~", "!~", ":", "matches regex":
		return true
	}
	return t.text[0] == '!' && len(t.text) > 3 && t.text != "!in~" && t.text != "!between"
}

func (p *parser) stringOp() Expr {
	start := p.start()
	var x Expr
	if t := p.peek(1); p.at("*") && (isStringOp(t) || t.is("==")) {
		p.advance()
		x = &Star{exprNode{p.from(start)}}
	} else {
		x = p.additive()
	}
	if t := p.tok(); !p.panicking && isStringOp(t) {
		p.advance()
		y := p.additive()
		return &Binary{exprNode{p.from(start)}, t.text, x, y}
	}
	return x
}

func (p *parser) additive() Expr { return p.punctChain(p.multiplicative, "+", "-", "-") }

func (p *parser) multiplicative() Expr { return p.punctChain(p.unary, "*", "/", "%") }

func (p *parser) punctChain(operand func() Expr, a, b, c string) Expr {
	start := p.start()
	x := operand()
	for links := 0; !p.panicking && (p.at(a) || p.at(b) || p.at(c)) && p.chain(&links); {
		op := p.advance().text
		y := operand()
		x = &Binary{exprNode{p.from(start)}, op, x, y}
	}
	return x
}

// unary reads one optional sign and a path.
func (p *parser) unary() Expr {
	if t := p.tok(); !p.panicking && (t.is("-") || t.is("+")) {
		p.advance()
		x := p.path(p.primary(), t.start)
		return &Unary{exprNode{p.from(t.start)}, t.text, x}
	}
	start := p.start()
	return p.path(p.primary(), start)
}

// path reads the .member and [index] steps after x, which started at start.
func (p *parser) path(x Expr, start int) Expr {
	for links := 0; !p.panicking; {
		switch {
		case p.at(".") && p.peek(1).is("[") && (p.peek(2).kind == tokLong || p.peek(2).kind == tokWord) && p.peek(3).is("]") && p.chain(&links):
			// a.[0] is the element rather than a member of that name, and a.[k] the member whose name is the value of k
			// (https://learn.microsoft.com/kusto/query/parse-url-query-function, its last example).
			p.advance()
			p.advance()
			i := p.expr()
			p.expect("]")
			x = &Index{exprNode{p.from(start)}, x, i}
		case p.at(".") && p.chain(&links):
			p.advance()
			member := p.member()
			x = &Path{exprNode{p.from(start)}, x, member}
		case p.at("[") && p.chain(&links):
			p.advance()
			i := p.expr()
			p.expect("]")
			x = &Index{exprNode{p.from(start)}, x, i}
		default:
			return x
		}
	}
	return x
}

// member reads what follows a dot: a name or a call.
func (p *parser) member() Expr {
	if t := p.tok(); p.isName(t, useStrict) && p.peek(1).is("(") {
		return p.call()
	}
	return p.name(useMember)
}

func (p *parser) primary() Expr {
	if p.panicking {
		return p.missing("expression")
	}
	t := p.tok()
	switch {
	case t.is("("):
		return p.paren()
	case p.bracketed() > 0:
		name := p.bracketedName()
		if p.at("(") {
			return p.arguments(name)
		}
		return name
	case t.is("[") && p.peek(1).kind == tokString:
		p.advance()
		p.advance()
		p.expect("]")
		return &Bad{exprNode{p.from(t.start)}}
	case p.braced():
		p.pos += 3
		return &ClientParameter{exprNode{p.from(t.start)}, p.peek(-2).text}
	case t.kind == tokWord:
		if e := p.keywordPrimary(t); e != nil {
			return e
		}
	}
	if t.isWord("dynamic") && p.peek(1).is("(") {
		return p.dynamic()
	}
	if n := p.scalarLiteral(); n != nil {
		return n
	}
	if t.kind == tokWord {
		p.fail("KQL1006", "%s is a reserved word: write ['%s'] to use it as a name here", p.show(t), t.text)
		return &Bad{exprNode{At{t.start, t.start}}}
	}
	return p.missing("expression")
}

func (p *parser) paren() Expr {
	start := p.advance().start
	x := p.pipe()
	p.expect(")")
	return &Paren{exprNode{p.from(start)}, x}
}

// keywordPrimary reads what starts with a word; nil means that it is a literal or reserved.
func (p *parser) keywordPrimary(t token) Expr {
	next := p.peek(1)
	switch t.text {
	case "typeof":
		if next.is("(") {
			return p.typeOf()
		}
	case "toscalar", "totable":
		return p.tableCall()
	case "datatable":
		return p.datatable()
	case "externaldata", "external_data", "inline_external_table":
		if t.text != "inline_external_table" || next.is("(") {
			return p.externaldata()
		}
	}
	switch {
	case p.isName(t, useStrict) && next.is("("):
		return p.call()
	case p.isName(t, useMember):
		p.advance()
		return &Ident{exprNode{At{t.start, t.end}}, t.text}
	}
	return nil
}

func (p *parser) call() Expr {
	return p.arguments(p.name(useStrict))
}

// arguments reads the argument list of a call.
func (p *parser) arguments(name *Ident) Expr {
	n := &Call{Func: name}
	if p.expect("(") && !p.take(")") {
		n.Args = list(p, p.argument)
		p.expect(")")
	}
	n.At = p.from(name.Start)
	return n
}

func (p *parser) argument() Expr {
	if t := p.peek(1); p.at("*") && (t.is(",") || t.is(")")) {
		start := p.advance().start
		return &Star{exprNode{p.from(start)}}
	}
	return p.named()
}

// tableCall reads toscalar(…), totable(…) and materialize(…), whose argument is a pipeline.
func (p *parser) tableCall() Expr {
	t := p.advance()
	n := &TableCall{Keyword: t.text, X: &Bad{exprNode{p.from(t.end)}}}
	if t.text != "materialize" && p.atWord("kind") && p.peek(1).is("=") {
		start := p.advance().start
		p.advance()
		param := &Param{Name: "kind", Values: []Expr{p.paramValue()}}
		param.At = p.from(start)
		n.Params = []*Param{param}
	}
	if p.expect("(") {
		n.X = p.pipe()
		p.expect(")")
	}
	n.At = p.from(t.start)
	return n
}

// named reads an expression that may be given a name, or a tuple of names.
func (p *parser) named() Expr { return p.namedBy(p.expr) }

// namedBy is named with another grammar for the expression.
func (p *parser) namedBy(value func() Expr) Expr {
	start := p.start()
	n := &Named{}
	switch names := p.labels(); {
	case p.panicking || names == 0:
		return value()
	case p.at("("):
		p.advance()
		n.Tuple = true
		n.Names = list(p, func() *Ident { return p.name(useLabel) })
		p.expect(")")
	default:
		n.Names = []*Ident{p.name(useLabel)}
	}
	p.expect("=")
	n.X = value()
	n.At = p.from(start)
	return n
}

// labels returns how many tokens before '=' a name or a tuple of names takes that starts here, or 0 if none does. Tokens that
// look like a label but are reserved count too, so that the error speaks of the name.
func (p *parser) labels() int {
	n := p.labelAt(0)
	if p.at("(") {
		n = 1
		for {
			k := p.labelAt(n)
			if k == 0 {
				return 0
			}
			n += k
			if p.peek(n).is(",") {
				n++
				continue
			}
			if !p.peek(n).is(")") {
				return 0
			}
			n++
			break
		}
	}
	if n > 0 && p.peek(n).is("=") {
		return n
	}
	return 0
}

func (p *parser) labelAt(n int) int {
	if p.peek(n).kind == tokWord {
		return 1
	}
	saved := p.pos
	p.pos = min(p.pos+n, len(p.tokens)-1)
	defer func() { p.pos = saved }()
	if k := p.bracketed(); k > 0 && p.peek(1).kind == tokString {
		return k
	}
	if p.braced() {
		return 3
	}
	return 0
}

// typeOf reads typeof(…).
func (p *parser) typeOf() Expr {
	start := p.advance().start
	n := &TypeOf{}
	t := p.peek(1)
	if p.at("(") && t.kind == tokWord && p.peek(2).is(")") {
		n.Schema = &Schema{exprNode: exprNode{At{p.tok().start, p.peek(2).end}}}
		c := &ColumnDecl{exprNode: exprNode{At{t.start, t.end}}, Type: t.text}
		if canonical, ok := Types[t.text]; ok {
			c.Type = canonical
		}
		n.Schema.Columns = []*ColumnDecl{c}
		p.pos += 3
	} else {
		n.Schema = p.schema(schemaTypeOf)
	}
	n.At = p.from(start)
	return n
}

// schemaForm says what a list of columns may hold beside name:type.
type schemaForm uint8

const (
	schemaPlain  schemaForm = iota
	schemaTable             // (*) alone
	schemaOpen              // * first, then columns
	schemaTypeOf            // the same, and a comma at the end is refused
)

// schema reads (name:type, …).
func (p *parser) schema(form schemaForm) *Schema {
	start := p.start()
	n := &Schema{}
	if p.expect("(") {
		if form >= schemaTable && p.take("*") {
			n.Open = true
		}
		for more := !n.Open || form >= schemaOpen && p.take(","); more && !p.at(")"); more = p.take(",") {
			n.Columns = append(n.Columns, p.columnDecl())
			if p.at(",") && p.peek(1).is(")") && form == schemaTypeOf {
				p.advance()
				p.missing("column")
			}
		}
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}

func (p *parser) columnDecl() *ColumnDecl {
	start := p.start()
	n := &ColumnDecl{Name: p.name(useLabel)}
	p.expect(":")
	if p.at("(") {
		if p.nest() {
			n.Table = p.schema(schemaTable)
		}
		p.unnest()
	} else {
		n.Type = p.scalarType()
	}
	n.At = p.from(start)
	return n
}

// scalarType reads the name of a type and returns its canonical form.
func (p *parser) scalarType() string {
	t := p.tok()
	if p.panicking {
		return ""
	}
	name, ok := Types[t.text]
	switch {
	case t.kind == tokWord && ok:
		p.advance()
	case t.kind == tokWord:
		p.fail("KQL1008", "%s is not the name of a type", p.show(t))
	default:
		p.fail("KQL1004", "missing type name")
	}
	return name
}
