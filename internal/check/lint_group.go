package check

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

var groupLints = []*Lint{
	{ID: "LNT5040", Title: "a threshold without a window of time", Severity: text.Note, Language: rule.SPL,
		Doc: "The rule compares how much there was with a number, and nothing says within which time: neither a span, nor bounds, nor a schedule of the rule's own. " +
			"Over an hour and over a month it says different things. Group by _time with a span (bin, timechart, bin() in KQL), or state the look-back.",
		Bad: `EventCode=4625 | stats count by src | where count > 20`, Good: `EventCode=4625 | bin _time span=5m | stats count by src _time | where count > 20`,
		each: windowless},
	{ID: "LNT5041", Title: "rows are lost where a grouping field is empty", Severity: text.Note, Language: rule.SPL,
		Doc: "stats drops a row in which a field behind BY has no value. Of the events that the rule reads, some never have this one, so that they are not found however well they fit. " +
			"Give it a value first (fillnull, coalesce), or group by less.",
		Bad: `| tstats count from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe by Processes.dest Processes.process_guid`, Good: `| tstats count from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe by Processes.dest Processes.process_name`,
		each: emptyKeys},
}

func windowless(s *subject) {
	if s.x.Plan == nil || s.rule.Schedule != nil && s.rule.Schedule.Period != "" {
		return
	}
	if bounded(s) {
		return
	}
	for _, flt := range s.filters() {
		for name := range flt.sizes {
			hit := false
			flt.cond.tests(func(t *test) {
				if hit || t.field != name {
					return
				}
				if lo, _, ok := t.bounds(); ok && lo.at >= 2 && t.kind != analyze.Eq {
					hit = true
					s.at(t.span, "%s counts over whatever time the rule is run: nothing says within which", t)
				}
			})
			if hit {
				return
			}
		}
	}
}

// bounded reports whether a query says anything of time.
func bounded(s *subject) bool {
	found := false
	s.eachSPL(func(n spl.Node) {
		switch n := n.(type) {
		case *spl.Bin, *spl.Transaction:
			found = true
		case *spl.Chart:
			found = found || n.Name() == "timechart"
		case *spl.Option:
			switch strings.ToLower(n.Name) {
			case "span", "time_window", "window", "earliest", "latest", "maxspan":
				found = true
			}
		case *spl.Comparison:
			switch strings.ToLower(n.Field.Value) {
			case "earliest", "latest", "_time", "_index_earliest", "_index_latest":
				found = true
			}
		case *spl.Field:
			found = found || n.Word.Value == "_time"
		case *spl.Word:
			found = found || n.Value == "_time" || strings.HasPrefix(n.Value, "date_")
		case *spl.Call:
			switch strings.ToLower(n.Name) {
			case "now", "relative_time", "time":
				found = true
			}
		}
	})
	if s.kql != nil {
		syntax.Walk(s.kql, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.Call); ok {
				switch strings.ToLower(c.Func.Name) {
				case "ago", "now", "bin", "bin_at", "startofday", "startofhour", "datetime_diff", "startofweek", "startofmonth", "floor", "datetime_add":
					found = true
				}
			}
			if l, ok := n.(*syntax.Literal); ok && (l.Kind == syntax.LitDateTime || l.Kind == syntax.LitTimespan) {
				found = true
			}
			if _, ok := n.(*syntax.MakeSeries); ok {
				found = true
			}
			return true
		})
	}
	return found
}

// emptyKeys looks at groupings that drop rows directly over a view of which some source never fills a key.
func emptyKeys(s *subject) {
	if s.x.Optimised == nil || s.rule.Language != rule.SPL {
		return
	}
	seen := map[string]bool{}
	plan.Walk(s.x.Optimised, func(n plan.Node) bool {
		a, ok := n.(*plan.Aggregate)
		if !ok || !a.Group.DropNull {
			return true
		}
		scan, pred := source(a.Input)
		if scan == nil || scan.View == "spl:events" {
			return true
		}
		info, ok := schema.Describe(scan.View)
		if !ok {
			return true
		}
		var fields, lacking []string
		var at text.Span
		for _, b := range a.Group.By {
			cols := expr.Columns(b.Expr)
			if len(cols) != 1 || seen[cols[0]] || hiddenColumn(cols[0]) || slices.Contains(pred, cols[0]) {
				continue
			}
			without := neverFilled(info, cols[0], pred)
			place, found := s.lastUse(b.Name)
			if len(without) == 0 || !found {
				continue
			}
			seen[cols[0]] = true
			if len(fields) == 0 {
				at = place
			}
			fields, lacking = append(fields, cols[0]), append(lacking, without...)
		}
		if len(fields) > 0 {
			slices.Sort(lacking)
			s.at(at, "events of %s have no %s, so that grouping by it drops them", strings.Join(slices.Compact(lacking), ", "), strings.Join(fields, " and no "))
		}
		return true
	})
}

// source follows renamings and filters down to the scan that feeds a node, with the columns that conditions demand.
func source(n plan.Node) (*plan.Scan, []string) {
	var pred []string
	for {
		switch x := n.(type) {
		case *plan.Scan:
			if x.Pred != nil {
				pred = append(pred, demanded(x.Pred)...)
			}
			return x, pred
		case *plan.Filter:
			pred = append(pred, demanded(x.Pred)...)
			n = x.Input
		case *plan.Select:
			n = x.Input
		default:
			return nil, nil
		}
	}
}

// demanded returns the columns without which a condition cannot hold.
func demanded(e expr.Expr) []string {
	var out []string
	for _, c := range expr.Conjuncts(e) {
		if l, ok := c.(*expr.Logic); ok && l.Op == expr.Or {
			continue
		}
		if _, ok := c.(*expr.Not); ok {
			continue
		}
		out = append(out, expr.Columns(c)...)
	}
	return out
}

// neverFilled lists the kinds of sources that feed a view, fill what conditions demand, and leave the column empty. A column with a
// default is never empty.
func neverFilled(info schema.ViewInfo, column string, pred []string) []string {
	i := slices.IndexFunc(info.Columns, func(c schema.Column) bool { return c.Name == column })
	if i < 0 || info.Columns[i].Default != "" {
		return nil
	}
	var lacking []string
	gives := false
	for _, f := range info.Feeds {
		if f.Same || f.Kind != "windows" { // of other kinds a site has one, and knows what it gives
			continue
		}
		if slices.ContainsFunc(pred, func(p string) bool {
			return slices.ContainsFunc(info.Columns, func(c schema.Column) bool { return c.Name == p && c.Default == "" }) && !slices.Contains(f.Columns, p)
		}) {
			continue
		}
		if slices.Contains(f.Columns, column) {
			gives = true
			continue
		}
		lacking = append(lacking, f.Events...)
	}
	if !gives {
		return nil
	}
	return lacking
}
