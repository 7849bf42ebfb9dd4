package syntax

func init() {
	register("search", parseSearch)
	register("find", parseFind)
}

// A Search keeps the rows of a pipeline, of the tables named after in, or of all tables, for which the condition holds; in it a
// lone string means "some column has this term". In is nil where there is no in clause. The condition may be a [Star].
// https://learn.microsoft.com/kusto/query/search-operator
type Search struct {
	opNode
	Params []*Param
	In     []Expr
	X      Expr
}

func (*Search) Keyword() string { return "search" }

func (n *Search) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.In)
	visitOne(visit, n.X)
}

func (n *Search) print(p *printer) {
	p.text("search")
	p.params(n.Params)
	printIn(p, n.In)
	p.opt(" ", n.X)
}

func printIn(p *printer, tables []Expr) {
	if tables != nil {
		p.text(" in (")
		p.list(tables)
		p.text(")")
	}
}

// inTables reads in (table, …) if it is there.
func (p *parser) inTables() []Expr {
	if !p.takeWord("in") || !p.expect("(") {
		return nil
	}
	tables := list(p, p.entity)
	p.expect(")")
	return tables
}

func parseSearch(p *parser, start int) Operator {
	n := &Search{Params: p.params(), In: p.inTables()}
	if t := p.peek(1); p.at("*") && !p.panicking && !isStringOp(t) && !t.is("==") {
		star := p.advance().start
		n.X = &Star{exprNode{p.from(star)}}
		if p.takeWord("and") {
			y := p.expr()
			n.X = &Binary{exprNode{p.from(star)}, "and", n.X, y}
		}
	} else {
		n.X = p.expr()
	}
	n.At = p.from(start)
	return n
}

// A Find looks for rows in the tables named after in, or in all. In is nil where there is no in clause. Project is nil without a
// project clause and holds [ColumnDecl]s, a [Star], or a [Call] of pack; Smart tells project-smart.
// https://learn.microsoft.com/kusto/query/find-operator
type Find struct {
	opNode
	Params  []*Param
	In      []Expr
	X       Expr
	Smart   bool
	Project []Expr
}

func (*Find) Keyword() string { return "find" }

func (n *Find) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.In)
	visitOne(visit, n.X)
	visitAll(visit, n.Project)
}

func (n *Find) print(p *printer) {
	p.text("find")
	p.params(n.Params)
	printIn(p, n.In)
	p.opt(" where ", n.X)
	if n.Smart {
		p.text(" project-smart")
	} else if n.Project != nil {
		printList(p, " project", n.Project)
	}
}

func parseFind(p *parser, start int) Operator {
	n := &Find{}
	scope := false
	if p.atWord("datascope") && p.peek(1).is("=") {
		at := p.advance().start
		p.advance()
		param := &Param{Name: "datascope", Values: []Expr{p.paramValue()}}
		if v, ok := param.Value().(*Ident); ok && v.Name != "all" && v.Name != "hotcache" {
			p.report("KQL1004", v.Span(), "datascope is all or hotcache")
		}
		param.At = p.from(at)
		n.Params = []*Param{param}
		scope = true
	}
	params := p.params()
	n.Params = append(n.Params, params...)
	n.In = p.inTables()
	if !p.takeWord("where") && (n.In != nil || len(params) > 0 && !scope) {
		p.expectWord("where")
	}
	n.X = p.expr()
	switch {
	case p.takeWord("project-smart"):
		n.Smart = true
	case p.takeWord("project"):
		n.Project = list(p, p.findColumn)
	}
	n.At = p.from(start)
	return n
}

func (p *parser) findColumn() Expr {
	t := p.tok()
	switch {
	case t.is("*"):
		p.advance()
		return &Star{exprNode{p.from(t.start)}}
	case t.isWord("pack") && p.peek(1).is("("):
		name := p.name(useStrict)
		p.advance()
		star := p.start()
		p.expect("*")
		arg := &Star{exprNode{p.from(star)}}
		p.expect(")")
		return &Call{exprNode{p.from(t.start)}, name, []Expr{arg}}
	}
	n := &ColumnDecl{Name: p.name(useReference)}
	if p.take(":") {
		n.Type = p.anyType()
	}
	n.At = p.from(t.start)
	return n
}

// otherTypes are type names that some clauses take although no value has these types.
var otherTypes = words("int32 int16 uint uint32 uint64 uint16 uint8 ulong float")

// anyType reads a type name, also of the types that declarations do not take.
func (p *parser) anyType() string {
	if t := p.tok(); t.kind == tokWord && otherTypes[t.text] && !p.panicking {
		p.advance()
		return t.text
	}
	return p.scalarType()
}
