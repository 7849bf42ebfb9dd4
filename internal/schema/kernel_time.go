package schema

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// otherLayouts are the forms of time that logs use besides ISO 8601; a form without a zone is read as UTC.
var otherLayouts = []string{
	"01/02/2006 03:04:05 PM", "1/2/2006 3:04:05 PM", "1/2/2006 3:04:05.999 PM", "1/2/2006, 3:04:05.999 PM", "01/02/2006 15:04:05", "2006/01/02 15:04:05",
	"Jan _2 2006 15:04:05", "Jan _2, 2006 15:04:05", time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, "02/Jan/2006:15:04:05 -0700", "20060102150405", "Jan 02, 2006 03:04:05.999 PM",
}

// parseTime reads a time in any usual form: ISO 8601 with a blank or T, with or without zone (UTC then) and fraction; epoch
// seconds, milliseconds, microseconds or nanoseconds; and otherLayouts.
func parseTime(v event.Value) (ticks int64, ok bool) {
	switch v.Kind() {
	case event.Time:
		return v.Ticks(), true
	case event.Int:
		return wholeTicks(v.Int()), v.Int() != 0
	case event.Float:
		f := v.Float()
		if math.IsNaN(f) || math.Abs(f) >= 1<<62 {
			return 0, false
		}
		return epochTicks(f), f != 0
	case event.String:
	default:
		return 0, false
	}
	s := strings.TrimSpace(v.Str())
	if len(s) < 8 {
		return 0, false
	}
	if t, ok := isoTicks(s); ok {
		return t, true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) && math.Abs(f) < 1<<62 {
		return epochTicks(f), f != 0
	}
	if inner, ok := strings.CutPrefix(s, "/Date("); ok {
		if ms, err := strconv.ParseFloat(strings.TrimRight(inner, ")/"), 64); err == nil {
			return epochTicks(ms), true
		}
	}
	for _, l := range otherLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return event.TimeOf(t).Ticks(), true
		}
	}
	return 0, false
}

// epochTicks takes the unit from the size: seconds up to the year 5138, then milliseconds, microseconds, nanoseconds. A float64 holds
// today's times to the microsecond.
func epochTicks(f float64) int64 {
	if f == math.Trunc(f) && math.Abs(f) < 1<<62 {
		return wholeTicks(int64(f))
	}
	sec := math.Floor(f)
	return int64(sec)*event.TicksPerSecond + int64((f-sec)*1e6+0.5)*10
}

func wholeTicks(i int64) int64 {
	switch a := max(i, -i); {
	case a >= 1e17:
		return i / 100
	case a >= 1e14:
		return i * 10
	case a >= 1e11:
		return i * 10_000
	}
	return i * event.TicksPerSecond
}

// isoTicks reads YYYY-MM-DD[T ]hh:mm:ss[.fffffff…][Z|±hh[:]mm].
func isoTicks(s string) (int64, bool) {
	num := func(i, n int) (int, bool) {
		v := 0
		if i+n > len(s) {
			return 0, false
		}
		for _, c := range []byte(s[i : i+n]) {
			if c < '0' || c > '9' {
				return 0, false
			}
			v = v*10 + int(c-'0')
		}
		return v, true
	}
	year, ok1 := num(0, 4)
	month, ok2 := num(5, 2)
	day, ok3 := num(8, 2)
	if !ok1 || !ok2 || !ok3 || s[4] != '-' || s[7] != '-' || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	if len(s) == 10 {
		return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() * event.TicksPerSecond, true
	}
	hour, ok1 := num(11, 2)
	minute, ok2 := num(14, 2)
	if !ok1 || !ok2 || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || hour > 24 || minute > 59 {
		return 0, false
	}
	second, at := 0, 16
	if at < len(s) && s[at] == ':' {
		if second, ok3 = num(17, 2); !ok3 || second > 60 {
			return 0, false
		}
		at = 19
	}
	ticks := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix() * event.TicksPerSecond
	if at < len(s) && (s[at] == '.' || s[at] == ',') {
		unit := int64(event.TicksPerSecond)
		for at++; at < len(s) && s[at] >= '0' && s[at] <= '9'; at++ {
			unit /= 10
			ticks += int64(s[at]-'0') * unit
		}
	}
	rest := strings.TrimSpace(s[at:])
	switch {
	case rest == "", rest == "Z", rest == "z", rest == "UTC":
		return ticks, true
	case rest[0] == '+' || rest[0] == '-':
		d := strings.ReplaceAll(rest[1:], ":", "")
		if len(d) == 2 {
			d += "00"
		}
		n, err := strconv.Atoi(d)
		if err != nil || len(d) != 4 {
			return 0, false
		}
		off := int64(n/100*3600+n%100*60) * event.TicksPerSecond
		if rest[0] == '+' {
			off = -off
		}
		return ticks + off, true
	}
	return 0, false
}

