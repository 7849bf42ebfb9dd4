package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
)

func init() { register("project-by-names", lowerProjectByNames) }

// lowerProjectByNames selects columns by names and patterns that are constant values.
// https://learn.microsoft.com/kusto/query/project-by-names-operator
func lowerProjectByNames(c *ctx, in *rows, op *syntax.ProjectByNames) *rows {
	if in.open {
		c.unsupported(op, "project-by-names needs columns that are known before the query runs")
		return nil
	}
	outer := *c
	outer.rows = nil
	var cols []Column
	for _, x := range op.Exprs {
		v := outer.scalar(x)
		if v.bad {
			return nil
		}
		if !v.known {
			c.bad("KQL4001", x, "a constant string or array is expected")
			return nil
		}
		names := v.val().List()
		if v.val().Kind() == event.String {
			names = []event.Value{v.val()}
		}
		for _, n := range names {
			for _, col := range in.cols {
				if event.MatchName(n.Str(), col.Name) && !slices.Contains(cols, col) {
					cols = append(cols, col)
				}
			}
		}
	}
	return in.keep(cols, (&rows{cols: cols}).names())
}
