package exec

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Fill, out Sink) (Sink, error) {
		if n.Down {
			return &fillDown{plan: n, carry: map[string]event.Value{}, out: out}, nil
		}
		f := &filler{value: n.Value, progs: map[string]*expr.Program{}}
		shape := b.shape(0)
		exact := len(n.Columns) > 0 && !slices.ContainsFunc(n.Columns, func(c string) bool { return strings.Contains(c, "*") })
		if !shape.Open || exact && n.Create {
			return &fillSink{f, fillNames(n, shape.Names), out}, nil
		}
		return &fillAll{b, n, f, b.store(), shape, out}, nil
	})
}

// fillNames returns the columns to fill among those that there are, and those to create.
func fillNames(n *plan.Fill, names []string) []string {
	var out []string
	for _, name := range names {
		if fills(n, name) {
			out = append(out, name)
		}
	}
	for _, c := range n.Columns {
		if n.Create && !strings.Contains(c, "*") && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func fills(n *plan.Fill, name string) bool {
	return len(n.Columns) == 0 || slices.ContainsFunc(n.Columns, func(c string) bool { return event.MatchName(c, name) })
}

// filler replaces nulls in columns, once per distinct value.
type filler struct {
	value event.Value
	progs map[string]*expr.Program
}

func (f *filler) batch(b *event.Batch, names []string) (*event.Batch, error) {
	out := b.Clone()
	for _, n := range names {
		p := f.progs[n]
		if p == nil {
			fill := &fn.Func{Name: "fill", Min: 1, Max: 1, Null: fn.SeesNull, Row: func(a []event.Value) event.Value {
				if a[0].IsNull() {
					return f.value
				}
				return a[0]
			}}
			var err error
			if p, err = expr.Compile(expr.F(fill, expr.C(n)), nil); err != nil {
				return nil, err
			}
			f.progs[n] = p
		}
		out.Set(n, p.Eval(b))
	}
	return out, nil
}

type fillSink struct {
	filler *filler
	names  []string
	out    Sink
}

func (s *fillSink) Push(b *event.Batch) error {
	b, err := s.filler.batch(b, s.names)
	if err != nil {
		return err
	}
	return s.out.Push(b)
}

func (s *fillSink) Close() error { return s.out.Close() }

// fillAll waits until it is known which columns there are.
type fillAll struct {
	b      *builder
	plan   *plan.Fill
	filler *filler
	kept   *store
	shape  plan.Shape
	out    Sink
}

func (s *fillAll) Push(b *event.Batch) error { return s.kept.add(b) }

func (s *fillAll) Close() error {
	names := fillNames(s.plan, s.kept.existing(s.shape))
	err := s.kept.drain(func(b *event.Batch) error {
		b, err := s.filler.batch(b, names)
		if err != nil {
			return err
		}
		return s.out.Push(b)
	})
	if err != nil && err != ErrEnough {
		return err
	}
	return s.out.Close()
}

// fillDown carries the last value of each column over the nulls below it.
type fillDown struct {
	plan  *plan.Fill
	carry map[string]event.Value
	order []string // the columns that have a value to carry, as they came
	out   Sink
}

func (s *fillDown) Push(b *event.Batch) error {
	out := b.Clone()
	for i, n := range b.Names() {
		if !fills(s.plan, n) {
			continue
		}
		vals := b.ColumnAt(i).Values(nil)
		last, had := s.carry[n]
		for j, v := range vals {
			if v.IsNull() {
				if had {
					vals[j] = last
				}
			} else {
				last, had = v, true
			}
		}
		if had {
			if _, known := s.carry[n]; !known {
				s.order = append(s.order, n)
			}
			s.carry[n] = last
		}
		out.Set(n, event.NewColumn(vals))
	}
	for _, n := range s.order {
		if b.Column(n) == nil {
			out.Set(n, event.NewConstant(s.carry[n], b.Len()))
		}
	}
	if s.plan.Create {
		for _, n := range s.plan.Columns {
			if !strings.Contains(n, "*") && out.Column(n) == nil {
				out.Set(n, event.NewConstant(event.NullValue, b.Len()))
			}
		}
	}
	return s.out.Push(out)
}

func (s *fillDown) Close() error { return s.out.Close() }
