package syntax

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseTimespan reads a timespan in any form that timespan(…) takes and returns its length in ticks of 100 ns: a number with a
// unit (1.5h), a bare number of days, or [-][d.]hh:mm[:ss[.fffffff]].
// https://learn.microsoft.com/kusto/query/scalar-data-types/timespan
func ParseTimespan(s string) (ticks int64, ok bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if strings.Contains(s, ":") {
		ticks, ok = clockTicks(s)
	} else {
		ticks, ok = unitTicks(s)
	}
	if negative {
		ticks = -ticks
	}
	return ticks, ok
}

func unitTicks(s string) (int64, bool) {
	end := len(s)
	for end > 0 && 'a' <= s[end-1] && s[end-1] <= 'z' {
		end--
	}
	number, unit := strings.TrimSpace(s[:end]), s[end:]
	if unit == "" {
		unit = "d"
	}
	per, known := ticksPer[unit]
	if !known || number == "" || strings.ContainsAny(number, "xXpP_+-eE") {
		return 0, false
	}
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil {
		if per == 0 {
			return whole / 100, true
		}
		if whole > math.MaxInt64/per {
			return 0, false
		}
		return whole * per, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, false
	}
	if per == 0 {
		f /= 100
	} else {
		f *= float64(per)
	}
	if f = math.Round(f); f >= math.MaxInt64 {
		return 0, false
	}
	return int64(f), true
}

func clockTicks(s string) (int64, bool) {
	parts := strings.Split(s, ":")
	if len(parts) > 4 {
		return 0, false
	}
	var days, hours, minutes, seconds, fraction int64
	ok := true
	read := func(text string, limit int64) int64 {
		v, err := strconv.ParseInt(text, 10, 32)
		ok = ok && err == nil && text[0] != '+' && text[0] != '-' && v <= limit
		return v
	}
	if len(parts) == 4 { // d:hh:mm:ss
		days, parts = read(parts[0], 10675199), parts[1:]
	}
	if d, h, found := strings.Cut(parts[0], "."); found {
		days, parts[0] = read(d, 10675199), h
	}
	hours, minutes = read(parts[0], 23), read(parts[1], 59)
	if len(parts) == 3 {
		sec, frac, found := strings.Cut(parts[2], ".")
		seconds = read(sec, 59)
		if found && frac != "" {
			if len(frac) > 7 {
				return 0, false
			}
			fraction = read(frac+strings.Repeat("0", 7-len(frac)), math.MaxInt32)
		}
	}
	ticks := (((days*24+hours)*60+minutes)*60+seconds)*10_000_000 + fraction
	return ticks, ok && ticks >= 0
}

// dateLayouts are the written forms of a date that datetime(…) takes, beside the ISO forms.
// https://learn.microsoft.com/kusto/query/scalar-data-types/datetime
var dateLayouts = []string{
	"1/2/2006", "2006/1/2", "2006.1.2", "2006-1-2", "2-Jan-06", "2-Jan-2006", "2 Jan 06", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "Jan 2, 2006",
	"January 2 2006", "January 2, 2006", "Mon, 2 Jan 2006", "Mon, 2 Jan 06", "Monday, 2-Jan-06", "Mon Jan 2 2006", "20060102", "200601", "2006-01",
	"2006-Jan-02", "Mon, Jan 2, 2006", "Monday, January 2, 2006",
}

var clockLayouts = []string{"15:04:05.9999999", "15:04:05", "15:04", "3:04:05.9999999 PM", "3:04:05 PM", "3:04 PM", "3:04:05PM", "3:04PM", "3 PM", "3PM"}

