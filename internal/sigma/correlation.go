package sigma

import (
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

func pipeOf(d *syntax.Detection) *syntax.Pipe {
	for _, c := range d.Conditions {
		if c.Pipe != nil {
			return c.Pipe
		}
	}
	return nil
}

func (c *compiler) correlation(r *syntax.Rule, depth int) *Query {
	c.fail("SIG2003", r.Correlation.Span, "correlations cannot be run yet")
	return nil
}

func (c *compiler) pipe(r *syntax.Rule, d *syntax.Detection, p *syntax.Pipe, scan *plan.Scan, pred expr.Expr, s *searches, columns []string) *Query {
	c.fail("SIG2004", p.Span, "aggregations in conditions cannot be run yet")
	return nil
}
