package function

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

var timeAggs = []*fn.Agg{
	{Name: "earliest", Min: 2, Max: 2, Ordered: true, New: states(func() *timedState { return &timedState{sign: -1} }), See: pageTimeAgg, Doc: "The value of the event with the least time.", Examples: aggEx(`earliest(x)`, `2`)},
	{Name: "earliest_time", Min: 2, Max: 2, Ordered: true, New: states(func() *timedState { return &timedState{sign: -1, time: true} }), See: pageTimeAgg, Doc: "The least time of an event that has a value.", Examples: aggEx(`earliest_time(x)`, `100`)},
	{Name: "latest", Min: 2, Max: 2, Ordered: true, New: states(func() *timedState { return &timedState{sign: 1} }), See: pageTimeAgg, Doc: "The value of the event with the greatest time.", Examples: aggEx(`latest(x)`, `10`)},
	{Name: "latest_time", Min: 2, Max: 2, Ordered: true, New: states(func() *timedState { return &timedState{sign: 1, time: true} }), See: pageTimeAgg, Doc: "The greatest time of an event that has a value.", Examples: aggEx(`latest_time(x)`, `300`)},
	{Name: "rate", Min: 2, Max: 2, New: states(func() *rateState { return &rateState{} }), See: pageTimeAgg, Doc: "How much a counter grows in a second: the difference of its last and first value, divided by that of their times. A counter that starts again from below is taken to have gone on.", Examples: aggEx(`rate(x)`, `0.04`)},
	{Name: "sparkline", Min: 2, Max: 4, New: sparkline, See: manual + "Sparklines", Doc: "The course of an aggregate over time, as a multivalue field that begins with ##__SPARKLINE__##. Behind the value and the time it takes the name of the aggregate (count) and a time span as literals.",
		Note: "Without a span there are at most a hundred buckets, of the shortest of the usual widths, between the group's own first and last event."},
}

// timedState keeps the value at the least or greatest time. Events arrive newest first, so of equal times the first to
// arrive is the latest.
type timedState struct {
	sign int
	time bool // the result is the time
	v    event.Value
	t    event.Value
	at   float64
	any  bool
}

func (s *timedState) Add(args []event.Value) {
	t, ok := Number(args[1])
	if !ok {
		return
	}
	eachValue(args[0], func(v event.Value) { s.add(v, args[1], t) })
}

func (s *timedState) add(v, when event.Value, t float64) {
	if !s.any || s.sign < 0 && t <= s.at || s.sign > 0 && t > s.at {
		s.any, s.v, s.t, s.at = true, v, when, t
	}
}

func (s *timedState) Merge(other fn.State) {
	if o := other.(*timedState); o.any {
		s.add(o.v, o.t, o.at)
	}
}

func (s *timedState) Result() event.Value {
	switch {
	case !s.any:
		return null
	case s.time:
		return numberValue(s.at)
	}
	return s.v
}

func (s *timedState) Size() int { return 80 + s.v.Size() }

type rateState struct{ points []ratePoint }

type ratePoint struct{ t, x float64 }

func (s *rateState) Add(args []event.Value) {
	if t, ok := Number(args[1]); ok {
		eachNumber(args[0], func(x float64) { s.points = append(s.points, ratePoint{t, x}) })
	}
}

func (s *rateState) Merge(o fn.State) { s.points = append(s.points, o.(*rateState).points...) }

func (s *rateState) Result() event.Value {
	if len(s.points) < 2 {
		return null
	}
	ps := slices.Clone(s.points)
	sort.Slice(ps, func(i, j int) bool { return ps[i].t < ps[j].t || ps[i].t == ps[j].t && ps[i].x < ps[j].x })
	first, last := ps[0], ps[len(ps)-1]
	if first.t == last.t {
		return null
	}
	reset := 0.0 // the counter's value before its greatest fall
	for i := 1; i < len(ps); i++ {
		if fall := ps[i-1].x - ps[i].x; fall > 0 && ps[i-1].x > reset {
			reset = ps[i-1].x
		}
	}
	return finite((last.x - first.x + reset) / (last.t - first.t))
}

func (s *rateState) Size() int { return 24 + 16*cap(s.points) }

const sparkMark = "##__SPARKLINE__##"

// sparkline takes value, time and, as literals, the aggregate and the span.
func sparkline(env *fn.Env, args []fn.Arg) (func() fn.State, error) {
	name := "count"
	if len(args) > 2 && !args[2].Value.IsNull() {
		name = strings.ToLower(Text(args[2].Value))
	}
	inner := Aggregate(name)
	if inner == nil || timeAgg[name] || inner.Min > 1 {
		return nil, fmt.Errorf("sparkline cannot show %s", name)
	}
	make1, err := inner.New(env, nil)
	if err != nil {
		return nil, err
	}
	var span *timefmt.Span
	if len(args) > 3 && !args[3].Value.IsNull() {
		sp, err := timefmt.ParseSpan(Text(args[3].Value))
		if err != nil {
			return nil, err
		}
		if sec, _ := sp.Seconds(); sec < 1e-3 {
			return nil, errors.New("the span of a sparkline is too short")
		}
		span = &sp
	}
	return func() fn.State { return &sparkState{env: env, make: make1, span: span} }, nil
}

type sparkState struct {
	env    *fn.Env
	make   func() fn.State
	span   *timefmt.Span
	points []sparkPoint
	bytes  int
}

type sparkPoint struct {
	t float64
	v event.Value
}

func (s *sparkState) Add(args []event.Value) {
	t, ok := Number(args[1])
	if !ok || args[0].IsNull() {
		return
	}
	s.points = append(s.points, sparkPoint{t, args[0]})
	s.bytes += 32 + args[0].Size()
}

func (s *sparkState) Merge(o fn.State) {
	s.points = append(s.points, o.(*sparkState).points...)
	s.bytes += o.(*sparkState).bytes
}

// maxSpark bounds the buckets of a sparkline.
const maxSpark = 100

var sparkSpans = []string{"1s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "6h", "12h", "1d", "1w", "1mon", "3mon", "1y"}

func (s *sparkState) Result() event.Value {
	out := []event.Value{event.StringOf(sparkMark)}
	if len(s.points) == 0 {
		return null
	}
	ps := slices.Clone(s.points)
	slices.SortStableFunc(ps, func(a, b sparkPoint) int {
		switch {
		case a.t < b.t:
			return -1
		case a.t > b.t:
			return 1
		}
		return 0
	})
	width := ps[len(ps)-1].t - ps[0].t
	span := s.span
	if span == nil {
		for _, text := range sparkSpans {
			sp, _ := timefmt.ParseSpan(text)
			span = &sp
			if sec, _ := sp.Seconds(); width/sec < maxSpark {
				break
			}
		}
	}
	first, ok := timefmt.FromEpoch(ps[0].t, s.env.Location())
	if sec, _ := span.Seconds(); !ok || width/sec > 100*maxSpark {
		return null
	}
	bucket := span.Floor(first)
	i := 0
	for i < len(ps) {
		next := span.Add(bucket, 1)
		end := timefmt.ToEpoch(next)
		st := s.make()
		for i < len(ps) && ps[i].t < end {
			st.Add([]event.Value{ps[i].v})
			i++
		}
		v := st.Result()
		if n, ok := Number(v); !ok || math.IsNaN(n) {
			v = event.IntOf(0)
		}
		out = append(out, v)
		if !next.After(bucket) {
			break
		}
		bucket = next
	}
	return event.ListOf(out)
}

func (s *sparkState) Size() int { return 64 + s.bytes }
