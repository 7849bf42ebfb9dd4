package site

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// deceptive reports whether a character is one that a reader does not see and that changes what he does see: controls, characters
// that turn the direction of text, separators of lines, and those without a width.
func deceptive(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r >= 0x7f && r < 0xa0, r == 0xad, r == 0x61c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// visible returns a page with deceptive characters spelt out. Templates have none of them, so that what is found was in a rule or a
// log; where it stands, in text or in an attribute, letters and brackets are as good.
func visible(page []byte) []byte {
	return replace(page, func(r rune) string {
		if r == '\r' { // of the line ends of rule files
			return ""
		}
		return fmt.Sprintf("⟨U+%04X⟩", r)
	})
}

// escaped returns JSON or JavaScript with deceptive characters as escapes, which is what they are inside strings.
func escaped(script []byte) []byte {
	return replace(script, func(r rune) string {
		if r > 0xffff {
			r -= 0x10000
			return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

func replace(data []byte, by func(rune) string) []byte {
	at := next(data, 0)
	if at == len(data) {
		return data
	}
	var out bytes.Buffer
	out.Grow(len(data) + 64)
	from := 0
	for ; at < len(data); at = next(data, from) {
		out.Write(data[from:at])
		r, n := utf8.DecodeRune(data[at:])
		out.WriteString(by(r))
		from = at + n
	}
	out.Write(data[from:])
	return out.Bytes()
}

// next returns the offset of the next deceptive character, or the length.
func next(data []byte, from int) int {
	for i := from; i < len(data); {
		if c := data[i]; c < utf8.RuneSelf {
			if deceptive(rune(c)) {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if deceptive(r) {
			return i
		}
		i += n
	}
	return len(data)
}
