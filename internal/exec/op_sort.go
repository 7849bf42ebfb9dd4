package exec

import (
	"slices"
	"weak"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Sort, out Sink) (Sink, error) {
		s := &sortSink{b: b, plan: n, out: out}
		for _, k := range n.Keys {
			p, err := b.program(k.Expr)
			if err != nil {
				return nil, err
			}
			s.keys = append(s.keys, p)
		}
		keys, values := n.Keys, func(b *event.Batch) []*event.Column { return eval(s.keys, b) }
		if n.Recorded {
			keys = append(slices.Clone(keys), recordKeys...)
			values = func(b *event.Batch) []*event.Column { return append(eval(s.keys, b), records(b)...) }
		}
		s.rows = b.sorter(keys, values)
		s.rows.limit = n.Limit
		return s, nil
	})
	unary(func(b *builder, n *plan.Reverse, out Sink) (Sink, error) {
		return &reverseSink{b: b, kept: b.store(), out: out}, nil
	})
}

type sortSink struct {
	b    *builder
	plan *plan.Sort
	keys []*expr.Program
	rows *sorter
	// bound, with a limit, is set once there are enough rows.
	bound *sortBound
	out   Sink
}

// A sort with a limit cuts what it keeps whenever there is this many times too much, or this many rows.
const (
	cutFactor = 4
	cutRows   = 1 << 14
)

func (s *sortSink) Push(b *event.Batch) error {
	if s.bound != nil {
		rows := s.bound.keep(s.keys[0].Eval(b))
		if len(rows) == 0 {
			return nil
		}
		if len(rows) < b.Len() {
			b = b.Gather(rows)
		}
	}
	if err := s.rows.add(b); err != nil {
		return err
	}
	kept := s.rows.kept
	if l := s.plan.Limit; l > 0 && kept.rows > max(cutFactor*l, cutRows) {
		if err := s.b.check(); err != nil {
			return err
		}
		best := kept.gather(kept.names(), s.rows.order(s.rows.keyValues()))
		kept.release()
		if len(s.keys) > 0 {
			last := s.keys[0].Eval(best.Gather([]int32{int32(l - 1)})).Value(0)
			s.bound = &sortBound{key: s.plan.Keys[0], null: last.IsNull(), last: collate(last, s.plan.Keys[0].Collation)}
		}
		return s.rows.add(best)
	}
	return nil
}

// A sortBound is the first key of the last row that a sort with a limit keeps: rows that come after it by this key alone are
// not wanted.
type sortBound struct {
	key  plan.SortKey
	null bool
	last sortable
	memo map[weak.Pointer[event.Dict]][]uint8 // by code: 1 keep, 2 drop
}

// keep returns the rows that may still be among the first.
func (s *sortBound) keep(c *event.Column) []int32 {
	rows := make([]int32, 0, c.Len())
	if c.Encoding() != event.Dictionary {
		for i := range c.Len() {
			if !s.after(c.Value(i)) {
				rows = append(rows, int32(i))
			}
		}
		return rows
	}
	d, codes := c.Codes()
	key := weak.Make(d)
	memo := s.memo[key]
	if n := d.Len(); len(memo) < n {
		if s.memo == nil || memo == nil && len(s.memo) >= maxMemos {
			s.memo = map[weak.Pointer[event.Dict]][]uint8{}
		}
		memo = append(memo, make([]uint8, n+n/4-len(memo))...)
		s.memo[key] = memo
	}
	for i, code := range codes {
		if memo[code] == 0 {
			if memo[code] = 1; s.after(d.Value(code)) {
				memo[code] = 2
			}
		}
		if memo[code] == 1 {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// after reports whether a value comes after the bound.
func (s *sortBound) after(v event.Value) bool {
	if null := v.IsNull(); null || s.null {
		return null != s.null && null != s.key.NullsFirst
	}
	c := compareSortable(collate(v, s.key.Collation), s.last)
	if s.key.Desc {
		c = -c
	}
	return c > 0
}

func (s *sortSink) Close() error {
	if err := s.rows.finish(s.rows.columns(), s.out); err != nil {
		return err
	}
	return s.out.Close()
}

type reverseSink struct {
	b    *builder
	kept *store
	out  Sink
}

func (s *reverseSink) Push(b *event.Batch) error { return s.kept.add(b) }

func (s *reverseSink) Close() error {
	err := s.kept.drainBack(func(b *event.Batch) error {
		rows := make([]int32, b.Len())
		for j := range rows {
			rows[j] = int32(b.Len() - 1 - j)
		}
		return s.out.Push(b.Gather(rows))
	})
	if err != nil && err != ErrEnough {
		return err
	}
	return s.out.Close()
}
