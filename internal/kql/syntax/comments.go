package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Comments lists the comments of a query, from // to the end of the line, in order; those in strings are none.
func Comments(query string) []text.Span {
	var out []text.Span
	at := 0
	for _, t := range scan(query) {
		for gap := query[at:t.start]; ; {
			i := strings.Index(gap, "//")
			if j := strings.IndexByte(gap, '#'); at == 0 && j >= 0 && (i < 0 || j < i) {
				i = j // a line for tools, before the first token
			}
			if i < 0 {
				break
			}
			n := strings.IndexAny(gap[i:], "\r\n")
			if n < 0 {
				n = len(gap) - i
			}
			start := t.start - len(gap) + i
			out = append(out, text.Span{Start: start, End: start + n})
			gap = gap[i+n:]
		}
		at = t.end
	}
	return out
}
