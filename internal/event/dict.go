package event

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Codes 0 and 1 of every interning dictionary stand for a missing and a null value.
const (
	CodeMissing uint32 = 0
	CodeNull    uint32 = 1
)

const (
	pageBits = 10
	pageSize = 1 << pageBits
)

// A page holds up to pageSize values. It starts small: data with keys that are ids makes fields by the thousand, and most of
// them have one value.
type page []Value

// A Dict maps codes to values. An interning dictionary ([NewDict]) holds the distinct scalar values of one field over a
// whole run: it only grows, and the code of a value never changes. A derived dictionary ([NewDerivedDict]) holds the
// images of another dictionary's values under a function, at the same codes; two of its codes may hold equal values.
//
// Value may be called concurrently with everything else for codes that the caller has received from a batch.
type Dict struct {
	pages atomic.Pointer[[]page]
	size  atomic.Uint32 // codes handed out (interning) or highest code set + 1 (derived)
	bytes atomic.Int64

	texty atomic.Bool

	mu      sync.RWMutex
	strings map[string]uint32 // nil in a derived dictionary
	scalars map[scalarKey]uint32
}

type scalarKey struct {
	kind Kind
	num  uint64
}

// NewDict returns an empty interning dictionary.
func NewDict() *Dict {
	d := &Dict{strings: map[string]uint32{}, scalars: map[scalarKey]uint32{}}
	d.pages.Store(&[]page{})
	d.set(CodeMissing, Value{})
	d.set(CodeNull, NullValue)
	return d
}

// NewDerivedDict returns an empty derived dictionary; its owner fills it with [Dict.Set].
func NewDerivedDict() *Dict {
	d := &Dict{}
	d.pages.Store(&[]page{})
	return d
}

// Derived reports whether d is a derived dictionary, whose codes need not be distinct values.
func (d *Dict) Derived() bool { return d.strings == nil }

// Value returns the value of a code.
func (d *Dict) Value(code uint32) Value {
	return (*d.pages.Load())[code>>pageBits][code&(pageSize-1)]
}

// Len returns an upper bound of the codes in use.
func (d *Dict) Len() int { return int(d.size.Load()) }

// Bytes estimates the memory that the dictionary keeps alive.
func (d *Dict) Bytes() int64 { return d.bytes.Load() }

// Texty reports whether [Dict.MarkTexty] was called.
func (d *Dict) Texty() bool { return d.texty.Load() }

// MarkTexty notes that the field's values are long and hardly ever repeat: hashing and keeping them is waste, so that
// decoders should give them to [Builder.AddText]. It changes how columns are encoded, never what they hold.
func (d *Dict) MarkTexty() { d.texty.Store(true) }

// Set stores the value of a code in a derived dictionary. Only the dictionary's owner may call it, from one goroutine, and
// never twice for a code that a batch already carries.
func (d *Dict) Set(code uint32, v Value) { d.set(code, v) }

func (d *Dict) set(code uint32, v Value) {
	pages := *d.pages.Load()
	p := int(code >> pageBits)
	at := int(code & (pageSize - 1))
	if p >= len(pages) || at >= len(pages[p]) {
		grown := make([]page, max(p+1, len(pages)))
		copy(grown, pages)
		size := 8
		for size <= at {
			size *= 8
		}
		size = min(size, pageSize)
		d.bytes.Add(int64(size-len(grown[p])) * 24)
		bigger := make(page, size)
		copy(bigger, grown[p])
		grown[p] = bigger
		pages = grown
		d.pages.Store(&grown)
	}
	pages[p][at] = v
	if code >= d.size.Load() {
		d.size.Store(code + 1)
	}
	d.bytes.Add(int64(v.Size()))
}

// InternString returns the code of s, which is copied when it is new.
func (d *Dict) InternString(s string) uint32 {
	d.mu.RLock()
	code, ok := d.strings[s]
	d.mu.RUnlock()
	if ok {
		return code
	}
	return d.addString(strings.Clone(s))
}

// InternBytes is [Dict.InternString] for a byte slice that the caller will reuse.
func (d *Dict) InternBytes(b []byte) uint32 {
	d.mu.RLock()
	code, ok := d.strings[string(b)]
	d.mu.RUnlock()
	if ok {
		return code
	}
	return d.addString(string(b))
}

func (d *Dict) addString(s string) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if code, ok := d.strings[s]; ok {
		return code
	}
	code := d.size.Load()
	d.set(code, StringOf(s))
	d.strings[s] = code
	d.bytes.Add(int64(40))
	return code
}

// Intern returns the code of any scalar value. Lists and objects cannot be interned: ok is false.
func (d *Dict) Intern(v Value) (code uint32, ok bool) {
	switch v.kind {
	case Missing, Null:
		return uint32(v.kind), true
	case String:
		return d.InternString(v.Str()), true
	case List, Object:
		return 0, false
	}
	k := scalarKey{v.kind, v.num}
	d.mu.RLock()
	code, ok = d.scalars[k]
	d.mu.RUnlock()
	if ok {
		return code, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if code, ok = d.scalars[k]; ok {
		return code, true
	}
	code = d.size.Load()
	d.set(code, v)
	d.scalars[k] = code
	d.bytes.Add(32)
	return code, true
}

// Dicts hands out the run's dictionaries, one per field name. It is bounded: when a field's dictionary has outgrown the
// bound a new generation starts, and batches that carry codes of the old one keep it alive for as long as they live.
// A Dicts is safe for concurrent use.
type Dicts struct {
	mu    sync.Mutex
	by    map[string]*Dict
	bound int64
}

// maxFields bounds the fields that a run keeps dictionaries for. Only hostile input, or data whose keys are ids, has more;
// their further fields get dictionaries that live as long as the batches that use them.
const maxFields = 1 << 15

// DefaultDictBytes bounds one generation of one field's dictionary.
const DefaultDictBytes = 256 << 20

// NewDicts returns dictionaries whose generations end at bound bytes a field; bound ≤ 0 means [DefaultDictBytes].
func NewDicts(bound int64) *Dicts {
	if bound <= 0 {
		bound = DefaultDictBytes
	}
	return &Dicts{by: map[string]*Dict{}, bound: bound}
}

// For returns the current generation of a field's dictionary.
func (ds *Dicts) For(field string) *Dict {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	d := ds.by[field]
	if d == nil || d.Bytes() > ds.bound {
		if d = NewDict(); len(ds.by) < maxFields || ds.by[field] != nil {
			ds.by[field] = d
		}
	}
	return d
}

// Bytes estimates the memory of all current generations.
func (ds *Dicts) Bytes() int64 {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	var n int64
	for _, d := range ds.by {
		n += d.Bytes()
	}
	return n
}
