package function

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

// Text returns v as tostring() does: null is "", a dynamic bag or array is JSON without blanks.
// https://learn.microsoft.com/kusto/query/tostring-function
func Text(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Missing, event.Null:
		return ""
	}
	return string(appendText(nil, v))
}

func appendText(dst []byte, v event.Value) []byte {
	switch v.Kind() {
	case event.Missing, event.Null:
		return dst
	case event.String:
		return append(dst, v.Str()...)
	case event.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case event.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case event.Float:
		return appendReal(dst, v.Float())
	case event.Time:
		return v.Time().AppendFormat(dst, event.TimeLayout)
	case event.Duration:
		return event.AppendDuration(dst, v.Ticks())
	}
	return appendJSON(dst, v)
}

// appendReal writes a real so that it reads back as a real: 1.0, 0.1, 1e+21.
func appendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if a := math.Abs(f); a != 0 && (a >= 1e15 || a < 1e-5) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendJSON writes a dynamic value as KQL does: no blanks, reals with a decimal point, only what JSON demands escaped.
func appendJSON(dst []byte, v event.Value) []byte {
	switch v.Kind() {
	case event.Missing, event.Null:
		return append(dst, "null"...)
	case event.Float:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			dst = append(dst, '"')
			dst = appendReal(dst, f)
			return append(dst, '"')
		}
	case event.String:
		return appendQuoted(dst, v.Str())
	case event.Time, event.Duration:
		dst = append(dst, '"')
		dst = appendText(dst, v)
		return append(dst, '"')
	case event.List:
		dst = append(dst, '[')
		for i, e := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	case event.Object:
		dst = append(dst, '{')
		for i, f := range v.Bag() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, f.Name)
			dst = append(dst, ':')
			dst = appendJSON(dst, f.Value)
		}
		return append(dst, '}')
	}
	return appendText(dst, v)
}

func appendQuoted(dst []byte, s string) []byte { return event.AppendQuoted(dst, s) }

// AppendJSON appends a dynamic value as KQL prints it.
func AppendJSON(dst []byte, v event.Value) []byte { return appendJSON(dst, v) }

// runes returns the number of characters of s.
func runes(s string) int64 { return int64(utf8.RuneCountInString(s)) }
