package syntax

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// maxDepth bounds how deep expressions, pipelines and blocks may nest, maxChain how many operators of one precedence (a or b or
// …) and how many path steps may follow each other: both become the depth of the tree.
const (
	maxDepth = 250
	maxChain = 20_000
)

// Parse reads a query. The query is never nil; it is complete when the diagnostics hold no error.
func Parse(src *text.Source) (*Query, text.Diagnostics) {
	p := newParser(src)
	q := &Query{Source: src}
	q.Statements = p.statements()
	q.At = At{0, len(src.Text)}
	if len(p.diags) > 0 {
		keepWithin(q)
	}
	return q, p.diags
}

// ParseExpr reads a single scalar expression, for instance a condition without its where.
func ParseExpr(src *text.Source) (Expr, text.Diagnostics) {
	p := newParser(src)
	e := p.expr()
	if !p.atEnd() {
		p.failUnexpected("after the expression")
	}
	if len(p.diags) > 0 {
		keepWithin(e)
	}
	return e, p.diags
}

type parser struct {
	src    *text.Source
	tokens []token
	pos    int
	diags  text.Diagnostics
	// panicking is set from the first error on until the parser has found a '|' or ';' to go on at. Meanwhile parse functions
	// return what they have, and further errors are not reported, since they would only be consequences.
	panicking bool
	depth     int
	gaveUp    bool // nesting was too deep: the rest is not read
}

func newParser(src *text.Source) *parser {
	return &parser{src: src, tokens: scan(src.Text)}
}

// Tokens

func (p *parser) tok() token { return p.tokens[p.pos] }

