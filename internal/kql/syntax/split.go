package syntax

import (
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

var (
	blankLine = regexp.MustCompile(`\n[ \t\r]*\n`)
	comment   = regexp.MustCompile(`(?m)//.*$`)
)

// Split finds the queries of a text that holds several with blank lines between them, as editors run them: the block around the
// cursor. A text that parses as a whole is one query, and one of which no split parses is a single, wrong, query. A block
// of comments belongs to what follows, one that ends with a semicolon goes on, and one that begins with a pipe goes on from
// the block before.
func Split(query string) []text.Span {
	whole := []text.Span{{Start: 0, End: len(query)}}
	if parses(query) {
		return whole
	}
	var parts []text.Span
	start := -1 // of the part under way
	at := 0
	breaks := append(blankLine.FindAllStringIndex(query, -1), []int{len(query), len(query)})
	for _, br := range breaks {
		block := text.Span{Start: at, End: br[0]}
		at = br[1]
		bare := strings.TrimSpace(comment.ReplaceAllString(block.Of(query), ""))
		if bare == "" {
			continue
		}
		if start < 0 {
			start = block.Start
			if bare[0] == '|' && len(parts) > 0 {
				start = parts[len(parts)-1].Start
				parts = parts[:len(parts)-1]
			}
		}
		if !strings.HasSuffix(bare, ";") && parses(query[start:block.End]) {
			parts = append(parts, text.Span{Start: start, End: block.End})
			start = -1
		}
	}
	if start >= 0 || len(parts) == 0 {
		return whole
	}
	return parts
}

func parses(s string) bool {
	_, diags := Parse(text.NewSource("", s))
	return !diags.HasErrors()
}
