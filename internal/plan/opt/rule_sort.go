package opt

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/plan"
)

// sortRule removes sorts whose order nobody can see: below an aggregate that does not look at the order, for instance.
var sortRule = Rule{"sort", func(n plan.Node) plan.Node { return unsorted(n, true) }}

// unsorted returns n without needless sorts; seen says that the order of its rows can be seen.
func unsorted(n plan.Node, seen bool) plan.Node {
	below := func(seen ...bool) plan.Node {
		i := -1
		return over(n, func(in plan.Node) plan.Node {
			i++
			return unsorted(in, seen[min(i, len(seen)-1)])
		})
	}
	switch n := n.(type) {
	case *plan.Sort:
		if !seen && n.Limit == 0 {
			return unsorted(n.Input, false)
		}
		// Rows that the keys do not tell apart keep the order they had.
		return below(true)
	case *plan.Filter, *plan.Extend, *plan.Project, *plan.Rename, *plan.Select, *plan.Spread, *plan.Expand, *plan.Union:
		return below(seen)
	case *plan.Reverse:
		if !seen {
			return unsorted(n.Input, false)
		}
		return below(true)
	case *plan.Fill:
		return below(seen || n.Down)
	case *plan.Aggregate:
		// Unsorted groups come in the order of their first rows.
		return below(ordered(n.Aggs) || seen && !n.Sorted && len(n.Group.By) > 0)
	case *plan.Attach:
		return below(seen || ordered(n.Aggs))
	case *plan.Join:
		switch n.Kind {
		case plan.LeftSemi, plan.LeftAnti:
			return below(seen, false)
		case plan.RightSemi, plan.RightAnti:
			return below(false, seen)
		}
		return below(seen || n.Kind == plan.InnerUnique, seen || n.Max > 0)
	case *plan.Let:
		// Bindings take first rows, or have readers of their own.
		seens := make([]bool, len(n.Bindings)+1)
		for i := range n.Bindings {
			seens[i] = true
		}
		seens[len(n.Bindings)] = seen
		return below(seens...)
	}
	return below(true)
}

func ordered(aggs []plan.AggItem) bool {
	return slices.ContainsFunc(aggs, func(a plan.AggItem) bool { return a.Fn.Ordered })
}
