package syntax

import "strings"

// Sort sorts rows.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/sort)
type Sort struct {
	Verb
	Count   *Word // the limit in front; nil when there is none
	Options Options
	Keys    []*SortKey
	Reverse bool // d or desc at the end
}

func (c *Sort) parse(p *parser) {
	p.options(&c.Options)
	c.Count = p.count()
	p.options(&c.Options)
	for {
		c.Keys = append(c.Keys, p.sortKeys(&c.Options, "d", "desc", "a", "asc")...)
		w := c.direction(p)
		if w == nil {
			break
		}
		c.Keys = append(c.Keys, &SortKey{Loc: w.Loc, Field: w})
	}
	if len(c.Keys) == 0 && p.done() {
		p.missing("a field to sort by")
	}
}

// direction reads the word that ends sort and says which way. Elsewhere such a word is a field, which is returned.
func (c *Sort) direction(p *parser) *Word {
	p.skip()
	listed := p.pos > 0 && strings.HasSuffix(strings.TrimRight(p.s[:p.pos], " \t\r\n"), ",")
	start := p.pos
	if !p.keyword("d", "desc", "a", "asc") {
		return nil
	}
	raw := p.s[start:p.pos]
	w := &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: raw}
	if p.done() && len(c.Keys) > 0 && !listed {
		c.Reverse = w.Is("d") || w.Is("desc")
		return nil
	}
	p.commas()
	return w
}

func (c *Sort) each(f func(Node)) { some(f, c.Count); all(f, c.Options); all(f, c.Keys) }

func (c *Sort) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Count)
	w.sortKeys(c.Keys)
	if c.Reverse {
		w.text("desc")
	}
}

// Dedup keeps the first rows of each combination of values.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/dedup)
type Dedup struct {
	Verb
	Count   *Word // how many rows to keep; nil for one
	Options Options
	Fields  []*Word
	SortBy  []*SortKey
}

func (c *Dedup) parse(p *parser) {
	p.options(&c.Options)
	c.Count = p.count()
	c.Fields = p.names(&c.Options, "sortby")
	p.need(c.Fields, "a field")
	if p.keyword("sortby") {
		if c.SortBy = p.sortKeys(&c.Options); len(c.SortBy) == 0 {
			p.missing("a field behind SORTBY")
		}
	}
}

func (c *Dedup) each(f func(Node)) {
	some(f, c.Count)
	all(f, c.Options)
	all(f, c.Fields)
	all(f, c.SortBy)
}

func (c *Dedup) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Count)
	w.words(c.Fields, ",")
	if len(c.SortBy) > 0 {
		w.text("sortby")
		w.sortKeys(c.SortBy)
	}
}

// Head keeps the first rows: a number of them, or those before a condition first fails.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/head)
type Head struct {
	Verb
	Options Options // limit, null, keeplast
	Count   *Word
	Cond    Expr
}

func (c *Head) parse(p *parser) {
	p.options(&c.Options)
	if c.Count = p.count(); c.Count == nil && !p.done() && p.peek(0) != '`' {
		if c.Cond = p.expr(); c.Cond == nil {
			p.pos = p.end
		}
	}
	p.options(&c.Options)
}

func (c *Head) each(f func(Node)) {
	all(f, c.Options)
	some(f, c.Count)
	if c.Cond != nil {
		f(c.Cond)
	}
}

func (c *Head) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Count)
	if c.Cond != nil {
		w.text("(")
		w.tight()
		w.expr(c.Cond, 0)
		w.glue(")")
	}
}

// Bin puts values into ranges.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/bin)
type Bin struct {
	Verb
	Options Options
	// Field is nil when none is named. Splunk's page asks for one, yet published rules leave it out and mean _time.
	Field *Word
	As    *Word
}

func (c *Bin) parse(p *parser) {
	p.options(&c.Options)
	if !p.done() && p.peek(0) != '`' {
		c.Field = p.word()
	}
	for p.commas(); !p.done(); p.commas() {
		if p.keyword("as") {
			if c.As = p.word(); c.As == nil {
				p.missing("a name behind AS")
			}
		} else if o := p.option(); o != nil {
			c.Options = append(c.Options, o)
		} else {
			break
		}
	}
}

func (c *Bin) each(f func(Node)) { all(f, c.Options); some(f, c.Field); some(f, c.As) }

func (c *Bin) print(w *printer) { w.name(c); w.options(c.Options); w.optional(c.Field); w.as(c.As) }
