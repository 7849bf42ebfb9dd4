package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// The search grammar. OR binds tighter than AND, a blank is AND, operators are capitals.
// (https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.3/expressions-and-predicates)

// searchExpr reads an expression up to the end of the stage, a closing parenthesis or bracket, or one of the bare words
// in stop (separated by blanks, any case). It returns nil when there is none.
func (p *parser) searchExpr(stop string) SearchExpr {
	p.skip()
	start := p.pos
	var items []SearchExpr
	for !p.searchEnd(stop) {
		if p.operator("AND") {
			if len(items) == 0 || p.searchEnd(stop) {
				p.errorAt("SPL1011", text.Span{Start: p.pos - 3, End: p.pos}, "AND needs a term on both sides")
			}
			continue
		}
		x := p.searchOr(stop)
		if x == nil {
			continue
		}
		if and, ok := x.(*And); ok && len(and.Items) > 0 {
			items = append(items, and.Items...)
		} else {
			items = append(items, x)
		}
	}
	switch len(items) {
	case 0:
		return nil
	case 1:
		return items[0]
	}
	return &And{Loc{p.span(start)}, items}
}

// searchEnd reports whether nothing more of a search expression follows.
func (p *parser) searchEnd(stop string) bool {
	p.searchSkip()
	if p.pos >= p.end || p.peek(0) == ')' || p.peek(0) == ']' {
		return true
	}
	for _, w := range strings.Fields(stop) {
		if p.atWord(w) {
			return true
		}
	}
	return false
}

// searchSkip moves over white space, comments, and the commas that some put between terms.
func (p *parser) searchSkip() {
	for p.accept(',') {
		p.note("SPL5004", text.Span{Start: p.pos - 1, End: p.pos}, "comma between search terms ignored")
	}
}

// operator moves over AND, OR or NOT, which must be capitals and stand alone.
func (p *parser) operator(name string) bool {
	p.searchSkip()
	if !strings.HasPrefix(p.rest(), name) {
		return false
	}
	switch c := p.peek(len(name)); {
	case c == 0, isSpace(c), strings.IndexByte("()[]\"`|,", c) >= 0:
		p.pos += len(name)
		return true
	}
	return false
}

func (p *parser) searchOr(stop string) SearchExpr {
	start := p.pos
	var items []SearchExpr
	if p.operator("OR") {
		p.errorAt("SPL1011", text.Span{Start: start, End: p.pos}, "OR needs a term on both sides")
	}
	for {
		p.skip()
		x := p.searchNot(stop)
		if x == nil {
			if len(items) > 0 {
				p.errorAt("SPL1011", text.Span{Start: p.pos, End: p.pos}, "OR needs a term on both sides")
			}
			break
		}
		if or, ok := x.(*Or); ok {
			items = append(items, or.Items...)
		} else {
			items = append(items, x)
		}
		if !p.operator("OR") {
			break
		}
	}
	switch len(items) {
	case 0:
		return nil
	case 1:
		return items[0]
	}
	return &Or{Loc{p.span(start)}, items}
}

func (p *parser) searchNot(stop string) SearchExpr {
	if p.searchEnd(stop) {
		return nil
	}
	start := p.pos
	if !p.operator("NOT") {
		return p.searchTerm(stop)
	}
	if !p.nested() {
		return nil
	}
	defer func() { p.depth-- }()
	x := p.searchNot(stop)
	if x == nil {
		p.errorAt("SPL1011", text.Span{Start: start, End: start + 3}, "NOT needs a term behind it")
		return nil
	}
	return &Not{Loc{p.span(start)}, x}
}

