package jsonl

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Slack is how many bytes behind a block the scanner may read (it never uses what they say).
const Slack = 16

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// matches returns a word whose lowest set bit is the high bit of the first byte of w that equals c. Bits above that may lie.
func matches(w uint64, c byte) uint64 {
	x := w ^ uint64(c)*ones
	return (x - ones) &^ x & highs
}

// stringEnd finds the closing quote of a string whose first character is at p, looking no further than end, and says
// whether there is a backslash in between. It returns -1 when there is no closing quote. b must have [Slack] bytes
// behind end.
func stringEnd(b []byte, p, end int) (q int, escaped bool) {
	for range 4 { // most values are short: words beat a call
		if p >= end {
			return -1, false
		}
		w := load64(b[p:])
		m := matches(w, '"')
		bs := matches(w, '\\')
		if m != 0 {
			if bs&(m&-m-1) != 0 { // a backslash before the quote, which it may escape
				return escapedEnd(b, p+bits.TrailingZeros64(bs)>>3, end)
			}
			if p += bits.TrailingZeros64(m) >> 3; p >= end {
				return -1, false
			}
			return p, false
		}
		if bs != 0 {
			return escapedEnd(b, p+bits.TrailingZeros64(bs)>>3, end)
		}
		p += 8
	}
	if p >= end {
		return -1, false
	}
	i := bytes.IndexByte(b[p:end], '"')
	if i < 0 {
		return -1, false
	}
	if bytes.IndexByte(b[p:p+i], '\\') < 0 {
		return p + i, false
	}
	return escapedEnd(b, p, end)
}

// escapedEnd is stringEnd for a string known to hold a backslash at or after p, and none before p that matters.
func escapedEnd(b []byte, p, end int) (int, bool) {
	from := p
	for {
		if p >= end { // the backslash was in the slack
			return -1, true
		}
		i := bytes.IndexByte(b[p:end], '"')
		if i < 0 {
			return -1, true
		}
		q := p + i
		k := q
		for k > from && b[k-1] == '\\' {
			k--
		}
		if (q-k)&1 == 0 {
			return q, true
		}
		p = q + 1
	}
}

// skipValue returns the offset behind the value at p, or -1. Brackets are matched, strings are skipped, and nothing else
// is looked at.
func skipValue(b []byte, p, end int) int {
	switch c := b[p]; {
	case c == '"':
		q, _ := stringEnd(b, p+1, end)
		return q + 1 - b2i(q < 0)
	case c == '{' || c == '[':
		return skipNested(b, p, end)
	}
	q := p
	for q < end && literal[b[q]] {
		q++
	}
	if q == p {
		return -1
	}
	return q
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// skipNested skips an object or array. It needs no stack: a closing bracket of the wrong kind is left to whoever reads the value.
func skipNested(b []byte, p, end int) int {
	depth := 0
	for p < end {
		switch b[p] {
		case '"':
			q, _ := stringEnd(b, p+1, end)
			if q < 0 {
				return -1
			}
			p = q
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1
			}
		}
		p++
	}
	return -1
}

// literal marks the bytes of numbers, true, false, null, NaN and Infinity.
var literal = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '-' || c == '.'
	}
	return
}()

func skipSpace(b []byte, p, end int) int {
	for p < end && (b[p] == ' ' || b[p] == '\n' || b[p] == '\t' || b[p] == '\r') {
		p++
	}
	return p
}
