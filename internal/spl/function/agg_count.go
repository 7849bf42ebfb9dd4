package function

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var countAggs = []*fn.Agg{
	{Name: "count", Min: 0, Max: 1, New: states(func() *countState { return &countState{} }), See: pageAgg, Doc: "The number of values of a field, or of rows when none is named.", Examples: aggEx(`count(x)`, `3`)},
	{Name: "c", Min: 0, Max: 1, New: states(func() *countState { return &countState{} }), See: pageAgg, Doc: "The same as count.", Examples: aggEx(`c(x)`, `3`)},
	{Name: "dc", Min: 1, Max: 1, New: states(newDistinct), See: pageAgg, Doc: "The number of different values, as text: 1 and 1.0 are two.", Examples: aggEx(`dc(x)`, `2`)},
	{Name: "distinct_count", Min: 1, Max: 1, New: states(newDistinct), See: pageAgg, Doc: "The same as dc.", Examples: aggEx(`distinct_count(x)`, `2`)},
	{Name: "estdc", Min: 1, Max: 1, New: states(newDistinct), See: pageAgg, Doc: "The number of different values.", Examples: aggEx(`estdc(x)`, `2`), Note: "Splunk estimates above a thousand values; here the number is exact."},
	{Name: "estdc_error", Min: 1, Max: 1, New: states(func() *noError { return &noError{} }), See: pageAgg, Doc: "The relative error of estdc, which is 0 because it does not estimate.", Examples: aggEx(`estdc_error(x)`, `0`)},
	{Name: "mode", Min: 1, Max: 1, Ordered: true, New: states(func() *modeState { return &modeState{at: map[string]int{}} }), See: pageAgg, Doc: "The most frequent value, as text; of equals the one seen first.", Examples: aggEx(`mode(x)`, `2`)},
}

var valueAggs = []*fn.Agg{
	{Name: "first", Min: 1, Max: 1, Ordered: true, New: states(func() *firstState { return &firstState{} }), See: pageOrder, Doc: "The first value in the order of arrival.", Examples: aggEx(`first(x)`, `2`)},
	{Name: "last", Min: 1, Max: 1, Ordered: true, New: states(func() *lastState { return &lastState{} }), See: pageOrder, Doc: "The last value in the order of arrival.", Examples: aggEx(`last(x)`, `10`)},
	{Name: "list", Min: 1, Max: 1, Ordered: true, New: states(func() *listState { return &listState{} }), See: pageMultiAgg, Doc: "The first hundred values in the order of arrival, repetitions included.", Examples: aggEx(`list(x)`, `[2,2,10]`)},
	{Name: "values", Min: 1, Max: 1, New: states(newDistinctValues), See: pageMultiAgg, Doc: "The different values in the order of their characters.", Examples: aggEx(`values(x)`, `[10,2]`)},
}

// aggEx makes the examples of an aggregate: it is taken over the rows x = 2, 2, 10 with _time = 100, 200, 300.
func aggEx(pairs ...string) []fn.Example { return ex(pairs...) }

type countState struct{ n int64 }

func (s *countState) Add(args []event.Value) {
	if len(args) == 0 {
		s.n++
		return
	}
	eachValue(args[0], func(event.Value) { s.n++ })
}
func (s *countState) Merge(o fn.State)    { s.n += o.(*countState).n }
func (s *countState) Result() event.Value { return event.IntOf(s.n) }
func (s *countState) Size() int           { return 8 }

// distinctState holds different values by their text.
type distinctState struct {
	seen   map[string]event.Value
	bytes  int
	last   string // most values repeat the one before
	kind   event.Kind
	values bool // the result is the values, not their number
}

func newDistinct() *distinctState       { return &distinctState{seen: map[string]event.Value{}} }
func newDistinctValues() *distinctState { s := newDistinct(); s.values = true; return s }

func (s *distinctState) Add(args []event.Value) { eachValue(args[0], s.add) }

func (s *distinctState) add(v event.Value) {
	t := Text(v)
	if t == s.last && v.Kind() == s.kind {
		return
	}
	s.last, s.kind = t, v.Kind()
	s.put(t, v)
}

// put keeps a number rather than the same text, whichever comes first.
func (s *distinctState) put(t string, v event.Value) {
	old, ok := s.seen[t]
	if !ok {
		s.bytes += 64 + len(t)
	} else if old.Kind() != event.String || v.Kind() == event.String {
		return
	}
	s.seen[t] = v
}

func (s *distinctState) Merge(o fn.State) {
	for t, v := range o.(*distinctState).seen {
		s.put(t, v)
	}
}

