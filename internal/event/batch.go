package event

import (
	"slices"
)

// RawField is the column that holds an event's raw text, as the platform it came from would show it.
const RawField = "_raw"

// An Origin names one record of input: the file, by its number in the run's [Files], and the record's number in it (for
// EVTX the event record id, else the line or the ordinal of the record, from 1).
type Origin struct {
	File   uint32
	Record uint64
}

// Less orders origins by file, then by record.
func (o Origin) Less(p Origin) bool {
	return o.File < p.File || o.File == p.File && o.Record < p.Record
}

// MaxOrigins caps the origins that one row of lineage keeps.
const MaxOrigins = 1000

// Lineage gives the origins of each row of a batch. The zero Lineage knows of none; else exactly one of its fields is set.
type Lineage struct {
	// One holds one origin a row: the rows are records of input.
	One []Origin
	// Sets holds several origins a row: the rows are aggregates, joins or groups.
	Sets [][]Origin
	// Pairs gives the two sets whose union is the origins of a row: the rows are joins. Most unions are never asked for, and
	// making them all would cost more than the join. It must be safe for concurrent use.
	Pairs func(row int) (a, b []Origin)
}

// Of returns the origins of row i, not to be changed.
func (l Lineage) Of(i int) []Origin {
	switch {
	case l.One != nil:
		return l.One[i : i+1]
	case l.Sets != nil:
		return l.Sets[i]
	case l.Pairs != nil:
		a, b := l.Pairs(i)
		switch {
		case len(b) == 0:
			return a
		case len(a) == 0:
			return b
		}
		return MergeOrigins(append(make([]Origin, 0, len(a)+len(b)), a...), b)
	}
	return nil
}

// Parts returns two sets, either of which may be empty, whose union is the origins of row i, not to be changed. For who
// gathers many rows it is cheaper than Of.
func (l Lineage) Parts(i int) (a, b []Origin) {
	if l.Pairs != nil {
		return l.Pairs(i)
	}
	return l.Of(i), nil
}

// Gather returns the lineage of the given rows.
func (l Lineage) Gather(rows []int32) Lineage {
	var out Lineage
	if l.One != nil {
		out.One = make([]Origin, len(rows))
		for i, r := range rows {
			out.One[i] = l.One[r]
		}
	} else if l.Sets != nil {
		out.Sets = make([][]Origin, len(rows))
		for i, r := range rows {
			out.Sets[i] = l.Sets[r]
		}
	} else if l.Pairs != nil {
		kept, pairs := append([]int32(nil), rows...), l.Pairs
		out.Pairs = func(i int) (a, b []Origin) { return pairs(int(kept[i])) }
	}
	return out
}

// MergeOrigins returns the union of a and b in order, without repetitions, capped at [MaxOrigins]. It may reuse a.
func MergeOrigins(a, b []Origin) []Origin {
	for _, o := range b {
		if n := len(a); n > 0 && a[n-1].Less(o) {
			if n < MaxOrigins {
				a = append(a, o)
			}
			continue
		}
		i, found := slices.BinarySearchFunc(a, o, func(x, y Origin) int {
			switch {
			case x.Less(y):
				return -1
			case y.Less(x):
				return 1
			}
			return 0
		})
		if !found {
			a = slices.Insert(a, i, o)
			if len(a) > MaxOrigins {
				a = a[:MaxOrigins]
			}
		}
	}
	return a
}

// A Class says what kind of event the rows of a source batch are; all rows of a source batch have one class, so that a
// whole batch can be routed to, or kept from, views and rules. Classes are interned: compare pointers within a run.
type Class struct {
	// Shape names the form of the source: "windows" (EVTX, event XML and classic text), "windows-json" (flat NXLog or
	// Mordor lines), "winlogbeat", "evtx-json", "mde", "crowdstrike", "sentinel", "generic", …
	Shape string
	// Provider and Channel are those of a Windows event, or what comes closest elsewhere (Provider: vendor or product;
	// Channel: table or log). They are as the source spells them.
	Provider, Channel string
	// ID is the event id or event name within the provider: "4688", "ProcessRollup2", "DeviceProcessEvents".
	ID string

	layout *layout // of an interned class
}

// A Batch is a set of equally long named columns with the lineage of its rows. It is immutable once handed on.
type Batch struct {
	// Class is set on batches that come from a source, and kept by views; nil elsewhere.
	Class *Class
	// Lineage gives each row's origins.
	Lineage Lineage

	names []string
	cols  []*Column
	index map[string]int
	n     int

	placed []placement // see Settle
}

// NewBatch returns an empty batch of n rows, to be filled with [Batch.Set] before it is handed on.
func NewBatch(n int) *Batch { return &Batch{n: n} }

