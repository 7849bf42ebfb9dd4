package exec

import (
	"slices"

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

	acc     *account
	pending int // rows since the states were last measured
}

// aggSlot is an item of the plan and the aggregates that it stands for.
type aggSlot struct {
	item plan.AggItem
	open bool // more columns may come
	runs []*aggRun
}

// aggRun is one aggregate over all groups.
type aggRun struct {
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
	}
	for _, n := range shape.Names {
		a.known[n] = true
	}
	return a, nil
}

// run adds an aggregate to a slot.
func (a *aggregation) run(s *aggSlot, it plan.AggItem, exists bool) error {
	r := &aggRun{as: it.As, args: make([]event.Value, len(it.Args)), exists: exists}
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
	if a.late == nil {
		return nil
	}
	if err := a.meet(a.late.existing(a.shape), true); err != nil {
		return err
	}
	for _, b := range a.late.batches {
		if err := a.b.check(); err != nil {
			return err
		}
		if err := a.take(b); err != nil {
			return err
		}
	}
	a.late.release()
	return nil
}

func (a *aggregation) take(b *event.Batch) error {
	m := a.group.assign(b)
	if a.keepMembers {
		a.members = append(a.members, m)
	}
	if a.keepLineage {
		a.gatherOrigins(b, m)
	}
	for _, s := range a.slots {
		for _, r := range s.runs {
			r.take(b, m, a.group.n)
		}
	}
	return a.measure(b.Len())
}

func (a *aggregation) gatherOrigins(b *event.Batch, m membership) {
	if len(a.lineage) < a.group.n {
		a.lineage = slices.Grow(a.lineage, a.group.n-len(a.lineage))[:a.group.n]
	}
	for i := range b.Len() {
		if m.starts == nil {
			if g := m.groups[i]; g != none {
				a.lineage[g].add(b.Lineage.Parts(i))
			}
			continue
		}
		for _, g := range m.groups[m.starts[i]:m.starts[i+1]] {
			a.lineage[g].add(b.Lineage.Parts(i))
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

func (r *aggRun) take(b *event.Batch, m membership, groups int) {
	cols := make([]*event.Column, len(r.progs))
	for i, p := range r.progs {
		cols[i] = p.Eval(b)
	}
	if !r.exists && hasValue(cols[0]) {
		r.exists = true
	}
	if len(r.states) < groups {
		r.states = slices.Grow(r.states, groups-len(r.states))[:groups]
	}
	args := r.args
	for i := range b.Len() {
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

// Asking every state for its size costs as much as a row each, so it is done now and then.
const measureRows = 1 << 16

func (a *aggregation) measure(rows int) error {
	if a.pending += rows; a.pending < max(measureRows, 4*a.group.n) {
		return a.acc.set(max(a.acc.held, a.group.size()))
	}
	a.pending = 0
	n := a.group.size()
	for _, s := range a.slots {
		for _, r := range s.runs {
			for _, st := range r.states {
				if st != nil {
					n += int64(st.Size()) + 16
				}
			}
		}
	}
	for i := range a.lineage {
		n += 32 + 16*int64(cap(a.lineage[i].list))
	}
	for _, m := range a.members {
		n += 4 * int64(len(m.groups)+len(m.starts))
	}
	return a.acc.set(n)
}

// A result is one aggregate's name and value by group.
type result struct {
	as    string
	value func(group uint32) event.Value
}

// results returns the aggregates in the order of the plan's items; those of one item are in the order in which their columns
// first came. Where two have one name the later counts.
func (a *aggregation) results() []result {
	var out []result
	for _, s := range a.slots {
		for _, r := range s.runs {
			if !r.exists {
				continue
			}
			res := result{r.as, func(g uint32) event.Value {
				if g == none {
					return event.NullValue
				}
				if int(g) < len(r.states) && r.states[g] != nil {
					return r.states[g].Result()
				}
				return r.make().Result()
			}}
			if i := slices.IndexFunc(out, func(o result) bool { return o.as == r.as }); i >= 0 {
				out[i] = res
			} else {
				out = append(out, res)
			}
		}
	}
	return out
}
