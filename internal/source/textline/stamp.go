package textline

import (
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

// A scanner reads a line from the left. It never goes past the end: what is not there is the byte 0.
type scanner struct {
	b []byte
	p int
}

func (s *scanner) peek() byte {
	if s.p < len(s.b) {
		return s.b[s.p]
	}
	return 0
}

func (s *scanner) skip(c byte) bool {
	if s.peek() == c && s.p < len(s.b) {
		s.p++
		return true
	}
	return false
}

// number reads from least to most digits, at most 18.
func (s *scanner) number(least, most int) (int, bool) {
	v, n := 0, 0
	for n < most && s.peek() >= '0' && s.peek() <= '9' {
		v = v*10 + int(s.peek()-'0')
		s.p++
		n++
	}
	return v, n >= least
}

// word reads up to the next blank, and the blanks behind it; it is empty at the end.
func (s *scanner) word() []byte {
	from := s.p
	for s.p < len(s.b) && s.b[s.p] != ' ' {
		s.p++
	}
	w := s.b[from:s.p]
	for s.skip(' ') {
	}
	return w
}

// fraction reads what follows a dot or comma, as ticks.
func (s *scanner) fraction() int64 {
	if c := s.peek(); c != '.' && c != ',' || s.p+1 >= len(s.b) || s.b[s.p+1] < '0' || s.b[s.p+1] > '9' {
		return 0
	}
	s.p++
	ticks, unit := int64(0), int64(event.TicksPerSecond)
	for ; s.peek() >= '0' && s.peek() <= '9'; s.p++ {
		unit /= 10
		ticks += int64(s.b[s.p]-'0') * unit
	}
	return ticks
}

// A stamp is a time as written; without a zone it is UTC.
type stamp struct {
	year, month, day     int // year 0: not given
	hour, minute, second int
	ticks                int64 // the fraction of the second, less the offset of the zone
}

func (t *stamp) clock(s *scanner) bool {
	var ok [3]bool
	t.hour, ok[0] = s.number(1, 2)
	colon1 := s.skip(':')
	t.minute, ok[1] = s.number(2, 2)
	colon2 := s.skip(':')
	t.second, ok[2] = s.number(2, 2)
	return ok[0] && ok[1] && ok[2] && colon1 && colon2 && t.hour < 24 && t.minute < 60 && t.second <= 60
}

// zone reads Z, UTC, +hh:mm or +hhmm; blank says that one blank may come before.
func (t *stamp) zone(s *scanner, blank bool) {
	at := s.p
	if blank {
		s.skip(' ')
	}
	switch c := s.peek(); c {
	case 'Z', 'z':
		if s.p++; s.p == len(s.b) || s.b[s.p] < '0' {
			return
		}
	case '+', '-':
		s.p++
		h, ok1 := s.number(2, 2)
		s.skip(':')
		m, ok2 := s.number(2, 2)
		if ok1 && ok2 && h < 24 && m < 60 {
			off := int64(h*3600+m*60) * event.TicksPerSecond
			if c == '+' {
				off = -off
			}
			t.ticks += off
			return
		}
	}
	s.p = at
}

func monthOf(b []byte) int {
	if len(b) >= 3 {
		const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
		for i := 0; i < len(names); i += 3 {
			if names[i:i+3] == string(b[:3]) {
				return i/3 + 1
			}
		}
	}
	return 0
}

// iso reads 2024-01-02T03:04:05.678Z, with a blank for the T, with slashes for the dashes, with or without fraction and zone.
func (t *stamp) iso(s *scanner) bool {
	year, ok1 := s.number(4, 4)
	dash := s.peek()
	if !ok1 || dash != '-' && dash != '/' {
		return false
	}
	s.p++
	month, ok1 := s.number(2, 2)
	dash2 := s.skip(dash)
	day, ok2 := s.number(2, 2)
	if t.year, t.month, t.day = year, month, day; !ok1 || !ok2 || !dash2 || !s.skip('T') && !s.skip(' ') || !t.clock(s) {
		return false
	}
	t.ticks = s.fraction()
	t.zone(s, true)
	return t.valid()
}

// bsd reads the time of RFC 3164, Jan  2 03:04:05, and with a year before or behind the clock.
func (t *stamp) bsd(s *scanner) bool {
	if t.month = monthOf(s.b[s.p:]); t.month == 0 {
		return false
	}
	s.p += 3
	if !s.skip(' ') {
		return false
	}
	s.skip(' ')
	var ok bool
	if t.day, ok = s.number(1, 2); !ok || !s.skip(' ') {
		return false
	}
	at := s.p
	if year, ok := s.number(4, 4); ok && s.skip(' ') {
		t.year = year
	} else {
		s.p = at
	}
	if !t.clock(s) {
		return false
	}
	t.ticks = s.fraction()
	if at = s.p; t.year == 0 && s.skip(' ') {
		if year, ok := s.number(4, 4); ok && year >= 1970 && year < 2100 && (s.peek() == ' ' || s.peek() == ']') {
			t.year = year
		} else {
			s.p = at
		}
	}
	s.skip(':') // Cisco
	return t.valid()
}

// web reads 10/Oct/2000:13:55:36 -0700.
func (t *stamp) web(s *scanner) bool {
	var ok bool
	if t.day, ok = s.number(2, 2); !ok || !s.skip('/') {
		return false
	}
	if t.month = monthOf(s.b[s.p:]); t.month == 0 {
		return false
	}
	s.p += 3
	if !s.skip('/') {
		return false
	}
	if t.year, ok = s.number(4, 4); !ok || !s.skip(':') || !t.clock(s) {
		return false
	}
	t.zone(s, true)
	return t.valid()
}

func (t *stamp) valid() bool {
	year := t.year
	if year == 0 {
		year = 2000 // which has a 29th of February
	}
	return year >= 1900 && t.month >= 1 && t.month <= 12 && t.day >= 1 && time.Date(year, time.Month(t.month), t.day, 0, 0, 0, 0, time.UTC).Day() == t.day
}

// at returns the time as ticks since 1970. A time without a year is the last of that name that is not more than a day after
// now, in ticks: logs are not written ahead, but clocks differ.
func (t *stamp) at(now int64) int64 {
	in := func(year int) time.Time {
		return time.Date(year, time.Month(t.month), t.day, t.hour, t.minute, t.second, 0, time.UTC)
	}
	if t.year != 0 {
		return in(t.year).Unix()*event.TicksPerSecond + t.ticks
	}
	latest := time.Unix(now/event.TicksPerSecond, 0).UTC().AddDate(0, 0, 1)
	year := latest.Year()
	for range 9 { // there may be eight years between leap days
		if d := in(year); d.Day() == t.day && !d.After(latest) {
			break
		}
		year--
	}
	return in(year).Unix()*event.TicksPerSecond + t.ticks
}

// epoch reads seconds since 1970 with a fraction.
func epoch(s *scanner) (int64, bool) {
	from := s.p
	sec, ok := s.number(9, 10)
	if !ok || s.p == from {
		return 0, false
	}
	return int64(sec)*event.TicksPerSecond + s.fraction(), true
}
