package timefmt

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Unit is a unit of time in a modifier or span.
type Unit uint8

const (
	Microsecond Unit = iota
	Millisecond
	Centisecond
	Decisecond
	Second
	Minute
	Hour
	Day
	Week
	Month
	Quarter
	Year
)

var unitNames = map[string]Unit{
	"us": Microsecond, "ms": Millisecond, "cs": Centisecond, "ds": Decisecond,
	"s": Second, "sec": Second, "secs": Second, "second": Second, "seconds": Second,
	"m": Minute, "min": Minute, "mins": Minute, "minute": Minute, "minutes": Minute,
	"h": Hour, "hr": Hour, "hrs": Hour, "hour": Hour, "hours": Hour,
	"d": Day, "day": Day, "days": Day,
	"w": Week, "week": Week, "weeks": Week,
	"mon": Month, "month": Month, "months": Month,
	"q": Quarter, "qtr": Quarter, "qtrs": Quarter, "quarter": Quarter, "quarters": Quarter,
	"y": Year, "yr": Year, "yrs": Year, "year": Year, "years": Year,
}

// micros is the length of a unit in microseconds; 0 for units that the calendar decides.
func (u Unit) micros() int64 {
	return [...]int64{1, 1e3, 1e4, 1e5, 1e6, 60e6, 3600e6, 0, 0, 0, 0, 0}[u]
}

// A Modifier is a relative time such as -1d@d+3h: offsets and snaps, applied from left to right.
type Modifier struct{ steps []step }

type step struct {
	snap    bool
	n       int64
	unit    Unit
	weekday int // of a snap to a week
}

// ParseModifier reads a relative time modifier; "now" and the empty text leave the time as it is.
func ParseModifier(s string) (*Modifier, error) {
	m := &Modifier{}
	rest := strings.TrimSpace(s)
	rest = strings.TrimPrefix(rest, "now")
	rest = strings.TrimPrefix(rest, "()")
	bad := func() (*Modifier, error) { return nil, fmt.Errorf("%q is not a relative time", s) }
	for rest != "" {
		var st step
		switch c := rest[0]; {
		case c == '@':
			st.snap, rest = true, rest[1:]
			name := letters(rest)
			unit, ok := unitNames[strings.ToLower(name)]
			if !ok || unit < Second {
				return bad()
			}
			st.unit, rest = unit, rest[len(name):]
			if unit == Week && rest != "" && rest[0] >= '0' && rest[0] <= '7' {
				st.weekday, rest = int(rest[0]-'0')%7, rest[1:]
			}
		case c == '-' || c == '+' || c >= '0' && c <= '9' && len(m.steps) == 0:
			sign := int64(1)
			if c == '-' || c == '+' {
				rest = rest[1:]
				if c == '-' {
					sign = -1
				}
			}
			num := digits(rest)
			st.n = 1
			if num != "" {
				n, err := strconv.ParseInt(num, 10, 64)
				if err != nil || n > 1e12 {
					return bad()
				}
				st.n, rest = n, rest[len(num):]
			}
			st.n *= sign
			name := letters(rest)
			unit, ok := unitNames[strings.ToLower(name)]
			if name == "" && num != "" { // a bare number counts seconds
				unit, ok = Second, true
			}
			if !ok {
				return bad()
			}
			st.unit, rest = unit, rest[len(name):]
		default:
			return bad()
		}
		if m.steps = append(m.steps, st); len(m.steps) > 20 {
			return bad()
		}
	}
	return m, nil
}

func letters(s string) string {
	i := 0
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z') {
		i++
	}
	return s[:i]
}

func digits(s string) string {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i]
}

// Apply returns t moved by the modifier, in t's own time zone.
func (m *Modifier) Apply(t time.Time) time.Time {
	for _, s := range m.steps {
		if s.snap {
			t = floorUnit(t, s.unit, s.weekday)
		} else {
			t = addUnits(t, s.n, s.unit)
		}
	}
	return t
}

// addUnits moves t by n units. Months keep the day, or the last day of a shorter month.
func addUnits(t time.Time, n int64, u Unit) time.Time {
	if us := u.micros(); us != 0 {
		if abs := max(n, -n); abs > math.MaxInt64/us/1000 {
			// time.Duration cannot hold it: go by whole seconds.
			return time.Unix(t.Unix()+n*us/1e6, int64(t.Nanosecond())).In(t.Location())
		}
		return t.Add(time.Duration(n*us) * time.Microsecond)
	}
	n = max(min(n, 1e7), -1e7)
	months := 0
	switch u {
	case Day:
		return t.AddDate(0, 0, int(n))
	case Week:
		return t.AddDate(0, 0, 7*int(n))
	case Month:
		months = int(n)
	case Quarter:
		months = 3 * int(n)
	case Year:
		months = 12 * int(n)
	}
	y, mon, d := t.Date()
	first := time.Date(y, mon+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	d = min(d, daysIn(first.Year(), first.Month()))
	return time.Date(first.Year(), first.Month(), d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

// floorUnit returns the beginning of the unit in which t lies.
func floorUnit(t time.Time, u Unit, weekday int) time.Time {
	y, mon, d := t.Date()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, t.Location()) }
	switch u {
	case Second:
		return t.Add(-time.Duration(t.Nanosecond()))
	case Minute:
		return t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case Hour:
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case Day:
		return at(y, mon, d)
	case Week:
		return at(y, mon, d-(int(t.Weekday())-weekday+7)%7)
	case Month:
		return at(y, mon, 1)
	case Quarter:
		return at(y, (mon-1)/3*3+1, 1)
	case Year:
		return at(y, 1, 1)
	}
	us := u.micros() * 1000
	return t.Add(-time.Duration(int64(t.Nanosecond()) % us))
}

// AbsoluteFormat is the form of absolute times in earliest= and latest=.
const AbsoluteFormat = "%m/%d/%Y:%H:%M:%S"

// ParseBound reads the value of earliest= or latest=: now, epoch seconds, an absolute time in the given format (""
// means [AbsoluteFormat]), or a modifier relative to now.
func ParseBound(s, format string, now time.Time) (time.Time, error) {
	s = strings.TrimSpace(s)
	if format == "" {
		format = AbsoluteFormat
	}
	if strings.HasPrefix(s, "rt") {
		return time.Time{}, fmt.Errorf("real-time searches (%q) are not supported", s)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && s[0] != '-' && s[0] != '+' {
		if t, ok := FromEpoch(f, now.Location()); ok {
			return t, nil
		}
	}
	if t, ok := Strptime(s, format, now); ok {
		return t, nil
	}
	m, err := ParseModifier(s)
	if err != nil || s == "" {
		return time.Time{}, fmt.Errorf("%q is not a time: want now, epoch seconds, %s or a relative time such as -24h@h", s, format)
	}
	return m.Apply(now), nil
}
