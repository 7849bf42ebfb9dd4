package exec

import (
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// When groups hold too much, an aggregation splits them: from then on rows go to disk, as keys and arguments, into one of several
// parts by the hash of their key. In the end the parts are aggregated one after the other, each with its share of the groups that
// were there before, so that every group sees all of its rows in order; a part that is still too big is split again. States need not be
// written, and a result does not depend on when the split was.

const (
	splitBits = 4
	splitWays = 1 << splitBits
	// maxSplits is how often groups are split: those of one part after that are millions of times fewer.
	maxSplits = 6
)

var splitSeed = maphash.MakeSeed()

func hashOf(key []byte) uint64 { return maphash.Bytes(splitSeed, key) }

// partOf returns the part of a key at a level.
func partOf(key []byte, level int) int {
	return int(hashOf(key)>>(level*splitBits)) & (splitWays - 1)
}

func keyOf(buf []byte, keys []event.Value) []byte {
	buf = buf[:0]
	for _, v := range keys {
		if v.IsNull() {
			v = event.NullValue // null and missing are one key
		}
		buf = event.AppendKey(buf, v)
	}
	return buf
}

// deferred takes rows that will be aggregated later.
type deferred struct {
	agg   *aggregation
	level int
	parts [splitWays]*store
	buf   []byte
}

// aggTable is groups with their states.
type aggTable struct {
	ids     *keyIDs
	states  [][]fn.State // by run, then group
	lineage []origins
	born    []int64
	bytes   int64
}

// Columns of deferred rows.
const (
	seqColumn  = "\x00seq"
	runsColumn = "runs"
)

func deferredKey(i int) string      { return "k" + strconv.Itoa(i) }
func deferredArg(run, i int) string { return "a" + strconv.Itoa(run) + "." + strconv.Itoa(i) }

// split makes rows go to disk from now on.
func (a *aggregation) split() {
	a.deferred = &deferred{agg: a, level: a.level}
	a.keepMembers, a.members = false, nil
}

func (d *deferred) add(in *aggRows) error {
	type share struct {
		rows []int32
		seqs []uint64
		keys [][]event.Value
	}
	var shares [splitWays]share
	a := d.agg
	split := a.group.lists(in.keys)
	a.group.memberships(in.keys, in.n, func(row int, keys []event.Value) {
		d.buf = keyOf(d.buf, keys)
		s := &shares[partOf(d.buf, d.level)]
		s.rows = append(s.rows, int32(row))
		s.seqs = append(s.seqs, uint64(a.seq))
		a.seq++
		if split {
			if s.keys == nil {
				s.keys = make([][]event.Value, len(keys))
			}
			for i, k := range keys {
				s.keys[i] = append(s.keys[i], k)
			}
		}
	})
	for p := range shares {
		s := &shares[p]
		if len(s.rows) == 0 {
			continue
		}
		b := event.NewBatch(len(s.rows))
		if a.keepLineage {
			b.Lineage = in.lineage.Gather(s.rows)
		}
		b.Set(seqColumn, event.NewPlain(event.Int, s.seqs, nil))
		b.Set(runsColumn, event.NewConstant(event.IntOf(int64(len(in.args))), b.Len()))
		for i, c := range in.keys {
			if split {
				b.Set(deferredKey(i), event.NewAny(s.keys[i]))
			} else {
				b.Set(deferredKey(i), c.Gather(s.rows))
			}
		}
		for r, cols := range in.args {
			for i, c := range cols {
				b.Set(deferredArg(r, i), c.Gather(s.rows))
			}
		}
		if err := d.put(p, b); err != nil {
			return err
		}
	}
	return nil
}

// put adds rows to a part.
func (d *deferred) put(p int, b *event.Batch) error {
	if d.parts[p] == nil {
		d.parts[p] = d.agg.b.eagerStore()
	}
	return d.parts[p].add(b)
}

// eagerStore returns a store that holds little in memory: a buffer of what goes to disk.
func (b *builder) eagerStore() *store {
	s := b.store()
	s.eager = max(1, min(blockBytes, s.acc.limit()/64))
	return s
}

// again takes rows that were deferred.
func (a *aggregation) again(b *event.Batch) error {
	if a.deferred != nil {
		return a.deferred.again(b)
	}
	in := &aggRows{n: b.Len(), lineage: b.Lineage}
	for i := range a.group.By {
		in.keys = append(in.keys, b.Column(deferredKey(i)))
	}
	for r := range int(b.Value(runsColumn, 0).Int()) {
		var cols []*event.Column
		for i := range a.runs[r].progs {
			cols = append(cols, b.Column(deferredArg(r, i)))
		}
		in.args = append(in.args, cols)
	}
	m := a.group.flat(in.keys, in.n)
	seqs := b.Column(seqColumn)
	for i := 0; len(a.born) < a.group.n; i++ {
		if m.groups[i] == uint32(len(a.born)) {
			a.born = append(a.born, seqs.Value(i).Int())
		}
	}
	return a.enter(in, m)
}

// again puts deferred rows into the parts of the next level, as they are.
func (d *deferred) again(b *event.Batch) error {
	cols := make([]*event.Column, len(d.agg.group.By))
	for i := range cols {
		cols[i] = b.Column(deferredKey(i))
	}
	for p, rows := range d.spread(cols, b.Len()) {
		if len(rows) > 0 {
			if err := d.put(p, b.Gather(rows)); err != nil {
				return err
			}
		}
	}
	return nil
}

// spread returns the rows of each part.
func (d *deferred) spread(cols []*event.Column, n int) (parts [splitWays][]int32) {
	keys := make([]event.Value, len(cols))
	for row := range n {
		for i, c := range cols {
			keys[i] = c.Value(row)
		}
		d.buf = keyOf(d.buf, keys)
		p := partOf(d.buf, d.level)
		parts[p] = append(parts[p], int32(row))
	}
	return parts
}

// finish calls emit for all groups: once with everything, or, when groups were split, once for each part, as if there were no other
// groups. Groups of one call are in the order in which they came.
func (a *aggregation) finish(emit func() error) error {
	if a.deferred == nil {
		return emit()
	}
	d, t := a.deferred, a.leave()
	a.deferred = nil
	a.level++
	defer func() { a.level-- }()
	left := t.bytes
	for p := range d.parts {
		if err := a.b.check(); err != nil {
			return err
		}
		ids := t.of(p, d.level)
		if len(ids) == 0 && d.parts[p] == nil {
			continue
		}
		mine := t.bytes * int64(len(ids)) / int64(max(t.ids.n, 1))
		left -= mine
		a.waiting += left
		a.take1(t, ids, mine)
		if rows := d.parts[p]; rows != nil {
			if err := rows.drain(a.again); err != nil {
				return err
			}
		}
		if err := a.finish(emit); err != nil {
			return err
		}
		a.waiting -= left
		a.leave()
	}
	return nil
}

// leave takes the groups out of the aggregation.
func (a *aggregation) leave() *aggTable {
	t := &aggTable{ids: a.group.keyIDs, lineage: a.lineage, born: a.born, bytes: a.acc.held - a.waiting}
	for _, r := range a.runs {
		t.states = append(t.states, r.states)
		r.states = nil
	}
	a.group.keyIDs = newKeyIDs(len(a.group.By))
	a.lineage, a.born, a.measured, a.perRow, a.pending = nil, nil, 0, 0, 0
	return t
}

// of returns the groups of a part.
func (t *aggTable) of(p, level int) []uint32 {
	var out []uint32
	var buf []byte
	keys := make([]event.Value, len(t.ids.parts))
	for id := range uint32(t.ids.n) {
		for i := range keys {
			keys[i] = t.ids.value(id, i)
		}
		if buf = keyOf(buf, keys); partOf(buf, level) == p {
			out = append(out, id)
		}
	}
	return out
}

// take1 moves groups of a table into the aggregation, which is empty.
func (a *aggregation) take1(t *aggTable, ids []uint32, bytes int64) {
	a.measured = bytes
	row := make([]uint32, len(t.ids.parts))
	for _, id := range ids {
		for i, p := range a.group.parts {
			row[i] = p.id(t.ids.value(id, i))
		}
		a.group.combine(row)
		a.born = append(a.born, t.born[id])
		if int(id) < len(t.lineage) {
			a.lineage = slices.Grow(a.lineage, a.group.n-len(a.lineage))[:a.group.n]
			a.lineage[a.group.n-1] = t.lineage[id]
			t.lineage[id] = origins{}
		}
		for i, states := range t.states {
			if int(id) < len(states) && states[id] != nil {
				r := a.runs[i]
				r.states = slices.Grow(r.states, a.group.n-len(r.states))[:a.group.n]
				r.states[a.group.n-1] = states[id]
				states[id] = nil
			}
		}
	}
}
