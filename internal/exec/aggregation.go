package exec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// An aggregation computes aggregates over groups. Its items may run over columns that are not known before the rows come.
type aggregation struct {
	b     *builder
	group *grouper
	slots []*aggSlot
	runs  []*aggRun // of all slots, as they were made
	// late is set when an item runs over columns of an open input and its function must see the rows that came before a
	// column did: then all rows are kept and looked at in the end.
	late  *store
	shape plan.Shape
	known map[string]bool // columns that slots have been asked about
	last  []string
	// keepMembers keeps, for each batch, the groups of its rows; keepLineage the origins of each group's rows.
	keepMembers bool
	members     []membership
	keepLineage bool
	lineage     []origins

	acc *account
	// states were last measured at measured bytes; pending rows have come since, and the next measure is due after due.
	measured, perRow int64
	pending, due     int

	// splits allows groups to be split into parts that are aggregated one after the other, when memory runs out.
	splits    bool
	deferred  *deferred // set: rows go to disk
	level     int       // how often the groups have been split
	finishing bool      // all rows have come
	seq       int64     // memberships so far
	born      []int64   // by group: the first of them
}

// aggSlot is an item of the plan and the aggregates that it stands for.
type aggSlot struct {
	item plan.AggItem
	open bool // more columns may come
	sure int  // how many of runs the plan names
	runs []*aggRun
}

// aggRun is one aggregate over all groups.
type aggRun struct {
	at     int // in aggregation.runs
	as     string
	progs  []*expr.Program
	make   func() fn.State
	states []fn.State // by group; nil: no row yet
	args   []event.Value
	// exists turns true when the column that the aggregate runs over has a value.
	exists bool
}

func (b *builder) aggregation(g plan.Grouping, aggs []plan.AggItem) (*aggregation, error) {
	gr, err := b.grouper(g)
	if err != nil {
		return nil, err
	}
	a := &aggregation{b: b, group: gr, acc: b.account(), known: map[string]bool{}, shape: b.shape(0)}
	shape := a.shape
	for _, it := range aggs {
		slot := &aggSlot{item: it, open: it.Over != "" && shape.Open}
		a.slots = append(a.slots, slot)
		if slot.open && !it.Fn.SkipsNull && a.late == nil {
			a.late = b.store()
		}
		for _, one := range it.Expand(shape.Names, g) {
			if err := a.run(slot, one, true); err != nil {
				return nil, err
			}
		}
		slot.sure = len(slot.runs)
	}
	for _, n := range shape.Names {
		a.known[n] = true
	}
	return a, nil
}

// ordered returns the aggregates of an item in the order of their columns: those that the plan names, then those that the rows
// brought. These come by name, since the order in which they were met depends on how the input was cut; where all rows have the
// same columns it does not, and counts.
func (a *aggregation) ordered(s *aggSlot) []*aggRun {
	if !s.open || a.shape.Uniform {
		return s.runs
	}
	runs := slices.Clone(s.runs)
	slices.SortFunc(runs[s.sure:], func(x, y *aggRun) int { return strings.Compare(x.as, y.as) })
	return runs
}

// run adds an aggregate to a slot.
func (a *aggregation) run(s *aggSlot, it plan.AggItem, exists bool) error {
	r := &aggRun{at: len(a.runs), as: it.As, args: make([]event.Value, len(it.Args)), exists: exists}
	known := make([]fn.Arg, len(it.Args))
	env := a.b.env()
	for i, e := range it.Args {
		if v, ok := expr.Fold(e, env); ok {
			known[i] = fn.Arg{Const: true, Value: v}
		}
	}
	var err error
	if r.progs, err = a.b.programs(it.Args); err != nil {
		return err
	}
	if r.make, err = it.Fn.New(env, known); err != nil {
		return &expr.BindError{Call: &expr.Call{Fn: &fn.Func{Name: it.Fn.Name}, Args: it.Args}, Err: err}
	}
	s.runs = append(s.runs, r)
	a.runs = append(a.runs, r)
	return nil
}

