package syntax

func init() {
	register("make-graph", parseMakeGraph)
	register("graph-match", parseGraphMatch(false))
	register("graph-shortest-paths", parseGraphMatch(true))
	register("graph-to-table", parseGraphToTable)
	register("graph-mark-components", parseGraphMarkComponents)
	register("graph-where-nodes", parseGraphWhere("graph-where-nodes"))
	register("graph-where-edges", parseGraphWhere("graph-where-edges"))
}

// A MakeGraph builds a graph from a table of edges, which lead from Source to Target. NodeID is nil unless with_node_id= is
// given; PartitionedBy is nil unless the clause is there.
// https://learn.microsoft.com/kusto/query/make-graph-operator
type MakeGraph struct {
	opNode
	Params         []*Param
	Source, Target *Ident
	Directed       bool
	Nodes          []*GraphNodes
	NodeID         *Ident
	PartitionedBy  *Ident
	Body           Expr
}

// A GraphNodes is a table of nodes and the column that names them.
type GraphNodes struct {
	exprNode
	Table Expr
	On    *Ident
}

func (*MakeGraph) Keyword() string { return "make-graph" }

func (n *MakeGraph) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitName(visit, n.Source)
	visitName(visit, n.Target)
	visitAll(visit, n.Nodes)
	visitName(visit, n.NodeID)
	visitName(visit, n.PartitionedBy)
	visitOne(visit, n.Body)
}

func (n *MakeGraph) print(p *printer) {
	p.text("make-graph")
	p.params(n.Params)
	p.text(" ")
	n.Source.print(p)
	if n.Directed {
		p.text(" --> ")
	} else {
		p.text(" -- ")
	}
	n.Target.print(p)
	if len(n.Nodes) > 0 {
		p.text(" with ")
		nodes(p, n.Nodes)
	}
	if n.NodeID != nil {
		p.text(" with_node_id=")
		n.NodeID.print(p)
	}
	if n.PartitionedBy != nil {
		p.text(" partitioned-by ")
		n.PartitionedBy.print(p)
		p.block(" (", n.Body, ")")
	}
}

func (n *GraphNodes) children(visit func(Node)) {
	visitOne(visit, n.Table)
	visitName(visit, n.On)
}

func (n *GraphNodes) print(p *printer) {
	n.Table.print(p)
	p.text(" on ")
	n.On.print(p)
}

// glued steps over the given punctuation if it comes next without blanks in between.
func (p *parser) glued(parts ...string) bool {
	if p.panicking {
		return false
	}
	for i, part := range parts {
		t := p.peek(i)
		if !t.is(part) || i > 0 && p.peek(i-1).end != t.start {
			return false
		}
	}
	p.pos += len(parts)
	return true
}

func parseMakeGraph(p *parser, start int) Operator {
	n := &MakeGraph{Params: p.params(), Source: p.name(useReference)}
	switch {
	case p.glued("-", "-", ">"):
		n.Directed = true
	case p.glued("-", "-"):
	default:
		p.fail("KQL1003", "expected --> or --")
	}
	n.Target = p.name(useReference)
	switch {
	case p.takeWord("with"):
		n.Nodes = list(p, func() *GraphNodes {
			at := p.start()
			g := &GraphNodes{Table: p.unary()}
			p.expectWord("on")
			g.On = p.name(useReference)
			g.At = p.from(at)
			return g
		})
	case p.takeWord("with_node_id"):
		p.expect("=")
		n.NodeID = p.name(useStrict)
	}
	if p.takeWord("partitioned-by") {
		n.PartitionedBy = p.name(useReference)
		p.expect("(")
		n.Body = p.subpipe()
		p.expect(")")
	}
	n.At = p.from(start)
	return n
}

// A GraphMatch finds patterns of nodes and edges; with Shortest it is graph-shortest-paths. Where and Project are nil where they
// are left out.
// https://learn.microsoft.com/kusto/query/graph-match-operator
// https://learn.microsoft.com/kusto/query/graph-shortest-paths-operator
type GraphMatch struct {
	opNode
	Shortest bool
	Params   []*Param
	Patterns []*GraphPattern
	Where    Expr
	Project  []Expr
}

