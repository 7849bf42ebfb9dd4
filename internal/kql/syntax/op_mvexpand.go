package syntax

func init() {
	register("mv-expand", parseMvExpand)
	register("mvexpand", func(p *parser, start int) Operator {
		n := parseMvExpand(p, start)
		n.(*MvExpand).Legacy = true
		return n
	})
	register("mv-apply", parseMvApply)
	register("mvapply", parseMvApply)
}

// An MvExpand makes one row of each element of an array or bag. Limit is nil where there is none. Legacy tells the old mvexpand,
// whose limit is 128 where none is given. bagexpansion= is another word for kind=.
// https://learn.microsoft.com/kusto/query/mv-expand-operator
type MvExpand struct {
	opNode
	Legacy bool
	Params []*Param
	Items  []*ExpandItem
	Limit  Expr
}

// An ExpandItem is an expression to expand, possibly named, and the type to convert the elements to; To is nil without one.
type ExpandItem struct {
	exprNode
	X  Expr
	To *TypeOf
}

func (*MvExpand) Keyword() string { return "mv-expand" }

func (n *MvExpand) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Items)
	visitOne(visit, n.Limit)
}

func (n *MvExpand) print(p *printer) {
	if n.Legacy {
		p.text("mvexpand")
	} else {
		p.text("mv-expand")
	}
	p.params(n.Params)
	p.text(" ")
	nodes(p, n.Items)
	p.opt(" limit ", n.Limit)
}

func (n *ExpandItem) children(visit func(Node)) {
	visitOne(visit, n.X)
	if n.To != nil {
		visit(n.To)
	}
}

func (n *ExpandItem) print(p *printer) {
	n.X.print(p)
	if n.To != nil {
		p.text(" to ")
		n.To.print(p)
	}
}

func (p *parser) expandItems() (items []*ExpandItem, limit Expr) {
	items = list(p, func() *ExpandItem {
		start := p.start()
		item := &ExpandItem{}
		if p.atWord("limit") && !p.peek(1).is("=") {
			item.X = p.missing("expression")
			return item
		}
		item.X = p.named()
		if p.takeWord("to") {
			if p.atWord("typeof") && p.peek(1).is("(") {
				item.To, _ = p.typeOf().(*TypeOf)
			} else {
				p.fail("KQL1004", "missing typeof(…)")
			}
		}
		item.At = p.from(start)
		return item
	})
	if p.takeWord("limit") {
		limit = p.expr()
	}
	return items, limit
}

func parseMvExpand(p *parser, start int) Operator {
	n := &MvExpand{Params: p.params()}
	n.Items, n.Limit = p.expandItems()
	n.At = p.from(start)
	return n
}

// An MvApply runs a pipeline over the elements of each row's array. ID is the undocumented id clause, or nil.
// https://learn.microsoft.com/kusto/query/mv-apply-operator
type MvApply struct {
	opNode
	Params []*Param
	Items  []*ExpandItem
	Limit  Expr
	ID     Expr
	Body   Expr
}

func (*MvApply) Keyword() string { return "mv-apply" }

func (n *MvApply) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Items)
	visitOne(visit, n.Limit)
	visitOne(visit, n.ID)
	visitOne(visit, n.Body)
}

func (n *MvApply) print(p *printer) {
	p.text("mv-apply")
	p.params(n.Params)
	p.text(" ")
	nodes(p, n.Items)
	p.opt(" limit ", n.Limit)
	p.opt(" id ", n.ID)
	p.text(" on ")
	p.block("(", n.Body, ")")
}

func parseMvApply(p *parser, start int) Operator {
	n := &MvApply{Params: p.params()}
	n.Items, n.Limit = p.expandItems()
	if p.takeWord("id") {
		n.ID = p.paramValue()
	}
	p.expectWord("on")
	p.expect("(")
	n.Body = p.subpipe()
	p.expect(")")
	n.At = p.from(start)
	return n
}
