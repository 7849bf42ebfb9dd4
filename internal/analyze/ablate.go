package analyze

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// An Ablation is a plan without one of its conditions.
type Ablation struct {
	// Condition is what was taken out, and Over what its filter is over.
	Condition, Over string
	Plan            plan.Node
}

// maxAblations bounds the conditions that Ablations takes out; no published rule has so many conditions.
const maxAblations = 256

// Ablations returns a plan as lowering gives it once for each conjunct of its filters, without that conjunct, in the order of
// the query. Whoever runs them over
// the tests of a rule learns which conditions the tests would notice the loss of.
func Ablations(n plan.Node) []Ablation {
	var groups [][]Ablation // those of one filter together, the last filter first
	total := 0
	plan.Walk(n, func(at plan.Node) bool {
		var pred expr.Expr
		var with func(expr.Expr) plan.Node
		over := ""
		switch x := at.(type) {
		case *plan.Filter:
			base, _ := run(x)
			pred, over = x.Pred, overOf(base)
			with = func(e expr.Expr) plan.Node {
				if e == nil {
					return x.Input
				}
				return &plan.Filter{Input: x.Input, Pred: e}
			}
		case *plan.Scan:
			pred, over = x.Pred, x.View
			with = func(e expr.Expr) plan.Node {
				y := *x
				y.Pred = e
				return &y
			}
		default:
			return true
		}
		var out []Ablation
		parts := expr.Conjuncts(pred)
		for i, c := range parts {
			if total++; total > maxAblations {
				break
			}
			rest := append(append([]expr.Expr(nil), parts[:i]...), parts[i+1:]...)
			made := with(expr.All(rest...))
			out = append(out, Ablation{Describe(c), over, plan.Rewrite(n, func(m plan.Node) plan.Node {
				if m == at {
					return made
				}
				return m
			})})
		}
		groups = append(groups, out)
		return true
	})
	slices.Reverse(groups)
	return slices.Concat(groups...)
}
