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
	plugins["geo_polygon_lookup"] = geoLookup("geo_point_in_polygon(longitude, latitude, shape)", 4)
	plugins["geo_line_lookup"] = geoLookup("geo_distance_point_to_line(longitude, latitude, shape) <= near", 5)
}

// geoLookup joins points with the shapes of a table that they lie in, or near to.
// https://learn.microsoft.com/kusto/query/geo-polygon-lookup-plugin
// https://learn.microsoft.com/kusto/query/geo-line-lookup-plugin
func geoLookup(holds string, least int) plugin {
	return func(c *ctx, in *rows, op *syntax.Evaluate) *rows {
		args, named := pluginArgs(op.Plugin)
		name := op.Plugin.Func.Name
		if len(args) < least {
			c.bad("KQL4002", op.Plugin.Func, "%s takes at least %d arguments, not %d", name, least, len(args))
			return nil
		}
		right := c.rightSide(args[0])
		if right == nil {
			return nil
		}
		if in.open || right.open {
			c.unsupported(op.Plugin, "%s needs columns that are known before the query runs", name)
			return nil
		}
		shape := plainName(args[1])
		if !right.has(shape) {
			c.bad("KQL3001", args[1], "the name %q does not refer to any known column%s", shape, near(shape, right.names()))
			return nil
		}
		k := c.newCook(in, op)
		left := k.all()
		for i, as := range []string{"longitude", "latitude"} {
			v := c.scalar(args[2+i])
			if v.bad {
				return nil
			}
			k.put(as, v, v.typ)
		}
		if least > 4 {
			k.constant("near", args[4])
		}
		options := map[string]bool{}
		for i, option := range []string{"return_unmatched", "lookup_area_radius", "return_lookup_key"} {
			x := named[option]
			if x == nil && len(args) > least+i {
				x = args[least+i]
			}
			if x == nil {
				continue
			}
			if option == "lookup_area_radius" {
				continue // advises the service on how to search
			}
			v := c.scalar(x)
			if v.bad {
				return nil
			}
			if !v.known || v.typ != types.Bool {
				c.bad("KQL4001", x, "a constant of type bool is expected")
				return nil
			}
			options[option] = v.val().IsTrue()
		}
		if !k.ok {
			return nil
		}
		// The table's columns travel as r0, r1, ….
		items := []plan.Named{{Name: "shape", Expr: expr.C(shape)}, {Name: "one", Expr: expr.L(event.IntOf(1))}}
		cols := []Column{{"shape", types.Dynamic}, {"one", types.Long}}
		taken := newNamer(in.cols)
		names := in.names()
		var list []string
		for i, col := range right.cols {
			if col.Name == shape && !options["return_lookup_key"] {
				continue
			}
			as := fmt.Sprint("r", i)
			items, cols = append(items, plan.Named{Name: as, Expr: expr.C(col.Name)}), append(cols, Column{as, col.Type})
			list, names = append(list, as), append(names, taken.unique(col.Name))
		}
		k.consts["L"] = &value{table: right.project(items, cols)}
		project := left
		if len(list) > 0 {
			project += ", " + strings.Join(list, ", ")
		}
		body := "let numbered = T | serialize n = row_number();\nlet found = numbered | extend one = 1 | join kind=inner L on one | where " + holds + " | project n, " + project + ";\n"
		if options["return_unmatched"] {
			body += "union found, (numbered | where n !in ((found | project n)) | project n, " + left + ") | project " + project
		} else {
			body += "found | project " + project
		}
		return k.run(body, names)
	}
}