// ParseDateTime reads a point in time in any form that datetime(…) takes; without a zone it is UTC. A clock time alone, which
// means that time today, is not taken.
// https://learn.microsoft.com/kusto/query/scalar-data-types/datetime
func ParseDateTime(s string) (time.Time, bool) {
	s = strings.Join(strings.Fields(s), " ")
	if t, ok := isoTime(s); ok {
		return t, ok
	}
	zone := time.UTC
	for _, suffix := range []string{" GMT", " UTC", " UT", "Z"} {
		s = strings.TrimSuffix(s, suffix)
	}
	if n := len(s); n > 6 && (s[n-6] == '+' || s[n-6] == '-') && s[n-3] == ':' && strings.Contains(s[:n-6], ":") {
		if z, err := time.Parse("-07:00", s[n-6:]); err == nil {
			zone, s = z.Location(), strings.TrimSpace(s[:n-6])
		}
	}
	for _, date := range dateLayouts {
		if t, err := time.ParseInLocation(date, s, zone); err == nil {
			return t.UTC(), true
		}
	}
	if strings.ContainsAny(s, ":Mm") {
		for _, date := range dateLayouts {
			for _, clock := range clockLayouts {
				for _, gap := range []string{" ", "T"} {
					if t, err := time.ParseInLocation(date+gap+clock, s, zone); err == nil {
						return t.UTC(), true
					}
				}
			}
		}
	}
	if parts := strings.Split(s, ","); len(parts) == 3 { // 2025, 6, 14
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if t, err := time.ParseInLocation("2006-1-2", strings.Join(parts, "-"), zone); err == nil {
			return t.UTC(), true
		}
	}
	if swapped, ok := monthFirst(s); ok {
		t, ok := ParseDateTime(swapped)
		if ok && zone != time.UTC {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UTC()
		}
		return t, ok
	}
	return time.Time{}, false
}

// monthFirst writes 13-02-2022, 15/01/2024 and 1.2.2022 as month/day/year: the first number is the month unless it is too
// large for one. What is in that form already is left alone.
func monthFirst(s string) (string, bool) {
	two := func(s string) (n int, rest string) {
		i := 0
		for i < len(s) && i < 2 && isDigit(s[i]) {
			n = n*10 + int(s[i]-'0')
			i++
		}
		return n, s[i:]
	}
	a, rest := two(s)
	if a == 0 || rest == "" || strings.IndexByte("-/.", rest[0]) < 0 {
		return "", false
	}
	sep := rest[0]
	b, rest := two(rest[1:])
	if b == 0 || rest == "" || rest[0] != sep || sep == '/' && a <= 12 {
		return "", false
	}
	if a > 12 {
		a, b = b, a
	}
	return strconv.Itoa(a) + "/" + strconv.Itoa(b) + "/" + rest[1:], true
}

// isoTime reads ISO 8601: yyyy, yyyy-MM, yyyy-MM-dd, then T or a blank and HH:mm[:ss[.fffffff]] and Z or an offset.
func isoTime(s string) (time.Time, bool) {
	digits := func(n int) (int, bool) {
		if len(s) < n {
			return 0, false
		}
		v := 0
		for i := range n {
			if !isDigit(s[i]) {
				return 0, false
			}
			v = v*10 + int(s[i]-'0')
		}
		s = s[n:]
		return v, true
	}
	after := func(seps string) bool {
		if s == "" || !strings.Contains(seps, s[:1]) {
			return false
		}
		s = s[1:]
		return true
	}
	year, ok := digits(4)
	month, day, hour, minute, second, ticks := 1, 1, 0, 0, 0, 0
	if ok && after("-") {
		if month, ok = digits(2); ok && after("-") {
			if day, ok = digits(2); ok && after("T ") {
				hour, ok = digits(2)
				if ok = ok && after(":"); ok {
					if minute, ok = digits(2); ok && after(":") {
						if second, ok = digits(2); ok && after(".,") {
							n := 0
							for n < len(s) && isDigit(s[n]) {
								n++
							}
							frac := s[:n]
							s = s[n:]
							if ok = n > 0; ok {
								// .NET keeps seven digits; more are cut.
								ticks, _ = strconv.Atoi((frac + "0000000")[:7])
							}
						}
					}
				}
			}
		}
	}
	zone := 0
	if ok && s != "" {
		s = strings.TrimPrefix(s, " ")
		switch {
		case s == "Z" || s == "UTC" || s == "GMT":
			s = ""
		case s != "" && (s[0] == '+' || s[0] == '-'):
			sign := 1
			if s[0] == '-' {
				sign = -1
			}
			s = s[1:]
			h, m := 0, 0
			if h, ok = digits(2); ok && s != "" {
				after(":")
				m, ok = digits(2)
			}
			zone = sign * (h*60 + m)
			ok = ok && h <= 14 && m < 60
		}
	}
	if !ok || s != "" || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || year < 1 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute-zone, second, ticks*100, time.UTC)
	if day > 28 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return time.Time{}, false
	}
	return t, true
}
