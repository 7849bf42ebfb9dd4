package opt

import "github.com/harrier-detect/harrier/internal/plan"

// limitRule moves limits towards the leaves and into sorts, which then keep no more than that many rows.
var limitRule = Rule{"limit", func(n plan.Node) plan.Node { return plan.Rewrite(n, pushLimit) }}

func pushLimit(n plan.Node) plan.Node {
	l, ok := n.(*plan.Limit)
	if !ok || l.Last || l.While != nil || l.N <= 0 {
		return n
	}
	under := func(in plan.Node) plan.Node { return pushLimit(&plan.Limit{Input: in, N: l.N}) }
	switch in := l.Input.(type) {
	case *plan.Limit:
		if !in.Last && in.While == nil {
			return &plan.Limit{Input: in.Input, N: min(l.N, in.N)}
		}
	case *plan.Sort:
		c := *in
		if c.Limit == 0 || c.Limit > l.N {
			c.Limit = l.N
		}
		return &c
	case *plan.Extend:
		return in.With(under(in.Input))
	case *plan.Project:
		return in.With(under(in.Input))
	case *plan.Select:
		// Which columns there are must not depend on rows that the limit cuts off.
		if in.Static() {
			return in.With(under(in.Input))
		}
	case *plan.Rename:
		if in.Static() {
			return in.With(under(in.Input))
		}
	}
	return n
}
