package syntax

import "strings"

// Fields keeps or removes columns.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/fields)
type Fields struct {
	Verb
	Remove bool // fields - …
	Fields []*Word
}

func (c *Fields) parse(p *parser) {
	if p.accept('-') {
		c.Remove = true
	} else {
		p.accept('+')
	}
	c.Fields = p.names(nil)
	p.need(c.Fields, "a field")
}

func (c *Fields) each(f func(Node)) { all(f, c.Fields) }

func (c *Fields) print(w *printer) {
	w.name(c)
	if c.Remove {
		w.text("-")
	}
	w.words(c.Fields, ",")
}

// Table keeps columns, in the order given.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/table)
type Table struct {
	Verb
	Fields []*Word
}

func (c *Table) parse(p *parser) {
	c.Fields = p.names(nil)
	p.need(c.Fields, "a field")
}

func (c *Table) each(f func(Node)) { all(f, c.Fields) }

func (c *Table) print(w *printer) { w.name(c); w.words(c.Fields, ",") }

// Rename renames columns, by name or by pattern.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/rename)
type Rename struct {
	Verb
	Pairs []*Alias
}

func (c *Rename) parse(p *parser) {
	c.Pairs = p.pairs("as", true)
	if len(c.Pairs) == 0 {
		p.missing("a field to rename")
	}
}

func (c *Rename) each(f func(Node)) { all(f, c.Pairs) }

func (c *Rename) print(w *printer) { w.name(c); w.pairs(c.Pairs, "as") }

// Replace replaces whole values.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/replace)
type Replace struct {
	Verb
	Pairs []*Alias // From is the pattern, To the new value
	In    []*Word  // the fields; all when empty
}

func (c *Replace) parse(p *parser) {
	c.Pairs = p.pairs("with", true, "in")
	if len(c.Pairs) == 0 {
		p.missing("a value to replace")
	}
	if p.keyword("in") {
		c.In = p.names(nil)
		p.need(c.In, "a field behind IN")
	}
}

func (c *Replace) each(f func(Node)) { all(f, c.Pairs); all(f, c.In) }

func (c *Replace) print(w *printer) {
	w.name(c)
	w.pairs(c.Pairs, "with")
	if len(c.In) > 0 {
		w.text("in")
		w.words(c.In, ",")
	}
}

// Fill is fillnull and filldown.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/fillnull)
type Fill struct {
	Verb
	Options Options
	Fields  []*Word // all when empty
}

func (c *Fill) parse(p *parser) { c.Fields = p.names(&c.Options) }

func (c *Fill) each(f func(Node)) { all(f, c.Options); all(f, c.Fields) }

func (c *Fill) print(w *printer) { w.name(c); w.options(c.Options); w.words(c.Fields, ",") }

// Convert converts values in place or into new fields.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/convert)
type Convert struct {
	Verb
	Options     Options
	Conversions []*Conversion
}

// A Conversion is one "function(field) AS name" of convert.
type Conversion struct {
	Loc
	Func  string // in lower case
	Field *Word  // a name or a pattern
	As    *Word
}

func (c *Convert) parse(p *parser) {
	p.options(&c.Options)
	for p.commas(); !p.done() && p.peek(0) != '`'; p.commas() {
		if o := p.option(); o != nil {
			c.Options = append(c.Options, o)
			continue
		}
		start := p.pos
		v := &Conversion{Func: strings.ToLower(leadingName(p.rest()))}
		p.pos += len(v.Func)
		if p.skip(); v.Func == "" || p.peek(0) != '(' {
			p.pos = start
			p.missing("a conversion such as ctime(field)")
			p.pos = p.end
			break
		}
		open := p.pos
		p.pos++
		if v.Field = p.bareField(); v.Field == nil {
			p.missing("a field in " + v.Func + "()")
		}
		p.closing(open)
		if p.keyword("as") {
			if v.As = p.word(); v.As == nil {
				p.missing("a name behind AS")
			}
		}
		v.At = p.span(start)
		c.Conversions = append(c.Conversions, v)
	}
	if len(c.Conversions) == 0 && p.done() {
		p.missing("a conversion such as ctime(field)")
	}
}

// bareField reads a field name within parentheses.
func (p *parser) bareField() *Word {
	p.skip()
	return p.anyWord(false)
}

func (v *Conversion) each(f func(Node)) { some(f, v.Field); some(f, v.As) }

func (c *Convert) each(f func(Node)) { all(f, c.Options); all(f, c.Conversions) }

func (c *Convert) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	for _, v := range c.Conversions {
		w.text(v.Func + "(")
		w.tight()
		w.optional(v.Field)
		w.glue(")")
		w.as(v.As)
	}
}
