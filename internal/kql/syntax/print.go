package syntax

import "strings"

// Print returns the canonical text of a node: one operator a line, four blanks a level, comments dropped. A query ends in a line
// feed; smaller nodes do not. Nodes that stand for missing text (Bad, BadOperator, empty names) print as nothing, so the text of
// a query that had errors does not parse either.
func Print(n Node) string {
	p := &printer{}
	n.print(p)
	if _, query := n.(*Query); query && p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	indent int
}

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) line() {
	p.b.WriteByte('\n')
	for range p.indent {
		p.b.WriteString("    ")
	}
}

// nodes prints a list with commas.
func nodes[T Node](p *printer, list []T) {
	for i, n := range list {
		if i > 0 {
			p.text(", ")
		}
		n.print(p)
	}
}

func (p *printer) list(list []Expr) { nodes(p, list) }

// params prints operator parameters, each after a blank.
func (p *printer) params(params []*Param) {
	for _, n := range params {
		p.text(" ")
		n.print(p)
	}
}

// block prints the content of brackets: on lines of its own when it is a pipeline.
func (p *printer) block(open string, x Expr, closing string) {
	p.text(open)
	if _, multi := x.(*Pipeline); multi {
		p.indent++
		p.line()
		x.print(p)
		p.indent--
		p.line()
	} else {
		x.print(p)
	}
	p.text(closing)
}

// opt prints a keyword and an expression if there is one.
func (p *printer) opt(keyword string, x Expr) {
	if x != nil {
		p.text(keyword)
		x.print(p)
	}
}

func (n *Query) print(p *printer) {
	for i, s := range n.Statements {
		if i > 0 {
			p.text(";")
			p.line()
		}
		s.print(p)
	}
}

func (n *ExprStatement) print(p *printer) { n.X.print(p) }

func (n *Let) print(p *printer) {
	p.text("let ")
	n.Name.print(p)
	p.text(" =")
	if pipeline, ok := n.X.(*Pipeline); ok {
		p.indent++
		p.line()
		pipeline.print(p)
		p.indent--
		return
	}
	p.text(" ")
	n.X.print(p)
}

func (n *Set) print(p *printer) {
	p.text("set ")
	n.Name.print(p)
	p.opt(" = ", n.X)
}

func (n *DeclareParameters) print(p *printer) {
	p.text("declare query_parameters(")
	nodes(p, n.Params)
	p.text(")")
}

func (n *DeclarePattern) print(p *printer) {
	p.text("declare pattern ")
	n.Name.print(p)
	if len(n.Matches) == 0 {
		return
	}
	p.text(" = (")
	nodes(p, n.Params)
	p.text(")")
	if n.Path != nil {
		p.text("[")
		n.Path.print(p)
		p.text("]")
	}
	p.text(" {")
	p.indent++
	for _, m := range n.Matches {
		p.line()
		m.print(p)
	}
	p.indent--
	p.line()
	p.text("}")
}

func (n *PatternMatch) print(p *printer) {
	p.text("(")
	p.list(n.Args)
	p.text(")")
	if n.Path != nil {
		p.text(".[")
		n.Path.print(p)
		p.text("]")
	}
	p.text(" = ")
	n.Body.print(p)
	p.text(";")
}

func (n *AliasDatabase) print(p *printer) {
	p.text("alias database ")
	n.Name.print(p)
	p.opt(" = ", n.X)
}

func (n *RestrictAccess) print(p *printer) {
	p.text("restrict access to (")
	p.list(n.Entities)
	p.text(")")
}

func (n *Pipeline) print(p *printer) {
	if n.Source != nil {
		n.Source.print(p)
	}
	for i, op := range n.Ops {
		if i > 0 || n.Source != nil {
			p.line()
			p.text("| ")
		}
		op.print(p)
	}
}

func (n *BadOperator) print(p *printer) {}
func (n *Bad) print(p *printer)         {}

