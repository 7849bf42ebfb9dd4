package function

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// The tests of numbers, times and presence.
var (
	Number = &fn.Func{Name: "sigma_number", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindNumber, See: pageRules,
		Doc: "The value is a number, or its text."}
	Order = map[string]*fn.Func{
		"lt": order("lt", func(a, b float64) bool { return a < b }), "lte": order("lte", func(a, b float64) bool { return a <= b }),
		"gt": order("gt", func(a, b float64) bool { return a > b }), "gte": order("gte", func(a, b float64) bool { return a >= b }),
	}
	IsNull = &fn.Func{Name: "sigma_null", Min: 1, Max: 1, Null: fn.SeesNull, See: pageRules, Doc: "The event has no such field, or it has no value.",
		Row: func(in []event.Value) event.Value { return event.BoolOf(in[0].IsNull()) }}
	Exists = &fn.Func{Name: "sigma_exists", Min: 1, Max: 1, Null: fn.SeesNull, See: pageModifiers, Doc: "The event has the field, whatever its value.",
		Row: func(in []event.Value) event.Value { return event.BoolOf(!in[0].IsMissing()) }}
	TimePart = &fn.Func{Name: "sigma_time", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindTimePart, See: pageModifiers, Doc: "The minute, hour, day, week, month or year of a time."}
)

// ParseNumber reads a number as logs write them: decimal, or hexadecimal with 0x.
func ParseNumber(v event.Value) (float64, bool) {
	if f, ok := v.Number(); ok {
		return f, true
	}
	if v.Kind() != event.String {
		return 0, false
	}
	s := strings.TrimSpace(v.Str())
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return float64(u), err == nil
	}
	if s == "" || !(s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' || s[0] == '.') {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func bindNumber(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_number", args, 1)
	if err != nil {
		return nil, err
	}
	want := Text(v)
	num, isNum := ParseNumber(v)
	return anyValue(func(v event.Value) bool {
		if v.Kind() == event.String && strings.EqualFold(v.Str(), want) {
			return true
		}
		if !isNum || v.Kind() == event.String && strings.HasPrefix(strings.TrimSpace(v.Str()), "0x") {
			return false // 0x10 is the text that a rule would write
		}
		f, ok := ParseNumber(v)
		return ok && f == num
	}), nil
}

func order(name string, test func(a, b float64) bool) *fn.Func {
	return &fn.Func{Name: "sigma_" + name, Min: 2, Max: 2, Null: fn.SeesNull, See: pageModifiers, Doc: "Compares numbers; what is none satisfies nothing.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			v, err := constant("sigma_"+name, args, 1)
			if err != nil {
				return nil, err
			}
			b, ok := ParseNumber(v)
			if !ok {
				return nil, fmt.Errorf("%q is no number", Text(v))
			}
			return anyValue(func(v event.Value) bool {
				a, ok := ParseNumber(v)
				return ok && test(a, b)
			}), nil
		}}
}

// TimeParts are the parts of a time that rules ask for.
var TimeParts = []string{"minute", "hour", "day", "week", "month", "year"}

func bindTimePart(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_time", args, 1)
	if err != nil {
		return nil, err
	}
	part := Text(v)
	return func(in []event.Value) event.Value {
		t, ok := timeOf(in[0])
		if !ok {
			return event.NullValue
		}
		switch part {
		case "minute":
			return event.IntOf(int64(t.Minute()))
		case "hour":
			return event.IntOf(int64(t.Hour()))
		case "day":
			return event.IntOf(int64(t.Day()))
		case "week":
			_, w := t.ISOWeek()
			return event.IntOf(int64(w))
		case "month":
			return event.IntOf(int64(t.Month()))
		}
		return event.IntOf(int64(t.Year()))
	}, nil
}

// layouts are how logs write times. Zones are not converted: the specification wants the parts as they stand.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02", "2006/01/02 15:04:05",
	"01/02/2006 15:04:05", "02/Jan/2006:15:04:05 -0700", time.RFC1123, time.RFC1123Z, time.ANSIC, time.UnixDate}

func timeOf(v event.Value) (time.Time, bool) {
	if v.Kind() == event.Time {
		return v.Time(), true
	}
	if v.Kind() == event.String {
		s := strings.TrimSpace(v.Str())
		for _, l := range layouts {
			if t, err := time.Parse(l, s); err == nil {
				return t, true
			}
		}
	}
	f, ok := ParseNumber(v)
	switch {
	case !ok || !(f > 0):
		return time.Time{}, false
	case f > 1e14:
		return time.UnixMicro(int64(f)).UTC(), true
	case f > 1e11:
		return time.UnixMilli(int64(f)).UTC(), true
	}
	return time.Unix(int64(f), 0).UTC(), true
}
