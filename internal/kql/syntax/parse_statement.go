package syntax

import "github.com/harrier-detect/harrier/internal/text"

// statements reads statements up to the end of the source.
func (p *parser) statements() []Statement {
	depth := p.tok().depth
	var out []Statement
	for !p.atEnd() && !p.gaveUp {
		before, errors := p.pos, len(p.diags)
		if p.at(";") {
			p.fail("KQL1007", "unexpected \";\": a statement is missing before it")
		} else {
			out = append(out, p.statement(false))
		}
		for {
			p.recover(depth)
			if p.atEnd() || p.at(";") || p.gaveUp {
				break
			}
			if p.at("|") && len(p.diags) > errors {
				// What follows a broken operator is read for its own errors; it is not part of the tree.
				p.moreOps(depth)
				continue
			}
			p.failUnexpected("after a complete statement")
			if p.pos == before || !p.at("|") {
				p.pos++
			}
		}
		p.take(";")
	}
	return out
}

// moreOps reads "| operator" repeatedly.
func (p *parser) moreOps(depth int) {
	for p.take("|") {
		p.operator()
		p.endOperator(depth)
	}
}

// keywordStatement reports whether word starts a statement here: such words are also names (let | count).
func (p *parser) keywordStatement(word string) bool {
	if !p.atWord(word) {
		return false
	}
	next := p.peek(1)
	return next.kind == tokWord || next.is("[") || next.is("{")
}

func (p *parser) statement(inBody bool) Statement {
	defer p.unnest()
	if !p.nest() {
		return &ExprStatement{X: p.missing("statement")}
	}
	start := p.start()
	switch {
	case p.keywordStatement("let"):
		return p.letStatement()
	case !inBody && p.atWord("set"):
		return p.setStatement()
	case p.atWord("declare") && p.peek(1).isWord("query_parameters"):
		return p.declareParameters()
	case !inBody && p.atWord("declare") && p.peek(1).isWord("pattern"):
		return p.declarePattern()
	case !inBody && p.atWord("alias") && p.peek(1).isWord("database"):
		return p.aliasStatement()
	case !inBody && p.atWord("restrict") && p.peek(1).isWord("access"):
		return p.restrictStatement()
	case p.at("."):
		t := p.tok()
		p.report("KQL2001", text.Span{Start: t.start, End: p.peek(1).end}, "a control command, which is not a query")
		p.panicking = true
		for !p.atEnd() {
			p.pos++
		}
		return &ExprStatement{stmtNode{p.from(start)}, &Bad{exprNode{p.from(start)}}}
	}
	n := &ExprStatement{X: p.pipe()}
	n.At = p.from(start)
	return n
}

// An ExprStatement is a query or a lone expression. The last one of a query gives its result.
type ExprStatement struct {
	stmtNode
	X Expr
}

func (n *ExprStatement) children(visit func(Node)) { visitOne(visit, n.X) }

// A Let names a value: a scalar, a table, a function ([Lambda]) or an [EntityGroup].
// https://learn.microsoft.com/kusto/query/let-statement
type Let struct {
	stmtNode
	Name *Ident
	X    Expr
}

func (n *Let) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.X)
}

func (p *parser) letStatement() Statement {
	start := p.advance().start
	n := &Let{Name: p.name(useStrict)}
	p.expect("=")
	n.X = p.letValue()
	n.At = p.from(start)
	return n
}

func (p *parser) letValue() Expr {
	start := p.start()
	switch {
	case p.atWord("view") && p.peek(1).is("(") && p.lambdaAt(p.pos+1):
		p.advance()
		n := p.lambda()
		n.View = true
		n.At = p.from(start)
		return n
	case p.at("(") && p.lambdaAt(p.pos):
		return p.lambda()
	case p.atWord("materialize") && p.peek(1).is("("):
		return p.tableCall()
	case p.atWord("entity_group") && p.peek(1).is("["):
		return p.entityGroup()
	}
	return p.pipe()
}

// lambdaAt reports whether the parenthesis at token i opens a parameter list: () or (name:type.
func (p *parser) lambdaAt(i int) bool {
	saved := p.pos
	p.pos = i + 1
	defer func() { p.pos = saved }()
	if p.at(")") {
		return true
	}
	if n := p.bracketed(); n > 0 {
		return p.peek(n).is(":")
	}
	if p.isName(p.tok(), useLabel) && p.peek(1).is(":") {
		return true
	}
	// (a) {…} is a parameter that lacks its type rather than an expression.
	return p.isName(p.tok(), useLabel) && p.peek(1).is(")") && p.peek(2).is("{")
}

func (p *parser) lambda() *Lambda {
	start := p.start()
	n := &Lambda{}
	p.expect("(")
	if !p.take(")") {
		n.Params = list(p, p.parameter)
		p.expect(")")
	}
	n.Body = p.block()
	n.At = p.from(start)
	return n
}

