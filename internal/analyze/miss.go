package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A Selection is a run of filters of a plan, with nothing between them that makes other rows: what one row has to satisfy. It
// is made to run with Plan, whose rows its Push counts, so that it says how near rows came.
type Selection struct {
	// Over says what the selection is over: the name of a view, or the kind of the node below ("aggregate", "join").
	Over string
	// Main says that what the selection keeps is the query's result, or what its result is joined and added to.
	Main bool
	// Conditions are the conjuncts of its filters, from the first filter on.
	Conditions []Condition
	// Plan gives each row of the input with what every condition came to.
	Plan plan.Node

	// Rows and Passed count what came in and what satisfied all conditions.
	Rows, Passed int
	// Best is the greatest number of conditions that a row satisfied without satisfying all, Near how many rows did.
	Best, Near int
	// Misses are some of those rows.
	Misses []Miss
	// Watch names records of interest; what became of the rows that they are behind is in Watched, as many as maxWatched. Rows that
	// satisfy all conditions are there with nothing in Failed.
	Watch   map[event.Origin]bool
	Watched []Miss
	seen    map[string]bool
}

// Condition is one conjunct of a selection.
type Condition struct {
	Text string
	// Held counts the rows that satisfy it, Alone those that satisfy all conditions but it.
	Held, Alone int
	columns     []string
	reads       []int // where the columns' values are among the hidden columns
}

// Miss is a row that satisfied nearly all conditions.
type Miss struct {
	Origins []event.Origin
	// Failed are the indices of the conditions that did not hold, and Values what their columns held.
	Failed []int
	Values []ColumnValue
}

// ColumnValue is a column of a row and its value, missing when the row has none.
type ColumnValue struct {
	Column string
	Value  event.Value
}

const (
	maxMisses     = 5
	maxWatched    = 4096
	maxSelections = 32
	maxRead       = 4    // columns of one condition whose values are shown
	maxShown      = 4096 // bytes of a value
	mark          = "\x02miss."
)

// Selections finds the selections of a plan as lowering gives it, leaves first.
func Selections(n plan.Node) []*Selection {
	w := &selectionWalk{}
	w.walk(n, nil, true)
	return w.out
}

type selectionWalk struct{ out []*Selection }

// scope are the bindings around a node, outermost first.
type scope []*plan.Let

// whole puts the bindings that a part of a plan needs around it.
func (s scope) whole(n plan.Node) plan.Node {
	needs := false
	plan.Walk(n, func(n plan.Node) bool {
		_, ref := n.(*plan.Ref)
		needs = needs || ref || len(plan.Params(n)) > 0
		return !needs
	})
	if needs {
		for _, l := range slices.Backward(s) {
			if len(l.Bindings) > 0 {
				n = &plan.Let{Bindings: l.Bindings, Body: n}
			}
		}
	}
	return n
}

func (w *selectionWalk) walk(n plan.Node, s scope, main bool) {
	switch x := n.(type) {
	case *plan.Let:
		for i, b := range x.Bindings {
			w.walk(b.Plan, append(slices.Clip(s), &plan.Let{Bindings: x.Bindings[:i]}), false)
		}
		w.walk(x.Body, append(slices.Clip(s), x), main)
		return
	case *plan.Tee:
		w.walk(x.Input, s, main) // the branch reads the rows so far and does not stand by itself
		return
	}
	base, chain := run(n)
	if scan, ok := base.(*plan.Scan); ok && scan.Pred != nil {
		// What stands at the scan already is a filter like the others.
		pred := scan.Pred
		bare := *scan
		bare.Pred, bare.Fields = nil, scan.Fields.Add(expr.Columns(pred)...)
		base, chain = &bare, append(chain, &plan.Filter{Input: &bare, Pred: pred})
	}
	if slices.ContainsFunc(chain, func(n plan.Node) bool { _, is := n.(*plan.Filter); return is }) {
		w.inputs(base, s, main)
		if len(w.out) < maxSelections {
			sel := selection(base, chain, s)
			sel.Main = main
			w.out = append(w.out, sel)
		}
		return
	}
	w.inputs(n, s, main)
}

