package kql

import (
	"cmp"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("make-series", lowerMakeSeries) }

// maxSeries bounds the length of a series, as the service does.
const maxSeries = 1 << 20

// lowerMakeSeries aggregates twice: by bin, and then the bins into arrays.
// https://learn.microsoft.com/kusto/query/make-series-operator
func lowerMakeSeries(c *ctx, in *rows, op *syntax.MakeSeries) *rows {
	if !c.ignoreParams(op.Params, "kind") {
		return nil
	}
	kind, ok := c.oneOf(op.Params, "kind", "nonempty")
	if !ok {
		return nil
	}
	axis := op.On
	axisName := ""
	if n, named := axis.(*syntax.Named); named {
		axis, axisName = n.X, n.Names[0].Name
	}
	on := c.scalar(axis)
	if on.bad {
		return nil
	}
	if axisName == "" {
		axisName = on.name
	}
	s, ok := c.series(op, on, axis)
	if !ok {
		return nil
	}
	// The rows within the bounds, with their bins.
	bin := c.hidden("bin")
	binned := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: bin, Expr: s.bin}}})
	binned = binned.with(&plan.Filter{Input: binned.node, Pred: &expr.Not{Arg: expr.F(isNull, expr.C(bin))}})
	at := *c
	at.rows = binned
	to := newItems(inProject, nil)
	collect := &aggs{outside: true}
	for _, x := range op.By {
		at.addKey(to, collect, x)
	}
	if !to.ok {
		return nil
	}
	keys := len(to.named)
	to.put(c, expr.C(bin), on.typ, bin)
	at.aggs = collect
	for _, a := range op.Aggs {
		at.add(to, a.X)
	}
	if !to.ok {
		return nil
	}
	byBin := binned.aggregate(to, keys+1, collect.items)
	// The bins of each group, as arrays.
	arrays := newItems(inProject, nil)
	var items []plan.AggItem
	for i, col := range to.cols {
		switch {
		case i < keys:
			arrays.put(c, expr.C(col.Name), col.Type, col.Name)
		case i > keys:
			def := &value{e: expr.L(event.IntOf(0)), typ: types.Long, constant: true}
			if d := op.Aggs[i-keys-1].Default; d != nil {
				if def = c.scalar(d); def.bad {
					return nil
				}
			} else if col.Type == types.Real {
				def.e = expr.L(event.FloatOf(0))
			}
			as := c.hidden("series")
			items = append(items, plan.AggItem{As: as, Fn: s.agg(false), Args: append([]expr.Expr{expr.C(bin), expr.C(col.Name), def.e}, s.bounds...)})
			arrays.put(c, expr.C(as), types.Dynamic, col.Name)
		}
	}
	if len(op.Aggs) != len(to.cols)-keys-1 {
		c.unsupported(op, "an aggregate of make-series must give one value")
		return nil
	}
	as := c.hidden("axis")
	items = append(items, plan.AggItem{As: as, Fn: s.agg(true), Args: append([]expr.Expr{expr.C(bin), expr.C(bin), expr.L(event.NullValue)}, s.bounds...)})
	if axisName == "" {
		axisName = arrays.taken.numbered()
	}
	arrays.put(c, expr.C(as), types.Dynamic, newNamer(arrays.cols).unique(axisName))
	out := byBin.aggregate(arrays, keys, items)
	if kind != "nonempty" && keys == 0 && len(in.keys) == 0 {
		// Without rows there is no series.
		out.node = withoutEmptyRow(out.node)
	}
	return out
}

func withoutEmptyRow(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Project:
		return n.With(withoutEmptyRow(n.Input))
	case *plan.Extend:
		return n.With(withoutEmptyRow(n.Input))
	case *plan.Aggregate:
		c := *n
		c.EmptyRow = false
		return &c
	}
	return n
}

// seriesPlan is what the axis of a make-series is made of.
type seriesPlan struct {
	bin    expr.Expr   // the bin of a row; null out of bounds
	bounds []expr.Expr // from, to and step; null where they are left out
	closed bool        // to is the last bin rather than the first one behind
}

