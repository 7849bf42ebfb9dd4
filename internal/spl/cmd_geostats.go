package spl

import (
	"fmt"
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(&Command{Name: "geostats", See: "geostats", Syntax: "geostats [latfield=<field>] [longfield=<field>] [binspanlat=<n>] [binspanlong=<n>] [maxzoomlevel=<n>] [globallimit=<n>] <statistic>… [BY <field>]",
		Doc:   "Statistics over the cells of a map, for each level of zoom: a row for each cell with its name, the mean latitude and longitude of its rows, and the statistics.",
		Note:  "locallimit is not applied: the columns of BY are limited over the whole map, by globallimit.",
		lower: on((*lowerer).geostats)})
}

func (l *lowerer) geostats(c *syntax.Stats) {
	o := l.options(c, c.Options)
	lat, long := o.text("latfield", "lat"), o.text("longfield", "lon")
	outLat, outLong := o.text("outputlatfield", "latitude"), o.text("outputlongfield", "longitude")
	spans := [2]float64{22.5, 45}
	for i, name := range []string{"binspanlat", "binspanlong"} {
		if opt := o.get(name); opt != nil {
			n, ok := function.ParseNumber(opt.Value.Value)
			if !ok || n <= 0 {
				l.wrong(opt, "option %s is a number greater than 0, not %q", name, opt.Value.Value)
				return
			}
			spans[i] = n
		}
	}
	levels := o.number("maxzoomlevel", 9, 0)
	rules := columnRules{limit: o.number("globallimit", 10, 0), score: "sum", useOther: true, useNull: true, otherText: "OTHER", nullTxt: "NULL", sep: ": "}
	o.without("locallimit")
	o.fixed("translatetoxy", true, "rows without cells have no place in the result")
	o.done()
	if len(c.By) > 1 {
		l.wrong(c.By[1], "geostats splits by one field")
		return
	}
	if levels > 20 {
		l.wrong(c, "maxzoomlevel is 20 at most")
		return
	}
	bin := expr.F(fnGeoBins, expr.C(lat), expr.C(long), expr.L(event.FloatOf(spans[0])), expr.L(event.FloatOf(spans[1])), number(levels))
	l.node = &plan.Expand{Input: l.node, Columns: []plan.ExpandColumn{{Name: "geobin", Expr: bin}}}
	mean := func(as, field string) plan.AggItem {
		return plan.AggItem{As: as, Fn: function.Aggregate("avg"), Args: []expr.Expr{expr.C(field)}}
	}
	l.node = &plan.Attach{Input: l.node, Group: groupBy([]string{"geobin"}, false), Aggs: []plan.AggItem{mean(outLat, lat), mean(outLong, long)}}
	stats := l.chartStats(c.Aggs, nil)
	place := []plan.AggItem{{As: outLat, Fn: function.Aggregate("first"), Args: []expr.Expr{expr.C(outLat)}}, {As: outLong, Fn: function.Aggregate("first"), Args: []expr.Expr{expr.C(outLong)}}}
	if len(c.By) == 0 {
		group := &plan.Aggregate{Input: l.node, Group: groupBy([]string{"geobin"}, false), Aggs: append(place, stats.aggs...), Sorted: true}
		l.node = stats.tidy(stats.computed(group), "geobin", outLat, outLong)
		return
	}
	// The cell and its place are one key, so that they stand in front of the columns of the values.
	table := l.fresh("cells")
	cells := &plan.Aggregate{Input: &plan.Ref{Name: table}, Group: groupBy([]string{"geobin"}, false), Aggs: place, Sorted: true}
	in := l.node
	l.node = &plan.Ref{Name: table}
	l.chartTable(stats, "geobin", values(c.By), rules, false, false)
	join := &plan.Join{Left: cells, Right: l.node, Kind: plan.Inner, LeftKeys: []expr.Expr{key("geobin")}, RightKeys: []expr.Expr{key("geobin")}, Clash: plan.ClashKeepLeft}
	l.node = &plan.Let{Bindings: []plan.Binding{{Name: table, Kind: plan.BindTable, Plan: in}}, Body: join}
}

// fnGeoBins names the cells in which a point lies, one for each level of zoom: at each level they are half as wide.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/geostats)
var fnGeoBins = &fn.Func{Name: "geo_bins", Min: 5, Max: 5,
	Row: func(in []event.Value) event.Value {
		var n [5]float64
		for i := range n {
			x, ok := function.Number(in[i])
			if !ok {
				return event.NullValue
			}
			n[i] = x
		}
		if math.Abs(n[0]) > 90 || math.Abs(n[1]) > 180 {
			return event.NullValue
		}
		var out []event.Value
		for z := range int(n[4]) + 1 {
			scale := math.Pow(2, float64(z))
			y, x := math.Floor((n[0]+90)/n[2]*scale), math.Floor((n[1]+180)/n[3]*scale)
			out = append(out, event.StringOf(fmt.Sprintf("bin_id_zl_%d_y_%d_x_%d", z, int(y), int(x))))
		}
		return function.List(out)
	}}
