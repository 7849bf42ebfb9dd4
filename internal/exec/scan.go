package exec

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A scanLeaf is a Scan of a plan that waits for, or is fed by, a pass over the input.
type scanLeaf struct {
	task   *task
	view   string
	fields event.FieldSet // what its batches carry
	need   event.FieldSet // fields, and what pred reads
	pred   expr.Expr
	env    *fn.Env
	out    Sink
	done   atomic.Bool // closed: out wants no more, or all has come

	carries event.FieldSet // what a batch of a lane carries: fields, and for a late leaf also what the end needs

	// A late leaf's predicate or fields hold columns that are there only at the end: its rows are kept until then.
	late     bool
	kept     *store
	lateness *expr.Program
}

type scanError struct {
	view string
	err  error
}

func (e *scanError) Error() string { return "cannot read " + e.view + ": " + e.err.Error() }
func (e *scanError) Unwrap() error { return e.err }

// scan registers the leaf of a Scan.
func (b *builder) scan(n *plan.Scan, out Sink) error {
	r := b.task.run
	if r.opt.Views == nil || r.opt.Input == nil {
		return &scanError{n.View, fmt.Errorf("the run has no input")}
	}
	leaf := &scanLeaf{task: b.task, view: n.View, fields: n.Fields, env: b.env(), out: out}
	var now, waiting []expr.Expr
	for _, c := range expr.Conjuncts(n.Pred) {
		if len(b.scope.unknown(expr.Params(c))) > 0 {
			waiting = append(waiting, c)
		} else {
			now = append(now, c)
		}
	}
	if len(waiting) > 0 {
		// Rows that pass what can be told wait behind a gate for the rest, which needs columns that nobody else may.
		rest := &plan.Filter{Input: n, Pred: expr.All(waiting...)}
		sinks, err := b.operator(rest, &prune{n.Fields, out})
		if err != nil {
			return err
		}
		leaf.out = sinks[0]
		leaf.fields = leaf.fields.Add(expr.Columns(rest.Pred)...)
	}
	leaf.pred = expr.All(now...)
	leaf.need = leaf.fields
	if leaf.pred != nil {
		leaf.need = leaf.need.Add(expr.Columns(leaf.pred)...)
	}
	at := *b
	at.node = n
	leaf.kept = at.store()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scans = append(r.scans, leaf)
	leaf.task.leaves = append(leaf.task.leaves, leaf)
	return nil
}

// prune drops the columns that are not in a set.
type prune struct {
	fields event.FieldSet
	out    Sink
}

func (p *prune) Push(b *event.Batch) error { return p.out.Push(pruned(b, p.fields, nil)) }
func (p *prune) Close() error              { return p.out.Close() }

// pruned returns the given rows of b (nil: all) with the columns in fields.
func pruned(b *event.Batch, fields event.FieldSet, rows []int32) *event.Batch {
	all := true
	names := b.Names()
	keep := make([]bool, len(names))
	for i, n := range names {
		keep[i] = fields.Has(n)
		all = all && keep[i]
	}
	if !all {
		c := b.Derive()
		for i, n := range names {
			if keep[i] {
				c.Set(n, b.ColumnAt(i))
			}
		}
		b = c
	}
	if rows == nil || len(rows) == b.Len() {
		return b
	}
	return b.Gather(rows)
}

// A lane applies views and selects rows on one goroutine: it has its own views and its own programs.
type lane struct{ groups []*laneGroup }

// laneGroup is one view of a pass with the leaves that read it.
type laneGroup struct {
	name  string
	meter *cost.Meter
	view  View
	// ordered views gather what their late columns need, so that one instance has to see all batches in order: lanes share it,
	// and it is applied before they get the batch.
	ordered bool
	leaves  []*laneLeaf
	// dispatch chooses the leaves, by their place, that a batch can concern.
	dispatch *expr.Dispatch
}

type laneLeaf struct {
	*scanLeaf
	pred  *expr.Program // nil: every row
	meter *cost.Meter
	// first is an earlier leaf that selects the same rows with the same columns; nil when there is none. What the first of several
	// has taken of the batch at hand is for all of them.
	first *laneLeaf
	had   delivery
}

// A delivery is what a batch of the input gives one leaf.
type delivery struct {
	leaf  *scanLeaf
	batch *event.Batch
	err   error
}

// applied is what an ordered view has made of a batch.
type applied struct {
	batch *event.Batch
	err   error
}

