// Package wintext decodes Windows events in the classic form that Splunk's event log input gives them: a line with the time,
// lines of Key=Value, and a message of many lines at the end.
package wintext

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/source/winevent"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

var logName = []byte("LogName=")

// Len returns the length of the classic event that b begins with, up to where the next classic event begins, or XML of an
// event at the start of a line; 0 when b begins with none. whole is false when b ends before the event is known to do.
func Len(b []byte) (n int, whole bool) {
	n = headLen(b)
	if n == 0 {
		return 0, false
	}
	end := len(b)
	for at := n; ; {
		i := bytes.Index(b[at:], logName)
		if i < 0 {
			break
		}
		at += i
		if b[at-1] == '\n' {
			start := bytes.LastIndexByte(b[n:at-1], '\n') + 1 + n
			if start > n && headLen(b[start:]) > 0 {
				end, whole = start, true
				break
			}
		}
		at += len(logName)
	}
	for at := n; ; {
		s, _, _ := winxml.Next(b[:end], at)
		if s < 0 {
			return end, whole
		}
		if b[s-1] == '\n' {
			return s, true
		}
		at = s + 1
	}
}

// headLen returns the length of a line with a time and of the LogName= behind it, 0 when b begins otherwise.
func headLen(b []byte) int {
	i := bytes.IndexByte(b[:min(len(b), 48)], '\n')
	if i < 0 || !bytes.HasPrefix(b[i+1:], logName) {
		return 0
	}
	if _, ok := parseTime(bytes.TrimRight(b[:i], "\r ")); !ok {
		return 0
	}
	return i + 1 + len(logName)
}

// parseTime reads a time in Splunk's form, 01/14/2021 11:41:39 PM, with or without a fraction of the second, or ISO 8601, as
// ticks of 100 ns since 1970. The text has no zone; it is taken for UTC.
func parseTime(b []byte) (int64, bool) {
	if len(b) < 19 || len(b) > 40 {
		return 0, false
	}
	if b[4] == '-' {
		return winevent.ParseTime(string(b))
	}
	if b[2] != '/' || b[5] != '/' || b[10] != ' ' {
		return 0, false
	}
	clock, half := b[11:], byte(0)
	if n := len(clock); n > 3 && clock[n-3] == ' ' && clock[n-1] == 'M' && (clock[n-2] == 'A' || clock[n-2] == 'P') {
		clock, half = clock[:n-3], clock[n-2]
	}
	iso := append([]byte(nil), b[6:10]...)
	iso = append(append(append(iso, '-'), b[0:2]...), '-')
	iso = append(append(iso, b[3:5]...), 'T')
	if len(clock) > 1 && clock[1] == ':' {
		iso = append(iso, '0')
	}
	t, ok := winevent.ParseTime(string(append(iso, clock...)))
	if !ok || half == 0 {
		return t, ok
	}
	const hour = 3600 * 10_000_000
	switch h := t / hour % 24; {
	case h > 12 || h == 0:
		return 0, false
	case half == 'A' && h == 12:
		t -= 12 * hour
	case half == 'P' && h < 12:
		t += 12 * hour
	}
	return t, true
}
