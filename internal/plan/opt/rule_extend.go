package opt

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// extendRule joins neighbouring Extends that do not build on each other, and removes empty ones.
var extendRule = Rule{"extend", func(n plan.Node) plan.Node { return plan.Rewrite(n, mergeExtend) }}

func mergeExtend(n plan.Node) plan.Node {
	outer, ok := n.(*plan.Extend)
	if !ok {
		return n
	}
	if len(outer.Items) == 0 {
		return outer.Input
	}
	inner, ok := outer.Input.(*plan.Extend)
	if !ok {
		return n
	}
	makes := func(name string) bool {
		return slices.ContainsFunc(inner.Items, func(it plan.Named) bool { return it.Name == name })
	}
	for _, it := range outer.Items {
		if makes(it.Name) || slices.ContainsFunc(expr.Columns(it.Expr), makes) {
			return n
		}
	}
	return &plan.Extend{Input: inner.Input, Items: append(slices.Clip(inner.Items), outer.Items...)}
}
