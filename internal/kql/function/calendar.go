package function

import (
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

const (
	ticksPerDay    = 86400 * event.TicksPerSecond
	ticksPerHour   = 3600 * event.TicksPerSecond
	ticksPerMinute = 60 * event.TicksPerSecond
	ticksPerMilli  = event.TicksPerSecond / 1000
	ticksPerMicro  = event.TicksPerSecond / 1_000_000
)

// daysFrom1970 counts the days from 1970-01-01 to a date of the Gregorian calendar.
func daysFrom1970(year, month, day int) int {
	if month <= 2 { // the year begins in March, so that the leap day is its last
		year--
		month += 12
	}
	era := floorDiv(int64(year), 400)
	y := year - int(era)*400
	return int(era)*146097 + y*365 + y/4 - y/100 + (153*(month-3)+2)/5 + day - 1 - 719468
}

// dateOf is the inverse of daysFrom1970.
func dateOf(days int) (year, month, day int) {
	days += 719468
	era := int(floorDiv(int64(days), 146097))
	d := days - era*146097
	y := (d - d/1460 + d/36524 - d/146096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	day = d - (153*m+2)/5 + 1
	month, year = m+3, y+era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// A moment is a datetime taken apart.
type moment struct {
	year, month, day int
	days             int   // since 1970-01-01
	rest             int64 // ticks since midnight
}

func momentOf(ticks int64) moment {
	days := floorDiv(ticks, ticksPerDay)
	m := moment{days: int(days), rest: ticks - days*ticksPerDay}
	m.year, m.month, m.day = dateOf(m.days)
	return m
}

// dayTicks is the midnight that begins a date.
func dayTicks(year, month, day int) int64 { return int64(daysFrom1970(year, month, day)) * ticksPerDay }

// weekday counts from Sunday, 0.
func (m moment) weekday() int { return int(((int64(m.days)+4)%7 + 7) % 7) }

// addMonths moves a moment by whole months; a day that the month lacks becomes its last one.
func addMonths(ticks, n int64) event.Value {
	m := momentOf(ticks)
	at := int64(m.year)*12 + int64(m.month-1) + n
	year, month := floorDiv(at, 12), int(((at%12)+12)%12)+1
	if year < 1 || year > 9999 {
		return event.NullValue
	}
	return timeValue(dayTicks(int(year), month, min(m.day, daysIn(int(year), month))) + m.rest)
}

func goTime(ticks int64) time.Time { return event.TicksOf(ticks).Time() }
