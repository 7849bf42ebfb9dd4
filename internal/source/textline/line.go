package textline

import (
	"bytes"
	"unicode/utf8"
)

type form uint8

const (
	other form = iota
	audit
	syslog
	access
	stamped // begins with a time
	pairs   // begins with key=value pairs
	vendor  // a product's own form
)

// A line is what the head of a line says.
type line struct {
	form               form
	timed              bool
	ticks              int64 // since 1970
	host, process, pid []byte
	rest               []byte // where key=value pairs are looked for
}

// parse reads the head of a line. now, in ticks, tells the year of a time that has none.
func parse(b []byte, now int64) line {
	for _, f := range []func([]byte, int64) (line, bool){parseAudit, parseSyslog, parseAccess, parseVendor, parseStamped, parsePairs} {
		if l, ok := f(b, now); ok {
			return l
		}
	}
	return line{rest: b}
}

var (
	nodeKey = []byte("node=")
	typeKey = []byte("type=")
	auditIn = []byte(" msg=audit(")
)

// parseAudit reads the head of a Linux audit record: [node=web1 ]type=EXECVE msg=audit(1617985432.123:456):
func parseAudit(b []byte, _ int64) (line, bool) {
	s := scanner{b: b}
	if bytes.HasPrefix(b, nodeKey) {
		s.word()
	}
	if !bytes.HasPrefix(b[s.p:], typeKey) {
		return line{}, false
	}
	i := bytes.IndexByte(b[s.p:], ' ')
	if i < 0 || !bytes.HasPrefix(b[s.p+i:], auditIn) {
		return line{}, false
	}
	s.p += i + len(auditIn)
	t, ok := epoch(&s)
	return line{form: audit, timed: true, ticks: t}, ok && s.skip(':')
}

// parseSyslog reads the headers of RFC 5424, of RFC 3164 with and without priority, and the one of RFC 3164 with a time in ISO
// form, as rsyslog writes files. https://www.rfc-editor.org/rfc/rfc5424 https://www.rfc-editor.org/rfc/rfc3164
func parseSyslog(b []byte, now int64) (line, bool) {
	s := scanner{b: b}
	if s.skip('<') {
		if _, ok := s.number(1, 3); !ok || !s.skip('>') {
			return line{}, false
		}
		if s.skip('1') {
			if s.skip(' ') {
				return parse5424(s)
			}
			s.p--
		}
	}
	l, t := line{form: syslog, timed: true}, stamp{}
	iso := false
	if c := s.peek(); c >= '0' && c <= '9' {
		from := s.p
		if iso = t.iso(&s); !iso || b[from+len("2024-01-02")] != 'T' {
			return line{}, false
		}
	} else if !t.bsd(&s) {
		return line{}, false
	}
	if !s.skip(' ') {
		return line{}, false
	}
	for s.skip(' ') {
	}
	l.ticks = t.at(now)
	l.host = s.word()
	if !isHost(l.host) || iso && isLevel(l.host) {
		return line{}, false
	}
	l.rest = b[s.p:]
	tag := s
	word := tag.word()
	name, pid, ok := cutTag(word)
	switch {
	case ok:
		l.process, l.pid, l.rest = name, pid, b[tag.p:]
	case iso || b[0] != '<' && t.year != 0:
		return line{}, false // a time alone does not tell a log file from syslog
	}
	return l, true
}

// cutTag splits the tag of RFC 3164: sshd[123]: or kernel:
func cutTag(w []byte) (name, pid []byte, ok bool) {
	if w, ok = bytes.CutSuffix(w, []byte{':'}); !ok || len(w) == 0 || len(w) > 128 {
		return nil, nil, false
	}
	if i := bytes.IndexByte(w, '['); i > 0 && w[len(w)-1] == ']' {
		w, pid = w[:i], w[i+1:len(w)-1]
	}
	return w, pid, true
}

func isHost(w []byte) bool {
	for _, c := range w {
		if c < '-' && c != '%' || c > 'z' || c == '[' || c == ']' || c == '=' || c == '<' || c == '>' || c == ';' {
			return false
		}
	}
	return len(w) > 0 && len(w) <= 255 && w[len(w)-1] != ':'
}

// isLevel recognises what stands behind the time in many logs that are not syslog.
func isLevel(w []byte) bool {
	switch string(bytes.ToUpper(w[:min(len(w), 16)])) {
	case "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "ERR", "CRITICAL", "CRIT", "FATAL", "SEVERE", "PANIC":
		return true
	}
	return false
}

func parse5424(s scanner) (line, bool) {
	l, t := line{form: syslog}, stamp{}
	if !s.skip('-') {
		if l.timed = t.iso(&s); !l.timed {
			return line{}, false
		}
		l.ticks = t.at(0)
	}
	if !s.skip(' ') {
		return line{}, false
	}
	part := func() []byte {
		if w := s.word(); string(w) != "-" {
			return w
		}
		return nil
	}
	l.host, l.process, l.pid = part(), part(), part()
	part() // the message's ID
	l.rest = s.b[s.p:]
	return l, len(l.rest) > 0
}

// parseAccess reads the common log format and what is built upon it, with the virtual host before it or not.
// https://httpd.apache.org/docs/current/logs.html
func parseAccess(b []byte, now int64) (line, bool) {
	i := bytes.IndexByte(b[:min(len(b), 512)], '[')
	if i < 6 || b[i-1] != ' ' || bytes.Count(b[:i], []byte{' '}) < 3 {
		return line{}, false
	}
	s, t := scanner{b: b, p: i + 1}, stamp{}
	if !t.web(&s) || !s.skip(']') || !s.skip(' ') || !s.skip('"') {
		return line{}, false
	}
	return line{form: access, timed: true, ticks: t.at(now)}, true
}

