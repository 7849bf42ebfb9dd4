package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/text"
)

// What a word is made of depends on where it stands: in a search "a-b" is one word, in eval a difference; so there is no
// token stream. The functions of this file move p.pos over p.s, never beyond p.end, which is the end of the stage.

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

// escapable reports whether a backslash outside quotes takes away the meaning of c.
func escapable(c byte) bool { return c == '"' || c == '\\' || c == '|' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNamePart(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

const fence = "```"

// skip moves over white space and comments.
func (p *parser) skip() {
	for p.pos < p.end {
		switch {
		case isSpace(p.s[p.pos]):
			p.pos++
		case strings.HasPrefix(p.s[p.pos:p.end], fence):
			p.pos = skipComment(p.s[:p.end], p.pos)
		default:
			return
		}
	}
}

// skipComment returns the offset behind the comment that begins at i.
func skipComment(s string, i int) int {
	if n := strings.Index(s[i+len(fence):], fence); n >= 0 {
		return i + n + 2*len(fence)
	}
	return len(s)
}

// skipString returns the offset behind the string in double quotes that begins at i, and whether it is closed.
func skipString(s string, i int) (int, bool) {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(s), false
}

// skipMacro returns the offset behind the macro call that begins at i, and whether it is closed. There are no backticks
// within a call.
func skipMacro(s string, i int) (int, bool) {
	if n := strings.IndexByte(s[i+1:], '`'); n >= 0 {
		return i + n + 2, true
	}
	return len(s), false
}

// skipName returns the offset behind the name in single quotes that begins at i; i itself when it is only an apostrophe.
func skipName(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case '\'':
			return j + 1
		case '\n':
			return i
		}
	}
	return i
}

// scanStage looks for the end of the stage that begins at p.pos: the offset of the pipe or closing bracket behind it, or
// p.end. Where quotes, backticks or brackets do not close, it says so; a stage with an open quote reaches to the end.
func (p *parser) scanStage(names bool) int {
	s := p.s[:p.end]
	var open []int
	for i := p.pos; i < len(s); {
		next, closed := i+1, true
		switch c := s[i]; c {
		case '\\':
			if next < len(s) && escapable(s[next]) {
				next++ // outside quotes too, \| is a pipe for the command and \" a quote
			}
		case '"':
			if next, closed = skipString(s, i); !closed {
				p.errorAt("SPL1002", text.Span{Start: i, End: i + 1}, "unbalanced quotes: this quote is never closed")
			}
		case '\'':
			if names {
				next = max(next, skipName(s, i))
			}
		case '`':
			if strings.HasPrefix(s[i:], fence) {
				next = skipComment(s, i)
				if closed = next-i >= 2*len(fence) && s[next-len(fence):next] == fence; !closed {
					p.errorAt("SPL1006", text.Span{Start: i, End: i + len(fence)}, "unclosed comment: the three backticks that end it are missing")
				}
			} else if next, closed = skipMacro(s, i); !closed {
				p.errorAt("SPL1006", text.Span{Start: i, End: i + 1}, "unbalanced backticks: the macro call is never closed")
			}
		case '[':
			open = append(open, i)
		case ']':
			if len(open) == 0 {
				if p.subs > 0 {
					return i
				}
				p.errorAt("SPL1005", text.Span{Start: i, End: i + 1}, "unbalanced brackets: unexpected ']'")
			} else {
				open = open[:len(open)-1]
			}
		case '|':
			if len(open) == 0 {
				return i
			}
		}
		i = next
	}
	if len(open) > 0 {
		at := open[len(open)-1]
		p.errorAt("SPL1005", text.Span{Start: at, End: at + 1}, "unbalanced brackets: this '[' is never closed")
	}
	return len(s)
}

// peek returns the byte n places ahead, or 0.
func (p *parser) peek(n int) byte {
	if p.pos+n < p.end {
		return p.s[p.pos+n]
	}
	return 0
}

func (p *parser) rest() string { return p.s[p.pos:p.end] }

func (p *parser) done() bool { p.skip(); return p.pos >= p.end }

