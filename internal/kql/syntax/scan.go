package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scan cuts text into tokens; the last one is tokEnd. It never fails: what it cannot read becomes a token that says so.
func scan(text string) []token {
	s := &scanner{text: text}
	tokens := make([]token, 0, len(text)/4+1)
	depth := 0
	for {
		s.blanks(len(tokens) == 0)
		t := s.next()
		t.depth = depth
		if t.kind == tokPunct && len(t.text) == 1 {
			switch t.text[0] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth = max(0, depth-1)
			}
		}
		tokens = append(tokens, t)
		if t.kind == tokEnd {
			return tokens
		}
	}
}

type scanner struct {
	text string
	pos  int
}

func (s *scanner) at(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

// blanks skips white space and comments, and before the first token also the lines that start with '#', which tools use for
// connection directives.
func (s *scanner) blanks(atTop bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			s.pos++
		case c == '/' && s.at(s.pos+1) == '/', c == '#' && atTop:
			for s.pos < len(s.text) && s.text[s.pos] != '\n' && s.text[s.pos] != '\r' {
				s.pos++
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s.text[s.pos:])
			if !unicode.Is(unicode.Z, r) && r != '\ufeff' && r != '\u200b' {
				return
			}
			s.pos += n
		default:
			return
		}
	}
}

func (s *scanner) token(kind tokenKind, start int) token {
	return token{kind: kind, start: start, end: s.pos, text: s.text[start:s.pos]}
}

func (s *scanner) next() token {
	start := s.pos
	if start >= len(s.text) {
		return token{kind: tokEnd, start: start, end: start}
	}
	c := s.text[start]
	switch {
	case s.stringAhead(start):
		return s.quoted()
	case isHex(c) && s.rawGuid(start) > 0:
		s.pos += s.rawGuid(start)
		return s.token(tokGuid, start)
	case c == '@':
		s.pos++
		return s.token(tokWord, start)
	case isDigit(c):
		return s.number()
	case isWordStart(c):
		return s.word()
	}
	return s.punct()
}

// punctuation, longest first.
var punctuation = []string{"..", "==", "=~", "=>", "!=", "!~", "<>", "<=", ">=", "(", ")", "[", "]", "{", "}", "|", ",", ";", ":",
	".", "+", "-", "*", "/", "%", "<", ">", "="}

func (s *scanner) punct() token {
	start := s.pos
	if s.text[start] == '!' {
		end := s.wordEnd(start + 1)
		if word := s.text[start+1 : end]; bangWords[word] {
			s.pos = end
			if word == "in" && s.at(end) == '~' {
				s.pos++
			}
			return s.token(tokPunct, start)
		}
	}
	for _, p := range punctuation {
		if strings.HasPrefix(s.text[start:], p) {
			s.pos += len(p)
			return s.token(tokPunct, start)
		}
	}
	_, n := utf8.DecodeRuneInString(s.text[start:])
	s.pos += n
	return s.token(tokUnknown, start)
}

func (s *scanner) wordEnd(i int) int {
	for i < len(s.text) && isWordPart(s.text[i]) {
		i++
	}
	return i
}

// rawGuid returns the length of a bare GUID at i, or 0.
func (s *scanner) rawGuid(i int) int {
	const length = 36
	if i+length > len(s.text) || isWordPart(s.at(i+length)) {
		return 0
	}
	for k := range length {
		c := s.text[i+k]
		if dash := k == 8 || k == 13 || k == 18 || k == 23; dash != (c == '-') || !dash && !isHex(c) {
			return 0
		}
	}
	return length
}

func (s *scanner) word() token {
	start := s.pos
	end := s.wordEnd(start + 1)
	s.pos = end
	word := s.text[start:end]
	switch {
	case typedWords[word] && s.at(end) == '(':
		// The content is raw text up to the first ')' of the line: no nesting, no quoting.
		if n := strings.IndexAny(s.text[end:], ")\r\n"); n >= 0 && s.text[end+n] == ')' {
			s.pos = end + n + 1
			return s.token(tokTyped, start)
		}
		s.pos = end + len(s.line(end))
		t := s.token(tokTyped, start)
		t.bad = `missing ")"`
		return t
	case word == "in" && s.at(end) == '~':
		s.pos++
		return s.token(tokPunct, start)
	case word == "matches" && strings.HasPrefix(s.text[end:], " regex") && s.wordEnd(end+1) == end+6:
		s.pos = end + 6
		return s.token(tokPunct, start)
	}
	for e := end; s.at(e) == '-' && isWordStart(s.at(e+1)); {
		e = s.wordEnd(e + 1)
		if dashed[s.text[start:e]] {
			s.pos = e
			return s.token(tokDashed, start)
		}
	}
	return s.token(tokWord, start)
}

