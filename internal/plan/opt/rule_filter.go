package opt

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// filterRule moves conditions towards the leaves, into the scans where they can go that far: the fewer rows, the less work,
// and what a scan selects by is shared by all rules.
var filterRule = Rule{"filter", func(n plan.Node) plan.Node {
	p := &pusher{}
	p.shapes.Of(n)
	return p.push(n, nil)
}}

type pusher struct{ shapes plan.Shapes }

// push returns the plan of the rows of n for which all conditions are true.
func (p *pusher) push(n plan.Node, conds []expr.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		all := expr.Conjuncts(n.Pred)
		return p.push(n.Input, append(slices.Clip(all), conds...))
	case *plan.Scan:
		return p.scan(n, conds)
	case *plan.Extend:
		return p.through(n, conds, named(n.Items))
	case *plan.Project:
		value := named(n.Items)
		return p.through(n, conds, func(name string) expr.Expr {
			if v := value(name); v != nil {
				return v
			}
			return missing
		})
	case *plan.Select:
		// Whether a column is picked is a matter of its name alone; what depends on the whole input is the order.
		return p.through(n, conds, p.picked(n, true, n.Picks, nil))
	case *plan.Rename:
		var touched []string
		for _, pair := range n.Pairs {
			touched = append(touched, pair.From, pair.To)
		}
		return p.through(n, conds, p.picked(n, n.Static(), n.Picks, touched))
	case *plan.Sort:
		if n.Limit == 0 {
			return p.through(n, conds, same)
		}
	case *plan.Reverse:
		return p.through(n, conds, same)
	case *plan.Expand:
		return p.through(n, conds, func(name string) expr.Expr {
			if name == n.IndexAs || slices.ContainsFunc(n.Columns, func(c plan.ExpandColumn) bool { return c.Name == name }) {
				return blocked
			}
			return nil
		})
	case *plan.Union:
		return p.union(n, conds)
	case *plan.Join:
		return p.join(n, conds)
	case *plan.Let:
		return p.let(n, conds)
	}
	return filtered(over(n, func(in plan.Node) plan.Node { return p.push(in, nil) }), conds)
}

func (p *pusher) scan(n *plan.Scan, conds []expr.Expr) plan.Node {
	c := *n
	var stay []expr.Expr
	for _, cond := range conds {
		// The scan's own predicate sees the whole view; what is above it sees its fields only.
		own, ok := p.below(cond, func(name string) expr.Expr {
			if n.Fields.Has(name) {
				return nil
			}
			return missing
		})
		if !ok {
			stay = append(stay, cond)
			continue
		}
		c.Pred = expr.All(c.Pred, own)
	}
	if len(stay) == len(conds) {
		return filtered(n, conds)
	}
	return filtered(&c, stay)
}

var (
	missing expr.Expr = expr.L(event.Value{})
	// blocked stands for a column that conditions below cannot read.
	blocked expr.Expr = &expr.Param{Name: "blocked"}
)

func same(string) expr.Expr { return nil }

// through moves those conditions below n that can be told from its input, where value gives what a column of n is there.
func (p *pusher) through(n plan.Node, conds []expr.Expr, value func(string) expr.Expr) plan.Node {
	var down, stay []expr.Expr
	for _, c := range conds {
		if below, ok := p.below(c, value); ok {
			down = append(down, below)
		} else {
			stay = append(stay, c)
		}
	}
	return filtered(over(n, func(in plan.Node) plan.Node { return p.push(in, down) }), stay)
}

func (p *pusher) below(cond expr.Expr, value func(string) expr.Expr) (expr.Expr, bool) {
	// What is computed anew each time must be asked of the rows it was said of.
	if value == nil || expr.Volatile(cond) {
		return nil, false
	}
	for _, c := range expr.Columns(cond) {
		if value(c) == blocked {
			return nil, false
		}
	}
	return substitute(cond, value)
}

// picked is the value function of a node that picks columns. touched are names that take part in the picking.
func (p *pusher) picked(n plan.Node, static bool, picks func([]string) []plan.Pick, touched []string) func(string) expr.Expr {
	in := p.shapes.Of(n.Inputs()[0])
	if !static && in.Open {
		return nil
	}
	return func(name string) expr.Expr {
		names := in.Names
		if in.Open {
			names = append(slices.Clip(touched), name)
			slices.Sort(names)
			names = slices.Compact(names)
		}
		for _, pick := range picks(names) {
			if pick.Name == name {
				if pick.From < 0 {
					return null
				}
				if names[pick.From] == name {
					return nil
				}
				return expr.C(names[pick.From])
			}
		}
		return missing
	}
}

