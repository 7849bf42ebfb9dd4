package event

import (
	"slices"
	"sync"
)

// Classes interns event classes, so that a class is known by its pointer for a whole run. It is safe for concurrent use.
type Classes struct {
	mu sync.RWMutex
	by map[Class]*Class
}

// Intern returns the one pointer for c.
func (cs *Classes) Intern(c Class) *Class {
	c.layout = nil
	cs.mu.RLock()
	p := cs.by[c]
	cs.mu.RUnlock()
	if p != nil {
		return p
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if p = cs.by[c]; p != nil {
		return p
	}
	if cs.by == nil {
		cs.by = map[Class]*Class{}
	}
	// Keep our own copies: the parts may point into a decoder's buffer.
	p = &Class{Shape: cloneString(c.Shape), Provider: cloneString(c.Provider), Channel: cloneString(c.Channel), ID: cloneString(c.ID)}
	key := *p
	p.layout = &layout{rank: map[string]int{}}
	cs.by[key] = p
	return p
}

// A layout is the order in which the records of a class have their fields. Versions of an event add fields in the middle, so a field
// that is new goes behind the one before it in its record. What is put together of a record's fields then has the record's own order,
// whichever records came before it.
type layout struct {
	mu    sync.RWMutex
	names []string
	rank  map[string]int
}

// maxLayout bounds the fields of a layout; no honest class has so many.
const maxLayout = 2048

// A placement says that a record has a field behind another, or in front when before is "".
type placement struct{ name, before string }

// Settle tells the class of a batch from a [Builder] the order of the fields that are new in it. Who reads input calls it for each batch in
// the order of the input, before handing it on: then the order of fields does not hang on which of several builders was faster. The order
// of fields that are settled never changes.
func (b *Batch) Settle() {
	for _, p := range b.placed {
		b.Class.place(p.name, p.before)
	}
	b.placed = nil
}

// place adds a field behind another, or in front when there is none before it.
func (c *Class) place(name, before string) {
	l := c.layout
	if l == nil {
		return
	}
	l.mu.RLock()
	_, known := l.rank[name]
	full := len(l.names) >= maxLayout
	l.mu.RUnlock()
	if known || full {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known = l.rank[name]; known {
		return
	}
	at := 0
	if i, ok := l.rank[before]; ok {
		at = i + 1
	}
	l.names = slices.Insert(l.names, at, name)
	for i := at; i < len(l.names); i++ {
		l.rank[l.names[i]] = i
	}
}

// Order sorts names of fields as the records of the class have them; fields that are not known come last, in the order given.
func (c *Class) Order(names []string) {
	if c == nil || c.layout == nil {
		return
	}
	l := c.layout
	l.mu.RLock()
	defer l.mu.RUnlock()
	rank := func(name string) int {
		if i, ok := l.rank[name]; ok {
			return i
		}
		return len(l.names)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
}
