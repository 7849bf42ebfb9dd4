package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Arguments of commands: names, values, options and lists of them.

// bare reads a bare word. Parentheses within it belong to it, as in predicted(x); one that opens it is a whole group.
// With an equals sign it ends only when eq is set, as an option's name does.
func (p *parser) bare(eq bool) *Word {
	start := p.pos
loop:
	for p.pos < p.end {
		c := p.s[p.pos]
		switch {
		case isSpace(c), strings.IndexByte(",\"|`[])", c) >= 0:
			break loop
		case c == '=' && eq:
			break loop
		case c == '(':
			end, ok := balanced(p.s[:p.end], p.pos)
			if !ok {
				p.errorAt("SPL1003", text.Span{Start: p.pos, End: p.pos + 1}, "unbalanced parentheses: this '(' is never closed")
			}
			p.pos = end
			continue
		case c == '\\' && escapable(p.peek(1)):
			p.pos++
		}
		p.pos++
	}
	if p.pos == start {
		return nil
	}
	raw := p.s[start:p.pos]
	return &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: unescape(raw, false)}
}

// word reads a word of any kind: quoted, a macro call, or bare. It returns nil where none can begin.
func (p *parser) word() *Word { return p.anyWord(true) }

func (p *parser) anyWord(eq bool) *Word {
	p.skip()
	switch p.peek(0) {
	case '"':
		return p.stringWord()
	case '\'':
		if w := p.nameWord(); w != nil {
			return w
		}
	case '`':
		return p.macroWord()
	}
	return p.bare(eq)
}

// option reads name=value, or returns nil where there is no option. Blanks around the sign are accepted.
func (p *parser) option() *Option {
	p.skip()
	start := p.pos
	for p.pos < p.end {
		c := p.s[p.pos]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || p.pos > start && (isDigit(c) || c == '.' || c == '-')) {
			break
		}
		p.pos++
	}
	name := p.s[start:p.pos]
	p.skip()
	if name == "" || p.peek(0) != '=' || p.peek(1) == '=' {
		p.pos = start
		return nil
	}
	p.pos++
	p.skip()
	o := &Option{Name: name}
	if p.peek(0) == '[' {
		o.Sub = p.subsearch()
	} else if o.Value = p.glued(p.anyWord(false)); o.Value == nil {
		p.errorAt("SPL1008", text.Span{Start: start, End: p.pos}, "missing value of option %s", shown(name))
		o.Value = &Word{Loc: Loc{text.Span{Start: p.pos, End: p.pos}}, Raw: `""`, Quote: '"'}
	}
	o.At = p.span(start)
	return o
}

// glued reads on where a string and bare text follow each other without a blank, which makes them one value:
// reset_after="("x>1")".
func (p *parser) glued(w *Word) *Word {
	if w == nil || w.Macro != nil || w.Quote == '\'' {
		return w
	}
	for quoted := w.Quote != 0; ; quoted = !quoted {
		var next *Word
		if quoted {
			next = p.bare(false)
		} else if p.peek(0) == '"' {
			next = p.stringWord()
		}
		if next == nil {
			return w
		}
		at := w.At.To(next.At)
		w = &Word{Loc: Loc{at}, Raw: at.Of(p.s), Value: w.Value + next.Value}
	}
}

// options reads all options that follow each other.
func (p *parser) options(list *Options) {
	for {
		o := p.option()
		if o == nil {
			return
		}
		*list = append(*list, o)
		p.commas()
	}
}

// names reads a list of field names up to one of the keywords in stop, and the options that stand among them. Commas and
// blanks separate alike.
func (p *parser) names(opts *Options, stop ...string) []*Word {
	var list []*Word
	for p.commas(); !p.done() && !p.at(stop...); p.commas() {
		if opts != nil {
			if o := p.option(); o != nil {
				*opts = append(*opts, o)
				continue
			}
		}
		w := p.anyWord(opts != nil)
		if w == nil {
			break
		}
		list = append(list, p.tidy(w))
	}
	return list
}

// tidy takes the stray dot off a field name that published rules end with one instead of a comma.
func (p *parser) tidy(w *Word) *Word {
	if name := strings.TrimRight(w.Raw, "."); name != w.Raw && w.Quote == 0 && name != "" {
		p.note("SPL5005", w.At, "stray dot behind %s ignored", shown(name))
		w.Raw, w.Value = name, unescape(name, false)
	}
	return w
}

// at reports whether one of some keywords is next.
func (p *parser) at(words ...string) bool {
	p.skip()
	for _, w := range words {
		if p.atWord(w) {
			return true
		}
	}
	return false
}

// need complains when there are no names where some are required.
func (p *parser) need(list []*Word, what string) {
	if len(list) == 0 {
		p.missing(what)
	}
}

// pairs reads a list of "a AS b" pairs; AS may be another keyword. One without keyword is taken alone unless the
// keyword is required.
func (p *parser) pairs(keyword string, required bool, stop ...string) []*Alias {
	var list []*Alias
	for p.commas(); !p.done() && !p.at(stop...); p.commas() {
		a := &Alias{From: p.anyWord(false)}
		if a.From == nil {
			break
		}
		if p.keyword(keyword) {
			if a.To = p.anyWord(false); a.To == nil {
				p.missing("a name behind " + strings.ToUpper(keyword))
			}
		} else if required && a.From.Macro == nil {
			p.errorAt("SPL1008", a.From.At, "missing %s behind %s", strings.ToUpper(keyword), shown(a.From.Raw))
		}
		a.At = p.span(a.From.At.Start)
		list = append(list, a)
	}
	return list
}

// count reads a whole number, as head and sort have in front.
func (p *parser) count() *Word {
	p.skip()
	i := p.pos
	for i < p.end && isDigit(p.s[i]) {
		i++
	}
	if i == p.pos || i < p.end && !isSpace(p.s[i]) && p.s[i] != ',' && p.s[i] != '`' && p.s[i] != '(' {
		return nil
	}
	start := p.pos
	p.pos = i
	raw := p.s[start:i]
	p.commas()
	return &Word{Loc: Loc{text.Span{Start: start, End: i}}, Raw: raw, Value: raw}
}

// needSub reads a subsearch that must be there.
func (p *parser) needSub(command string) *Subsearch {
	if p.skip(); p.peek(0) == '[' {
		return p.subsearch()
	}
	p.missing("the subsearch of " + command)
	return nil
}
