package function

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Ticks between 0001-01-01, from which .NET counts, and 1970-01-01.
const epochTicks = 621_355_968_000_000_000

// maxTicks is the last moment of year 9999, the end of KQL's calendar.
const maxTicks = 3_155_378_975_999_999_999 - epochTicks

// timeValue returns a datetime, or null when it is outside the calendar.
func timeValue(ticks int64) event.Value {
	if ticks < -epochTicks || ticks > maxTicks {
		return event.NullValue
	}
	return event.TicksOf(ticks)
}

var converters [types.Dynamic + 1]*fn.Func

func init() {
	for t := types.Bool; t <= types.Dynamic; t++ {
		to := t
		converters[t] = &fn.Func{Name: "to" + to.String(), Min: 1, Max: 1, Null: fn.SeesNull,
			Doc: "Gives a value as " + to.String() + ", or null.", Row: func(args []event.Value) event.Value { return Cast(args[0], to) }}
	}
}

// Convert returns the function that turns values of one static type into another, or nil when there is nothing to do.
func Convert(from, to types.Type) *fn.Func {
	switch {
	case from == to || to == types.Unknown || to == types.Dynamic, from == types.Int && to == types.Long, from == types.Real && to == types.Decimal:
		return nil
	}
	return converters[to]
}

// Cast gives v as a value of type t: what tostring, toint, todatetime and so on do. What cannot be converted is null, and
// "" when t is string.
func Cast(v event.Value, t types.Type) event.Value {
	switch t {
	case types.Bool:
		return toBool(v)
	case types.Int:
		if v = toLong(v); v.Kind() == event.Int && v.Int() != int64(int32(v.Int())) {
			return event.NullValue
		}
		return v
	case types.Long:
		return toLong(v)
	case types.Real, types.Decimal:
		return toReal(v)
	case types.String:
		if v.Kind() == event.String {
			return v
		}
		return event.StringOf(Text(v))
	case types.DateTime:
		return toDateTime(v)
	case types.TimeSpan:
		return toTimeSpan(v)
	case types.GUID:
		return toGUID(v)
	}
	if v.IsMissing() {
		return event.NullValue
	}
	return v
}

func toBool(v event.Value) event.Value {
	switch v.Kind() {
	case event.Bool:
		return v
	case event.Int:
		return event.BoolOf(v.Int() != 0)
	case event.Float:
		return event.BoolOf(v.Float() != 0)
	case event.String:
		s := strings.TrimSpace(v.Str())
		switch {
		case strings.EqualFold(s, "true"):
			return event.BoolOf(true)
		case strings.EqualFold(s, "false"):
			return event.BoolOf(false)
		}
		if i, ok := parseLong(s); ok {
			return event.BoolOf(i != 0)
		}
	}
	return event.NullValue
}

func toLong(v event.Value) event.Value {
	switch v.Kind() {
	case event.Int:
		return v
	case event.Bool:
		if v.Bool() {
			return event.IntOf(1)
		}
		return event.IntOf(0)
	case event.Float:
		return longOf(v.Float())
	case event.Time:
		return event.IntOf(v.Ticks() + epochTicks)
	case event.Duration:
		return event.IntOf(v.Ticks())
	case event.String:
		if i, ok := parseLong(strings.TrimSpace(v.Str())); ok {
			return event.IntOf(i)
		}
	}
	return event.NullValue
}

// longOf cuts a real off to a long; null when it does not fit.
func longOf(f float64) event.Value {
	if f = math.Trunc(f); f >= -1<<63 && f < 1<<63 {
		return event.IntOf(int64(f))
	}
	return event.NullValue
}

