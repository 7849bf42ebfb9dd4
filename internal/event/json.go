package event

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// TimeLayout prints a time as KQL does: ISO 8601, UTC, 100 ns digits.
const TimeLayout = "2006-01-02T15:04:05.0000000Z"

// AppendJSON appends v as JSON. Missing and null are null; times are ISO 8601 text with seven digits; durations are
// [d.]hh:mm:ss[.fffffff] text; NaN and infinities, which JSON lacks, are text. Invalid UTF-8 becomes U+FFFD.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Float:
		f := v.Float()
		switch {
		case math.IsNaN(f):
			return append(dst, `"NaN"`...)
		case math.IsInf(f, 1):
			return append(dst, `"Infinity"`...)
		case math.IsInf(f, -1):
			return append(dst, `"-Infinity"`...)
		case math.Abs(f) < 1e21 && (math.Abs(f) >= 1e-6 || f == 0):
			return strconv.AppendFloat(dst, f, 'f', -1, 64)
		}
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	case String:
		return AppendQuoted(dst, v.Str())
	case Time:
		dst = append(dst, '"')
		dst = v.Time().AppendFormat(dst, TimeLayout)
		return append(dst, '"')
	case Duration:
		dst = append(dst, '"')
		dst = AppendDuration(dst, v.Ticks())
		return append(dst, '"')
	case List:
		dst = append(dst, '[')
		for i, e := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, f := range v.Bag() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendQuoted(dst, f.Name)
			dst = append(dst, ':')
			dst = AppendJSON(dst, f.Value)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// AppendDuration appends ticks as [-][d.]hh:mm:ss[.fffffff], the form that .NET and KQL print.
func AppendDuration(dst []byte, ticks int64) []byte {
	u := uint64(ticks)
	if ticks < 0 {
		dst = append(dst, '-')
		u = -u
	}
	const s = TicksPerSecond
	if d := u / (86400 * s); d > 0 {
		dst = strconv.AppendUint(dst, d, 10)
		dst = append(dst, '.')
	}
	dst = appendPadded(dst, u/(3600*s)%24, 2)
	dst = appendPadded(append(dst, ':'), u/(60*s)%60, 2)
	dst = appendPadded(append(dst, ':'), u/s%60, 2)
	if f := u % s; f > 0 {
		dst = appendPadded(append(dst, '.'), f, 7)
	}
	return dst
}

func appendPadded(dst []byte, n uint64, width int) []byte {
	for p := uint64(math.Pow10(width - 1)); p > 1 && n < p; p /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, n, 10)
}

// AppendQuoted appends s as a JSON string.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				if r == '\u2028' || r == '\u2029' {
					dst = append(dst, s[start:i]...)
					dst = append(dst, `\u202`...)
					dst = append(dst, hex[r&0xf])
					start = i + n
				}
				i += n
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			i += n
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