// inputs walks what a node takes its rows from; of several inputs the first is the main one.
func (w *selectionWalk) inputs(n plan.Node, s scope, main bool) {
	_, dynamic := n.(*plan.Dynamic)
	for i, in := range n.Inputs() {
		w.walk(in, s, main && i == 0 && !dynamic)
	}
}

// run splits off the nodes above the first one that makes other rows than its input's, top first.
func run(n plan.Node) (base plan.Node, chain []plan.Node) {
	for {
		switch x := n.(type) {
		case *plan.Filter, *plan.Extend, *plan.Project, *plan.Rename, *plan.Select:
		case *plan.Sort:
			if x.Limit > 0 {
				return n, chain
			}
		default:
			return n, chain
		}
		chain = append(chain, n)
		n = n.Inputs()[0]
	}
}

// selection rebuilds a run of nodes so that filters note what their conditions came to and keep every row.
func selection(base plan.Node, chain []plan.Node, s scope) *Selection {
	sel := &Selection{Over: overOf(base), seen: map[string]bool{}}
	var names []string // hidden columns so far
	n := base
	for _, at := range slices.Backward(chain) {
		switch x := at.(type) {
		case *plan.Filter:
			var items []plan.Named
			add := func(e expr.Expr) int {
				name := fmt.Sprintf("%s%d", mark, len(names))
				names = append(names, name)
				items = append(items, plan.Named{Name: name, Expr: e})
				return len(names) - 1
			}
			for _, c := range expr.Conjuncts(x.Pred) {
				cond := Condition{Text: Describe(c), columns: expr.Columns(c)}
				cond.columns = slices.DeleteFunc(cond.columns, hidden)
				cond.columns = cond.columns[:min(len(cond.columns), maxRead)]
				cond.reads = append(cond.reads, add(c))
				for _, col := range cond.columns {
					cond.reads = append(cond.reads, add(expr.C(col)))
				}
				sel.Conditions = append(sel.Conditions, cond)
			}
			n = &plan.Extend{Input: n, Items: items}
		case *plan.Project:
			items := slices.Clone(x.Items)
			for _, name := range names {
				items = append(items, plan.Named{Name: name, Expr: expr.C(name)})
			}
			n = &plan.Project{Input: n, Items: items}
		case *plan.Select:
			y := *x
			y.Input = n
			if x.Mode == plan.Keep || x.Mode == plan.Table {
				y.Patterns = append(slices.Clone(x.Patterns), names...)
			}
			n = &y
		case *plan.Sort: // order is nothing to a count
		default:
			n = at.With(n)
		}
	}
	var items []plan.Named
	for _, name := range names {
		items = append(items, plan.Named{Name: name, Expr: expr.C(name)})
	}
	sel.Plan = s.whole(&plan.Project{Input: n, Items: items})
	return sel
}

func overOf(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Scan:
		return n.View
	case *plan.Dynamic:
		return "what a subsearch selects"
	case *plan.Ref:
		return n.Name
	}
	head, _, _ := strings.Cut(n.Head(), " ")
	return head
}

// Push implements the sink of the selection's plan.
func (s *Selection) Push(b *event.Batch) error {
	cols := make([][]*event.Column, len(s.Conditions))
	for i, c := range s.Conditions {
		for _, r := range c.reads {
			cols[i] = append(cols[i], b.Column(fmt.Sprintf("%s%d", mark, r)))
		}
	}
	held := make([]bool, len(s.Conditions))
	for row := range b.Len() {
		n := 0
		for i := range s.Conditions {
			held[i] = cols[i][0] != nil && cols[i][0].Value(row).IsTrue()
			if held[i] {
				s.Conditions[i].Held++
				n++
			}
		}
		s.Rows++
		s.watch(b, row, held, cols)
		if n == len(held) {
			s.Passed++
			continue
		}
		if n == len(held)-1 {
			s.Conditions[slices.Index(held, false)].Alone++
		}
		s.miss(b, row, n, held, cols)
	}
	return nil
}

// Close implements the sink of the selection's plan.
func (s *Selection) Close() error { return nil }

