package spl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(&Command{Name: "timewrap", See: "timewrap", Syntax: "timewrap <span> [align=now|end] [series=relative|exact|short] [time_format=<format>]",
		Doc:   "Puts the periods of a timechart beside each other: one row for each time within a period, one column for each period.",
		Note:  "align=now and align=end are the same: periods end with the last row.",
		lower: general((*lowerer).timewrap)})
}

// unitWords are the units of time as column names have them.
var unitWords = map[timefmt.Unit]string{timefmt.Second: "second", timefmt.Minute: "minute", timefmt.Hour: "hour", timefmt.Day: "day", timefmt.Week: "week",
	timefmt.Month: "month", timefmt.Quarter: "quarter", timefmt.Year: "year"}

// wrap says how timewrap cuts time into periods and names them.
type wrap struct {
	width  float64
	n      int64
	unit   string
	series string
	format string
}

func (l *lowerer) timewrap(c *syntax.General) {
	a := l.arguments(c)
	a.word("align", "end", "now", "end")
	w := wrap{series: a.word("series", "relative", "relative", "exact", "short"), format: a.text("time_format", "%Y-%m-%d")}
	span := a.next("a span such as 1d")
	a.end()
	s, err := timefmt.ParseSpan(span.Value)
	if err != nil {
		l.wrong(span, "%v", err)
		return
	}
	w.width, _ = s.Seconds()
	w.n, w.unit = s.N, unitWords[s.Unit]
	l.batchStep("timewrap", w.apply)
}

// name is what the column of a period is called, which lies so many periods before the last one and begins at a time.
func (w wrap) name(field string, before int, begin float64) string {
	switch {
	case w.series == "short":
		return field + "_s" + strconv.Itoa(before)
	case w.series == "exact":
		t, _ := timefmt.FromEpoch(begin, time.UTC)
		return field + "_" + timefmt.Strftime(t, w.format)
	case before == 0:
		return field + "_latest_" + w.unit
	}
	n := int64(before) * w.n
	if n == 1 {
		return fmt.Sprintf("%s_1%s_before", field, w.unit)
	}
	return fmt.Sprintf("%s_%d%ss_before", field, n, w.unit)
}

func (w wrap) apply(b *event.Batch) *event.Batch {
	var times []float64
	for r := range b.Len() {
		if t, ok := function.Number(b.Value("_time", r)); ok {
			times = append(times, t)
		}
	}
	if len(times) == 0 {
		return b
	}
	slices.Sort(times)
	step := w.width // between rows: the end of the last one
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d > 0 && d < step {
			step = d
		}
	}
	end := times[len(times)-1] + step
	rows := map[float64]int{} // offset into the period → row
	var offsets []float64
	period := func(t float64) (before int, offset float64) {
		before = int(math.Ceil((end-t)/w.width)) - 1
		return before, t - (end - float64(before+1)*w.width)
	}
	most := 0
	for _, t := range times {
		before, off := period(t)
		most = max(most, before)
		if _, ok := rows[off]; !ok {
			rows[off] = 0
			offsets = append(offsets, off)
		}
	}
	slices.Sort(offsets)
	out := event.NewBatch(len(offsets))
	at := make([]event.Value, len(offsets))
	for i, off := range offsets {
		rows[off] = i
		at[i] = epoch(end - w.width + off)
	}
	out.Set("_time", event.NewColumn(at))
	for i, name := range b.Names() {
		if strings.HasPrefix(name, "_") {
			continue
		}
		columns := make([][]event.Value, most+1)
		for r := range b.Len() {
			t, ok := function.Number(b.Value("_time", r))
			if !ok {
				continue
			}
			before, off := period(t)
			if columns[before] == nil {
				columns[before] = make([]event.Value, len(offsets))
				for j := range columns[before] {
					columns[before][j] = event.NullValue
				}
			}
			columns[before][rows[off]] = b.ColumnAt(i).Value(r)
		}
		for before := most; before >= 0; before-- {
			if columns[before] != nil {
				out.Set(w.name(name, before, end-float64(before+1)*w.width), event.NewColumn(columns[before]))
			}
		}
	}
	return out
}