// number reads what starts with a digit. Letters right after the digits make it a timespan when they are a unit, and an
// identifier otherwise: 1d is a time, 1dx is a name.
func (s *scanner) number() token {
	start := s.pos
	digits := start
	for isDigit(s.at(digits)) {
		digits++
	}
	if whole := s.wordEnd(digits); whole > digits {
		rest := s.text[digits:whole]
		s.pos = whole
		switch {
		case s.text[start:digits] == "0" && len(rest) > 1 && (rest[0] == 'x' || rest[0] == 'X') && allHex(rest[1:]):
			return s.token(tokLong, start)
		case isUnit(rest):
			return s.token(tokTime, start)
		}
		if end := s.exponent(digits); end > 0 {
			s.pos = end
			return s.token(tokReal, start)
		}
		return s.token(tokWord, start)
	}
	s.pos = digits
	if s.at(digits) != '.' || s.at(digits+1) == '.' && s.at(digits+2) != '.' {
		return s.token(tokLong, start)
	}
	fraction := digits + 1
	for isDigit(s.at(fraction)) {
		fraction++
	}
	end := s.wordEnd(fraction)
	switch {
	case end == fraction:
		s.pos = fraction
		return s.token(tokReal, start)
	case fraction > digits+1 && isUnit(s.text[fraction:end]):
		s.pos = end
		return s.token(tokTime, start)
	}
	if e := s.exponent(fraction); e > 0 {
		s.pos = e
		return s.token(tokReal, start)
	}
	return s.token(tokLong, start) // 1.x: the member x of a number
}

func isUnit(word string) bool { _, ok := ticksPer[word]; return ok }

func allHex(word string) bool {
	for i := range len(word) {
		if !isHex(word[i]) {
			return false
		}
	}
	return true
}

// exponent returns where an exponent that starts at i ends, or 0 if there is none or letters follow it.
func (s *scanner) exponent(i int) int {
	if c := s.at(i); c != 'e' && c != 'E' {
		return 0
	}
	i++
	if c := s.at(i); c == '+' || c == '-' {
		i++
	}
	if !isDigit(s.at(i)) {
		return 0
	}
	for isDigit(s.at(i)) {
		i++
	}
	if isWordPart(s.at(i)) {
		return 0
	}
	return i
}

// stringAhead reports whether a string literal starts at i: quotes, fences, and these after h, H or @.
func (s *scanner) stringAhead(i int) bool {
	if c := s.at(i); c == 'h' || c == 'H' {
		i++
	}
	if s.at(i) == '@' {
		i++
	}
	c := s.at(i)
	return c == '"' || c == '\'' || s.fence(i) != ""
}

// fence returns the three characters that open a multi-line string at i, or "".
func (s *scanner) fence(i int) string {
	for _, f := range []string{"```", "~~~"} {
		if strings.HasPrefix(s.text[min(i, len(s.text)):], f) {
			return f
		}
	}
	return ""
}

// line returns the rest of the line from i.
func (s *scanner) line(i int) string {
	rest := s.text[i:]
	if n := strings.IndexAny(rest, "\r\n"); n >= 0 {
		return rest[:n]
	}
	return rest
}

func (s *scanner) quoted() token {
	start, i := s.pos, s.pos
	if c := s.text[i]; c == 'h' || c == 'H' {
		i++
	}
	verbatim := s.at(i) == '@'
	if verbatim {
		i++
	}
	bad := func(end int, format string) token {
		s.pos = end
		t := s.token(tokString, start)
		t.bad = format
		return t
	}
	if f := s.fence(i); f != "" {
		n := strings.Index(s.text[i+3:], f)
		if n < 0 {
			return bad(len(s.text), "missing "+f+" at the end of the string")
		}
		s.pos = i + 3 + n + 3
		return s.token(tokString, start)
	}
	quote := s.text[i]
	i++
	escape := ""
	for {
		switch c := s.at(i); {
		case i >= len(s.text) || c == '\n' || c == '\r':
			return bad(i, "missing "+string(quote)+" at the end of the string")
		case c == quote && verbatim && s.at(i+1) == quote:
			i += 2
		case c == quote:
			if escape != "" {
				return bad(i+1, escape)
			}
			s.pos = i + 1
			return s.token(tokString, start)
		case c == '\\' && !verbatim:
			n := escapeLength(s.text[i:])
			if n == 0 {
				if escape == "" {
					escape = "unknown escape " + s.text[i:i+1+runeLength(s.text[i+1:])] + " in a string"
				}
				n = 1
				if next := s.at(i + 1); next != 0 && next != '\n' && next != '\r' {
					n = 1 + runeLength(s.text[i+1:])
				}
			}
			i += n
		default:
			i++
		}
	}
}

func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// escapeLength returns how many bytes the escape sequence at the start of s takes, or 0 if it is not one.
// https://learn.microsoft.com/kusto/query/scalar-data-types/string#string-literals
func escapeLength(s string) int {
	if len(s) < 2 {
		return 0
	}
	hex := func(n int) int {
		if len(s) < 2+n || !allHex(s[2:2+n]) {
			return 0
		}
		return 2 + n
	}
	switch c := s[1]; c {
	case '\\', '"', '\'', 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return 2
	case 'x':
		return hex(2)
	case 'u':
		return hex(4)
	case 'U':
		return hex(8)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := 2
		for n < 4 && n < len(s) && '0' <= s[n] && s[n] <= '7' {
			n++
		}
		return n
	}
	return 0
}
