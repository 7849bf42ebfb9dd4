package syntax

func init() {
	register("extend", func(p *parser, start int) Operator {
		n := &Extend{Exprs: list(p, p.named)}
		n.At = p.from(start)
		return n
	})
	register("print", func(p *parser, start int) Operator {
		n := &PrintRow{Exprs: list(p, p.named)}
		n.At = p.from(start)
		return n
	})
	register("serialize", func(p *parser, start int) Operator {
		n := &Serialize{Params: p.params(), Exprs: p.optionalNamed()}
		n.At = p.from(start)
		return n
	})
}

// An Extend adds computed columns.
// https://learn.microsoft.com/kusto/query/extend-operator
type Extend struct {
	opNode
	Exprs []Expr
}

func (*Extend) Keyword() string             { return "extend" }
func (n *Extend) children(visit func(Node)) { visitAll(visit, n.Exprs) }
func (n *Extend) print(p *printer)          { printList(p, "extend", n.Exprs) }

// A PrintRow makes one row of computed columns.
// https://learn.microsoft.com/kusto/query/print-operator
type PrintRow struct {
	opNode
	Exprs []Expr
}

func (*PrintRow) Keyword() string             { return "print" }
func (n *PrintRow) children(visit func(Node)) { visitAll(visit, n.Exprs) }
func (n *PrintRow) print(p *printer)          { printList(p, "print", n.Exprs) }

// A Serialize fixes the order of the rows, so that functions such as prev and row_number may be used, and adds columns.
// https://learn.microsoft.com/kusto/query/serialize-operator
type Serialize struct {
	opNode
	Params []*Param
	Exprs  []Expr
}

func (*Serialize) Keyword() string { return "serialize" }

func (n *Serialize) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Exprs)
}

func (n *Serialize) print(p *printer) {
	p.text("serialize")
	p.params(n.Params)
	printList(p, "", n.Exprs)
}