func (p *parser) peek(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

func (p *parser) atEnd() bool { return p.tok().kind == tokEnd }

func (p *parser) advance() token {
	t := p.tok()
	if t.bad != "" {
		p.report(badTokenID(t), text.Span{Start: t.start, End: t.end}, "%s", t.bad)
	}
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

func badTokenID(t token) string {
	if t.kind == tokString {
		return "KQL1002"
	}
	return "KQL1003"
}

// from returns the place from start up to the last token read.
func (p *parser) from(start int) At {
	end := start
	if p.pos > 0 {
		end = max(start, p.tokens[p.pos-1].end)
	}
	return At{start, end}
}

func (p *parser) start() int { return p.tok().start }

func (t token) is(punct string) bool { return t.kind == tokPunct && t.text == punct }

func (t token) isWord(word string) bool {
	return (t.kind == tokWord || t.kind == tokDashed) && t.text == word
}

func (p *parser) at(punct string) bool { return p.tok().is(punct) }

func (p *parser) atWord(word string) bool { return p.tok().isWord(word) }

// take steps over punct if it is next.
func (p *parser) take(punct string) bool {
	if !p.panicking && p.at(punct) {
		p.advance()
		return true
	}
	return false
}

// takeWord steps over word if it is next.
func (p *parser) takeWord(word string) bool {
	if !p.panicking && p.atWord(word) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(punct string) bool {
	if p.take(punct) {
		return true
	}
	p.fail("KQL1003", "expected %q", punct)
	return false
}

func (p *parser) expectWord(word string) bool {
	if p.takeWord(word) {
		return true
	}
	p.fail("KQL1003", "expected %q", word)
	return false
}

// Errors

// report adds an error that does not disturb the parser.
func (p *parser) report(id string, span text.Span, format string, args ...any) {
	if !p.panicking {
		p.diags = append(p.diags, text.Errorf(id, p.src, span, format, args...))
	}
}

// fail reports an error at the next token and makes the parser look for a place to go on.
func (p *parser) fail(id, format string, args ...any) {
	t := p.tok()
	msg := fmt.Sprintf(format, args...)
	switch {
	case t.kind == tokGuid:
		id, msg = "KQL1001", "a bare GUID: write guid("+t.text+")"
	case t.kind == tokUnknown:
		id, msg = "KQL1001", fmt.Sprintf("unexpected character %q", t.text)
	case t.kind == tokEnd:
		msg += " before the end of the query"
	case id == "KQL1003" || id == "KQL1004":
		msg += " before " + p.show(t)
	}
	p.report(id, text.Span{Start: t.start, End: t.end}, "%s", msg)
	p.panicking = true
}

func (p *parser) failUnexpected(where string) {
	p.fail("KQL1007", "unexpected %s %s", p.show(p.tok()), where)
}

func (p *parser) show(t token) string {
	s := t.text
	if len(s) > 30 {
		cut := 27
		for !isStartOfRune(s, cut) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func isStartOfRune(s string, i int) bool { return s[i]&0xc0 != 0x80 }

// recover ends a panic: it skips to the next '|' or closing bracket that belongs to a pipeline which began with depth brackets
// open, or to the next ';', which ends a statement whatever is still open (the bracket was most likely forgotten).
func (p *parser) recover(depth int) {
	if !p.panicking {
		return
	}
	for ; !p.atEnd(); p.pos++ {
		t := p.tok()
		if t.is(";") || t.depth <= depth && (t.is("|") || t.is(")") || t.is("]") || t.is("}")) {
			break
		}
	}
	p.panicking = p.gaveUp
}

// nest enters one more level; the caller must call p.unnest afterwards. Where it returns false the level must not be entered.
func (p *parser) nest() bool {
	p.depth++
	if p.depth > maxDepth && !p.gaveUp {
		p.fail("KQL1009", "the query is nested more than %d levels deep", maxDepth)
		p.gaveUp = true
	}
	return !p.gaveUp
}

func (p *parser) unnest() { p.depth-- }

// chain counts the links of a chain of operators.
func (p *parser) chain(n *int) bool {
	*n++
	if *n > maxChain && !p.gaveUp {
		p.fail("KQL1009", "more than %d operators in a row", maxChain)
		p.gaveUp = true
	}
	return !p.gaveUp
}

// Lists

// list reads one or more items with commas between them.
func list[T any](p *parser, item func() T) []T {
	items := []T{item()}
	for p.take(",") {
		items = append(items, item())
	}
	return items
}

// Names

// atName reports whether token t can be a name in that use, without brackets.
func (p *parser) isName(t token, use nameUse) bool {
	return t.kind == tokWord && !reservedFor[use][t.text] && (use <= useMember || t.text != "@")
}

// atName reports whether a name starts here, plain or in brackets.
func (p *parser) atName(use nameUse) bool {
	return p.isName(p.tok(), use) || p.bracketed() > 0 || p.braced()
}

// name reads a name; missing ones are reported and come back empty.
func (p *parser) name(use nameUse) *Ident {
	t := p.tok()
	switch {
	case p.panicking:
	case p.isName(t, use):
		p.advance()
		return &Ident{exprNode{At{t.start, t.end}}, t.text}
	case p.bracketed() > 0:
		return p.bracketedName()
	case p.braced():
		// {name} as a label is a client's placeholder for a name.
		p.pos += 3
		return &Ident{exprNode{At{t.start, p.peek(-1).end}}, "{" + p.peek(-2).text + "}"}
	case t.kind == tokWord:
		p.fail("KQL1006", "%s is a reserved word: write ['%s'] to use it as a name here", p.show(t), t.text)
	default:
		p.fail("KQL1004", "missing name")
	}
	return &Ident{exprNode: exprNode{At{t.start, t.start}}}
}

// bracketed returns how many tokens a bracketed name that starts here takes, or 0: ['a b'], ["a" "b"], [a-b].
func (p *parser) bracketed() int {
	if !p.at("[") {
		return 0
	}
	n := 1
	for p.peek(n).kind == tokString {
		n++
	}
	if n == 1 {
		for t := p.peek(n); t.kind == tokWord || t.kind == tokDashed || t.kind == tokLong || t.is("-") || t.is(".") || t.is("*"); t = p.peek(n) {
			if n > 1 && p.peek(n-1).end != t.start {
				return 0
			}
			n++
		}
	}
	if n == 1 || !p.peek(n).is("]") {
		return 0
	}
	return n + 1
}

// braced reports whether {name} starts here.
func (p *parser) braced() bool {
	return p.at("{") && p.peek(1).kind == tokWord && p.peek(2).is("}")
}

func (p *parser) bracketedName() *Ident {
	start := p.advance().start
	var name strings.Builder
	for !p.at("]") {
		if t := p.advance(); t.kind == tokString {
			s, _ := unquote(t.text)
			name.WriteString(s)
		} else {
			name.WriteString(t.text)
		}
	}
	p.advance()
	return &Ident{exprNode{p.from(start)}, name.String()}
}

// wildcard reads a name, or a pattern of names when '*' is part of it: names, numbers and stars without blanks between them.
func (p *parser) wildcard(use nameUse) Expr {
	t := p.tok()
	next := p.peek(1)
	if p.panicking || !t.is("*") && !(p.isName(t, useLabel) && next.is("*") && next.start == t.end) {
		return p.name(use)
	}
	var pattern strings.Builder
	end := t.start
	for t := p.tok(); t.start == end && (t.is("*") || t.kind == tokWord || t.kind == tokLong); t = p.tok() {
		pattern.WriteString(t.text)
		end = t.end
		p.advance()
	}
	return &Wildcard{exprNode{p.from(t.start)}, pattern.String()}
}

// names reads a comma-separated list of names or patterns.
func (p *parser) wildcards(use nameUse) []Expr {
	return list(p, func() Expr { return p.wildcard(use) })
}

// Parameters

// params reads name=value pairs before an operator's operands. extra names are taken beside the common ones.
func (p *parser) params(extra ...string) []*Param {
	var params []*Param
	for !p.panicking {
		n := p.paramName(extra)
		if n == 0 {
			break
		}
		start := p.start()
		param := &Param{}
		for range n {
			param.Name += p.advance().text
		}
		p.expect("=")
		param.Values = []Expr{p.paramValue()}
		param.At = p.from(start)
		params = append(params, param)
	}
	return params
}

// paramName returns how many tokens the name of a parameter that starts here takes, or 0 if what starts here is none.
func (p *parser) paramName(extra []string) int {
	t := p.tok()
	if t.kind != tokWord {
		return 0
	}
	if t.text == "hint" && p.peek(1).is(".") && hintNames[p.peek(2).text] {
		return 3
	}
	if !p.peek(1).is("=") {
		return 0
	}
	if paramNames[t.text] {
		return 1
	}
	for _, e := range extra {
		if e == t.text {
			return 1
		}
	}
	return 0
}

// paramValue reads a name or a literal.
func (p *parser) paramValue() Expr {
	if p.panicking {
		return p.missing("value")
	}
	if t := p.tok(); t.kind == tokWord && !notValues[t.text] && !(t.text == "dynamic" && p.peek(1).is("(")) {
		p.advance()
		return &Ident{exprNode{At{t.start, t.end}}, t.text}
	}
	if p.bracketed() > 0 || p.braced() {
		return p.name(useReference)
	}
	if e := p.literal(); e != nil {
		return e
	}
	return p.missing("value")
}

// notValues are the words that end a parameter list rather than being a value in it. Other reserved words are values of some
// parameter or other: kind=simple, datascope=hotcache.
var notValues = words(freeBeforeEquals, booleans, "and or")

// missing reports that what is missing, and returns a node for its place.
func (p *parser) missing(what string) Expr {
	p.fail("KQL1004", "missing %s", what)
	start := p.start()
	return &Bad{exprNode{At{start, start}}}
}

// withParams reads the options in the parentheses of with (…): name=value with commas. known limits the names where it is not nil.
func (p *parser) withParams(known map[string]bool) []*Param {
	params := []*Param{}
	if !p.expect("(") || p.take(")") {
		return params
	}
	params = list(p, func() *Param {
		start := p.start()
		param := &Param{}
		if t := p.tok(); known == nil {
			param.Name = p.name(useLabel).Name
		} else if t.kind == tokWord && known[t.text] {
			param.Name = p.advance().text
		} else {
			p.fail("KQL1004", "missing option name")
		}
		p.expect("=")
		param.Values = []Expr{p.paramValue()}
		param.At = p.from(start)
		return param
	})
	p.expect(")")
	return params
}
