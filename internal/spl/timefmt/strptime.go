package timefmt

import (
	"strconv"
	"strings"
	"time"
)

// Strptime reads a time from the beginning of s by a format with % variables; text behind what the format describes is
// ignored. What the format does not say is taken from now: a time of day means today, a day without a year is one of this
// year. A month without a day is no time: ok is false, as for text that does not fit.
func Strptime(s, format string, now time.Time) (t time.Time, ok bool) {
	p := parser{s: s, loc: now.Location(), year: unset, month: unset, day: unset, yday: unset, hour: unset, hour12: unset, pm: unset, century: unset}
	if !p.format(format, 0) {
		return time.Time{}, false
	}
	return p.time(now)
}

// NeedsNow reports whether times read by the format take a part of their date from the present.
func NeedsNow(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		d, n := directiveAt(format[i:])
		if n == 0 {
			break
		}
		if strings.IndexByte("YyCFDcxs+", d.letter) >= 0 {
			return false
		}
		i += n - 1
	}
	return true
}

const unset = -1 << 30

type parser struct {
	s   string
	loc *time.Location

	epoch   *int64
	century int
	year    int
	month   int
	day     int
	yday    int
	hour    int
	hour12  int
	pm      int
	minute  int
	second  int
	nanos   int
	zone    *time.Location
}

func (p *parser) format(format string, depth int) bool {
	if depth > 3 {
		return false
	}
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			p.blanks()
		case c != '%':
			if p.s == "" || p.s[0] != c {
				return false
			}
			p.s = p.s[1:]
		default:
			d, n := directiveAt(format[i:])
			if n == 0 || !p.directive(d, depth) {
				return false
			}
			i += n - 1
		}
	}
	return true
}

func (p *parser) blanks() { p.s = strings.TrimLeft(p.s, " \t\n\v\f\r") }

func (p *parser) directive(d directive, depth int) bool {
	switch d.letter {
	case '%':
		return p.literal("%")
	case 'a', 'A':
		_, ok := p.word(weekdays)
		return ok
	case 'b', 'B', 'h':
		i, ok := p.word(months)
		p.month = i + 1
		return ok
	case 'c':
		return p.format("%a %b %e %H:%M:%S %Y", depth+1)
	case '+':
		return p.format("%a %b %e %H:%M:%S %Z %Y", depth+1)
	case 'C':
		return p.number(&p.century, 2, 0, 99)
	case 'd', 'e':
		return p.number(&p.day, 2, 1, 31)
	case 'D':
		return p.format("%m/%d/%y", depth+1)
	case 'f', 'N', 'Q':
		return p.fraction(d)
	case 'F':
		return p.format("%Y-%m-%d", depth+1)
	case 'g', 'G', 'U', 'V', 'W':
		var skip int
		return p.number(&skip, 4, 0, 9999)
	case 'H', 'k':
		return p.number(&p.hour, 2, 0, 23)
	case 'I', 'l':
		return p.number(&p.hour12, 2, 1, 12)
	case 'j':
		return p.number(&p.yday, 3, 1, 366)
	case 'm':
		return p.number(&p.month, 2, 1, 12)
	case 'M':
		return p.number(&p.minute, 2, 0, 59)
	case 'n', 't':
		p.blanks()
		return true
	case 'p', 'P':
		i, ok := p.word([]string{"AM", "PM"})
		p.pm = i
		return ok
	case 'r':
		return p.format("%I:%M:%S %p", depth+1)
	case 'R':
		return p.format("%H:%M", depth+1)
	case 's':
		return p.seconds()
	case 'S':
		return p.number(&p.second, 2, 0, 61)
	case 'T', 'X':
		return p.format("%H:%M:%S", depth+1)
	case 'u', 'w':
		var skip int
		return p.number(&skip, 1, 0, 7)
	case 'x':
		return p.format("%m/%d/%Y", depth+1)
	case 'y':
		var y int
		if !p.number(&y, 2, 0, 99) {
			return false
		}
		if p.year = 1900 + y; y < 69 {
			p.year += 100
		}
		return true
	case 'Y':
		return p.number(&p.year, 4, 0, 9999)
	case 'z':
		return p.offset(d)
	case 'Z':
		return p.zoneName(d)
	}
	return false
}

func (p *parser) literal(s string) bool {
	if !strings.HasPrefix(p.s, s) {
		return false
	}
	p.s = p.s[len(s):]
	return true
}

