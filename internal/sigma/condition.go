package sigma

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// searches are the lowered searches of a detection.
type searches struct {
	names []string
	by    map[string]expr.Expr
	used  map[string]bool
}

// detection lowers the searches and joins the conditions with or.
func (c *compiler) detection(d *syntax.Detection) (expr.Expr, *searches) {
	s := &searches{by: map[string]expr.Expr{}, used: map[string]bool{}}
	for _, search := range d.Searches {
		s.names = append(s.names, search.Name)
		s.by[search.Name] = c.node(search.Body)
	}
	if c.ds.HasErrors() {
		return nil, s
	}
	var out []expr.Expr
	for _, cond := range d.Conditions {
		if cond.Draft != "" {
			c.fail("SIG2008", cond.Span, "the condition is in a form that was proposed for Sigma and never became part of it")
			return nil, s
		}
		out = append(out, c.cond(cond.Expr, s))
	}
	if c.ds.HasErrors() {
		return nil, s
	}
	return expr.AnyOf(out...), s
}

func (c *compiler) node(n syntax.Node) expr.Expr {
	var parts []expr.Expr
	switch n := n.(type) {
	case *syntax.All:
		for _, t := range n.Tests {
			parts = append(parts, c.node(t))
		}
		return expr.All(parts...)
	case *syntax.Any:
		for _, t := range n.Tests {
			parts = append(parts, c.node(t))
		}
		return expr.AnyOf(parts...)
	case *syntax.Item:
		return c.item(n)
	}
	return nil
}

func (c *compiler) cond(n syntax.Cond, s *searches) expr.Expr {
	var parts []expr.Expr
	switch n := n.(type) {
	case *syntax.And:
		for _, a := range n.Args {
			parts = append(parts, c.cond(a, s))
		}
		return expr.All(parts...)
	case *syntax.Or:
		for _, a := range n.Args {
			parts = append(parts, c.cond(a, s))
		}
		return expr.AnyOf(parts...)
	case *syntax.Not:
		if arg := c.cond(n.Arg, s); arg != nil {
			return &expr.Not{Arg: arg}
		}
		return nil
	case *syntax.Ref:
		e := s.by[n.Name]
		if e == nil {
			hint := ""
			if near := text.Nearest(n.Name, s.names); len(near) > 0 {
				hint = "; did you mean " + near[0] + "?"
			}
			c.fail("SIG3001", n.Span, "there is no search %s%s", n.Name, hint)
		}
		return e
	case *syntax.Of:
		return c.of(n, s)
	}
	return nil
}

func (c *compiler) of(n *syntax.Of, s *searches) expr.Expr {
	var parts []expr.Expr
	for _, name := range s.names {
		if n.Takes(name) {
			parts = append(parts, s.by[name])
		}
	}
	switch {
	case len(parts) == 0:
		c.fail("SIG3002", n.Span, "no search has a name like %s", n.Pattern)
		return nil
	case n.Count == 0:
		return expr.All(parts...)
	case n.Count == 1:
		return expr.AnyOf(parts...)
	case n.Count > len(parts):
		c.note("SIG5004", n.Span, "%d of %d searches can never hold", n.Count, len(parts))
		return expr.L(event.BoolOf(false))
	}
	return c.atLeast(n.Count, parts, n.Span)
}

// maxChoices bounds the ways of choosing N searches that are written out.
const maxChoices = 5000

// atLeast holds when k of the conditions do: some of those that begin with the first, or k of the rest.
func (c *compiler) atLeast(k int, parts []expr.Expr, span text.Span) expr.Expr {
	var ways []expr.Expr
	var choose func(from int, chosen []expr.Expr)
	choose = func(from int, chosen []expr.Expr) {
		if len(ways) > maxChoices {
			return
		}
		if len(chosen) == k {
			ways = append(ways, expr.All(append([]expr.Expr{}, chosen...)...))
			return
		}
		for i := from; i <= len(parts)-(k-len(chosen)); i++ {
			choose(i+1, append(chosen, parts[i]))
		}
	}
	choose(0, nil)
	if len(ways) > maxChoices {
		c.fail("SIG2002", span, "%d of %d searches are more combinations than can be written out", k, len(parts))
		return nil
	}
	return expr.AnyOf(ways...)
}
