package plan

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
)

// Sequence matches rows, in arrival order, against the steps of a sequence (KQL: scan). A step's condition and assignments read
// the row's columns by name, and what a step has seen by [StepColumn]. Rows that match come out with the Declared columns and
// the number of the match, once for each step that they match.
//
// Each group of Keys has states of its own. For a row the steps are tried from the last to the first. When the step before has a
// state and the condition holds with it, that state moves on to this step. Else, when this step has a state or is the
// first one, and the condition holds with it, the state is renewed.
type Sequence struct {
	Input Node
	Keys  []string
	// Declared are columns that steps assign, with their values until then.
	Declared []Named
	Steps    []SequenceStep
	// MatchAs names a column that gets the number of the match, from 0; empty: none.
	MatchAs string
}

// SequenceStep is one step of a Sequence.
type SequenceStep struct {
	Name string
	Cond expr.Expr
	Set  []Named
	// Output says which of the rows that match the step come out.
	Output SequenceOutput
}

// SequenceOutput is all rows, the last one of each run, or none.
type SequenceOutput uint8

const (
	OutputAll SequenceOutput = iota
	OutputLast
	OutputNone
)

// StepColumn is the name by which the expressions of a Sequence read a column of a step's state.
func StepColumn(step, column string) string { return step + "\x02" + column }

func (s SequenceStep) String() string {
	out := s.Name + ": " + expr.Print(s.Cond)
	if len(s.Set) > 0 {
		out += " => " + list(s.Set)
	}
	return out + [...]string{"", " last", " none"}[s.Output]
}

func (n *Sequence) Inputs() []Node { return []Node{n.Input} }
func (n *Sequence) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Sequence) Head() string {
	return fmt.Sprintf("sequence keys %s declare %s steps %s match=%q", strings.Join(n.Keys, ", "), list(n.Declared), list(n.Steps), n.MatchAs)
}

// MapExprs lets walks see the conditions and assignments.
func (n *Sequence) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Declared = mapNamed(n.Declared, f)
	c.Steps = make([]SequenceStep, len(n.Steps))
	for i, s := range n.Steps {
		s.Cond, s.Set = f(s.Cond), mapNamed(s.Set, f)
		c.Steps[i] = s
	}
	return &c
}

func (n *Sequence) Shape(in []Shape) Shape {
	out := in[0].With(namesOf(n.Declared)...)
	if n.MatchAs != "" {
		out = out.With(n.MatchAs)
	}
	return out
}
