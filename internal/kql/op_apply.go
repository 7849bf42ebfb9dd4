package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("mv-apply", lowerMvApply)
	register("partition", lowerPartition)
}

// lowerMvApply runs operators over the elements of each row. Rows are numbered, expanded, and keep their number and copies of
// the outer columns through all operators.
// https://learn.microsoft.com/kusto/query/mv-apply-operator
func lowerMvApply(c *ctx, in *rows, op *syntax.MvApply) *rows {
	pipe, ok := op.Body.(*syntax.Pipeline)
	if !ok {
		c.bad("KQL4005", op.Body, "an operator is expected")
		return nil
	}
	number := c.hidden("row")
	all := *in
	all.keys = nil
	numbered := in.with(c.numbered(&all, number))
	if in.open {
		return c.applyOpen(numbered, op, pipe, number)
	}
	copies := make([]plan.Named, len(in.cols))
	for i, col := range in.cols {
		copies[i] = plan.Named{Name: c.hidden("outer"), Expr: expr.C(col.Name)}
	}
	numbered = numbered.with(&plan.Extend{Input: numbered.node, Items: copies})
	c.rows = numbered
	ex := c.expand(numbered, op.Params, op.Items, op.Limit)
	if ex == nil {
		return nil
	}
	body := ex.rows(c, numbered)
	body.keys = append(slices.Clone(in.keys), number)
	body.carried = slices.Clone(in.carried)
	for _, it := range copies {
		body.carried = append(body.carried, it.Name)
	}
	inner := *c
	inner.rows = nil
	got := inner.operators(body, pipe.Ops)
	if got == nil {
		return nil
	}
	if got.open {
		c.unsupported(op.Body, "the columns of the sub-query must be known before the query runs")
		return nil
	}
	// Outer columns first, those that the body gives too with the body's values; then the others of the body.
	var items []plan.Named
	var cols []Column
	for i, col := range in.cols {
		if slices.Contains(ex.bare, col.Name) {
			continue
		}
		e := expr.C(copies[i].Name)
		if mine, ok := got.column(col.Name); ok {
			col, e = mine, expr.C(mine.Name)
		}
		items = append(items, plan.Named{Name: col.Name, Expr: e})
		cols = append(cols, col)
	}
	for _, col := range got.cols {
		if slices.ContainsFunc(cols, func(o Column) bool { return o.Name == col.Name }) {
			continue
		}
		items = append(items, plan.Named{Name: col.Name, Expr: expr.C(col.Name)})
		cols = append(cols, col)
	}
	out := *got
	out.keys, out.carried = in.keys, in.carried
	return out.project(items, cols)
}

// applyOpen is mv-apply over rows whose columns are not all known: the result of the body is joined to the outer rows by their
// number.
func (c *ctx) applyOpen(numbered *rows, op *syntax.MvApply, pipe *syntax.Pipeline, number string) *rows {
	if len(numbered.keys) > 0 {
		c.unsupported(op, "mv-apply inside mv-apply or partition needs columns that are known before the query runs")
		return nil
	}
	shared := numbered.with(&plan.Ref{Name: c.bind(plan.BindTable, "outer", numbered.node)})
	c.rows = shared
	ex := c.expand(shared, op.Params, op.Items, op.Limit)
	if ex == nil {
		return nil
	}
	body := ex.rows(c, shared)
	body.keys = []string{number}
	inner := *c
	inner.rows = nil
	got := inner.operators(body, pipe.Ops)
	if got == nil {
		return nil
	}
	outer := shared
	if len(ex.bare) > 0 {
		outer = shared.drop(ex.bare...)
	}
	right := got.node
	if !got.open {
		right = got.keep(got.cols, got.names()).node
	}
	out := outer.with(&plan.Join{Left: outer.node, Right: right, Kind: plan.Inner, LeftKeys: columnsOf([]string{number}), RightKeys: columnsOf([]string{number}),
		Clash: plan.ClashOverwrite})
	for _, col := range got.cols {
		out.cols = set(out.cols, col)
	}
	out.open, out.serial = true, false
	return out.drop(number)
}

// lowerPartition runs operators over the rows of each value of a column, as groups of one pipeline.
// https://learn.microsoft.com/kusto/query/partition-operator
func lowerPartition(c *ctx, in *rows, op *syntax.Partition) *rows {
	c.ignoreParams(op.Params)
	if op.Braced {
		c.unsupported(op.Body, "partition with braces is not supported")
		return nil
	}
	v := c.scalar(op.By)
	if v.bad {
		return nil
	}
	key := c.hidden("part")
	body := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: key, Expr: v.e}}})
	body.keys = append(slices.Clone(in.keys), key)
	pipe, ok := op.Body.(*syntax.Pipeline)
	if !ok {
		c.bad("KQL4005", op.Body, "an operator is expected")
		return nil
	}
	inner := *c
	inner.rows = nil
	got := inner.operators(body, pipe.Ops)
	if got == nil {
		return nil
	}
	out := got.drop(key)
	out.keys = in.keys
	return out
}
