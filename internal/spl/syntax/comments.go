package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Comments lists the comments of a search, with their fences, in order; those in strings and macro calls are none.
func Comments(s string) []text.Span {
	var out []text.Span
	for i := 0; i < len(s); {
		next := i + 1
		switch s[i] {
		case '\\':
			if next < len(s) && escapable(s[next]) {
				next++
			}
		case '"':
			next, _ = skipString(s, i)
		case '`':
			if strings.HasPrefix(s[i:], fence) {
				next = skipComment(s, i)
				out = append(out, text.Span{Start: i, End: next})
			} else {
				next, _ = skipMacro(s, i)
			}
		}
		i = next
	}
	return out
}
