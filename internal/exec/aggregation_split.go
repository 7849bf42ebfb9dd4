package exec

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spill"
)

// When groups hold too much, an aggregation puts them away: their states go to disk, and from then on the rows too, as keys and
// arguments. In the end the states are read back and the rows added to them, so that every group sees all of its rows in order and a
// result does not depend on when that was. If they are still too many, states and rows go into parts by the hash of their key, which are
// finished one after the other, and a part that is too big is split again.

const (
	splitBits = 4
	splitWays = 1 << splitBits
	// maxSplits is how often groups are split: those of one part after that are millions of times fewer.
	maxSplits = 7
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

// deferred takes groups and rows that will be aggregated later. At level 0 they are in one part, since most aggregations that have to
// make room are not those that take it.
type deferred struct {
	agg   *aggregation
	level int
	parts [splitWays]*store
	buf   []byte
}

func (d *deferred) partOf(keys []event.Value) int {
	if d.level == 0 {
		return 0
	}
	d.buf = keyOf(d.buf, keys)
	return partOf(d.buf, d.level-1)
}

// Columns of deferred rows and groups.
const (
	seqColumn    = "\x00seq" // the number of the row, or of a group's first
	runsColumn   = "runs"
	statesColumn = "states"
)

func deferredKey(i int) string      { return "k" + strconv.Itoa(i) }
func deferredArg(run, i int) string { return "a" + strconv.Itoa(run) + "." + strconv.Itoa(i) }

// split puts the groups away.
func (a *aggregation) split() error {
	d := &deferred{agg: a, level: a.level}
	a.deferred = d // from here on, since writing makes others, and so this one, be asked for room
	a.keepMembers, a.members = false, nil
	keys := make([]event.Value, len(a.group.By))
	var parts [splitWays][]uint32
	for g := range uint32(a.group.n) {
		for i := range keys {
			keys[i] = a.group.value(g, i)
		}
		p := d.partOf(keys)
		parts[p] = append(parts[p], g)
	}
	fresh := make([]fn.State, len(a.runs))
	for i, r := range a.runs {
		fresh[i] = r.make()
	}
	for p, groups := range parts {
		for chunk := range slices.Chunk(groups, 512) {
			if err := a.b.check(); err != nil {
				return err
			}
			b, err := a.written(chunk, fresh)
			if err != nil {
				return err
			}
			if err := d.put(p, b); err != nil {
				return err
			}
		}
	}
	a.clear()
	return nil
}

// written returns groups with their states as bytes.
func (a *aggregation) written(groups []uint32, fresh []fn.State) (*event.Batch, error) {
	b := event.NewBatch(len(groups))
	a.fillKeys(b, groups)
	states := make([]event.Value, len(groups))
	for i, g := range groups {
		var buf []byte
		for j, r := range a.runs {
			if int(g) >= len(r.states) || r.states[g] == nil {
				buf = append(buf, 0)
				continue
			}
			var err error
			if buf, err = spill.AppendState(append(buf, 1), r.states[g], fresh[j]); err != nil {
				return nil, err
			}
		}
		states[i] = event.StringOf(string(buf))
	}
	b.Set(runsColumn, event.NewConstant(event.IntOf(int64(len(a.runs))), len(groups)))
	b.Set(statesColumn, event.NewAny(states))
	if a.keepLineage {
		b.Lineage.Sets = make([][]event.Origin, len(groups))
		for i, g := range groups {
			b.Lineage.Sets[i] = a.origins(g)
		}
	}
	return b, nil
}

// restore takes groups back that written has made.
func (a *aggregation) restore(b *event.Batch) error {
	row := make([]uint32, len(a.group.parts))
	runs := int(b.Value(runsColumn, 0).Int())
	states := b.Column(statesColumn)
	for i := range b.Len() {
		for j, p := range a.group.parts {
			row[j] = p.id(b.Value(deferredKey(j), i))
		}
		g := int(a.group.combine(row))
		if g != len(a.born) {
			return fmt.Errorf("a group has been put away twice")
		}
		a.born = append(a.born, b.Value(seqColumn, i).Int())
		if a.keepLineage {
			a.lineage = append(a.lineage, origins{})
			a.lineage[g].addAll(b.Lineage.Of(i))
		}
		data := []byte(states.Value(i).Str())
		for _, r := range a.runs[:runs] {
			if data[0] == 0 {
				data = data[1:]
				continue
			}
			st := r.make()
			var err error
			if data, err = spill.ReadState(data[1:], st); err != nil {
				return err
			}
			r.states = slices.Grow(r.states, g+1-len(r.states))[:g+1]
			r.states[g] = st
		}
	}
	return a.measure(b.Len())
}

// clear forgets all groups.
func (a *aggregation) clear() {
	a.group.keyIDs = newKeyIDs(len(a.group.By))
	for _, r := range a.runs {
		r.states = nil
	}
	a.lineage, a.born, a.measured, a.perRow, a.pending, a.due = nil, nil, 0, 0, 0, 0
	a.acc.free()
}

// maySplit lets the aggregation put its groups away: of one group there are no parts, and states that cannot be written stay.
func (a *aggregation) maySplit() {
	if a.splits = len(a.group.By) > 0 && a.savable(); a.splits {
		a.b.keep(a.acc, a)
	}
}

// savable reports whether the states of all aggregates can be written.
func (a *aggregation) savable() bool {
	for _, r := range a.runs {
		if _, err := spill.AppendState(nil, r.make(), r.make()); err != nil {
			return false
		}
	}
	return true
}

// holds tells what putting the groups away would free.
func (a *aggregation) holds() int64 {
	if !a.splits || a.deferred != nil || a.finishing || a.group.n == 0 {
		return 0
	}
	return a.acc.held
}

func (a *aggregation) putAway() error {
	if a.holds() == 0 {
		return nil
	}
	return a.split()
}

func (a *aggregation) settle() error { return nil }
func (a *aggregation) drop()         {}

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
		s := &shares[d.partOf(keys)]
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
	if b.Column(statesColumn) != nil {
		return a.restore(b)
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
		p := d.partOf(keys)
		parts[p] = append(parts[p], int32(row))
	}
	return parts
}

// finish calls emit for all groups: once with everything, or, when groups were split, once for each part, as if there were no other
// groups. Groups of one call are in the order in which they came.
func (a *aggregation) finish(emit func() error) error {
	a.finishing = true
	d := a.deferred
	if d == nil {
		return emit()
	}
	a.deferred = nil
	a.level++
	defer func() { a.level-- }()
	for _, rows := range d.parts {
		if rows == nil {
			continue
		}
		if err := rows.drain(a.again); err != nil {
			return err
		}
		if err := a.finish(emit); err != nil {
			return err
		}
		a.clear()
	}
	return nil
}
