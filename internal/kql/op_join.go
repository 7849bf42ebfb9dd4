package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("join", lowerJoin)
	register("lookup", lowerLookup)
}

var joinKinds = map[string]plan.JoinKind{"": plan.InnerUnique, "innerunique": plan.InnerUnique, "inner": plan.Inner, "leftouter": plan.LeftOuter,
	"rightouter": plan.RightOuter, "fullouter": plan.FullOuter, "leftsemi": plan.LeftSemi, "rightsemi": plan.RightSemi, "anti": plan.LeftAnti,
	"leftanti": plan.LeftAnti, "leftantisemi": plan.LeftAnti, "rightanti": plan.RightAnti, "rightantisemi": plan.RightAnti}

func lowerJoin(c *ctx, in *rows, op *syntax.Join) *rows {
	c.ignoreParams(op.Params, "kind")
	kind, ok := c.oneOf(op.Params, "kind", "inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftanti", "leftantisemi", "anti", "leftsemi",
		"rightanti", "rightantisemi", "rightsemi")
	if !ok {
		return nil
	}
	right := c.rightSide(op.Right)
	if right == nil {
		return nil
	}
	if op.Where != nil || len(op.On) == 0 {
		c.bad("KQL4005", op, "join needs a condition: on …")
		return nil
	}
	return c.join(in, right, joinKinds[kind], op.On, false)
}

func lowerLookup(c *ctx, in *rows, op *syntax.Lookup) *rows {
	c.ignoreParams(op.Params, "kind")
	kind, ok := c.oneOf(op.Params, "kind", "leftouter", "inner")
	if !ok {
		return nil
	}
	right := c.rightSide(op.Right)
	if right == nil {
		return nil
	}
	joined := plan.LeftOuter
	if kind == "inner" {
		joined = plan.Inner
	}
	return c.join(in, right, joined, op.On, true)
}

// rightSide binds the table that rows are joined with; it sees no columns.
func (c *ctx) rightSide(x syntax.Expr) *rows {
	outer := *c
	outer.rows, outer.left, outer.right = nil, nil, nil
	return outer.table(x)
}

// A joinKey is one pair of columns that must be equal.
type joinKey struct{ left, right string }

// join lowers join and lookup, which leaves the right key columns out.
func (c *ctx) join(in, right *rows, kind plan.JoinKind, on []syntax.Expr, lookup bool) *rows {
	var keys []joinKey
	ok := true
	for _, x := range on {
		ok = c.joinKeys(in, right, x, &keys) && ok
	}
	if !ok {
		return nil
	}
	node := &plan.Join{Left: in.node, Kind: kind}
	for _, k := range keys {
		node.LeftKeys = append(node.LeftKeys, c.joinExpr(in, k.left))
	}
	oneSide := kind == plan.LeftSemi || kind == plan.LeftAnti || kind == plan.RightSemi || kind == plan.RightAnti
	if oneSide {
		return c.semiJoin(in, right, node, keys)
	}
	cols := right.cols
	if lookup {
		cols = slices.DeleteFunc(slices.Clone(cols), func(col Column) bool {
			return slices.ContainsFunc(keys, func(k joinKey) bool { return k.right == col.Name })
		})
	}
	taken := newNamer(in.cols)
	as := make([]string, len(cols))
	// Names that the left side does not have stay; the others get a number that neither side has.
	for i, col := range cols {
		if !taken.taken[col.Name] {
			as[i] = taken.unique(col.Name)
		}
	}
	for i, col := range cols {
		if as[i] == "" {
			as[i] = taken.unique(col.Name)
		}
	}
	if in.open || right.open {
		if lookup {
			for _, k := range keys {
				c.unsupportedOpenLookup(k)
			}
		}
		node.Right = right.node
		for _, k := range keys {
			node.RightKeys = append(node.RightKeys, c.joinExpr(right, k.right))
		}
		node.Clash = plan.ClashSuffix
		out := in.with(node)
		out.open, out.serial = true, false
		for i, col := range cols {
			out.cols = set(out.cols, Column{as[i], col.Type})
		}
		return out
	}
	// Right columns get their new names before the join; keys that stay out travel under hidden names.
	items := make([]plan.Named, len(cols))
	outCols := slices.Clone(in.cols)
	for i, col := range cols {
		items[i] = plan.Named{Name: as[i], Expr: expr.C(col.Name)}
		outCols = append(outCols, Column{as[i], col.Type})
	}
	for _, k := range keys {
		hidden := c.hidden("key")
		items = append(items, plan.Named{Name: hidden, Expr: c.joinExpr(right, k.right)})
		node.RightKeys = append(node.RightKeys, expr.C(hidden))
	}
	node.Right = &plan.Project{Input: right.node, Items: items}
	node.Clash = plan.ClashKeepLeft
	out := in.with(node)
	out.cols, out.serial = outCols, false
	return out.keep(outCols, out.names())
}

