package syntax

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Limits that keep hostile text from exhausting the stack.
const (
	maxDepth    = 250  // nested parentheses, calls and signs
	maxSubs     = 32   // nested subsearches
	maxOperands = 4000 // operands of one chain of binary operators
)

// Parse reads a search. The query is never nil; it is complete when the diagnostics have no errors.
//
// A search that does not begin with a pipe has an implied "search" in front.
func Parse(src *text.Source) (*Query, text.Diagnostics) {
	p := newParser(src)
	p.pos = strayQuote(src.Text)
	if p.pos > 0 {
		p.note("SPL5006", text.Span{Start: p.pos - 1, End: p.pos}, "stray quote in front of the search dropped")
	}
	q := p.query()
	return q, p.diags
}

// ParseSearch reads an expression of the search grammar, such as the argument of searchmatch.
func ParseSearch(src *text.Source) (SearchExpr, text.Diagnostics) {
	p := newParser(src)
	p.scanWhole()
	x := p.searchExpr("")
	if x == nil {
		p.missing("a search expression")
		x = &And{}
	}
	p.leftover()
	return x, p.diags
}

// ParseExpr reads an expression of the eval grammar. The expression is nil when nothing could be read.
func ParseExpr(src *text.Source) (Expr, text.Diagnostics) {
	p := newParser(src)
	p.scanWhole()
	x := p.expr()
	p.leftover()
	return x, p.diags
}

type parser struct {
	src   *text.Source
	s     string
	pos   int
	end   int // end of the stage
	diags text.Diagnostics

	depth  int // nesting of expressions
	subs   int // nesting of subsearches
	macros int // macro calls read so far
	tokens int // template tokens may be part of a name when above 0
}

func newParser(src *text.Source) *parser { return &parser{src: src, s: src.Text, end: len(src.Text)} }

// scanWhole checks the quotes and brackets of a text that is one stage.
func (p *parser) scanWhole() {
	for at := p.pos; ; p.pos++ {
		if p.pos = p.scanStage(true); p.pos >= p.end {
			p.pos = at
			return
		}
		p.unexpected() // a pipe
	}
}

func (p *parser) errorAt(id string, at text.Span, format string, args ...any) {
	p.report(text.Errorf(id, p.src, at, format, args...))
}

func (p *parser) note(id string, at text.Span, format string, args ...any) {
	p.report(text.Warnf(id, p.src, at, format, args...))
}

// report keeps a diagnostic, once: a stage is scanned again when it is inside a subsearch.
func (p *parser) report(d text.Diagnostic) {
	if !slices.ContainsFunc(p.diags, func(e text.Diagnostic) bool {
		return e.ID == d.ID && e.Span.Start == d.Span.Start
	}) {
		p.diags = append(p.diags, d)
	}
}

// here is the place of the next word, for messages.
func (p *parser) here() text.Span {
	p.skip()
	if p.pos >= p.end {
		at := p.pos
		for at > 0 && isSpace(p.s[at-1]) {
			at--
		}
		return text.Span{Start: at, End: at}
	}
	end := p.pos + 1
	for end < p.end && !isSpace(p.s[end]) && strings.IndexByte("()[]\"|,`", p.s[end]) < 0 {
		end++
	}
	return text.Span{Start: p.pos, End: end}
}

func (p *parser) missing(what string) {
	at := p.here()
	switch {
	case at.Start == at.End:
		p.errorAt("SPL1008", at, "missing %s", what)
	default:
		p.errorAt("SPL1008", at, "missing %s before %s", what, shown(at.Of(p.s)))
	}
}

// unexpected says that the next word cannot stand where it does.
func (p *parser) unexpected() {
	at := p.here()
	switch word := at.Of(p.s); {
	case at.Start == at.End:
	case word[0] == ')':
		p.errorAt("SPL1004", text.Span{Start: at.Start, End: at.Start + 1}, "unbalanced parentheses: unexpected ')'")
	default:
		p.errorAt("SPL1001", at, "unexpected %s", shown(word))
	}
}

// leftover complains about what was not read of a stage.
func (p *parser) leftover() {
	if !p.done() {
		p.unexpected()
	}
}

// shown quotes a piece of text for a message, cut to a readable length.
func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return "'" + s + "'"
}

// closing reads the parenthesis that closes the one at open.
func (p *parser) closing(open int) bool {
	if p.accept(')') {
		return true
	}
	p.errorAt("SPL1003", text.Span{Start: open, End: open + 1}, "unbalanced parentheses: this '(' is never closed")
	return false
}

// nested guards a step into deeper nesting; when it returns false, the step must not be made.
func (p *parser) nested() bool {
	if p.depth++; p.depth > maxDepth {
		p.errorAt("SPL1010", p.here(), "nested too deeply: more than %d levels", maxDepth)
		p.pos = p.end
		return false
	}
	return true
}

