package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Shift, out Sink) (Sink, error) {
		s := &shiftSink{b: b, plan: n, past: make([][]event.Value, len(n.Items)), out: out}
		for _, it := range n.Items {
			p, err := b.program(it.Expr)
			if err != nil {
				return nil, err
			}
			d, err := b.program(it.Default)
			if err != nil {
				return nil, err
			}
			s.progs, s.defaults = append(s.progs, p), append(s.defaults, d)
			s.ahead = max(s.ahead, it.By)
		}
		return s, nil
	})
}

// shiftSink passes rows on as soon as it has seen the rows that they look ahead to.
type shiftSink struct {
	b        *builder
	plan     *plan.Shift
	progs    []*expr.Program
	defaults []*expr.Program
	ahead    int
	queue    []shifting
	queued   int             // rows in queue
	past     [][]event.Value // per item, the values of the rows before, as many as it looks back
	out      Sink
}

// shifting is a batch that waits for the rows after it, with the items' values.
type shifting struct {
	b    *event.Batch
	cols []*event.Column
}

func (s *shiftSink) Push(b *event.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	cols := make([]*event.Column, len(s.progs))
	for i, p := range s.progs {
		cols[i] = p.Eval(b)
	}
	s.queue = append(s.queue, shifting{b, cols})
	s.queued += b.Len()
	for len(s.queue) > 0 && s.queued-s.queue[0].b.Len() >= s.ahead {
		if err := s.shift(); err != nil {
			return err
		}
	}
	return nil
}

// at returns an item's value in a row, counted from the first row of the queue.
func (s *shiftSink) at(item, row int) (event.Value, bool) {
	if row < 0 {
		if past := s.past[item]; -row <= len(past) {
			return past[len(past)+row], true
		}
		return event.Value{}, false
	}
	for _, q := range s.queue {
		if row < q.b.Len() {
			return q.cols[item].Value(row), true
		}
		row -= q.b.Len()
	}
	return event.Value{}, false
}

// shift pushes the first batch of the queue with the new columns.
func (s *shiftSink) shift() error {
	b := s.queue[0].b
	out := b.Clone()
	for i, it := range s.plan.Items {
		def := s.defaults[i].Eval(b)
		vals := make([]event.Value, b.Len())
		for row := range vals {
			v, ok := s.at(i, row+it.By)
			if !ok {
				v = def.Value(row)
			}
			vals[row] = v
		}
		out.Set(it.As, event.NewColumn(vals))
	}
	for i, it := range s.plan.Items {
		if it.By < 0 {
			n := min(-it.By, b.Len())
			for row := b.Len() - n; row < b.Len(); row++ {
				s.past[i] = append(s.past[i], s.queue[0].cols[i].Value(row))
			}
			if extra := len(s.past[i]) + it.By; extra > 0 {
				s.past[i] = slices.Delete(s.past[i], 0, extra)
			}
		}
	}
	s.queue[0] = shifting{}
	s.queue, s.queued = s.queue[1:], s.queued-b.Len()
	return s.out.Push(out)
}

func (s *shiftSink) Close() error {
	for len(s.queue) > 0 {
		if err := s.b.check(); err != nil {
			return err
		}
		if err := s.shift(); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	return s.out.Close()
}
