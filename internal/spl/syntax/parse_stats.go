package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// aggregations reads a list of statistics with their AS, separated by commas or blanks, and the options among them, up
// to one of the stop words.
func (p *parser) aggregations(opts *Options, stop ...string) []*Aggregation {
	var list []*Aggregation
	for p.commas(); !p.done() && !p.at(stop...); p.commas() {
		if o := p.option(); o != nil {
			*opts = append(*opts, o)
			continue
		}
		if p.peek(0) == '`' {
			w := p.macroWord()
			list = append(list, &Aggregation{Loc: w.Loc, Raw: w.Raw, Arg: w})
			continue
		}
		a := p.aggregation()
		if a == nil {
			break
		}
		if p.keyword("as") {
			if a.As = p.anyWord(false); a.As == nil {
				p.missing("a name behind AS")
			}
		}
		a.At = p.span(a.At.Start)
		list = append(list, a)
	}
	return list
}

func (p *parser) aggregation() *Aggregation {
	p.skip()
	start := p.pos
	for p.pos < p.end && isNamePart(rune(p.s[p.pos])) && p.s[p.pos] < 0x80 {
		p.pos++
	}
	if f := p.s[start:p.pos]; isPercentile(f) && p.pos+1 < p.end && p.s[p.pos] == '.' && isDigit(p.s[p.pos+1]) {
		for p.pos++; p.pos < p.end && isDigit(p.s[p.pos]); {
			p.pos++
		}
	}
	a := &Aggregation{Func: p.s[start:p.pos]}
	if a.Func == "" || isDigit(a.Func[0]) {
		p.pos = start
		return nil
	}
	after := p.pos
	if p.skip(); p.peek(0) == '(' {
		p.statArgs(a)
	} else {
		p.pos = after
	}
	a.At = p.span(start)
	a.Raw = a.At.Of(p.s)
	return a
}

// isPercentile tells names such as perc99, which may go on with a fraction.
func isPercentile(name string) bool {
	name = strings.ToLower(strings.TrimRight(name, "0123456789"))
	return name == "perc" || name == "p" || name == "exactperc" || name == "upperperc"
}

// statArgs reads what stands in parentheses behind a statistic's name.
func (p *parser) statArgs(a *Aggregation) {
	open := p.pos
	end, ok := balanced(p.s[:p.end], open)
	if !ok {
		p.errorAt("SPL1003", text.Span{Start: open, End: open + 1}, "unbalanced parentheses: %s( is never closed", a.Func)
		p.pos = p.end
		return
	}
	outer := p.end
	p.end = end - 1
	defer func() { p.pos, p.end = end, outer }()
	p.pos++
	if strings.EqualFold(a.Func, "eval") {
		a.Eval = p.expr()
		p.leftover()
		return
	}
	if p.done() {
		return
	}
	if start := p.pos; strings.EqualFold(a.Func, "sparkline") {
		if a.Inner = p.aggregation(); a.Inner == nil {
			p.missing("a statistic in sparkline()")
		}
	} else if name := leadingName(p.rest()); strings.EqualFold(name, "eval") {
		p.pos += len(name)
		if p.skip(); p.peek(0) == '(' {
			at := p.pos
			p.pos++
			a.Eval = p.expr()
			if a.Eval == nil {
				p.pos = p.end
			} else {
				p.closing(at)
			}
		} else {
			p.pos = start
		}
	}
	if a.Inner == nil && a.Eval == nil {
		a.Arg = p.statField()
	}
	for p.commas() && !p.done() {
		w := p.anyWord(false)
		if w == nil {
			break
		}
		a.Params = append(a.Params, w)
	}
	p.leftover()
}

// statField reads a field name in parentheses: all up to a comma, blanks within it included.
func (p *parser) statField() *Word {
	if c := p.peek(0); c == '"' || c == '\'' || c == '`' {
		if w := p.anyWord(false); w != nil {
			return w
		}
	}
	start := p.pos
	for p.pos < p.end && p.s[p.pos] != ',' {
		p.pos++
	}
	at := trimmed(p.s, p.span(start))
	raw := at.Of(p.s)
	return &Word{Loc: Loc{at}, Raw: raw, Value: unescape(raw, false)}
}

// by reads the list of fields behind BY, which must not be empty, with the options among them.
func (p *parser) by(opts *Options, stop ...string) []*Word {
	list := p.names(opts, stop...)
	p.need(list, "a field behind BY")
	return list
}

// sortKeys reads the keys of sort and dedup's sortby, and the options among them when there may be any.
func (p *parser) sortKeys(opts *Options, stop ...string) []*SortKey {
	var keys []*SortKey
	for p.commas(); !p.done() && !p.at(stop...); p.commas() {
		if opts != nil {
			if o := p.option(); o != nil {
				*opts = append(*opts, o)
				continue
			}
		}
		k := &SortKey{}
		start := p.pos
		if c := p.peek(0); c == '-' || c == '+' {
			k.Desc = c == '-'
			p.pos++
			p.skip()
		}
		if c := p.peek(0); c != '-' && c != '+' {
			k.Field = p.anyWord(false)
		}
		if k.Field == nil {
			p.missing("a field to sort by")
			break
		}
		p.sortKind(k)
		k.At = p.span(start)
		keys = append(keys, k)
	}
	return keys
}

// sortKind takes num(field) apart.
func (p *parser) sortKind(k *SortKey) {
	kind, rest, ok := strings.Cut(k.Field.Raw, "(")
	if !ok || k.Field.Quote != 0 || !strings.HasSuffix(rest, ")") {
		return
	}
	switch kind = strings.ToLower(kind); kind {
	case "auto", "str", "num", "ip":
		at := text.Span{Start: k.Field.At.Start + len(kind) + 1, End: k.Field.At.End - 1}
		if at = trimmed(p.s, at); at.Start == at.End {
			p.errorAt("SPL1008", k.Field.At, "missing field in %s()", kind)
		}
		raw := at.Of(p.s)
		k.Kind = kind
		k.Field = &Word{Loc: Loc{at}, Raw: raw, Value: unescape(raw, false)}
		if n, closed := skipString(raw+" ", 0); closed && n == len(raw) && raw[0] == '"' {
			k.Field.Quote, k.Field.Value = '"', unescape(raw[1:len(raw)-1], true)
		}
	}
}
