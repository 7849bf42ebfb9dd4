package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Select, out Sink) (Sink, error) {
		return pickSink(b, n.Static(), n.Picks, out), nil
	})
	unary(func(b *builder, n *plan.Rename, out Sink) (Sink, error) {
		return pickSink(b, n.Static(), n.Picks, out), nil
	})
}

// pickSink makes a sink that keeps, orders and names columns. static says that this can be done batch by batch. Otherwise
// the columns of the whole input decide: when the plan does not tell them, all rows are kept until they are known.
func pickSink(b *builder, static bool, picks func([]string) []plan.Pick, out Sink) Sink {
	switch shape := b.shape(0); {
	case static:
		return &pickBatches{picks: picks, out: out}
	case !shape.Open:
		return &pickNames{picks: named(picks(shape.Names), shape.Names), out: out}
	default:
		return &pickAll{kept: b.store(), picks: picks, shape: shape, out: out, b: b}
	}
}

// A namedPick is a pick that knows its column by name.
type namedPick struct {
	from, name string
	nulls      bool // there is no such column
}

func named(picks []plan.Pick, names []string) []namedPick {
	out := make([]namedPick, len(picks))
	for i, p := range picks {
		out[i].name = p.Name
		if out[i].nulls = p.From < 0; !out[i].nulls {
			out[i].from = names[p.From]
		}
	}
	return out
}

func pickColumns(b *event.Batch, picks []namedPick) *event.Batch {
	out := b.Derive()
	for _, p := range picks {
		c := b.Column(p.from)
		if p.nulls {
			c = event.NewConstant(event.NullValue, b.Len())
		} else if c == nil {
			c = event.NewConstant(event.Value{}, b.Len())
		}
		out.Set(p.name, c)
	}
	return out
}

// pickBatches picks from each batch on its own.
type pickBatches struct {
	picks func([]string) []plan.Pick
	last  []string
	now   []namedPick // for batches with the columns of last
	out   Sink
}

func (s *pickBatches) Push(b *event.Batch) error {
	if s.now == nil || !sameNames(s.last, b.Names()) {
		s.last = b.Names()
		s.now = named(s.picks(s.last), s.last)
	}
	return s.out.Push(pickColumns(b, s.now))
}

func (s *pickBatches) Close() error { return s.out.Close() }

// pickNames picks columns that were known before the rows.
type pickNames struct {
	picks []namedPick
	out   Sink
}

func (s *pickNames) Push(b *event.Batch) error { return s.out.Push(pickColumns(b, s.picks)) }
func (s *pickNames) Close() error              { return s.out.Close() }

// pickAll waits for all columns.
type pickAll struct {
	b     *builder
	kept  *store
	picks func([]string) []plan.Pick
	shape plan.Shape
	out   Sink
}

func (s *pickAll) Push(b *event.Batch) error { return s.kept.add(b) }

func (s *pickAll) Close() error {
	names := s.kept.existing(s.shape)
	picks := named(s.picks(names), names)
	err := s.kept.drain(func(b *event.Batch) error { return s.out.Push(pickColumns(b, picks)) })
	if err != nil && err != ErrEnough {
		return err
	}
	return s.out.Close()
}
