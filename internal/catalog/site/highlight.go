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

// Beside the languages of rules: the YAML of any rule, and text that has no colours.
const (
	yaml  rule.Language = "yaml"
	plain rule.Language = "plain"
)

func classify(lang rule.Language, src string) []text.Token {
	if len(src) > maxHighlighted {
		return nil
	}
	switch lang {
	case rule.SPL:
		return spl.Classify(src)
	case rule.KQL:
		return kql.Classify(src)
	case rule.Sigma, yaml:
		return sigma.Classify(src)
	}
	return nil
}

// code returns a query as HTML, coloured by the lexer of its language.
func code(lang rule.Language, src string) template.HTML { return coloured(src, classify(lang, src)) }

// stageCode returns one stage of a pipeline as HTML. What its first word is the lexer tells from the pipe before it.
func stageCode(lang rule.Language, command, src string) template.HTML {
	if lang == rule.Sigma { // its stages are those of the plan
		return coloured(src, nil)
	}
	const pipe = "|"
	if len(src) < len(command) || !strings.EqualFold(src[:len(command)], command) {
		return code(lang, src)
	}
	tokens := classify(lang, pipe+src)
	out := tokens[:0]
	for _, t := range tokens {
		if t.Start >= len(pipe) {
			t.Start, t.End = t.Start-len(pipe), t.End-len(pipe)
			out = append(out, t)
		}
	}
	return coloured(src, out)
}

func coloured(src string, tokens []text.Token) template.HTML {
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
