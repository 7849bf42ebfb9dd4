package syntax

func init() {
	register("summarize", parseSummarize)
	register("distinct", parseDistinct)
}

// A Summarize groups rows and aggregates them. Both lists may be empty. Bin is the old "bin=" at the end, or nil.

// https://learn.microsoft.com/kusto/query/summarize-operator
type Summarize struct {
	opNode
	Params []*Param
	Aggs   []Expr
	By     []Expr
	Bin    Expr
}

func (*Summarize) Keyword() string { return "summarize" }

func (n *Summarize) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Aggs)
	visitAll(visit, n.By)
	visitOne(visit, n.Bin)
}

func (n *Summarize) print(p *printer) {
	p.text("summarize")
	p.params(n.Params)
	printList(p, "", n.Aggs)
	if len(n.By) > 0 {
		printList(p, " by", n.By)
	}
	p.opt(" bin=", n.Bin)
}

func parseSummarize(p *parser, start int) Operator {
	n := &Summarize{Params: p.params()}
	if !p.atWord("by") && !p.operatorEnds() {
		n.Aggs = list(p, func() Expr {
			if p.atWord("by") { // not even as a label
				return p.missing("expression")
			}
			return p.named()
		})
	}
	if p.takeWord("by") {
		n.By = list(p, func() Expr {
			if p.atWord("bin") && p.peek(1).is("=") {
				return p.missing("expression")
			}
			return p.named()
		})
		if p.atWord("bin") && p.peek(1).is("=") {
			p.advance()
			p.advance()
			if n.Bin = p.literal(); n.Bin == nil {
				n.Bin = p.missing("literal")
			}
		}
	}
	n.At = p.from(start)
	return n
}

// A Distinct keeps one row of each combination of values. Columns may hold a [Star].
// https://learn.microsoft.com/kusto/query/distinct-operator
type Distinct struct {
	opNode
	Params  []*Param
	Columns []Expr
}

func (*Distinct) Keyword() string { return "distinct" }

func (n *Distinct) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Columns)
}

func (n *Distinct) print(p *printer) {
	p.text("distinct")
	p.params(n.Params)
	printList(p, "", n.Columns)
}

func parseDistinct(p *parser, start int) Operator {
	n := &Distinct{Params: p.params()}
	n.Columns = list(p, func() Expr {
		if p.at("*") && !isStringOp(p.peek(1)) && !p.peek(1).is("==") {
			start := p.advance().start
			return &Star{exprNode{p.from(start)}}
		}
		return p.named()
	})
	n.At = p.from(start)
	return n
}
