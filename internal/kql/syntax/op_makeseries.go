package syntax

func init() { register("make-series", parseMakeSeries) }

// A MakeSeries aggregates into arrays over an axis. From and To are nil where they are left out; Range is the old form, in
// range(start, stop, step), and then Step is nil.
// https://learn.microsoft.com/kusto/query/make-series-operator
type MakeSeries struct {
	opNode
	Params         []*Param
	Aggs           []*SeriesAgg
	On             Expr
	From, To, Step Expr
	Range          []Expr
	By             []Expr
}

// A SeriesAgg is an aggregate and the value for empty bins; Default is nil where none is given.
type SeriesAgg struct {
	exprNode
	X       Expr
	Default Expr
}

func (*MakeSeries) Keyword() string { return "make-series" }

func (n *MakeSeries) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Aggs)
	visitOne(visit, n.On)
	visitOne(visit, n.From)
	visitOne(visit, n.To)
	visitOne(visit, n.Step)
	visitAll(visit, n.Range)
	visitAll(visit, n.By)
}

func (n *MakeSeries) print(p *printer) {
	p.text("make-series")
	p.params(n.Params)
	p.text(" ")
	nodes(p, n.Aggs)
	p.opt(" on ", n.On)
	if n.Step == nil {
		p.text(" in range(")
		p.list(n.Range)
		p.text(")")
	}
	p.opt(" from ", n.From)
	p.opt(" to ", n.To)
	p.opt(" step ", n.Step)
	if len(n.By) > 0 {
		printList(p, " by", n.By)
	}
}

func (n *SeriesAgg) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitOne(visit, n.Default)
}

func (n *SeriesAgg) print(p *printer) {
	n.X.print(p)
	p.opt(" default=", n.Default)
}

func parseMakeSeries(p *parser, start int) Operator {
	n := &MakeSeries{Params: p.params()}
	n.Aggs = list(p, func() *SeriesAgg {
		start := p.start()
		agg := &SeriesAgg{}
		if p.atWord("on") { // not even as a label
			agg.X = p.missing("aggregate")
			return agg
		}
		agg.X = p.named()
		if p.atWord("default") && p.peek(1).is("=") {
			p.advance()
			p.advance()
			agg.Default = p.expr()
		}
		agg.At = p.from(start)
		return agg
	})
	p.expectWord("on")
	n.On = p.namedBy(p.comparison) // "in" is not part of it
	if p.takeWord("in") {
		p.expectWord("range")
		if p.expect("(") {
			n.Range = list(p, p.expr)
			p.expect(")")
		}
	} else {
		if p.takeWord("from") {
			n.From = p.expr()
		}
		if p.takeWord("to") {
			n.To = p.expr()
		}
		if p.expectWord("step") {
			n.Step = p.expr()
		}
	}
	if p.takeWord("by") {
		n.By = list(p, p.named)
	}
	n.At = p.from(start)
	return n
}