// series binds the axis.
func (c *ctx) series(op *syntax.MakeSeries, on *value, at syntax.Node) (*seriesPlan, bool) {
	if !on.typ.IsSummable() && on.typ != types.Unknown {
		c.bad("KQL4001", at, "the axis must be a number, a datetime or a timespan, not a value of type %s", on.typ)
		return nil, false
	}
	from, to, step := op.From, op.To, op.Step
	s := &seriesPlan{}
	if op.Step == nil {
		if len(op.Range) != 3 {
			c.bad("KQL4005", op, "range takes a start, a stop and a step")
			return nil, false
		}
		from, to, step, s.closed = op.Range[0], op.Range[1], op.Range[2], true
	}
	outer := *c
	outer.rows = nil
	bound := func(x syntax.Expr, t types.Type) *value {
		if x == nil {
			return &value{e: expr.L(event.NullValue), typ: t, constant: true}
		}
		v := outer.scalar(x)
		if !v.bad && v.typ != t && v.typ != types.Unknown && !(v.typ.IsNumber() && t.IsNumber()) && t != types.Unknown {
			return c.bad("KQL4001", x, "a value of type %s is expected, not %s", t, v.typ)
		}
		return v
	}
	stepType := on.typ
	if on.typ == types.DateTime {
		stepType = types.TimeSpan
	}
	lo, hi, by := bound(from, on.typ), bound(to, on.typ), bound(step, stepType)
	if lo.bad || hi.bad || by.bad {
		return nil, false
	}
	s.bounds = []expr.Expr{lo.e, hi.e, by.e}
	closed := s.closed
	f := &fn.Func{Name: "series_bin", Min: 4, Max: 4, Null: fn.SeesNull, Doc: "The bin of a value within bounds.", Row: func(args []event.Value) event.Value {
		return seriesBin(args[0], args[1], args[2], args[3], closed)
	}}
	s.bin = expr.F(f, append([]expr.Expr{on.e}, s.bounds...)...)
	return s, true
}

// yearOne is where the bins of datetimes count from, in ticks.
const yearOne = -62135596800 * event.TicksPerSecond

// seriesBin returns the start of the bin of v, null when v is out of bounds.
func seriesBin(v, from, to, step event.Value, closed bool) event.Value {
	if v.IsNull() || step.IsNull() {
		return event.NullValue
	}
	if v.Kind() == event.Float || from.Kind() == event.Float || step.Kind() == event.Float {
		x, ok := v.Number()
		w, ok2 := step.Number()
		if !ok || !ok2 || w <= 0 {
			return event.NullValue
		}
		base := 0.0
		if f, has := from.Number(); has && !closed {
			base = f
		}
		n := floor((x - base) / w)
		b := base + n*w
		if f, has := from.Number(); has && b < f-w*1e-9 && (!closed || x < f) {
			return event.NullValue
		}
		if t, has := to.Number(); has && (b >= t && !closed || x > t) {
			return event.NullValue
		}
		return event.FloatOf(b)
	}
	x, ok := whole(v)
	w, ok2 := whole(step)
	if !ok || !ok2 || w <= 0 {
		return event.NullValue
	}
	base := int64(0)
	if v.Kind() == event.Time {
		base = yearOne
	}
	f, hasFrom := whole(from)
	if hasFrom && !closed {
		base = f
	}
	q := (x - base) / w
	if (x-base)%w < 0 {
		q--
	}
	b := base + q*w
	if hasFrom && x < f {
		return event.NullValue
	}
	if t, has := whole(to); has && (x >= t && !closed || x > t) {
		return event.NullValue
	}
	return likeTime(v, b)
}

func floor(x float64) float64 {
	n := float64(int64(x))
	if n > x {
		n--
	}
	return n
}

// likeTime wraps a number as a value of the kind of v.
func likeTime(v event.Value, n int64) event.Value {
	switch v.Kind() {
	case event.Time:
		return event.TicksOf(n)
	case event.Duration:
		return event.DurationOf(n)
	}
	return event.IntOf(n)
}