func (p *pusher) union(n *plan.Union, conds []expr.Expr) plan.Node {
	var down, stay []expr.Expr
	for _, c := range conds {
		if expr.Volatile(c) {
			stay = append(stay, c)
		} else {
			down = append(down, c)
		}
	}
	out := &plan.Union{OriginAs: n.OriginAs, Names: n.Names}
	for i, in := range n.Sources {
		own := down
		if n.OriginAs != "" {
			own = nil
			for _, c := range down {
				// The column of origins is a constant within each source.
				if c, ok := substitute(c, named([]plan.Named{{Name: n.OriginAs, Expr: expr.L(event.StringOf(n.Names[i]))}})); ok {
					own = append(own, c)
				} else {
					return filtered(over(n, func(in plan.Node) plan.Node { return p.push(in, nil) }), conds)
				}
			}
		}
		out.Sources = append(out.Sources, p.push(in, own))
	}
	return filtered(out, stay)
}

// join moves conditions on the columns of one side into that side, where its rows come or go with their pairs.
func (p *pusher) join(n *plan.Join, conds []expr.Expr) plan.Node {
	var toLeft, toRight bool
	switch n.Kind {
	case plan.Inner:
		toLeft, toRight = true, n.Max == 0
	case plan.InnerUnique:
		toRight = n.Max == 0
	case plan.LeftOuter, plan.LeftSemi, plan.LeftAnti:
		toLeft = true
	case plan.RightOuter, plan.RightSemi, plan.RightAnti:
		toRight = true
	}
	var left, right, stay []expr.Expr
	for _, c := range conds {
		l, onLeft := p.below(c, p.side(n, true))
		r, onRight := p.below(c, p.side(n, false))
		switch {
		case len(expr.Columns(c)) == 0:
			stay = append(stay, c)
		case onLeft && toLeft:
			left = append(left, l)
		case onRight && toRight:
			right = append(right, r)
		default:
			stay = append(stay, c)
		}
	}
	c := *n
	c.Left, c.Right = p.push(n.Left, left), p.push(n.Right, right)
	return filtered(&c, stay)
}

// side is the value function of one side of a join: blocked for columns that are not surely that side's alone.
func (p *pusher) side(n *plan.Join, left bool) func(string) expr.Expr {
	l, r := p.shapes.Of(n.Left), p.shapes.Of(n.Right)
	semi := false
	switch n.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		semi = true
		if !left {
			return nil
		}
		r = plan.Shape{}
	case plan.RightSemi, plan.RightAnti:
		semi = true
		if left {
			return nil
		}
		l = plan.Shape{}
	}
	if !semi && (r.Open || l.Open && n.Clash == plan.ClashSuffix) {
		return nil
	}
	lAs, rAs := n.Columns(l.Names, r.Names)
	own, ownAs, other, prefix := l, lAs, rAs, n.LeftPrefix
	if !left {
		own, ownAs, other, prefix = r, rAs, lAs, n.RightPrefix
	}
	return func(name string) expr.Expr {
		if slices.Contains(other, name) {
			return blocked
		}
		if i := slices.Index(ownAs, name); i >= 0 {
			return renamed(name, own.Names[i])
		}
		// An open side has every column that the other has not.
		if own.Open && len(name) >= len(prefix) && name[:len(prefix)] == prefix && (left || semi) {
			return renamed(name, name[len(prefix):])
		}
		return blocked
	}
}

func renamed(name, to string) expr.Expr {
	if name == to {
		return nil
	}
	return expr.C(to)
}

// let moves conditions into the body, unless it binds a parameter that they read from further out.
func (p *pusher) let(n *plan.Let, conds []expr.Expr) plan.Node {
	var down, stay []expr.Expr
	for _, c := range conds {
		if slices.ContainsFunc(expr.Params(c), func(name string) bool {
			return slices.ContainsFunc(n.Bindings, func(b plan.Binding) bool { return b.Name == name })
		}) {
			stay = append(stay, c)
		} else {
			down = append(down, c)
		}
	}
	ins := n.Inputs()
	for i, in := range ins {
		if i == len(ins)-1 {
			ins[i] = p.push(in, down)
		} else {
			ins[i] = p.push(in, nil)
		}
	}
	return filtered(n.With(ins...), stay)
}
