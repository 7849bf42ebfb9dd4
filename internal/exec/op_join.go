package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register(func(b *builder, n *plan.Join, out Sink) ([]Sink, error) {
		j := &join{b: b, plan: n, left: b.store(), right: b.store(), acc: b.account(), out: out,
			leftShape: b.shape(0), rightShape: b.shape(1)}
		leftKeys, err := b.programs(n.LeftKeys)
		if err != nil {
			return nil, err
		}
		rightKeys, err := b.programs(n.RightKeys)
		if err != nil {
			return nil, err
		}
		j.leftKeys = func(b *event.Batch) []*event.Column { return eval(leftKeys, b) }
		j.rightKeys = func(b *event.Batch) []*event.Column { return eval(rightKeys, b) }
		if n.Order != nil {
			if j.order, err = b.programs([]expr.Expr{n.Order.Left, n.Order.Right}); err != nil {
				return nil, err
			}
		}
		return []Sink{&joinLeft{j}, &joinRight{j}}, nil
	})
}

// join is a hash join. It keeps the right side. Left rows stream through when the right side has ended before they come, as
// lookup tables do, and nothing has to be known of all left rows; else they are kept too. When the right side has no room in
// memory both are split into parts ([join.inParts]).
type join struct {
	b                     *builder
	plan                  *plan.Join
	left, right           *store
	leftShape, rightShape plan.Shape
	leftKeys, rightKeys   func(*event.Batch) []*event.Column
	order                 []*expr.Program // of the left and the right row; none without an order
	leftDone, rightDone   bool
	enough                bool
	acc                   *account
	out                   Sink

	table                 *joinTable
	firsts                *keyIDs // InnerUnique: the keys that a left row has had
	leftNames, rightNames []string
	leftAs, rightAs       []string

	// In parts, right is a piece of the right side at a time. counts are the matches so far of the left rows of the part, and
	// final says that the piece is the last one; rows come out with tags that tell where they belong.
	tagged bool
	counts []int32
	final  bool
}

// joinTable finds right rows by key.
type joinTable struct {
	ids     *keyIDs
	rows    []ref
	head    []int32 // first row by key
	next    []int32 // next row of the same key, or -1
	matched []bool
	order   []event.Value // what the rows are ordered by; none without an order
}

type joinLeft struct{ *join }
type joinRight struct{ *join }

func (j joinRight) Push(b *event.Batch) error {
	if j.enough {
		return ErrEnough
	}
	return j.right.add(b)
}

func (j joinRight) Close() error {
	j.rightDone = true
	return j.advance()
}

func (j joinLeft) Push(b *event.Batch) error {
	if j.enough {
		return ErrEnough
	}
	if !j.streams() {
		return j.left.add(b)
	}
	if err := j.prepare(); err != nil {
		return err
	}
	return j.note(j.probe(b, 0))
}

func (j joinLeft) Close() error {
	j.leftDone = true
	return j.advance()
}

// streams reports whether a left batch can be joined as it comes.
func (j *join) streams() bool {
	if !j.rightDone || j.left.rows > 0 || !j.fits() {
		return false
	}
	switch j.plan.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		return true
	}
	// The names of the result depend on the columns of both sides.
	return !j.leftShape.Open
}

// fits reports whether the right side can be kept in memory.
func (j *join) fits() bool { return j.table != nil || j.right.away == 0 && !j.right.acc.full() }

// note remembers that the consumer has had enough.
func (j *join) note(err error) error {
	j.enough = j.enough || err == ErrEnough
	return err
}

// advance finishes when both sides have ended.
func (j *join) advance() error {
	if !j.leftDone || !j.rightDone {
		return nil
	}
	if err := j.finish(); err != nil && err != ErrEnough {
		return err
	}
	j.left.release()
	j.right.release()
	j.acc.free()
	return j.out.Close()
}

func (j *join) finish() error {
	if j.enough {
		return nil
	}
	if !j.fits() {
		j.name()
		return j.inParts()
	}
	if err := j.prepare(); err != nil {
		return err
	}
	if err := j.left.drain(func(b *event.Batch) error { return j.probe(b, 0) }); err != nil {
		return err
	}
	return j.rest()
}

