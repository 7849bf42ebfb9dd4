// Package tidy lays rules out in one canonical way: a query one stage a line, a Sigma document with its keys in the order of the
// specification. What a rule says does not change, and no comment is lost: where a layout would do either, the text stays as it is.
package tidy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// width is how long lines may become before they are broken, where they can be.
const width = 120

// Query lays a query out. The diagnostics say why it cannot be done: the query does not parse.
func Query(lang rule.Language, src *text.Source) (string, text.Diagnostics) {
	switch lang {
	case rule.SPL:
		return splQuery(src)
	case rule.KQL:
		return kqlQuery(src)
	}
	return src.Text, text.Diagnostics{text.Errorf("FMT2001", src, text.Span{}, "queries in %s have no layout of their own", lang)}
}

// gaps hands out the comments that lie between pieces.
type gaps struct {
	src      string
	comments []text.Span
}

// inside reports whether a comment lies within a span.
func (g *gaps) inside(s text.Span) bool {
	return slices.ContainsFunc(g.comments, func(c text.Span) bool { return c.Start >= s.Start && c.End <= s.End })
}

// bare narrows a span by comments at its ends.
func (g *gaps) bare(at text.Span) text.Span {
	for again := true; again; {
		again = false
		for _, c := range g.comments {
			if c.End == at.End && c.Start > at.Start {
				at.End, again = c.Start, true
			} else if c.Start == at.Start && c.End < at.End {
				at.Start, again = c.End, true
			}
			at = trimmed(g.src, at)
		}
	}
	return at
}

// between returns the comments of a gap: those that end the line of what stands before, and the others.
func (g *gaps) between(from, to int) (trailing, own []string) {
	for _, c := range g.comments {
		if c.Start < from || c.End > to {
			continue
		}
		s := strings.TrimSpace(c.Of(g.src))
		// A comment on a line of its own ends no other line, and one with something behind it ends none.
		rest, _, _ := strings.Cut(g.src[c.End:], "\n")
		if own == nil && from > 0 && !strings.Contains(g.src[from:c.Start], "\n") && strings.TrimSpace(rest) == "" && strings.Contains(g.src, "\n") {
			trailing = append(trailing, s)
			continue
		}
		own = append(own, s)
	}
	return trailing, own
}

// trimmed narrows a span by white space at its ends.
func trimmed(s string, at text.Span) text.Span {
	for at.Start < at.End && strings.IndexByte(" \t\r\n", s[at.Start]) >= 0 {
		at.Start++
	}
	for at.End > at.Start && strings.IndexByte(" \t\r\n", s[at.End-1]) >= 0 {
		at.End--
	}
	return at
}

// verbatim is the text of a piece as it was written, for pieces that hold comments.
func verbatim(s string, at text.Span) string {
	lines := strings.Split(strings.ReplaceAll(trimmed(s, at).Of(s), "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}

// keepEnds puts the white space around the old text around the new one.
func keepEnds(old, s string) string {
	at := trimmed(old, text.Span{Start: 0, End: len(old)})
	return old[:at.Start] + strings.TrimSpace(s) + old[at.End:]
}

// lostComment checks that no comment of a text is missing in another.
func lostComment(old, now []string) error {
	left := map[string]int{}
	for _, c := range now {
		left[squeeze(c)]++
	}
	for _, c := range old {
		if left[squeeze(c)]--; left[squeeze(c)] < 0 {
			return fmt.Errorf("the comment %.60q would be lost", c)
		}
	}
	return nil
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func texts(s string, spans []text.Span) []string {
	var out []string
	for _, at := range spans {
		out = append(out, at.Of(s))
	}
	return out
}