// newLane binds the views of the leaves. A leaf whose view cannot be bound fails its task and is left out.
func (r *run) newLane(leaves []*scanLeaf) *lane {
	l := &lane{}
	var views []string
	by := map[string][]*scanLeaf{}
	for _, leaf := range leaves {
		if by[leaf.view] == nil {
			views = append(views, leaf.view)
		}
		by[leaf.view] = append(by[leaf.view], leaf)
	}
	for _, name := range views {
		g, err := r.bind(name, by[name])
		if err != nil {
			for _, leaf := range by[name] {
				leaf.task.fail(&scanError{name, err})
			}
			continue
		}
		l.groups = append(l.groups, g)
	}
	return l
}

// another returns a lane beside l, which shares its ordered views.
func (r *run) another(l *lane) (*lane, error) {
	m := &lane{}
	for _, g := range l.groups {
		leaves := make([]*scanLeaf, len(g.leaves))
		for i, leaf := range g.leaves {
			leaves[i] = leaf.scanLeaf
		}
		c := &laneGroup{name: g.name, meter: g.meter, view: g.view, ordered: g.ordered}
		if !g.ordered {
			var err error
			if c, err = r.bind(g.name, leaves); err != nil {
				return nil, err
			}
		} else {
			c.compile(leaves, r.opt.Unshared)
		}
		m.groups = append(m.groups, c)
	}
	return m, nil
}

func (r *run) bind(name string, leaves []*scanLeaf) (g *laneGroup, err error) {
	defer catch(&err)
	var need event.FieldSet
	for _, leaf := range leaves {
		need = need.Union(leaf.need)
	}
	view, err := r.opt.Views.Bind(name, need, r.opt.Env)
	if err != nil {
		return nil, err
	}
	g = &laneGroup{name: name, meter: r.opt.Env.Profile.Meter(cost.View, name), view: view, ordered: !view.Late().Empty()}
	g.compile(leaves, r.opt.Unshared)
	return g, nil
}

// compile prepares the predicates of the leaves: the part that can be told at once in the lane, the rest in the leaf.
// A leaf whose predicate does not compile fails its task and is left out.
func (g *laneGroup) compile(leaves []*scanLeaf, unshared bool) {
	late := g.view.Late()
	// Conditions can be shared by leaves that know the same parameters, as nearly all do.
	byEnv := map[*fn.Env][]*laneLeaf{}
	preds := map[*laneLeaf]expr.Expr{}
	for _, leaf := range leaves {
		ll := &laneLeaf{scanLeaf: leaf, meter: leaf.task.run.opt.Env.Profile.Meter(cost.Selection, leaf.task.job.Name)}
		g.leaves = append(g.leaves, ll)
		var now, rest []expr.Expr
		for _, c := range expr.Conjuncts(leaf.pred) {
			if slices.ContainsFunc(expr.Columns(c), late.Has) {
				rest = append(rest, c)
			} else {
				now = append(now, c)
			}
		}
		leaf.late = len(rest) > 0 || late.Has(LateRows) || slices.ContainsFunc(late.Names(), leaf.fields.Has)
		leaf.carries = leaf.fields
		if leaf.late {
			leaf.carries = leaf.need.Add("_*")
		}
		if len(now) > 0 {
			preds[ll] = expr.All(now...)
			byEnv[leaf.env] = append(byEnv[leaf.env], ll)
		}
		if len(rest) > 0 {
			var err error
			if leaf.lateness, err = expr.Compile(expr.All(rest...), leaf.env); err != nil {
				leaf.task.fail(err)
			}
		}
	}
	for env, same := range byEnv {
		es := make([]expr.Expr, len(same))
		for i, ll := range same {
			es[i] = preds[ll]
		}
		progs, errs := compileAll(es, env, unshared)
		for i, ll := range same {
			if errs[i] != nil {
				ll.task.fail(errs[i])
			}
			ll.pred = progs[i]
		}
	}
	g.leaves = slices.DeleteFunc(g.leaves, func(l *laneLeaf) bool { return l.task.failed() })
	progs := make([]*expr.Program, len(g.leaves))
	for i, ll := range g.leaves {
		if !unshared {
			progs[i] = ll.pred // else each is asked about every batch
		}
	}
	g.dispatch = expr.NewDispatch(progs)
	if !unshared {
		g.pair()
	}
}

// pair finds the leaves that select the same: rules over the same events, and the branches of one rule.
func (g *laneGroup) pair() {
	type key struct {
		env             *fn.Env
		pred            any
		fields, carries string
	}
	firsts := map[key]*laneLeaf{}
	for _, l := range g.leaves {
		k := key{l.env, l.pred.Identity(), l.fields.String(), l.carries.String()}
		if first := firsts[k]; first != nil {
			l.first = first
		} else {
			firsts[k] = l
		}
	}
}

