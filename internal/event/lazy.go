package event

import (
	"slices"
	"sync"
	"sync/atomic"
)

// lazyValues makes values on demand and keeps them: thousands of rules may look for their words in the raw text of one event, or take
// its data apart, each in a selection of rows of its own.
type lazyValues struct {
	n     int
	make  func(row int) Value         // nil: all are made
	peek  func(row int) (Value, bool) // nil: there is no cheaper way than make; false: not for this row
	once  sync.Once
	cells []atomic.Pointer[lazyCell] // by row; made when the first value is
}

// A lazyCell is the value of one row, for all columns that have the row.
type lazyCell struct {
	made atomic.Bool
	mu   sync.Mutex
	v    Value
}

func newLazyValues(n int, f func(row int) Value) *lazyValues { return &lazyValues{n: n, make: f} }

func (l *lazyValues) begin() {
	l.once.Do(func() { l.cells = make([]atomic.Pointer[lazyCell], l.n) })
}

func (l *lazyValues) cell(row int) *lazyCell {
	c := l.cells[row].Load()
	if c == nil {
		if c = new(lazyCell); !l.cells[row].CompareAndSwap(nil, c) {
			c = l.cells[row].Load()
		}
	}
	return c
}

func (l *lazyValues) value(row int) Value {
	l.begin()
	c := l.cell(row)
	if c.made.Load() {
		return c.v
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.made.Load() {
		c.v = l.make(row)
		c.made.Store(true)
	}
	return c.v
}

// look is value for somebody who only looks: what is not made yet need not be copied.
func (l *lazyValues) look(row int) Value {
	if l.peek != nil {
		if v, ok := l.peek(row); ok {
			return v
		}
	}
	return l.value(row)
}

// gather returns the values of some rows. What is made of them by either is made for both, but the other rows of l are not kept alive.
func (l *lazyValues) gather(rows []int32) *lazyValues {
	kept, from := slices.Clone(rows), l.make
	out := &lazyValues{n: len(rows)}
	if from != nil {
		out.make = func(i int) Value { return from(int(kept[i])) }
	}
	if peek := l.peek; peek != nil {
		out.peek = func(i int) (Value, bool) { return peek(int(kept[i])) }
	}
	l.begin()
	out.begin()
	for i, r := range rows {
		out.cells[i].Store(l.cell(int(r)))
	}
	return out
}

// detached returns the values, all made, without what they were made from.
func (l *lazyValues) detached() *lazyValues {
	out := &lazyValues{n: l.n}
	for i := range l.n {
		l.value(i)
	}
	out.once.Do(func() { out.cells = l.cells })
	return out
}
