package fn

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Required is a necessary condition: a text that satisfies a pattern contains at least one of Any, ignoring case when
// Fold is set (the texts are then in lower case). No texts means that nothing is known. Folding is Unicode's: whoever folds
// ASCII only must let through what holds U+017F or U+212A, which regular expressions take for an s and a k.
type Required struct {
	Any  []string
	Fold bool
	// Escaped: the text may be JSON or XML whose characters are written as numbers. One for which [Numbered] is true may satisfy the
	// pattern without containing any of the texts.
	Escaped bool
	// Words: each text stands in the value as a word: where it begins or ends with an ASCII letter or digit there is none beside it.
	// The escapes of URLs (%20) end a word, too.
	Words bool
}

// Numbered reports whether a text writes characters as their numbers, as JSON (\u0041) and XML (&#65;) can do. It may be true
// of a text that only looks like it.
func Numbered(s string) bool {
	switch first(s) {
	case '<':
		return strings.Contains(s, "&#")
	case '{', '[':
		return hasUnicodeEscape(s)
	}
	return false
}

// first returns the first byte of s that is no white space.
func first(s string) byte {
	for i := range len(s) {
		if c := s[i]; c > ' ' {
			return c
		}
	}
	return 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// ASCIIPrefix returns how many bytes of s, from its start, are known to be ASCII; all of them when it is len(s).
func ASCIIPrefix(s string) int {
	i, n := 0, len(s)
	p := unsafe.Pointer(unsafe.StringData(s))
	for ; i+32 <= n; i += 32 {
		w := (*[4]uint64)(unsafe.Add(p, i))
		if (w[0]|w[1]|w[2]|w[3])&highs != 0 {
			break
		}
	}
	for ; i < n && s[i] < utf8.RuneSelf; i++ {
	}
	return i
}

// hasUnicodeEscape reports whether s holds \u0, \u1 or \u2, with which the numbers of all characters begin that ASCII letters can be
// folded to. Backslashes are common in logs and the letter is, too: eight bytes at a time are looked at for the two in a row.
func hasUnicodeEscape(s string) bool {
	const (
		slash  = '\\' * ones
		letter = 'u' * ones
	)
	p := unsafe.Pointer(unsafe.StringData(s))
	for i, last := 0, len(s)-8; i <= last; i += 7 {
		x := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, i))[:])
		// A byte of q is 0 where there is a backslash and the next byte is a u; that of the last byte says nothing.
		if q := (x ^ slash) | (x^letter)>>8; (q-ones)&^q&highs != 0 && unicodeEscape(s, i, i+7) {
			return true
		}
	}
	return unicodeEscape(s, max(0, len(s)-8), len(s))
}

// unicodeEscape reports whether such an escape, or as much of one as there is, begins at one of the places in s.
func unicodeEscape(s string, from, to int) bool {
	for i := from; i < to; i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == 'u' && (i+2 == len(s) || s[i+2] >= '0' && s[i+2] <= '2') {
			return true
		}
	}
	return false
}
