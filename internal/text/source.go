// Package text holds source texts, places in them, and the diagnostics that point at those places.
//
// Every language front end, rule loader and run-time component reports what it has to say as a [Diagnostic]; only the
// command line and the server render them.
package text

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A Source is a piece of text that a diagnostic can point into: a rule file, a query typed at the prompt, or a query cut
// out of a rule file. A Source is immutable after construction and safe for concurrent use.
type Source struct {
	// Name is what the user calls the source: a path, or "<query>".
	Name string
	// Text is the text that spans count bytes in.
	Text string

	file  string // the whole file the text was cut from; equal to Text for a plain source
	marks []mark // ascending in .text; empty for a plain source
	lines []int  // byte offset in file of each line's first byte

	origin *Source // what a derived source was made of; nil for others
	pieces []Piece // ascending in .At; how a derived source maps to its origin
}

// mark says: from offset text in Source.Text on, text runs parallel to the file from offset file.
type mark struct{ text, file int }

// NewSource returns a source that is a whole file or a whole query.
func NewSource(name, text string) *Source {
	return &Source{Name: name, Text: text, file: text, lines: lineStarts(text)}
}

// NewExcerpt returns a source whose text was cut out of a larger file, as a query is out of a YAML rule. Offsets map from
// text to file piece by piece: textAt[i] in text corresponds to fileAt[i] in file, and the two run in parallel up to the
// next pair. Both slices ascend and are equally long; with none, the excerpt is taken to start at the file's first byte.
func NewExcerpt(name, file, text string, textAt, fileAt []int) *Source {
	s := &Source{Name: name, Text: text, file: file, lines: lineStarts(file)}
	for i := range textAt {
		s.marks = append(s.marks, mark{textAt[i], fileAt[i]})
	}
	return s
}

// A Piece says where a run of a derived text comes from: the text from offset At on, up to the next piece.
type Piece struct {
	At   int // offset in the derived text
	From int // offset in the origin's text
	// Whole is zero where the two texts run in parallel. Otherwise the whole run stands for the Whole bytes of the origin
	// that begin at From, as the body of an expanded macro stands for the macro's call.
	Whole int
}

// Derive returns a source whose text was made out of s by expansion or unquoting. Places in it are places in s: piece by
// piece, as pieces say, which ascend. Text before the first piece is taken to run in parallel with s from its start.
func (s *Source) Derive(text string, pieces []Piece) *Source {
	return &Source{Name: s.Name, Text: text, file: s.file, lines: s.lines, origin: s, pieces: pieces}
}

// Origin returns the source that s was derived from, and what span covers there; for a source that was not derived, s
// and span themselves. A span that begins or ends in a run that stands for something as a whole covers all of that.
func (s *Source) Origin(span Span) (*Source, Span) {
	if s.origin == nil {
		return s, span
	}
	start, whole := s.originOffset(span.Start)
	end := start + whole
	if span.End > span.Start {
		end, whole = s.originOffset(span.End - 1)
		end += max(whole, 1)
	}
	return s.origin, Span{start, max(start, end)}
}

// originOffset maps an offset to the origin, with the width of what it stands for when it stands for a whole.
func (s *Source) originOffset(off int) (at, whole int) {
	off = min(max(off, 0), len(s.Text))
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].At > off }) - 1
	switch {
	case i < 0:
		return off, 0
	case s.pieces[i].Whole > 0:
		return s.pieces[i].From, s.pieces[i].Whole
	}
	return s.pieces[i].From + off - s.pieces[i].At, 0
}

// Position is a place for people: line and column count from 1, columns count characters.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Position returns the place in the file of byte offset off in s.Text. Offsets outside the text are clamped.
func (s *Source) Position(off int) Position {
	f := s.fileOffset(off)
	line := sort.SearchInts(s.lines, f+1) - 1
	return Position{Line: line + 1, Column: utf8.RuneCountInString(s.file[s.lines[line]:f]) + 1}
}

// Offset is the inverse of Position for a source that is a whole file: the byte offset of a place, clamped to the text.
func (s *Source) Offset(p Position) int {
	if p.Line < 1 || p.Line > len(s.lines) {
		return len(s.file)
	}
	at := s.lines[p.Line-1]
	for col := 1; col < p.Column && at < len(s.file); col++ {
		_, size := utf8.DecodeRuneInString(s.file[at:])
		at += size
	}
	return at
}

// FileSpan returns the bytes of the file that span covers. ok is false when the file has them in another form there (quoted, folded,
// in the body of a macro), so that they cannot be edited in place.
func (s *Source) FileSpan(span Span) (file Span, ok bool) {
	file = Span{s.fileOffset(span.Start), s.fileOffset(span.End)}
	if span.End > span.Start { // the end may lie behind a piece of its own
		file.End = max(file.Start, min(s.fileOffset(span.End-1)+1, len(s.file)))
	}
	return file, file.Of(s.file) == span.Of(s.Text)
}

// File returns the text of the whole file that s is, or was cut from.
func (s *Source) File() string { return s.file }

// Line returns the text of the file's line n, counted from 1, without its line end.
func (s *Source) Line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.file)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return strings.TrimRight(s.file[s.lines[n-1]:end], "\r\n")
}

func (s *Source) fileOffset(off int) int {
	off = min(max(off, 0), len(s.Text))
	if s.origin != nil {
		at, _ := s.originOffset(off)
		return s.origin.fileOffset(at)
	}
	if i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].text > off }) - 1; i >= 0 {
		off += s.marks[i].file - s.marks[i].text
	}
	return min(off, len(s.file))
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// A Span is a half-open range of byte offsets in a source's text.
type Span struct{ Start, End int }

// To returns the span from the start of s to the end of t.
func (s Span) To(t Span) Span { return Span{min(s.Start, t.Start), max(s.End, t.End)} }

// Of returns the text that the span covers, clamped to the source.
func (s Span) Of(text string) string {
	start := min(max(s.Start, 0), len(text))
	return text[start:min(max(s.End, start), len(text))]
}
