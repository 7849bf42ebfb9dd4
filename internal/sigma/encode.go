package sigma

import (
	"encoding/base64"
	"unicode/utf16"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// plain returns the text of a value that is to be encoded; wildcards cannot be.
func (c *compiler) plain(mod syntax.Modifier, op operand) (string, bool) {
	if op.bytes {
		return op.text, true
	}
	s, ok := op.pattern.Plain()
	if !ok {
		c.fail("SIG4008", op.span, "a value with wildcards cannot be encoded by %s", mod.Name)
	}
	return s, ok
}

func encoded(op operand, s string) operand {
	op.kind, op.bytes, op.text, op.pattern = syntax.Text, false, s, syntax.Pattern{{Text: s}}
	return op
}

// utf16 turns values into UTF-16: wide and utf16le without, utf16 with a byte order mark.
func (c *compiler) utf16(name string, mod syntax.Modifier, ops []operand) ([]operand, bool) {
	out := make([]operand, len(ops))
	for i, op := range ops {
		s, ok := c.plain(mod, op)
		if !ok {
			return nil, false
		}
		var b []byte
		if name == "utf16" {
			b = append(b, 0xff, 0xfe)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if name == "utf16be" {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		op.text, op.bytes, op.kind = string(b), true, syntax.Text
		out[i] = op
	}
	return out, true
}

// base64 encodes values. With offset each becomes three: what every encoding holds of it, at the three places in a group at which it may
// begin, without the characters that depend on its neighbours.
func (c *compiler) base64(offset bool, mod syntax.Modifier, ops []operand) ([]operand, bool) {
	var out []operand
	for _, op := range ops {
		s, ok := c.plain(mod, op)
		if !ok {
			return nil, false
		}
		if !offset {
			out = append(out, encoded(op, base64.StdEncoding.EncodeToString([]byte(s))))
			continue
		}
		for shift := range 3 {
			enc := base64.StdEncoding.EncodeToString(append(make([]byte, shift), s...))
			from := []int{0, 2, 3}[shift]
			to := len(enc) - []int{0, 3, 2}[(len(s)+shift)%3]
			if from < to {
				out = append(out, encoded(op, enc[from:to]))
			}
		}
	}
	return out, true
}