// miss keeps a row when no row came nearer.
func (s *Selection) miss(b *event.Batch, row, n int, held []bool, cols [][]*event.Column) {
	switch {
	case n < s.Best || n == 0 && len(held) > 1: // of a single condition, any row that fails it tells something
		return
	case n > s.Best:
		s.Best, s.Near, s.Misses = n, 0, nil
		clear(s.seen)
	}
	s.Near++
	if len(s.Misses) >= maxMisses {
		return
	}
	m, key := s.failed(b, row, held, cols)
	if s.seen[key] { // many events fail in the same way: one of them will do
		return
	}
	s.seen[key] = true
	s.Misses = append(s.Misses, m)
}

// watch notes what became of a row of a watched record.
func (s *Selection) watch(b *event.Batch, row int, held []bool, cols [][]*event.Column) {
	if len(s.Watch) == 0 || len(s.Watched) >= maxWatched {
		return
	}
	if slices.ContainsFunc(b.Lineage.Of(row), func(o event.Origin) bool { return s.Watch[o] }) {
		m, _ := s.failed(b, row, held, cols)
		s.Watched = append(s.Watched, m)
	}
}

// failed tells which conditions a row failed; key is the same for rows that fail in the same way.
func (s *Selection) failed(b *event.Batch, row int, held []bool, cols [][]*event.Column) (m Miss, key string) {
	var k strings.Builder
	for i, ok := range held {
		if ok {
			continue
		}
		m.Failed = append(m.Failed, i)
		fmt.Fprintf(&k, "%d:", i)
		for j, name := range s.Conditions[i].columns {
			var v event.Value
			if c := cols[i][j+1]; c != nil {
				v = c.Value(row)
			}
			if slices.ContainsFunc(m.Values, func(cv ColumnValue) bool { return cv.Column == name }) {
				continue
			}
			if v.Kind() == event.String && len(v.Str()) > maxShown {
				v = event.StringOf(strings.ToValidUTF8(v.Str()[:maxShown], "") + "…")
			}
			m.Values = append(m.Values, ColumnValue{name, v})
			fmt.Fprintf(&k, "%s=%q;", name, v.String())
		}
	}
	m.Origins = slices.Clone(b.Lineage.Of(row))
	return m, k.String()
}

// Lost lists the conditions that no row satisfied.
func (s *Selection) Lost() []string {
	var out []string
	for _, c := range s.Conditions {
		if c.Held == 0 {
			out = append(out, c.Text)
		}
	}
	return out
}

// A Side is one input of a join.
type Side struct {
	Join string // the kind, with the keys
	Name string // left or right
	Plan plan.Node
}

// Sides returns both inputs of every join of a plan, ready to be run for the number of their rows.
func Sides(n plan.Node) []Side {
	var out []Side
	var walk func(n plan.Node, s scope)
	walk = func(n plan.Node, s scope) {
		switch x := n.(type) {
		case *plan.Let:
			for i, b := range x.Bindings {
				walk(b.Plan, append(slices.Clip(s), &plan.Let{Bindings: x.Bindings[:i]}))
			}
			walk(x.Body, append(slices.Clip(s), x))
			return
		case *plan.Tee:
			walk(x.Input, s)
			return
		case *plan.Join:
			walk(x.Left, s)
			walk(x.Right, s)
			if len(out) < 2*maxSelections {
				var keys []string
				for _, k := range x.LeftKeys {
					keys = append(keys, expr.Print(k))
				}
				name := x.Kind.String() + " join on " + strings.Join(keys, ", ")
				out = append(out, Side{name, "left", s.whole(Bare(x.Left))}, Side{name, "right", s.whole(Bare(x.Right))})
			}
			return
		}
		for _, in := range n.Inputs() {
			walk(in, s)
		}
	}
	walk(n, nil)
	return out
}

// Bare makes a plan give its rows without columns that cost anything, for counting.
func Bare(n plan.Node) plan.Node {
	return &plan.Project{Input: n, Items: []plan.Named{{Name: mark + "row", Expr: expr.L(event.BoolOf(true))}}}
}
