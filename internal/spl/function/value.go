package function

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Text returns a value as SPL prints it: numbers without trailing zeros, conditions as True and False, the values of a
// multivalue field one a line, times as epoch seconds, objects as JSON. Null is the empty text.
func Text(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Int:
		return strconv.FormatInt(v.Int(), 10)
	case event.Null, event.Missing:
		return ""
	case event.Bool:
		if v.Bool() {
			return "True"
		}
		return "False"
	}
	return string(AppendText(nil, v))
}

// AppendText appends what [Text] returns.
func AppendText(dst []byte, v event.Value) []byte {
	switch v.Kind() {
	case event.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case event.Float:
		return appendFloat(dst, v.Float())
	case event.Time, event.Duration:
		return appendFloat(dst, float64(v.Ticks())/event.TicksPerSecond)
	case event.List:
		for i, e := range v.List() {
			if i > 0 {
				dst = append(dst, '\n')
			}
			dst = AppendText(dst, e)
		}
		return dst
	case event.Object:
		return event.AppendJSON(dst, v)
	}
	return append(dst, Text(v)...)
}

// appendFloat appends the shortest decimal text that reads back as f. Very large and very small numbers are in exponential
// form.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == math.Trunc(f) && math.Abs(f) < 1e21:
		return strconv.AppendFloat(dst, f+0, 'f', 0, 64) // +0: no minus zero
	case math.Abs(f) < 1e21 && math.Abs(f) >= 1e-7:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'e', -1, 64)
}

// Number returns the number that a value is or reads as. Text must be a decimal number and nothing else, blanks included.
// A multivalue field is no number.
func Number(v event.Value) (float64, bool) {
	switch v.Kind() {
	case event.Int:
		return float64(v.Int()), true
	case event.Float:
		return v.Float(), true
	case event.String:
		return ParseNumber(v.Str())
	case event.Time, event.Duration:
		return float64(v.Ticks()) / event.TicksPerSecond, true
	case event.List:
		if l := v.List(); len(l) == 1 {
			return Number(l[0])
		}
	}
	return 0, false
}

// ParseNumber reads the whole of s as a decimal number: digits with an optional sign, fraction and exponent.
func ParseNumber(s string) (float64, bool) {
	if !looksNumeric(s) {
		return 0, false
	}
	if len(s) <= 15 { // all digits: no need for the general parser
		n := 0
		for i := range len(s) {
			c := s[i] - '0'
			if c > 9 {
				n = -1
				break
			}
			n = n*10 + int(c)
		}
		if n >= 0 {
			return float64(n), true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// looksNumeric refuses what cannot be a decimal number at little cost, and the hexadecimal, underscored and worded numbers
// that strconv would take.
func looksNumeric(s string) bool {
	if s == "" || len(s) > 400 {
		return false
	}
	digit := false
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digit = true
		case c == '.':
		case c == '-' || c == '+':
			if i > 0 && s[i-1] != 'e' && s[i-1] != 'E' {
				return false
			}
		case c == 'e' || c == 'E':
			if !digit || i+1 == len(s) {
				return false
			}
		default:
			return false
		}
	}
	return digit
}

// numberValue makes a number of f: whole ones are Int.
func numberValue(f float64) event.Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return event.IntOf(int64(f))
	}
	return event.FloatOf(f)
}

// finite is numberValue that is null for results that are no numbers.
func finite(f float64) event.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return null
	}
	return numberValue(f)
}

// readNumber makes a number of text, keeping whole numbers exact as far as an int64 goes.
func readNumber(s string) (event.Value, bool) {
	f, ok := ParseNumber(s)
	if !ok {
		return null, false
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 64); err == nil {
		return event.IntOf(n), true
	}
	return event.FloatOf(f), true
}

// List returns the values as SPL sees them: none is null, one is itself, more are a multivalue field. It takes ownership.
func List(vs []event.Value) event.Value {
	switch len(vs) {
	case 0:
		return null
	case 1:
		return vs[0]
	}
	return event.ListOf(vs)
}

// Values returns the values of a field: none for null, the elements of a multivalue field, else v itself, which is put
// into buf.
func Values(v event.Value, buf *[1]event.Value) []event.Value {
	switch v.Kind() {
	case event.Missing, event.Null:
		return nil
	case event.List:
		return v.List()
	}
	buf[0] = v
	return buf[:]
}

// single returns the one value of a list of one, and v itself otherwise.
func single(v event.Value) event.Value {
	if l := v.List(); len(l) == 1 {
		return l[0]
	}
	return v
}