// parseStamped reads a time at the start of a line, in brackets or not.
func parseStamped(b []byte, now int64) (line, bool) {
	s := scanner{b: b}
	bracket := s.skip('[')
	from := s.p
	l := line{form: stamped, timed: true}
	read := func(f func(*stamp, *scanner) bool) bool {
		var t stamp
		if s.p = from; !f(&t, &s) {
			return false
		}
		l.ticks = t.at(now)
		return true
	}
	switch c := s.peek(); {
	case c >= '0' && c <= '9':
		if !read((*stamp).iso) && !read((*stamp).web) && !read((*stamp).american) {
			s.p = from
			var ok bool
			if l.ticks, ok = epoch(&s); !ok || b[s.p-1] == '.' || bytes.IndexByte(b[from:s.p], '.') < 0 {
				return line{}, false // whole numbers are more often counts
			}
		}
	case c >= 'A' && c <= 'Z':
		if !read((*stamp).bsd) {
			// Thu Jun 09 11:07:51.123 2011, of Apache's error log
			if s.p = from; len(s.word()) != 3 {
				return line{}, false
			}
			if from = s.p; !read((*stamp).bsd) {
				return line{}, false
			}
		}
	default:
		return line{}, false
	}
	switch c := s.peek(); {
	case s.p == len(b), bracket && c == ']', c == ' ', c == '\t', c == ':', c == ',', c == '|', b[s.p-1] == ' ', b[s.p-1] == ':':
		l.rest = b[s.p:]
		return l, true
	}
	return line{}, false
}

// american reads 01/02/2024 03:04:05 with or without AM or PM.
func (t *stamp) american(s *scanner) bool {
	var ok1, ok2, ok3 bool
	t.month, ok1 = s.number(1, 2)
	slash1 := s.skip('/')
	t.day, ok2 = s.number(1, 2)
	slash2 := s.skip('/')
	t.year, ok3 = s.number(4, 4)
	if !ok1 || !ok2 || !ok3 || !slash1 || !slash2 || !s.skip(' ') || !t.clock(s) {
		return false
	}
	t.ticks = s.fraction()
	if rest := s.b[s.p:]; len(rest) >= 3 && rest[0] == ' ' && rest[2] == 'M' && t.hour >= 1 && t.hour <= 12 {
		switch rest[1] {
		case 'A':
			t.hour %= 12
			s.p += 3
		case 'P':
			t.hour = t.hour%12 + 12
			s.p += 3
		}
	}
	return t.valid()
}

// leastPairs is how many pairs a line must have that has nothing else to tell it from text.
const leastPairs = 3

// parsePairs recognises a line that begins with a pair and is made of little else.
func parsePairs(b []byte, now int64) (line, bool) {
	first, value, p, ok := nextPair(b, 0)
	if !ok || !bytes.HasPrefix(b[len(first):], []byte{'='}) || !bytes.HasPrefix(b, first) || b[0] == '-' {
		return line{}, false
	}
	l := line{form: pairs, rest: b}
	if isTimeName(first) {
		l.ticks, l.timed = wholeTime(value, now)
	}
	n, taken := 0, 0
	for key := first; ok; key, value, p, ok = nextPair(b, p) {
		n++
		taken += len(key) + len("=") + len(value)
	}
	const around = 3 // a blank and quotes
	return l, n >= leastPairs && (taken+around*n)*4 >= len(b)*3
}

// wholeTime reads a value that is a time, in ISO form or as seconds since 1970.
func wholeTime(b []byte, now int64) (int64, bool) {
	s, t := scanner{b: b}, stamp{}
	if t.iso(&s) && s.p == len(b) {
		return t.at(now), true
	}
	s.p = 0
	ticks, ok := epoch(&s)
	return ticks, ok && s.p == len(b)
}

func isTimeName(k []byte) bool {
	switch string(k) {
	case "time", "ts", "timestamp", "_time", "date", "t", "eventtime":
		return true
	}
	return false
}

const (
	detectLines = 200
	detectLine  = 8 << 10 // bytes of a line that detection looks at
)

// Detect reports whether head, the first bytes of a text, is a log: two thirds of its first lines have a form that is known.
// whole says that head is all there is.
func Detect(head []byte, whole bool) bool {
	lines, known := 0, 0
	for lines < detectLines && len(head) > 0 {
		one, rest, more := bytes.Cut(head, []byte{'\n'})
		if !more && !whole && lines > 0 {
			break // cut off by head
		}
		head = rest
		one = trim(one)
		if len(one) == 0 {
			continue
		}
		lines++
		if parse(one[:min(len(one), detectLine)], 0).form != other {
			known++
		}
	}
	return known > 0 && known*3 >= lines*2
}

// Begins reports whether the first line of head has the form of an audit record, of syslog, of an access log or of a product, which no
// header of a table has.
func Begins(head []byte) bool {
	one, _, _ := bytes.Cut(head, []byte{'\n'})
	one = trim(one)
	f := parse(one[:min(len(one), detectLine)], 0).form
	return f == audit || f == syslog || f == access || f == vendor
}

// trim takes off the line end, and the blanks around.
func trim(b []byte) []byte { return bytes.Trim(b, " \t\r\n\f") }

// escape shows bytes that are not UTF-8 as \xHH, as Splunk does: every text of an event is UTF-8.
func escape(b []byte) []byte {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = append(out, '\\', 'x', hex[b[0]>>4], hex[b[0]&15])
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}
