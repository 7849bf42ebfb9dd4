package query

import (
	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/text"
)

// Analyze tells what a query says, whether it can run or not; nil for a language that has no analysis.
func (e *Engine) Analyze(lang rule.Language, src *text.Source) *analyze.Query {
	switch lang {
	case rule.SPL:
		q, _ := spl.Compile(src, e.spl)
		return analyze.SPL(src, q)
	case rule.KQL:
		q, _ := syntax.Parse(src)
		return analyze.KQL(q)
	}
	return nil
}