func (c *ctx) unsupportedOpenLookup(joinKey) {}

// semiJoin lowers the kinds that give one side only.
func (c *ctx) semiJoin(in, right *rows, node *plan.Join, keys []joinKey) *rows {
	for _, k := range keys {
		node.RightKeys = append(node.RightKeys, c.joinExpr(right, k.right))
	}
	node.Right = right.node
	out := in.with(node)
	if node.Kind == plan.RightSemi || node.Kind == plan.RightAnti {
		out = right.with(node)
	}
	out.serial = false
	return out
}

// joinExpr is a key column; text that is null is empty, as everywhere.
func (c *ctx) joinExpr(r *rows, name string) expr.Expr { return expr.C(name) }

// joinKeys reads one condition: a column of both sides, or $left.a == $right.b, or several of them joined with and.
func (c *ctx) joinKeys(left, right *rows, x syntax.Expr, keys *[]joinKey) bool {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Ident:
		l, okL := left.column(x.Name)
		r, okR := right.column(x.Name)
		switch {
		case !okL && !okR && !left.open && !right.open:
			c.bad("KQL3001", x, "the name %q does not refer to any known column%s", x.Name, near(x.Name, left.names()))
			return false
		case !okL && !left.open || !okR && !right.open:
			c.bad("KQL4005", x, "the column %q must exist on both sides of the join", x.Name)
			return false
		}
		*keys = append(*keys, joinKey{x.Name, x.Name})
		return c.comparable(l.Type, r.Type, x)
	case *syntax.Binary:
		switch x.Op {
		case "and":
			return c.joinKeys(left, right, x.X, keys) && c.joinKeys(left, right, x.Y, keys)
		case "==":
			a, sideA, okA := c.joinSide(left, right, x.X)
			b, sideB, okB := c.joinSide(left, right, x.Y)
			if !okA || !okB {
				return false
			}
			if sideA == sideB {
				c.bad("KQL4005", x, "a join condition compares a $left column with a $right column")
				return false
			}
			if sideA == "$right" {
				a, b = b, a
			}
			*keys = append(*keys, joinKey{a.Name, b.Name})
			return c.comparable(a.Type, b.Type, x)
		}
	}
	c.bad("KQL4005", x, "a join condition is the name of a column, or $left.a == $right.b")
	return false
}

func (c *ctx) joinSide(left, right *rows, x syntax.Expr) (col Column, side string, ok bool) {
	p, isPath := syntax.Unparen(x).(*syntax.Path)
	if isPath {
		id, okID := p.X.(*syntax.Ident)
		m, okM := p.Member.(*syntax.Ident)
		if okID && okM && (id.Name == "$left" || id.Name == "$right") {
			r := left
			if id.Name == "$right" {
				r = right
			}
			col, found := r.column(m.Name)
			if !found && !r.open {
				c.bad("KQL3001", m, "the name %q does not refer to any known column%s", m.Name, near(m.Name, r.names()))
				return col, "", false
			}
			col.Name = m.Name
			return col, id.Name, true
		}
	}
	c.bad("KQL4005", x, "a join condition compares a $left column with a $right column")
	return Column{}, "", false
}

// comparable checks that two key columns can be equal.
func (c *ctx) comparable(a, b types.Type, x syntax.Node) bool {
	if a == b || a == types.Unknown || b == types.Unknown || a.IsNumber() && b.IsNumber() || a == types.Dynamic || b == types.Dynamic {
		return true
	}
	c.bad("KQL4001", x, "a column of type %s cannot be joined with one of type %s", a, b)
	return false
}