// accept moves over a byte after white space.
func (p *parser) accept(c byte) bool {
	p.skip()
	if p.peek(0) == c && c != 0 {
		p.pos++
		return true
	}
	return false
}

// commas moves over commas. More than one in a row, or one where a list cannot have it, is an empty item.
func (p *parser) commas() bool {
	n := 0
	for p.accept(',') {
		if n++; n == 2 {
			p.note("SPL5004", text.Span{Start: p.pos - 1, End: p.pos}, "empty list item ignored")
		}
	}
	return n > 0
}

// span returns the place from an offset to here, without the white space before here.
func (p *parser) span(from int) text.Span {
	at := text.Span{Start: from, End: max(from, p.pos)}
	for at.End > from && isSpace(p.s[at.End-1]) {
		at.End--
	}
	return at
}

// keyword reports whether a bare word, whatever its case, stands at the next place, and moves over it.
func (p *parser) keyword(words ...string) bool {
	p.skip()
	for _, w := range words {
		if p.atWord(w) {
			p.pos += len(w)
			return true
		}
	}
	return false
}

// atWord reports whether the word w stands at p.pos and ends there; = behind it makes it an option's name.
func (p *parser) atWord(w string) bool {
	rest := p.rest()
	if len(rest) < len(w) || !strings.EqualFold(rest[:len(w)], w) {
		return false
	}
	if len(rest) == len(w) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(rest[len(w):])
	return !isNamePart(r) && !strings.ContainsRune("=.{*:-", r)
}

// unescape replaces \" and \\, the only escapes of SPL; every other backslash stays as it is.
// (https://help.splunk.com/en/splunk-enterprise/search/spl-search-reference, "Quotes and escaping characters")
// Outside quotes \| is a pipe too. differs: inside quotes it stays, so that a regular expression keeps its literal pipe.
func unescape(s string, quoted bool) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\' || s[i+1] == '|' && !quoted) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Quote writes a value as a string in double quotes.
func Quote(value string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(value); i++ {
		if value[i] == '"' || value[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(value[i])
	}
	b.WriteByte('"')
	return b.String()
}

// Embedded returns the value of a word as a source of its own, for the languages that strings carry: the search of map,
// the condition of reset_before. Places in it are places in src.
func Embedded(src *text.Source, w *Word) *text.Source {
	if w.Quote == 0 {
		return src.Derive(w.Value, []text.Piece{{From: w.At.Start}})
	}
	var pieces []text.Piece
	body := strings.TrimSuffix(w.Raw[1:], string(w.Quote))
	for i, at := 0, 0; i < len(body); i, at = i+1, at+1 {
		if body[i] == '\\' && i+1 < len(body) && (body[i+1] == w.Quote || body[i+1] == '\\') {
			i++
		} else if len(pieces) > 0 {
			continue
		}
		pieces = append(pieces, text.Piece{At: at, From: w.At.Start + 1 + i})
	}
	return src.Derive(w.Value, pieces)
}

// stringWord reads a string in double quotes at p.pos.
func (p *parser) stringWord() *Word {
	start := p.pos
	end, closed := skipString(p.s[:p.end], start)
	p.pos = end
	raw := p.s[start:end]
	body := raw[1:]
	if closed {
		body = body[:len(body)-1]
	} else {
		raw += `"` // scanStage has complained; a printed tree is well-formed all the same
	}
	return &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: unescape(body, true), Quote: '"'}
}

// nameWord reads a name in single quotes at p.pos, or returns nil when there is only an apostrophe.
func (p *parser) nameWord() *Word {
	start, end := p.pos, skipName(p.s[:p.end], p.pos)
	if end == start {
		return nil
	}
	p.pos = end
	raw := p.s[start:end]
	return &Word{Loc: Loc{p.span(start)}, Raw: raw, Value: unescapeName(raw[1 : len(raw)-1]), Quote: '\''}
}

func unescapeName(s string) string {
	return strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(s)
}

// macroWord reads a macro call as a word.
func (p *parser) macroWord() *Word {
	m := p.macro()
	return &Word{Loc: m.Loc, Raw: m.Raw, Macro: m}
}
