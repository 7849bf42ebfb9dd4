package plan

import "github.com/harrier-detect/harrier/internal/expr"

// A node that holds expressions implements exprMapper, so that walks over plans can read and rewrite them.
type exprMapper interface {
	// MapExprs returns the node with f applied to each of its own expressions (not those of its inputs). f is never given nil.
	MapExprs(f func(expr.Expr) expr.Expr) Node
}

// MapExprs returns n with f applied to each of its own expressions, whole ones, not their parts.
func MapExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	if m, ok := n.(exprMapper); ok {
		return m.MapExprs(func(e expr.Expr) expr.Expr {
			if e == nil {
				return nil
			}
			return f(e)
		})
	}
	return n
}

// Exprs returns the expressions that n itself holds.
func Exprs(n Node) []expr.Expr {
	var out []expr.Expr
	MapExprs(n, func(e expr.Expr) expr.Expr {
		out = append(out, e)
		return e
	})
	return out
}

// Params returns the names of the parameters that the node's own expressions read.
func Params(n Node) []string {
	var out []string
	for _, e := range Exprs(n) {
		out = append(out, expr.Params(e)...)
	}
	return out
}

func mapList(in []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(in))
	for i, e := range in {
		out[i] = f(e)
	}
	return out
}

func mapNamed(in []Named, f func(expr.Expr) expr.Expr) []Named {
	out := make([]Named, len(in))
	for i, it := range in {
		out[i] = Named{it.Name, f(it.Expr)}
	}
	return out
}

func mapAggs(in []AggItem, f func(expr.Expr) expr.Expr) []AggItem {
	out := make([]AggItem, len(in))
	for i, it := range in {
		it.Args = mapList(it.Args, f)
		out[i] = it
	}
	return out
}

func (g Grouping) mapExprs(f func(expr.Expr) expr.Expr) Grouping {
	g.By = mapNamed(g.By, f)
	return g
}

func (n *Scan) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Pred = f(n.Pred)
	return &c
}

func (n *Filter) MapExprs(f func(expr.Expr) expr.Expr) Node { return &Filter{n.Input, f(n.Pred)} }

func (n *Extend) MapExprs(f func(expr.Expr) expr.Expr) Node {
	return &Extend{n.Input, mapNamed(n.Items, f)}
}

func (n *Project) MapExprs(f func(expr.Expr) expr.Expr) Node {
	return &Project{n.Input, mapNamed(n.Items, f)}
}

func (n *Spread) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Expr = f(n.Expr)
	return &c
}

func (n *Sort) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Keys = make([]SortKey, len(n.Keys))
	for i, k := range n.Keys {
		k.Expr = f(k.Expr)
		c.Keys[i] = k
	}
	return &c
}

func (n *Limit) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.While = f(n.While)
	return &c
}

func (n *Dedup) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Keys = mapList(n.Keys, f)
	return &c
}

func (n *Expand) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Columns = make([]ExpandColumn, len(n.Columns))
	for i, col := range n.Columns {
		c.Columns[i] = ExpandColumn{col.Name, f(col.Expr)}
	}
	return &c
}

func (n *Aggregate) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Group, c.Aggs = n.Group.mapExprs(f), mapAggs(n.Aggs, f)
	return &c
}

func (n *Attach) MapExprs(f func(expr.Expr) expr.Expr) Node {
	return &Attach{n.Input, n.Group.mapExprs(f), mapAggs(n.Aggs, f)}
}

func (n *Running) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Group, c.Aggs = n.Group.mapExprs(f), mapAggs(n.Aggs, f)
	c.Time, c.ResetBefore, c.ResetAfter = f(n.Time), f(n.ResetBefore), f(n.ResetAfter)
	return &c
}

func (n *Shift) MapExprs(f func(expr.Expr) expr.Expr) Node {
	items := make([]ShiftItem, len(n.Items))
	for i, it := range n.Items {
		it.Expr, it.Default = f(it.Expr), f(it.Default)
		items[i] = it
	}
	return &Shift{n.Input, items}
}

func (n *Join) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.LeftKeys, c.RightKeys = mapList(n.LeftKeys, f), mapList(n.RightKeys, f)
	if n.Order != nil {
		c.Order = &JoinOrder{f(n.Order.Left), f(n.Order.Right), n.Order.Later}
	}
	return &c
}
