package exec

import (
	"math"
	"slices"
	"weak"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// valueIDs numbers values: equal values (event.Equal) have the same number. Null and missing are one value, number 0; the
// others count from 1 in the order in which they came. Over a dictionary column a value is looked up once.
type valueIDs struct {
	vals    []event.Value
	strings map[string]uint32
	fixed   map[fixedKey]uint32
	nested  map[string]uint32
	memos   map[weak.Pointer[event.Dict]][]uint32 // number + 1 by code
	bytes   int64
	buf     []byte
	// frozen numbers no new values: those that are not there yet are unknown.
	frozen bool
}

// unknown is the number that a frozen valueIDs gives to a value it has not seen.
const unknown = ^uint32(0) - 1

type fixedKey struct {
	kind event.Kind
	num  uint64
}

// maxMemos bounds the dictionaries remembered at a time: generations come and go. Up to few rows are numbered without a memo of
// their dictionary, which may have a million values.
const (
	maxMemos = 8
	few      = 64
)

// of returns the numbers of all values of c in dst's memory.
func (v *valueIDs) of(c *event.Column, dst []uint32) []uint32 {
	n := c.Len()
	if cap(dst) < n {
		dst = make([]uint32, n)
	}
	dst = dst[:n]
	switch c.Encoding() {
	case event.Constant:
		if n > 0 {
			id := v.id(c.Const())
			for i := range dst {
				dst[i] = id
			}
		}
	case event.Dictionary:
		d, codes := c.Codes()
		key := weak.Make(d)
		memo := v.memos[key]
		if memo == nil && len(codes) <= few {
			for i, code := range codes {
				dst[i] = v.id(d.Value(code))
			}
			break
		}
		if n := d.Len(); len(memo) < n {
			if v.memos == nil || memo == nil && len(v.memos) >= maxMemos {
				v.memos = map[weak.Pointer[event.Dict]][]uint32{}
			}
			grown := make([]uint32, n+n/4)
			copy(grown, memo)
			memo = grown
			v.memos[key] = memo
		}
		for i, code := range codes {
			id := memo[code]
			if id == 0 {
				id = v.id(d.Value(code)) + 1
				memo[code] = id
			}
			dst[i] = id - 1
		}
	default:
		for i := range dst {
			dst[i] = v.id(c.Value(i))
		}
	}
	return dst
}

// id returns the number of one value.
func (v *valueIDs) id(val event.Value) uint32 {
	if val.IsNull() {
		return 0
	}
	next := uint32(len(v.vals) + 1)
	switch val.Kind() {
	case event.String:
		if id, ok := v.strings[val.Str()]; ok {
			return id
		}
		if v.frozen {
			return unknown
		}
		if v.strings == nil {
			v.strings = map[string]uint32{}
		}
		v.strings[val.Str()] = next
	case event.List, event.Object:
		v.buf = event.AppendKey(v.buf[:0], val)
		if id, ok := v.nested[string(v.buf)]; ok {
			return id
		}
		if v.frozen {
			return unknown
		}
		if v.nested == nil {
			v.nested = map[string]uint32{}
		}
		v.nested[string(v.buf)] = next
		v.bytes += int64(len(v.buf))
	default:
		k := fixedKey{val.Kind(), uint64(val.Ticks())}
		if k.kind == event.Float {
			// As event.AppendKey has it: a whole number is the same number in either kind.
			if f := val.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<62 {
				k = fixedKey{event.Int, uint64(int64(f))}
			}
		}
		if id, ok := v.fixed[k]; ok {
			return id
		}
		if v.frozen {
			return unknown
		}
		if v.fixed == nil {
			v.fixed = map[fixedKey]uint32{}
		}
		v.fixed[k] = next
	}
	v.vals = append(v.vals, val)
	v.bytes += int64(64 + val.Size())
	return next
}

// value returns the value of a number: the first of those that are equal.
func (v *valueIDs) value(id uint32) event.Value {
	if id == 0 {
		return event.NullValue
	}
	return v.vals[id-1]
}

// values returns all values but null, in the order in which they came.
func (v *valueIDs) values() []event.Value { return v.vals }

// size estimates the bytes held, memos apart.
func (v *valueIDs) size() int64 { return v.bytes }

// keyIDs numbers combinations of values, from 0 in the order in which they come.
type keyIDs struct {
	parts []*valueIDs
	// A combination of n parts is numbered by pairing: of the first two, of that pair with the third, and so on.
	pairs  []map[uint64]uint32
	single []uint32 // with one part: number + 1 by value number
	keys   []uint32 // the value numbers of each combination, one after the other
	n      int
	bufs   [][]uint32
	one    []uint32
}

func newKeyIDs(parts int) *keyIDs {
	k := &keyIDs{bufs: make([][]uint32, parts), one: make([]uint32, parts)}
	for range parts {
		k.parts = append(k.parts, &valueIDs{})
	}
	for range parts - 1 {
		k.pairs = append(k.pairs, map[uint64]uint32{})
	}
	return k
}

// combine returns the number of a combination of value numbers.
func (k *keyIDs) combine(ids []uint32) uint32 {
	switch len(ids) {
	case 0:
		k.n = 1
		return 0
	case 1:
		id := ids[0]
		for int(id) >= len(k.single) {
			k.single = append(k.single, make([]uint32, max(64, len(k.single)))...)
		}
		if k.single[id] == 0 {
			k.single[id] = k.add(ids) + 1
		}
		return k.single[id] - 1
	}
	at := ids[0]
	last := len(k.pairs) - 1
	for i, m := range k.pairs {
		pair := uint64(at)<<32 | uint64(ids[i+1])
		id, ok := m[pair]
		if !ok {
			if id = uint32(len(m)); i == last {
				id = k.add(ids)
			}
			m[pair] = id
		}
		at = id
	}
	return at
}

func (k *keyIDs) add(ids []uint32) uint32 {
	k.keys = append(k.keys, ids...)
	k.n++
	return uint32(k.n - 1)
}

// find is combine that adds nothing.
func (k *keyIDs) find(ids []uint32) (uint32, bool) {
	switch len(ids) {
	case 0:
		return 0, k.n > 0
	case 1:
		if int(ids[0]) < len(k.single) && k.single[ids[0]] != 0 {
			return k.single[ids[0]] - 1, true
		}
		return 0, false
	}
	at, ok := ids[0], true
	for i, m := range k.pairs {
		if at, ok = m[uint64(at)<<32|uint64(ids[i+1])]; !ok {
			return 0, false
		}
	}
	return at, true
}

// columns numbers the values of each part; the result is valid until the next call.
func (k *keyIDs) columns(cols []*event.Column) [][]uint32 {
	for i, c := range cols {
		k.bufs[i] = k.parts[i].of(c, k.bufs[i])
	}
	return k.bufs
}

// row returns the value numbers of row i, valid until the next call.
func (k *keyIDs) row(ids [][]uint32, i int) []uint32 {
	for j := range ids {
		k.one[j] = ids[j][i]
	}
	return k.one
}

// value returns the value of a part of a combination.
func (k *keyIDs) value(id uint32, part int) event.Value {
	return k.parts[part].value(k.keys[int(id)*len(k.parts)+part])
}

// freeze makes columns give unknown values no numbers; find tells that their combinations are not there.
func (k *keyIDs) freeze() {
	for _, p := range k.parts {
		p.frozen = true
	}
}

func (k *keyIDs) size() int64 {
	n := int64(k.n) * int64(4+24*len(k.parts))
	for _, p := range k.parts {
		n += p.size()
	}
	return n
}

// A grouper puts the rows of batches into groups, as a plan.Grouping says.
type grouper struct {
	plan.Grouping
	*keyIDs
	progs []*expr.Program
}

// none is the group of rows that belong to none.
const none = ^uint32(0)

func (b *builder) grouper(g plan.Grouping) (*grouper, error) {
	progs, err := b.named(g.By)
	if err != nil {
		return nil, err
	}
	return &grouper{g, newKeyIDs(len(g.By)), progs}, nil
}

// A membership tells the groups of the rows of a batch: one each, or, when starts is set, those in
// groups[starts[i]:starts[i+1]].
type membership struct {
	groups []uint32
	starts []int32
}

// first returns the first group of a row, or none.
func (m membership) first(row int) uint32 {
	if m.starts == nil {
		return m.groups[row]
	}
	if m.starts[row] == m.starts[row+1] {
		return none
	}
	return m.groups[m.starts[row]]
}

// assign returns the groups of the rows of a batch.
func (g *grouper) assign(b *event.Batch) membership { return g.place(g.evaluate(b), b.Len()) }

// evaluate returns the keys of the rows of a batch.
func (g *grouper) evaluate(b *event.Batch) []*event.Column { return eval(g.progs, b) }

// lists reports whether a key may put a row into several groups, or none.
func (g *grouper) lists(cols []*event.Column) bool {
	return g.SplitLists && slices.ContainsFunc(cols, hasLists)
}

// place returns the groups of n rows with the given keys.
func (g *grouper) place(cols []*event.Column, n int) membership {
	if len(cols) > 0 && g.lists(cols) {
		return g.split(cols, n)
	}
	return g.flat(cols, n)
}

// flat is place for keys that are taken as they are.
func (g *grouper) flat(cols []*event.Column, n int) membership {
	if len(cols) == 0 {
		if n > 0 {
			g.n = 1
		}
		return membership{groups: make([]uint32, n)}
	}
	ids := g.columns(cols)
	out := make([]uint32, n)
	if len(ids) == 1 {
		for i, id := range ids[0] {
			if id == 0 && g.DropNull {
				out[i] = none
				continue
			}
			if int(id) < len(g.single) && g.single[id] != 0 {
				out[i] = g.single[id] - 1
				continue
			}
			out[i] = g.combine(ids[0][i : i+1])
		}
		return membership{groups: out}
	}
rows:
	for i := range out {
		row := g.row(ids, i)
		if g.DropNull {
			for _, id := range row {
				if id == 0 {
					out[i] = none
					continue rows
				}
			}
		}
		out[i] = g.combine(row)
	}
	return membership{groups: out}
}

func hasLists(c *event.Column) bool {
	switch c.Encoding() {
	case event.Plain:
		return false
	case event.Constant:
		return c.Const().Kind() == event.List
	case event.Dictionary:
		d, codes := c.Codes()
		if !d.Derived() {
			return false
		}
		for _, code := range codes {
			if d.Value(code).Kind() == event.List {
				return true
			}
		}
		return false
	}
	for i := range c.Len() {
		if c.Value(i).Kind() == event.List {
			return true
		}
	}
	return false
}

// split is assign for keys some of which are lists: a row belongs to one group for each combination of elements.
func (g *grouper) split(cols []*event.Column, n int) membership {
	m := membership{starts: make([]int32, 1, n+1)}
	options := make([][]uint32, len(cols))
	ids := make([]uint32, len(cols))
	for i := range n {
		empty := false
		for j, c := range cols {
			options[j] = g.elements(c.Value(i), j, options[j][:0])
			empty = empty || len(options[j]) == 0
		}
		if !empty {
			m.groups = g.product(options, ids, 0, m.groups)
		}
		m.starts = append(m.starts, int32(len(m.groups)))
	}
	return m
}

func (g *grouper) elements(v event.Value, part int, to []uint32) []uint32 {
	add := func(e event.Value) {
		id := g.parts[part].id(e)
		if id == 0 && g.DropNull {
			return
		}
		if g.DedupLists {
			for _, have := range to {
				if have == id {
					return
				}
			}
		}
		to = append(to, id)
	}
	if v.Kind() != event.List {
		add(v)
		return to
	}
	if len(v.List()) == 0 {
		add(event.NullValue)
	}
	for _, e := range v.List() {
		add(e)
	}
	return to
}

// memberships calls f with each group that each row belongs to, as the keys of the group, in the order in which place numbers them.
// The keys are valid during the call only.
func (g *grouper) memberships(cols []*event.Column, n int, f func(row int, keys []event.Value)) {
	keys := make([]event.Value, len(cols))
	options := make([][]event.Value, len(cols))
	split := g.lists(cols)
	var product func(row, at int)
	product = func(row, at int) {
		if at == len(cols) {
			f(row, keys)
			return
		}
		for _, v := range options[at] {
			keys[at] = v
			product(row, at+1)
		}
	}
	for row := range n {
		for j, c := range cols {
			options[j] = options[j][:0]
			vals := []event.Value{c.Value(row)}
			if l := vals[0]; split && l.Kind() == event.List {
				if vals = l.List(); len(vals) == 0 {
					vals = []event.Value{event.NullValue}
				}
			}
			for _, v := range vals {
				if v.IsNull() {
					if g.DropNull {
						continue
					}
					v = event.NullValue
				}
				if split && g.DedupLists && slices.ContainsFunc(options[j], func(o event.Value) bool { return event.Equal(o, v) }) {
					continue
				}
				options[j] = append(options[j], v)
			}
		}
		product(row, 0)
	}
}

func (g *grouper) product(options [][]uint32, ids []uint32, at int, to []uint32) []uint32 {
	if at == len(options) {
		return append(to, g.combine(ids))
	}
	for _, id := range options[at] {
		ids[at] = id
		to = g.product(options, ids, at+1, to)
	}
	return to
}
