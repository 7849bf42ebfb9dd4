package site

import (
	"html/template"
	"strings"

	kql "github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/rule"
	sigma "github.com/harrier-detect/harrier/internal/sigma/syntax"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// marks are the elements that code is coloured by: one letter each, since a page has thousands.
var marks = [...]string{text.Command: "c", text.Keyword: "k", text.Function: "f", text.Name: "", text.String: "s", text.Number: "n",
	text.Operator: "o", text.Macro: "m", text.Comment: "x"}

// maxHighlighted bounds what is coloured; longer text is shown as it is.
const maxHighlighted = 200_000

// code returns a query as HTML, coloured by the lexer of its language.
func code(lang rule.Language, src string) template.HTML {
	var tokens []text.Token
	if len(src) <= maxHighlighted {
		switch lang {
		case rule.SPL:
			tokens = spl.Classify(src)
		case rule.KQL:
			tokens = kql.Classify(src)
		default: // Sigma, and the YAML of any rule
			tokens = sigma.Classify(src)
		}
	}
	var b strings.Builder
	b.Grow(len(src) + 32*len(tokens))
	at := 0
	for _, t := range tokens {
		if t.Start < at || t.End > len(src) {
			continue
		}
		template.HTMLEscape(&b, []byte(src[at:t.Start]))
		mark := marks[t.Class]
		if mark != "" {
			b.WriteString("<i class=" + mark + ">")
		}
		template.HTMLEscape(&b, []byte(src[t.Start:t.End]))
		if mark != "" {
			b.WriteString("</i>")
		}
		at = t.End
	}
	template.HTMLEscape(&b, []byte(src[at:]))
	return template.HTML(b.String()) // everything in it was escaped above
}
