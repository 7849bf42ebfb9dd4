package risk

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// fed are the views that Feed fills, beside what the data itself has for them.
var fed = []string{"cim:Risk.", "cim:Alerts.", "kql:SecurityAlert", "kql:SecurityIncident", "kql:BehaviorAnalytics", "kql:AlertInfo", "kql:AlertEvidence"}

// Correlates reports whether a rule that reads by these scans is one over findings: it has to run when they are known. SPL says so
// by a data model, or by the index that it searches.
func Correlates(scans []*plan.Scan) bool {
	return slices.ContainsFunc(scans, func(s *plan.Scan) bool {
		if slices.ContainsFunc(fed, func(f string) bool { return s.View == f || strings.HasSuffix(f, ".") && strings.HasPrefix(s.View, f) }) {
			return true
		}
		return namesIndex(s.Pred)
	})
}

// namesIndex finds a comparison of the index with one of those that hold findings.
func namesIndex(e expr.Expr) bool {
	if e == nil {
		return false
	}
	if c, ok := e.(*expr.Call); ok && len(c.Args) > 1 {
		if col, isCol := c.Args[0].(*expr.Col); isCol && col.Name == "index" {
			for _, a := range c.Args[1:] {
				if l, ok := a.(*expr.Lit); ok && l.Value.Kind() == event.String {
					if s := strings.ToLower(l.Value.Str()); s == "risk" || s == "notable" {
						return true
					}
				}
			}
		}
	}
	return slices.ContainsFunc(expr.Children(e), namesIndex)
}
