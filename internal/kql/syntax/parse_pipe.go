package syntax

import (
	"maps"
	"slices"

	"github.com/harrier-detect/harrier/internal/text"
)

// operatorParser reads an operator whose keyword has just been read; start is where the keyword began.
type operatorParser func(p *parser, start int) Operator

// operators holds every operator by keyword; each op_ file registers its own.
var operators = map[string]operatorParser{}

func register(keyword string, parse operatorParser) { operators[keyword] = parse }

// Operators lists the keywords of all operators, aliases included, sorted.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }

// pipe reads a source and the operators after it; without any operator, the source alone is returned.
func (p *parser) pipe() Expr {
	defer p.unnest()
	if !p.nest() || p.panicking {
		return p.missing("expression")
	}
	t := p.tok()
	if p.operatorFirst() {
		return p.pipeline(t, nil)
	}
	return p.pipeline(t, p.expr())
}

// subpipe reads a pipeline that must begin with an operator, its rows coming from around it.
func (p *parser) subpipe() Expr {
	defer p.unnest()
	if !p.nest() || p.panicking {
		return p.missing("operator")
	}
	return p.pipeline(p.tok(), nil)
}

// pipeline reads the operators after a source; first is the token that it all began with.
func (p *parser) pipeline(first token, source Expr) Expr {
	n := &Pipeline{Source: source}
	if source == nil {
		n.Ops = append(n.Ops, p.operator())
		p.endOperator(first.depth)
	}
	for links := 0; !p.panicking && p.at("|") && p.chain(&links); {
		p.advance()
		n.Ops = append(n.Ops, p.operator())
		p.endOperator(first.depth)
	}
	if len(n.Ops) == 0 {
		return source
	}
	n.At = p.from(first.start)
	return n
}

// endOperator makes sure that an operator ends where the next one, or what surrounds the pipeline, begins; otherwise the rest
// of the operator is reported and skipped.
func (p *parser) endOperator(depth int) {
	if p.panicking {
		p.recover(depth)
		return
	}
	switch t := p.tok(); {
	case t.kind == tokEnd, t.is("|"), t.is(";"), t.is(")"), t.is("]"), t.is("}"), t.is(","):
	case t.is(".."):
	default:
		p.failUnexpected("after a complete operator")
		p.recover(depth)
	}
}

// operatorFirst reports whether the next word begins an operator rather than naming a source. Words that are reserved are
// always operators; the others when what follows cannot follow a name.
func (p *parser) operatorFirst() bool {
	t := p.tok()
	if t.kind == tokDashed {
		return true
	}
	if t.kind != tokWord || operators[t.text] == nil {
		return false
	}
	if reservedFor[useReference][t.text] {
		return true
	}
	next := p.peek(1)
	hint := next.isWord("hint") && p.peek(2).is(".")
	param := next.kind == tokWord && p.peek(2).is("=") && paramNames[next.text]
	switch t.text {
	case "summarize", "mvexpand", "mvapply", "extend", "filter", "distinct", "sort", "order", "limit", "take", "top", "parse", "scan", "lookup", "join", "serialize",
		"count", "consume", "getschema":
		return false
	case "facet", "reduce", "partition":
		return next.isWord("by") || hint || param
	case "range":
		return next.kind == tokWord && p.peek(2).isWord("from") || next.is("[")
	case "render":
		return next.kind == tokWord && !p.peek(2).is("(") && (charts[next.text] || p.isName(next, useReference))
	case "fork":
		return next.is("(") || p.isName(next, useLabel) && p.peek(2).is("=")
	}
	return hint || param || p.isName(next, useReference) || next.is("[")
}

// operator reads one operator; what is none is reported, with the nearest keyword, and comes back as a [BadOperator].
func (p *parser) operator() Operator {
	t := p.tok()
	if p.panicking {
		return &BadOperator{opNode{At{t.start, t.start}}}
	}
	parse := operators[t.text]
	if t.kind != tokWord && t.kind != tokDashed || parse == nil {
		p.noOperator(t)
		return &BadOperator{opNode{At{t.start, t.start}}}
	}
	p.advance()
	return parse(p, t.start)
}

