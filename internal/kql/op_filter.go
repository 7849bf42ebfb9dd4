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
	if n, ok := op.X.(*syntax.Named); ok {
		c.bad("KQL4005", n, "= gives a name; == compares")
		return nil
	}
	v := c.condition(op.X)
	if v.bad {
		return nil
	}
	return in.with(&plan.Filter{Input: in.node, Pred: v.e})
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
