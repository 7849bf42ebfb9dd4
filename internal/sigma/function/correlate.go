package function

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A Correlation says when events that belong together make an alert.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
type Correlation struct {
	// Measure is what a window of events is measured by: event_count, value_count, value_sum, value_avg, value_min, value_max,
	// value_percentile, value_median, temporal (how many of the rules have an event), temporal_ordered (how many in their order).
	Measure    string
	Percentile float64
	// Span is the length of a window in ticks; 0 means that there is no bound.
	Span int64
	// Limits must all hold for the measure.
	Limits []Limit
	// Rules is how many rules are related.
	Rules int
	// Each makes an alert at every event at which the windows hold, with the events since the one before: what another correlation needs
	// that relates this one in time, since it holds again and again, and not only when it ends.
	Each bool
	// Holds, when set, decides over a temporal window instead of the limits: present tells which rules have an event in the window,
	// near which have one within Span before or after.
	Holds func(present, near []bool) bool
	// Text tells the correlation in a plan.
	Text string
}

// A Limit is a bound: gt, gte, lt, lte, eq or neq.
type Limit struct {
	Op    string
	Value float64
}

func (l Limit) holds(x float64) bool {
	switch l.Op {
	case "gt":
		return x > l.Value
	case "gte":
		return x >= l.Value
	case "lt":
		return x < l.Value
	case "lte":
		return x <= l.Value
	case "neq":
		return x != l.Value
	}
	return x == l.Value
}

func (l Limit) lower() bool { return l.Op == "gt" || l.Op == "gte" || l.Op == "eq" }

// Agg returns the aggregate over one group whose arguments are time, number of the rule and value of each event, and whose result is
// the list of alerts: each a list of begin, end (both ticks) and measure.
//
// A measure with a lower bound is taken over windows that slide: at each event, of the events of the Span before it. What hangs together is
// one alert, whose measure is the greatest. Averages, and measures that have upper bounds only, are taken over windows that follow on each
// other from 1970, as Splunk's bin makes them.
func (c *Correlation) Agg() *fn.Agg {
	return &fn.Agg{Name: "sigma_" + c.Text, Min: 3, Max: 3, Ordered: true, See: pageRules, Doc: "The alerts of a correlation.",
		New: func(*fn.Env, []fn.Arg) (func() fn.State, error) {
			return func() fn.State { return &correlating{c: c} }, nil
		}}
}

type occurrence struct {
	time  int64
	rule  int
	value event.Value
}

type correlating struct {
	c    *Correlation
	rows []occurrence
	size int
}

func (s *correlating) Add(args []event.Value) {
	t := args[0]
	if t.Kind() != event.Time {
		return
	}
	s.rows = append(s.rows, occurrence{t.Ticks(), int(args[1].Int()), args[2]})
	s.size += 64 + len(args[2].Str())
}

func (s *correlating) Merge(o fn.State) {
	other := o.(*correlating)
	s.rows = append(s.rows, other.rows...)
	s.size += other.size
}

func (s *correlating) Size() int { return s.size }

func (s *correlating) Result() event.Value {
	rows := slices.Clone(s.rows)
	// Events of one moment are in the order of the rules: nobody can tell that they were in another.
	slices.SortStableFunc(rows, func(a, b occurrence) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.rule, b.rule)) })
	var out []event.Value
	for _, a := range s.c.alerts(rows) {
		out = append(out, event.ListOf([]event.Value{event.TicksOf(a.from), event.TicksOf(a.to), event.FloatOf(a.measure)}))
	}
	if out == nil {
		return event.NullValue
	}
	return event.ListOf(out)
}

type alert struct {
	from, to int64
	measure  float64
}

func (c *Correlation) alerts(rows []occurrence) []alert {
	if len(rows) == 0 {
		return nil
	}
	lower := slices.ContainsFunc(c.Limits, Limit.lower)
	switch {
	case c.Holds != nil:
		return c.extended(rows)
	case c.Span <= 0 || !lower || !slices.Contains([]string{"event_count", "value_count", "value_sum", "temporal", "temporal_ordered"}, c.Measure):
		return c.tumbling(rows)
	}
	return c.sliding(rows)
}

func (c *Correlation) holds(x float64, which func(Limit) bool) bool {
	if math.IsNaN(x) {
		return false
	}
	for _, l := range c.Limits {
		if which(l) && !l.holds(x) {
			return false
		}
	}
	return true
}

func every(Limit) bool { return true }