// A GraphPattern is a sequence of nodes and edges.
type GraphPattern struct {
	exprNode
	Parts []*GraphPart
}

// A GraphPart is a node or an edge. Arrow is "" for a node, else "-->", "<--", "--" or "<-->". Name is nil where it has none.
// Low and High bound the length of an edge, and are nil for a single one.
type GraphPart struct {
	exprNode
	Arrow     string
	Name      *Ident
	Low, High Expr
}

func (n *GraphMatch) Keyword() string {
	if n.Shortest {
		return "graph-shortest-paths"
	}
	return "graph-match"
}

func (n *GraphMatch) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitAll(visit, n.Patterns)
	visitOne(visit, n.Where)
	visitAll(visit, n.Project)
}

func (n *GraphMatch) print(p *printer) {
	p.text(n.Keyword())
	p.params(n.Params)
	p.text(" ")
	nodes(p, n.Patterns)
	p.opt(" where ", n.Where)
	if n.Project != nil {
		printList(p, " project", n.Project)
	}
}

func (n *GraphPattern) children(visit func(Node)) { visitAll(visit, n.Parts) }

func (n *GraphPattern) print(p *printer) {
	for _, part := range n.Parts {
		part.print(p)
	}
}

func (n *GraphPart) children(visit func(Node)) {
	visitName(visit, n.Name)
	visitOne(visit, n.Low)
	visitOne(visit, n.High)
}

func (n *GraphPart) print(p *printer) {
	if n.Arrow == "" {
		p.text("(")
		if n.Name != nil {
			n.Name.print(p)
		}
		p.text(")")
		return
	}
	if n.Name == nil && n.Low == nil && n.Arrow != "<-->" {
		p.text(n.Arrow)
		return
	}
	if n.Arrow[0] == '<' {
		p.text("<")
	}
	p.text("-[")
	if n.Name != nil {
		n.Name.print(p)
	}
	if n.Low != nil {
		p.text("*")
		n.Low.print(p)
		p.text("..")
		p.opt("", n.High)
	}
	p.text("]-")
	if n.Arrow[len(n.Arrow)-1] == '>' {
		p.text(">")
	}
}

func parseGraphMatch(shortest bool) operatorParser {
	return func(p *parser, start int) Operator {
		n := &GraphMatch{Shortest: shortest}
		if shortest {
			n.Params = p.params("output")
		} else {
			n.Params = p.params()
		}
		n.Patterns = list(p, p.graphPattern)
		if p.takeWord("where") {
			n.Where = p.expr()
		}
		if p.takeWord("project") {
			n.Project = list(p, p.named)
		}
		n.At = p.from(start)
		return n
	}
}

func (p *parser) graphPattern() *GraphPattern {
	start := p.start()
	n := &GraphPattern{}
	for !p.panicking {
		part := p.graphPart()
		if part == nil {
			break
		}
		n.Parts = append(n.Parts, part)
	}
	if len(n.Parts) == 0 {
		p.fail("KQL1004", "missing graph pattern")
	}
	n.At = p.from(start)
	return n
}

// graphPart reads a node or an edge, or returns nil where neither starts.
func (p *parser) graphPart() *GraphPart {
	start := p.start()
	n := &GraphPart{}
	switch {
	case p.take("("):
		if !p.at(")") {
			n.Name = p.name(useStrict)
		}
		p.expect(")")
	case p.glued("-", "-", ">"):
		n.Arrow = "-->"
	case p.glued("<", "-", "-"):
		n.Arrow = "<--"
	case p.glued("<", "-", "["):
		p.graphEdge(n)
		if n.Arrow = "<--"; p.glued("]", "-", ">") {
			n.Arrow = "<-->"
		} else if !p.glued("]", "-") {
			p.fail("KQL1003", "expected ]-")
		}
	case p.glued("-", "["):
		p.graphEdge(n)
		if n.Arrow = "--"; p.glued("]", "-", ">") {
			n.Arrow = "-->"
		} else if !p.glued("]", "-") {
			p.fail("KQL1003", "expected ]-> or ]-")
		}
	case p.glued("-", "-"):
		n.Arrow = "--"
	default:
		return nil
	}
	n.At = p.from(start)
	return n
}

