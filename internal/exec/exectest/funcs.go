package exectest

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Functions and aggregates for tests of plans, which know no language.
var (
	Eq = &fn.Func{Name: "eq", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		return event.BoolOf(event.Equal(a[0], a[1]))
	}}
	Gt = &fn.Func{Name: "gt", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		x, _ := a[0].Number()
		y, _ := a[1].Number()
		return event.BoolOf(x > y)
	}}
	Add = &fn.Func{Name: "add", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		return event.IntOf(a[0].Int() + a[1].Int())
	}}
	Upper = &fn.Func{Name: "upper", Min: 1, Max: 1, Row: func(a []event.Value) event.Value {
		return event.StringOf(strings.ToUpper(a[0].Str()))
	}}
	IsNull = &fn.Func{Name: "isnull", Min: 1, Max: 1, Null: fn.SeesNull, Row: func(a []event.Value) event.Value {
		return event.BoolOf(a[0].IsNull())
	}}
	In = &fn.Func{Name: "in", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		return event.BoolOf(slices.ContainsFunc(a[1].List(), func(v event.Value) bool { return event.Equal(a[0], v) }))
	}}
	// Boom panics at the text "boom".
	Boom = &fn.Func{Name: "boom", Min: 1, Max: 1, Row: func(a []event.Value) event.Value {
		if a[0].Str() == "boom" {
			panic("boom")
		}
		return a[0]
	}}
)

var (
	Count   = agg("count", 0, false, func() fn.State { return &countState{} })
	CountOf = agg("countof", 1, false, func() fn.State { return &countState{} })
	Sum     = agg("sum", 1, false, func() fn.State { return &sumState{} })
	First   = agg("first", 1, true, func() fn.State { return &listState{max: 1} })
	List    = agg("list", 1, true, func() fn.State { return &listState{} })
	// RowsOf sees nulls: it counts rows whatever their value.
	RowsOf = agg("rows", 1, false, func() fn.State { return &countState{nulls: true} })
)

func agg(name string, args int, ordered bool, make func() fn.State) *fn.Agg {
	return &fn.Agg{Name: name, Min: args, Max: args, Ordered: ordered, SkipsNull: name != "rows",
		New: func(*fn.Env, []fn.Arg) (func() fn.State, error) { return make, nil }}
}

type countState struct {
	nulls bool
	n     int64
}

func (s *countState) Add(a []event.Value) {
	if s.nulls || len(a) == 0 || !a[0].IsNull() {
		s.n++
	}
}
func (s *countState) Merge(o fn.State)    { s.n += o.(*countState).n }
func (s *countState) Result() event.Value { return event.IntOf(s.n) }
func (s *countState) Size() int           { return 8 }

type sumState struct {
	n    int64
	some bool
}

func (s *sumState) Add(a []event.Value) {
	if a[0].Kind() == event.Int {
		s.n, s.some = s.n+a[0].Int(), true
	}
}
func (s *sumState) Merge(o fn.State) { s.n, s.some = s.n+o.(*sumState).n, s.some || o.(*sumState).some }
func (s *sumState) Result() event.Value {
	if !s.some {
		return event.NullValue
	}
	return event.IntOf(s.n)
}
func (s *sumState) Size() int { return 16 }

type listState struct {
	max  int
	vals []event.Value
}

func (s *listState) Add(a []event.Value) {
	if !a[0].IsNull() && (s.max == 0 || len(s.vals) < s.max) {
		s.vals = append(s.vals, a[0])
	}
}
func (s *listState) Merge(o fn.State) {
	for _, v := range o.(*listState).vals {
		s.Add([]event.Value{v})
	}
}
func (s *listState) Result() event.Value {
	if len(s.vals) == 0 {
		return event.NullValue
	}
	if s.max == 1 {
		return s.vals[0]
	}
	return event.ListOf(slices.Clone(s.vals))
}
func (s *listState) Size() int { return 24 * len(s.vals) }
