package syntax

func init() {
	register("as", parseAs)
	register("getschema", parseGetSchema)
	register("consume", parseConsume)
	register("assert-schema", parseAssertSchema)
	register("__executeAndCache", func(p *parser, start int) Operator {
		return &ExecuteAndCache{opNode{p.from(start)}}
	})
}

// An As gives the rows so far a name.
// https://learn.microsoft.com/kusto/query/as-operator
type As struct {
	opNode
	Params []*Param
	Name   *Ident
}

func (*As) Keyword() string { return "as" }

func (n *As) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitName(visit, n.Name)
}

func (n *As) print(p *printer) {
	p.text("as")
	p.params(n.Params)
	p.text(" ")
	n.Name.print(p)
}

func parseAs(p *parser, start int) Operator {
	n := &As{Params: p.params(), Name: p.name(useStrict)}
	n.At = p.from(start)
	return n
}

// A GetSchema returns a table that describes the columns.
// https://learn.microsoft.com/kusto/query/getschema-operator
type GetSchema struct {
	opNode
	Params []*Param
}

func (*GetSchema) Keyword() string             { return "getschema" }
func (n *GetSchema) children(visit func(Node)) { visitAll(visit, n.Params) }

func (n *GetSchema) print(p *printer) {
	p.text("getschema")
	p.params(n.Params)
}

func parseGetSchema(p *parser, start int) Operator {
	n := &GetSchema{}
	if p.atWord("kind") {
		n.Params = p.params()
	}
	n.At = p.from(start)
	return n
}

// A Consume reads all rows and returns none.
// https://learn.microsoft.com/kusto/query/consume-operator
type Consume struct {
	opNode
	Params []*Param
}

func (*Consume) Keyword() string             { return "consume" }
func (n *Consume) children(visit func(Node)) { visitAll(visit, n.Params) }

func (n *Consume) print(p *printer) {
	p.text("consume")
	p.params(n.Params)
}

func parseConsume(p *parser, start int) Operator {
	n := &Consume{Params: p.params()}
	n.At = p.from(start)
	return n
}

// An AssertSchema stops the query when its columns are not the declared ones.
// https://learn.microsoft.com/kusto/query/assert-schema-operator
type AssertSchema struct {
	opNode
	Schema *Schema
}

func (*AssertSchema) Keyword() string             { return "assert-schema" }
func (n *AssertSchema) children(visit func(Node)) { visit(n.Schema) }

func (n *AssertSchema) print(p *printer) {
	p.text("assert-schema ")
	n.Schema.print(p)
}

func parseAssertSchema(p *parser, start int) Operator {
	n := &AssertSchema{Schema: p.schema(schemaPlain)}
	n.At = p.from(start)
	return n
}

// An ExecuteAndCache is the internal operator __executeAndCache.
type ExecuteAndCache struct{ opNode }

func (*ExecuteAndCache) Keyword() string     { return "__executeAndCache" }
func (*ExecuteAndCache) children(func(Node)) {}
func (*ExecuteAndCache) print(p *printer)    { p.text("__executeAndCache") }
