package finding

import (
	"math"
	"strconv"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

// timeColumns are the columns that hold the time of what a row tells, by the names that rules give them.
var timeColumns = map[string]bool{
	"_time": true, "firstTime": true, "lastTime": true, "first_time": true, "last_time": true, "earliest": true, "latest": true,
	"Timestamp": true, "TimeGenerated": true, "StartTime": true, "EndTime": true, "StartTimeUtc": true, "EndTimeUtc": true,
}

// timeRange returns the earliest and the latest time in the row: every datetime value, and epochs or ISO texts in columns
// that hold times by name.
func (f *Finding) timeRange() (first, last time.Time) {
	add := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if last.IsZero() || t.After(last) {
			last = t
		}
	}
	for i, c := range f.Columns {
		vals := []event.Value{f.Values[i]}
		if l := f.Values[i].List(); l != nil {
			vals = l
		}
		for _, v := range vals {
			if v.Kind() == event.Time {
				add(v.Time())
			} else if timeColumns[c] {
				if t, ok := timeOf(v); ok {
					add(t)
				}
			}
		}
	}
	return first, last
}

func timeOf(v event.Value) (time.Time, bool) {
	if v.Kind() == event.String {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "01/02/2006 15:04:05.999999999"} {
			if t, err := time.Parse(layout, v.Str()); err == nil {
				return t.UTC(), true
			}
		}
		n, err := strconv.ParseFloat(v.Str(), 64)
		if err != nil {
			return time.Time{}, false
		}
		v = event.FloatOf(n)
	}
	n, ok := v.Number()
	if !ok || !(n > 0 && n < 1e11) {
		return time.Time{}, false
	}
	sec, frac := math.Modf(n)
	return time.Unix(int64(sec), int64(math.Round(frac*1e7))*100).UTC(), true
}
