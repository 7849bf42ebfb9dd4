package textline

import "bytes"

// parseVendor reads the heads of logs that products write in forms of their own.
func parseVendor(b []byte, now int64) (line, bool) {
	for _, f := range []func([]byte, int64) (line, bool){parseCounted, parseFlow, parseTabbed, parsePiped, parseClock, parseSplunkAudit} {
		if l, ok := f(b, now); ok {
			return l, true
		}
	}
	return line{}, false
}

// parseCounted reads syslog behind the number of its bytes, as it comes over TCP. https://www.rfc-editor.org/rfc/rfc6587
func parseCounted(b []byte, now int64) (line, bool) {
	s := scanner{b: b}
	if _, ok := s.number(1, 6); !ok || !s.skip(' ') || s.peek() != '<' {
		return line{}, false
	}
	return parseSyslog(b[s.p:], now)
}

// parseFlow recognises flow logs of Amazon's networks: a version, an account, an interface.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
func parseFlow(b []byte, _ int64) (line, bool) {
	s := scanner{b: b}
	if _, ok := s.number(1, 2); !ok || !s.skip(' ') {
		return line{}, false
	}
	account, nic := s.word(), s.word()
	isNumber := len(bytes.Trim(account, "0123456789")) == 0 && len(account) == 12
	return line{form: vendor, rest: b[s.p:]}, (isNumber || string(account) == "unknown" || string(account) == "-") && bytes.HasPrefix(nic, []byte("eni-"))
}

// parseTabbed reads a date and a time of day in columns of their own, as CloudFront has them.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
func parseTabbed(b []byte, now int64) (line, bool) {
	const date, clock = len("2006-01-02"), len("15:04:05")
	if len(b) <= date+clock+2 || b[date] != '\t' || b[date+1+clock] != '\t' {
		return line{}, false
	}
	at := append(append([]byte{}, b[:date]...), 'T')
	s, t := scanner{b: append(at, b[date+1:date+1+clock]...)}, stamp{}
	if !t.iso(&s) || s.p != len(s.b) {
		return line{}, false
	}
	return line{form: vendor, timed: true, ticks: t.at(now), rest: b[date+clock+2:]}, true
}

// parsePiped reads a word in capitals, a bar and a time, as CrushFTP begins its lines.
func parsePiped(b []byte, now int64) (line, bool) {
	i := bytes.IndexByte(b[:min(len(b), 32)], '|')
	if i < 2 || len(bytes.Trim(b[:i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")) > 0 {
		return line{}, false
	}
	s, t := scanner{b: b, p: i + 1}, stamp{}
	if !t.american(&s) || !s.skip('|') {
		return line{}, false
	}
	return line{form: vendor, timed: true, ticks: t.at(now), rest: b[s.p:]}, true
}

// parseClock reads a time of day and a level, as Falco begins its alerts. The day is nowhere told. https://falco.org/docs/alerts
func parseClock(b []byte, _ int64) (line, bool) {
	s, t := scanner{b: b}, stamp{}
	if !t.clock(&s) || s.peek() != '.' {
		return line{}, false
	}
	s.fraction()
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.p++
	}
	if !s.skip(':') || !s.skip(' ') || !isLevel(s.word()) {
		return line{}, false
	}
	return line{form: vendor, rest: b[s.p:]}, true
}

// parseSplunkAudit reads the audit trail that Splunk keeps of itself.
func parseSplunkAudit(b []byte, _ int64) (line, bool) {
	rest, ok := bytes.CutPrefix(b, []byte("Audit:[timestamp="))
	return line{form: vendor, rest: rest}, ok
}
