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
	l, r := &besideReader{from: left.reader()}, &besideReader{from: right.reader()}
	defer l.from.close()
	defer r.from.close()
	for {
		ln, err := l.have()
		if err != nil {
			return err
		}
		rn, err := r.have()
		if err != nil {
			return err
		}
		n := min(ln, rn)
		if n == 0 { // one side has ended
			n = max(ln, rn)
		}
		if n == 0 {
			break
		}
		out, add := event.NewBatch(n), event.NewBatch(n)
		ll := l.take(out, leftNames)
		rl := r.take(add, rightNames)
		for i, name := range rightNames {
			c := add.ColumnAt(i)
			if had := out.Column(name); had != nil && s.plan.Override {
				c = over(had, c)
			} else if had != nil {
				c = over(c, had)
			}
			out.Set(name, c)
		}
		out.Lineage = paired(ll, rl)
		if err := s.out.Push(out); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	return s.out.Close()
}

// A besideReader gives one side's rows by number.
type besideReader struct {
	from *storeReader
	now  *store // one batch
	at   int
}

// have returns how many rows can be taken at once; 0 is the end.
func (r *besideReader) have() (int, error) {
	for r.now == nil || r.at == r.now.rows {
		b, err := r.from.next()
		if err != nil {
			return 0, err
		}
		if r.now, r.at = (&store{}), 0; b == nil {
			return 0, nil
		}
		r.now = &store{batches: []*event.Batch{b}, rows: b.Len()}
	}
	return r.now.rows - r.at, nil
}

// take sets the named columns of the next rows in to, null when the side has ended, and returns their lineage.
func (r *besideReader) take(to *event.Batch, names []string) event.Lineage {
	refs := make([]ref, to.Len())
	for i := range refs {
		if refs[i] = nobody; r.at < r.now.rows {
			refs[i] = ref{0, int32(r.at)}
			r.at++
		}
	}
	r.now.gatherInto(to, names, names, refs)
	return r.now.lineage(refs)
}
