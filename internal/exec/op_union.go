package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register(func(b *builder, n *plan.Union, out Sink) ([]Sink, error) {
		sinks := unionPorts(b, len(n.Sources), out)
		if n.OriginAs != "" {
			for i := range sinks {
				sinks[i] = &originSink{n.OriginAs, event.StringOf(n.Names[i]), sinks[i]}
			}
		}
		return sinks, nil
	})
}

// originSink puts a constant column in front.
type originSink struct {
	name  string
	value event.Value
	out   Sink
}

func (s *originSink) Push(b *event.Batch) error {
	out := b.Derive()
	c := event.NewConstant(s.value, b.Len())
	out.Set(s.name, c)
	for i, n := range b.Names() {
		if n != s.name {
			out.Set(n, b.ColumnAt(i))
		}
	}
	return s.out.Push(out)
}

func (s *originSink) Close() error { return s.out.Close() }

// unionPorts returns n sinks whose rows go to out, one sink's after the other's: the first sink that is not closed passes its
// rows on, the others keep theirs.
func unionPorts(b *builder, n int, out Sink) []Sink {
	u := &sequence{out: out}
	sinks := make([]Sink, n)
	for i := range sinks {
		p := &sequencePort{seq: u, at: i, kept: b.store()}
		u.ports = append(u.ports, p)
		sinks[i] = p
	}
	return sinks
}

type sequence struct {
	ports  []*sequencePort
	now    int // the port whose rows pass
	enough bool
	out    Sink
}

type sequencePort struct {
	seq    *sequence
	at     int
	kept   *store
	closed bool
}

func (p *sequencePort) Push(b *event.Batch) error {
	switch {
	case p.seq.enough:
		return ErrEnough
	case p.at != p.seq.now:
		return p.kept.add(b)
	}
	return p.seq.push(b)
}

func (q *sequence) push(b *event.Batch) error {
	err := q.out.Push(b)
	q.enough = q.enough || err == ErrEnough
	return err
}

// Close lets the ports behind have their turn.
func (p *sequencePort) Close() error {
	p.closed = true
	q := p.seq
	if p.at != q.now {
		return nil
	}
	for q.now < len(q.ports) && q.ports[q.now].closed {
		if q.now++; q.now == len(q.ports) {
			return q.out.Close()
		}
		next := q.ports[q.now]
		if q.enough {
			next.kept.release()
		}
		if err := next.kept.drain(q.push); err != nil && err != ErrEnough {
			return err
		}
	}
	return nil
}
