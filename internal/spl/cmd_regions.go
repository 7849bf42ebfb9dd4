package spl

import (
	"math"
	"slices"
	"sort"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(
		&Command{Name: "concurrency", See: "concurrency", Syntax: "concurrency duration=<field> [start=<field>] [output=<field>]",
			Doc:   "How many events were going on when each event began, itself included: those that began before it or with it and had not ended.",
			lower: general((*lowerer).concurrency)},
		&Command{Name: "localize", See: "localize", Syntax: "localize [maxpause=<span>] [timebefore=<span>] [timeafter=<span>]",
			Doc:   "The regions of time in which events lie close to each other, for a search around them with map: starttime and endtime.",
			lower: general((*lowerer).localize)},
		&Command{Name: "rtorder", See: "rtorder", Syntax: "rtorder [discard=<bool>] [buffer_span=<span>] [max_buffer_size=<n>]",
			Doc: "Puts events in ascending order of time.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				a.without("discard", "buffer_span", "max_buffer_size") // how long a search in real time waits for late events
				a.end()
				l.node = &plan.Sort{Input: l.node, Keys: []plan.SortKey{{Expr: expr.C("_time"), Collation: plan.AsNumber}}}
			})},
	)
}

func (l *lowerer) concurrency(c *syntax.General) {
	a := l.arguments(c)
	duration := a.get("duration")
	start, output := a.text("start", "_time"), a.text("output", "concurrency")
	a.end()
	if duration == nil {
		l.wrong(c, "concurrency needs duration=<field>")
		return
	}
	l.batchStep("concurrency", func(b *event.Batch) *event.Batch {
		var begins, ends []float64
		numbers := make([]float64, b.Len())
		for r := range numbers {
			s, ok := function.Number(b.Value(start, r))
			d, ok2 := function.Number(b.Value(duration.Value.Value, r))
			numbers[r] = math.NaN()
			if ok && ok2 && d >= 0 {
				numbers[r] = s
				begins, ends = append(begins, s), append(ends, s+d)
			}
		}
		slices.Sort(begins)
		slices.Sort(ends)
		vals := make([]event.Value, b.Len())
		for r, s := range numbers {
			vals[r] = event.NullValue
			if !math.IsNaN(s) {
				begun := sort.Search(len(begins), func(i int) bool { return begins[i] > s })
				ended := sort.Search(len(ends), func(i int) bool { return ends[i] >= s })
				vals[r] = event.IntOf(int64(begun - ended))
			}
		}
		out := b.Clone()
		out.Set(output, event.NewColumn(vals))
		return out
	})
}

func (l *lowerer) localize(c *syntax.General) {
	a := l.arguments(c)
	var lengths [3]float64
	for i, name := range []string{"maxpause", "timebefore", "timeafter"} {
		lengths[i] = []float64{60, 30, 30}[i]
		if o := a.get(name); o != nil {
			s, err := timefmt.ParseSpan(o.Value.Value)
			if err != nil {
				l.wrong(o, "%v", err)
				return
			}
			lengths[i], _ = s.Seconds()
		}
	}
	a.end()
	l.batchStep("localize", func(b *event.Batch) *event.Batch {
		var times []float64
		for r := range b.Len() {
			if t, ok := function.Number(b.Value("_time", r)); ok {
				times = append(times, t)
			}
		}
		slices.Sort(times)
		slices.Reverse(times) // the newest region first, as events come
		t := &flatTable{at: map[string]int{}}
		for i := 0; i < len(times); {
			last := i
			for last+1 < len(times) && times[last]-times[last+1] <= lengths[0] {
				last++
			}
			t.rows++
			t.set("starttime", epoch(times[last]-lengths[1]))
			t.set("endtime", epoch(times[i]+lengths[2]))
			i = last + 1
		}
		return t.batch()
	})
}
