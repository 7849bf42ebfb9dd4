package syntax

// Foreach runs a template for each of some fields, or for each value of one.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/foreach)
type Foreach struct {
	Verb
	Options  Options
	Fields   []*Word // names and patterns
	Template *Template
}

func (c *Foreach) parse(p *parser) {
	c.Fields = p.names(&c.Options)
	p.need(c.Fields, "a field or a pattern")
	if p.skip(); p.peek(0) != '[' {
		p.missing("the template in brackets of foreach")
		return
	}
	for _, own := range []string{"fieldstr", "matchstr", "matchseg1", "matchseg2", "matchseg3", "itemstr", "iterstr"} {
		if c.Options.Get(own) != nil {
			// The template has tokens of the user's own, which need not look like names: it can be read when they are replaced.
			known := len(p.diags)
			defer func() { p.diags = p.diags[:known] }()
			break
		}
	}
	c.Template = p.template()
}

func (c *Foreach) each(f func(Node)) { all(f, c.Options); all(f, c.Fields); some(f, c.Template) }

func (c *Foreach) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.words(c.Fields, ",")
	w.template(c.Template)
}

// Map runs a search for each row. The search is the text of the option "search", or a template.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/map)
type Map struct {
	Verb
	Options  Options
	Saved    *Word // the name of a saved search
	Template *Template
}

func (c *Map) parse(p *parser) {
	p.options(&c.Options)
	if p.skip(); p.peek(0) == '[' {
		c.Template = p.template()
	} else if c.Options.Get("search") == nil {
		if c.Saved = p.word(); c.Saved == nil {
			p.missing("the search of map")
		}
	}
	p.options(&c.Options)
}

func (c *Map) each(f func(Node)) { all(f, c.Options); some(f, c.Saved); some(f, c.Template) }

func (c *Map) print(w *printer) {
	w.name(c)
	w.optional(c.Saved)
	w.template(c.Template)
	w.options(c.Options)
}
