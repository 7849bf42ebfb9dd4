package kql

import (
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("top-nested", lowerTopNested) }

// lowerTopNested aggregates level by level: the rows of each level's top values go on to the next.
// https://learn.microsoft.com/kusto/query/top-nested-operator
func lowerTopNested(c *ctx, in *rows, op *syntax.TopNested) *rows {
	source := in
	if !in.plain() && len(op.Clauses) > 1 && len(in.keys) == 0 && !in.open {
		source = c.share(in, "nested")
	}
	if len(in.keys) > 0 {
		c.unsupported(op, "top-nested is not supported inside partition or mv-apply")
		return nil
	}
	var level *rows // the values of the levels so far, with their aggregates
	taken := newNamer(nil)
	for _, clause := range op.Clauses {
		if clause.Others != nil {
			c.unsupported(clause, "with others= is not supported")
			return nil
		}
		at := *c
		at.rows = source
		to := newItems(inProject, nil)
		to.taken = taken
		collect := &aggs{outside: true}
		// The rows of the levels above only.
		rowsNow := source
		if level != nil {
			rowsNow = c.nestedRows(source, level)
			at.rows = rowsNow
			for _, col := range level.cols {
				to.named = append(to.named, plan.Named{Name: col.Name, Expr: expr.C("\x01level." + col.Name)})
				to.cols = append(to.cols, col)
			}
		}
		had := len(to.cols)
		at.addKey(to, collect, clause.Of)
		if !to.ok {
			return nil
		}
		keys := len(to.named)
		by := clause.By.X
		if _, named := by.(*syntax.Named); !named {
			by = &syntax.Named{Names: []*syntax.Ident{{Name: taken.unique("aggregated_" + to.cols[had].Name)}}, X: by}
			taken.taken[by.(*syntax.Named).Names[0].Name] = false
		}
		at.aggs = collect
		at.add(to, by)
		if !to.ok {
			return nil
		}
		got := rowsNow.aggregate(to, keys, collect.items)
		measure := to.cols[keys].Name
		desc := clause.By.Order != "asc"
		got = got.with(&plan.Sort{Input: got.node, Keys: []plan.SortKey{{Expr: expr.C(measure), Desc: desc, NullsFirst: !desc}}})
		if clause.N != nil {
			v, n, known := c.count(clause.N)
			if v.bad {
				return nil
			}
			if !known || n == 0 {
				c.unsupported(clause.N, "the number must be known before the query runs")
				return nil
			}
			if level == nil {
				got = got.with(&plan.Limit{Input: got.node, N: n})
			} else {
				got = got.with(&plan.Dedup{Input: got.node, Keys: columnsOf(level.names()), N: n, KeepEmpty: true, NullsEqual: true})
			}
		}
		// The expression of this level, for the rows of the next.
		source = source.extend([]plan.Named{{Name: "\x01of." + to.cols[had].Name, Expr: to.named[had].Expr}}, []types.Type{to.cols[had].Type})
		level = got
	}
	return level.keep(level.cols, level.names())
}

// nestedRows joins the rows with the values of the levels so far, which come along under hidden names.
func (c *ctx) nestedRows(source, level *rows) *rows {
	var items []plan.Named
	node := &plan.Join{Left: source.node, Kind: plan.Inner, NullsMatch: true, Clash: plan.ClashKeepLeft}
	for _, col := range level.cols {
		name := "\x01level." + col.Name
		items = append(items, plan.Named{Name: name, Expr: expr.C(col.Name)})
		if source.has("\x01of." + col.Name) {
			node.LeftKeys = append(node.LeftKeys, expr.C("\x01of."+col.Name))
			node.RightKeys = append(node.RightKeys, expr.C(name))
		}
	}
	node.Right = &plan.Project{Input: level.node, Items: items}
	return source.with(node)
}
