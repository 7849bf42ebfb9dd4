package expr

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// CompileAll prepares expressions that will run over the same batches on one goroutine, as the predicates of many rules over
// one view do. A condition that stands in several places is evaluated once a row for all of them. errs has an entry for each
// expression, nil where it compiled.
func CompileAll(es []Expr, env *fn.Env) (progs []*Program, errs []error) {
	c := &compiler{env: env, shared: newSharing()}
	for _, e := range es {
		c.shared.count(e)
	}
	progs, errs = make([]*Program, len(es)), make([]error, len(es))
	for i, e := range es {
		n, err := c.node(e)
		if err != nil {
			errs[i] = err
			continue
		}
		progs[i] = &Program{n, e}
	}
	return progs, errs
}

// sharing finds equal expressions. Expressions are numbered: equal ones have one number.
type sharing struct {
	numbers map[Expr]int
	texts   map[string]int
	seen    map[int]int // how often
	nodes   map[int]*sharedNode
}

func newSharing() *sharing {
	return &sharing{numbers: map[Expr]int{}, texts: map[string]int{}, seen: map[int]int{}, nodes: map[int]*sharedNode{}}
}

// condition reports whether e is worth sharing.
func condition(e Expr) bool {
	switch e.(type) {
	case nil, *Col, *Lit, *Param:
		return false
	}
	return true
}

// count notes the conditions in e. Those inside a condition that is shared as a whole are asked once only.
func (s *sharing) count(e Expr) {
	if !condition(e) {
		return
	}
	id := s.number(e)
	if s.seen[id]++; s.seen[id] > 1 {
		return
	}
	switch e := e.(type) {
	case *Logic:
		for _, a := range e.Args {
			s.count(a)
		}
	case *Not:
		s.count(e.Arg)
	}
}

// number returns the number of e. Functions count by identity: two languages may use one name.
func (s *sharing) number(e Expr) int {
	if e == nil {
		return -1
	}
	if id, ok := s.numbers[e]; ok {
		return id
	}
	var b []byte
	list := func(name string, args ...Expr) {
		b = append(b, name...)
		for _, a := range args {
			b = strconv.AppendInt(append(b, ' '), int64(s.number(a)), 10)
		}
	}
	switch e := e.(type) {
	case *Col:
		b = append(append(b, "col "...), e.Name...)
	case *Lit:
		b = append(append(b, "lit "...), e.Value.Kind().String()...)
		b = event.AppendKey(append(b, ' '), e.Value)
	case *Param:
		b = append(append(b, "param "...), e.Name...)
	case *Call:
		list(fmt.Sprintf("call %p", e.Fn), e.Args...)
	case *Logic:
		list([...]string{"and", "or"}[e.Op], e.Args...)
	case *Not:
		list("not", e.Arg)
	case *Case:
		list("case", Children(e)...)
		if e.Else == nil {
			b = append(b, " no else"...)
		}
	case *Each:
		list(fmt.Sprintf("each %q %v", e.Var, e.Filter), e.List, e.Body)
	default:
		b = fmt.Appendf(b, "other %p", e)
	}
	id, ok := s.texts[string(b)]
	if !ok {
		id = len(s.texts)
		s.texts[string(b)] = id
	}
	s.numbers[e] = id
	return id
}

// shares reports whether e or a condition in it occurs more than once.
func (s *sharing) shares(e Expr) bool {
	if s == nil || !condition(e) {
		return false
	}
	if s.seen[s.number(e)] > 1 {
		return true
	}
	return s.splits(e)
}

// splits reports whether e has parts that are better evaluated on their own, for all who hold them.
func (s *sharing) splits(e Expr) bool {
	switch e := e.(type) {
	case *Logic:
		return slices.ContainsFunc(e.Args, s.shares)
	case *Not:
		return s.shares(e.Arg)
	}
	return false
}

// node returns the one node for an expression that occurs more than once, made by compile; ok is false for others.
func (s *sharing) node(e Expr, compile func() (node, error)) (n node, ok bool, err error) {
	if s == nil || !condition(e) || s.seen[s.number(e)] < 2 || Volatile(e) {
		return nil, false, nil
	}
	id := s.number(e)
	if have := s.nodes[id]; have != nil {
		return have, true, nil
	}
	inner, err := compile()
	if err != nil {
		return nil, true, err
	}
	out := &sharedNode{inner: inner}
	s.nodes[id] = out
	return out, true, nil
}

// sharedNode remembers the truth of a condition in the rows of the batch at hand, as far as somebody has asked.
type sharedNode struct {
	inner node
	batch *event.Batch
	known []tri // truth + 1 by row; 0: nobody has asked
	all   bool  // known in every row
	part  []tri
	open  []int32
}

func (n *sharedNode) eval(b *event.Batch, rows []int32) *event.Column { return n.inner.eval(b, rows) }

func (n *sharedNode) truth(b *event.Batch, rows []int32, out []tri) {
	if n.batch != b {
		n.batch, n.all = b, false
		if cap(n.known) < b.Len() {
			n.known = make([]tri, b.Len())
		}
		n.known = n.known[:b.Len()]
		clear(n.known)
	}
	if !n.all {
		n.ask(b, rows, len(out))
	}
	if rows == nil {
		for i, t := range n.known {
			out[i] = t - 1
		}
		return
	}
	for i, r := range rows {
		out[i] = n.known[r] - 1
	}
}

// ask makes the condition known in the given rows.
func (n *sharedNode) ask(b *event.Batch, rows []int32, count int) {
	n.open = n.open[:0]
	for i := range count {
		if r := rowAt(rows, i); n.known[r] == 0 {
			n.open = append(n.open, int32(r))
		}
	}
	if len(n.open) > 0 {
		if cap(n.part) < len(n.open) {
			n.part = make([]tri, len(n.open))
		}
		n.part = n.part[:len(n.open)]
		at := n.open
		if len(at) == b.Len() {
			at = nil // all rows: columns need not be gathered
		}
		n.inner.truth(b, at, n.part)
		for i, r := range n.open {
			n.known[r] = n.part[i] + 1
		}
	}
	n.all = rows == nil
}
