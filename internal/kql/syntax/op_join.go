package syntax

func init() {
	register("join", parseJoin)
	register("lookup", parseLookup)
	register("union", parseUnion)
}

// A Join matches rows of two tables. On holds the conditions, each a column name or a comparison of $left and $right columns;
// it is empty where there is none, which only the binder refuses. Where is the old form: join T where condition.
// https://learn.microsoft.com/kusto/query/join-operator
type Join struct {
	opNode
	Params []*Param
	Right  Expr
	On     []Expr
	Where  Expr
}

func (*Join) Keyword() string { return "join" }

func (n *Join) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.Right)
	visitAll(visit, n.On)
	visitOne(visit, n.Where)
}

func (n *Join) print(p *printer) {
	p.text("join")
	p.params(n.Params)
	p.opt(" ", n.Right)
	if len(n.On) > 0 {
		p.text(" on ")
		p.list(n.On)
	}
	p.opt(" where ", n.Where)
}

func parseJoin(p *parser, start int) Operator {
	n := &Join{Params: p.params()}
	n.Right = p.expr()
	switch {
	case p.takeWord("on"):
		n.On = list(p, p.expr)
	case p.takeWord("where"):
		n.Where = p.expr()
	}
	n.At = p.from(start)
	return n
}

// A Lookup adds the columns of a dimension table.
// https://learn.microsoft.com/kusto/query/lookup-operator
type Lookup struct {
	opNode
	Params []*Param
	Right  Expr
	On     []Expr
}

func (*Lookup) Keyword() string { return "lookup" }

func (n *Lookup) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.Right)
	visitAll(visit, n.On)
}

func (n *Lookup) print(p *printer) {
	p.text("lookup")
	p.params(n.Params)
	p.opt(" ", n.Right)
	p.text(" on ")
	p.list(n.On)
}

func parseLookup(p *parser, start int) Operator {
	n := &Lookup{Params: p.params()}
	n.Right = p.expr()
	if p.expectWord("on") {
		n.On = list(p, p.expr)
	}
	n.At = p.from(start)
	return n
}

// A Union puts tables one after the other. Each operand is a name, a pattern of names, a call, or a pipeline in parentheses.
// https://learn.microsoft.com/kusto/query/union-operator
type Union struct {
	opNode
	Params []*Param
	Tables []Expr
}

func (*Union) Keyword() string { return "union" }

func (n *Union) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Tables)
}

func (n *Union) print(p *printer) {
	p.text("union")
	p.params(n.Params)
	p.text(" ")
	p.list(n.Tables)
}

func parseUnion(p *parser, start int) Operator {
	n := &Union{Params: p.params("best_effort")}
	n.Tables = list(p, func() Expr {
		if p.at("(") && !p.panicking {
			return p.paren()
		}
		return p.entity()
	})
	n.At = p.from(start)
	return n
}
