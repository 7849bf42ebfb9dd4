package exec

import (
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spill"
)

// A sorter puts rows in order. Those that memory has no room for are on disk, in runs that are sorted by themselves; in the end
// the runs are merged. Rows with equal keys stay in the order in which they came.
type sorter struct {
	b    *builder
	keys []plan.SortKey // their expressions are not used
	// total tells apart what collations do not.
	total bool
	limit int // how many rows are wanted; 0: all
	// values returns the keys' values in a batch. Each row is asked about once before it goes to disk.
	values func(*event.Batch) []*event.Column
	kept   *store
	runs   [][]spill.Block // each sorted, its batches with the keys' values in columns of their own
	names  columnsMet      // of what is in runs
}

// sorter returns a sorter on an account of the node's.
func (b *builder) sorter(keys []plan.SortKey, values func(*event.Batch) []*event.Column) *sorter {
	s := &sorter{b: b, keys: keys, values: values, kept: &store{run: b.task.run, acc: b.account()}}
	b.keep(s.kept.acc, s)
	return s
}

// maxFan bounds how many runs are merged at once.
const maxFan = 32

// keyColumn is the name under which a run holds a key.
func keyColumn(i int) string { return fmt.Sprintf("\x00key%d", i) }

func isKeyColumn(name string) bool { return strings.HasPrefix(name, "\x00key") }

func (s *sorter) add(b *event.Batch) error { return s.kept.add(b) }

func (s *sorter) holds() int64 {
	if s.kept.pinned || s.kept.rows == 0 {
		return 0
	}
	return s.kept.acc.held
}

func (s *sorter) settle() error { return s.kept.settle() }

func (s *sorter) drop() {
	for _, r := range s.runs {
		s.b.task.run.disk.Free(r...)
	}
	s.runs = nil
	s.kept.release()
}

// order returns the rows in memory in order, up to the limit.
func (s *sorter) order(keys [][]*event.Column) []ref {
	o := &ordering{}
	for i, k := range s.keys {
		cols := make([]*event.Column, len(keys))
		for j := range keys {
			cols[j] = keys[j][i]
		}
		o.add(cols, k, s.total)
	}
	at := o.sorted(s.kept.rows)
	if s.limit > 0 && len(at) > s.limit {
		at = at[:s.limit]
	}
	all := s.kept.refs()
	refs := make([]ref, len(at))
	for i, r := range at {
		refs[i] = all[r]
	}
	return refs
}

func (s *sorter) keyValues() [][]*event.Column {
	out := make([][]*event.Column, len(s.kept.batches))
	for i, b := range s.kept.batches {
		out[i] = s.values(b)
	}
	return out
}

// putAway writes the rows in memory to disk as a sorted run.
func (s *sorter) putAway() error {
	if s.kept.pinned || s.kept.rows == 0 {
		return nil
	}
	keys := s.keyValues()
	refs := s.order(keys)
	with := &store{rows: s.kept.rows}
	for i, b := range s.kept.batches {
		s.names.note(b)
		b = b.Clone()
		for j, c := range keys[i] {
			b.Set(keyColumn(j), c)
		}
		with.batches = append(with.batches, b)
	}
	w := blockWriter{run: s.b.task.run}
	if err := with.emit(pushFunc(w.add), with.names(), refs, 1024, s.b.check); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	s.runs = append(s.runs, w.blocks)
	s.kept.release()
	if len(s.runs) >= 2*maxFan {
		return s.shrink()
	}
	return nil
}

// shrink makes one run of the first ones. They are the oldest, so that rows with equal keys stay in order.
func (s *sorter) shrink() error {
	for len(s.runs) > maxFan {
		// The shortest stretch of neighbours is merged, lest the first run be written again and again.
		at, best := 0, int64(-1)
		for i := 0; i+maxFan <= len(s.runs); i++ {
			var n int64
			for _, r := range s.runs[i : i+maxFan] {
				for _, b := range r {
					n += b.Size()
				}
			}
			if best < 0 || n < best {
				at, best = i, n
			}
		}
		w := blockWriter{run: s.b.task.run}
		part := slices.Clone(s.runs[at : at+maxFan])
		for i := range part {
			s.runs[at+i] = nil // the merge frees them as it goes
		}
		if err := s.merge(part, 1024, w.add); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
		s.runs = slices.Replace(s.runs, at, at+maxFan, w.blocks)
	}
	return nil
}

// columns returns the names of the rows' columns, as a store does.
func (s *sorter) columns() []string {
	all := &store{met: s.names, batches: s.kept.batches}
	return all.names()
}

