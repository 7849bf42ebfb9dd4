package winxml

import (
	"bytes"
	"unicode/utf8"
)

// appendUnescaped appends text with its entities replaced; the first & is at i. What is no entity stays as it stands, and a
// character that no text can have becomes U+FFFD.
func appendUnescaped(dst, s []byte, i int) []byte {
	for {
		dst = append(dst, s[:i]...)
		s = s[i:]
		end := bytes.IndexByte(s[:min(len(s), 12)], ';')
		if end < 0 {
			dst = append(dst, '&')
			s = s[1:]
		} else if r, ok := entity(s[1:end]); ok {
			dst = utf8.AppendRune(dst, r)
			s = s[end+1:]
		} else {
			dst = append(dst, '&')
			s = s[1:]
		}
		if i = bytes.IndexByte(s, '&'); i < 0 {
			return append(dst, s...)
		}
	}
}

// entity returns the character that a name between & and ; stands for.
func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	var r rune
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		if r = r*base + rune(c); r > utf8.MaxRune {
			return utf8.RuneError, true
		}
	}
	if len(digits) == 0 {
		return 0, false
	}
	if !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	return r, true
}
