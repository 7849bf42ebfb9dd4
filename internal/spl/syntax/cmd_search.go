package syntax

// Search filters events with a search expression. As the first stage it reads them.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/search)
type Search struct {
	Verb
	Implied bool       // the word "search" is not written
	Expr    SearchExpr // nil when there is none
}

func (c *Search) parse(p *parser) {
	if c.Expr = p.searchExpr(""); c.Expr == nil && p.done() {
		p.missing("a search expression")
	}
}

func (c *Search) each(f func(Node)) {
	if c.Expr != nil {
		f(c.Expr)
	}
}

func (c *Search) print(w *printer) {
	if !c.Implied {
		w.name(c)
	}
	if c.Expr != nil {
		w.search(c.Expr, 0)
	}
}
