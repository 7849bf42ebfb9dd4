package site

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// broken puts each stage of a search that was published as one long line on a line of its own. Blanks between stages mean nothing
// to a search.
func broken(lang rule.Language, src string) string {
	if lang != rule.SPL || strings.ContainsAny(strings.TrimSpace(src), "\n\r") || len(src) > maxHighlighted {
		return src
	}
	var b strings.Builder
	at, depth := 0, 0
	for _, t := range spl.Classify(src) {
		if t.Class != text.Operator {
			continue
		}
		switch src[t.Start] {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case '|':
			if depth == 0 && strings.TrimSpace(src[:t.Start]) != "" {
				b.WriteString(strings.TrimRight(src[at:t.Start], " "))
				b.WriteByte('\n')
				at = t.Start
			}
		}
	}
	b.WriteString(src[at:])
	return b.String()
}
