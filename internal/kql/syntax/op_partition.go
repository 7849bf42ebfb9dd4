package syntax

func init() {
	register("partition", parsePartition)
	register("__partitionby", parsePartitionBy)
	register("fork", parseFork)
	register("facet", parseFacet)
}

// A Partition runs a pipeline over each group of rows. The body starts with an operator; in the old form with braces (Braced) it
// is a whole query of its own.
// https://learn.microsoft.com/kusto/query/partition-operator
type Partition struct {
	opNode
	Params []*Param
	By     Expr
	Braced bool
	Body   Expr
}

func (*Partition) Keyword() string { return "partition" }

func (n *Partition) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.By)
	visitOne(visit, n.Body)
}

func (n *Partition) print(p *printer) {
	p.text("partition")
	p.params(n.Params)
	p.opt(" by ", n.By)
	if n.Braced {
		p.block(" {", n.Body, "}")
	} else {
		p.block(" (", n.Body, ")")
	}
}

func parsePartition(p *parser, start int) Operator {
	n := &Partition{Params: p.params()}
	p.expectWord("by")
	n.By = p.columnPath()
	if p.take("{") {
		n.Braced = true
		n.Body = p.pipe()
		p.expect("}")
	} else {
		p.expect("(")
		n.Body = p.subpipe()
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}

// columnPath reads a column, or a path into one.
func (p *parser) columnPath() Expr {
	start := p.start()
	var x Expr = p.name(useReference)
	for links := 0; !p.panicking && p.chain(&links); {
		switch {
		case p.take("."):
			member := p.name(useMember)
			x = &Path{exprNode{p.from(start)}, x, member}
		case p.take("["):
			i := p.expr()
			p.expect("]")
			x = &Index{exprNode{p.from(start)}, x, i}
		default:
			return x
		}
	}
	return x
}

// A PartitionBy is the internal operator __partitionby.
type PartitionBy struct {
	opNode
	Params []*Param
	By     Expr
	ID     Expr
	Body   Expr
}

func (*PartitionBy) Keyword() string { return "__partitionby" }

func (n *PartitionBy) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.By)
	visitOne(visit, n.ID)
	visitOne(visit, n.Body)
}

func (n *PartitionBy) print(p *printer) {
	p.text("__partitionby")
	p.params(n.Params)
	p.opt(" ", n.By)
	p.opt(" id ", n.ID)
	p.block(" (", n.Body, ")")
}

func parsePartitionBy(p *parser, start int) Operator {
	n := &PartitionBy{Params: p.params(), By: p.columnPath()}
	if p.takeWord("id") {
		if n.ID = p.literal(); n.ID == nil {
			n.ID = p.missing("value")
		}
	}
	p.expect("(")
	n.Body = p.subpipe()
	p.expect(")")
	n.At = p.from(start)
	return n
}

// A Fork runs several pipelines over the same rows.
// https://learn.microsoft.com/kusto/query/fork-operator
type Fork struct {
	opNode
	Branches []*ForkBranch
}

// A ForkBranch is one pipeline of a [Fork]. Name is nil where it has none.
type ForkBranch struct {
	exprNode
	Name *Ident
	Body Expr
}

func (*Fork) Keyword() string             { return "fork" }
func (n *Fork) children(visit func(Node)) { visitAll(visit, n.Branches) }

func (n *Fork) print(p *printer) {
	p.text("fork")
	for _, b := range n.Branches {
		p.text(" ")
		b.print(p)
	}
}

func (n *ForkBranch) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.Body)
}

func (n *ForkBranch) print(p *printer) {
	if n.Name != nil {
		n.Name.print(p)
		p.text("=")
	}
	p.block("(", n.Body, ")")
}

func parseFork(p *parser, start int) Operator {
	n := &Fork{}
	for first := true; !p.panicking && (first || p.at("(") || p.atName(useLabel)); first = false {
		b := &ForkBranch{}
		at := p.start()
		if !p.at("(") && p.atName(useLabel) {
			b.Name = p.name(useLabel)
			p.expect("=")
		}
		p.expect("(")
		if t := p.tok(); operators[t.text] != nil && !p.peek(1).is("=") {
			b.Body = p.subpipe()
		} else {
			b.Body = p.pipe()
		}
		p.expect(")")
		b.At = p.from(at)
		n.Branches = append(n.Branches, b)
	}
	n.At = p.from(start)
	return n
}

// A Facet counts the values of each column. Body, which makes one more result, is nil where it is left out.
// https://learn.microsoft.com/kusto/query/facet-operator
type Facet struct {
	opNode
	By   []Expr
	Body Expr
}

func (*Facet) Keyword() string { return "facet" }

func (n *Facet) children(visit func(Node)) {
	visitAll(visit, n.By)
	visitOne(visit, n.Body)
}

func (n *Facet) print(p *printer) {
	p.text("facet by ")
	p.list(n.By)
	if n.Body != nil {
		p.block(" with (", n.Body, ")")
	}
}

func parseFacet(p *parser, start int) Operator {
	n := &Facet{}
	if p.expectWord("by") {
		n.By = list(p, p.columnPath)
	}
	if p.takeWord("with") {
		if p.take("(") {
			n.Body = p.subpipe()
			p.expect(")")
		} else {
			// Without parentheses the body is one operator.
			at := p.start()
			body := &Pipeline{Ops: []Operator{p.operator()}}
			body.At = p.from(at)
			n.Body = body
		}
	}
	n.At = p.from(start)
	return n
}
