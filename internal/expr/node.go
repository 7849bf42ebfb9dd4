package expr

import "github.com/harrier-detect/harrier/internal/event"

func count(b *event.Batch, rows []int32) int {
	if rows != nil {
		return len(rows)
	}
	return b.Len()
}

func rowAt(rows []int32, i int) int {
	if rows != nil {
		return int(rows[i])
	}
	return i
}

type constNode struct{ v event.Value }

func (n *constNode) eval(b *event.Batch, rows []int32) *event.Column {
	return event.NewConstant(n.v, count(b, rows))
}

func (n *constNode) truth(_ *event.Batch, _ []int32, out []tri) {
	t := triOf(n.v)
	for i := range out {
		out[i] = t
	}
}

type colNode struct{ name string }

func (n *colNode) eval(b *event.Batch, rows []int32) *event.Column {
	c := b.Column(n.name)
	if c == nil {
		return event.NewConstant(event.Value{}, count(b, rows))
	}
	if rows != nil {
		return c.Gather(rows)
	}
	return c
}

func (n *colNode) truth(b *event.Batch, rows []int32, out []tri) { truthOf(n.eval(b, rows), out) }

func truthOf(c *event.Column, out []tri) {
	for i := range out {
		out[i] = triOf(c.Value(i))
	}
}

// unaryNode is a whole expression over one column. Over a dictionary it is computed once per code, ever.
type unaryNode struct {
	col string
	f   rowFunc
	in  [1]event.Value
}

// memo is what a unaryNode knows of one dictionary.
type memo struct {
	out    *event.Dict // images of the codes in done
	done   []uint64
	truths []tri // truth + 1 by code; 0 = not computed
}

// Up to so many rows a node computes one by one as long as it has no memo of their dictionary: the memo of a dictionary with a
// million values is big, and thousands of rules see a few rows only.
const few = 64

func (n *unaryNode) memo(d *event.Dict) *memo {
	m := event.Memo[memo](d, n)
	if m.out == nil {
		m.out = d.Derive()
	}
	return m
}

func (n *unaryNode) call(v event.Value) event.Value {
	n.in[0] = v
	return n.f(n.in[:])
}

func (n *unaryNode) eval(b *event.Batch, rows []int32) *event.Column {
	c := b.Column(n.col)
	if c == nil {
		return event.NewConstant(n.call(event.Value{}), count(b, rows))
	}
	switch c.Encoding() {
	case event.Constant:
		return event.NewConstant(n.call(c.Const()), count(b, rows))
	case event.Dictionary:
		if rows != nil {
			c = c.Gather(rows)
		}
		d, codes := c.Codes()
		if len(codes) <= few && d.Len() > 4*few && !d.Remembers(n) {
			vals := make([]event.Value, len(codes))
			for i, code := range codes {
				vals[i] = n.call(d.Value(code))
			}
			return event.NewColumn(vals)
		}
		m := n.memo(d)
		for _, code := range codes {
			w := int(code >> 6)
			if w >= len(m.done) {
				m.done = append(m.done, make([]uint64, w+1-len(m.done)+len(m.done)/2)...)
			}
			if bit := uint64(1) << (code & 63); m.done[w]&bit == 0 {
				m.done[w] |= bit
				m.out.Set(code, n.call(d.Value(code)))
			}
		}
		return event.NewDictionary(m.out, codes)
	}
	vals := make([]event.Value, count(b, rows))
	for i := range vals {
		vals[i] = n.call(c.Value(rowAt(rows, i)))
	}
	return event.NewColumn(vals)
}

func (n *unaryNode) truth(b *event.Batch, rows []int32, out []tri) {
	c := b.Column(n.col)
	if c == nil || c.Encoding() == event.Constant {
		v := event.Value{}
		if c != nil {
			v = c.Const()
		}
		t := triOf(n.call(v))
		for i := range out {
			out[i] = t
		}
		return
	}
	if c.Encoding() != event.Dictionary {
		for i := range out {
			out[i] = triOf(n.call(c.Value(rowAt(rows, i))))
		}
		return
	}
	d, codes := c.Codes()
	if len(out) <= few && d.Len() > 4*few && !d.Remembers(n) {
		for i := range out {
			out[i] = triOf(n.call(d.Value(codes[rowAt(rows, i)])))
		}
		return
	}
	m := n.memo(d)
	if have := d.Len(); len(m.truths) < have {
		d.Charge(have - len(m.truths) + have/4)
		m.truths = append(m.truths, make([]tri, have-len(m.truths)+have/4)...)
	}
	for i := range out {
		code := codes[rowAt(rows, i)]
		t := m.truths[code]
		if t == 0 {
			t = triOf(n.call(d.Value(code))) + 1
			m.truths[code] = t
		}
		out[i] = t - 1
	}
}

// naryNode combines several columns row by row; its inputs are columns or whole expressions of one column.
type naryNode struct {
	inputs []node
	f      rowFunc
	in     []event.Value
}

func (n *naryNode) each(b *event.Batch, rows []int32, put func(i int, v event.Value)) {
	cols := make([]*event.Column, len(n.inputs))
	for j, in := range n.inputs {
		cols[j] = in.eval(b, rows)
	}
	for i := range count(b, rows) {
		for j, c := range cols {
			n.in[j] = c.Value(i)
		}
		put(i, n.f(n.in))
	}
}

func (n *naryNode) eval(b *event.Batch, rows []int32) *event.Column {
	vals := make([]event.Value, count(b, rows))
	n.each(b, rows, func(i int, v event.Value) { vals[i] = v })
	return event.NewColumn(vals)
}

func (n *naryNode) truth(b *event.Batch, rows []int32, out []tri) {
	n.each(b, rows, func(i int, v event.Value) { out[i] = triOf(v) })
}

type notNode struct{ arg node }

func (n *notNode) eval(b *event.Batch, rows []int32) *event.Column { return boolColumn(n, b, rows) }
func (n *notNode) truth(b *event.Batch, rows []int32, out []tri) {
	n.arg.truth(b, rows, out)
	for i := range out {
		out[i] = triTrue - out[i]
	}
}

type logicNode struct {
	op   Op
	args []node
	rows rowSet
}

func (n *logicNode) eval(b *event.Batch, rows []int32) *event.Column { return boolColumn(n, b, rows) }

// truth asks each further condition only about the rows that the earlier ones have left open.
func (n *logicNode) truth(b *event.Batch, rows []int32, out []tri) {
	decided := triFalse
	if n.op == Or {
		decided = triTrue
	}
	n.args[0].truth(b, rows, out)
	var open, at []int32
	var part []tri
	for _, a := range n.args[1:] {
		open, at = open[:0], at[:0]
		for i, t := range out {
			if t != decided {
				open, at = append(open, int32(rowAt(rows, i))), append(at, int32(i))
			}
		}
		if len(open) == 0 {
			return
		}
		if cap(part) < len(open) {
			part = make([]tri, len(open))
		}
		part = part[:len(open)]
		a.truth(b, open, part)
		for j, i := range at {
			if n.op == And {
				out[i] = min(out[i], part[j])
			} else {
				out[i] = max(out[i], part[j])
			}
		}
	}
}

func boolColumn(n node, b *event.Batch, rows []int32) *event.Column {
	t := make([]tri, count(b, rows))
	n.truth(b, rows, t)
	nums := make([]uint64, len(t))
	valid := make([]uint64, (len(t)+63)/64)
	for i, x := range t {
		if x == triTrue {
			nums[i] = 1
		}
		if x != triNull {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	return event.NewPlain(event.Bool, nums, valid)
}
