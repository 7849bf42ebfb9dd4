package syntax

func init() {
	register("evaluate", parseEvaluate)
	register("invoke", parseInvoke)
}

// An Evaluate calls a plugin. Schema declares the columns of the result and is nil where it is left out.
// https://learn.microsoft.com/kusto/query/evaluate-operator
type Evaluate struct {
	opNode
	Params []*Param
	Plugin *Call
	Schema *Schema
}

func (*Evaluate) Keyword() string { return "evaluate" }

func (n *Evaluate) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visit(n.Plugin)
	if n.Schema != nil {
		visit(n.Schema)
	}
}

func (n *Evaluate) print(p *printer) {
	p.text("evaluate")
	p.params(n.Params)
	p.text(" ")
	n.Plugin.print(p)
	if n.Schema != nil {
		p.text(" : ")
		n.Schema.print(p)
	}
}

func parseEvaluate(p *parser, start int) Operator {
	n := &Evaluate{Params: p.params(), Plugin: p.plainCall()}
	if p.take(":") {
		n.Schema = p.schema(schemaOpen)
	}
	n.At = p.from(start)
	return n
}

// plainCall reads name(arguments).
func (p *parser) plainCall() *Call {
	call, _ := p.arguments(p.name(useStrict)).(*Call)
	return call
}

// An Invoke passes the rows so far to a function as its first, tabular argument. Call is a [Call], or a [Path] that ends in one.
// https://learn.microsoft.com/kusto/query/invoke-operator
type Invoke struct {
	opNode
	Call Expr
}

func (*Invoke) Keyword() string             { return "invoke" }
func (n *Invoke) children(visit func(Node)) { visitOne(visit, n.Call) }
func (n *Invoke) print(p *printer)          { p.opt("invoke ", n.Call) }

func parseInvoke(p *parser, start int) Operator {
	n := &Invoke{Call: p.plainCall()}
	for p.invokePath(n.Call) && p.take(".") {
		member := p.plainCall()
		n.Call = &Path{exprNode{p.from(n.Call.Span().Start)}, n.Call, member}
	}
	n.At = p.from(start)
	return n
}

// invokePath reports whether a dot may follow e: cluster(…) and database(…) lead to a function, other calls to nothing.
func (p *parser) invokePath(e Expr) bool {
	if path, ok := e.(*Path); ok {
		e = path.Member
	}
	call, ok := e.(*Call)
	return ok && (call.Func.Name == "cluster" || call.Func.Name == "database" || call.Func.Name == "workspace")
}
