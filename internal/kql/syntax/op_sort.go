package syntax

func init() {
	register("sort", parseSort)
	register("order", parseSort)
	register("top", parseTop)
	register("top-nested", parseTopNested)
	register("top-hitters", parseTopHitters)
}

// A Sort orders the rows. order is another word for it.
// https://learn.microsoft.com/kusto/query/sort-operator
type Sort struct {
	opNode
	Params []*Param
	By     []*OrderTerm
}

// An OrderTerm is an expression to sort by. Order is "asc", "desc", "granny-asc", "granny-desc" or "" (which means desc); Nulls
// is "first", "last" or "" (which means last for desc and first for asc).
type OrderTerm struct {
	exprNode
	X     Expr
	Order string
	Nulls string
}

func (*Sort) Keyword() string { return "sort" }

func (n *Sort) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.By)
}

func (n *Sort) print(p *printer) {
	p.text("sort")
	p.params(n.Params)
	p.text(" by ")
	nodes(p, n.By)
}

func (n *OrderTerm) children(visit func(Node)) { visitOne(visit, n.X) }

func (n *OrderTerm) print(p *printer) {
	n.X.print(p)
	if n.Order != "" {
		p.text(" ", n.Order)
	}
	if n.Nulls != "" {
		p.text(" nulls ", n.Nulls)
	}
}

func parseSort(p *parser, start int) Operator {
	n := &Sort{Params: p.params()}
	if p.expectWord("by") {
		n.By = list(p, p.orderTerm)
	}
	n.At = p.from(start)
	return n
}

func (p *parser) orderTerm() *OrderTerm {
	start := p.start()
	n := &OrderTerm{X: p.named()}
	for _, order := range []string{"asc", "desc", "granny-asc", "granny-desc"} {
		if p.takeWord(order) {
			n.Order = order
			break
		}
	}
	if p.takeWord("nulls") {
		switch {
		case p.takeWord("first"):
			n.Nulls = "first"
		case p.takeWord("last"):
			n.Nulls = "last"
		default:
			p.fail("KQL1004", "missing first or last")
		}
	}
	n.At = p.from(start)
	return n
}

// A Top sorts and takes the first N rows.
// https://learn.microsoft.com/kusto/query/top-operator
type Top struct {
	opNode
	Params []*Param
	N      Expr
	By     *OrderTerm
}

func (*Top) Keyword() string { return "top" }

func (n *Top) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.N)
	visit(n.By)
}

func (n *Top) print(p *printer) {
	p.text("top")
	p.params(n.Params)
	p.text(" ")
	n.N.print(p)
	p.text(" by ")
	n.By.print(p)
}

func parseTop(p *parser, start int) Operator {
	n := &Top{Params: p.params(), N: p.expr()}
	p.expectWord("by")
	n.By = p.orderTerm()
	n.At = p.from(start)
	return n
}

// A TopNested is a hierarchy of top values, one clause a level.
// https://learn.microsoft.com/kusto/query/top-nested-operator
type TopNested struct {
	opNode
	Clauses []*TopNestedClause
}

// A TopNestedClause is one level. N is nil for all values, Others is nil where the rest is not asked for.
type TopNestedClause struct {
	exprNode
	N      Expr
	Of     Expr
	Others Expr
	By     *OrderTerm
}

func (*TopNested) Keyword() string             { return "top-nested" }
func (n *TopNested) children(visit func(Node)) { visitAll(visit, n.Clauses) }
func (n *TopNested) print(p *printer)          { nodes(p, n.Clauses) }

func (n *TopNestedClause) children(visit func(Node)) {
	visitOne(visit, n.N)
	visitOne(visit, n.Of)
	visitOne(visit, n.Others)
	visit(n.By)
}

func (n *TopNestedClause) print(p *printer) {
	p.text("top-nested")
	p.opt(" ", n.N)
	p.opt(" of ", n.Of)
	p.opt(" with others=", n.Others)
	p.text(" by ")
	n.By.print(p)
}

func parseTopNested(p *parser, start int) Operator {
	n := &TopNested{}
	for {
		n.Clauses = append(n.Clauses, p.topNestedClause(start))
		if !p.take(",") {
			break
		}
		start = p.start()
		if !p.expectWord("top-nested") {
			break
		}
	}
	n.At = p.from(n.Clauses[0].Start)
	return n
}

func (p *parser) topNestedClause(start int) *TopNestedClause {
	n := &TopNestedClause{}
	if !p.atWord("of") {
		n.N = p.expr()
	}
	p.expectWord("of")
	n.Of = p.named()
	if p.takeWord("with") {
		p.expectWord("others")
		p.expect("=")
		n.Others = p.expr()
	}
	p.expectWord("by")
	n.By = p.orderTerm()
	n.At = p.from(start)
	return n
}

// A TopHitters finds the most frequent values, or those with the largest sum of By.
// https://learn.microsoft.com/kusto/query/top-hitters-operator
type TopHitters struct {
	opNode
	N  Expr
	Of Expr
	By Expr // nil: count rows
}

func (*TopHitters) Keyword() string { return "top-hitters" }

func (n *TopHitters) children(visit func(Node)) {
	visitOne(visit, n.N)
	visitOne(visit, n.Of)
	visitOne(visit, n.By)
}

func (n *TopHitters) print(p *printer) {
	p.text("top-hitters")
	p.opt(" ", n.N)
	p.opt(" of ", n.Of)
	p.opt(" by ", n.By)
}

func parseTopHitters(p *parser, start int) Operator {
	n := &TopHitters{N: p.expr()}
	p.expectWord("of")
	n.Of = p.named()
	if p.takeWord("by") {
		n.By = p.named()
	}
	n.At = p.from(start)
	return n
}
