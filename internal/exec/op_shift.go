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
		if s.ahead > 0 {
			s.kept = b.store()
		}
		return s, nil
	})
}

// shiftSink passes rows on at once when it only looks back. When it looks ahead it keeps them all.
type shiftSink struct {
	b        *builder
	plan     *plan.Shift
	progs    []*expr.Program
	defaults []*expr.Program
	ahead    int
	kept     *store
	past     [][]event.Value // per item, the values of the rows before, as many as it looks back
	out      Sink
}

func (s *shiftSink) Push(b *event.Batch) error {
	if s.ahead > 0 {
		return s.kept.add(b)
	}
	cols := make([]*event.Column, len(s.progs))
	for i, p := range s.progs {
		cols[i] = p.Eval(b)
	}
	return s.shift(b, cols, func(item, row int) (event.Value, bool) {
		if row >= 0 {
			return cols[item].Value(row), true
		}
		if past := s.past[item]; -row <= len(past) {
			return past[len(past)+row], true
		}
		return event.Value{}, false
	})
}

// shift pushes b with the new columns. at gives an item's value in a row, counted from the first row of b.
func (s *shiftSink) shift(b *event.Batch, cols []*event.Column, at func(item, row int) (event.Value, bool)) error {
	out := b.Clone()
	for i, it := range s.plan.Items {
		def := s.defaults[i].Eval(b)
		vals := make([]event.Value, b.Len())
		for row := range vals {
			v, ok := at(i, row+it.By)
			if !ok {
				v = def.Value(row)
			}
			vals[row] = v
		}
		out.Set(it.As, event.NewColumn(vals))
	}
	for i, it := range s.plan.Items {
		if it.By < 0 && s.ahead == 0 {
			n := min(-it.By, b.Len())
			for row := b.Len() - n; row < b.Len(); row++ {
				s.past[i] = append(s.past[i], cols[i].Value(row))
			}
			if extra := len(s.past[i]) + it.By; extra > 0 {
				s.past[i] = slices.Delete(s.past[i], 0, extra)
			}
		}
	}
	return s.out.Push(out)
}

func (s *shiftSink) Close() error {
	if s.ahead == 0 {
		return s.out.Close()
	}
	batches := s.kept.batches
	rows := s.kept.refs()
	cols := make([][]*event.Column, len(s.progs))
	for i, p := range s.progs {
		for _, b := range batches {
			cols[i] = append(cols[i], p.Eval(b))
		}
	}
	start := 0
	for _, b := range batches {
		if err := s.b.check(); err != nil {
			return err
		}
		err := s.shift(b, nil, func(item, row int) (event.Value, bool) {
			if row += start; row < 0 || row >= len(rows) {
				return event.Value{}, false
			}
			r := rows[row]
			return cols[item][r.batch].Value(int(r.row)), true
		})
		if err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
		start += b.Len()
	}
	s.kept.release()
	return s.out.Close()
}
