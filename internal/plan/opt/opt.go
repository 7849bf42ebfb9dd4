// Package opt rewrites plans into plans that give the same rows for less work. One file holds one rule.
//
// Same rows means: the same values, in the same order where a plan's order can be seen, whatever the data. A rule that would
// need to know more than the plan says leaves it alone.
package opt

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A Rule is one rewriting of whole plans. Apply returns its argument when there is nothing to do.
type Rule struct {
	Name  string
	Apply func(plan.Node) plan.Node
}

// Rules returns all rules in the order in which they are applied.
func Rules() []Rule {
	return []Rule{foldRule, filterRule, limitRule, sortRule, columnsRule, extendRule}
}

// Optimize applies rules, or all of them when none are given.
func Optimize(n plan.Node, rules ...Rule) plan.Node {
	if len(rules) == 0 {
		rules = Rules()
	}
	for _, r := range rules {
		n = r.Apply(n)
	}
	return n
}

// over rebuilds n with f applied to its inputs.
func over(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	ins := n.Inputs()
	var out []plan.Node
	for i, in := range ins {
		if r := f(in); r != in {
			if out == nil {
				out = slices.Clone(ins)
			}
			out[i] = r
		}
	}
	if out == nil {
		return n
	}
	return n.With(out...)
}

// filtered puts conditions over n.
func filtered(n plan.Node, conds []expr.Expr) plan.Node {
	if len(conds) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Pred: expr.All(conds...)}
}

// maxSubstituted bounds the size of an expression that substitution makes: a chain of evals that each read the one before
// twice would grow without bound.
const maxSubstituted = 300

// substitute returns e with columns replaced by what value gives for them (nil leaves a column alone). It fails when a
// replacement may not be computed a second time, when the result would be too large, or when a name is bound inside e.
func substitute(e expr.Expr, value func(name string) expr.Expr) (expr.Expr, bool) {
	ok := true
	var bound []string
	walk(e, func(x expr.Expr) {
		if each, is := x.(*expr.Each); is {
			bound = append(bound, each.Var)
		}
	})
	out := expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		col, is := x.(*expr.Col)
		if !is {
			return x
		}
		v := value(col.Name)
		if v == nil {
			return x
		}
		if expr.Volatile(v) || slices.Contains(bound, col.Name) ||
			len(bound) > 0 && slices.ContainsFunc(expr.Columns(v), func(n string) bool { return slices.Contains(bound, n) }) {
			ok = false
		}
		return v
	})
	return out, ok && exprSize(out) <= max(maxSubstituted, exprSize(e))
}

func walk(e expr.Expr, f func(expr.Expr)) {
	if e == nil {
		return
	}
	f(e)
	for _, c := range expr.Children(e) {
		walk(c, f)
	}
}

func exprSize(e expr.Expr) int {
	n := 0
	walk(e, func(expr.Expr) { n++ })
	return n
}

// named returns the lookup of items by name: what the last item of that name computes, nil when there is none.
func named(items []plan.Named) func(string) expr.Expr {
	return func(name string) expr.Expr {
		for i := len(items) - 1; i >= 0; i-- {
			if items[i].Name == name {
				if items[i].Expr == nil {
					return null
				}
				return items[i].Expr
			}
		}
		return nil
	}
}
