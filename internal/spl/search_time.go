package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

// agoUnits are the units of startdaysago and its kin.
var agoUnits = map[string]string{"minutes": "m", "hours": "h", "days": "d", "months": "mon"}

// timeBound lowers the bounds of time in a search for events: earliest and latest, and the older starttime, endtime,
// startdaysago, enddaysago, searchtimespandays and their kin.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/search)
func (s *searching) timeBound(x *syntax.Comparison, value string) (expr.Expr, bool) {
	name := strings.ToLower(x.Field.Value)
	first := strings.HasPrefix(name, "earliest") || strings.HasPrefix(name, "start")
	switch name {
	case "earliest", "latest", "starttimeu", "endtimeu", "starttime", "endtime":
	case "_index_earliest", "_index_latest":
		s.note(x, "%s is not tested: events in files have no time of indexing", name)
		return yes, true
	case "timeformat":
		return yes, true // see timeFormatOf
	default:
		n, first2, ok := agoBound(name, value)
		if !ok {
			return nil, false
		}
		first, value = first2, n
	}
	if x.Op != "=" {
		return nil, false
	}
	if value == "" || strings.EqualFold(value, "all") || value == "0" && name == "earliest" {
		return yes, true
	}
	if _, err := timefmt.ParseBound(value, s.timeFormat, sampleNow); err != nil {
		s.wrong(x, "%v", err)
		return no, true
	}
	bound := expr.F(fnTimeBound, expr.Str(value), expr.Str(s.timeFormat))
	if first {
		return expr.F(function.Operator("spl_ge"), expr.C("_time"), bound), true
	}
	return expr.F(function.Operator("spl_lt"), expr.C("_time"), bound), true
}

// agoBound reads startdaysago=2 as the relative time -2d. searchtimespandays=2 is a range of two days up to now, whose
// beginning is the same.
func agoBound(name, value string) (bound string, first, ok bool) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return "", false, false
	}
	if unit, ok := strings.CutPrefix(name, "searchtimespan"); ok {
		u, ok := agoUnits[unit]
		return "-" + value + u, true, ok
	}
	unit, ok := strings.CutSuffix(name, "ago")
	if !ok {
		return "", false, false
	}
	first = strings.HasPrefix(unit, "start")
	u, ok := agoUnits[strings.TrimPrefix(strings.TrimPrefix(unit, "start"), "end")]
	return "-" + value + u, first, ok && (first || strings.HasPrefix(unit, "end"))
}

// timeFormatOf finds timeformat= in a search, which says how its times are written.
func timeFormatOf(x syntax.SearchExpr) string {
	format := ""
	if x != nil {
		syntax.Walk(x, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.Comparison); ok && strings.EqualFold(c.Field.Value, "timeformat") {
				if w, ok := c.Value.(*syntax.Word); ok {
					format = w.Value
				}
			}
			return true
		})
	}
	return format
}
