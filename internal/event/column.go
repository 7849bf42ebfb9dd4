package event

import (
	"slices"
	"sort"
)

// Encoding says how a column stores its values.
type Encoding uint8

const (
	// Constant: every row has the same value.
	Constant Encoding = iota
	// Dictionary: a code per row into a Dict.
	Dictionary
	// Plain: fixed-width values of one kind (bool, int, float, time, duration), with a validity bitmap.
	Plain
	// Any: a Value per row.
	Any
	// Lazy: values made on demand, row by row, by a function; used for raw text.
	Lazy
)

// A Column is a sequence of values in one of several encodings. Columns are immutable and may be shared by batches.
type Column struct {
	enc   Encoding
	n     int
	konst Value

	dict  *Dict
	codes []uint32

	kind  Kind
	nums  []uint64
	valid []uint64 // bitmap, bit set = value present; nil = all present. Absent values are Null.

	vals []Value
	lazy *lazyValues
}

// NewConstant returns a column of n times v.
func NewConstant(v Value, n int) *Column { return &Column{enc: Constant, n: n, konst: v} }

// NewDictionary returns a column of codes into d; it takes ownership of codes.
func NewDictionary(d *Dict, codes []uint32) *Column {
	return &Column{enc: Dictionary, n: len(codes), dict: d, codes: codes}
}

// NewPlain returns a column of fixed-width values of one kind, each given as the payload that [Value.Int], [Value.Float]
// (as bits), [Value.Ticks] or [Value.Bool] (0 or 1) read. valid may be nil; it takes ownership of both slices.
func NewPlain(kind Kind, nums []uint64, valid []uint64) *Column {
	return &Column{enc: Plain, n: len(nums), kind: kind, nums: nums, valid: valid}
}

// NewAny returns a column of arbitrary values; it takes ownership of vals.
func NewAny(vals []Value) *Column { return &Column{enc: Any, n: len(vals), vals: vals} }

// NewLazy returns a column whose values are made when they are read, and kept from then on. The function must be pure and safe
// for concurrent use.
func NewLazy(n int, f func(row int) Value) *Column {
	return &Column{enc: Lazy, n: n, lazy: newLazyValues(n, f)}
}

// NewLazyPeek is [NewLazy] with a cheap way to look at values: what peek returns may share the memory that values are made from, and is
// good for as long as that is. It returns false where it has none.
func NewLazyPeek(n int, f func(row int) Value, peek func(row int) (Value, bool)) *Column {
	c := NewLazy(n, f)
	c.lazy.peek = peek
	return c
}

