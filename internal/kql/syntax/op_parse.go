package syntax

func init() {
	register("parse", parseParse(false))
	register("parse-where", parseParse(true))
	register("parse-kv", parseParseKV)
}

// A ParseText (parse, parse-where) takes columns out of a text by a pattern. Parameters are kind (simple, regex, relaxed) and flags. Filter tells
// parse-where, which drops the rows that do not match.
// https://learn.microsoft.com/kusto/query/parse-operator
// https://learn.microsoft.com/kusto/query/parse-where-operator
type ParseText struct {
	opNode
	Filter bool
	Params []*Param
	X      Expr
	// Pattern holds string [Literal]s, [Star]s and, for the columns to make, [ColumnDecl]s, whose Type may be "".
	Pattern []Expr
}

func (n *ParseText) Keyword() string {
	if n.Filter {
		return "parse-where"
	}
	return "parse"
}

func (n *ParseText) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.X)
	visitAll(visit, n.Pattern)
}

func (n *ParseText) print(p *printer) {
	p.text(n.Keyword())
	p.params(n.Params)
	p.opt(" ", n.X)
	p.text(" with")
	for _, part := range n.Pattern {
		p.text(" ")
		part.print(p)
	}
}

func parseParse(filter bool) operatorParser {
	return func(p *parser, start int) Operator {
		n := &ParseText{Filter: filter, Params: p.params("flags"), X: p.named()}
		p.expectWord("with")
		for !p.panicking {
			part := p.patternPart()
			if part == nil {
				break
			}
			n.Pattern = append(n.Pattern, part)
		}
		n.At = p.from(start)
		return n
	}
}

func (p *parser) patternPart() Expr {
	t := p.tok()
	switch {
	case t.is("*"):
		p.advance()
		return &Star{exprNode{p.from(t.start)}}
	case t.kind == tokString:
		return p.stringLiteral()
	case p.atName(useLabel) && !p.braced():
		n := &ColumnDecl{Name: p.name(useLabel)}
		if p.take(":") {
			n.Type = p.scalarType()
		}
		n.At = p.from(t.start)
		return n
	}
	return nil
}

// A ParseKV takes columns out of a text of key-value pairs. Options are pair_delimiter, kv_delimiter, quote, escape, greedy and
// regex.
// https://learn.microsoft.com/kusto/query/parse-kv-operator
type ParseKV struct {
	opNode
	X       Expr
	Columns *Schema
	With    []*Param
}

func (*ParseKV) Keyword() string { return "parse-kv" }

func (n *ParseKV) children(visit func(Node)) {
	visitOne(visit, n.X)
	visit(n.Columns)
	visitAll(visit, n.With)
}

func (n *ParseKV) print(p *printer) {
	p.text("parse-kv")
	p.opt(" ", n.X)
	p.text(" as ")
	n.Columns.print(p)
	if n.With != nil {
		p.text(" with ")
		p.options(n.With)
	}
}

var parseKVOptions = words("pair_delimiter kv_delimiter quote escape greedy regex")

func parseParseKV(p *parser, start int) Operator {
	n := &ParseKV{X: p.named()}
	p.expectWord("as")
	n.Columns = p.schema(schemaPlain)
	if p.takeWord("with") {
		n.With = p.withParams(parseKVOptions)
	}
	n.At = p.from(start)
	return n
}
