package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A store keeps the batches of an operator that needs all of its input, and makes batches of any of their rows. Columns stay
// as they are encoded while the batches agree on it.
type store struct {
	acc     *account
	batches []*event.Batch
	rows    int
	cols    map[string]*stored // of the rows so far; dropped by add
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
	return s.acc.grow(batchSize(b))
}

// release forgets the batches.
func (s *store) release() {
	s.acc.free()
	s.batches, s.rows, s.cols = nil, 0, nil
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

// names returns the columns of all batches in the order of first appearance.
func (s *store) names() []string {
	var out []string
	seen := map[string]bool{}
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

// all returns one batch of all rows with the named columns.
func (s *store) all(names []string) *event.Batch {
	if len(s.batches) == 1 {
		b := s.batches[0]
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