// Len returns the number of rows.
func (b *Batch) Len() int { return b.n }

// Names returns the column names in order; it must not be changed.
func (b *Batch) Names() []string { return b.names }

// ColumnAt returns the i-th column in the order of Names.
func (b *Batch) ColumnAt(i int) *Column { return b.cols[i] }

// Column returns the column of that name, or nil when the batch has none.
func (b *Batch) Column(name string) *Column {
	if i := b.Index(name); i >= 0 {
		return b.cols[i]
	}
	return nil
}

// Index returns the position of the named column, or -1.
func (b *Batch) Index(name string) int {
	if b.index == nil {
		for i, n := range b.names {
			if n == name {
				return i
			}
		}
		return -1
	}
	if i, ok := b.index[name]; ok {
		return i
	}
	return -1
}

// Set adds a column, or replaces the one of that name in its place. Only the batch's maker may call it, before handing on.
func (b *Batch) Set(name string, c *Column) {
	if c.n != b.n {
		panic("event: column " + name + " has another length than its batch")
	}
	if i := b.Index(name); i >= 0 {
		b.cols[i] = c
		return
	}
	if b.names = append(b.names, name); len(b.names) > 12 {
		if b.index == nil {
			b.index = make(map[string]int, 2*len(b.names))
			for i, n := range b.names {
				b.index[n] = i
			}
		} else {
			b.index[name] = len(b.names) - 1
		}
	}
	b.cols = append(b.cols, c)
}

// Derive returns a new batch with the rows, class and lineage of b and no columns.
func (b *Batch) Derive() *Batch {
	return &Batch{Class: b.Class, Lineage: b.Lineage, n: b.n}
}

// Clone returns a new batch with the rows and columns of b, to which columns can be added.
func (b *Batch) Clone() *Batch {
	c := b.Derive()
	c.names = slices.Clone(b.names)
	c.cols = slices.Clone(b.cols)
	if b.index != nil {
		c.index = make(map[string]int, len(b.index)+4)
		for i, n := range c.names {
			c.index[n] = i
		}
	}
	return c
}

// Gather returns the batch of the given rows, in that order.
func (b *Batch) Gather(rows []int32) *Batch {
	c := b.Clone()
	c.n = len(rows)
	c.Lineage = b.Lineage.Gather(rows)
	for i, col := range c.cols {
		c.cols[i] = col.Gather(rows)
	}
	return c
}

// Detach returns the batch with all its columns detached (see [Column.Detach]).
func (b *Batch) Detach() *Batch {
	out := b
	for i, c := range b.cols {
		if d := c.Detach(); d != c {
			if out == b {
				out = b.Clone()
			}
			out.cols[i] = d
		}
	}
	return out
}

// Value returns one value; a column that the batch lacks is missing in every row.
func (b *Batch) Value(name string, row int) Value {
	if c := b.Column(name); c != nil {
		return c.Value(row)
	}
	return Value{}
}

// ConcatBatches returns one batch with the rows of all, in order. Its columns are the union of theirs in the order of
// first appearance; rows of batches that lack a column have it missing.
func ConcatBatches(bs []*Batch) *Batch {
	if len(bs) == 1 {
		return bs[0]
	}
	n, one := 0, true
	var names []string
	seen := map[string]bool{}
	for _, b := range bs {
		n += b.n
		one = one && (b.Lineage.One != nil || b.n == 0)
		for _, name := range b.names {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	out := NewBatch(n)
	for _, name := range names {
		cols := make([]*Column, len(bs))
		for i, b := range bs {
			if cols[i] = b.Column(name); cols[i] == nil {
				cols[i] = NewConstant(Value{}, b.n)
			}
		}
		out.Set(name, concatPadded(cols))
	}
	for _, b := range bs {
		for i := range b.n {
			if one {
				out.Lineage.One = append(out.Lineage.One, b.Lineage.One[i])
			} else {
				out.Lineage.Sets = append(out.Lineage.Sets, b.Lineage.Of(i))
			}
		}
	}
	return out
}

// concatPadded is Concat that keeps a dictionary through stretches of missing values.
func concatPadded(cols []*Column) *Column {
	var dict *Dict
	for _, c := range cols {
		if c.enc == Dictionary && !c.dict.Derived() && (dict == nil || dict == c.dict) {
			dict = c.dict
		} else if !c.AllMissing() {
			return Concat(cols)
		}
	}
	if dict == nil {
		return Concat(cols)
	}
	var codes []uint32
	for _, c := range cols {
		if c.enc == Dictionary {
			codes = append(codes, c.codes...)
		} else {
			codes = append(codes, make([]uint32, c.n)...)
		}
	}
	return NewDictionary(dict, codes)
}