func (n *Ident) print(p *printer) {
	if plainName(n.Name) && n.Name != "typeof" || strings.HasPrefix(n.Name, "$") && plainName("_"+n.Name[1:]) {
		p.text(n.Name)
		return
	}
	if n.Start == n.End && n.Name == "" {
		return // a missing name
	}
	if len(n.Name) > 2 && n.Name[0] == '{' && n.Name[len(n.Name)-1] == '}' && plainName("_"+n.Name[1:len(n.Name)-1]) {
		p.text(n.Name)
		return
	}
	q := quote(n.Name, false)
	if q[0] == '"' && !strings.ContainsAny(n.Name, `'\`) && len(q) == len(n.Name)+2 {
		q = "'" + q[1:len(q)-1] + "'"
	}
	p.text("[", q, "]")
}

func (n *Wildcard) print(p *printer)        { p.text(n.Pattern) }
func (n *Star) print(p *printer)            { p.text("*") }
func (n *ClientParameter) print(p *printer) { p.text("{", n.Name, "}") }
func (n *Paren) print(p *printer)           { p.block("(", n.X, ")") }

func (n *Path) print(p *printer) {
	n.X.print(p)
	if l, ok := n.X.(*Literal); ok && l.Kind == LitLong {
		p.text(" ") // 1 .e5 is a member of 1, 1.e5 a real
	}
	p.text(".")
	n.Member.print(p)
}

func (n *Index) print(p *printer) {
	n.X.print(p)
	p.text("[")
	n.Index.print(p)
	p.text("]")
}

func (n *Call) print(p *printer) {
	n.Func.print(p)
	if typedWords[n.Func.Name] {
		p.text(" ") // bool (x) is a call, bool(x) a literal
	}
	if len(n.Args) == 1 {
		p.block("(", n.Args[0], ")")
		return
	}
	p.text("(")
	p.list(n.Args)
	p.text(")")
}

func (n *TableCall) print(p *printer) {
	p.text(n.Keyword)
	p.params(n.Params)
	if len(n.Params) > 0 {
		p.text(" ")
	}
	p.block("(", n.X, ")")
}

func (n *Named) print(p *printer) {
	if n.Tuple {
		p.text("(")
	}
	nodes(p, n.Names)
	if n.Tuple {
		p.text(")")
	}
	p.text(" = ")
	n.X.print(p)
}

func (n *Unary) print(p *printer) {
	p.text(n.Op)
	n.X.print(p)
}

func (n *Binary) print(p *printer) {
	n.X.print(p)
	if n.Op == ":" {
		p.text(":")
	} else {
		p.text(" ", n.Op, " ")
	}
	n.Y.print(p)
}

func (n *In) print(p *printer) {
	n.X.print(p)
	p.text(" ", n.Op, " ")
	if len(n.List) == 1 {
		p.block("(", n.List[0], ")")
		return
	}
	p.text("(")
	p.list(n.List)
	p.text(")")
}

func (n *Between) print(p *printer) {
	n.X.print(p)
	if n.Not {
		p.text(" !between (")
	} else {
		p.text(" between (")
	}
	n.Low.print(p)
	p.text(" .. ")
	n.High.print(p)
	p.text(")")
}

func (n *Param) print(p *printer) {
	p.text(optionName(n.Name), "=")
	p.list(n.Values)
}

// optionName brackets the names of options that are not plain words; hint.x stays as it is.
func optionName(name string) string {
	if name == "" || plainName(strings.TrimPrefix(name, "hint.")) || paramNames[name] || plainName("_"+name) {
		return name
	}
	return "[" + quote(name, false) + "]"
}

func (n *TypeOf) print(p *printer) {
	p.text("typeof")
	n.Schema.print(p)
}

func (n *Schema) print(p *printer) {
	p.text("(")
	if n.Open {
		p.text("*")
		if len(n.Columns) > 0 {
			p.text(", ")
		}
	}
	nodes(p, n.Columns)
	p.text(")")
}

func (n *ColumnDecl) print(p *printer) {
	if n.Name != nil {
		n.Name.print(p)
		if n.Type != "" || n.Table != nil {
			p.text(":")
		}
	}
	p.text(n.Type)
	if n.Table != nil {
		n.Table.print(p)
	}
	p.opt(" = ", n.Default)
}

func (n *DataTable) print(p *printer) {
	p.text("datatable")
	p.params(n.Params)
	n.Columns.print(p)
	p.text(" [")
	if len(n.Values) > 0 {
		width := max(1, len(n.Columns.Columns))
		p.indent++
		for i, v := range n.Values {
			if i%width == 0 {
				p.line()
			} else {
				p.text(" ")
			}
			v.print(p)
			if i < len(n.Values)-1 {
				p.text(",")
			}
		}
		p.indent--
		p.line()
	}
	p.text("]")
}

func (n *ExternalData) print(p *printer) {
	open, closing := " [", "]"
	if n.Inline {
		p.text("inline_external_table")
		n.Columns.print(p)
		p.params(n.Params)
		open, closing = " (", ")"
	} else {
		p.text("externaldata")
		p.params(n.Params)
		n.Columns.print(p)
	}
	p.text(open)
	p.list(n.URIs)
	p.text(closing)
	if n.With != nil {
		p.text(" with ")
		p.options(n.With)
	}
}

// options prints the parenthesised list after with.
func (p *printer) options(params []*Param) {
	p.text("(")
	nodes(p, params)
	p.text(")")
}

func (n *Lambda) print(p *printer) {
	if n.View {
		p.text("view ")
	}
	p.text("(")
	nodes(p, n.Params)
	p.text(") ")
	n.Body.print(p)
}

func (n *Block) print(p *printer) {
	p.text("{")
	if len(n.Statements) > 0 {
		p.indent++
		for i, s := range n.Statements {
			p.line()
			s.print(p)
			if _, result := s.(*ExprStatement); !result || i < len(n.Statements)-1 {
				p.text(";")
			}
		}
		p.indent--
		p.line()
	}
	p.text("}")
}

func (n *EntityGroup) print(p *printer) {
	p.text("entity_group [")
	p.list(n.Members)
	p.text("]")
}

func (n *Literal) print(p *printer) {
	if n.Kind == LitString {
		p.text(quote(n.Str, n.Hidden))
		return
	}
	p.text(n.Raw)
}

func (n *Dynamic) print(p *printer) {
	p.text("dynamic(")
	n.X.print(p)
	p.text(")")
}

func (n *DynamicArray) print(p *printer) {
	p.text("[")
	p.list(n.Elems)
	p.text("]")
}

func (n *DynamicObject) print(p *printer) {
	p.text("{")
	nodes(p, n.Members)
	p.text("}")
}

func (n *DynamicMember) print(p *printer) {
	p.text(quote(n.Key, false), ": ")
	n.X.print(p)
}