// agg returns the aggregate that makes an array of the bins of a group; of the bins themselves for the axis. Its arguments are
// bin, value, default, from, to and step.
func (s *seriesPlan) agg(axis bool) *fn.Agg {
	closed := s.closed
	return &fn.Agg{Name: "series", Min: 6, Max: 6, Doc: "Makes an array of values by bin.", New: func(_ *fn.Env, args []fn.Arg) (func() fn.State, error) {
		known := make([]event.Value, len(args))
		for i, a := range args {
			if a.Const {
				known[i] = a.Value
			}
		}
		return func() fn.State {
			return &seriesState{axis: axis, closed: closed, def: known[2], from: known[3], to: known[4], step: known[5]}
		}, nil
	}}
}

type seriesState struct {
	axis, closed        bool
	def, from, to, step event.Value
	bins, values        []event.Value
}

func (s *seriesState) Add(args []event.Value) {
	s.def, s.from, s.to, s.step = args[2], args[3], args[4], args[5]
	s.bins, s.values = append(s.bins, args[0]), append(s.values, args[1])
}

func (s *seriesState) Merge(other fn.State) {
	o := other.(*seriesState)
	if len(s.bins) == 0 {
		s.def, s.from, s.to, s.step = o.def, o.from, o.to, o.step
	}
	s.bins, s.values = append(s.bins, o.bins...), append(s.values, o.values...)
}

func (s *seriesState) Size() int { return 128 + 48*cap(s.bins) }

func (s *seriesState) Result() event.Value {
	start, end := s.from, s.to
	for _, b := range s.bins {
		if s.from.IsNull() && (start.IsNull() || compareAxis(b, start) < 0) {
			start = b
		}
		if s.to.IsNull() && (end.IsNull() || compareAxis(b, end) > 0) {
			end = b
		}
	}
	last := s.closed || s.to.IsNull()
	if s.closed {
		start = seriesBin(start, event.NullValue, event.NullValue, s.step, false)
	}
	out := []event.Value{}
	index := map[int]event.Value{}
	for i, b := range s.bins {
		if n, ok := binIndex(start, b, s.step); ok {
			index[n] = s.values[i]
		}
	}
	for n := range maxSeries {
		b, ok := binAt(start, s.step, n)
		if !ok {
			break
		}
		if c := compareAxis(b, end); end.IsNull() || c > 0 || c == 0 && !last {
			break
		}
		if s.axis {
			out = append(out, b)
			continue
		}
		v, has := index[n]
		if !has {
			v = s.def
		}
		out = append(out, v)
	}
	return event.ListOf(slices.Clip(out))
}

// binAt returns the start of bin number n.
func binAt(start, step event.Value, n int) (event.Value, bool) {
	if start.Kind() == event.Float || step.Kind() == event.Float {
		f, ok := start.Number()
		w, ok2 := step.Number()
		return event.FloatOf(f + float64(n)*w), ok && ok2 && w > 0
	}
	f, ok := whole(start)
	w, ok2 := whole(step)
	return likeTime(start, f+int64(n)*w), ok && ok2 && w > 0
}

func binIndex(start, b, step event.Value) (int, bool) {
	if start.Kind() == event.Float || step.Kind() == event.Float {
		f, _ := start.Number()
		x, _ := b.Number()
		w, ok := step.Number()
		return int(floor((x-f)/w + 0.5)), ok && w > 0
	}
	f, ok := whole(start)
	x, ok2 := whole(b)
	w, ok3 := whole(step)
	if !ok || !ok2 || !ok3 || w <= 0 {
		return 0, false
	}
	return int((x - f) / w), true
}

// compareAxis orders two values of an axis.
func compareAxis(a, b event.Value) int {
	x, ok := whole(a)
	y, ok2 := whole(b)
	if ok && ok2 {
		return cmp.Compare(x, y)
	}
	f, _ := a.Number()
	g, _ := b.Number()
	return cmp.Compare(f, g)
}