func (p *parser) searchTerm(stop string) SearchExpr {
	start := p.pos
	switch p.peek(0) {
	case '(':
		return p.searchGroup()
	case '[':
		return p.subsearch()
	case '`':
		m := p.macro()
		if c := p.peek(0); c == '=' || c == '<' || c == '>' || c == '!' && p.peek(1) == '=' {
			return p.comparison(&Word{Loc: m.Loc, Raw: m.Raw, Macro: m})
		}
		return m
	case '"':
		w := p.stringWord()
		if x := p.comparison(w); x != nil {
			return x
		}
		return &Term{w.Loc, w}
	}
	if d := p.directive(); d != nil {
		return d
	}
	for _, op := range []string{"AND", "OR"} {
		if p.operator(op) {
			p.errorAt("SPL1011", text.Span{Start: start, End: p.pos}, "%s needs a term on both sides", op)
			return p.searchNot(stop)
		}
	}
	w := p.searchWord(true)
	if w != nil && w.Raw == "IN" {
		p.errorAt("SPL1011", w.At, "IN needs a field in front of it and a list in parentheses behind it")
		return p.searchNot(stop)
	}
	if w == nil {
		p.missing("a field name or a term")
		p.pos++
		return p.searchNot(stop)
	}
	if x := p.comparison(w); x != nil {
		return x
	}
	return &Term{w.Loc, w}
}

// searchGroup reads a group in parentheses. The parentheses leave no node unless macro calls stand in them.
func (p *parser) searchGroup() SearchExpr {
	open, macros := p.pos, p.macros
	p.pos++
	if !p.nested() {
		return nil
	}
	x := p.searchExpr("")
	p.depth--
	p.closing(open)
	at := Loc{p.span(open)}
	switch n := x.(type) {
	case nil:
		return &And{Loc: at}
	case *And:
		n.Loc = at
	case *Or:
		n.Loc = at
	}
	if p.macros > macros {
		if _, ok := x.(*Paren); !ok {
			return &Paren{at, x}
		}
	}
	return x
}

// directive reads TERM(…) or CASE(…), or returns nil.
func (p *parser) directive() *Directive {
	start := p.pos
	for _, name := range []string{"TERM", "CASE"} {
		if !strings.HasPrefix(p.rest(), name+"(") {
			continue
		}
		p.pos += len(name)
		open := p.pos
		end, ok := balanced(p.s[:p.end], open)
		if !ok {
			p.errorAt("SPL1003", text.Span{Start: open, End: open + 1}, "unbalanced parentheses: %s( is never closed", name)
		}
		p.pos = end
		inner := text.Span{Start: open + 1, End: end}
		if ok {
			inner.End--
		}
		inner = trimmed(p.s, inner)
		w := &Word{Loc: Loc{inner}, Raw: inner.Of(p.s)}
		w.Value = unescape(w.Raw, false)
		if n, closed := skipString(w.Raw+" ", 0); closed && n == len(w.Raw) && w.Raw[0] == '"' {
			w.Quote, w.Value = '"', unescape(w.Raw[1:len(w.Raw)-1], true)
		}
		if w.Raw == "" {
			p.errorAt("SPL1008", text.Span{Start: start, End: end}, "missing term in %s()", name)
		}
		return &Directive{Loc{p.span(start)}, name, w}
	}
	return nil
}

// balanced returns the offset behind the parenthesis that closes the one at i. Strings in between are whole.
func balanced(s string, i int) (end int, ok bool) {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1, true
			}
		case '\\':
			if i+1 < len(s) && escapable(s[i+1]) {
				i++
			}
		case '"':
			i, _ = skipString(s, i)
			continue
		}
		i++
	}
	return len(s), false
}

// searchWord reads a bare word: a term or a field name when name is set, else a value, in which = < > are ordinary.
func (p *parser) searchWord(name bool) *Word {
	start := p.pos
loop:
	for p.pos < p.end {
		c := p.s[p.pos]
		switch {
		case isSpace(c), strings.IndexByte("()[]\"|`", c) >= 0:
			break loop
		case c == '\\' && escapable(p.peek(1)):
			p.pos++
		case c == ',':
			if n := p.peek(1); n == 0 || isSpace(n) || strings.IndexByte(",()[]\"|`", n) >= 0 || p.pos == start {
				break loop
			}
		case !name:
		case c == '<' && p.tokens > 0 && p.token():
			continue
		case c == '=', c == '<', c == '>', c == '!' && p.peek(1) == '=':
			break loop
		}
		p.pos++
	}
	if p.pos > p.end {
		p.pos = p.end
	}
	if p.pos == start {
		return nil
	}
	raw := p.s[start:p.pos]
	return &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: unescape(raw, false)}
}

