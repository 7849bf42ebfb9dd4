package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("extend", func(c *ctx, in *rows, op *syntax.Extend) *rows { return c.lowerExtend(in, op.Exprs) })
	register("project", lowerProject)
	register("serialize", lowerSerialize)
	registerSource("print", lowerPrint)
}

func (c *ctx) lowerExtend(in *rows, exprs []syntax.Expr) *rows {
	c.windows = &windows{rows: in}
	to := c.bindItems(inExtend, exprs)
	if !to.ok {
		return nil
	}
	return to.extendRows(c.windows.rows).drop(c.windows.temps...)
}

func lowerProject(c *ctx, in *rows, op *syntax.Project) *rows {
	c.windows = &windows{rows: in}
	to := c.bindItems(inProject, op.Exprs)
	if !to.ok {
		return nil
	}
	return to.projectRows(c.windows.rows)
}

func lowerSerialize(c *ctx, in *rows, op *syntax.Serialize) *rows {
	c.ignoreParams(op.Params)
	serial := *in
	serial.serial = true
	c.rows = &serial
	return c.lowerExtend(&serial, op.Exprs)
}

// oneRow is a table of one row without columns that a query can see.
func oneRow() *rows {
	b := event.NewBatch(1)
	b.Set("\x01row", event.NewConstant(event.IntOf(0), 1))
	return &rows{node: &plan.Values{Label: "print", Rows: b}}
}

func lowerPrint(c *ctx, in *rows, op *syntax.PrintRow) *rows {
	if in != nil {
		c.errorf("KQL4005", op.Span(), "print makes its own row: nothing can come before it")
		return nil
	}
	row := oneRow()
	c.rows = &rows{}
	to := newItems(inPrint, nil)
	for _, x := range op.Exprs {
		c.add(to, x)
	}
	if !to.ok {
		return nil
	}
	return to.projectRows(row)
}
