package function

import (
	"fmt"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no zone files

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Dates and times. https://learn.microsoft.com/kusto/query/scalar-functions#datetimetimespan-functions

func init() {
	register(
		&Entry{Func: fn.Func{Name: "now", Doc: "Gives the present moment, moved by an offset.", See: "now-function", Bind: bindNow}, Sig: []string{"offset:timespan? -> datetime"}},
		&Entry{Func: fn.Func{Name: "ago", Doc: "Gives the moment that lies the given timespan before the present one.", See: "ago-function", Bind: bindAgo}, Sig: []string{"timespan:timespan -> datetime"}},
		&Entry{Func: fn.Func{Name: "bin", Doc: "Rounds a value down to a multiple of the bin size; datetimes count from year 1.", See: "bin-function", Bind: bindBin}, Naming: NameFirst, Sig: binSig, typed: binKernel},
		&Entry{Func: fn.Func{Name: "floor", Doc: "Rounds a value down to a multiple of the bin size; the same as bin.", See: "floor-function", Bind: bindBin}, Naming: NameFirst, Sig: binSig, typed: binKernel},
		strict("bin_at", "bin-at-function", "Rounds a value down to a bin, with the bins aligned to a fixed point.", "value:number, bin_size:number, fixed_point:number -> widest", binAt).named(NameFirst),
		strict("hourofday", "hour-of-day-function", "Gives the hour of the day, 0 to 23.", "date:datetime -> int", part("hour")),
		strict("dayofmonth", "day-of-month-function", "Gives the day of the month, from 1.", "date:datetime -> int", part("day")),
		strict("dayofyear", "day-of-year-function", "Gives the day of the year, from 1.", "date:datetime -> int", part("dayofyear")),
		strict("monthofyear", "monthofyear-function", "Gives the month of the year, 1 to 12.", "date:datetime -> int", part("month")),
		strict("getmonth", "getmonth-function", "Gives the month of the year, 1 to 12.", "date:datetime -> int", part("month")),
		strict("getyear", "getyear-function", "Gives the year.", "date:datetime -> int", part("year")),
		strict("week_of_year", "week-of-year-function", "Gives the week of the year by ISO 8601, 1 to 53.", "date:datetime -> int", part("week_of_year")),
		strict("dayofweek", "day-of-week-function", "Gives the time since the Sunday before, in whole days.", "date:datetime -> timespan",
			func(args []event.Value) event.Value {
				return event.DurationOf(int64(momentOf(args[0].Ticks()).weekday()) * ticksPerDay)
			}),
		&Entry{Func: fn.Func{Name: "datetime_part", Doc: "Gives one part of a datetime as a number.", See: "datetime-part-function", Row: func(args []event.Value) event.Value {
			return partOf(strings.ToLower(Text(args[0])), args[1].Ticks())
		}}, Sig: []string{"part:string(year quarter month week_of_year weekofyear day dayofyear hour minute second millisecond microsecond nanosecond)!!, date:datetime -> int"}},
		&Entry{Func: fn.Func{Name: "datetime_add", Doc: "Adds a number of calendar units to a datetime.", See: "datetime-add-function", Row: datetimeAdd},
			Sig: []string{"part:string(" + unitNames + ")!!, value:integer, datetime:datetime -> datetime"}},
		&Entry{Func: fn.Func{Name: "datetime_diff", Doc: "Counts the borders of calendar units that lie between two datetimes.", See: "datetime-diff-function", Row: datetimeDiff},
			Sig: []string{"part:string(" + unitNames + ")!!, datetime1:datetime, datetime2:datetime -> long"}},
		&Entry{Func: fn.Func{Name: "make_datetime", Doc: "Makes a datetime of year, month, day and perhaps hour, minute and second; null when there is no such moment.", See: "make-datetime-function", Row: makeDateTime},
			Naming: NameOnly, Sig: []string{"year:number, month:number, day:number, hour:number?, minute:number?, second:number? -> datetime", "value:scalar -> datetime"}},
		&Entry{Func: fn.Func{Name: "make_timespan", Doc: "Makes a timespan of days, hours, minutes and seconds, or of hours, minutes and perhaps seconds.", See: "make-timespan-function", Row: makeTimeSpan},
			Naming: NameOnly, Sig: []string{"days:number, hours:number, minutes:number, seconds:number -> timespan", "hours:number, minutes:number, seconds:number? -> timespan", "value:scalar -> timespan"}},
		&Entry{Func: fn.Func{Name: "format_datetime", Doc: "Writes a datetime by a pattern of y, M, d, H or h, m, s, f or F, and tt.", See: "format-datetime-function", Bind: bindFormatDateTime},
			Naming: NameFirst, Sig: []string{"date:datetime, format:string!! -> string"}},
		&Entry{Func: fn.Func{Name: "format_timespan", Doc: "Writes a timespan by a pattern of d, h or H, m, s, f or F.", See: "format-timespan-function", Bind: bindFormatTimeSpan},
			Naming: NameFirst, Sig: []string{"timespan:timespan, format:string!! -> string"}},
		&Entry{Func: fn.Func{Name: "datetime_utc_to_local", Doc: "Gives the local time of a UTC time in a time zone; null when the zone is not known.", See: "datetime-utc-to-local-function", Bind: bindZone(true)},
			Sig: []string{"from:datetime, timezone:string -> datetime"}},
		&Entry{Func: fn.Func{Name: "datetime_local_to_utc", Doc: "Gives the UTC time of a local time in a time zone; null when the zone is not known.", See: "datetime-local-to-utc-function", Bind: bindZone(false)},
			Sig: []string{"from:datetime, timezone:string -> datetime"}},
	)
	scalars["bin_at"].Sig = append(scalars["bin_at"].Sig, "value:timespan, bin_size:number, fixed_point:timespan -> timespan",
		"value:timespan, bin_size:timespan, fixed_point:timespan -> timespan", "value:datetime, bin_size:summable, fixed_point:datetime -> datetime")
	alias("week_of_year", "weekofyear")
	alias("datetime_part", "datepart")
	for i, unit := range []string{"day", "week", "month", "year"} {
		naming := NameNone
		if i == 0 {
			naming = NameFirst
		}
		register(
			strict("startof"+unit, "startof"+unit+"-function", "Gives the first moment of the "+unit+" of a datetime, moved by a number of "+unit+"s.", "date:datetime, offset:long? -> datetime", border(unit, false)).named(naming),
			strict("endof"+unit, "endof"+unit+"-function", "Gives the last tick of the "+unit+" of a datetime, moved by a number of "+unit+"s.", "date:datetime, offset:long? -> datetime", border(unit, true)),
		)
	}
	for _, u := range []struct {
		name  string
		ticks float64
	}{{"seconds", event.TicksPerSecond}, {"milliseconds", ticksPerMilli}, {"microseconds", ticksPerMicro}, {"nanoseconds", 0.01}} {
		register(strict("unixtime_"+u.name+"_todatetime", "unixtime-"+u.name+"-todatetime-function", "Gives the moment that lies a number of "+u.name+" after 1970.", "number:number -> datetime",
			func(args []event.Value) event.Value {
				if v := args[0]; v.Kind() == event.Int {
					if u.ticks < 1 {
						return timeValue(floorDiv(v.Int(), 100))
					}
					if n := int64(u.ticks); v.Int() < math.MaxInt64/n && v.Int() > math.MinInt64/n {
						return timeValue(v.Int() * n)
					}
					return event.NullValue
				}
				f := real1(args[0]) * u.ticks
				if !(math.Abs(f) < 1<<62) {
					return event.NullValue
				}
				return timeValue(int64(math.Round(f)))
			}))
	}
	examples(scalars, "bin", `bin(7, 5)`, `5`, `bin(-1, 3)`, `-3`, `bin(datetime(2022-03-02 23:04), 1h)`, `"2022-03-02T23:00:00.0000000Z"`, `bin(26h, 1d)`, `"1.00:00:00"`)
	examples(scalars, "bin_at", `bin_at(6.5, 2.5, 7)`, `4.5`, `bin_at(time(1h), 1d, 12h)`, `"-12:00:00"`)
	examples(scalars, "datetime_diff", `datetime_diff('day', datetime(2017-10-30 00:01), datetime(2017-10-29 23:59))`, `1`, `datetime_diff('month', datetime(2017-01-01), datetime(2015-12-30))`, `13`)
	examples(scalars, "datetime_add", `datetime_add('month', 1, datetime(2017-01-31))`, `"2017-02-28T00:00:00.0000000Z"`)
	examples(scalars, "datetime_part", `datetime_part("week_of_year", datetime(2017-10-30))`, `44`)
	examples(scalars, "dayofweek", `dayofweek(datetime(1970-05-12))`, `"2.00:00:00"`)
	examples(scalars, "startofweek", `startofweek(datetime(2017-01-04))`, `"2017-01-01T00:00:00.0000000Z"`)
	examples(scalars, "endofmonth", `endofmonth(datetime(2020-02-10))`, `"2020-02-29T23:59:59.9999999Z"`)
	examples(scalars, "make_datetime", `make_datetime(2017, 10, 1, 12, 11, 0.1234567)`, `"2017-10-01T12:11:00.1234567Z"`, `make_datetime(2020, 13, 1)`, `null`)
	examples(scalars, "make_timespan", `make_timespan(1, 12, 30, 55)`, `"1.12:30:55"`, `make_timespan(1, 15)`, `"01:15:00"`, `make_timespan(24, 0)`, `null`)
	examples(scalars, "format_datetime", `format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')`, `"17-01-29 [09:00:05]"`)
	examples(scalars, "format_timespan", `format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')`, `"29.09:00:05:12"`)
	examples(scalars, "unixtime_seconds_todatetime", `unixtime_seconds_todatetime(1546300800)`, `"2019-01-01T00:00:00.0000000Z"`)
	examples(scalars, "datetime_local_to_utc", `datetime_local_to_utc(datetime(2020-02-02 20:02:20), 'US/Pacific')`, `"2020-02-03T04:02:20.0000000Z"`)
}

const unitNames = "year quarter month week day hour minute second millisecond microsecond nanosecond"

// The present is asked for when the first row comes: it may not be known before.
func bindNow(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	present := presentOf(env)
	return func(args []event.Value) event.Value {
		if len(args) > 0 {
			return timeValue(present() + args[0].Ticks())
		}
		return event.TicksOf(present())
	}, nil
}

func bindAgo(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	present := presentOf(env)
	return func(args []event.Value) event.Value { return timeValue(present() - args[0].Ticks()) }, nil
}

func presentOf(env *fn.Env) func() int64 {
	var now int64
	known := false
	return func() int64 {
		if !known {
			now, known = env.Now(), true
		}
		return now
	}
}

var binSig = []string{"value:number, roundTo:number -> widest", "value:timespan, roundTo:timespan -> timespan", "value:datetime, roundTo:datetime -> datetime",
	"value:datetime, roundTo:timespan -> datetime"}

func binKernel(_ []types.Type, _ types.Type) *fn.Func { return binFunc }

var binFunc = &fn.Func{Name: "bin", Min: 2, Max: 2, Row: func(args []event.Value) event.Value { return bin(args[0], args[1]) }}

func bindBin(*fn.Env, []fn.Arg) (fn.Row, error) { return binFunc.Row, nil }

func bin(v, size event.Value) event.Value {
	switch v.Kind() {
	case event.Time:
		if n := size.Ticks(); n > 0 && size.Kind() == event.Duration {
			return timeValue(floorDiv(v.Ticks()+epochTicks, n)*n - epochTicks)
		}
		return event.NullValue
	case event.Duration:
		if n := size.Ticks(); n > 0 && size.Kind() == event.Duration {
			return event.DurationOf(floorDiv(v.Ticks(), n) * n)
		}
		return event.NullValue
	}
	if v.Kind() == event.Int && size.Kind() == event.Int {
		if size.Int() <= 0 {
			return event.NullValue
		}
		return event.IntOf(floorDiv(v.Int(), size.Int()) * size.Int())
	}
	x, y := real1(v), real1(size)
	if !(y > 0) {
		return event.NullValue
	}
	return event.FloatOf(math.Floor(x/y) * y)
}

// binAt rounds v down to fixed point plus a multiple of the bin size.
func binAt(args []event.Value) event.Value {
	v, size, fixed := args[0], args[1], args[2]
	switch v.Kind() {
	case event.Time, event.Duration:
		n := size.Ticks()
		if size.Kind() != event.Duration {
			n = int64(real1(size))
		}
		if n <= 0 {
			return event.NullValue
		}
		at := floorDiv(v.Ticks()-fixed.Ticks(), n)*n + fixed.Ticks()
		if v.Kind() == event.Time {
			return timeValue(at)
		}
		return event.DurationOf(at)
	}
	if v.Kind() == event.Int && size.Kind() == event.Int && fixed.Kind() == event.Int {
		if size.Int() <= 0 {
			return event.NullValue
		}
		return event.IntOf(floorDiv(v.Int()-fixed.Int(), size.Int())*size.Int() + fixed.Int())
	}
	x, y, z := real1(v), real1(size), real1(fixed)
	if !(y > 0) {
		return event.NullValue
	}
	return event.FloatOf(math.Floor((x-z)/y)*y + z)
}

func part(name string) fn.Row {
	return func(args []event.Value) event.Value { return partOf(name, args[0].Ticks()) }
}

func partOf(name string, ticks int64) event.Value {
	m := momentOf(ticks)
	var n int64
	switch name {
	case "year":
		n = int64(m.year)
	case "quarter":
		n = int64((m.month + 2) / 3)
	case "month":
		n = int64(m.month)
	case "week_of_year", "weekofyear":
		_, week := goTime(ticks).ISOWeek()
		n = int64(week)
	case "day":
		n = int64(m.day)
	case "dayofyear":
		n = int64(m.days - daysFrom1970(m.year, 1, 1) + 1)
	case "hour":
		n = m.rest / ticksPerHour
	case "minute":
		n = m.rest / ticksPerMinute % 60
	case "second":
		n = m.rest / event.TicksPerSecond % 60
	case "millisecond":
		n = m.rest % event.TicksPerSecond / ticksPerMilli
	case "microsecond":
		n = m.rest % event.TicksPerSecond / ticksPerMicro
	case "nanosecond":
		n = m.rest % event.TicksPerSecond * 100
	default:
		return event.NullValue
	}
	return event.IntOf(n)
}

func datetimeAdd(args []event.Value) event.Value {
	n, t := args[1].Int(), args[2].Ticks()
	if n > 1<<53 || n < -1<<53 {
		return event.NullValue
	}
	var unit int64
	switch strings.ToLower(args[0].Str()) {
	case "year":
		return addMonths(t, n*12)
	case "quarter":
		return addMonths(t, n*3)
	case "month":
		return addMonths(t, n)
	case "week":
		unit = 7 * ticksPerDay
	case "day":
		unit = ticksPerDay
	case "hour":
		unit = ticksPerHour
	case "minute":
		unit = ticksPerMinute
	case "second":
		unit = event.TicksPerSecond
	case "millisecond":
		unit = ticksPerMilli
	case "microsecond":
		unit = ticksPerMicro
	case "nanosecond":
		return timeValue(t + n/100)
	default:
		return event.NullValue
	}
	if n > maxTicks/unit || n < -maxTicks/unit {
		return event.NullValue
	}
	return timeValue(t + n*unit)
}

func datetimeDiff(args []event.Value) event.Value {
	a, b := args[1].Ticks(), args[2].Ticks()
	var unit int64
	switch strings.ToLower(args[0].Str()) {
	case "year":
		return event.IntOf(int64(momentOf(a).year - momentOf(b).year))
	case "quarter":
		return event.IntOf(months(a, 3) - months(b, 3))
	case "month":
		return event.IntOf(months(a, 1) - months(b, 1))
	case "week": // weeks begin on Sunday, as the epoch's own week did on day -4
		return event.IntOf(floorDiv(a+4*ticksPerDay, 7*ticksPerDay) - floorDiv(b+4*ticksPerDay, 7*ticksPerDay))
	case "day":
		unit = ticksPerDay
	case "hour":
		unit = ticksPerHour
	case "minute":
		unit = ticksPerMinute
	case "second":
		unit = event.TicksPerSecond
	case "millisecond":
		unit = ticksPerMilli
	case "microsecond":
		unit = ticksPerMicro
	case "nanosecond":
		return event.IntOf((a - b) * 100)
	default:
		return event.NullValue
	}
	return event.IntOf(floorDiv(a, unit) - floorDiv(b, unit))
}

func months(ticks int64, per int) int64 {
	m := momentOf(ticks)
	return int64((m.year*12 + m.month - 1) / per)
}

// border gives the first moment of a unit, or the last tick.
func border(unit string, end bool) fn.Row {
	return func(args []event.Value) event.Value {
		var offset int64
		if len(args) > 1 {
			if offset = args[1].Int(); offset > 1e7 || offset < -1e7 {
				return event.NullValue
			}
		}
		m := momentOf(args[0].Ticks())
		start := dayTicks(m.year, m.month, m.day)
		next := func(n int64) event.Value { return event.NullValue }
		switch unit {
		case "day":
			next = func(n int64) event.Value { return timeValue(start + n*ticksPerDay) }
		case "week":
			start -= int64(m.weekday()) * ticksPerDay
			next = func(n int64) event.Value { return timeValue(start + n*7*ticksPerDay) }
		case "month":
			start = dayTicks(m.year, m.month, 1)
			next = func(n int64) event.Value { return addMonths(start, n) }
		case "year":
			start = dayTicks(m.year, 1, 1)
			next = func(n int64) event.Value { return addMonths(start, 12*n) }
		}
		if !end {
			return next(offset)
		}
		v := next(offset + 1)
		if v.IsNull() {
			return v
		}
		return event.TicksOf(v.Ticks() - 1)
	}
}

func makeDateTime(args []event.Value) event.Value {
	if len(args) == 1 {
		return toDateTime(args[0])
	}
	var p [6]float64
	for i, a := range args {
		p[i] = real1(a)
	}
	for i, f := range p {
		if math.IsNaN(f) || f < 0 || i < 5 && f != math.Trunc(f) || f > 9999 {
			return event.NullValue
		}
	}
	y, mo, d := int(p[0]), int(p[1]), int(p[2])
	if y < 1 || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || p[3] > 23 || p[4] > 59 || p[5] >= 60 {
		return event.NullValue
	}
	return timeValue(dayTicks(y, mo, d) + int64(p[3])*ticksPerHour + int64(p[4])*ticksPerMinute + int64(math.Round(p[5]*event.TicksPerSecond)))
}

func makeTimeSpan(args []event.Value) event.Value {
	if len(args) == 1 {
		return toTimeSpan(args[0])
	}
	units := []struct{ ticks, below float64 }{{ticksPerDay, 1e7}, {ticksPerHour, 24}, {ticksPerMinute, 60}, {event.TicksPerSecond, 60}}
	if len(args) < 4 {
		units = units[1:]
	}
	var t float64
	for i, a := range args {
		n := real1(a)
		if !(n >= 0 && n < units[i].below) {
			return event.NullValue
		}
		t += n * units[i].ticks
	}
	return durationOf(t)
}

// A timePiece writes one piece of a format for a time of so many days and ticks.
type timePiece struct {
	letter byte
	n      int
	text   string
}

// timePieces cuts a format into runs of one letter and separators; letters not among the given ones are errors.
func timePieces(format, letters string) ([]timePiece, error) {
	var out []timePiece
	for i := 0; i < len(format); {
		c := format[i]
		j := i + 1
		switch {
		case strings.IndexByte(letters, c) >= 0:
			for j < len(format) && format[j] == c {
				j++
			}
			out = append(out, timePiece{letter: c, n: j - i})
		case strings.IndexByte(" /-:,._[]", c) >= 0:
			out = append(out, timePiece{text: format[i:j]})
		default:
			return nil, fmt.Errorf("%q cannot stand in the format", format[i:j])
		}
		i = j
	}
	return out, nil
}

func padded(dst []byte, n int64, width int) []byte { return fmt.Appendf(dst, "%0*d", width, n) }

// fraction writes the first n of the seven digits of a fraction of a second; F leaves zeros at the end out.
func fraction(dst []byte, ticks int64, p timePiece) []byte {
	s := fmt.Sprintf("%07d", ticks%event.TicksPerSecond)
	if p.n < len(s) {
		s = s[:p.n]
	}
	if p.letter == 'F' {
		s = strings.TrimRight(s, "0")
	}
	return append(dst, s...)
}

func bindFormatDateTime(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	const letters = "yMdHhmsfFt"
	if _, err := timePieces(Text(args[1].Value), letters); args[1].Const && err != nil {
		return nil, err
	}
	return formatter(args[1], letters, func(dst []byte, ticks int64, pieces []timePiece) []byte {
		m := momentOf(ticks)
		hour := m.rest / ticksPerHour
		for _, p := range pieces {
			switch p.letter {
			case 'y':
				switch {
				case p.n == 1:
					dst = padded(dst, int64(m.year%100), 1)
				case p.n == 2:
					dst = padded(dst, int64(m.year%100), 2)
				default:
					dst = padded(dst, int64(m.year), p.n)
				}
			case 'M':
				dst = padded(dst, int64(m.month), min(p.n, 2))
			case 'd':
				dst = padded(dst, int64(m.day), min(p.n, 2))
			case 'H':
				dst = padded(dst, hour, min(p.n, 2))
			case 'h':
				dst = padded(dst, (hour+11)%12+1, min(p.n, 2))
			case 'm':
				dst = padded(dst, m.rest/ticksPerMinute%60, min(p.n, 2))
			case 's':
				dst = padded(dst, m.rest/event.TicksPerSecond%60, min(p.n, 2))
			case 'f', 'F':
				dst = fraction(dst, m.rest, p)
			case 't':
				half := "AM"
				if hour >= 12 {
					half = "PM"
				}
				dst = append(dst, half[:min(p.n, 2)]...)
			default:
				dst = append(dst, p.text...)
			}
		}
		return dst
	}), nil
}

func bindFormatTimeSpan(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	const letters = "dHhmsfF"
	if _, err := timePieces(Text(args[1].Value), letters); args[1].Const && err != nil {
		return nil, err
	}
	return formatter(args[1], letters, func(dst []byte, ticks int64, pieces []timePiece) []byte {
		if ticks < 0 {
			dst = append(dst, '-')
			ticks = -ticks
		}
		rest := ticks % ticksPerDay
		for _, p := range pieces {
			switch p.letter {
			case 'd':
				dst = padded(dst, ticks/ticksPerDay, min(p.n, 8))
			case 'H', 'h':
				dst = padded(dst, rest/ticksPerHour, min(p.n, 2))
			case 'm':
				dst = padded(dst, rest/ticksPerMinute%60, min(p.n, 2))
			case 's':
				dst = padded(dst, rest/event.TicksPerSecond%60, min(p.n, 2))
			case 'f', 'F':
				dst = fraction(dst, rest, p)
			default:
				dst = append(dst, p.text...)
			}
		}
		return dst
	}), nil
}

func formatter(format fn.Arg, letters string, write func(dst []byte, ticks int64, pieces []timePiece) []byte) fn.Row {
	var fixed []timePiece
	if format.Const {
		fixed, _ = timePieces(Text(format.Value), letters)
	}
	var buf []byte
	return func(args []event.Value) event.Value {
		pieces := fixed
		if !format.Const {
			var err error
			if pieces, err = timePieces(args[1].Str(), letters); err != nil {
				return event.NullValue
			}
		}
		buf = write(buf[:0], args[0].Ticks(), pieces)
		return event.StringOf(string(buf))
	}
}

func bindZone(toLocal bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(*fn.Env, []fn.Arg) (fn.Row, error) {
		var name string
		var zone *time.Location
		return func(args []event.Value) event.Value {
			if n := args[1].Str(); zone == nil || n != name {
				z, err := time.LoadLocation(n)
				if err != nil || n == "" || n == "Local" {
					return event.NullValue
				}
				zone, name = z, n
			}
			t := goTime(args[0].Ticks())
			if toLocal {
				_, offset := t.In(zone).Zone()
				return timeValue(args[0].Ticks() + int64(offset)*event.TicksPerSecond)
			}
			local := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
			return timeValue(event.TimeOf(local).Ticks())
		}, nil
	}
}