// finish pushes all rows in order, with the named columns, and leaves the sorter empty. It does not close out.
func (s *sorter) finish(names []string, out Sink) error {
	if len(s.runs) == 0 {
		if s.kept.rows == 0 {
			return nil
		}
		s.kept.pinned = true
		refs := s.order(s.keyValues())
		if err := s.kept.emit(out, names, refs, s.b.rows(), s.b.check); err != nil && err != ErrEnough {
			return err
		}
		s.kept.release()
		return nil
	}
	if err := s.putAway(); err != nil {
		return err
	}
	if err := s.shrink(); err != nil {
		return err
	}
	runs := s.runs
	s.runs = nil
	err := s.merge(runs, s.b.rows(), func(b *event.Batch) error { return out.Push(withColumns(b, names)) })
	if err != nil && err != ErrEnough {
		return err
	}
	return nil
}

// A cursor goes through a run.
type cursor struct {
	s      *sorter
	number int
	blocks []spill.Block
	queue  []*event.Batch // of the block, not looked at yet
	batch  *event.Batch
	at     int // of the batch among those that rows are taken from
	row    int
	keys   [][]sortable // by key, then row
	cols   []*event.Column
}

// next goes to the next row; false is the end of the run.
func (c *cursor) next() (bool, error) {
	if c.batch != nil {
		if c.row++; c.row < c.batch.Len() {
			return true, nil
		}
	}
	for len(c.queue) == 0 {
		if len(c.blocks) == 0 {
			return false, nil
		}
		run := c.s.b.task.run
		err := run.block(c.blocks[0], func(b *event.Batch) error {
			c.queue = append(c.queue, b)
			return nil
		})
		run.disk.Free(c.blocks[0])
		c.blocks = c.blocks[1:]
		if err != nil {
			return false, err
		}
	}
	c.batch, c.queue, c.row, c.at = c.queue[0], c.queue[1:], 0, -1
	c.keys, c.cols = make([][]sortable, len(c.s.keys)), make([]*event.Column, len(c.s.keys))
	for i, k := range c.s.keys {
		col := c.batch.Column(keyColumn(i))
		c.cols[i], c.keys[i] = col, make([]sortable, col.Len())
		for row := range c.keys[i] {
			if v := col.Value(row); !v.IsNull() { // class 0 is a null
				c.keys[i][row] = collate(v, k.Collation)
			}
		}
	}
	return true, nil
}

// before reports whether c's row comes before d's.
func (c *cursor) before(d *cursor) bool {
	for i, k := range c.s.keys {
		x, y := c.keys[i][c.row], d.keys[i][d.row]
		r := 0
		switch {
		case x.class == 0 && y.class == 0:
			continue
		case x.class == 0 || y.class == 0:
			return (x.class == 0) == k.NullsFirst
		default:
			if r = compareSortable(x, y); r == 0 && c.s.total {
				r = compareAtAll(c.cols[i].Value(c.row), d.cols[i].Value(d.row))
			}
		}
		if k.Desc {
			r = -r
		}
		if r != 0 {
			return r < 0
		}
	}
	return c.number < d.number
}

type cursors []*cursor

func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(i, j int) bool { return h[i].before(h[j]) }
func (h cursors) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cursors) Push(x any)        { *h = append(*h, x.(*cursor)) }
func (h *cursors) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// merge calls f with the rows of sorted runs in order, in batches of size rows with the keys' columns, and frees the runs.
func (s *sorter) merge(runs [][]spill.Block, size int, f func(*event.Batch) error) (err error) {
	h := make(cursors, 0, len(runs))
	all := make([]*cursor, 0, len(runs))
	defer func() {
		for _, c := range all {
			s.b.task.run.disk.Free(c.blocks...)
		}
	}()
	for i, r := range runs {
		all = append(all, &cursor{s: s, number: i, blocks: r})
	}
	for _, c := range all {
		if more, err := c.next(); err != nil {
			return err
		} else if more {
			h = append(h, c)
		}
	}
	heap.Init(&h)
	names := slices.Clone(s.names.order)
	for i := range s.keys {
		names = append(names, keyColumn(i))
	}
	left := s.limit
	from := &store{}
	var refs []ref
	flush := func() error {
		if len(refs) == 0 {
			return nil
		}
		if err := s.b.check(); err != nil {
			return err
		}
		b := from.gather(names, refs)
		from, refs = &store{}, nil
		for _, c := range h {
			c.at = -1
		}
		return f(b.Detach())
	}
	for len(h) > 0 {
		c := h[0]
		if c.at < 0 {
			c.at = len(from.batches)
			from.batches = append(from.batches, c.batch)
			from.cols = nil
		}
		refs = append(refs, ref{int32(c.at), int32(c.row)})
		if left--; left == 0 {
			return flush()
		}
		if len(refs) >= size {
			if err := flush(); err != nil {
				return err
			}
		}
		if more, err := c.next(); err != nil {
			return err
		} else if more {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return flush()
}

// pushFunc makes a function a sink.
type pushFunc func(*event.Batch) error

func (f pushFunc) Push(b *event.Batch) error { return f(b) }
func (f pushFunc) Close() error              { return nil }
