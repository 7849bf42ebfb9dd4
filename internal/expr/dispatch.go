package expr

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Dispatch tells which of many programs can be true at all in a batch. Batches hold events of one class, so that much of what
// rules ask first (which log, which event) has one value in all rows and decides most rules at once; the answer is kept by these
// values, and the rules that cannot hold cost a batch nothing. It belongs to one goroutine.
type Dispatch struct {
	progs []*Program
	cols  []*dispatchColumn
	known map[string][]int32
	key   []byte
}

// dispatchColumn is a column whose constant values count.
type dispatchColumn struct {
	name string
	ids  map[string]uint16 // of the values met; 0 stands for a column that varies
	id   uint16            // in the batch at hand
	at   *event.Column
}

const (
	maxDispatchColumns = 64
	// A column with more values than this is no class of events but an id, a time or a name.
	maxDispatchValues = 64
	maxDispatchKeys   = 4096
)

// NewDispatch prepares to choose among programs, by their place; nil is a program that is always true.
func NewDispatch(progs []*Program) *Dispatch {
	d := &Dispatch{progs: progs}
	reads := map[string]int{}
	for _, p := range progs {
		if p != nil {
			own := map[string]bool{}
			columnsAlone(p.root, own)
			for name := range own {
				reads[name]++
			}
		}
	}
	for name := range reads {
		if name != event.RawField {
			d.cols = append(d.cols, &dispatchColumn{name: name, ids: map[string]uint16{}})
		}
	}
	slices.SortFunc(d.cols, func(a, b *dispatchColumn) int {
		return cmp.Or(reads[b.name]-reads[a.name], cmp.Compare(a.name, b.name))
	})
	d.cols = d.cols[:min(len(d.cols), maxDispatchColumns)]
	return d
}

// columnsAlone collects the columns that conditions of one column read.
func columnsAlone(n node, to map[string]bool) {
	switch n := n.(type) {
	case *unaryNode:
		to[n.col] = true
	case *guarded:
		to[n.col] = true
	case *sharedNode:
		columnsAlone(n.inner, to)
	case *meteredNode:
		columnsAlone(n.node, to)
	case *notNode:
		columnsAlone(n.arg, to)
	case *logicNode:
		for _, a := range n.args {
			columnsAlone(a, to)
		}
	}
}

// Possible returns the places of the programs that may be true in some row of b, in order. The result is not to be changed.
func (d *Dispatch) Possible(b *event.Batch) []int32 {
	d.key = d.key[:0]
	for i := 0; i < len(d.cols); i++ {
		c := d.cols[i]
		c.look(b)
		if len(c.ids) > maxDispatchValues {
			d.cols = slices.Delete(d.cols, i, i+1)
			d.known = nil
			return d.Possible(b)
		}
		d.key = binary.LittleEndian.AppendUint16(d.key, c.id)
	}
	out, ok := d.known[string(d.key)]
	if !ok {
		s := settled{by: map[string]event.Value{}, nodes: map[node][2]tri{}}
		for _, c := range d.cols {
			if c.id > 0 {
				s.by[c.name] = event.Value{}
				if c.at != nil {
					s.by[c.name] = c.at.Const()
				}
			}
		}
		out = []int32{}
		for i, p := range d.progs {
			if p != nil {
				if _, most := s.of(p.root); most != triTrue {
					continue
				}
			}
			out = append(out, int32(i))
		}
		if d.known == nil || len(d.known) >= maxDispatchKeys {
			d.known = map[string][]int32{}
		}
		d.known[string(d.key)] = out
	}
	return out
}

// look finds the number of the column's value in a batch.
func (c *dispatchColumn) look(b *event.Batch) {
	c.id, c.at = 0, b.Column(c.name)
	v := event.Value{}
	if c.at != nil {
		if c.at.Encoding() != event.Constant {
			return
		}
		v = c.at.Const()
	}
	var buf [64]byte
	key := event.AppendKey(append(buf[:0], byte(v.Kind())), v)
	id, ok := c.ids[string(key)]
	if !ok {
		id = uint16(len(c.ids) + 1)
		c.ids[string(key)] = id
	}
	c.id = id
}

// settled tells what is known of conditions when some columns have one value in all rows.
type settled struct {
	by    map[string]event.Value
	nodes map[node][2]tri
}

// of returns the least and the most that a condition can be.
func (s *settled) of(n node) (least, most tri) {
	switch n := n.(type) {
	case *constNode:
		t := triOf(n.v)
		return t, t
	case *unaryNode:
		return s.unary(n)
	case *guarded:
		return s.unary(n.unaryNode)
	case *meteredNode:
		return s.of(n.node)
	case *notNode:
		least, most = s.of(n.arg)
		return triTrue - most, triTrue - least
	case *sharedNode:
		if t, ok := s.nodes[n]; ok {
			return t[0], t[1]
		}
		least, most = s.of(n.inner)
		s.nodes[n] = [2]tri{least, most}
		return least, most
	case *logicNode:
		least, most = s.of(n.args[0])
		for _, a := range n.args[1:] {
			l, m := s.of(a)
			if n.op == And {
				least, most = min(least, l), min(most, m)
			} else {
				least, most = max(least, l), max(most, m)
			}
		}
		return least, most
	}
	return triFalse, triTrue
}

func (s *settled) unary(n *unaryNode) (least, most tri) {
	v, ok := s.by[n.col]
	if !ok {
		return triFalse, triTrue
	}
	// A fault of a function is its rule's alone: it shows again when the rule is evaluated.
	least, most = triFalse, triTrue
	defer func() { recover() }()
	t := triOf(n.call(v))
	return t, t
}