// parseLong reads a decimal or 0x number.
func parseLong(s string) (int64, bool) {
	if s == "" || s[len(s)-1] > '9' && (len(s) < 3 || s[1] != 'x' && s[1] != 'X') {
		return 0, false
	}
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(u), err == nil
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

func toReal(v event.Value) event.Value {
	switch v.Kind() {
	case event.Float:
		return v
	case event.Int:
		return event.FloatOf(float64(v.Int()))
	case event.Bool:
		if v.Bool() {
			return event.FloatOf(1)
		}
		return event.FloatOf(0)
	case event.Time:
		return event.FloatOf(float64(v.Ticks() + epochTicks))
	case event.Duration:
		return event.FloatOf(float64(v.Ticks()))
	case event.String:
		if f, ok := parseReal(strings.TrimSpace(v.Str())); ok {
			return event.FloatOf(f)
		}
	}
	return event.NullValue
}

func parseReal(s string) (float64, bool) {
	if s == "" || strings.ContainsAny(s, "_pP") {
		return 0, false
	}
	switch {
	case strings.EqualFold(s, "nan"):
		return math.NaN(), true
	case strings.EqualFold(s, "inf"), strings.EqualFold(s, "infinity"), s == "∞":
		return math.Inf(1), true
	case strings.EqualFold(s, "-inf"), strings.EqualFold(s, "-infinity"), s == "-∞":
		return math.Inf(-1), true
	}
	if c := s[len(s)-1]; c > '9' {
		if i, ok := parseLong(s); ok {
			return float64(i), true
		}
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && math.IsInf(f, 0) {
		return f, true
	}
	return f, err == nil
}

func toDateTime(v event.Value) event.Value {
	switch v.Kind() {
	case event.Time:
		return v
	case event.Int: // ticks since 0001-01-01
		return timeValue(v.Int() - epochTicks)
	case event.String:
		if t, ok := ParseDateTime(v.Str()); ok {
			return timeValue(t)
		}
	}
	return event.NullValue
}

// ParseDateTime reads a point in time in any form that todatetime() takes and returns its ticks (see [event.TicksOf]).
// Without a zone it is UTC; where month and day can be told apart in no other way the month comes first.
// https://learn.microsoft.com/kusto/query/scalar-data-types/datetime
func ParseDateTime(s string) (int64, bool) {
	if t, ok := isoTicks(s); ok {
		return t, true
	}
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 64 {
		return 0, false
	}
	if t, ok := syntax.ParseDateTime(s); ok {
		return event.TimeOf(t).Ticks(), true
	}
	return 0, false
}

// isoTicks is the fast way for yyyy-MM-dd[( |T)HH:mm:ss[.fffffff][Z]], which is what logs hold.
func isoTicks(s string) (int64, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	two := func(i int) int {
		a, b := s[i]-'0', s[i+1]-'0'
		if a > 9 || b > 9 {
			return -1
		}
		return int(a)*10 + int(b)
	}
	hi, lo, month, day := two(0), two(2), two(5), two(8)
	if hi < 0 || lo < 0 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	year := hi*100 + lo
	if year < 1 || day > daysIn(year, month) {
		return 0, false
	}
	ticks := int64(daysFrom1970(year, month, day)) * ticksPerDay
	s = s[10:]
	if s == "" {
		return ticks, true
	}
	if len(s) < 9 || s[0] != 'T' && s[0] != ' ' || s[3] != ':' || s[6] != ':' {
		return 0, false
	}
	hour, minute, second := two(1), two(4), two(7)
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	ticks += int64(hour*3600+minute*60+second) * event.TicksPerSecond
	s = s[9:]
	if len(s) > 1 && s[0] == '.' {
		i, unit := 1, int64(event.TicksPerSecond/10)
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			ticks += int64(s[i]-'0') * unit
			unit /= 10
		}
		if i == 1 {
			return 0, false
		}
		s = s[i:]
	}
	return ticks, s == "" || s == "Z"
}

func toTimeSpan(v event.Value) event.Value {
	switch v.Kind() {
	case event.Duration:
		return v
	case event.Int: // ticks
		return event.DurationOf(v.Int())
	case event.String:
		if t, ok := syntax.ParseTimespan(v.Str()); ok {
			return event.DurationOf(t)
		}
	}
	return event.NullValue
}

func toGUID(v event.Value) event.Value {
	if v.Kind() != event.String {
		return event.NullValue
	}
	if g, ok := ParseGUID(v.Str()); ok {
		return event.StringOf(g)
	}
	return event.NullValue
}

// ParseGUID reads a guid, with or without hyphens and brackets, and returns it in lower case.
func ParseGUID(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if n := len(s); n > 2 && (s[0] == '{' && s[n-1] == '}' || s[0] == '(' && s[n-1] == ')') {
		s = s[1 : n-1]
	}
	out := make([]byte, 0, 36)
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '-' && (i == 8 || i == 13 || i == 18 || i == 23) && len(s) == 36:
			continue
		case c >= 'A' && c <= 'F':
			c += 'a' - 'A'
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return "", false
		}
		if n := len(out); n == 8 || n == 13 || n == 18 || n == 23 {
			out = append(out, '-')
		}
		if len(out) == 36 {
			return "", false
		}
		out = append(out, c)
	}
	return string(out), len(out) == 36
}
