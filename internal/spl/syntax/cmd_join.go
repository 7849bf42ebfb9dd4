package syntax

// Join combines rows with those of a subsearch.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/join)
type Join struct {
	Verb
	Options Options  // left= and right= are here too
	Fields  []*Word  // all common fields when empty
	Where   []*Alias // L.a = R.b of "where L.a=R.b"
	Sub     *Subsearch
}

func (c *Join) parse(p *parser) {
	c.Fields = p.names(&c.Options, "where")
	if p.keyword("where") {
		for p.commas(); !p.done() && p.peek(0) != '['; p.commas() {
			if p.keyword("and") {
				continue
			}
			a := &Alias{From: p.word()}
			if a.From == nil {
				break
			}
			if !p.accept('=') {
				p.missing("the '=' of a join condition")
			} else if a.To = p.word(); a.To == nil {
				p.missing("a field of the right side")
			}
			a.At = p.span(a.From.At.Start)
			c.Where = append(c.Where, a)
		}
	}
	p.options(&c.Options)
	c.Sub = p.needSub(c.Name())
}

func (c *Join) each(f func(Node)) {
	all(f, c.Options)
	all(f, c.Fields)
	all(f, c.Where)
	some(f, c.Sub)
}

func (c *Join) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.words(c.Fields, ",")
	if len(c.Where) > 0 {
		w.text("where")
		for i, a := range c.Where {
			if i > 0 {
				w.glue(",")
			}
			w.word(a.From)
			w.glue("=")
			w.tight()
			w.optional(a.To)
		}
	}
	w.subsearch(c.Sub)
}

// Append is append, appendcols and appendpipe.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/append)
type Append struct {
	Verb
	Options Options
	Sub     *Subsearch
}

func (c *Append) parse(p *parser) {
	p.options(&c.Options)
	c.Sub = p.needSub(c.Name())
	p.options(&c.Options)
}

func (c *Append) each(f func(Node)) { all(f, c.Options); some(f, c.Sub) }

func (c *Append) print(w *printer) { w.name(c); w.options(c.Options); w.subsearch(c.Sub) }

// Combine is union, multisearch and set: several result sets made one.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/union)
type Combine struct {
	Verb
	Options Options
	Args    []Arg // words, the data sets of union or the operation of set, and subsearches
}

func (c *Combine) parse(p *parser) {
	for p.commas(); !p.done(); p.commas() {
		if o := p.option(); o != nil {
			c.Options = append(c.Options, o)
		} else if p.peek(0) == '[' {
			c.Args = append(c.Args, p.subsearch())
		} else if w := p.gluedWord(); w != nil {
			c.Args = append(c.Args, w)
		} else {
			break
		}
	}
	if len(c.Args) == 0 {
		p.missing("a subsearch")
	}
}

func (c *Combine) each(f func(Node)) {
	all(f, c.Options)
	for _, a := range c.Args {
		f(a)
	}
}

func (c *Combine) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	for _, a := range c.Args {
		w.arg(a)
	}
}
