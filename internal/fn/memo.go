package fn

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
)

// Memos are what the dear functions of a run remember, by name of the function. It is safe for concurrent use.
type Memos struct {
	mu sync.Mutex
	by map[string]*Memo
}

// Memo returns the memory of a function, nil when there is none: outside a run.
func (e *Env) Memo(name string) *Memo {
	if e == nil || e.Memos == nil {
		return nil
	}
	e.Memos.mu.Lock()
	defer e.Memos.mu.Unlock()
	m := e.Memos.by[name]
	if m == nil {
		m = &Memo{seed: maphash.MakeSeed()}
		if e.Memos.by == nil {
			e.Memos.by = map[string]*Memo{}
		}
		e.Memos.by[name] = m
	}
	return m
}

// A Memo remembers what a function has made of the texts that it was given last, so that rules which take the same text of an event
// apart do it once for all. A text is known by its place in memory, which costs nothing; the same text elsewhere is another one. A
// nil Memo remembers nothing.
type Memo struct {
	seed maphash.Seed
	sets [memoSets][2]atomic.Pointer[memoEntry]
}

// Rules take batches one after the other, so that a memo must last for a few batches.
const memoSets = 4096

// memoText is the longest text that is remembered.
const memoText = 16 << 10

type memoEntry struct {
	text  string
	value event.Value
}

// Of returns f(s), which must depend on nothing but s.
func (m *Memo) Of(s string, f func(string) event.Value) event.Value {
	if m == nil || len(s) > memoText {
		return f(s)
	}
	at := unsafe.StringData(s)
	set := &m.sets[maphash.Comparable(m.seed, uintptr(unsafe.Pointer(at)))%memoSets]
	for i := range set {
		// An entry keeps its text alive, so that no other text can lie there.
		if e := set[i].Load(); e != nil && len(e.text) == len(s) && unsafe.StringData(e.text) == at {
			return e.value
		}
	}
	e := &memoEntry{s, f(s)}
	set[1].Store(set[0].Load())
	set[0].Store(e)
	return e.value
}
