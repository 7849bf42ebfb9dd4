package syntax

import "github.com/harrier-detect/harrier/internal/text"

// A Node is a piece of the tree. The set of node types is closed.
type Node interface {
	// Span returns the bytes of the source text that the node was read from.
	Span() text.Span
	// children calls visit for each child in source order; absent ones are left out.
	children(visit func(Node))
	// print writes the canonical form.
	print(p *printer)
}

// An Expr is anything that has a value: a scalar, a table, a function.
type Expr interface {
	Node
	expr()
}

// An Operator is one step of a [Pipeline].
type Operator interface {
	Node
	// Keyword is the canonical name of the operator, such as "mv-expand".
	Keyword() string
}

// A Statement is what semicolons separate.
type Statement interface {
	Node
	stmt()
}

// At is the place of a node: byte offsets in the source text.
type At struct{ Start, End int }

// Span implements [Node].
func (a At) Span() text.Span { return text.Span{Start: a.Start, End: a.End} }

// keepWithin moves the place into s. What is missing is noted where the next token is, which may be past the end of its parent.
func (a *At) keepWithin(s text.Span) {
	a.Start = min(max(a.Start, s.Start), s.End)
	a.End = min(max(a.End, a.Start), s.End)
}

// keepWithin makes every node below n lie within its parent.
func keepWithin(n Node) {
	span := n.Span()
	n.children(func(c Node) {
		c.(interface{ keepWithin(text.Span) }).keepWithin(span)
		keepWithin(c)
	})
}

type exprNode struct{ At }

func (exprNode) expr() {}

type stmtNode struct{ At }

func (stmtNode) stmt() {}

// A Query is a whole source: its statements in order, of which the last expression gives the result.
type Query struct {
	At
	Source     *text.Source
	Statements []Statement
}

func (q *Query) children(visit func(Node)) { visitAll(visit, q.Statements) }

// A Pipeline is a source and the operators applied to it. Source is nil when the first operator makes its own rows (print,
// range, union, find, search) or gets them from around the pipeline, as inside mv-apply and partition. Ops is never empty.
type Pipeline struct {
	exprNode
	Source Expr
	Ops    []Operator
}

func (n *Pipeline) children(visit func(Node)) {
	visitOne(visit, n.Source)
	visitAll(visit, n.Ops)
}

// Bad stands where an expression should have been.
type Bad struct{ exprNode }

func (n *Bad) children(func(Node)) {}

func visitOne[T Node](visit func(Node), n T) {
	if any(n) != nil {
		visit(n)
	}
}

func visitAll[T Node](visit func(Node), ns []T) {
	for _, n := range ns {
		visit(n)
	}
}

func visitName(visit func(Node), n *Ident) {
	if n != nil {
		visit(n)
	}
}

// Walk calls visit for n and everything below it, parents first and siblings in source order. Where visit returns false the
// walk does not descend.
func Walk(n Node, visit func(Node) bool) {
	if visit(n) {
		n.children(func(c Node) { Walk(c, visit) })
	}
}

// Unparen returns e without the parentheses around it.
func Unparen(e Expr) Expr {
	for {
		p, ok := e.(*Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}