// token moves over a template token such as <<FIELD>>.
func (p *parser) token() bool {
	rest := p.rest()
	if !strings.HasPrefix(rest, "<<") {
		return false
	}
	n := strings.Index(rest, ">>")
	if n < 3 || strings.ContainsFunc(rest[2:n], func(r rune) bool { return !isNamePart(r) }) {
		return false
	}
	p.pos += n + 2
	return true
}

// comparison reads the operator and value behind a field name, or returns nil when there is no operator.
func (p *parser) comparison(field *Word) SearchExpr {
	at := p.pos
	p.skip()
	op := ""
	for _, o := range []string{"==", "!=", "<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(p.rest(), o) {
			op = o
			break
		}
	}
	if op == "" {
		start := p.pos
		not := p.operator("NOT")
		if p.operator("IN") && p.accept('(') {
			p.pos--
			var x SearchExpr = p.inList(field)
			if not {
				p.note("SPL5007", text.Span{Start: start, End: start + 3}, "read as NOT in front of the field")
				x = &Not{Loc{p.span(field.At.Start)}, x}
			}
			return x
		}
		p.pos = at
		return nil
	}
	p.pos += len(op)
	if op == "==" {
		op = "="
	}
	x := &Comparison{Field: field, Op: op, Value: p.searchValue()}
	x.At = p.span(field.At.Start)
	if x.Value == nil {
		p.errorAt("SPL1008", x.At, "missing value behind %s", shown(field.Raw+op))
		x.Value = &Word{Loc: Loc{p.span(p.pos)}, Raw: `""`, Quote: '"'}
	}
	return x
}

func (p *parser) searchValue() SearchValue {
	p.skip()
	switch p.peek(0) {
	case '"':
		return p.stringWord()
	case '`':
		return p.macroWord()
	case '[':
		return p.subsearch()
	}
	if d := p.directive(); d != nil {
		return d
	}
	if w := p.searchWord(false); w != nil {
		return w
	}
	return nil
}

// inList reads the list in parentheses behind IN.
func (p *parser) inList(field *Word) *InList {
	x := &InList{Field: field}
	open := p.pos
	p.pos++
	for p.comma(len(x.Values) == 0); !p.done() && p.peek(0) != ')'; p.comma(false) {
		at := p.pos
		v := p.inValue()
		if v == nil {
			if p.pos == at {
				p.missing("a value of IN")
				p.pos++
			}
			continue
		}
		x.Values = append(x.Values, v)
	}
	if p.closing(open) && len(x.Values) == 0 {
		p.errorAt("SPL1008", p.span(open), "missing values of IN")
	}
	x.At = p.span(field.At.Start)
	return x
}

// comma reads the commas between list items; at the beginning and before a closing parenthesis none is due.
func (p *parser) comma(first bool) {
	at := p.pos
	if p.commas() && (first || p.accept(')')) {
		if p.s[p.pos-1] == ')' {
			p.pos--
		}
		p.note("SPL5004", text.Span{Start: at, End: p.pos}, "empty list item ignored")
	}
}

// inValue is a searchValue that a comma ends.
func (p *parser) inValue() SearchValue {
	switch p.peek(0) {
	case '"', '`', '[':
		return p.searchValue()
	}
	if d := p.directive(); d != nil {
		return d
	}
	end := p.end
	for i := p.pos; i < end; i++ {
		if p.s[i] == '\\' && i+1 < end && escapable(p.s[i+1]) {
			i++
		} else if p.s[i] == ',' {
			p.end = i
			break
		}
	}
	w := p.searchWord(false)
	p.end = end
	if w == nil {
		return nil
	}
	return w
}