var (
	weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	months   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// word reads one of the names, in full or its first three letters, ignoring case.
func (p *parser) word(names []string) (int, bool) {
	for i, n := range names {
		for _, w := range [2]string{n, n[:min(3, len(n))]} {
			if len(p.s) >= len(w) && strings.EqualFold(p.s[:len(w)], w) {
				p.s = p.s[len(w):]
				return i, true
			}
		}
	}
	return 0, false
}

func (p *parser) number(to *int, width, lo, hi int) bool {
	p.blanks() // C's strptime skips blanks before numbers, for %e and %k
	n, i := 0, 0
	for i < len(p.s) && i < width && p.s[i] >= '0' && p.s[i] <= '9' {
		n = n*10 + int(p.s[i]-'0')
		i++
	}
	if i == 0 || n < lo || n > hi {
		return false
	}
	*to, p.s = n, p.s[i:]
	return true
}

func (p *parser) fraction(d directive) bool {
	width := 9
	if d.width >= 0 {
		width = min(d.width, 9)
	} else if d.letter == 'f' {
		width = 6
	}
	n, i := 0, 0
	for i < len(p.s) && i < width && p.s[i] >= '0' && p.s[i] <= '9' {
		n = n*10 + int(p.s[i]-'0')
		i++
	}
	if i == 0 {
		return false
	}
	for range 9 - i {
		n *= 10
	}
	p.nanos, p.s = n, p.s[i:]
	return true
}

func (p *parser) seconds() bool {
	i := 0
	if strings.HasPrefix(p.s, "-") {
		i++
	}
	for i < len(p.s) && i < 16 && p.s[i] >= '0' && p.s[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(p.s[:i], 10, 64)
	if err != nil {
		return false
	}
	p.epoch, p.s = &n, p.s[i:]
	return true
}

// offset reads +hhmm, +hh:mm, +hh, +hh:mm:ss or Z; with %Ez a number of minutes.
func (p *parser) offset(d directive) bool {
	if strings.HasPrefix(p.s, "Z") || strings.HasPrefix(p.s, "z") {
		p.zone, p.s = time.UTC, p.s[1:]
		return true
	}
	if p.s == "" || p.s[0] != '+' && p.s[0] != '-' {
		return false
	}
	sign := 1
	if p.s[0] == '-' {
		sign = -1
	}
	p.s = p.s[1:]
	var h, m, s int
	if d.e {
		if !p.number(&m, 4, 0, 1500) {
			return false
		}
		p.zone = time.FixedZone("", sign*m*60)
		return true
	}
	if !p.number(&h, 2, 0, 26) {
		return false
	}
	part := func(to *int) {
		rest := strings.TrimPrefix(p.s, ":")
		if len(rest) >= 2 && rest[0] >= '0' && rest[0] <= '5' && rest[1] >= '0' && rest[1] <= '9' {
			*to = int(rest[0]-'0')*10 + int(rest[1]-'0')
			p.s = rest[2:]
		}
	}
	part(&m)
	if strings.HasPrefix(p.s, ":") && d.colons == 2 {
		part(&s)
	}
	p.zone = time.FixedZone("", sign*(h*3600+m*60+s))
	return true
}

// zoneHours are the zone abbreviations that logs use, in minutes from UTC.
var zoneMinutes = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180,
	"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
	"IST": 330, "SGT": 480, "HKT": 480, "AWST": 480, "JST": 540, "KST": 540, "ACST": 570, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}

func (p *parser) zoneName(d directive) bool {
	i := 0
	for i < len(p.s) && (p.s[i] >= 'A' && p.s[i] <= 'Z' || p.s[i] >= 'a' && p.s[i] <= 'z') {
		i++
	}
	name := strings.ToUpper(p.s[:i])
	if m, ok := zoneMinutes[name]; ok {
		p.zone, p.s = time.FixedZone(name, m*60), p.s[i:]
		if d.colons > 0 && m == 0 && p.s != "" && (p.s[0] == '+' || p.s[0] == '-') { // %:Z reads GMT-0700
			return p.offset(directive{})
		}
		return true
	}
	for i < len(p.s) && (p.s[i] == '/' || p.s[i] == '_' || p.s[i] >= 'A' && p.s[i] <= 'Z' || p.s[i] >= 'a' && p.s[i] <= 'z') {
		i++
	}
	if i == 0 || i > 40 {
		return false
	}
	loc, err := time.LoadLocation(p.s[:i])
	if err != nil {
		return false
	}
	p.zone, p.s = loc, p.s[i:]
	return true
}

func (p *parser) time(now time.Time) (time.Time, bool) {
	if p.epoch != nil {
		return time.Unix(*p.epoch, int64(p.nanos)).In(p.loc), true
	}
	loc := p.loc
	if p.zone != nil {
		loc = p.zone
		now = now.In(loc)
	}
	if p.century != unset {
		if p.year != unset {
			p.year = p.century*100 + p.year%100
		} else {
			p.year = p.century * 100
		}
	}
	hour := p.hour
	if hour == unset {
		if hour = 0; p.hour12 != unset {
			hour = p.hour12 % 12
			if p.pm == 1 {
				hour += 12
			}
		}
	} else if p.pm == 1 && hour < 12 {
		hour += 12
	}
	year := p.year
	if year == unset {
		year = now.Year()
	}
	month, day := p.month, p.day
	switch {
	case p.yday != unset && month == unset && day == unset:
		month, day = 1, p.yday
		if p.yday == 366 && !leap(year) {
			return time.Time{}, false
		}
	case month != unset && day != unset:
		if day > daysIn(year, time.Month(month)) {
			return time.Time{}, false
		}
	case month == unset && day == unset && p.year == unset:
		month, day = int(now.Month()), now.Day()
	default:
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, p.minute, p.second, p.nanos, loc).In(p.loc), true
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysIn(year int, m time.Month) int {
	return time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
