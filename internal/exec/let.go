package exec

import (
	"fmt"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// let builds the bindings and the body of a Let. All run at the same time, in one pass: an operator of the body that reads a
// parameter keeps its rows behind a gate until the binding has ended, and a table's rows flow to all who read it.
func (b *builder) let(n *plan.Let, out Sink) error {
	inner := *b
	keep := false
	plan.Walk(n, func(m plan.Node) bool {
		_, isDynamic := m.(*plan.Dynamic)
		keep = keep || isDynamic
		return !keep
	})
	for _, bind := range n.Bindings {
		at := inner
		at.node = n
		bound := &binding{kind: bind.Kind}
		var sink Sink
		switch bind.Kind {
		case plan.BindScalar:
			sink = &scalarSink{first: firstName(b.shapes.Of(bind.Plan)), bound: bound}
		case plan.BindList:
			sink = &listSink{first: firstName(b.shapes.Of(bind.Plan)), bound: bound, acc: at.account()}
		case plan.BindTable:
			bound.table = &multicast{kept: at.store(), keep: keep}
			sink = bound.table
		}
		if err := inner.build(bind.Plan, sink); err != nil {
			return err
		}
		inner.scope = inner.scope.with(bind.Name, bound)
	}
	return inner.build(n.Body, out)
}

func (b *builder) ref(n *plan.Ref, out Sink) error {
	bound := b.scope.find(n.Name, true)
	if bound == nil {
		return fmt.Errorf("nothing is bound to the name %s", n.Name)
	}
	if bound.table.closed {
		b.table(bound.table.kept, out)
		return nil
	}
	bound.table.outs = append(bound.table.outs, out)
	return nil
}

// tee builds Input so that it feeds out and, by the Tee's name, Branch, whose rows wait until Input has ended.
func (b *builder) tee(n *plan.Tee, out Sink) error {
	at := *b
	at.node = n
	ports := unionPorts(&at, 2, out)
	bound := &binding{kind: plan.BindTable, table: &multicast{outs: []Sink{ports[0]}}}
	inner := *b
	inner.scope = b.scope.with(n.Name, bound)
	if err := inner.build(n.Branch, ports[1]); err != nil {
		return err
	}
	return b.build(n.Input, bound.table)
}

// multicast hands its rows to several sinks.
type multicast struct {
	outs   []Sink // nil: has had enough
	keep   bool   // a plan that is built later may read the rows too
	kept   *store
	closed bool
}

func (m *multicast) Push(b *event.Batch) error {
	wanted := m.keep
	if m.keep {
		if err := m.kept.add(b); err != nil {
			return err
		}
	}
	for i, out := range m.outs {
		if out == nil {
			continue
		}
		switch err := out.Push(b); err {
		case nil:
			wanted = true
		case ErrEnough:
			m.outs[i] = nil
			if err := out.Close(); err != nil {
				return err
			}
		default:
			return err
		}
	}
	if !wanted {
		return ErrEnough
	}
	return nil
}

func (m *multicast) Close() error {
	m.closed = true
	for _, out := range m.outs {
		if out != nil {
			if err := out.Close(); err != nil {
				return err
			}
		}
	}
	m.outs = nil
	return nil
}

func firstName(s plan.Shape) string {
	if len(s.Names) > 0 {
		return s.Names[0]
	}
	return ""
}

// firstColumn returns the column that a scalar or list is made of: the named one, or the batch's first.
func firstColumn(b *event.Batch, name string) *event.Column {
	if name == "" && len(b.Names()) > 0 {
		return b.ColumnAt(0)
	}
	if c := b.Column(name); c != nil {
		return c
	}
	return event.NewConstant(event.NullValue, b.Len())
}

// scalarSink takes the first column of the first row.
type scalarSink struct {
	first string
	bound *binding
	has   bool
	value event.Value
}

func (s *scalarSink) Push(b *event.Batch) error {
	if b.Len() > 0 && !s.has {
		s.has, s.value = true, firstColumn(b, s.first).Value(0)
	}
	if s.has {
		return ErrEnough
	}
	return nil
}

func (s *scalarSink) Close() error {
	if s.value.IsNull() {
		s.value = event.NullValue
	}
	return s.bound.resolve(s.value)
}

// listSink takes the distinct values of the first column.
type listSink struct {
	first string
	bound *binding
	acc   *account
	ids   valueIDs
	buf   []uint32
}

func (s *listSink) Push(b *event.Batch) error {
	s.buf = s.ids.of(firstColumn(b, s.first), s.buf)
	return s.acc.set(s.ids.size())
}

func (s *listSink) Close() error { return s.bound.resolve(event.ListOf(s.ids.values())) }

// resolve gives a binding its value and opens the gates that nothing else holds.
func (b *binding) resolve(v event.Value) error {
	b.value, b.known = v, true
	for _, g := range b.gates {
		if g.waits--; g.waits == 0 {
			if err := g.open(); err != nil {
				return err
			}
		}
	}
	b.gates = nil
	return nil
}

// A gate stands in the place of an operator that cannot be made before its parameters are known. It keeps the rows of each
// input until then.
type gate struct {
	builder
	n     plan.Node
	out   Sink
	waits int
	ports []*gatePort
}

type gatePort struct {
	kept   *store
	to     Sink // once the gate is open
	closed bool
	enough bool
}

func (b *builder) gate(n plan.Node, out Sink, waits []*binding) []Sink {
	g := &gate{builder: *b, n: n, out: out, waits: len(waits)}
	g.node = n
	sinks := make([]Sink, len(n.Inputs()))
	for i := range sinks {
		p := &gatePort{kept: g.store()}
		g.ports = append(g.ports, p)
		sinks[i] = p
	}
	for _, w := range waits {
		w.gates = append(w.gates, g)
	}
	return sinks
}

func (g *gate) open() error {
	sinks, err := g.operator(g.n, g.out)
	if err != nil {
		return err
	}
	for i, p := range g.ports {
		p.to = sinks[i]
		if err := p.kept.drain(p.to.Push); err == ErrEnough {
			p.enough = true
		} else if err != nil {
			return err
		}
		if p.closed {
			if err := p.to.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *gatePort) Push(b *event.Batch) error {
	switch {
	case p.enough:
		return ErrEnough
	case p.to == nil:
		return p.kept.add(b)
	}
	return p.to.Push(b)
}

func (p *gatePort) Close() error {
	if p.to == nil {
		p.closed = true
		return nil
	}
	return p.to.Close()
}
