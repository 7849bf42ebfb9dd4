package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Rex extracts fields with a regular expression, or edits a field in sed mode.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/rex)
type Rex struct {
	Verb
	Options Options
	Pattern *Word // nil when there is none
}

func (c *Rex) parse(p *parser) {
	for p.commas(); !p.done(); p.commas() {
		if o := c.option(p); o != nil {
			c.Options = append(c.Options, o)
			continue
		}
		if c.Pattern != nil || p.peek(0) == '`' {
			break
		}
		c.Pattern = p.pattern()
	}
	if c.Pattern == nil {
		p.missing("a regular expression")
	}
}

// option reads an option of rex; other names with an equals sign begin an unquoted pattern.
func (c *Rex) option(p *parser) *Option {
	for _, name := range []string{"field", "mode", "max_match", "offset_field"} {
		if rest := p.rest(); len(rest) > len(name) && strings.EqualFold(rest[:len(name)], name) {
			return p.option()
		}
	}
	return nil
}

// pattern reads the regular expression of rex or regex: one string in double quotes.
//
// Published rules have the quotes around pieces inside the pattern, (?<x>"\d+"), or none at all. Such a pattern is the
// rest of the stage without its unescaped double quotes.
func (p *parser) pattern() *Word {
	p.skip()
	start := p.pos
	if p.peek(0) == '"' {
		w := p.stringWord()
		if c := p.peek(0); c == 0 || isSpace(c) || c == ',' || c == '`' {
			return w
		}
	}
	at := trimmed(p.s, text.Span{Start: start, End: p.end})
	var value strings.Builder
	quotes := false
	for i := at.Start; i < at.End; i++ {
		c := p.s[i]
		if c == '\\' && i+1 < at.End && strings.IndexByte(`"\`, p.s[i+1]) >= 0 {
			i++
			c = p.s[i]
		} else if c == '"' {
			quotes = true
			continue
		}
		value.WriteByte(c)
	}
	p.pos = p.end
	if quotes {
		p.note("SPL5003", at, "quotes inside the regular expression dropped: it should be one quoted string")
	}
	return &Word{Loc: Loc{at}, Raw: Quote(value.String()), Value: value.String(), Quote: '"'}
}

func (c *Rex) each(f func(Node)) { all(f, c.Options); some(f, c.Pattern) }

func (c *Rex) print(w *printer) { w.name(c); w.options(c.Options); w.optional(c.Pattern) }

// Regex keeps the rows whose field matches a regular expression, or does not.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/regex)
type Regex struct {
	Verb
	Field   *Word // nil for _raw
	Negated bool  // field != "…"
	Pattern *Word // nil when there is none
}

func (c *Regex) parse(p *parser) {
	p.skip()
	start := p.pos
	var field *Word
	if p.peek(0) == '"' {
		field = p.stringWord()
	} else {
		for p.pos < p.end && !isSpace(p.s[p.pos]) && strings.IndexByte("=!\"|`([\\^$", p.s[p.pos]) < 0 {
			p.pos++
		}
		raw := p.s[start:p.pos]
		field = &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: raw}
	}
	p.skip()
	switch not := p.peek(0) == '!' && p.peek(1) == '='; {
	case field.Raw != "" && (not || p.peek(0) == '='):
		c.Field, c.Negated = field, not
		p.pos++
		if not {
			p.pos++
		}
	default:
		p.pos = start
	}
	if p.done() || p.peek(0) == '`' {
		p.missing("a regular expression")
		return
	}
	c.Pattern = p.pattern()
}

func (c *Regex) each(f func(Node)) { some(f, c.Field); some(f, c.Pattern) }

func (c *Regex) print(w *printer) {
	w.name(c)
	if c.Field != nil {
		w.word(c.Field)
		if c.Negated {
			w.glue("!=")
		} else {
			w.glue("=")
		}
		w.tight()
	}
	w.optional(c.Pattern)
}
