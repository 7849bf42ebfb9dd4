package exec

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Running, out Sink) (Sink, error) {
		agg, err := b.aggregation(n.Group, n.Aggs)
		if err != nil {
			return nil, err
		}
		s := &runningSink{b: b, plan: n, agg: agg, last: none, windows: map[uint32]*window{}, acc: agg.acc, out: out}
		for _, p := range []struct {
			e  expr.Expr
			to **expr.Program
		}{{n.Time, &s.time}, {n.ResetBefore, &s.before}, {n.ResetAfter, &s.after}} {
			if p.e == nil {
				continue
			}
			if *p.to, err = b.program(p.e); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(agg.slots, func(sl *aggSlot) bool { return sl.open }) {
			// Which columns the aggregates run over is known only at the end.
			s.kept = b.store()
			s.shape = b.shape(0)
		}
		return s, nil
	})
}

type runningSink struct {
	b                   *builder
	plan                *plan.Running
	agg                 *aggregation // tells groups and prepares the aggregates; its states are not used with a window
	time, before, after *expr.Program
	kept                *store
	shape               plan.Shape
	runs                []*aggRun
	last                uint32 // the group of the row before
	windows             map[uint32]*window
	acc                 *account
	out                 Sink
}

// A window is the rows that an aggregate looks at, oldest first.
type window struct {
	rows []windowRow
	from int // rows before this index have left
}

type windowRow struct {
	group uint32
	time  int64
	args  [][]event.Value // one list an aggregate
}

func (w *window) live() []windowRow { return w.rows[w.from:] }

func (w *window) drop(n int) {
	if w.from += n; w.from > 64 && w.from > len(w.rows)/2 {
		w.rows, w.from = slices.Clone(w.live()), 0
	}
}

func (s *runningSink) Push(b *event.Batch) error {
	if s.kept != nil {
		return s.kept.add(b)
	}
	return s.take(b)
}

func (s *runningSink) Close() error {
	if s.kept != nil {
		s.agg.late = nil
		if err := s.agg.meet(s.kept.existing(s.shape), true); err != nil {
			return err
		}
		if err := s.kept.drain(s.take); err != nil && err != ErrEnough {
			return err
		}
	}
	s.acc.free()
	return s.out.Close()
}

func (s *runningSink) windowed() bool { return s.plan.Window > 0 || s.plan.TimeWindow > 0 }

func (s *runningSink) take(b *event.Batch) error {
	if err := s.b.check(); err != nil {
		return err
	}
	if s.runs == nil {
		for _, slot := range s.agg.slots {
			s.runs = append(s.runs, slot.runs...)
		}
	}
	m := s.agg.group.assign(b)
	cols := make([][]*event.Column, len(s.runs))
	vals := make([][]event.Value, len(s.runs))
	for i, r := range s.runs {
		for _, p := range r.progs {
			cols[i] = append(cols[i], p.Eval(b))
		}
		vals[i] = make([]event.Value, b.Len())
	}
	var before, after, times *event.Column
	if s.before != nil {
		before = s.before.Eval(b)
	}
	afterSees := s.after != nil && s.readsResults()
	if s.after != nil && !afterSees {
		after = s.after.Eval(b)
	}
	if s.time != nil {
		times = s.time.Eval(b)
	}
	for i := range b.Len() {
		g := m.first(i)
		if s.plan.ResetOnChange && s.last != none && g != s.last || before != nil && before.Value(i).IsTrue() {
			s.reset()
		}
		s.last = g
		switch {
		case g == none:
			for j := range vals {
				vals[j][i] = event.NullValue
			}
		case s.windowed():
			if err := s.slide(g, i, cols, times, vals); err != nil {
				return err
			}
		default:
			s.running(g, i, cols, vals)
		}
		if after != nil && after.Value(i).IsTrue() || afterSees && s.resultTrue(b, i, vals) {
			s.reset()
		}
	}
	if !s.windowed() {
		if err := s.agg.measure(b.Len()); err != nil {
			return err
		}
	}
	out := b.Clone()
	for j, r := range s.runs {
		out.Set(r.as, event.NewColumn(vals[j]))
	}
	return s.out.Push(out)
}

// running adds the row to its group's states and takes their results.
func (s *runningSink) running(g uint32, row int, cols [][]*event.Column, vals [][]event.Value) {
	for j, r := range s.runs {
		for len(r.states) <= int(g) {
			r.states = append(r.states, nil)
		}
		st := r.state(g)
		if !s.plan.Current {
			vals[j][row] = st.Result()
		}
		for k, c := range cols[j] {
			r.args[k] = c.Value(row)
		}
		st.Add(r.args)
		if s.plan.Current {
			vals[j][row] = st.Result()
		}
	}
}

// slide moves the row's window on and computes its aggregates anew.
func (s *runningSink) slide(g uint32, row int, cols [][]*event.Column, times *event.Column, vals [][]event.Value) error {
	of := g
	if s.plan.GlobalWindow {
		of = 0
	}
	w := s.windows[of]
	if w == nil {
		w = &window{}
		s.windows[of] = w
	}
	r := windowRow{group: g, args: make([][]event.Value, len(cols))}
	for j := range cols {
		for _, c := range cols[j] {
			r.args[j] = append(r.args[j], c.Value(row))
		}
	}
	if times != nil {
		r.time = ticks(times.Value(row))
	}
	if s.plan.Current {
		w.rows = append(w.rows, r)
	}
	if extra := len(w.live()) - s.plan.Window; s.plan.Window > 0 && extra > 0 {
		w.drop(extra)
	}
	if s.plan.TimeWindow > 0 {
		gone := 0
		for _, x := range w.live() {
			if d := r.time - x.time; d <= s.plan.TimeWindow && -d <= s.plan.TimeWindow {
				break
			}
			gone++
		}
		w.drop(gone)
	}
	for j, run := range s.runs {
		st := run.make()
		for _, x := range w.live() {
			if x.group == g {
				st.Add(x.args[j])
			}
		}
		vals[j][row] = st.Result()
	}
	if !s.plan.Current {
		w.rows = append(w.rows, r)
	}
	if row&(measureLeast-1) == 0 {
		held := s.agg.group.size()
		for _, w := range s.windows {
			held += int64(len(w.rows)) * int64(48+48*len(cols))
		}
		return s.acc.set(held)
	}
	return nil
}

// reset forgets all rows.
func (s *runningSink) reset() {
	clear(s.windows)
	for _, r := range s.runs {
		clear(r.states)
	}
}

// readsResults reports whether ResetAfter reads the aggregates, so that it can be told only once a row's are there.
func (s *runningSink) readsResults() bool {
	for _, n := range expr.Columns(s.plan.ResetAfter) {
		if slices.ContainsFunc(s.runs, func(r *aggRun) bool { return r.as == n }) {
			return true
		}
	}
	return false
}

func (s *runningSink) resultTrue(b *event.Batch, row int, vals [][]event.Value) bool {
	one := event.NewBatch(1)
	for _, n := range expr.Columns(s.plan.ResetAfter) {
		one.Set(n, event.NewConstant(b.Value(n, row), 1))
	}
	for j, r := range s.runs {
		one.Set(r.as, event.NewConstant(vals[j][row], 1))
	}
	return len(s.after.Select(one, nil)) > 0
}

// ticks returns a moment in ticks: times are, numbers are seconds.
func ticks(v event.Value) int64 {
	switch v.Kind() {
	case event.Int:
		return v.Int() * event.TicksPerSecond
	case event.Float:
		return int64(math.Round(v.Float() * event.TicksPerSecond))
	}
	return v.Ticks()
}
