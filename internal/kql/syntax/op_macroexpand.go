package syntax

func init() { register("macro-expand", parseMacroExpand) }

// A MacroExpand repeats statements for each member of an entity group. Scope is nil where the member gets no name.
// https://learn.microsoft.com/kusto/query/macro-expand-operator
type MacroExpand struct {
	opNode
	Params     []*Param
	Group      Expr // Ident or EntityGroup
	Scope      *Ident
	Statements []Statement
}

func (*MacroExpand) Keyword() string { return "macro-expand" }

func (n *MacroExpand) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.Group)
	visitName(visit, n.Scope)
	visitAll(visit, n.Statements)
}

func (n *MacroExpand) print(p *printer) {
	p.text("macro-expand")
	p.params(n.Params)
	p.opt(" ", n.Group)
	if n.Scope != nil {
		p.text(" as ")
		n.Scope.print(p)
	}
	p.text(" (")
	p.indent++
	for i, s := range n.Statements {
		if i > 0 {
			p.text(";")
		}
		p.line()
		s.print(p)
	}
	p.indent--
	p.line()
	p.text(")")
}

func parseMacroExpand(p *parser, start int) Operator {
	n := &MacroExpand{Params: p.params("best_effort")}
	if p.atWord("entity_group") && p.peek(1).is("[") {
		n.Group = p.entityGroup()
	} else {
		n.Group = p.name(useReference)
	}
	if p.takeWord("as") {
		n.Scope = p.name(useStrict)
	}
	p.expect("(")
	for !p.panicking && !p.at(")") && !p.atEnd() {
		n.Statements = append(n.Statements, p.statement(true))
		if !p.take(";") {
			break
		}
	}
	p.expect(")")
	n.At = p.from(start)
	return n
}