// query reads stages up to p.end, or up to the bracket that closes a subsearch.
func (p *parser) query() *Query {
	q := &Query{Loc: Loc{text.Span{Start: p.pos}}}
	limit := p.end
	p.skip()
	piped := p.peek(0) == '|'
	if piped {
		p.pos++
	}
	for implied := !piped && p.subs == 0; ; implied = false {
		p.end = limit
		p.skip()
		at := p.pos
		p.end = p.scanStage(!implied && evalQuotes(p.commandName()))
		p.pos = at
		end := p.end
		switch {
		case !p.done():
			q.Stages = append(q.Stages, p.stage(implied))
		case len(q.Stages) == 0 && !piped:
			p.errorAt("SPL1007", text.Span{Start: at, End: at}, "the search is empty")
		default:
			p.errorAt("SPL1007", text.Span{Start: at, End: min(at+1, limit)}, "empty stage: a command is missing here")
		}
		p.pos, p.end = end, limit
		if p.peek(0) != '|' {
			break
		}
		p.pos++
		piped = true
	}
	q.At = p.span(q.At.Start)
	return q
}

// commandName reads a command's name in lower case; empty when none is there.
func (p *parser) commandName() string {
	start := p.pos
	for p.pos < p.end && (isNamePart(rune(p.s[p.pos])) && p.s[p.pos] < 0x80 || p.pos > start && p.s[p.pos] == '-' && isNamePart(rune(p.peek(1)))) {
		p.pos++
	}
	return strings.ToLower(p.s[start:p.pos])
}

// stage reads one stage; p.end is where it ends.
func (p *parser) stage(implied bool) *Stage {
	start, macros := p.pos, p.macros
	st := &Stage{}
	if implied && !(p.atWord("search") && p.s[p.pos] == 's') {
		st.Command = &Search{Implied: true}
		st.Command.begin("search")
	} else {
		st.Command = p.command()
	}
	known := len(p.diags)
	st.Command.parse(p)
	for p.skip(); p.peek(0) == '`'; p.skip() {
		st.Tail = append(st.Tail, p.macro())
	}
	p.leftover()
	if p.macros > macros && p.diags[known:].HasErrors() && !implied {
		// The stage's grammar was asked of text that still has macro calls in it, which may stand for any piece of text.
		g := &General{}
		g.begin(st.Command.Name())
		failed := slices.Clone(p.diags[known:])
		p.diags, p.pos = p.diags[:known], start
		if st.Command.Name() != "" {
			p.commandName()
		}
		g.parse(p)
		if p.leftover(); p.diags[known:].HasErrors() {
			p.diags = append(p.diags[:known], failed...)
		}
		st.Command, st.Tail = g, nil
	}
	p.pos = p.end
	st.At = trimmed(p.s, text.Span{Start: start, End: p.end})
	st.Command.place(st.At)
	return st
}

// command reads the name of a command and returns an empty command of the right type.
func (p *parser) command() Command {
	if p.peek(0) == '`' {
		return &General{} // the macro brings the command
	}
	at := p.here()
	name := p.commandName()
	if name == "" {
		p.errorAt("SPL1008", at, "missing command before %s", shown(at.Of(p.s)))
	} else if c := p.peek(0); c == '=' || c == '.' || c == ':' {
		p.errorAt("SPL1008", at, "missing command before %s: a search within a pipeline begins with a command, such as search", shown(at.Of(p.s)))
	}
	if main, ok := aliases[name]; ok {
		name = main
	}
	var c Command = &General{}
	if make, ok := grammars[name]; ok {
		c = make()
	}
	c.begin(name)
	return c
}

// subsearch reads a query in brackets at p.pos.
func (p *parser) subsearch() *Subsearch {
	start, end := p.pos, p.end
	p.pos++
	sub := &Subsearch{Query: &Query{}}
	if p.subs++; p.subs > maxSubs {
		p.errorAt("SPL1010", text.Span{Start: start, End: start + 1}, "nested too deeply: more than %d subsearches", maxSubs)
		p.pos = end
	} else {
		depth := p.depth
		p.depth = 0
		sub.Query = p.query()
		p.depth = depth
	}
	p.subs--
	p.end = end
	if p.peek(0) == ']' {
		p.pos++
	} // else scanStage has complained
	sub.At = p.span(start)
	return sub
}

// template reads a bracketed query whose tokens are replaced before it runs.
func (p *parser) template() *Template {
	start := p.pos
	p.tokens++
	sub := p.subsearch()
	p.tokens--
	inner := p.s[start+1 : p.pos]
	inner = strings.TrimSuffix(inner, "]")
	return &Template{Loc: Loc{p.span(start)}, Text: strings.TrimSpace(inner), Query: sub.Query}
}

// trimmed takes white space off a span.
func trimmed(s string, at text.Span) text.Span {
	for at.End > at.Start && isSpace(s[at.End-1]) {
		at.End--
	}
	for at.Start < at.End && isSpace(s[at.Start]) {
		at.Start++
	}
	return at
}

// strayQuote returns 1 when the text begins with a quote that has no partner and stands directly before a macro call.
func strayQuote(s string) int {
	if !strings.HasPrefix(s, "\"`") {
		return 0
	}
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			n++
		}
	}
	return n % 2
}
