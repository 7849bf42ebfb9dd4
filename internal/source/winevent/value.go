package winevent

import (
	"math"

	"github.com/harrier-detect/harrier/internal/event"
)

// ParseInt reads a decimal integer, as System has them, or one in hex with 0x.
func ParseInt(s string) (int64, bool) {
	neg := false
	if len(s) > 1 && s[0] == '-' {
		neg, s = true, s[1:]
	}
	var n uint64
	switch {
	case len(s) == 0 || len(s) > 19:
		return 0, false
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		for _, c := range []byte(s[2:]) {
			d := hexDigit(c)
			if d > 15 || n>>60 != 0 {
				return 0, false
			}
			n = n<<4 | uint64(d)
		}
	default:
		for i := 0; i < len(s); i++ {
			d := s[i] - '0'
			if d > 9 {
				return 0, false
			}
			n = n*10 + uint64(d) // 19 digits fit
		}
	}
	if n > math.MaxInt64 {
		return 0, false
	}
	if neg {
		return -int64(n), true
	}
	return int64(n), true
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// ParseTime reads an ISO 8601 time with up to nine digits of a second's fraction, Z, an offset or nothing (UTC) behind it,
// as ticks of 100 ns since 1970.
func ParseTime(s string) (ticks int64, ok bool) {
	// 2021-01-14T23:41:40.145335200Z
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	hour, ok4 := digits(s[11:13])
	minute, ok5 := digits(s[14:16])
	sec, ok6 := digits(s[17:19])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || sec > 60 {
		return 0, false
	}
	ticks = (Days(year, month, day)*86400 + int64(hour*3600+minute*60+sec)) * event.TicksPerSecond
	s = s[19:]
	if len(s) > 0 && (s[0] == '.' || s[0] == ',') {
		unit := int64(event.TicksPerSecond)
		i := 1
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			unit /= 10
			ticks += int64(s[i]-'0') * unit
		}
		s = s[i:]
	}
	switch {
	case s == "" || s == "Z" || s == "z":
		return ticks, true
	case len(s) >= 5 && (s[0] == '+' || s[0] == '-'):
		h, okH := digits(s[1:3])
		m, okM := digits(s[len(s)-2:])
		if !okH || !okM || len(s) > 6 || len(s) == 6 && s[3] != ':' || h > 23 || m > 59 {
			return 0, false
		}
		off := int64(h*3600+m*60) * event.TicksPerSecond
		if s[0] == '+' {
			off = -off
		}
		return ticks + off, true
	}
	return 0, false
}

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// Days counts the days from 1970-01-01 to a date of the Gregorian calendar.
func Days(year, month, day int) int64 {
	// Years begin in March, so that the leap day is the last of its year.
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(day) - 1 - 719468
}

// Date is the inverse of [Days].
func Date(days int64) (year, month, day int) {
	z := days + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, day
}

// Value makes a value of kind k from text; what is not of that kind stays text. An empty number or time is missing.
func Value(k Kind, s string) event.Value {
	switch k {
	case Int:
		if n, ok := ParseInt(s); ok {
			return event.IntOf(n)
		}
		if s == "" {
			return event.Value{}
		}
	case Time:
		if t, ok := ParseTime(s); ok {
			return event.TicksOf(t)
		}
		if s == "" {
			return event.Value{}
		}
	}
	return event.StringOf(s)
}