// block reads { statements }: declarations, and at most one result.
func (p *parser) block() *Block {
	start := p.start()
	n := &Block{}
	if p.expect("{") {
		depth := p.tok().depth
		for !p.at("}") && !p.atEnd() && !p.panicking {
			s := p.statement(true)
			n.Statements = append(n.Statements, s)
			_, result := s.(*ExprStatement)
			if result {
				p.take(";")
				break
			}
			if !p.at("}") {
				p.expect(";")
			}
		}
		if p.panicking {
			p.recover(depth)
			p.moreOps(depth)
		}
		p.expect("}")
	}
	n.At = p.from(start)
	return n
}

// parameter reads name:type, with an optional default for scalars.
func (p *parser) parameter() *ColumnDecl {
	start := p.start()
	n := &ColumnDecl{Name: p.name(useLabel)}
	p.expect(":")
	if p.at("(") {
		n.Table = p.schema(schemaTable)
	} else {
		n.Type = p.scalarType()
		if p.take("=") {
			n.Default = p.paramValue()
		}
	}
	n.At = p.from(start)
	return n
}

func (p *parser) entityGroup() Expr {
	start := p.advance().start
	n := &EntityGroup{}
	p.expect("[")
	n.Members = list(p, p.unary)
	p.expect("]")
	n.At = p.from(start)
	return n
}

// A Set sets a request option. X is nil where there is no value.
// https://learn.microsoft.com/kusto/query/set-statement
type Set struct {
	stmtNode
	Name *Ident
	X    Expr
}

func (n *Set) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.X)
}

func (p *parser) setStatement() Statement {
	start := p.advance().start
	n := &Set{Name: p.name(useStrict)}
	if p.take("=") {
		n.X = p.expr()
	}
	n.At = p.from(start)
	return n
}

// A DeclareParameters declares the parameters that a client sends along with a query.
// https://learn.microsoft.com/kusto/query/query-parameters-statement
type DeclareParameters struct {
	stmtNode
	Params []*ColumnDecl
}

func (n *DeclareParameters) children(visit func(Node)) { visitAll(visit, n.Params) }

func (p *parser) declareParameters() Statement {
	start := p.advance().start
	p.advance()
	n := &DeclareParameters{}
	if p.expect("(") {
		n.Params = list(p, p.parameter)
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}

// A DeclarePattern declares a view-like construct that maps tuples of strings to bodies. A pattern without a definition has
// neither parameters nor matches. Path is nil where the pattern has none.
// https://learn.microsoft.com/kusto/query/pattern-statement
type DeclarePattern struct {
	stmtNode
	Name    *Ident
	Params  []*ColumnDecl
	Path    *ColumnDecl
	Matches []*PatternMatch
}

func (n *DeclarePattern) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitAll(visit, n.Params)
	if n.Path != nil {
		visit(n.Path)
	}
	visitAll(visit, n.Matches)
}

// A PatternMatch is one case of a pattern: ("a", "b").["c"] = { … }.
type PatternMatch struct {
	exprNode
	Args []Expr
	Path Expr
	Body *Block
}

func (n *PatternMatch) children(visit func(Node)) {
	visitAll(visit, n.Args)
	visitOne(visit, n.Path)
	visit(n.Body)
}

func (p *parser) declarePattern() Statement {
	start := p.advance().start
	p.advance()
	n := &DeclarePattern{Name: p.name(useStrict)}
	if p.take("=") {
		p.expect("(")
		if !p.take(")") {
			n.Params = list(p, p.parameter)
			p.expect(")")
		}
		if p.take("[") {
			n.Path = p.parameter()
			p.expect("]")
		}
		p.expect("{")
		for !p.panicking {
			n.Matches = append(n.Matches, p.patternMatch())
			if p.take("}") {
				break
			}
		}
	}
	n.At = p.from(start)
	return n
}

func (p *parser) patternMatch() *PatternMatch {
	start := p.start()
	n := &PatternMatch{}
	p.expect("(")
	n.Args = list(p, p.paramValue)
	p.expect(")")
	if p.take(".") {
		p.expect("[")
		if p.tok().kind == tokString {
			n.Path = p.stringLiteral()
		} else {
			n.Path = p.missing("string")
		}
		p.expect("]")
	}
	p.expect("=")
	n.Body = p.block()
	p.expect(";")
	n.At = p.from(start)
	return n
}

// An AliasDatabase gives a database another name.
// https://learn.microsoft.com/kusto/query/alias-statement
type AliasDatabase struct {
	stmtNode
	Name *Ident
	X    Expr
}

func (n *AliasDatabase) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.X)
}

func (p *parser) aliasStatement() Statement {
	start := p.advance().start
	p.advance()
	n := &AliasDatabase{Name: p.name(useStrict)}
	p.expect("=")
	n.X = p.unary()
	n.At = p.from(start)
	return n
}

// A RestrictAccess limits what the statements after it can see.
// https://learn.microsoft.com/kusto/query/restrict-statement
type RestrictAccess struct {
	stmtNode
	Entities []Expr
}

func (n *RestrictAccess) children(visit func(Node)) { visitAll(visit, n.Entities) }

func (p *parser) restrictStatement() Statement {
	start := p.advance().start
	p.advance()
	n := &RestrictAccess{}
	if p.expectWord("to") && p.expect("(") {
		n.Entities = list(p, p.entity)
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}
