package syntax

import "strings"

// A Part is a piece of a Pattern: text, or a wildcard.
type Part struct {
	Text string // "" for wildcards
	Wild byte   // '*', '?', or 0
}

// A Pattern is a value taken apart at its wildcards. Adjacent texts are one.
type Pattern []Part

// ParsePattern reads a value: * and ? are wildcards; a backslash takes the meaning of a wildcard or of a backslash behind it away
// and is itself anywhere else. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md#escaping
func ParsePattern(s string) Pattern {
	var p Pattern
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			p = append(p, Part{Text: b.String()})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) && (s[i+1] == '*' || s[i+1] == '?' || s[i+1] == '\\') {
				i++
			}
			b.WriteByte(s[i])
		case '*', '?':
			flush()
			p = append(p, Part{Wild: c})
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return p
}

// Plain returns the text of a pattern without wildcards.
func (p Pattern) Plain() (string, bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].Wild == 0:
		return p[0].Text, true
	}
	return "", false
}

// String writes the pattern so that [ParsePattern] reads it back.
func (p Pattern) String() string {
	var b strings.Builder
	for _, part := range p {
		if part.Wild != 0 {
			b.WriteByte(part.Wild)
			continue
		}
		for i := range len(part.Text) {
			if c := part.Text[i]; c == '*' || c == '?' || c == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(part.Text[i])
		}
	}
	return b.String()
}

// Wrap returns the pattern with * before or behind it, unless one stands there.
func (p Pattern) Wrap(before, behind bool) Pattern {
	star := Part{Wild: '*'}
	out := append(Pattern{}, p...)
	if before && (len(out) == 0 || out[0] != star) {
		out = append(Pattern{star}, out...)
	}
	if behind && (len(out) == 0 || out[len(out)-1] != star) {
		out = append(out, star)
	}
	return out
}
