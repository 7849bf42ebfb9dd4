package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Spread, out Sink) (Sink, error) {
		p, err := b.program(n.Expr)
		s := &spreadSink{plan: n, prog: p, out: out}
		if shape := b.shape(0); !shape.Open && n.Keep {
			// Kept columns are kept as a whole where it is known which there are; else row by row.
			s.kept = shape.Names
		}
		return s, err
	})
}

type spreadSink struct {
	plan *plan.Spread
	prog *expr.Program
	kept []string
	out  Sink
}

func (s *spreadSink) Push(b *event.Batch) error {
	objects := s.prog.Eval(b)
	made := map[string][]event.Value{}
	var order []string
	for i := range b.Len() {
		for _, f := range objects.Value(i).Bag() {
			name := s.plan.Prefix + f.Name
			vals, ok := made[name]
			if !ok {
				if slices.Contains(s.kept, name) {
					continue
				}
				vals = make([]event.Value, b.Len())
				if c := b.Column(name); c != nil && name != s.plan.Drop {
					vals = c.Values(vals[:0])
				}
				made[name] = vals
				order = append(order, name)
			}
			if had := vals[i]; f.Value.IsNull() && !had.IsNull() || s.plan.Keep && !had.IsNull() && s.there(b, name, i) {
				continue
			}
			vals[i] = f.Value
			if f.Value.IsMissing() {
				vals[i] = event.NullValue
			}
		}
	}
	out := b.Derive()
	for i, n := range b.Names() {
		if n != s.plan.Drop || made[n] != nil {
			out.Set(n, b.ColumnAt(i))
		}
	}
	for _, n := range order {
		out.Set(n, event.NewColumn(made[n]))
	}
	return s.out.Push(out)
}

// there reports whether the input has a value in the row, apart from what this row's object has put there.
func (s *spreadSink) there(b *event.Batch, name string, row int) bool {
	return name != s.plan.Drop && !b.Value(name, row).IsNull()
}

func (s *spreadSink) Close() error { return s.out.Close() }
