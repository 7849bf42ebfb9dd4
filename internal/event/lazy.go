package event

import (
	"slices"
	"sync"
	"sync/atomic"
)

// lazyValues makes values on demand and keeps them: thousands of rules may look for their words in the raw text of one event.
type lazyValues struct {
	n     int
	make  func(row int) Value         // nil: all are made
	peek  func(row int) (Value, bool) // nil: there is no cheaper way than make; false: not for this row
	once  sync.Once
	cache []atomic.Pointer[Value] // by row; made when the first value is
}

func newLazyValues(n int, f func(row int) Value) *lazyValues { return &lazyValues{n: n, make: f} }

func (l *lazyValues) value(row int) Value {
	l.once.Do(func() { l.cache = make([]atomic.Pointer[Value], l.n) })
	if v := l.cache[row].Load(); v != nil {
		return *v
	}
	v := l.make(row)
	l.cache[row].Store(&v)
	return v
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

// gather returns the values of some rows. Those that are made already are taken over, but the others of l are not kept alive.
func (l *lazyValues) gather(rows []int32) *lazyValues {
	kept, from := slices.Clone(rows), l.make
	out := &lazyValues{n: len(rows)}
	if from != nil {
		out.make = func(i int) Value { return from(int(kept[i])) }
	}
	if peek := l.peek; peek != nil {
		out.peek = func(i int) (Value, bool) { return peek(int(kept[i])) }
	}
	l.once.Do(func() { l.cache = make([]atomic.Pointer[Value], l.n) })
	out.once.Do(func() { out.cache = make([]atomic.Pointer[Value], out.n) })
	for i, r := range rows {
		if v := l.cache[r].Load(); v != nil {
			out.cache[i].Store(v)
		}
	}
	return out
}

// detached returns the values, all made, without what they were made from.
func (l *lazyValues) detached() *lazyValues {
	out := &lazyValues{n: l.n}
	for i := range l.n {
		l.value(i)
	}
	out.once.Do(func() { out.cache = l.cache })
	return out
}
