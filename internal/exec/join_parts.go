package exec

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// Tags of rows that are joined in parts: the numbers of their left and right rows.
const (
	leftTag  = "\x00left"
	rightTag = "\x00right"
)

// maxJoinParts bounds the parts of a join, each of which has a buffer.
const maxJoinParts = 64

// inParts joins when the right side has no room in memory. Both sides are split by the hash of the key, so that rows that match are in
// one part. Of each part the right rows are taken in pieces that fit, most often one, and all left rows go past each piece. What
// comes out is tagged with the numbers of the rows it is made of, and put in the order that a join in memory has.
func (j *join) inParts() error {
	limit := j.acc.limit()
	parts := int(min(max(j.right.bytes()/max(limit/4, 1), 1), maxJoinParts))
	lefts, err := j.divide(j.left, j.leftKeys, parts)
	if err != nil {
		return err
	}
	rights, err := j.divide(j.right, j.rightKeys, parts)
	if err != nil {
		return err
	}
	keys := []plan.SortKey{{}, {}}
	ordered := j.b.sorter(keys, func(b *event.Batch) []*event.Column {
		return []*event.Column{b.Column(leftTag), b.Column(rightTag)}
	})
	out := j.out
	j.out, j.tagged = pushFunc(ordered.add), true
	j.leftKeys, j.rightKeys = dividedKeys(len(j.plan.LeftKeys)), dividedKeys(len(j.plan.RightKeys))
	for p := range parts {
		if err := j.part(lefts[p], rights[p]); err != nil {
			return err
		}
	}
	j.out, j.tagged = out, false
	return ordered.finish(ordered.columns(), pushFunc(func(b *event.Batch) error {
		clean := b.Derive()
		for i, n := range b.Names() {
			if n != leftTag && n != rightTag {
				clean.Set(n, b.ColumnAt(i))
			}
		}
		return out.Push(clean)
	}))
}

// bytes estimates what the rows of a store take in memory.
func (s *store) bytes() int64 {
	n := int64(0)
	if s.acc != nil {
		n = s.acc.held
	}
	for _, b := range s.blocks {
		n += 2 * b.Raw()
	}
	return n
}

func dividedKeys(n int) func(*event.Batch) []*event.Column {
	return func(b *event.Batch) []*event.Column {
		cols := make([]*event.Column, n)
		for i := range cols {
			cols[i] = b.Column(keyColumn(i))
		}
		return cols
	}
}

// divide splits a side. Its rows get their numbers and the values of their keys as columns.
func (j *join) divide(from *store, keys func(*event.Batch) []*event.Column, parts int) ([]*store, error) {
	out := make([]*store, parts)
	for i := range out {
		out[i] = j.b.eagerStore()
	}
	seq := int64(0)
	var buf []byte
	err := from.drain(func(b *event.Batch) error {
		b = b.Clone()
		seqs := make([]uint64, b.Len())
		for i := range seqs {
			seqs[i] = uint64(seq)
			seq++
		}
		b.Set(seqColumn, event.NewPlain(event.Int, seqs, nil))
		cols := keys(b)
		for i, c := range cols {
			b.Set(keyColumn(i), c)
		}
		if parts == 1 {
			return out[0].add(b)
		}
		rows := make([][]int32, parts)
		vals := make([]event.Value, len(cols))
		for row := range b.Len() {
			for i, c := range cols {
				vals[i] = c.Value(row)
			}
			buf = keyOf(buf, vals)
			p := int(hashOf(buf) % uint64(parts))
			rows[p] = append(rows[p], int32(row))
		}
		for p, r := range rows {
			if len(r) > 0 {
				if err := out[p].add(b.Gather(r)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return out, err
}

// part joins one part.
func (j *join) part(left, right *store) error {
	defer left.release()
	j.counts = make([]int32, left.rows)
	rows := right.reader()
	defer rows.close()
	next, err := rows.next()
	if err != nil {
		return err
	}
	whole := j.right
	defer func() { j.right, j.table, j.counts = whole, nil, nil }()
	for {
		piece := &store{acc: j.b.account(), pinned: true}
		for next != nil && (piece.rows == 0 || piece.acc.held < max(j.acc.limit()/4, leastHold/4)) {
			piece.acc.book(batchSize(next) + 16*int64(next.Len()))
			piece.batches = append(piece.batches, next)
			piece.rows += next.Len()
			if next, err = rows.next(); err != nil {
				return err
			}
		}
		j.right, j.final = piece, next == nil
		j.build()
		base := 0
		err := left.each(func(b *event.Batch) error { // probe looks whether the run was cancelled
			err := j.probe(b, base)
			base += b.Len()
			return err
		})
		if err == nil {
			err = j.rest()
		}
		piece.acc.free()
		if err != nil {
			return err
		}
		if j.final {
			return nil
		}
	}
}

// tag notes of which rows b is made; a side that is nil has none. Rows without a left one come last.
func (j *join) tag(b *event.Batch, left, right *event.Column) {
	number := func(c *event.Column, none int64) *event.Column {
		vals := make([]event.Value, b.Len())
		for i := range vals {
			if vals[i] = event.IntOf(none); c != nil && !c.Value(i).IsNull() {
				vals[i] = c.Value(i)
			}
		}
		return event.NewAny(slices.Clip(vals))
	}
	b.Set(leftTag, number(left, math.MaxInt64))
	b.Set(rightTag, number(right, 0))
}
