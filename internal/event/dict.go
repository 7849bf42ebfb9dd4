package event

import (
	"cmp"
	"maps"
	"slices"
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

	// root is the interning dictionary that this one is, or is made of; it keeps the books of all that are made of it.
	root    *Dict
	total   *atomic.Int64 // of the Dicts that made the root; nil: none
	charged atomic.Int64  // what the root has added to total
	retired atomic.Bool   // of a root: a newer generation has taken its place

	memoMu sync.RWMutex
	memos  map[any]any
}

type scalarKey struct {
	kind Kind
	num  uint64
}

// NewDict returns an empty interning dictionary.
func NewDict() *Dict {
	return newDict(nil)
}

func newDict(total *atomic.Int64) *Dict {
	d := &Dict{strings: map[string]uint32{}, scalars: map[scalarKey]uint32{}, total: total}
	d.root = d
	d.pages.Store(&[]page{})
	d.set(CodeMissing, Value{})
	d.set(CodeNull, NullValue)
	return d
}

// NewDerivedDict returns an empty derived dictionary; its owner fills it with [Dict.Set].
func NewDerivedDict() *Dict {
	d := &Dict{}
	d.root = d
	d.pages.Store(&[]page{})
	return d
}

// Derive returns an empty derived dictionary for images of d's values; its memory counts as d's.
func (d *Dict) Derive() *Dict {
	out := NewDerivedDict()
	out.root = d.root
	return out
}

// Retired reports whether a newer generation has taken the dictionary's place, or that of the one it is derived from. It goes on
// to serve the batches that refer to it; whoever keeps batches for long had better copy their values to let it go.
func (d *Dict) Retired() bool { return d.root.retired.Load() }

// Memo returns what owner remembers of the dictionary's values, empty the first time. It lives as long as the dictionary, so
// that nothing remembered of an old generation keeps that generation, or itself, alive. owner must be a pointer, and belongs
// with its memo to one goroutine.
func Memo[T any](d *Dict, owner any) *T {
	d.memoMu.RLock()
	m := d.memos[owner]
	d.memoMu.RUnlock()
	if m != nil {
		return m.(*T)
	}
	out := new(T)
	d.memoMu.Lock()
	defer d.memoMu.Unlock()
	if d.memos == nil {
		d.memos = map[any]any{}
	}
	d.memos[owner] = out
	return out
}

// Remembers reports whether owner has a memo already.
func (d *Dict) Remembers(owner any) bool {
	d.memoMu.RLock()
	defer d.memoMu.RUnlock()
	return d.memos[owner] != nil
}

// Charge books n bytes of memos as the dictionary's: what a memo holds of each value should count when the bound is kept.
func (d *Dict) Charge(n int) { d.charge(int64(n)) }

// charge books n more bytes.
func (d *Dict) charge(n int64) {
	d.bytes.Add(n)
	if r := d.root; r.total != nil && !r.retired.Load() {
		r.charged.Add(n)
		r.total.Add(n)
	}
}

// retire ends the dictionary's generation.
func (d *Dict) retire() {
	if !d.retired.Swap(true) && d.total != nil {
		d.total.Add(-d.charged.Load())
	}
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
		d.charge(int64(size-len(grown[p])) * 24)
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
	if n := v.Size(); n > 0 {
		d.charge(int64(n))
	}
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
	d.charge(40)
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
	d.charge(32)
	return code, true
}

// Dicts hands out the run's dictionaries, one per field name. Together they are bounded: when they have outgrown the bound, a new
// generation of the biggest of them starts, and batches that carry codes of an old one keep it alive for as long as they live.
// A Dicts is safe for concurrent use.
type Dicts struct {
	mu    sync.Mutex
	by    map[string]*Dict
	bound int64
	total atomic.Int64
	turns atomic.Int64
}

// maxFields bounds the fields that a run keeps dictionaries for. Only hostile input, or data whose keys are ids, has more;
// their further fields get dictionaries that live as long as the batches that use them.
const maxFields = 1 << 15

// DefaultDictBytes bounds what the current generations hold together.
const DefaultDictBytes = 1 << 30

// NewDicts returns dictionaries that hold about bound bytes together, with what is derived from them; bound ≤ 0 means
// [DefaultDictBytes].
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
	if ds.total.Load() > ds.bound {
		ds.turn(ds.bound / 2)
	}
	d := ds.by[field]
	if d == nil {
		if len(ds.by) >= maxFields {
			return newDict(nil)
		}
		d = newDict(&ds.total)
		ds.by[field] = d
	}
	return d
}

// Turn starts a new generation of the biggest dictionaries, until the others hold half of what all do now. Who watches the memory
// of the process calls it when that comes near its end.
func (ds *Dicts) Turn() {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.turn(ds.total.Load() / 2)
}

// Turns counts the times that generations have ended.
func (ds *Dicts) Turns() int64 { return ds.turns.Load() }

// turn ends the generations of the biggest dictionaries until the others hold no more than goal.
func (ds *Dicts) turn(goal int64) {
	names := slices.Collect(maps.Keys(ds.by))
	size := map[string]int64{}
	for _, n := range names {
		size[n] = ds.by[n].charged.Load()
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(size[b], size[a]), cmp.Compare(a, b)) })
	for _, n := range names {
		if ds.total.Load() <= goal {
			break
		}
		ds.by[n].retire()
		delete(ds.by, n)
	}
	ds.turns.Add(1)
}

// Bytes estimates the memory of all current generations and of what is derived from them.
func (ds *Dicts) Bytes() int64 { return ds.total.Load() }
