package jsonl

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

// appendUnescaped appends the text of a JSON string given without its quotes. What is no legal escape is kept as it stands;
// half a surrogate pair becomes U+FFFD.
func appendUnescaped(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		c := raw[i+1]
		raw = raw[i+2:]
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, ok := hex4(raw)
			if !ok {
				dst = append(dst, '\\', 'u')
				continue
			}
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
					low, _ = hex4(raw[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					raw = raw[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '\\', c)
		}
	}
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