// meet makes aggregates for columns that were not seen before.
func (a *aggregation) meet(names []string, exist bool) error {
	if sameNames(names, a.last) {
		return nil
	}
	a.last = names
	for _, n := range names {
		if a.known[n] {
			continue
		}
		a.known[n] = true
		for _, s := range a.slots {
			if !s.open {
				continue
			}
			if as, ok := s.item.Match(n, a.group.Grouping); ok {
				if err := a.run(s, plan.AggItem{As: as, Fn: s.item.Fn, Args: s.item.ArgsOver(n)}, exist); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// add takes a batch.
func (a *aggregation) add(b *event.Batch) error {
	if a.late != nil {
		return a.late.add(b)
	}
	if err := a.meet(b.Names(), false); err != nil {
		return err
	}
	return a.take(b)
}

// end takes what had to wait. It must be called before results are asked for.
func (a *aggregation) end() error {
	if a.late != nil {
		if err := a.meet(a.late.existing(a.shape), true); err != nil {
			return err
		}
		if err := a.late.drain(a.take); err != nil {
			return err
		}
	}
	// What is not put away by now is about to be read: when those that take the results are short of room, these groups must stay.
	a.finishing = a.deferred == nil
	return nil
}

// aggRows is what the aggregates see of some rows.
type aggRows struct {
	n       int
	keys    []*event.Column
	args    [][]*event.Column // by run; those of runs that were made later are not there
	lineage event.Lineage
}

func (a *aggregation) take(b *event.Batch) error {
	in := &aggRows{n: b.Len(), keys: a.group.evaluate(b), lineage: b.Lineage}
	for _, r := range a.runs {
		cols := eval(r.progs, b)
		if !r.exists && hasValue(cols[0]) {
			r.exists = true
		}
		in.args = append(in.args, cols)
	}
	if a.deferred != nil {
		return a.deferred.add(in)
	}
	return a.enter(in, a.group.place(in.keys, in.n))
}

// enter adds rows to their groups' states.
func (a *aggregation) enter(in *aggRows, m membership) error {
	if a.keepMembers {
		a.members = append(a.members, m)
	}
	if a.splits {
		for i := 0; len(a.born) < a.group.n; i++ {
			if m.groups[i] == uint32(len(a.born)) {
				a.born = append(a.born, a.seq+int64(i))
			}
		}
		a.seq += int64(len(m.groups))
	}
	if a.keepLineage {
		a.gatherOrigins(in, m)
	}
	for i, cols := range in.args {
		a.runs[i].take(cols, in.n, m, a.group.n)
	}
	return a.measure(in.n)
}

func (a *aggregation) gatherOrigins(in *aggRows, m membership) {
	if len(a.lineage) < a.group.n {
		a.lineage = slices.Grow(a.lineage, a.group.n-len(a.lineage))[:a.group.n]
	}
	for i := range in.n {
		if m.starts == nil {
			if g := m.groups[i]; g != none {
				a.lineage[g].add(in.lineage.Parts(i))
			}
			continue
		}
		for _, g := range m.groups[m.starts[i]:m.starts[i+1]] {
			a.lineage[g].add(in.lineage.Parts(i))
		}
	}
}

// origins returns the origins of a group's rows.
func (a *aggregation) origins(group uint32) []event.Origin {
	if int(group) >= len(a.lineage) {
		return nil
	}
	return a.lineage[group].done()
}

func (r *aggRun) take(cols []*event.Column, n int, m membership, groups int) {
	if len(r.states) < groups {
		r.states = slices.Grow(r.states, groups-len(r.states))[:groups]
	}
	args := r.args
	for i := range n {
		for j, c := range cols {
			args[j] = c.Value(i)
		}
		if m.starts == nil {
			if g := m.groups[i]; g != none {
				r.state(g).Add(args)
			}
			continue
		}
		for _, g := range m.groups[m.starts[i]:m.starts[i+1]] {
			r.state(g).Add(args)
		}
	}
}

func (r *aggRun) state(g uint32) fn.State {
	s := r.states[g]
	if s == nil {
		s = r.make()
		r.states[g] = s
	}
	return s
}

// Asking every state for its size costs as much as a row each, so it is done now and then: more often where states grow fast.
const (
	measureLeast = 1 << 10
	measureMost  = 1 << 16
)

// measure books what the groups hold, and acts when that is too much.
func (a *aggregation) measure(rows int) error {
	if a.pending += rows; a.pending < max(a.due, measureLeast) {
		a.acc.book(max(a.measured+a.perRow*int64(a.pending), a.group.size()) - a.acc.held)
		return a.react()
	}
	n := a.group.size()
	for _, r := range a.runs {
		for _, st := range r.states {
			if st != nil {
				n += int64(st.Size()) + 16
			}
		}
	}
	for i := range a.lineage {
		n += 32 + 16*int64(cap(a.lineage[i].list))
	}
	for _, m := range a.members {
		n += 4 * int64(len(m.groups)+len(m.starts))
	}
	n += 8 * int64(len(a.born))
	a.perRow = max(0, n-a.measured) / int64(a.pending)
	a.measured, a.pending = n, 0
	a.due = max(int(min(a.acc.limit()/16/(a.perRow+1), measureMost)), a.group.n)
	a.acc.book(n - a.acc.held)
	return a.react()
}

// react splits the groups when they hold too much, or ends the job when that does not help.
func (a *aggregation) react() error {
	limit := a.acc.limit()
	own := a.acc.held
	switch {
	case a.splits && a.level < maxSplits && a.group.n > 1 && a.deferred == nil && (own > limit/2 || own > limit/16 && a.acc.press()):
		return a.split()
	case a.acc.burst():
		return a.acc.fail("what it holds of a single group is needed all the time")
	}
	return nil
}

// A result is one aggregate's name and value by group.
type result struct {
	as     string
	hidden string // its name while parts of split groups wait
	value  func(group uint32) event.Value
}

// column returns the values of some groups.
func (r result) column(groups []uint32) *event.Column {
	vals := make([]event.Value, len(groups))
	for i, g := range groups {
		vals[i] = r.value(g)
	}
	return event.NewColumn(vals)
}

// keys returns a part of the keys of some groups.
func (a *aggregation) keys(groups []uint32, part int) *event.Column {
	vals := make([]event.Value, len(groups))
	for i, g := range groups {
		vals[i] = a.group.value(g, part)
	}
	return event.NewColumn(vals)
}

// fill sets the keys, the order and the results of some groups in b, under names that cannot clash.
func (a *aggregation) fill(b *event.Batch, groups []uint32) {
	a.fillKeys(b, groups)
	for _, r := range a.runs {
		b.Set(r.hidden(), r.result().column(groups))
	}
}

func (a *aggregation) fillKeys(b *event.Batch, groups []uint32) {
	seqs := make([]uint64, len(groups))
	for i, g := range groups {
		seqs[i] = uint64(a.born[g])
	}
	b.Set(seqColumn, event.NewPlain(event.Int, seqs, nil))
	for j := range a.group.By {
		b.Set(deferredKey(j), a.keys(groups, j))
	}
}

func (r *aggRun) hidden() string { return "r" + strconv.Itoa(r.at) }

func (r *aggRun) result() result {
	return result{r.as, r.hidden(), func(g uint32) event.Value {
		if g == none {
			return event.NullValue
		}
		if int(g) < len(r.states) && r.states[g] != nil {
			return r.states[g].Result()
		}
		return r.make().Result()
	}}
}

// results returns the aggregates in the order of the plan's items; those of one item are ordered as their columns are
// (see ordered). Where two have one name the later counts.
func (a *aggregation) results() []result {
	var out []result
	for _, s := range a.slots {
		for _, r := range a.ordered(s) {
			if !r.exists {
				continue
			}
			res := r.result()
			if i := slices.IndexFunc(out, func(o result) bool { return o.as == r.as }); i >= 0 {
				out[i] = res
			} else {
				out = append(out, res)
			}
		}
	}
	return out
}
