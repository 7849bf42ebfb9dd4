package syntax

// literal reads any literal, or returns nil where none starts.
func (p *parser) literal() Expr {
	t := p.tok()
	switch {
	case p.panicking:
		return nil
	case t.kind == tokWord && t.text == "dynamic" && p.peek(1).is("("):
		return p.dynamic()
	case t.is("-") || t.is("+"):
		// Only where no expression is allowed: parameters, datatable, defaults.
		if k := p.peek(1).kind; k != tokLong && k != tokReal && k != tokTime {
			return nil
		}
		p.advance()
		x := p.scalarLiteral()
		return &Unary{exprNode{p.from(t.start)}, t.text, x}
	}
	if n := p.scalarLiteral(); n != nil {
		return n
	}
	return nil
}

// scalarLiteral reads a number, a time, a Boolean, a string or a typed literal, or returns nil.
func (p *parser) scalarLiteral() *Literal {
	t := p.tok()
	var n *Literal
	switch t.kind {
	case tokLong, tokReal, tokTime:
		n = numberLiteral(t)
	case tokTyped:
		n = typedLiteral(t.text)
	case tokString:
		return p.stringLiteral()
	case tokWord:
		switch t.text {
		case "true", "True", "TRUE":
			n = &Literal{Kind: LitBool, Bool: true, Raw: "true"}
		case "false", "False", "FALSE":
			n = &Literal{Kind: LitBool, Raw: "false"}
		default:
			return nil
		}
	default:
		return nil
	}
	p.advance()
	n.At = At{t.start, t.end}
	return n
}

// stringLiteral reads one string literal, or several in a row, which make one string.
func (p *parser) stringLiteral() *Literal {
	start := p.start()
	n := &Literal{Kind: LitString}
	for p.tok().kind == tokString {
		s, hidden := unquote(p.advance().text)
		n.Str += s
		n.Hidden = n.Hidden || hidden
	}
	n.At = p.from(start)
	return n
}

// dynamic reads dynamic(value).
// https://learn.microsoft.com/kusto/query/scalar-data-types/dynamic#dynamic-literals
func (p *parser) dynamic() Expr {
	start := p.advance().start
	n := &Dynamic{}
	p.expect("(")
	n.X = p.json()
	p.expect(")")
	n.At = p.from(start)
	return n
}

// json reads a value inside dynamic(…): JSON, and the other KQL literals but int(…).
func (p *parser) json() Expr {
	defer p.unnest()
	if !p.nest() || p.panicking {
		return p.missing("value")
	}
	t := p.tok()
	switch {
	case t.is("["):
		p.advance()
		n := &DynamicArray{}
		if !p.take("]") {
			n.Elems = list(p, p.json)
			p.expect("]")
		}
		n.At = p.from(t.start)
		return n
	case t.is("{"):
		p.advance()
		n := &DynamicObject{}
		if !p.take("}") {
			n.Members = list(p, p.jsonMember)
			p.expect("}")
		}
		n.At = p.from(t.start)
		return n
	case t.isWord("null"):
		p.advance()
		return &Literal{exprNode: exprNode{At{t.start, t.end}}, Kind: LitNull, Null: true, Raw: "null"}
	case t.isWord("dynamic") && p.peek(1).is("("):
		return p.dynamic()
	case t.is("-") && (p.peek(1).kind == tokLong || p.peek(1).kind == tokReal):
		p.advance()
		x := p.scalarLiteral()
		return &Unary{exprNode{p.from(t.start)}, "-", x}
	}
	if n := p.scalarLiteral(); n != nil {
		if n.Kind == LitInt {
			p.report("KQL1004", n.Span(), "int(…) has no place in a dynamic value")
		}
		return n
	}
	return p.missing("value")
}

func (p *parser) jsonMember() *DynamicMember {
	t := p.tok()
	n := &DynamicMember{}
	if p.panicking || t.kind != tokString {
		p.fail("KQL1004", "missing string as the key")
	} else {
		p.advance()
		n.Key, _ = unquote(t.text)
	}
	p.expect(":")
	n.X = p.json()
	n.At = p.from(t.start)
	return n
}
