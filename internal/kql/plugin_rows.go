package kql

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	plugins["rows_near"] = rowsNear
	plugins["preview"] = preview
	plugins["identity"] = func(c *ctx, in *rows, op *syntax.Evaluate) *rows { return in }
	plugins["estimate_rows_count"] = rowsCount
}

// all takes every column of the input as c0, c1, … and returns their list.
func (k *cook) all() string {
	var names []string
	for i, col := range k.in.cols {
		name := fmt.Sprint("c", i)
		names = append(names, name)
		k.items = append(k.items, plan.Named{Name: name, Expr: expr.C(col.Name)})
		k.cols = append(k.cols, Column{name, col.Type})
	}
	return strings.Join(names, ", ")
}

// rowsNear gives the rows around those for which a condition is true.
// https://learn.microsoft.com/kusto/query/rows-near-plugin
func rowsNear(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) < 2 || len(args) > 3 {
		c.bad("KQL4002", op.Plugin.Func, "rows_near takes 2 or 3 arguments, not %d", len(args))
		return nil
	}
	if in.open {
		c.unsupported(op.Plugin, "rows_near needs columns that are known before the query runs")
		return nil
	}
	k := c.newCook(in, op)
	all := k.all()
	hit := c.condition(args[0])
	if hit.bad {
		return nil
	}
	k.put("hit", hit, types.Bool)
	k.constant("before", args[1])
	k.constant("after", args[len(args)-1])
	if !k.ok {
		return nil
	}
	return k.run(`let numbered = T | serialize n = row_number();
let near = numbered | where hit | mv-expand n = range(n - before, n + after, 1) to typeof(long) | distinct n;
numbered | where n in (near) | sort by n asc | project `+all, in.names())
}

// preview gives some rows; their number, its second result, is left out.
// https://learn.microsoft.com/kusto/query/preview-plugin
func preview(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	if len(op.Plugin.Args) != 1 {
		c.bad("KQL4002", op.Plugin.Func, "preview takes 1 argument, not %d", len(op.Plugin.Args))
		return nil
	}
	v, n, known := c.count(op.Plugin.Args[0])
	if v.bad {
		return nil
	}
	if !known {
		c.unsupported(op.Plugin, "the number must be known before the query runs")
		return nil
	}
	c.warnf("KQL5001", op.Plugin.Span(), "preview gives two results; only the rows are used")
	return in.with(&plan.Limit{Input: in.node, N: n})
}

// rowsCount counts the rows, which the service estimates.
func rowsCount(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	k := c.newCook(in, op)
	k.put("one", c.constant(event.IntOf(1), types.Long), types.Long)
	if !k.ok {
		return nil
	}
	return k.run("T | count", []string{"EstimatedRowsCount"})
}
