package fn

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

// maxJSONDepth bounds the nesting of JSON text that is read into values.
const maxJSONDepth = 1000

var (
	errJSON      = errors.New("not JSON")
	errJSONDepth = errors.New("JSON nested too deeply")
)

// ParseJSON reads one JSON text (RFC 8259, nothing lenient) into a value: null is a null, whole numbers that fit are Int,
// others Float, arrays are lists and objects keep the order of their fields. Blanks may surround it.
func ParseJSON(s string) (event.Value, error) {
	r := jsonReader{s: s}
	r.blanks()
	v, err := r.value(0)
	if err != nil {
		return event.Value{}, err
	}
	r.blanks()
	if r.i != len(s) {
		return event.Value{}, errJSON
	}
	return v, nil
}

type jsonReader struct {
	s string
	i int
}

func (r *jsonReader) blanks() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *jsonReader) eat(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *jsonReader) word(w string, v event.Value) (event.Value, error) {
	if !strings.HasPrefix(r.s[r.i:], w) {
		return event.Value{}, errJSON
	}
	r.i += len(w)
	return v, nil
}

func (r *jsonReader) value(depth int) (event.Value, error) {
	if depth > maxJSONDepth {
		return event.Value{}, errJSONDepth
	}
	if r.i >= len(r.s) {
		return event.Value{}, errJSON
	}
	switch c := r.s[r.i]; {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		s, err := r.text()
		return event.StringOf(s), err
	case c == 't':
		return r.word("true", event.BoolOf(true))
	case c == 'f':
		return r.word("false", event.BoolOf(false))
	case c == 'n':
		return r.word("null", event.NullValue)
	case c == '-' || '0' <= c && c <= '9':
		return r.number()
	}
	return event.Value{}, errJSON
}

func (r *jsonReader) object(depth int) (event.Value, error) {
	r.i++
	var bag event.Bag
	r.blanks()
	if r.eat('}') {
		return event.ObjectOf(bag), nil
	}
	for {
		r.blanks()
		if r.i >= len(r.s) || r.s[r.i] != '"' {
			return event.Value{}, errJSON
		}
		name, err := r.text()
		if err != nil {
			return event.Value{}, err
		}
		r.blanks()
		if !r.eat(':') {
			return event.Value{}, errJSON
		}
		r.blanks()
		v, err := r.value(depth + 1)
		if err != nil {
			return event.Value{}, err
		}
		bag = append(bag, event.Field{Name: name, Value: v})
		r.blanks()
		if r.eat(',') {
			continue
		}
		if r.eat('}') {
			return event.ObjectOf(bag), nil
		}
		return event.Value{}, errJSON
	}
}

func (r *jsonReader) array(depth int) (event.Value, error) {
	r.i++
	var list []event.Value
	r.blanks()
	if r.eat(']') {
		return event.ListOf(list), nil
	}
	for {
		r.blanks()
		v, err := r.value(depth + 1)
		if err != nil {
			return event.Value{}, err
		}
		list = append(list, v)
		r.blanks()
		if r.eat(',') {
			continue
		}
		if r.eat(']') {
			return event.ListOf(list), nil
		}
		return event.Value{}, errJSON
	}
}

func (r *jsonReader) text() (string, error) {
	r.i++
	start := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			s := r.s[start:r.i]
			r.i++
			return s, nil
		case c == '\\':
			return r.escapedText(start)
		case c < 0x20:
			return "", errJSON
		}
		r.i++
	}
	return "", errJSON
}

func (r *jsonReader) escapedText(start int) (string, error) {
	out := append([]byte(nil), r.s[start:r.i]...)
	for r.i < len(r.s) {
		c := r.s[r.i]
		r.i++
		switch {
		case c == '"':
			return string(out), nil
		case c < 0x20:
			return "", errJSON
		case c != '\\':
			out = append(out, c)
			continue
		}
		if r.i >= len(r.s) {
			return "", errJSON
		}
		c = r.s[r.i]
		r.i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			u, ok := r.hex4()
			if !ok {
				return "", errJSON
			}
			if utf16.IsSurrogate(u) && strings.HasPrefix(r.s[r.i:], `\u`) {
				save := r.i
				r.i += 2
				if low, ok := r.hex4(); ok {
					if pair := utf16.DecodeRune(u, low); pair != utf8.RuneError {
						u = pair
						save = r.i
					}
				}
				r.i = save
			}
			out = utf8.AppendRune(out, u)
		default:
			return "", errJSON
		}
	}
	return "", errJSON
}

func (r *jsonReader) hex4() (rune, bool) {
	if r.i+4 > len(r.s) {
		return 0, false
	}
	var u rune
	for _, c := range []byte(r.s[r.i : r.i+4]) {
		if !isHexDigit(c) {
			return 0, false
		}
		u = u<<4 | rune(hexValue(c))
	}
	r.i += 4
	return u, true
}

func (r *jsonReader) digits() int {
	start := r.i
	for r.i < len(r.s) && '0' <= r.s[r.i] && r.s[r.i] <= '9' {
		r.i++
	}
	return r.i - start
}

func (r *jsonReader) number() (event.Value, error) {
	start, whole := r.i, true
	r.eat('-')
	if !r.eat('0') && r.digits() == 0 {
		return event.Value{}, errJSON
	}
	if r.eat('.') {
		whole = false
		if r.digits() == 0 {
			return event.Value{}, errJSON
		}
	}
	if r.eat('e') || r.eat('E') {
		whole = false
		if !r.eat('+') {
			r.eat('-')
		}
		if r.digits() == 0 {
			return event.Value{}, errJSON
		}
	}
	text := r.s[start:r.i]
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return event.IntOf(n), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return event.Value{}, errJSON
	}
	return event.FloatOf(f), nil
}
