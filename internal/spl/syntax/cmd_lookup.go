package syntax

// Lookup adds columns from a table.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/lookup)
type Lookup struct {
	Verb
	Options Options
	Table   *Word
	Inputs  []*Alias // From is the table's column, To the event's field, nil when the names are the same
	Mode    string   // OUTPUT, OUTPUTNEW, or empty when there is no such clause
	Outputs []*Alias // From is the table's column, To the event's field
}

func (c *Lookup) parse(p *parser) {
	p.options(&c.Options)
	if c.Table = p.word(); c.Table == nil {
		p.missing("the name of the lookup")
	}
	p.options(&c.Options)
	c.Inputs = p.pairs("as", false, "output", "outputnew")
	if len(c.Inputs) == 0 && p.done() {
		p.missing("a field to look up")
	}
	switch {
	case p.keyword("outputnew"):
		c.Mode = "OUTPUTNEW"
	case p.keyword("output"):
		c.Mode = "OUTPUT"
	default:
		return
	}
	if c.Outputs = p.pairs("as", false); len(c.Outputs) == 0 {
		p.missing("a field behind " + c.Mode)
	}
}

func (c *Lookup) each(f func(Node)) {
	all(f, c.Options)
	some(f, c.Table)
	all(f, c.Inputs)
	all(f, c.Outputs)
}

func (c *Lookup) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Table)
	w.pairs(c.Inputs, "as")
	if c.Mode != "" {
		w.text(c.Mode)
		w.pairs(c.Outputs, "as")
	}
}

// Inputlookup reads a table.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/inputlookup)
type Inputlookup struct {
	Verb
	Options Options
	Table   *Word
	Where   SearchExpr
}

func (c *Inputlookup) parse(p *parser) {
	p.options(&c.Options)
	if c.Table = p.word(); c.Table == nil {
		p.missing("the name of the lookup")
	}
	p.options(&c.Options)
	if p.keyword("where") {
		if c.Where = p.searchExpr(""); c.Where == nil {
			p.missing("a search expression behind WHERE")
		}
	}
}

func (c *Inputlookup) each(f func(Node)) {
	all(f, c.Options)
	some(f, c.Table)
	if c.Where != nil {
		f(c.Where)
	}
}

func (c *Inputlookup) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Table)
	if c.Where != nil {
		w.text("where")
		w.search(c.Where, 0)
	}
}