func (p *parser) noOperator(t token) {
	if t.kind != tokWord {
		p.fail("KQL1004", "missing operator")
		return
	}
	// An unknown operator with dashes is several tokens: show it whole.
	end := p.pos
	for p.tokens[end+1].is("-") && p.tokens[end+1].start == p.tokens[end].end && p.tokens[end+2].kind == tokWord && p.tokens[end+2].start == p.tokens[end+1].end {
		end += 2
	}
	word := p.src.Text[t.start:p.tokens[end].end]
	msg, hint := "there is no operator named %q", nearest(word)
	if hint != "" {
		p.report("KQL1005", text.Span{Start: t.start, End: p.tokens[end].end}, msg+"; did you mean %q", word, hint)
	} else {
		p.report("KQL1005", text.Span{Start: t.start, End: p.tokens[end].end}, msg, word)
	}
	p.panicking = true
}

// nearest returns the operator keyword that word most likely means, or "".
func nearest(word string) string {
	if near := text.Nearest(word, Operators()); len(near) > 0 {
		return near[0]
	}
	return ""
}

type opNode struct{ At }

// A BadOperator stands where an operator should have been.
type BadOperator struct{ opNode }

func (*BadOperator) Keyword() string     { return "" }
func (*BadOperator) children(func(Node)) {}

// entity reads a table operand of union, search, find and restrict: a name or pattern, possibly in a database or cluster, or a
// call.
func (p *parser) entity() Expr {
	if p.at("*") || p.tok().kind == tokWord && p.peek(1).is("*") && p.peek(1).start == p.tok().end {
		return p.wildcard(useMember)
	}
	start := p.start()
	if p.panicking {
		return p.missing("table")
	}
	var x Expr
	if p.bracketed() > 0 {
		name := p.bracketedName()
		x = name
		if p.at("(") {
			x = p.arguments(name)
		}
	} else {
		x = p.member()
	}
	for links := 0; p.at(".") && !p.panicking && p.chain(&links); {
		p.advance()
		var member Expr
		if p.at("*") || p.tok().kind == tokWord && p.peek(1).is("*") && p.peek(1).start == p.tok().end {
			member = p.wildcard(useMember)
		} else {
			member = p.member()
		}
		x = &Path{exprNode{p.from(start)}, x, member}
	}
	return x
}

// datatable reads datatable(name:type, …)[value, …].
// https://learn.microsoft.com/kusto/query/datatable-operator
func (p *parser) datatable() Expr {
	start := p.advance().start
	n := &DataTable{Params: p.params()}
	n.Columns = p.schema(schemaPlain)
	p.expect("[")
	for !p.panicking && !p.at("]") {
		// A comma may stand first, last, or be doubled nowhere.
		if p.take(",") {
			if p.at("]") || p.at(",") {
				break
			}
			continue
		}
		n.Values = append(n.Values, p.datatableValue())
		if !p.at("]") && !p.at(",") {
			break
		}
	}
	p.expect("]")
	n.At = p.from(start)
	return n
}

func (p *parser) datatableValue() Expr {
	if p.atWord("typeof") && p.peek(1).is("(") {
		return p.typeOf()
	}
	if e := p.literal(); e != nil {
		return e
	}
	return p.missing("literal")
}

// externaldata reads externaldata(name:type, …)[uri, …] with (…).
// https://learn.microsoft.com/kusto/query/externaldata-operator
func (p *parser) externaldata() Expr {
	t := p.advance()
	n := &ExternalData{Inline: t.text == "inline_external_table"}
	if n.Inline {
		n.Columns = p.schema(schemaPlain)
		n.Params = p.params("dataformat")
		if p.atWord("partition") {
			p.report("KQL2002", text.Span{Start: p.tok().start, End: p.tok().end}, "inline external tables with partitions are not read")
			p.panicking = true
		} else if len(n.Params) != 2 {
			p.fail("KQL1004", "missing kind and dataformat")
		}
	} else {
		n.Params = p.params()
		n.Columns = p.schema(schemaPlain)
	}
	open, closing := "[", "]"
	if n.Inline {
		open, closing = "(", ")"
	}
	if p.expect(open) {
		for !p.panicking && !p.at(closing) {
			n.URIs = append(n.URIs, p.expr())
			if !p.take(",") {
				break
			}
		}
		p.expect(closing)
	}
	if p.atWord("with") {
		p.advance()
		n.With = p.withParams(nil)
	}
	n.At = p.from(t.start)
	return n
}
