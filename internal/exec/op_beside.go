package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register(func(b *builder, n *plan.Beside, out Sink) ([]Sink, error) {
		s := &beside{b: b, plan: n, out: out, open: 2}
		for i := range 2 {
			s.sides = append(s.sides, &besidePort{s, b.store(), b.shape(i)})
		}
		return []Sink{s.sides[0], s.sides[1]}, nil
	})
}

// beside pairs rows by position; the longer side goes on alone.
type beside struct {
	b     *builder
	plan  *plan.Beside
	sides []*besidePort
	open  int
	out   Sink
}

type besidePort struct {
	of    *beside
	kept  *store
	shape plan.Shape
}

func (p *besidePort) Push(b *event.Batch) error { return p.kept.add(b) }

func (p *besidePort) Close() error {
	if p.of.open--; p.of.open > 0 {
		return nil
	}
	return p.of.finish()
}

func (s *beside) finish() error {
	left, right := s.sides[0].kept, s.sides[1].kept
	leftNames := left.existing(s.sides[0].shape)
	rightNames := right.existing(s.sides[1].shape)
	n := max(left.rows, right.rows)
	l, r := padded(left.refs(), n), padded(right.refs(), n)
	for lo := 0; lo < n; lo += s.b.rows() {
		if err := s.b.check(); err != nil {
			return err
		}
		hi := min(lo+s.b.rows(), n)
		out := event.NewBatch(hi - lo)
		left.gatherInto(out, leftNames, leftNames, l[lo:hi])
		add := event.NewBatch(hi - lo)
		right.gatherInto(add, rightNames, rightNames, r[lo:hi])
		for i, name := range rightNames {
			c := add.ColumnAt(i)
			if had := out.Column(name); had != nil && s.plan.Override {
				c = over(had, c)
			} else if had != nil {
				c = over(c, had)
			}
			out.Set(name, c)
		}
		ll, rl := left.lineage(l[lo:hi]), right.lineage(r[lo:hi])
		out.Lineage = paired(ll, rl)
		if err := s.out.Push(out); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	left.release()
	right.release()
	return s.out.Close()
}

// padded returns refs with nobody up to n.
func padded(refs []ref, n int) []ref {
	for len(refs) < n {
		refs = append(refs, nobody)
	}
	return refs
}
