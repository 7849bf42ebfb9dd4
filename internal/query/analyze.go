package query

import (
	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/text"
)

// Explained is what can be told of a query without data.
type Explained struct {
	Language rule.Language
	// Query has no stages when the query is of a language whose syntax has no analysis, and was refused.
	Query       *analyze.Query
	Diagnostics text.Diagnostics
	// What follows is empty for a query that was refused.
	Compiled  *Compiled
	Plan      plan.Node // as lowering gives it
	Optimised plan.Node
	Reads     []analyze.Read
	Events    []analyze.Event
}

// Explain analyses a query; one that is refused has stages too.
func (e *Engine) Explain(lang rule.Language, src *text.Source) *Explained {
	x := &Explained{Language: lang, Query: &analyze.Query{}}
	switch lang {
	case rule.SPL:
		q, _ := spl.Compile(src, e.spl)
		x.Query = analyze.SPL(src, q)
	case rule.KQL:
		q, _ := syntax.Parse(src)
		x.Query = analyze.KQL(q)
	}
	c, ds := e.compile(lang, src)
	x.Diagnostics = ds.Sorted()
	if c == nil || ds.HasErrors() {
		return x
	}
	x.Compiled, x.Plan = c, c.Plan
	x.Optimised = opt.Optimize(c.Plan)
	x.Reads = analyze.Reads(x.Optimised)
	if lang == rule.Sigma {
		x.Query = analyze.FromPlan(c.Plan)
	}
	x.Events = analyze.Coverage(x.Query, x.Reads)
	return x
}

// SPL compiles a search and returns its tree, also of one that is refused.
func (e *Engine) SPL(src *text.Source) *spl.Query {
	q, _ := spl.Compile(src, e.spl)
	return q
}
