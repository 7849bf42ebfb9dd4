package syntax

func init() {
	register("project", func(p *parser, start int) Operator {
		n := &Project{Exprs: p.optionalNamed()}
		n.At = p.from(start)
		return n
	})
	register("project-away", parseColumns("project-away"))
	register("project-keep", parseColumns("project-keep"))
	register("project-rename", func(p *parser, start int) Operator {
		n := &ProjectRename{Exprs: p.optionalNamed()}
		n.At = p.from(start)
		return n
	})
	register("project-reorder", parseProjectReorder)
	register("project-by-names", func(p *parser, start int) Operator {
		n := &ProjectByNames{Exprs: p.optionalNamed()}
		n.At = p.from(start)
		return n
	})
}

// optionalNamed reads a list of expressions with optional names, or none at all.
func (p *parser) optionalNamed() []Expr {
	if p.operatorEnds() {
		return nil
	}
	return list(p, p.named)
}

// operatorEnds reports whether an operator can end here.
func (p *parser) operatorEnds() bool {
	t := p.tok()
	return t.kind == tokEnd || t.is("|") || t.is(";") || t.is(")") || t.is("}")
}

// A Project selects and computes columns.
// https://learn.microsoft.com/kusto/query/project-operator
type Project struct {
	opNode
	Exprs []Expr
}

func (*Project) Keyword() string             { return "project" }
func (n *Project) children(visit func(Node)) { visitAll(visit, n.Exprs) }
func (n *Project) print(p *printer)          { printList(p, "project", n.Exprs) }

func printList(p *printer, keyword string, list []Expr) {
	p.text(keyword)
	if len(list) > 0 {
		p.text(" ")
		p.list(list)
	}
}

// A ProjectColumns drops (project-away) or keeps (project-keep) the columns that names and patterns select.
// https://learn.microsoft.com/kusto/query/project-away-operator
// https://learn.microsoft.com/kusto/query/project-keep-operator
type ProjectColumns struct {
	opNode
	Keep    bool
	Columns []Expr // Ident or Wildcard
}

func (n *ProjectColumns) Keyword() string {
	if n.Keep {
		return "project-keep"
	}
	return "project-away"
}

func (n *ProjectColumns) children(visit func(Node)) { visitAll(visit, n.Columns) }
func (n *ProjectColumns) print(p *printer)          { printList(p, n.Keyword(), n.Columns) }

func parseColumns(keyword string) operatorParser {
	return func(p *parser, start int) Operator {
		n := &ProjectColumns{Keep: keyword == "project-keep"}
		if !p.operatorEnds() {
			n.Columns = p.wildcards(useStrict)
		}
		n.At = p.from(start)
		return n
	}
}

// A ProjectRename gives columns new names: each expression should be a [Named] around an [Ident], which is for the binder to
// see to.
// https://learn.microsoft.com/kusto/query/project-rename-operator
type ProjectRename struct {
	opNode
	Exprs []Expr
}

func (*ProjectRename) Keyword() string             { return "project-rename" }
func (n *ProjectRename) children(visit func(Node)) { visitAll(visit, n.Exprs) }
func (n *ProjectRename) print(p *printer)          { printList(p, "project-rename", n.Exprs) }

// A ProjectByNames selects columns by names that are computed.
// https://learn.microsoft.com/kusto/query/project-by-names-operator
type ProjectByNames struct {
	opNode
	Exprs []Expr
}

func (*ProjectByNames) Keyword() string             { return "project-by-names" }
func (n *ProjectByNames) children(visit func(Node)) { visitAll(visit, n.Exprs) }
func (n *ProjectByNames) print(p *printer)          { printList(p, "project-by-names", n.Exprs) }

// A ProjectReorder moves columns to the front.
// https://learn.microsoft.com/kusto/query/project-reorder-operator
type ProjectReorder struct {
	opNode
	Items []*ReorderItem
}

// A ReorderItem is one name or pattern and how the columns it selects are sorted among themselves: "asc", "desc",
// "granny-asc", "granny-desc" or "".
type ReorderItem struct {
	exprNode
	Columns Expr // Ident or Wildcard
	Order   string
}

func (*ProjectReorder) Keyword() string             { return "project-reorder" }
func (n *ProjectReorder) children(visit func(Node)) { visitAll(visit, n.Items) }

func (n *ProjectReorder) print(p *printer) {
	p.text("project-reorder")
	if len(n.Items) > 0 {
		p.text(" ")
		nodes(p, n.Items)
	}
}

func (n *ReorderItem) children(visit func(Node)) { visitOne(visit, n.Columns) }

func (n *ReorderItem) print(p *printer) {
	n.Columns.print(p)
	if n.Order != "" {
		p.text(" ", n.Order)
	}
}

func parseProjectReorder(p *parser, start int) Operator {
	n := &ProjectReorder{}
	if !p.operatorEnds() {
		n.Items = list(p, func() *ReorderItem {
			start := p.start()
			item := &ReorderItem{Columns: p.wildcard(useStrict)}
			for _, order := range []string{"asc", "desc", "granny-asc", "granny-desc"} {
				if p.takeWord(order) {
					item.Order = order
					break
				}
			}
			item.At = p.from(start)
			return item
		})
	}
	n.At = p.from(start)
	return n
}
