package schema

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
)

// twins finds rows that tell again what a better source has told: a mapping of a higher rank gives way to one of a lower rank whose
// row has an equal key at nearly the same time. The views of one table in a run share one; it is safe for concurrent use.
type twins struct {
	mu   sync.RWMutex
	seed maphash.Seed
	seen map[sighting]struct{}
}

// A sighting is the hash of a key in a second.
type sighting struct {
	key uint64
	sec int64
}

const (
	twinKeys = "_twin.keys"
	twinTime = "_twin.time"
	twinRank = "_twin.rank"
)

func newTwins() *twins { return &twins{seed: maphash.MakeSeed(), seen: map[sighting]struct{}{}} }

// note enters the rows of a mapping, and marks those of a rank above 0 for drop.
func (t *twins) note(m *boundMap, in, out *event.Batch) {
	when := in.Column("TimeCreated")
	cols := make([]*event.Column, len(m.twins))
	for i, p := range m.twins {
		cols[i] = p.Eval(in)
	}
	var lists []event.Value
	if m.def.rank > 0 {
		lists = make([]event.Value, in.Len())
	}
	if m.def.rank == 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	var buf []byte
	for row := range in.Len() {
		var at int64
		if when != nil {
			at, _ = parseTime(when.Value(row))
		}
		var keys []event.Value
		for i, c := range cols {
			v := c.Value(row)
			if v.IsNull() {
				continue
			}
			buf = append(buf[:0], byte(i))
			buf = append(buf, strings.ToLower(textOf(v))...)
			h := maphash.Bytes(t.seed, buf)
			if m.def.rank == 0 {
				t.seen[sighting{h, at / event.TicksPerSecond}] = struct{}{}
			} else {
				keys = append(keys, event.IntOf(int64(h)))
			}
		}
		if lists != nil {
			lists[row] = event.ListOf(keys)
		}
	}
	if lists != nil {
		out.Set(twinKeys, event.NewAny(lists))
		if when != nil {
			out.Set(twinTime, when)
		}
		out.Set(twinRank, event.NewConstant(event.IntOf(int64(m.def.rank)), in.Len()))
	}
}

// drop returns the rows that no better source told, without the columns that note added; nil when none is left.
func (t *twins) drop(b *event.Batch) *event.Batch {
	keys := b.Column(twinKeys)
	if keys == nil {
		return b
	}
	times := b.Column(twinTime)
	t.mu.RLock()
	defer t.mu.RUnlock()
	var keep []int32
	for row := range b.Len() {
		var at int64
		if times != nil {
			at, _ = parseTime(times.Value(row))
		}
		if !t.told(keys.Value(row).List(), at) {
			keep = append(keep, int32(row))
		}
	}
	if len(keep) == 0 {
		return nil
	}
	out := b.Derive()
	for i, name := range b.Names() {
		if name != twinKeys && name != twinTime && name != twinRank {
			out.Set(name, b.ColumnAt(i))
		}
	}
	if len(keep) < b.Len() {
		out = out.Gather(keep)
	}
	return out
}

// twinSeconds is how far apart, in seconds of the clock, two events may tell the same thing.
const twinSeconds = 2

func (t *twins) told(keys []event.Value, at int64) bool {
	sec := at / event.TicksPerSecond
	for _, k := range keys {
		for d := int64(-twinSeconds); d <= twinSeconds; d++ {
			if _, ok := t.seen[sighting{uint64(k.Int()), sec + d}]; ok {
				return true
			}
		}
	}
	return false
}