// name names the columns.
func (j *join) name() {
	j.leftNames = j.left.existing(j.leftShape)
	j.rightNames = j.right.existing(j.rightShape)
	j.leftAs, j.rightAs = j.plan.Columns(j.leftNames, j.rightNames)
}

// prepare builds the table of the right side and names the columns, once.
func (j *join) prepare() error {
	if j.table != nil {
		return nil
	}
	if err := j.b.check(); err != nil {
		return err
	}
	j.right.pinned = true
	j.final = true
	j.name()
	j.build()
	return nil
}

// build makes the table of the right side.
func (j *join) build() {
	t := &joinTable{ids: newKeyIDs(len(j.plan.RightKeys)), rows: j.right.refs()}
	t.next = make([]int32, len(t.rows))
	t.matched = make([]bool, len(t.rows))
	var tail []int32
	at := int32(0)
	for _, b := range j.right.batches {
		ids := t.ids.columns(j.rightKeys(b))
		if j.order != nil {
			col := j.order[1].Eval(b)
			for i := range b.Len() {
				t.order = append(t.order, col.Value(i))
			}
		}
		for i := range b.Len() {
			t.next[at] = -1
			row := t.ids.row(ids, i)
			if j.plan.NullsMatch || !slices.Contains(row, 0) {
				id := t.ids.combine(row)
				if int(id) == len(t.head) {
					t.head, tail = append(t.head, at), append(tail, at)
				} else {
					t.next[tail[id]] = at
					tail[id] = at
				}
			}
			at++
		}
	}
	t.ids.freeze()
	j.table = t
	if j.plan.Kind == plan.InnerUnique {
		j.firsts = newKeyIDs(len(j.plan.LeftKeys))
	}
	j.acc.book(t.ids.size() + 17*int64(len(t.rows)) - j.acc.held)
}

func eval(progs []*expr.Program, b *event.Batch) []*event.Column {
	cols := make([]*event.Column, len(progs))
	for i, p := range progs {
		cols[i] = p.Eval(b)
	}
	return cols
}

// inOrder reports whether a pair is in the order that the plan asks for.
func (j *join) inOrder(left, right event.Value) bool {
	l, ok := left.Number()
	r, ok2 := right.Number()
	if !ok || !ok2 {
		return true
	}
	if j.plan.Order.Later {
		return r >= l
	}
	return r <= l
}

var nobody = ref{-1, -1}

// probe joins the rows of a left batch; in parts, base is the number of the first.
func (j *join) probe(b *event.Batch, base int) error {
	if err := j.b.check(); err != nil {
		return err
	}
	t := j.table
	kind := j.plan.Kind
	size := j.b.rows()
	left := &store{batches: []*event.Batch{b}, rows: b.Len()}
	var l, r []ref
	flush := func() error {
		if len(l) == 0 {
			return nil
		}
		if err := j.b.check(); err != nil {
			return err
		}
		b := j.pairs(left, l, r)
		l, r = nil, nil
		return j.out.Push(b)
	}
	put := func(a, b ref) error {
		if l, r = append(l, a), append(r, b); len(l) >= size {
			return flush()
		}
		return nil
	}
	keys := j.leftKeys(b)
	ids := t.ids.columns(keys)
	var own [][]uint32
	if j.firsts != nil {
		own = j.firsts.columns(keys)
	}
	var order *event.Column
	if j.order != nil {
		order = j.order[0].Eval(b)
	}
	var keep []int32
	for i := range b.Len() {
		row := t.ids.row(ids, i)
		first := int32(-1)
		if j.plan.NullsMatch || !slices.Contains(row, 0) {
			if id, ok := t.ids.find(row); ok {
				first = t.head[id]
			}
		}
		if own != nil && first >= 0 {
			before := j.firsts.n
			if int(j.firsts.combine(j.firsts.row(own, i))) < before {
				continue
			}
		}
		n := 0
		if j.counts != nil {
			n = int(j.counts[base+i])
		}
		switch kind {
		case plan.LeftSemi:
			if first >= 0 && n == 0 {
				keep = append(keep, int32(i))
				n++
			}
		case plan.LeftAnti:
			if first >= 0 {
				n++
			} else if j.final && n == 0 {
				keep = append(keep, int32(i))
			}
		case plan.RightSemi, plan.RightAnti:
			for at := first; at >= 0 && !t.matched[at]; at = t.next[at] {
				t.matched[at] = true
			}
		default:
			for at := first; at >= 0 && (j.plan.Max <= 0 || n < j.plan.Max); at = t.next[at] {
				if order != nil && !j.inOrder(order.Value(i), t.order[at]) {
					continue
				}
				t.matched[at] = true
				if err := put(ref{0, int32(i)}, t.rows[at]); err != nil {
					return err
				}
				n++
			}
			if n == 0 && j.final && (kind == plan.LeftOuter || kind == plan.FullOuter) {
				if err := put(ref{0, int32(i)}, nobody); err != nil {
					return err
				}
			}
		}
		if j.counts != nil {
			j.counts[base+i] = int32(n)
		}
	}
	if len(keep) > 0 {
		if err := j.out.Push(j.side(b.Gather(keep), j.leftNames, j.plan.LeftPrefix, true)); err != nil {
			return err
		}
	}
	return flush()
}

