package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spill"
)

// A store keeps the batches of an operator that needs all of its input. When memory runs out it puts them away on disk, from where
// they come back in order ([store.drain], [store.each]). As long as it has not, it makes batches of any of its rows; columns then
// stay as they are encoded while the batches agree on it.
type store struct {
	run     *run // nil: rows stay in memory
	acc     *account
	batches []*event.Batch     // those in memory
	rows    int                // of all batches
	cols    map[string]*stored // of the rows in memory so far; dropped by add

	blocks []spill.Block          // on disk, before those in memory
	away   int                    // rows on disk
	met    columnsMet             // of the batches on disk
	busy   bool                   // someone goes through the batches in memory
	pinned bool                   // someone refers to the rows in memory
	dicts  map[string]*event.Dict // of its own, by column: for codes of old generations
	// eager, when set, is how many bytes it holds before it puts them away without being asked.
	eager int64
}

// A ref names a row of a store.
type ref struct{ batch, row int32 }

// add keeps a batch.
func (s *store) add(b *event.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	b = b.Detach()
	s.batches = append(s.batches, b)
	s.rows += b.Len()
	s.cols = nil
	if err := s.acc.grow(batchSize(b)); err != nil {
		return err
	}
	if s.eager > 0 && s.holds() > s.eager {
		return s.putAway()
	}
	return nil
}

// release forgets the batches.
func (s *store) release() {
	s.acc.free()
	s.drop()
	s.batches, s.rows, s.away, s.cols, s.dicts, s.pinned, s.met = nil, 0, 0, nil, nil, false, columnsMet{}
}

func (s *store) holds() int64 {
	if s.run == nil || s.acc == nil || s.busy || s.pinned || len(s.batches) == 0 {
		return 0
	}
	return s.acc.held
}

// blockBytes is about how much a block on disk holds before compression: enough to be worth a write, little enough that a merge of
// many sorted runs has a block of each in memory.
const blockBytes = 256 << 10

