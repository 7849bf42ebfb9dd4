package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Limit, out Sink) (Sink, error) {
		if n.Last {
			return &tailSink{kept: b.store(), n: n.N, out: out}, nil
		}
		s := &limitSink{plan: n, left: n.N, out: out}
		if n.While != nil {
			var err error
			if s.while, err = b.program(n.While); err != nil {
				return nil, err
			}
			if n.N <= 0 {
				s.left = int(^uint(0) >> 1)
			}
		}
		return s, nil
	})
}

type limitSink struct {
	plan  *plan.Limit
	left  int
	while *expr.Program
	out   Sink
}

func (s *limitSink) Push(b *event.Batch) error {
	n, last := min(s.left, b.Len()), false
	if s.while != nil {
		c := s.while.Eval(b)
		for i := range n {
			if v := c.Value(i); v.IsTrue() || s.plan.NullTrue && v.IsNull() {
				continue
			}
			if n, last = i, true; s.plan.KeepLast {
				n++
			}
			break
		}
	}
	if s.left -= n; last {
		s.left = 0
	}
	if n > 0 {
		if err := s.out.Push(head(b, n)); err != nil {
			return err
		}
	}
	if s.left <= 0 {
		return ErrEnough
	}
	return nil
}

func (s *limitSink) Close() error { return s.out.Close() }

// head returns the first n rows of b.
func head(b *event.Batch, n int) *event.Batch {
	if n >= b.Len() {
		return b
	}
	return b.Gather(span(0, n))
}

// span returns the row numbers from lo up to, not including, hi.
func span(lo, hi int) []int32 {
	rows := make([]int32, hi-lo)
	for i := range rows {
		rows[i] = int32(lo + i)
	}
	return rows
}

// tailSink keeps the last rows only.
type tailSink struct {
	kept *store
	n    int
	out  Sink
}

func (s *tailSink) Push(b *event.Batch) error {
	if b.Len() > s.n {
		b = b.Gather(span(b.Len()-max(s.n, 0), b.Len()))
	}
	if err := s.kept.add(b); err != nil {
		return err
	}
	for len(s.kept.batches) > 0 && s.kept.away == 0 {
		first := s.kept.batches[0]
		if s.kept.rows-first.Len() < s.n {
			return nil
		}
		s.kept.rows -= first.Len()
		s.kept.batches[0] = nil
		s.kept.batches = s.kept.batches[1:]
		if err := s.kept.acc.grow(-batchSize(first)); err != nil {
			return err
		}
	}
	return nil
}

func (s *tailSink) Close() error {
	extra := s.kept.rows - s.n
	err := s.kept.drain(func(b *event.Batch) error {
		if extra >= b.Len() {
			extra -= b.Len()
			return nil
		}
		if extra > 0 {
			b, extra = b.Gather(span(extra, b.Len())), 0
		}
		return s.out.Push(b)
	})
	if err != nil && err != ErrEnough {
		return err
	}
	return s.out.Close()
}