// rest pushes the right rows that are due when all left rows have come.
func (j *join) rest() error {
	want := false
	switch j.plan.Kind {
	case plan.RightSemi:
		want = true
	case plan.RightAnti, plan.RightOuter, plan.FullOuter:
	default:
		return nil
	}
	var rows []ref
	for i, r := range j.table.rows {
		if j.table.matched[i] == want {
			rows = append(rows, r)
		}
	}
	for part := range slices.Chunk(rows, j.b.rows()) {
		if err := j.b.check(); err != nil {
			return err
		}
		var b *event.Batch
		if j.plan.Kind == plan.RightSemi || j.plan.Kind == plan.RightAnti {
			names := j.rightNames
			if j.tagged {
				names = append(slices.Clone(names), seqColumn)
			}
			b = j.side(j.right.gather(names, part), j.rightNames, j.plan.RightPrefix, false)
		} else {
			left := make([]ref, len(part))
			for i := range left {
				left[i] = nobody
			}
			b = j.pairs(&store{}, left, part)
		}
		if err := j.out.Push(b); err != nil {
			return err
		}
	}
	return nil
}

// side makes rows of one side.
func (j *join) side(b *event.Batch, names []string, prefix string, left bool) *event.Batch {
	if prefix == "" && !j.tagged {
		return b
	}
	out := b.Derive()
	if !j.tagged {
		names = b.Names()
	}
	for _, n := range names {
		if c := b.Column(n); c != nil {
			out.Set(prefix+n, c)
		}
	}
	if j.tagged && left {
		j.tag(out, b.Column(seqColumn), nil)
	} else if j.tagged {
		j.tag(out, nil, b.Column(seqColumn))
	}
	return out
}

// pairs makes rows of both sides.
func (j *join) pairs(left *store, l, r []ref) *event.Batch {
	out := event.NewBatch(len(l))
	left.gatherInto(out, j.leftNames, j.leftAs, l)
	both := event.NewBatch(len(l))
	j.right.gatherInto(both, j.rightNames, j.rightNames, r)
	for i, as := range j.rightAs {
		if as == "" {
			continue
		}
		c := both.ColumnAt(i)
		if had := out.Column(as); had != nil {
			c = over(had, c)
		}
		out.Set(as, c)
	}
	if j.tagged {
		at, of := event.NewBatch(len(l)), event.NewBatch(len(l))
		left.gatherInto(at, []string{seqColumn}, []string{seqColumn}, l)
		j.right.gatherInto(of, []string{seqColumn}, []string{seqColumn}, r)
		j.tag(out, at.ColumnAt(0), of.ColumnAt(0))
	}
	lefts, rights := left.lineage(l), j.right.lineage(r)
	out.Lineage = paired(lefts, rights)
	return out
}

// paired returns the lineage of rows that are pairs.
func paired(l, r event.Lineage) event.Lineage {
	return event.Lineage{Pairs: func(i int) (a, b []event.Origin) { return l.Of(i), r.Of(i) }}
}

// over returns the values of top, and those of under where top has none.
func over(under, top *event.Column) *event.Column {
	vals := make([]event.Value, top.Len())
	for i := range vals {
		if vals[i] = top.Value(i); vals[i].IsNull() {
			vals[i] = under.Value(i)
		}
	}
	return event.NewColumn(vals)
}