// epoch gives a time as SPL's _time: seconds since 1970, whole when they are.
func epoch(ticks int64) event.Value {
	if ticks%event.TicksPerSecond == 0 {
		return event.IntOf(ticks / event.TicksPerSecond)
	}
	return event.FloatOf(float64(ticks/10) / 1e6) // microseconds are what a float64 holds of today's times
}

// guidTime returns the creation time that a Sysmon process GUID carries: its second four bytes hold seconds since 1970.
func guidTime(guid string) (ticks int64, ok bool) {
	g := strings.Trim(guid, "{}")
	if len(g) != 36 || g[8] != '-' || g[13] != '-' {
		return 0, false
	}
	sec, err := strconv.ParseUint(g[14:18]+g[9:13], 16, 32)
	if err != nil || sec < 946684800 {
		return 0, false
	}
	return int64(sec) * event.TicksPerSecond, true
}

const quarterHour = 900 * event.TicksPerSecond

var _ = declare(
	&fn.Func{Name: "time", Min: 1, Max: 1, Doc: "A point in time read from text in any usual form or from an epoch number; null when unreadable.",
		Row: func(a []event.Value) event.Value {
			if t, ok := parseTime(a[0]); ok {
				return event.TicksOf(t)
			}
			return event.NullValue
		}},
	&fn.Func{Name: "guid_time", Min: 1, Max: 1, Doc: "The time of creation that a Sysmon process GUID carries, in whole seconds.",
		See: "https://learn.microsoft.com/sysinternals/downloads/sysmon",
		Row: func(a []event.Value) event.Value {
			if t, ok := guidTime(textOf(a[0])); ok {
				return event.TicksOf(t)
			}
			return event.NullValue
		}},
	&fn.Func{Name: "same_clock", Min: 3, Max: 3, Null: fn.SeesNull,
		Doc: "A UTC time moved to the clock of a record: by the difference, in quarters of an hour, between the record's time and its own UTC time. " +
			"Collectors write local times without a zone; this keeps all times of a recording comparable.",
		Row: func(a []event.Value) event.Value {
			t, ok := parseTime(a[0])
			if !ok {
				return event.NullValue
			}
			rec, ok1 := parseTime(a[1])
			utc, ok2 := parseTime(a[2])
			if ok1 && ok2 {
				d := rec - utc
				half := int64(quarterHour / 2)
				if d < 0 {
					half = -half
				}
				t += (d + half) / quarterHour * quarterHour
			}
			return event.TicksOf(t)
		}},
	&fn.Func{Name: "iso", Min: 1, Max: 1, Doc: "A time as Windows writes it in event XML.", Row: func(a []event.Value) event.Value {
		if t, ok := parseTime(a[0]); ok {
			return event.StringOf(isoText(event.TicksOf(t)))
		}
		return event.NullValue
	}},
	&fn.Func{Name: "epoch", Min: 1, Max: 1, Doc: "A time as seconds since 1970.", Row: func(a []event.Value) event.Value {
		if t, ok := parseTime(a[0]); ok {
			return epoch(t)
		}
		return event.NullValue
	}},
)