func (s *distinctState) Result() event.Value {
	if !s.values {
		return event.IntOf(int64(len(s.seen)))
	}
	keys := make([]string, 0, len(s.seen))
	for k := range s.seen {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]event.Value, len(keys))
	for i, k := range keys {
		out[i] = s.seen[k]
	}
	return List(out)
}

// Size counts the map: even for one value it has room for eight.
func (s *distinctState) Size() int { return 448 + s.bytes + 48*len(s.seen) }

type noError struct{}

func (*noError) Add([]event.Value)   {}
func (*noError) Merge(fn.State)      {}
func (*noError) Result() event.Value { return event.IntOf(0) }
func (*noError) Size() int           { return 0 }

// modeState counts values in the order in which they were first seen.
type modeState struct {
	at    map[string]int
	items []modeItem
	bytes int
}

type modeItem struct {
	v event.Value
	n int64
}

func (s *modeState) Add(args []event.Value) {
	eachValue(args[0], func(v event.Value) { s.count(v, 1) })
}

func (s *modeState) count(v event.Value, n int64) {
	t := Text(v)
	i, ok := s.at[t]
	if !ok {
		i = len(s.items)
		s.at[t] = i
		s.items = append(s.items, modeItem{v: v})
		s.bytes += 80 + len(t)
	}
	s.items[i].n += n
}

func (s *modeState) Merge(o fn.State) {
	for _, it := range o.(*modeState).items {
		s.count(it.v, it.n)
	}
}

func (s *modeState) Result() event.Value {
	best := modeItem{v: null}
	for _, it := range s.items {
		if it.n > best.n {
			best = it
		}
	}
	return best.v
}

func (s *modeState) Size() int { return 48 + s.bytes }

type firstState struct{ v event.Value }

func (s *firstState) Add(args []event.Value) {
	if s.v.IsNull() {
		eachValue(args[0], func(v event.Value) {
			if s.v.IsNull() {
				s.v = v
			}
		})
	}
}
func (s *firstState) Merge(o fn.State) {
	if s.v.IsNull() {
		s.v = o.(*firstState).v
	}
}
func (s *firstState) Result() event.Value { return orNull(s.v) }
func (s *firstState) Size() int           { return 24 + s.v.Size() }

type lastState struct{ v event.Value }

func (s *lastState) Add(args []event.Value) {
	eachValue(args[0], func(v event.Value) { s.v = v })
}
func (s *lastState) Merge(o fn.State) {
	if v := o.(*lastState).v; !v.IsNull() {
		s.v = v
	}
}
func (s *lastState) Result() event.Value { return orNull(s.v) }
func (s *lastState) Size() int           { return 24 + s.v.Size() }

func orNull(v event.Value) event.Value {
	if v.IsMissing() {
		return null
	}
	return v
}

// maxList is how many values list keeps; limits.conf calls it list_maxsize.
const maxList = 100

type listState struct {
	vs    []event.Value
	bytes int
}

func (s *listState) Add(args []event.Value) {
	if len(s.vs) < maxList {
		eachValue(args[0], s.add)
	}
}
func (s *listState) add(v event.Value) {
	if len(s.vs) < maxList {
		s.vs = append(s.vs, v)
		s.bytes += 24 + v.Size()
	}
}
func (s *listState) Merge(o fn.State) {
	for _, v := range o.(*listState).vs {
		s.add(v)
	}
}
func (s *listState) Result() event.Value { return List(slices.Clone(s.vs)) }
func (s *listState) Size() int           { return 32 + s.bytes }

// extremeState keeps the least value (sign -1) or the greatest one (sign 1); numbers rank below text.
type extremeState struct {
	sign int
	v    event.Value
	num  float64
	text bool
}

func (s *extremeState) Add(args []event.Value) { eachValue(args[0], s.add) }

func (s *extremeState) add(v event.Value) {
	n, isNum := Number(v)
	if !s.v.IsNull() {
		c := 0
		switch {
		case isNum && !s.text:
			if n < s.num {
				c = -1
			} else if n > s.num {
				c = 1
			}
		case isNum:
			c = -1
		case !s.text:
			c = 1
		default:
			c = strings.Compare(Text(v), Text(s.v))
		}
		if c != s.sign {
			return
		}
	}
	s.v, s.num, s.text = v, n, !isNum
}

func (s *extremeState) Merge(o fn.State) {
	if v := o.(*extremeState).v; !v.IsNull() {
		s.add(v)
	}
}
func (s *extremeState) Result() event.Value { return orNull(s.v) }
func (s *extremeState) Size() int           { return 48 + s.v.Size() }
