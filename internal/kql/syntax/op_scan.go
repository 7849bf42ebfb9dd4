package syntax

func init() {
	register("scan", parseScan)
	register("reduce", parseReduce)
	register("range", parseRange)
}

// A Scan matches sequences of rows against steps.
// https://learn.microsoft.com/kusto/query/scan-operator
type Scan struct {
	opNode
	Params      []*Param
	OrderBy     []*OrderTerm
	PartitionBy []Expr
	// Declare holds the variables of the state; Declared tells declare (), which has none, from no declaration.
	Declared bool
	Declare  []*ColumnDecl
	Steps    []*ScanStep
}

// A ScanStep is one state. Output is "all", "last", "none" or "".
type ScanStep struct {
	exprNode
	Name     *Ident
	Optional bool
	Output   string
	X        Expr
	Set      []*Named
}

func (*Scan) Keyword() string { return "scan" }

func (n *Scan) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.OrderBy)
	visitAll(visit, n.PartitionBy)
	visitAll(visit, n.Declare)
	visitAll(visit, n.Steps)
}

func (n *Scan) print(p *printer) {
	p.text("scan")
	p.params(n.Params)
	if len(n.OrderBy) > 0 {
		p.text(" order by ")
		nodes(p, n.OrderBy)
	}
	if len(n.PartitionBy) > 0 {
		printList(p, " partition by", n.PartitionBy)
	}
	if n.Declared {
		p.text(" declare (")
		nodes(p, n.Declare)
		p.text(")")
	}
	p.text(" with (")
	p.indent++
	for _, s := range n.Steps {
		p.line()
		s.print(p)
	}
	p.indent--
	if len(n.Steps) > 0 {
		p.line()
	}
	p.text(")")
}

func (n *ScanStep) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.X)
	visitAll(visit, n.Set)
}

func (n *ScanStep) print(p *printer) {
	p.text("step ")
	n.Name.print(p)
	if n.Optional {
		p.text(" optional")
	}
	if n.Output != "" {
		p.text(" output=", n.Output)
	}
	p.opt(": ", n.X)
	if len(n.Set) > 0 {
		p.text(" => ")
		nodes(p, n.Set)
	}
	p.text(";")
}

func parseScan(p *parser, start int) Operator {
	n := &Scan{Params: p.params()}
	if p.takeWord("order") && p.expectWord("by") {
		n.OrderBy = list(p, p.orderTerm)
	}
	if p.takeWord("partition") && p.expectWord("by") {
		n.PartitionBy = list(p, p.named)
	}
	if p.takeWord("declare") {
		n.Declared = true
		p.expect("(")
		if !p.take(")") {
			n.Declare = list(p, p.parameter)
			p.expect(")")
		}
	}
	p.expectWord("with")
	if p.expect("(") {
		for p.atWord("step") && !p.panicking {
			n.Steps = append(n.Steps, p.scanStep())
		}
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}

func (p *parser) scanStep() *ScanStep {
	n := &ScanStep{}
	start := p.advance().start
	n.Name = p.name(useLabel)
	n.Optional = p.takeWord("optional")
	if p.takeWord("output") {
		p.expect("=")
		if p.atWord("all") || p.atWord("last") || p.atWord("none") {
			n.Output = p.advance().text
		} else {
			p.fail("KQL1004", "missing all, last or none")
		}
	}
	p.expect(":")
	n.X = p.expr()
	if p.take("=>") {
		n.Set = list(p, func() *Named {
			at := p.start()
			set := &Named{Names: []*Ident{p.name(useLabel)}}
			p.expect("=")
			set.X = p.expr()
			set.At = p.from(at)
			return set
		})
	}
	p.expect(";")
	n.At = p.from(start)
	return n
}

// A Reduce groups similar strings. Options after with are threshold and characters.
// https://learn.microsoft.com/kusto/query/reduce-operator
type Reduce struct {
	opNode
	Params []*Param
	By     Expr
	With   []*Param
}

func (*Reduce) Keyword() string { return "reduce" }

func (n *Reduce) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.By)
	visitAll(visit, n.With)
}

func (n *Reduce) print(p *printer) {
	p.text("reduce")
	p.params(n.Params)
	p.opt(" by ", n.By)
	if len(n.With) > 0 {
		p.text(" with ")
		nodes(p, n.With)
	}
}

func parseReduce(p *parser, start int) Operator {
	n := &Reduce{Params: p.params("threshold", "characters")}
	p.expectWord("by")
	n.By = p.named()
	if p.takeWord("with") {
		for !p.panicking {
			before := len(n.With)
			n.With = append(n.With, p.params("threshold", "characters")...)
			if len(n.With) > before+1 {
				p.report("KQL1003", n.With[before+1].Span(), "expected \",\" between the options")
			}
			if !p.take(",") {
				break
			}
			if p.paramName([]string{"threshold", "characters"}) == 0 {
				p.fail("KQL1004", "missing option")
			}
		}
	}
	n.At = p.from(start)
	return n
}

// A Range makes a table of one column with evenly spaced values.
// https://learn.microsoft.com/kusto/query/range-operator
type Range struct {
	opNode
	Column         *Ident
	From, To, Step Expr
}

func (*Range) Keyword() string { return "range" }

func (n *Range) children(visit func(Node)) {
	visitName(visit, n.Column)
	visitOne(visit, n.From)
	visitOne(visit, n.To)
	visitOne(visit, n.Step)
}

func (n *Range) print(p *printer) {
	p.text("range ")
	n.Column.print(p)
	p.opt(" from ", n.From)
	p.opt(" to ", n.To)
	p.opt(" step ", n.Step)
}

func parseRange(p *parser, start int) Operator {
	n := &Range{Column: p.name(useLabel)}
	p.expectWord("from")
	n.From = p.expr()
	p.expectWord("to")
	n.To = p.expr()
	p.expectWord("step")
	n.Step = p.expr()
	n.At = p.from(start)
	return n
}