// NewColumn picks a compact encoding for vals, of which it takes ownership: constant, plain or any.
func NewColumn(vals []Value) *Column {
	if len(vals) == 0 {
		return NewAny(vals)
	}
	kind, same, fixed, nulls := vals[0].kind, true, true, false
	for _, v := range vals {
		if v.kind == Null {
			nulls = true
		} else if kind == Null {
			kind = v.kind
		}
		fixed = fixed && (v.kind == Null || v.kind == kind && v.ptr == nil && kind >= Bool && kind != String && kind != List && kind != Object)
		same = same && v.kind == vals[0].kind && v.num == vals[0].num && v.ptr == vals[0].ptr
		if !fixed && !same {
			return NewAny(vals)
		}
	}
	if same {
		return NewConstant(vals[0], len(vals))
	}
	nums := make([]uint64, len(vals))
	var valid []uint64
	if nulls {
		valid = make([]uint64, (len(vals)+63)/64)
	}
	for i, v := range vals {
		nums[i] = v.num
		if nulls && v.kind != Null {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	return NewPlain(kind, nums, valid)
}

func (c *Column) Len() int           { return c.n }
func (c *Column) Encoding() Encoding { return c.enc }

// Const returns the value of a Constant column.
func (c *Column) Const() Value { return c.konst }

// Codes returns the dictionary and codes of a Dictionary column; the codes must not be changed.
func (c *Column) Codes() (*Dict, []uint32) { return c.dict, c.codes }

// PlainKind returns the kind of a Plain column, its payloads and its validity bitmap (nil when no value is null).
func (c *Column) PlainKind() (kind Kind, nums, valid []uint64) { return c.kind, c.nums, c.valid }

// Value returns the value in row i.
func (c *Column) Value(i int) Value {
	switch c.enc {
	case Dictionary:
		return c.dict.Value(c.codes[i])
	case Plain:
		if c.valid != nil && c.valid[i>>6]&(1<<(i&63)) == 0 {
			return NullValue
		}
		return Value{kind: c.kind, num: c.nums[i]}
	case Any:
		return c.vals[i]
	case Lazy:
		return c.lazy.value(i)
	}
	return c.konst
}

// Peek returns the value in row i for a look: it is not to be kept, nor anything that shares its memory.
func (c *Column) Peek(i int) Value {
	if c.enc == Lazy {
		return c.lazy.look(i)
	}
	return c.Value(i)
}

// Values appends all values of c to dst.
func (c *Column) Values(dst []Value) []Value {
	for i := range c.n {
		dst = append(dst, c.Value(i))
	}
	return dst
}

// Gather returns the column of the given rows.
func (c *Column) Gather(rows []int32) *Column {
	switch c.enc {
	case Constant:
		return NewConstant(c.konst, len(rows))
	case Dictionary:
		codes := make([]uint32, len(rows))
		for i, r := range rows {
			codes[i] = c.codes[r]
		}
		return NewDictionary(c.dict, codes)
	case Plain:
		nums := make([]uint64, len(rows))
		var valid []uint64
		if c.valid != nil {
			valid = make([]uint64, (len(rows)+63)/64)
		}
		for i, r := range rows {
			nums[i] = c.nums[r]
			if valid != nil && c.valid[r>>6]&(1<<(r&63)) != 0 {
				valid[i>>6] |= 1 << (i & 63)
			}
		}
		return NewPlain(c.kind, nums, valid)
	case Lazy:
		return &Column{enc: Lazy, n: len(rows), lazy: c.lazy.gather(rows)}
	}
	vals := make([]Value, len(rows))
	for i, r := range rows {
		vals[i] = c.vals[r]
	}
	return NewAny(vals)
}

// AllMissing reports whether the column is known to hold nothing but missing values.
func (c *Column) AllMissing() bool { return c.enc == Constant && c.konst.IsMissing() }

// Detach returns the column without what its values are made from: those of a Lazy column are made now. A batch that is kept
// would otherwise keep the input it came from, of which it may be a small part.
func (c *Column) Detach() *Column {
	if c.enc != Lazy || c.lazy.make == nil {
		return c
	}
	return &Column{enc: Lazy, n: c.n, lazy: c.lazy.detached()}
}

// Concat returns the rows of all columns one after the other. The result stays dictionary-encoded when all columns share
// one dictionary.
func Concat(cols []*Column) *Column {
	if len(cols) == 1 {
		return cols[0]
	}
	n, sameDict, sameKind, lazy := 0, true, true, false
	for _, c := range cols {
		n += c.n
		lazy = lazy || c.enc == Lazy
		sameDict = sameDict && c.enc == Dictionary && c.dict == cols[0].dict
		sameKind = sameKind && c.enc == Plain && c.kind == cols[0].kind && c.valid == nil
	}
	switch {
	case len(cols) == 0:
		return NewAny(nil)
	case lazy:
		return concatLazy(cols, n)
	case sameDict:
		codes := make([]uint32, 0, n)
		for _, c := range cols {
			codes = append(codes, c.codes...)
		}
		return NewDictionary(cols[0].dict, codes)
	case sameKind:
		nums := make([]uint64, 0, n)
		for _, c := range cols {
			nums = append(nums, c.nums...)
		}
		return NewPlain(cols[0].kind, nums, nil)
	}
	vals := make([]Value, 0, n)
	for _, c := range cols {
		vals = c.Values(vals)
	}
	return NewAny(vals)
}

// concatLazy keeps values unmade.
func concatLazy(cols []*Column, n int) *Column {
	cols = slices.Clone(cols)
	starts := make([]int, len(cols))
	at := 0
	for i, c := range cols {
		starts[i] = at
		at += c.n
	}
	find := func(row int) (*Column, int) {
		i := sort.SearchInts(starts, row+1) - 1 // the last that begins at or before row; those before it may be empty
		return cols[i], row - starts[i]
	}
	value := func(row int) Value { c, r := find(row); return c.Value(r) }
	return NewLazyPeek(n, value, func(row int) (Value, bool) { c, r := find(row); return c.Peek(r), true })
}
