package expr

import (
	"math/bits"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A guard is what the text that a condition looks at must contain for the condition to be true (see fn.Func.Needs). The guards
// of all conditions of a CompileAll over one text are looked for together, once in each distinct value; a condition is then
// evaluated only for the values that its guard lets through.
//
// A guard says only when a condition is not true, not whether it is false or unknown, so guards stand where these come to
// the same: not below a Not.

// scanner looks for the guards over one text: a column, or an expression of one column such as its lower case.
type scanner struct {
	subject node
	texts   []literal
	byText  map[literal]int
	owners  [][]int32 // by text: the guards that it satisfies
	guards  int
	escaped []int32 // the guards that a text with escapes may satisfy in spite of all
	meter   *cost.Meter
	set     *literalSet // nil until the first batch, when all guards are known

	now   *current
	round uint64    // of the batch that hits is about
	hits  [][]int32 // by guard: the rows of the batch that it lets through
	dirty []int32   // guards with hits
	stamp []uint32  // by guard: the value in which it was last found, so that it counts once
	value uint32
	epoch int // how often the set of guards has been made
	found []int32
}

// scanMemo is what a scanner knows of a dictionary.
type scanMemo struct {
	epoch  int // of the scanner: what is known is about its guards
	seen   []bool
	guards [][]int32 // by code
}

// everyGuard stands for all guards: the value is none that can be looked through.
var everyGuard = []int32{-1}

// add enters a guard and returns its number.
func (s *scanner) add(need fn.Required) int32 {
	id := int32(s.guards)
	s.guards++
	if need.Escaped {
		s.escaped = append(s.escaped, id)
	}
	for _, t := range literalsOf(need) {
		i, ok := s.byText[t]
		if !ok {
			i = len(s.texts)
			s.byText[t] = i
			s.texts = append(s.texts, t)
			s.owners = append(s.owners, nil)
		}
		s.owners[i] = append(s.owners[i], id)
	}
	return id
}

func literalsOf(need fn.Required) []literal {
	out := make([]literal, len(need.Any))
	for i, t := range need.Any {
		out[i] = literal{t, need.Words}
	}
	return out
}

// look returns the guards that a value satisfies. The result is valid until the next call.
func (s *scanner) look(v event.Value) []int32 {
	s.found = s.found[:0]
	switch v.Kind() {
	case event.Missing, event.Null:
		return nil
	case event.String:
		if foldsToASCII(v.Str()) {
			return everyGuard
		}
		s.value++
		s.set.scan(v.Str(), s.note)
		if len(s.escaped) > 0 && fn.Numbered(v.Str()) {
			for _, g := range s.escaped {
				s.enter(g)
			}
		}
		return s.found
	}
	return everyGuard
}

func (s *scanner) note(text int) {
	for _, g := range s.owners[text] {
		s.enter(g)
	}
}

func (s *scanner) enter(g int32) {
	if s.stamp[g] != s.value {
		s.stamp[g] = s.value
		s.found = append(s.found, g)
	}
}

// begin looks through the rows of a batch, once.
func (s *scanner) begin(b *event.Batch) {
	round := s.now.enter(b)
	if s.round == round {
		return
	}
	defer s.meter.Stop(s.meter.Start(), b.Len())
	if s.set == nil || len(s.stamp) != s.guards {
		s.set = newLiteralSet(s.texts)
		s.stamp, s.hits, s.value = make([]uint32, s.guards), make([][]int32, s.guards+1), 0
		s.epoch++
	}
	if s.value > 1<<31 {
		clear(s.stamp)
		s.value = 0
	}
	for _, g := range s.dirty {
		s.hits[g] = s.hits[g][:0]
	}
	s.dirty = s.dirty[:0]
	s.round = 0 // should a value be faulty, the next one who asks meets it again
	c := s.subject.eval(b, nil)
	switch c.Encoding() {
	case event.Constant:
		if b.Len() > 0 {
			guards := s.look(c.Const())
			for i := range b.Len() {
				s.put(int32(i), guards)
			}
		}
	case event.Dictionary:
		d, codes := c.Codes()
		m := event.Memo[scanMemo](d, s)
		if m.epoch != s.epoch {
			*m = scanMemo{epoch: s.epoch}
		}
		if n := d.Len(); len(m.seen) < n {
			n += n / 4
			d.Charge(25 * (n - len(m.seen)))
			m.seen = append(m.seen, make([]bool, n-len(m.seen))...)
			m.guards = append(m.guards, make([][]int32, n-len(m.guards))...)
		}
		for i, code := range codes {
			if !m.seen[code] {
				m.seen[code] = true
				if g := s.look(d.Value(code)); len(g) > 0 {
					m.guards[code] = append([]int32(nil), g...)
				}
			}
			s.put(int32(i), m.guards[code])
		}
	default:
		for i := range c.Len() {
			s.put(int32(i), s.look(c.Peek(i)))
		}
	}
	s.round = round
}

// put enters a row for the guards that its value satisfies. Rows for every guard stand in a list of their own, the last.
func (s *scanner) put(row int32, guards []int32) {
	for _, g := range guards {
		if g < 0 {
			g = int32(s.guards)
		}
		if len(s.hits[g]) == 0 {
			s.dirty = append(s.dirty, g)
		}
		s.hits[g] = append(s.hits[g], row)
	}
}

// dear reports whether looking through the whole batch costs much more than evaluating a condition in a few rows.
func (s *scanner) dear(b *event.Batch, rows int) bool {
	if s.round == s.now.enter(b) || rows > b.Len()/8 {
		return false
	}
	name := ""
	switch n := s.subject.(type) {
	case *colNode:
		name = n.name
	case *unaryNode:
		name = n.col
	default:
		return false
	}
	c := b.Column(name)
	return c != nil && (c.Encoding() == event.Lazy || c.Encoding() == event.Any)
}

// guarded is a condition over one column behind a guard.
type guarded struct {
	*unaryNode
	scanner *scanner
	guard   int32
	need    fn.Required
	own     *literalSet // of the guard alone
	rows    rowSet
}

// guardedMemo is the truths of a dictionary's values that the guard let through.
type guardedMemo struct{ known map[uint32]tri }

func (n *guarded) truth(b *event.Batch, rows []int32, out []tri) {
	if n.guard == unchosen || n.scanner.dear(b, len(out)) {
		c := b.Column(n.col)
		for i := range out {
			out[i] = triFalse
			if r := rowAt(rows, i); n.alone(c, r) {
				out[i] = n.at(c, r)
			}
		}
		return
	}
	possible, _ := n.bound(b)
	clear(out)
	if len(possible) == 0 {
		return
	}
	c := b.Column(n.col)
	if rows == nil {
		for _, r := range possible {
			out[r] = n.at(c, int(r))
		}
		return
	}
	n.rows.fill(b.Len(), possible)
	for i, r := range rows {
		if n.rows.has(r) {
			out[i] = n.at(c, int(r))
		}
	}
}

// alone reports whether the guard lets a row through, when it is not looked for together with the others.
func (n *guarded) alone(c *event.Column, row int) bool {
	if _, plain := n.scanner.subject.(*colNode); !plain || c == nil {
		return true // the text to look through would have to be made first
	}
	if n.own == nil {
		n.own = newLiteralSet(literalsOf(n.need))
	}
	v := c.Peek(row)
	switch v.Kind() {
	case event.Missing, event.Null:
		return false
	case event.String:
	default:
		return true
	}
	found := false
	n.own.scan(v.Str(), func(int) { found = true })
	return found || foldsToASCII(v.Str()) || n.need.Escaped && fn.Numbered(v.Str())
}

// at returns the condition's truth in a row.
func (n *guarded) at(c *event.Column, row int) tri {
	if c == nil {
		return triOf(n.call(event.Value{}))
	}
	if c.Encoding() != event.Dictionary {
		return triOf(n.call(c.Value(row)))
	}
	d, codes := c.Codes()
	m := event.Memo[guardedMemo](d, n)
	if m.known == nil {
		m.known = map[uint32]tri{}
	}
	t, ok := m.known[codes[row]]
	if !ok {
		t = triOf(n.call(d.Value(codes[row])))
		m.known[codes[row]] = t
	}
	return t
}

func (n *guarded) bound(b *event.Batch) ([]int32, bool) {
	if n.guard == unchosen {
		return nil, false
	}
	s := n.scanner
	s.begin(b)
	hits, open := s.hits[n.guard], s.hits[s.guards]
	if len(open) == 0 {
		return hits, true
	}
	n.rows.fill(b.Len(), hits)
	n.rows.add(open)
	return n.rows.list(), true
}

// A bounder can tell cheaply in which rows of a batch a condition may be true.
type bounder interface {
	// bound returns these rows in order; ok is false when it cannot tell. The result is valid until the next call.
	bound(b *event.Batch) (rows []int32, ok bool)
	// dearBound reports whether telling means to look through long texts.
	dearBound(b *event.Batch) bool
}

func (n *guarded) dearBound(b *event.Batch) bool { return n.guard != unchosen && n.scanner.dear(b, 0) }

func boundOf(n node, b *event.Batch) ([]int32, bool) {
	if x, ok := n.(bounder); ok {
		return x.bound(b)
	}
	return nil, false
}

func dearOf(n node, b *event.Batch) bool {
	x, ok := n.(bounder)
	return ok && x.dearBound(b)
}

func (n *sharedNode) bound(b *event.Batch) ([]int32, bool) { return boundOf(n.inner, b) }
func (n *sharedNode) dearBound(b *event.Batch) bool        { return dearOf(n.inner, b) }

func (n *logicNode) dearBound(b *event.Batch) bool {
	for _, a := range n.args {
		if dearOf(a, b) {
			return true
		}
	}
	return false
}

// bound of an And is the smallest that a part of it has, of an Or the union of all. Long texts are looked through only when
// no other part of an And can tell.
func (n *logicNode) bound(b *event.Batch) (rows []int32, ok bool) {
	if n.op == And {
		for _, dear := range []bool{false, true} {
			for _, a := range n.args {
				if dearOf(a, b) != dear {
					continue
				}
				if r, can := boundOf(a, b); can && (!ok || len(r) < len(rows)) {
					if rows, ok = r, true; len(rows) == 0 {
						return nil, true
					}
				}
			}
			if ok {
				return rows, true
			}
		}
		return nil, false
	}
	n.rows.reset(b.Len())
	for _, a := range n.args {
		r, can := boundOf(a, b)
		if !can {
			return nil, false
		}
		n.rows.add(r)
	}
	return n.rows.list(), true
}

// bound of a condition on a constant column is all or nothing.
func (n *unaryNode) bound(b *event.Batch) ([]int32, bool) {
	c := b.Column(n.col)
	v := event.Value{}
	if c != nil {
		if c.Encoding() != event.Constant {
			return nil, false
		}
		v = c.Const()
	}
	if triOf(n.call(v)) == triTrue {
		return nil, false // in every row; others may tell better
	}
	return nil, true
}

func (n *unaryNode) dearBound(*event.Batch) bool { return false }

// rowSet is a set of rows of a batch.
type rowSet struct {
	words []uint64
	rows  []int32
	n     int
}

func (s *rowSet) reset(rows int) {
	words := (rows + 63) / 64
	if cap(s.words) < words {
		s.words = make([]uint64, words)
	}
	s.words = s.words[:words]
	clear(s.words)
	s.n = 0
}

func (s *rowSet) fill(n int, rows []int32) {
	s.reset(n)
	s.add(rows)
}

func (s *rowSet) add(rows []int32) {
	for _, r := range rows {
		s.words[r>>6] |= 1 << (r & 63)
	}
	s.n += len(rows)
}

func (s *rowSet) has(row int32) bool { return s.words[row>>6]&(1<<(row&63)) != 0 }

// list returns the rows in order, valid until the next call.
func (s *rowSet) list() []int32 {
	s.rows = s.rows[:0]
	if s.n == 0 {
		return s.rows
	}
	for i, w := range s.words {
		for ; w != 0; w &= w - 1 {
			s.rows = append(s.rows, int32(i<<6+bits.TrailingZeros64(w)))
		}
	}
	return s.rows
}

// guardOf returns what the first argument of a call must contain for the call to be true, in the form that a literalSet looks for;
// without texts when there is no guard for it.
func (c *compiler) guardOf(e *Call) fn.Required {
	id := c.shared.number(e)
	need, ok := c.shared.guards[id]
	if !ok {
		need = c.findGuard(e)
		c.shared.guards[id] = need
	}
	return need
}

func (c *compiler) findGuard(e *Call) (need fn.Required) {
	if e.Fn.Needs == nil || len(e.Args) == 0 || len(Columns(e.Args[0])) != 1 || Volatile(e) {
		return need
	}
	known := make([]fn.Arg, len(e.Args))
	for i, a := range e.Args[1:] {
		if len(Columns(a)) > 0 {
			return need
		}
		if v, ok := Fold(a, c.env); ok {
			known[i+1] = fn.Arg{Const: true, Value: v}
		}
	}
	defer func() {
		if recover() != nil {
			need = fn.Required{} // the call itself will show what is wrong
		}
	}()
	given := e.Fn.Needs(known)
	texts := make([]string, len(given.Any))
	for i, t := range given.Any {
		if texts[i] = searchable(t); texts[i] == "" {
			return need
		}
	}
	given.Any = texts
	return given
}
