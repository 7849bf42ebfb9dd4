package jsonl

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

// appendUnescaped appends the text of a JSON string given without its quotes. What is no legal escape is kept as it stands;
// half a surrogate pair becomes U+FFFD.
//
// Log texts have an escape every few bytes (paths, line ends), so runs are copied by words instead of being searched for.
func appendUnescaped(dst, raw []byte) []byte {
	dst = slices.Grow(dst, len(raw)+8) // no escape is shorter than what it stands for
	at := len(dst)
	dst = dst[:cap(dst)]
	p := 0
	for p < len(raw) {
		if p+8 <= len(raw) {
			w := load64(raw[p:])
			binary.LittleEndian.PutUint64(dst[at:], w)
			m := matches(w, '\\')
			if m == 0 {
				p, at = p+8, at+8
				continue
			}
			n := bits.TrailingZeros64(m) >> 3
			p, at = p+n, at+n
		} else if raw[p] != '\\' {
			dst[at] = raw[p]
			p, at = p+1, at+1
			continue
		}
		if p+1 == len(raw) {
			dst[at] = '\\'
			at++
			break
		}
		c := raw[p+1]
		p += 2
		switch c {
		case '"', '\\', '/':
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			if r, ok := hex4(raw[p:]); ok {
				p += 4
				if utf16.IsSurrogate(r) {
					low := rune(-1)
					if len(raw)-p >= 6 && raw[p] == '\\' && raw[p+1] == 'u' {
						low, _ = hex4(raw[p+2:])
					}
					if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
						p += 6
					}
				}
				at = len(utf8.AppendRune(dst[:at], r))
				continue
			}
			fallthrough
		default:
			dst[at] = '\\'
			at++
		}
		dst[at] = c
		at++
	}
	return dst[:at]
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return -1, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return -1, false
		}
	}
	return r, true
}

// scalar reads a number, true, false or null. Numbers are Int when they fit, Float when that keeps every digit, and text
// otherwise, so that no id loses its last digits. ok is false for anything that is no JSON value.
func scalar(raw []byte) (v event.Value, ok bool) {
	switch c := raw[0]; {
	case c == 't':
		return event.BoolOf(true), string(raw) == "true"
	case c == 'f':
		return event.BoolOf(false), string(raw) == "false"
	case c == 'n':
		return event.NullValue, string(raw) == "null"
	case c != '-' && (c < '0' || c > '9'):
		return event.Value{}, false
	}
	if n, ok := integer(raw); ok {
		return event.IntOf(n), true
	}
	if !isNumber(raw) {
		return event.Value{}, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(f, 0) || !keepsDigits(raw, f) {
		return event.StringOf(string(raw)), true
	}
	return event.FloatOf(f), true
}

func integer(raw []byte) (int64, bool) {
	digits, neg := raw, raw[0] == '-'
	if neg {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(digits) > 1 || neg && digits[0] == '0' {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if neg {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n < 1<<63
}

// isNumber checks the grammar of JSON numbers.
func isNumber(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	digits := func() int {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n
	}
	zero := len(b) > 0 && b[0] == '0'
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
		if digits() == 0 {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return len(b) == 0
}

// keepsDigits reports whether the shortest form of f has the significant digits of raw.
func keepsDigits(raw []byte, f float64) bool {
	var want, got [40]byte
	w, ok := significant(want[:0], raw)
	if !ok {
		return false
	}
	if len(w) <= 15 {
		return true
	}
	g, _ := significant(got[:0], strconv.AppendFloat(make([]byte, 0, 32), f, 'e', -1, 64))
	return bytes.Equal(w, g)
}

func significant(dst, raw []byte) ([]byte, bool) {
	zeros := 0
	for _, c := range raw {
		switch {
		case c == 'e' || c == 'E':
			return dst, true
		case c == '0':
			if len(dst) > 0 {
				zeros++
			}
		case c >= '1' && c <= '9':
			for ; zeros > 0; zeros-- {
				dst = append(dst, '0')
			}
			if dst = append(dst, c); len(dst) > 17 {
				return dst, false
			}
		}
	}
	return dst, true
}
