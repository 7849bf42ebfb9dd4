package kql

import (
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("where", lowerWhere)
}

func lowerWhere(c *ctx, in *rows, op *syntax.Where) *rows {
	c.ignoreParams(op.Params)
	x := op.X
	if n, ok := x.(*syntax.Named); ok {
		// The name means nothing; a condition that is no bool is refused below.
		c.warnf("KQL5001", n.Span(), "= gives a name here and does not compare: only what is behind it counts")
		x = n.X
	}
	c.windows = &windows{rows: in}
	v := c.condition(x)
	if v.bad {
		return nil
	}
	out := c.windows.rows
	return out.with(&plan.Filter{Input: out.node, Pred: v.e}).drop(c.windows.temps...)
}

// ignoreParams takes hints, which change nothing in the rows, and refuses every other option.
func (c *ctx) ignoreParams(params []*syntax.Param, known ...string) bool {
	ok := true
	for _, p := range params {
		if !isHint(p.Name) && !contains(known, p.Name) {
			c.unsupported(p, "the option %s is not supported here", p.Name)
			ok = false
		}
	}
	return ok
}
