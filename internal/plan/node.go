// Package plan is the logical plan that every language lowers to and that package exec runs.
//
// A plan is a tree of nodes; rows flow from the leaves to the root. Plans know no language: how null, case and text against
// number behave is in the functions of their expressions, and what differs between operators of different languages is a
// field on the node, visible in the printed plan. Nodes are immutable; rewriting makes new ones.
package plan

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

// A Node is one step of a plan.
type Node interface {
	// Inputs returns the nodes whose rows this one takes, in order.
	Inputs() []Node
	// With returns the node with other inputs, as many as Inputs returned.
	With(inputs ...Node) Node
	// Head returns one line: the operator and its arguments.
	Head() string
}

// String prints a plan, root first, inputs indented below.
func String(n Node) string {
	var b strings.Builder
	var walk func(Node, int)
	walk = func(n Node, depth int) {
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", depth), n.Head())
		for _, in := range n.Inputs() {
			walk(in, depth+1)
		}
	}
	walk(n, 0)
	return b.String()
}

// Walk calls f for n and everything below it, parents first, until f returns false for a node, whose inputs are skipped.
func Walk(n Node, f func(Node) bool) {
	if !f(n) {
		return
	}
	for _, in := range n.Inputs() {
		Walk(in, f)
	}
}

// Rewrite returns the plan with f applied to every node, inputs first.
func Rewrite(n Node, f func(Node) Node) Node {
	ins := n.Inputs()
	var changed []Node
	for i, in := range ins {
		if r := Rewrite(in, f); r != in {
			if changed == nil {
				changed = append([]Node(nil), ins...)
			}
			changed[i] = r
		}
	}
	if changed != nil {
		n = n.With(changed...)
	}
	return f(n)
}

// Named is an expression with the name of the column it makes.
type Named struct {
	Name string
	Expr expr.Expr
}

func (n Named) String() string {
	if c, ok := n.Expr.(*expr.Col); ok && c.Name == n.Name {
		return expr.Print(n.Expr)
	}
	return n.Name + " = " + expr.Print(n.Expr)
}

func list[T fmt.Stringer](items []T) string {
	parts := make([]string, len(items))
	for i, it := range items {
		parts[i] = it.String()
	}
	return strings.Join(parts, ", ")
}

// leaf and unary save the nodes below from repeating themselves.
type leaf struct{}

func (leaf) Inputs() []Node { return nil }

// Scan reads the events of a view (see package schema). Fields says which of the view's columns are needed; a lowering sets
// it to all, and the optimiser narrows it. Pred, when not nil, has been pushed down: only rows for which it is true come out.
type Scan struct {
	leaf
	View   string // "spl:events", "cim:Endpoint.Processes", "kql:DeviceProcessEvents"
	Fields event.FieldSet
	Pred   expr.Expr
}

func (n *Scan) With(...Node) Node { return n }
func (n *Scan) Head() string {
	s := "scan " + n.View + " [" + n.Fields.String() + "]"
	if n.Pred != nil {
		s += " where " + expr.Print(n.Pred)
	}
	return s
}

// Values is a table written out in the query or made before the run: datatable, makeresults, a lookup file.
type Values struct {
	leaf
	Label string // what it was in the query, for the printed plan
	Rows  *event.Batch
}

func (n *Values) With(...Node) Node { return n }
func (n *Values) Head() string {
	return fmt.Sprintf("values %s %d rows [%s]", n.Label, n.Rows.Len(), strings.Join(n.Rows.Names(), ", "))
}

// Ref reads the rows that an enclosing [Let] has bound to a name.
type Ref struct {
	leaf
	Name string
}

func (n *Ref) With(...Node) Node { return n }
func (n *Ref) Head() string      { return "ref " + n.Name }

// BindKind says what a Let makes of a binding's rows.
type BindKind uint8

const (
	// BindScalar: the first column of the first row, as the parameter of that name; null when there is no row.
	BindScalar BindKind = iota
	// BindList: the first column of all rows, as a list parameter without repetitions.
	BindList
	// BindTable: the rows, for Ref nodes of that name; computed once however often they are read.
	BindTable
)

// Let runs its bindings first and then its body, in which they are known by name as parameters (expr.Param) or tables (Ref).
type Let struct {
	Bindings []Binding
	Body     Node
}

// Binding is one name of a Let.
type Binding struct {
	Name string
	Kind BindKind
	Plan Node
}

func (n *Let) Inputs() []Node {
	var ins []Node
	for _, b := range n.Bindings {
		ins = append(ins, b.Plan)
	}
	return append(ins, n.Body)
}

func (n *Let) With(ins ...Node) Node {
	out := &Let{Body: ins[len(ins)-1]}
	for i, b := range n.Bindings {
		b.Plan = ins[i]
		out.Bindings = append(out.Bindings, b)
	}
	return out
}

func (n *Let) Head() string {
	var parts []string
	for _, b := range n.Bindings {
		parts = append(parts, [...]string{"scalar ", "list ", "table "}[b.Kind]+b.Name)
	}
	return "let " + strings.Join(parts, ", ")
}

// Dynamic is a plan whose shape depends on rows: an SPL subsearch that becomes search text, `map`. Its dependencies are run
// to their end, Build lowers the rest from their rows (one batch a dependency), and the plan that it returns takes the
// Dynamic's place. That plan may read the input again.
type Dynamic struct {
	Label string
	Deps  []Node
	Build func(results []*event.Batch) (Node, error)
}

func (n *Dynamic) Inputs() []Node { return n.Deps }
func (n *Dynamic) With(ins ...Node) Node {
	return &Dynamic{n.Label, ins, n.Build}
}
func (n *Dynamic) Head() string { return "dynamic " + n.Label }