// reaches reports whether a window has the lower bounds; eq is one until the greatest measure is known.
func (c *Correlation) reaches(x float64) bool {
	for _, l := range c.Limits {
		if l.Op == "eq" {
			l.Op = "gte"
		}
		if l.lower() && !l.holds(x) {
			return false
		}
	}
	return true
}

func (c *Correlation) tumbling(rows []occurrence) []alert {
	var out []alert
	for i := 0; i < len(rows); {
		j := len(rows)
		if c.Span > 0 {
			bucket := floorDiv(rows[i].time, c.Span)
			for j = i + 1; j < len(rows) && floorDiv(rows[j].time, c.Span) == bucket; j++ {
			}
		}
		if m := c.measure(rows[i:j]); c.holds(m, every) {
			out = append(out, alert{rows[i].time, rows[j-1].time, m})
		}
		i = j
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (c *Correlation) sliding(rows []occurrence) []alert {
	var out []alert
	w := newWindow(c)
	from := 0
	for i, r := range rows {
		w.add(r)
		for r.time-rows[from].time > c.Span {
			w.drop(rows[from])
			from++
		}
		m := w.measure(rows[from : i+1])
		if !math.IsNaN(m) && c.reaches(m) {
			out = c.hit(out, alert{rows[from].time, r.time, m})
		}
	}
	return slices.DeleteFunc(out, func(a alert) bool { return !c.holds(a.measure, every) })
}

// hit adds an alert: to the one before when their events hang together, or beside it with the events since.
func (c *Correlation) hit(out []alert, a alert) []alert {
	n := len(out)
	if n == 0 || a.from > out[n-1].to {
		return append(out, a)
	}
	last := &out[n-1]
	if c.Each && a.to > last.to {
		return append(out, alert{last.to + 1, a.to, a.measure})
	}
	last.from, last.to, last.measure = min(last.from, a.from), a.to, max(last.measure, a.measure)
	return out
}

// A window keeps the measure of a sliding stretch of events without going through it anew, where that can be.
type window struct {
	c      *Correlation
	n      int
	counts map[string]int // of values or rules
	sum    float64
	starts []int64 // temporal_ordered: when the latest chain of rules 0..i that is complete began
}

const never = math.MinInt64

func newWindow(c *Correlation) *window {
	w := &window{c: c, counts: map[string]int{}, starts: make([]int64, c.Rules)}
	for i := range w.starts {
		w.starts[i] = never
	}
	return w
}

func (w *window) key(r occurrence) (string, bool) {
	switch w.c.Measure {
	case "value_count":
		return Text(r.value), !r.value.IsNull()
	case "temporal":
		return fmt.Sprint(r.rule), true
	}
	return "", false
}

func (w *window) add(r occurrence) {
	w.n++
	if k, ok := w.key(r); ok {
		w.counts[k]++
	}
	if f, ok := ParseNumber(r.value); ok {
		w.sum += f
	}
	if w.c.Measure == "temporal_ordered" && r.rule < len(w.starts) {
		if r.rule == 0 {
			w.starts[0] = r.time
		} else if w.starts[r.rule-1] != never {
			w.starts[r.rule] = max(w.starts[r.rule], w.starts[r.rule-1])
		}
	}
}

func (w *window) drop(r occurrence) {
	w.n--
	if k, ok := w.key(r); ok {
		if w.counts[k]--; w.counts[k] == 0 {
			delete(w.counts, k)
		}
	}
	if f, ok := ParseNumber(r.value); ok {
		w.sum -= f
	}
}

func (w *window) measure(rows []occurrence) float64 {
	switch w.c.Measure {
	case "event_count":
		return float64(w.n)
	case "value_count", "temporal":
		return float64(len(w.counts))
	case "value_sum":
		return w.sum
	}
	// temporal_ordered: the longest chain that began within the window.
	for i := len(w.starts) - 1; i >= 0; i-- {
		if w.starts[i] != never && w.starts[i] >= rows[0].time {
			return float64(i + 1)
		}
	}
	return 0
}

// measure computes the measure of events from scratch. It is no number when there is nothing to measure.
func (c *Correlation) measure(rows []occurrence) float64 {
	w := newWindow(c)
	var nums []float64
	for _, r := range rows {
		w.add(r)
		if f, ok := ParseNumber(r.value); ok {
			nums = append(nums, f)
		}
	}
	switch c.Measure {
	case "event_count", "value_count", "temporal", "temporal_ordered":
		return w.measure(rows)
	}
	if len(nums) == 0 {
		return math.NaN()
	}
	slices.Sort(nums)
	switch c.Measure {
	case "value_sum":
		return w.sum
	case "value_avg":
		return w.sum / float64(len(nums))
	case "value_min":
		return nums[0]
	case "value_max":
		return nums[len(nums)-1]
	case "value_median":
		return percentile(nums, 50)
	}
	return percentile(nums, c.Percentile)
}

// percentile interpolates between the two nearest of sorted numbers.
func percentile(nums []float64, p float64) float64 {
	at := min(max(p, 0), 100) / 100 * float64(len(nums)-1)
	lo := int(math.Floor(at))
	hi := min(lo+1, len(nums)-1)
	return nums[lo] + (nums[hi]-nums[lo])*(at-float64(lo))
}

// extended finds windows over whose rules an expression holds.
func (c *Correlation) extended(rows []occurrence) []alert {
	span := c.Span
	if span <= 0 {
		span = math.MaxInt64 / 4
	}
	present, around := make([]int, c.Rules), make([]int, c.Rules)
	flags := func(counts []int) []bool {
		out := make([]bool, len(counts))
		for i, n := range counts {
			out[i] = n > 0
		}
		return out
	}
	var out []alert
	from, first, next := 0, 0, 0
	for i, r := range rows {
		present[r.rule]++
		for ; r.time-rows[from].time > span; from++ {
			present[rows[from].rule]--
		}
		for ; next < len(rows) && rows[next].time-r.time <= span; next++ {
			around[rows[next].rule]++
		}
		for ; r.time-rows[first].time > span; first++ {
			around[rows[first].rule]--
		}
		if !c.Holds(flags(present), flags(around)) {
			continue
		}
		out = c.hit(out, alert{rows[from].time, r.time, float64(i - from + 1)})
	}
	return out
}

// Within gives those of the alerts that a time lies in.
var Within = &fn.Func{Name: "sigma_within", Min: 2, Max: 2, Null: fn.NullInNullOut, See: pageRules, Doc: "The alerts of a list that a time lies in.", Row: func(in []event.Value) event.Value {
	var out []event.Value
	for _, a := range in[0].List() {
		if l := a.List(); len(l) == 3 && l[0].Ticks() <= in[1].Ticks() && in[1].Ticks() <= l[1].Ticks() {
			out = append(out, a)
		}
	}
	if out == nil {
		return event.NullValue
	}
	return event.ListOf(out)
}}

// Part gives one member of an alert.
var Part = &fn.Func{Name: "sigma_part", Min: 2, Max: 2, Null: fn.NullInNullOut, See: pageRules, Doc: "A member of an alert: begin, end or measure.", Row: func(in []event.Value) event.Value {
	l := in[0].List()
	if i := int(in[1].Int()); i >= 0 && i < len(l) {
		if f := l[i].Float(); l[i].Kind() == event.Float && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return event.IntOf(int64(f))
		}
		return l[i]
	}
	return event.NullValue
}}

// Joined makes one text of several fields, null when one has no value.
var Joined = &fn.Func{Name: "sigma_joined", Min: 1, Max: -1, Null: fn.NullInNullOut, See: pageRules, Doc: "The values of several fields as one.", Row: func(in []event.Value) event.Value {
	parts := make([]string, len(in))
	for i, v := range in {
		parts[i] = Text(v)
	}
	return event.StringOf(strings.Join(parts, "\x1f"))
}}

// Distinct collects the different values of a column, in the order of their first rows.
var Distinct = &fn.Agg{Name: "sigma_distinct", Min: 1, Max: 1, Ordered: true, SkipsNull: true, See: pageRules, Doc: "The different values.", New: func(*fn.Env, []fn.Arg) (func() fn.State, error) {
	return func() fn.State { return &distinct{} }, nil
}}

type distinct struct {
	vals []event.Value
	seen map[string]bool
	size int
}

func (s *distinct) Add(args []event.Value) {
	k := Text(args[0])
	if args[0].IsNull() || s.seen[k] || len(s.vals) >= 1000 {
		return
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[k] = true
	s.vals = append(s.vals, args[0])
	s.size += 48 + len(k)
}

func (s *distinct) Merge(o fn.State) {
	for _, v := range o.(*distinct).vals {
		s.Add([]event.Value{v})
	}
}

func (s *distinct) Result() event.Value {
	if len(s.vals) == 0 {
		return event.NullValue
	}
	return event.ListOf(slices.Clone(s.vals))
}

func (s *distinct) Size() int { return s.size }
