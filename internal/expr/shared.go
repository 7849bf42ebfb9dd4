package expr

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// CompileAll prepares expressions that will run over the same batches on one goroutine, as the predicates of many rules over
// one view do. A condition that stands in several places is evaluated once a row for all of them. errs has an entry for each
// expression, nil where it compiled. The programs are for Select: what they would evaluate to may be false where it is unknown.
func CompileAll(es []Expr, env *fn.Env) (progs []*Program, errs []error) {
	c := &compiler{env: env, shared: newSharing()}
	for _, e := range es {
		c.shared.count(e)
	}
	for _, e := range es {
		c.choose(e)
	}
	progs, errs = make([]*Program, len(es)), make([]error, len(es))
	for i, e := range es {
		if n, err := c.try(e); err != nil {
			errs[i] = err
		} else {
			progs[i] = &Program{n, e}
		}
	}
	return progs, errs
}

// try is node for an expression among others: a fault in one function must not take their programs away.
func (c *compiler) try(e Expr) (n node, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.shared.negated = 0
			err = fmt.Errorf("internal fault: %v\n%s", p, debug.Stack())
		}
	}()
	return c.node(e)
}

// sharing finds equal expressions. Expressions are numbered: equal ones have one number.
type sharing struct {
	numbers map[Expr]int
	texts   map[string]int
	seen    map[int]int // how often
	nodes   map[nodeKey]node
	// scanners look for guards, by the number of the expression whose text they look through.
	scanners map[int]*scanner
	guards   map[int]fn.Required // of calls
	chosen   map[int]bool        // calls over raw text whose guards are looked for in every row; see choose
	// negated counts the Nots around what is being compiled.
	negated int
	now     current
}

// current numbers the batches that the nodes of a CompileAll meet. Only it refers to one: thousands of nodes that each kept the
// last batch they were asked about would keep much of the input.
type current struct {
	batch *event.Batch
	round uint64
}

// enter returns the number of the batch at hand, never 0.
func (c *current) enter(b *event.Batch) uint64 {
	if c.batch != b {
		c.batch = b
		c.round++
	}
	return c.round
}

// A nodeKey names the node of an expression: below a Not it is another one, without guards.
type nodeKey struct {
	number  int
	negated bool
}

func newSharing() *sharing {
	return &sharing{numbers: map[Expr]int{}, texts: map[string]int{}, seen: map[int]int{}, nodes: map[nodeKey]node{}, scanners: map[int]*scanner{}, guards: map[int]fn.Required{}, chosen: map[int]bool{}}
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

// splits reports whether e has parts that are better evaluated on their own: since others hold them too, or have guards.
func (c *compiler) splits(e Expr) bool {
	if c.shared == nil {
		return false
	}
	apart := func(e Expr) bool {
		if !condition(e) {
			return false
		}
		if c.shared.seen[c.shared.number(e)] > 1 || c.splits(e) {
			return true
		}
		call, ok := e.(*Call)
		return ok && c.shared.negated == 0 && len(c.guardOf(call).Any) > 0
	}
	switch e := e.(type) {
	case *Logic:
		return slices.ContainsFunc(e.Args, apart)
	case *Not:
		c.shared.negated++
		defer func() { c.shared.negated-- }()
		return apart(e.Arg)
	}
	return false
}

// sharedNode returns the node for a condition that others hold too, or that has a guard; ok is false for others.
func (c *compiler) sharedNode(e Expr) (n node, ok bool, err error) {
	s := c.shared
	if s == nil || !condition(e) || Volatile(e) {
		return nil, false, nil
	}
	key := nodeKey{s.number(e), s.negated > 0}
	if have := s.nodes[key]; have != nil {
		return have, true, nil
	}
	if call, is := e.(*Call); is && !key.negated {
		if need := c.guardOf(call); len(need.Any) > 0 {
			n, err := c.guarded(call, need)
			if err == nil {
				s.nodes[key] = n
			}
			return n, true, err
		}
	}
	if s.seen[key.number] < 2 {
		return nil, false, nil
	}
	inner, err := c.own(e)
	if err != nil {
		return nil, true, err
	}
	out := &sharedNode{inner: inner, now: &s.now}
	s.nodes[key] = out
	return out, true, nil
}

func (c *compiler) guarded(e *Call, need fn.Required) (node, error) {
	n, err := c.own(e)
	if err != nil {
		return nil, err
	}
	unary, ok := n.(*unaryNode)
	if !ok {
		return n, nil
	}
	subject := c.shared.number(e.Args[0])
	sc := c.shared.scanners[subject]
	if sc == nil {
		sub, err := c.own(e.Args[0])
		if err != nil {
			return nil, err
		}
		sc = &scanner{subject: sub, now: &c.shared.now, byText: map[literal]int{}}
		if c.env != nil && c.env.Profile != nil {
			sc.meter = c.env.Profile.Meter(cost.Search, Print(e.Args[0]))
		}
		c.shared.scanners[subject] = sc
	}
	g := &guarded{unaryNode: unary, scanner: sc, guard: unchosen, need: need}
	if !onRaw(e) || c.shared.chosen[c.shared.number(e)] {
		g.guard = sc.add(need)
	}
	return g, nil
}

// sharedNode remembers the truth of a condition in the rows of the batch at hand, as far as somebody has asked.
type sharedNode struct {
	inner node
	now   *current
	round uint64 // of the batch that known is about
	known []tri  // truth + 1 by row; 0: nobody has asked
	all   bool   // known in every row
	part  []tri
	open  []int32
}

func (n *sharedNode) eval(b *event.Batch, rows []int32) *event.Column { return n.inner.eval(b, rows) }

func (n *sharedNode) truth(b *event.Batch, rows []int32, out []tri) {
	if round := n.now.enter(b); n.round != round {
		n.round, n.all = round, false
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
