package syntax

func init() {
	register("where", parseWhere)
	register("filter", parseWhere)
}

// A Where keeps the rows for which the condition holds. filter is another word for it. The condition may be a [Named], which
// the grammar lets pass (where a = 1).
// https://learn.microsoft.com/kusto/query/where-operator
type Where struct {
	opNode
	Params []*Param
	X      Expr
}

func (*Where) Keyword() string { return "where" }

func (n *Where) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.X)
}

func (n *Where) print(p *printer) {
	p.text("where")
	p.params(n.Params)
	p.text(" ")
	n.X.print(p)
}

func parseWhere(p *parser, start int) Operator {
	n := &Where{Params: p.params(), X: p.named()}
	n.At = p.from(start)
	return n
}
