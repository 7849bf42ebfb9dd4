package timefmt

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Span is a length of time such as 5m, 1mon or 7d: the width of a bucket, a window, or a step.
type Span struct {
	N    int64
	Unit Unit
	// Weekday is the day that weeks begin on: 0 is Sunday. It is only used when Unit is Week.
	Weekday int
}

// ParseSpan reads a span: a whole number and a unit (no number means 1, no unit seconds), optionally followed by a
// snap-to unit, which for weeks may name the day they begin on (1w@w1).
func ParseSpan(s string) (Span, error) {
	text := strings.TrimSpace(s)
	num := digits(text)
	sp := Span{N: 1, Unit: Second}
	if num != "" {
		n, err := strconv.ParseInt(num, 10, 64)
		if err != nil || n <= 0 || n > 1e12 {
			return Span{}, fmt.Errorf("%q is not a time span", s)
		}
		sp.N = n
	}
	rest := text[len(num):]
	name := letters(rest)
	rest = rest[len(name):]
	if name != "" {
		unit, ok := unitNames[strings.ToLower(name)]
		if !ok {
			return Span{}, fmt.Errorf("%q is not a time span", s)
		}
		sp.Unit = unit
	} else if num == "" {
		return Span{}, fmt.Errorf("%q is not a time span", s)
	}
	if sp.Unit == Week && strings.HasPrefix(rest, "@w") {
		rest = rest[2:]
		if rest != "" && rest[0] >= '0' && rest[0] <= '7' {
			sp.Weekday, rest = int(rest[0]-'0')%7, rest[1:]
		}
	}
	if snap, ok := strings.CutPrefix(rest, "@"); ok && unitNames[strings.ToLower(snap)] == sp.Unit {
		rest = "" // 1d@d: spans begin with their unit anyway
	}
	if rest != "" {
		return Span{}, fmt.Errorf("%q is not a time span", s)
	}
	return sp, nil
}

// Seconds returns the length of a span in seconds, with months counted as 30 days and years as 365 when the calendar
// decides; exact says that it does not.
func (s Span) Seconds() (sec float64, exact bool) {
	if us := s.Unit.micros(); us != 0 {
		return float64(s.N) * float64(us) / 1e6, true
	}
	days := map[Unit]float64{Day: 1, Week: 7, Month: 30, Quarter: 91, Year: 365}[s.Unit]
	return float64(s.N) * days * 86400, s.Unit <= Week
}

// Add returns t moved by n spans.
func (s Span) Add(t time.Time, n int64) time.Time { return addUnits(t, n*s.N, s.Unit) }

// Floor returns the beginning of the bucket in which t lies, in t's time zone. Seconds to hours are counted from the epoch
// in local time, days from the local day of the epoch, weeks from the first Weekday after it, months and longer by calendar.
func (s Span) Floor(t time.Time) time.Time {
	if us := s.Unit.micros(); us != 0 {
		_, off := t.Zone()
		width := s.N * us
		if s.N > math.MaxInt64/us {
			return time.Unix(0, 0).In(t.Location())
		}
		local := (t.Unix()+int64(off))*1e6 + int64(t.Nanosecond())/1000
		local -= mod(local, width)
		// The offset at the bucket's beginning may be another one: then the bucket begins where the offset changed.
		return time.UnixMicro(local - int64(off)*1e6).In(t.Location())
	}
	y, m, d := t.Date()
	switch s.Unit {
	case Day:
		day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
		return time.Date(1970, 1, 1+int(day-mod(day, s.N)), 0, 0, 0, 0, t.Location())
	case Week:
		day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
		// 1970-01-01 was a Thursday: day 3+Weekday is the first Weekday after it.
		day -= mod(day-3-int64(s.Weekday), 7*s.N)
		return time.Date(1970, 1, 1+int(day), 0, 0, 0, 0, t.Location())
	}
	months := s.N
	switch s.Unit {
	case Quarter:
		months *= 3
	case Year:
		months *= 12
	}
	at := int64(y)*12 + int64(m) - 1
	at -= mod(at, months)
	return time.Date(int(at/12), time.Month(at%12)+1, 1, 0, 0, 0, 0, t.Location())
}

func mod(a, b int64) int64 {
	r := a % b
	if r < 0 {
		r += b
	}
	return r
}
