package expr

import (
	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
)

// meteredNode is a condition of a run whose costs are measured.
type meteredNode struct {
	node
	meter *cost.Meter
}

// metered puts a meter on an atom: a condition that is no combination of others.
func (c *compiler) metered(e Expr, n node) node {
	switch e.(type) {
	case *Logic, *Not:
		return n
	}
	if !condition(e) {
		return n
	}
	return &meteredNode{n, c.env.Profile.Meter(cost.Atom, Print(e))}
}

func (n *meteredNode) eval(b *event.Batch, rows []int32) *event.Column {
	t := n.meter.Start()
	out := n.node.eval(b, rows)
	n.meter.Stop(t, out.Len())
	return out
}

func (n *meteredNode) truth(b *event.Batch, rows []int32, out []tri) {
	t := n.meter.Start()
	n.node.truth(b, rows, out)
	n.meter.Stop(t, len(out))
}

// Looking for the texts of all guards has a meter of its own.
func (n *meteredNode) bound(b *event.Batch) ([]int32, bool) { return boundOf(n.node, b) }
func (n *meteredNode) dearBound(b *event.Batch) bool        { return dearOf(n.node, b) }