// putAway writes what is in memory to disk.
func (s *store) putAway() error {
	if s.run == nil || s.busy || s.pinned || len(s.batches) == 0 {
		return nil
	}
	for _, b := range s.batches {
		s.met.note(b)
	}
	w := blockWriter{run: s.run}
	for i, b := range s.batches {
		if err := s.run.ctx.Err(); err != nil {
			return err
		}
		if err := w.add(b); err != nil {
			return err
		}
		s.batches[i] = nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	s.blocks = append(s.blocks, w.blocks...)
	s.away = s.rows
	s.batches, s.cols, s.dicts = nil, nil, nil
	s.acc.free()
	return nil
}

func (s *store) drop() {
	if len(s.blocks) > 0 {
		s.run.disk.Free(s.blocks...)
		s.blocks = nil
	}
}

// settle gives columns that refer to old dictionaries dictionaries of the store's own.
func (s *store) settle() error {
	if s.run == nil || s.busy || s.pinned {
		return nil
	}
	for i, b := range s.batches {
		out := b
		for j, name := range b.Names() {
			c := b.ColumnAt(j)
			if c.Encoding() != event.Dictionary {
				continue
			}
			if d, _ := c.Codes(); !d.Retired() {
				continue
			}
			if out == b {
				out = b.Clone()
			}
			out.Set(name, s.own(name, c))
		}
		if out != b {
			s.batches[i] = out
			s.cols = nil
			if err := s.acc.grow(batchSize(out) - batchSize(b)); err != nil {
				return err
			}
			if len(s.batches) == 0 { // they have been put away
				return nil
			}
		}
	}
	return nil
}

// own returns the column with codes of the store's own dictionary.
func (s *store) own(name string, c *event.Column) *event.Column {
	from, codes := c.Codes()
	d := s.dicts[name]
	if d == nil {
		if s.dicts == nil {
			s.dicts = map[string]*event.Dict{}
		}
		d = event.NewDict()
		s.dicts[name] = d
	}
	before := d.Bytes()
	known := map[uint32]uint32{}
	out := make([]uint32, len(codes))
	for i, code := range codes {
		to, ok := known[code]
		if !ok {
			if to, ok = d.Intern(from.Value(code)); !ok { // a list
				return event.NewAny(c.Values(nil))
			}
			known[code] = to
		}
		out[i] = to
	}
	s.acc.book(d.Bytes() - before)
	return event.NewDictionary(d, out)
}

// each calls f with all batches in order, which stay. It goes on when the run was cancelled: rows that are there are asked for then.
func (s *store) each(f func(*event.Batch) error) error {
	was := s.busy
	s.busy = true // f may make the run ask for room: what is in memory must not go to the end of the blocks now
	defer func() { s.busy = was }()
	for _, block := range s.blocks {
		if err := s.run.read(block, f); err != nil {
			return err
		}
	}
	for _, b := range s.batches {
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

// A storeReader gives the batches that a store had, in order.
type storeReader struct {
	run     *run
	blocks  []spill.Block
	queue   []*event.Batch // of the block before
	batches []*event.Batch
}

// reader takes the batches out of the store, which is empty from then on. The caller must close the reader.
func (s *store) reader() *storeReader {
	r := &storeReader{run: s.run, blocks: s.blocks, batches: s.batches}
	s.blocks = nil
	s.release()
	return r
}

// next returns the next batch, or nil at the end.
func (r *storeReader) next() (*event.Batch, error) {
	if r.run != nil {
		if err := r.run.ctx.Err(); err != nil {
			return nil, err
		}
	}
	for len(r.queue) == 0 && len(r.blocks) > 0 {
		err := r.run.block(r.blocks[0], func(b *event.Batch) error {
			r.queue = append(r.queue, b)
			return nil
		})
		if err != nil {
			return nil, err
		}
		r.run.disk.Free(r.blocks[0])
		r.blocks = r.blocks[1:]
	}
	from := &r.queue
	if len(*from) == 0 {
		if from = &r.batches; len(*from) == 0 {
			return nil, nil
		}
	}
	b := (*from)[0]
	(*from)[0] = nil
	*from = (*from)[1:]
	return b, nil
}

func (r *storeReader) close() {
	if len(r.blocks) > 0 {
		r.run.disk.Free(r.blocks...)
		r.blocks = nil
	}
}

// drain calls f with all batches in order and forgets them; the store is empty from the beginning. An error of f, ErrEnough
// included, ends it.
func (s *store) drain(f func(*event.Batch) error) error {
	r := s.reader()
	defer r.close()
	for {
		b, err := r.next()
		if b == nil || err != nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
}

// drainBack is drain from the last batch to the first.
func (s *store) drainBack(f func(*event.Batch) error) error {
	blocks, batches := s.blocks, s.batches
	s.blocks = nil
	s.release()
	defer func() {
		if len(blocks) > 0 {
			s.run.disk.Free(blocks...)
		}
	}()
	for {
		for i, b := range slices.Backward(batches) {
			batches[i] = nil
			if err := s.check(); err != nil {
				return err
			}
			if err := f(b); err != nil {
				return err
			}
		}
		if len(blocks) == 0 {
			return nil
		}
		last := blocks[len(blocks)-1]
		batches = batches[:0]
		if err := s.run.block(last, func(b *event.Batch) error {
			batches = append(batches, b)
			return nil
		}); err != nil {
			return err
		}
		s.run.disk.Free(last)
		blocks = blocks[:len(blocks)-1]
	}
}

func (s *store) check() error {
	if s.run == nil {
		return nil
	}
	return s.run.ctx.Err()
}

// load brings everything back into memory, for an operator that must see all of it at once, and keeps it there.
func (s *store) load() error {
	s.pinned = true
	if len(s.blocks) == 0 {
		return nil
	}
	blocks, tail := s.blocks, s.batches
	s.blocks, s.batches, s.away, s.cols = nil, nil, 0, nil
	keep := func(b *event.Batch) error {
		b = b.Clone()
		for i, name := range b.Names() {
			if c := b.ColumnAt(i); c.Encoding() == event.Dictionary {
				b.Set(name, s.own(name, c)) // one dictionary for all blocks
			}
		}
		s.batches = append(s.batches, b)
		if s.acc.book(batchSize(b)); s.acc.burst() {
			return s.acc.fail("it needs all rows at once")
		}
		return nil
	}
	for _, block := range blocks {
		err := s.run.block(block, keep)
		s.run.disk.Free(block)
		if err != nil {
			return err
		}
	}
	s.batches = append(s.batches, tail...)
	return nil
}

// refs returns all rows in order.
func (s *store) refs() []ref {
	out := make([]ref, 0, s.rows)
	for i, b := range s.batches {
		for j := range b.Len() {
			out = append(out, ref{int32(i), int32(j)})
		}
	}
	return out
}

// columnsMet are the columns that batches had, in the order of first appearance, and those of them that had a value.
type columnsMet struct {
	order []string
	has   map[string]bool // by name: some row has a value
	last  []string
}

func (m *columnsMet) note(b *event.Batch) {
	if m.has == nil {
		m.has = map[string]bool{}
	}
	if names := b.Names(); !sameNames(names, m.last) {
		m.last = names
		for _, n := range names {
			if _, known := m.has[n]; !known {
				m.has[n] = false
				m.order = append(m.order, n)
			}
		}
	}
	for i, n := range b.Names() {
		if !m.has[n] && hasValue(b.ColumnAt(i)) {
			m.has[n] = true
		}
	}
}

// names returns the columns of all batches in the order of first appearance.
func (s *store) names() []string {
	out := slices.Clone(s.met.order)
	seen := map[string]bool{}
	for _, n := range out {
		seen[n] = true
	}
	var last []string
	for _, b := range s.batches {
		names := b.Names()
		if sameNames(names, last) {
			continue
		}
		last = names
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// existing returns the columns that there are under a shape. When it is closed these are its names. Else they are those in
// which some row has a value, and its names; in the order in which they come when all batches agree on it, else its names
// first and the others sorted, since the order of their coming depends on how the input is cut.
func (s *store) existing(shape plan.Shape) []string {
	if !shape.Open {
		return shape.Names
	}
	sure := map[string]bool{}
	for _, n := range shape.Names {
		sure[n] = true
	}
	var out []string
	if !shape.Uniform {
		out = slices.Clone(shape.Names)
	}
	first := len(out)
	for _, n := range s.names() {
		if sure[n] && shape.Uniform || !sure[n] && s.exists(n) {
			out = append(out, n)
		}
	}
	if !shape.Uniform {
		slices.Sort(out[first:])
		return out
	}
	for _, n := range shape.Names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (s *store) exists(name string) bool {
	if s.met.has[name] {
		return true
	}
	for _, b := range s.batches {
		if c := b.Column(name); c != nil && hasValue(c) {
			return true
		}
	}
	return false
}

// hasValue reports whether some row of c is not missing.
func hasValue(c *event.Column) bool {
	switch c.Encoding() {
	case event.Constant:
		return c.Len() > 0 && !c.Const().IsMissing()
	case event.Plain:
		return c.Len() > 0
	case event.Dictionary:
		d, codes := c.Codes()
		for _, code := range codes {
			if code > event.CodeNull && !d.Derived() || !d.Value(code).IsMissing() {
				return true
			}
		}
		return false
	}
	for i := range c.Len() {
		if !c.Value(i).IsMissing() {
			return true
		}
	}
	return false
}

// stored is one column over all batches of a store.
type stored struct {
	cols []*event.Column // nil where a batch lacks it or has nothing but missing values
	// mode is the encoding that all rows can have together; konst, dict and kind belong to it.
	mode  event.Encoding
	konst event.Value
	dict  *event.Dict
	kind  event.Kind
}

func (s *store) column(name string) *stored {
	if c := s.cols[name]; c != nil {
		return c
	}
	c := &stored{cols: make([]*event.Column, len(s.batches))}
	for i, b := range s.batches {
		if col := b.Column(name); col != nil && !col.AllMissing() {
			c.cols[i] = col
		}
	}
	c.decide()
	if s.cols == nil {
		s.cols = map[string]*stored{}
	}
	s.cols[name] = c
	return c
}

func (c *stored) decide() {
	var first *event.Column
	same, absent, lazy := true, false, false
	for _, col := range c.cols {
		switch {
		case col == nil:
			absent = true
			continue
		case first == nil:
			first = col
		default:
			same = same && alike(first, col)
		}
		lazy = lazy || col.Encoding() == event.Lazy
	}
	c.mode = event.Any
	switch {
	case first == nil:
		c.mode = event.Constant
	case lazy:
		c.mode = event.Lazy
	case !same:
	case first.Encoding() == event.Dictionary:
		if c.dict, _ = first.Codes(); !absent || !c.dict.Derived() {
			c.mode = event.Dictionary
		}
	case absent:
	case first.Encoding() == event.Constant:
		c.mode, c.konst = event.Constant, first.Const()
	case first.Encoding() == event.Plain:
		c.kind, _, _ = first.PlainKind()
		c.mode = event.Plain
	}
}

// alike reports whether two columns can stay encoded as they are when they become one.
func alike(a, b *event.Column) bool {
	if a.Encoding() != b.Encoding() {
		return false
	}
	switch a.Encoding() {
	case event.Constant:
		return identical(a.Const(), b.Const())
	case event.Dictionary:
		x, _ := a.Codes()
		y, _ := b.Codes()
		return x == y
	case event.Plain:
		x, _, _ := a.PlainKind()
		y, _, _ := b.PlainKind()
		return x == y
	}
	return true
}

// identical is Equal that also tells 1 from 1.0.
func identical(a, b event.Value) bool { return a.Kind() == b.Kind() && event.Equal(a, b) }

func (c *stored) value(r ref) event.Value {
	if r.batch < 0 {
		return event.NullValue
	}
	if col := c.cols[r.batch]; col != nil {
		return col.Value(int(r.row))
	}
	return event.Value{}
}

// gather returns the column of the given rows; a row with a negative batch is null.
func (c *stored) gather(refs []ref, nulls bool) *event.Column {
	mode := c.mode
	if nulls && (mode == event.Constant || mode == event.Dictionary && c.dict.Derived()) {
		mode = event.Any
	}
	switch mode {
	case event.Constant:
		return event.NewConstant(c.konst, len(refs))
	case event.Dictionary:
		codes := make([]uint32, len(refs))
		var at []uint32
		last := int32(-2)
		for i, r := range refs {
			if r.batch != last {
				last, at = r.batch, nil
				if r.batch >= 0 {
					if col := c.cols[r.batch]; col != nil {
						_, at = col.Codes()
					}
				}
			}
			switch {
			case at != nil:
				codes[i] = at[r.row]
			case r.batch < 0:
				codes[i] = event.CodeNull
			}
		}
		return event.NewDictionary(c.dict, codes)
	case event.Plain:
		nums := make([]uint64, len(refs))
		var valid []uint64
		if nulls {
			valid = allValid(len(refs))
		}
		var at, ok []uint64
		last := int32(-2)
		for i, r := range refs {
			if r.batch < 0 {
				valid[i>>6] &^= 1 << (i & 63)
				continue
			}
			if r.batch != last {
				last = r.batch
				_, at, ok = c.cols[r.batch].PlainKind()
			}
			nums[i] = at[r.row]
			if ok != nil && ok[r.row>>6]&(1<<(r.row&63)) == 0 {
				if valid == nil {
					valid = allValid(len(refs))
				}
				valid[i>>6] &^= 1 << (i & 63)
			}
		}
		return event.NewPlain(c.kind, nums, valid)
	case event.Lazy:
		kept := refs
		return event.NewLazy(len(refs), func(i int) event.Value { return c.value(kept[i]) })
	}
	vals := make([]event.Value, len(refs))
	for i, r := range refs {
		vals[i] = c.value(r)
	}
	return event.NewAny(vals)
}

func allValid(n int) []uint64 {
	v := make([]uint64, (n+63)/64)
	for i := range v {
		v[i] = ^uint64(0)
	}
	return v
}

// gather returns a batch of the given rows with the named columns. Lazy columns and lineage refer to refs: the caller must not
// change them.
func (s *store) gather(names []string, refs []ref) *event.Batch {
	b := event.NewBatch(len(refs))
	s.gatherInto(b, names, names, refs)
	b.Lineage = s.lineage(refs)
	return b
}

// gatherInto sets the named columns of the rows in b, under the names of as.
func (s *store) gatherInto(b *event.Batch, names, as []string, refs []ref) {
	nulls := false
	for _, r := range refs {
		if r.batch < 0 {
			nulls = true
			break
		}
	}
	for i, n := range names {
		b.Set(as[i], s.column(n).gather(refs, nulls))
	}
}

func (s *store) lineage(refs []ref) event.Lineage {
	one := true
	for _, b := range s.batches {
		one = one && b.Lineage.One != nil
	}
	var out event.Lineage
	if one && len(refs) > 0 {
		out.One = make([]event.Origin, len(refs))
		for i, r := range refs {
			if r.batch < 0 {
				one = false
				break
			}
			out.One[i] = s.batches[r.batch].Lineage.One[r.row]
		}
		if one {
			return out
		}
		out.One = nil
	}
	for _, b := range s.batches {
		if b.Lineage.Pairs != nil {
			kept, batches := refs, s.batches
			out.Pairs = func(i int) (a, b []event.Origin) {
				if r := kept[i]; r.batch >= 0 {
					return batches[r.batch].Lineage.Parts(int(r.row))
				}
				return nil, nil
			}
			return out
		}
	}
	out.Sets = make([][]event.Origin, len(refs))
	for i, r := range refs {
		if r.batch >= 0 {
			out.Sets[i] = s.batches[r.batch].Lineage.Of(int(r.row))
		}
	}
	return out
}

// withColumns returns b with just the named columns; those that it lacks are missing.
func withColumns(b *event.Batch, names []string) *event.Batch {
	if sameNames(b.Names(), names) {
		return b
	}
	out := b.Derive()
	for _, n := range names {
		c := b.Column(n)
		if c == nil {
			c = event.NewConstant(event.Value{}, b.Len())
		}
		out.Set(n, c)
	}
	return out
}

// all returns one batch of all rows, which must be in memory, with the named columns.
func (s *store) all(names []string) *event.Batch {
	if len(s.batches) == 1 {
		return withColumns(s.batches[0], names)
	}
	return s.gather(names, s.refs())
}

// emit pushes the given rows with the named columns in batches of size rows.
func (s *store) emit(out Sink, names []string, refs []ref, size int, check func() error) error {
	for len(refs) > 0 {
		if err := check(); err != nil {
			return err
		}
		n := min(size, len(refs))
		if err := out.Push(s.gather(names, refs[:n])); err != nil {
			return err
		}
		refs = refs[n:]
	}
	return nil
}