// graphEdge reads what stands between the brackets of an edge.
func (p *parser) graphEdge(n *GraphPart) {
	if !p.at("]") && !p.at("*") {
		n.Name = p.name(useStrict)
	}
	if p.take("*") {
		n.Low = p.graphBound()
		p.expect("..")
		n.High = p.graphBound()
	}
}

func (p *parser) graphBound() Expr {
	if p.at("..") || p.at("]") {
		return p.missing("value")
	}
	return p.expr()
}

// A GraphToTable turns a graph into tables of nodes or edges.
// https://learn.microsoft.com/kusto/query/graph-to-table-operator
type GraphToTable struct {
	opNode
	Outputs []*GraphOutput
}

// A GraphOutput is one table. What is "nodes" or "edges", As is nil where the table has no name.
type GraphOutput struct {
	exprNode
	What   string
	As     *Ident
	Params []*Param
}

func (*GraphToTable) Keyword() string             { return "graph-to-table" }
func (n *GraphToTable) children(visit func(Node)) { visitAll(visit, n.Outputs) }

func (n *GraphToTable) print(p *printer) {
	p.text("graph-to-table ")
	nodes(p, n.Outputs)
}

func (n *GraphOutput) children(visit func(Node)) {
	visitName(visit, n.As)
	visitAll(visit, n.Params)
}

func (n *GraphOutput) print(p *printer) {
	p.text(n.What)
	if n.As != nil {
		p.text(" as ")
		n.As.print(p)
	}
	p.params(n.Params)
}

func parseGraphToTable(p *parser, start int) Operator {
	n := &GraphToTable{}
	n.Outputs = list(p, func() *GraphOutput {
		at := p.start()
		out := &GraphOutput{}
		if !p.atWord("nodes") && !p.atWord("edges") {
			p.fail("KQL1004", "missing nodes or edges")
			return out
		}
		out.What = p.advance().text
		if p.takeWord("as") {
			out.As = p.name(useStrict)
		}
		if out.What == "nodes" {
			out.Params = p.params("with_node_id")
		} else {
			out.Params = p.params("with_source_id", "with_target_id")
		}
		out.At = p.from(at)
		return out
	})
	n.At = p.from(start)
	return n
}

// A GraphMarkComponents numbers the connected components.
// https://learn.microsoft.com/kusto/query/graph-mark-components-operator
type GraphMarkComponents struct {
	opNode
	Params []*Param
}

func (*GraphMarkComponents) Keyword() string             { return "graph-mark-components" }
func (n *GraphMarkComponents) children(visit func(Node)) { visitAll(visit, n.Params) }

func (n *GraphMarkComponents) print(p *printer) {
	p.text("graph-mark-components")
	p.params(n.Params)
}

func parseGraphMarkComponents(p *parser, start int) Operator {
	n := &GraphMarkComponents{Params: p.params("with_component_id")}
	n.At = p.from(start)
	return n
}

// A GraphWhere keeps the nodes or edges for which the condition holds.
// https://learn.microsoft.com/kusto/query/graph-where-nodes-operator
type GraphWhere struct {
	opNode
	Edges bool
	X     Expr
}

func (n *GraphWhere) Keyword() string {
	if n.Edges {
		return "graph-where-edges"
	}
	return "graph-where-nodes"
}

func (n *GraphWhere) children(visit func(Node)) { visitOne(visit, n.X) }
func (n *GraphWhere) print(p *printer)          { p.text(n.Keyword()); p.opt(" ", n.X) }

func parseGraphWhere(keyword string) operatorParser {
	return func(p *parser, start int) Operator {
		n := &GraphWhere{Edges: keyword == "graph-where-edges", X: p.expr()}
		n.At = p.from(start)
		return n
	}
}
