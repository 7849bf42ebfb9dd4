// Package wintext decodes text in which Windows events stand as Splunk keeps them: as XML, or in its classic form of a line
// with the time, lines of Key=Value, and a message of many lines at the end; both may be mixed in one file.
package wintext

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/source/winevent"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

// Is reports whether text that begins with head, and maybe ends with it, holds Windows events: event XML with whatever may
// stand before it, or a classic event.
func Is(head []byte) bool {
	s, _, kind := newFramer(head).next(0)
	if kind == noFrame {
		return false
	}
	if kind == classic {
		return len(bytes.TrimSpace(head[:s])) == 0
	}
	// Before the first event there may be an XML declaration, comments and an element around it.
	before := bytes.TrimSpace(head[:s])
	if len(before) > 0 && before[0] != '<' {
		return false
	}
	rest := head[s:min(len(head), s+4096)]
	return bytes.Contains(rest, []byte("schemas.microsoft.com/win/2004/08/events/event")) || bytes.Contains(rest, []byte("<System>"))
}

// Split cuts a buffer between events: it returns how much of it holds whole events, and how many. When more is to come the
// last event of classic form, or without its end, is not whole.
func Split(buf []byte, last bool) (cut, events int) {
	f := newFramer(buf)
	for pos := 0; ; events++ {
		start, end, kind := f.next(pos)
		if kind == noFrame {
			break
		}
		if !last && (kind == broken || kind == classic && end == len(buf)) {
			return max(cut, start), events
		}
		pos, cut = end, end
	}
	if last {
		cut = len(buf)
	}
	return cut, events
}

type frameKind uint8

const (
	noFrame frameKind = iota
	xmlEvent
	broken // XML without its end
	classic
)

// A framer finds one event after the other in a text.
type framer struct {
	b    []byte
	head int // where the next classic event begins; len(b) when there is none; -1 when that is not known
}

func newFramer(b []byte) *framer { return &framer{b, -1} }

// next finds the next event from pos on, which never decreases.
func (f *framer) next(pos int) (start, end int, kind frameKind) {
	b := f.b
	if f.head < pos {
		f.head = header(b, pos)
	}
	start, end, whole := winxml.Next(b[:f.head], pos)
	if start >= 0 {
		// What looks like the head of a classic event may stand within the XML.
		if !whole && f.head < len(b) {
			if s, e, ok := winxml.Next(b, start); ok && s == start {
				return s, e, xmlEvent
			}
		}
		if whole {
			return start, end, xmlEvent
		}
		return start, end, broken
	}
	if f.head == len(b) {
		return len(b), len(b), noFrame
	}
	start = f.head
	end = header(b, start+1)
	f.head = end
	// XML ends a classic event where it begins a line.
	for at := start; ; {
		s, _, _ := winxml.Next(b[:end], at)
		if s < 0 {
			return start, end, classic
		}
		if b[s-1] == '\n' {
			return start, s, classic
		}
		at = s + 1
	}
}

var logName = []byte("\nLogName=")

// header finds the next line with a time that is followed by LogName=, or the end of b.
func header(b []byte, pos int) int {
	for at := pos; ; {
		i := bytes.Index(b[at:], logName)
		if i < 0 {
			return len(b)
		}
		at += i
		start := bytes.LastIndexByte(b[pos:at], '\n') + 1 + pos
		if _, ok := parseTime(bytes.TrimRight(b[start:at], "\r")); ok {
			return start
		}
		at++
	}
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
