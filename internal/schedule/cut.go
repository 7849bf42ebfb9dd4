package schedule

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
)

// A source is a scan of a rule's plan, whose rows are selected once for all runs.
type source struct {
	scan *plan.Scan
	// once selects what does not depend on when the rule runs; later is what does, or nil, and extra the columns that it alone reads.
	once  *plan.Scan
	later expr.Expr
	extra []string

	out  *bounded
	rows *event.Batch
	from []float64 // time of each row, NaN when it has none
	// order has the rows that have a time, by time; timeless the others, which every run sees.
	order, timeless []int32
}

// maxRows bounds what one scan of a rule may select to be replayed.
const maxRows = 500_000

// bounded keeps batches as a scan gives them until there are too many rows. A Collector would leave out the columns that a bare scan
// does not promise.
type bounded struct {
	batches []*event.Batch
	n       int
	over    bool
}

func (b *bounded) Push(x *event.Batch) error {
	if b.n += x.Len(); b.over || b.n > maxRows {
		b.over, b.batches = true, nil
		return exec.ErrEnough
	}
	b.batches = append(b.batches, x)
	return nil
}

func (b *bounded) Close() error { return nil }

// cut finds the scans of a plan. The reason says why the rule cannot be replayed.
func cut(root plan.Node) (sources []*source, local bool, reason string) {
	local = true
	plan.Walk(root, func(n plan.Node) bool {
		switch n := n.(type) {
		case *plan.Dynamic:
			reason = "its search is built from the rows of another"
		case *plan.Scan:
			s := &source{scan: n, out: &bounded{}}
			once := *n
			var keep, later []expr.Expr
			for _, c := range expr.Conjuncts(n.Pred) {
				switch {
				case calls(c, func(name string) bool { return name == "time_bound" }):
					reason = "it sets its own range of time"
				case len(expr.Params(c)) > 0 || calls(c, query.Clocked):
					later = append(later, c)
				default:
					keep = append(keep, c)
				}
			}
			once.Pred = nil
			if len(keep) > 0 {
				once.Pred = expr.All(keep...)
			}
			if len(later) > 0 {
				s.later, local = expr.All(later...), false
				for _, name := range expr.Columns(s.later) {
					if !n.Fields.Has(name) {
						s.extra = append(s.extra, name)
					}
				}
				once.Fields = n.Fields.Add(s.extra...)
			}
			s.once = &once
			sources = append(sources, s)
		case *plan.Filter, *plan.Extend, *plan.Project, *plan.Rename, *plan.Sort, *plan.Union:
			for _, e := range plan.Exprs(n) {
				if calls(e, query.Clocked) {
					local = false
				}
				if calls(e, func(name string) bool { return name == "time_bound" }) {
					reason = "it sets its own range of time"
				}
			}
		case *plan.Select:
			local = local && n.Static()
		default:
			local = false
		}
		return true
	})
	if len(sources) == 0 && reason == "" {
		reason = "it reads no events"
	}
	return sources, local, reason
}

func calls(e expr.Expr, is func(name string) bool) bool {
	found := false
	expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Call); ok && is(strings.TrimSuffix(c.Fn.Name, "@recording")) {
			found = true
		}
		return e
	})
	return found
}

// over returns the plan with rows in the place of the scans, in their order.
func over(root plan.Node, sources []*source, rows []*event.Batch) plan.Node {
	at := 0
	return plan.Rewrite(root, func(n plan.Node) plan.Node {
		scan, ok := n.(*plan.Scan)
		if !ok {
			return n
		}
		for i, s := range sources {
			if s.scan == scan {
				at = i
			}
		}
		s := sources[at]
		var out plan.Node = &plan.Values{Label: scan.View, Rows: rows[at]}
		if s.later != nil {
			out = &plan.Filter{Input: out, Pred: s.later}
			if len(s.extra) > 0 {
				out = &plan.Select{Input: out, Mode: plan.Drop, Patterns: s.extra}
			}
		}
		return out
	})
}

// asksPresent reports whether some expression of the plan asks for the present.
func asksPresent(root plan.Node) bool {
	asks := false
	plan.Walk(root, func(n plan.Node) bool {
		for _, e := range plan.Exprs(n) {
			asks = asks || calls(e, query.Clocked)
		}
		return true
	})
	return asks
}
