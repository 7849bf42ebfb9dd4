package kql

import (
	"github.com/harrier-detect/harrier/internal/kql/syntax"
)

func init() {
	register("fork", lowerFork)
	register("facet", lowerFacet)
}

// lowerFork runs the first of several pipelines: a query gives one result here, and the first is the primary one. The others are bound, so
// that their errors are told.
// https://learn.microsoft.com/kusto/query/fork-operator
func lowerFork(c *ctx, in *rows, op *syntax.Fork) *rows {
	var first *rows
	for i, b := range op.Branches {
		r := c.branch(in, b.Body)
		if r == nil {
			return nil
		}
		if i == 0 {
			first = r
		}
	}
	if len(op.Branches) > 1 {
		c.warnf("KQL5001", op.Span(), "fork gives %d results; only the first one is used", len(op.Branches))
	}
	return first
}

// lowerFacet gives the first of its tables: what the pipeline makes of the rows, or else how often the first column has each value.
// https://learn.microsoft.com/kusto/query/facet-operator
func lowerFacet(c *ctx, in *rows, op *syntax.Facet) *rows {
	var first *rows
	tables := len(op.By)
	if op.Body != nil {
		tables++
		if first = c.branch(in, op.Body); first == nil {
			return nil
		}
	}
	for _, x := range op.By {
		name := &syntax.Ident{Name: "count_" + exprName(x)}
		counted := &syntax.Named{Names: []*syntax.Ident{name}, X: &syntax.Call{Func: &syntax.Ident{Name: "count"}}}
		r := c.summarize(in, []syntax.Expr{counted}, []syntax.Expr{x})
		if r == nil {
			return nil
		}
		if first == nil {
			first = r
		}
	}
	if tables > 1 {
		c.warnf("KQL5001", op.Span(), "facet gives %d results; only the first one is used", tables)
	}
	return first
}

// branch applies operators without a source to rows.
func (c *ctx) branch(in *rows, body syntax.Expr) *rows {
	pipe, ok := body.(*syntax.Pipeline)
	if !ok || pipe.Source != nil {
		c.bad("KQL4005", body, "an operator is expected")
		return nil
	}
	inner := *c
	inner.rows = nil
	return inner.operators(in, pipe.Ops)
}