func compileAll(es []expr.Expr, env *fn.Env, unshared bool) ([]*expr.Program, []error) {
	if !unshared {
		return expr.CompileAll(es, env)
	}
	progs, errs := make([]*expr.Program, len(es)), make([]error, len(es))
	for i, e := range es {
		progs[i], errs[i] = expr.Compile(e, env)
	}
	return progs, errs
}

// sources returns the fields of the input that the lane's views read.
func (l *lane) sources() event.FieldSet {
	var need event.FieldSet
	for _, g := range l.groups {
		need = need.Union(g.view.Sources())
	}
	return need
}

// take returns what a batch of the input gives the leaves, in the order in which they were made. ready holds what the ordered
// views have made of it, by group.
func (l *lane) take(b *event.Batch, ready []applied, to []delivery) []delivery {
	for i, g := range l.groups {
		if g.ordered {
			to = g.take(ready[i], to)
		} else {
			to = g.take(g.apply(b), to)
		}
	}
	return to
}

func (g *laneGroup) apply(b *event.Batch) (out applied) {
	defer catch(&out.err)
	t := g.meter.Start()
	out.batch = g.view.Apply(b)
	g.meter.Stop(t, b.Len())
	return out
}

func (g *laneGroup) take(in applied, to []delivery) []delivery {
	if in.err != nil {
		// A fault in the view concerns everyone who reads it.
		for _, leaf := range g.leaves {
			to = append(to, delivery{leaf: leaf.scanLeaf, err: in.err})
		}
		return to
	}
	if in.batch == nil || in.batch.Len() == 0 {
		return to
	}
	possible := g.dispatch.Possible(in.batch)
	for n, i := range possible {
		leaf := g.leaves[i]
		if n&15 == 15 && leaf.task.run.ctx.Err() != nil {
			break // nobody waits for the rest
		}
		first := leaf
		if leaf.first != nil {
			first = leaf.first // comes before, and is possible where leaf is
		} else {
			leaf.had.batch, leaf.had.err = leaf.take(in.batch)
		}
		if d := first.had; d.batch != nil || d.err != nil {
			to = append(to, delivery{leaf.scanLeaf, d.batch, d.err})
		}
	}
	for _, i := range possible {
		g.leaves[i].had = delivery{}
	}
	return to
}

// catch turns a panic of the function that defers it into an error.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = panicError{p, debug.Stack()}
	}
}

// take returns what a batch of the view has for the leaf, or nil.
func (l *laneLeaf) take(vb *event.Batch) (out *event.Batch, err error) {
	defer catch(&err)
	defer l.meter.Stop(l.meter.Start(), vb.Len())
	var rows []int32
	if l.pred != nil {
		if rows = l.pred.Select(vb, nil); len(rows) == 0 {
			return nil, nil
		}
	}
	return pruned(vb, l.carries, rows), nil
}

// deliver hands a batch to its leaf's plan.
func (d delivery) deliver() {
	leaf := d.leaf
	if leaf.done.Load() || leaf.task.failed() || leaf.task.run.ctx.Err() != nil {
		return
	}
	leaf.task.guard(func() error {
		switch {
		case d.err != nil:
			return d.err
		case leaf.late:
			return leaf.kept.add(d.batch)
		}
		defer leaf.task.meter.Stop(leaf.task.meter.Start(), d.batch.Len())
		return leaf.push(d.batch)
	})
}

func (l *scanLeaf) push(b *event.Batch) error {
	err := l.out.Push(b)
	if err == ErrEnough {
		return l.close()
	}
	return err
}

func (l *scanLeaf) close() error {
	if l.done.Swap(true) {
		return nil
	}
	return l.out.Close()
}

// finish adds the late columns to the rows that were kept, and ends the leaf.
func (l *scanLeaf) finish(view View) error {
	defer l.task.meter.Stop(l.task.meter.Start(), 0)
	err := l.kept.drain(func(b *event.Batch) error {
		if l.done.Load() {
			return ErrEnough
		}
		if b = view.Finish(b, l.need); b == nil {
			return nil
		}
		var rows []int32
		if l.lateness != nil {
			if rows = l.lateness.Select(b, nil); len(rows) == 0 {
				return nil
			}
		}
		return l.push(pruned(b, l.fields, rows))
	})
	if err != nil && err != ErrEnough {
		return err
	}
	return l.close()
}
