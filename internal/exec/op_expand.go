package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Expand, out Sink) (Sink, error) {
		s := &expandSink{b: b, plan: n, out: out}
		for _, c := range n.Columns {
			p, err := b.program(c.Expr)
			if err != nil {
				return nil, err
			}
			s.progs = append(s.progs, p)
		}
		return s, nil
	})
}

type expandSink struct {
	b     *builder
	plan  *plan.Expand
	progs []*expr.Program
	out   Sink
}

// expanded is the rows that are made from a batch so far.
type expanded struct {
	rows  []int32
	vals  [][]event.Value
	index []event.Value
}

func (s *expandSink) Push(b *event.Batch) error {
	cols := make([]*event.Column, len(s.progs))
	for i, p := range s.progs {
		cols[i] = p.Eval(b)
	}
	lists := make([][]event.Value, len(cols))
	to := &expanded{vals: make([][]event.Value, len(cols))}
	for i := range b.Len() {
		n := 0
		for j, c := range cols {
			lists[j] = s.elements(c.Value(i))
			n = max(n, len(lists[j]))
		}
		if s.plan.RowLimit > 0 {
			n = min(n, s.plan.RowLimit)
		}
		for k := range n {
			to.rows = append(to.rows, int32(i))
			for j, l := range lists {
				v := event.NullValue
				if k < len(l) {
					v = l[k]
				}
				to.vals[j] = append(to.vals[j], v)
			}
			to.index = append(to.index, event.IntOf(int64(k)))
			if len(to.rows) >= s.b.rows() {
				if err := s.flush(b, to); err != nil {
					return err
				}
			}
		}
		if n == 0 && s.plan.KeepEmpty {
			to.rows = append(to.rows, int32(i))
			for j := range lists {
				to.vals[j] = append(to.vals[j], event.NullValue)
			}
			to.index = append(to.index, event.NullValue)
		}
	}
	return s.flush(b, to)
}

func (s *expandSink) flush(b *event.Batch, to *expanded) error {
	if len(to.rows) == 0 {
		return nil
	}
	if err := s.b.check(); err != nil {
		return err
	}
	out := b.Gather(to.rows)
	for j, c := range s.plan.Columns {
		out.Set(c.Name, event.NewColumn(to.vals[j]))
	}
	if s.plan.IndexAs != "" {
		out.Set(s.plan.IndexAs, event.NewColumn(to.index))
	}
	*to = expanded{vals: make([][]event.Value, len(to.vals))}
	return s.out.Push(out)
}

func (s *expandSink) Close() error { return s.out.Close() }

func (s *expandSink) elements(v event.Value) []event.Value {
	switch {
	case v.IsNull():
		return nil
	case v.Kind() == event.List:
		return v.List()
	case v.Kind() == event.Object && (s.plan.Bags || s.plan.Pairs):
		var out []event.Value
		for _, f := range v.Bag() {
			if s.plan.Pairs {
				out = append(out, event.ListOf([]event.Value{event.StringOf(f.Name), f.Value}))
			} else {
				out = append(out, event.ObjectOf(event.Bag{f}))
			}
		}
		return out
	}
	return []event.Value{v}
}
