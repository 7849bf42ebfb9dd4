package syntax

func init() {
	register("take", parseTake)
	register("limit", parseTake)
	register("sample", parseSample)
	register("sample-distinct", parseSampleDistinct)
	register("count", parseCount)
}

// A Take keeps up to N rows, any of them. limit is another word for it.
// https://learn.microsoft.com/kusto/query/take-operator
type Take struct {
	opNode
	Params []*Param
	N      Expr
}

func (*Take) Keyword() string { return "take" }

func (n *Take) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.N)
}

func (n *Take) print(p *printer) {
	p.text("take")
	p.params(n.Params)
	p.opt(" ", n.N)
}

func parseTake(p *parser, start int) Operator {
	n := &Take{Params: p.params(), N: p.expr()}
	n.At = p.from(start)
	return n
}

// A Sample keeps N random rows.
// https://learn.microsoft.com/kusto/query/sample-operator
type Sample struct {
	opNode
	Params []*Param
	N      Expr
}

func (*Sample) Keyword() string { return "sample" }

func (n *Sample) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.N)
}

func (n *Sample) print(p *printer) {
	p.text("sample")
	p.params(n.Params)
	p.opt(" ", n.N)
}

func parseSample(p *parser, start int) Operator {
	n := &Sample{Params: p.params(), N: p.expr()}
	n.At = p.from(start)
	return n
}

// A SampleDistinct returns up to N distinct values of Of.
// https://learn.microsoft.com/kusto/query/sample-distinct-operator
type SampleDistinct struct {
	opNode
	Params []*Param
	N      Expr
	Of     Expr
}

func (*SampleDistinct) Keyword() string { return "sample-distinct" }

func (n *SampleDistinct) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.N)
	visitOne(visit, n.Of)
}

func (n *SampleDistinct) print(p *printer) {
	p.text("sample-distinct")
	p.params(n.Params)
	p.opt(" ", n.N)
	p.opt(" of ", n.Of)
}

func parseSampleDistinct(p *parser, start int) Operator {
	n := &SampleDistinct{Params: p.params(), N: p.expr()}
	p.expectWord("of")
	n.Of = p.named()
	n.At = p.from(start)
	return n
}

// A Count counts the rows. As names the result and is nil where it keeps its usual name, Count.
// https://learn.microsoft.com/kusto/query/count-operator
type Count struct {
	opNode
	As *Ident
}

func (*Count) Keyword() string             { return "count" }
func (n *Count) children(visit func(Node)) { visitName(visit, n.As) }

func (n *Count) print(p *printer) {
	p.text("count")
	if n.As != nil {
		p.text(" as ")
		n.As.print(p)
	}
}

func parseCount(p *parser, start int) Operator {
	n := &Count{}
	if p.takeWord("as") {
		n.As = p.name(useStrict)
	}
	n.At = p.from(start)
	return n
}
