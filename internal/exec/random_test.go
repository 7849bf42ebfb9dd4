package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	. "github.com/harrier-detect/harrier/internal/exec/exectest"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// randomPlan makes plans out of all nodes over the columns a to e, P.a and _t.
type randomPlan struct {
	*rand.Rand
	lets int
	refs []string
}

func (r *randomPlan) one(names ...string) string { return names[r.IntN(len(names))] }

func (r *randomPlan) name() string { return r.one("a", "b", "c", "d", "e", "P.a", "_t", "a1", "n") }

func (r *randomPlan) names() []string {
	var out []string
	for range 1 + r.IntN(3) {
		out = append(out, r.name())
	}
	return out
}

func (r *randomPlan) value() expr.Expr {
	switch r.IntN(6) {
	case 0:
		return lit(int64(r.IntN(4)))
	case 1:
		return expr.Str(r.one("x", "y", "1"))
	case 2:
		return &expr.Case{Whens: []expr.When{{Cond: r.cond(), Then: col(r.name())}}, Else: lit(1)}
	}
	return col(r.name())
}

func (r *randomPlan) cond() expr.Expr {
	switch r.IntN(9) {
	case 0:
		return expr.F(IsNull, col(r.name()))
	case 1:
		return &expr.Not{Arg: r.cond()}
	case 2:
		return expr.All(r.cond(), r.cond())
	case 3:
		return expr.AnyOf(r.cond(), r.cond())
	case 4:
		return eq(col(r.name()), col(r.name()))
	case 5:
		return gt(col(r.name()), lit(int64(r.IntN(3))))
	case 6:
		if r.lets > 0 {
			return eq(col(r.name()), &expr.Param{Name: fmt.Sprint("p", r.IntN(r.lets))})
		}
	}
	return eq(col(r.name()), r.value())
}

func (r *randomPlan) group() plan.Grouping {
	g := plan.Grouping{DropNull: r.IntN(2) == 0, SplitLists: r.IntN(2) == 0, DedupLists: r.IntN(2) == 0}
	seen := map[string]bool{}
	for range r.IntN(3) {
		if n := r.name(); !seen[n] {
			seen[n] = true
			g.By = append(g.By, plan.Named{Name: n, Expr: col(n)})
		}
	}
	return g
}

func (r *randomPlan) aggs(over bool) []plan.AggItem {
	all := []plan.AggItem{{As: "n", Fn: Count}, {As: "a1", Fn: Sum, Args: cols(r.name())}, {As: "f", Fn: First, Args: cols(r.name())}, {As: "b", Fn: CountOf, Args: cols(r.name())}}
	if over {
		all = append(all, plan.AggItem{As: "*", Fn: r.oneAgg(), Over: r.one("*", "a*")}, plan.AggItem{As: "o_*", Fn: RowsOf, Over: "*"})
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+r.IntN(2)]
}

func (r *randomPlan) oneAgg() *fn.Agg {
	if r.IntN(2) == 0 {
		return List
	}
	return CountOf
}

func (r *randomPlan) leaf() plan.Node {
	switch r.IntN(8) {
	case 0:
		b := event.NewBatch(2)
		b.Set("a", event.NewAny([]event.Value{event.IntOf(1), event.StringOf("x")}))
		b.Set("c", event.NewConstant(event.IntOf(2), 2))
		return &plan.Values{Label: "two", Rows: b}
	case 1:
		if len(r.refs) > 0 {
			return &plan.Ref{Name: r.refs[r.IntN(len(r.refs))]}
		}
	case 2:
		return &plan.Scan{View: "test", Fields: event.Fields("a", "b", "_t"), Pred: r.cond()}
	}
	return &plan.Scan{View: r.one("test", "other"), Fields: event.AllFields}
}

func (r *randomPlan) node(depth int) plan.Node {
	if depth == 0 {
		return r.leaf()
	}
	in := func() plan.Node { return r.node(depth - 1) }
	coin := func() bool { return r.IntN(2) == 0 }
	switch r.IntN(28) {
	case 0, 1, 2:
		return &plan.Filter{Input: in(), Pred: r.cond()}
	case 3, 4:
		return &plan.Extend{Input: in(), Items: []plan.Named{{Name: r.name(), Expr: r.value()}, {Name: r.name() + "x", Expr: r.value()}}}
	case 5, 6:
		p := &plan.Project{Input: in()}
		for i, n := range r.names() {
			p.Items = append(p.Items, plan.Named{Name: r.one(n, fmt.Sprint("c", i)), Expr: col(n)})
		}
		return p
	case 7:
		patterns := r.names()
		if coin() {
			patterns = append(patterns, r.one("a*", "*a", "c*"))
		}
		return &plan.Select{Input: in(), Mode: plan.SelectMode(r.IntN(4)), Patterns: patterns, KeepInternal: coin()}
	case 8, 9:
		pairs := []plan.RenamePair{{From: r.name(), To: r.name()}, {From: r.name(), To: r.name()}}
		if coin() {
			pairs = append(pairs, plan.RenamePair{From: "P.*", To: "*"})
		}
		return &plan.Rename{Input: in(), Pairs: pairs}
	case 10, 11:
		return &plan.Sort{Input: in(), Limit: r.IntN(2) * r.IntN(4), Keys: []plan.SortKey{{Expr: col(r.name()), Desc: coin(), NullsFirst: coin(), Collation: plan.Collation(r.IntN(5))}, {Expr: col(r.name())}}}
	case 12:
		l := &plan.Limit{Input: in(), N: r.IntN(5), Last: coin()}
		if !l.Last && coin() {
			l.While = r.cond()
		}
		return l
	case 13:
		return &plan.Reverse{Input: in()}
	case 14:
		return &plan.Dedup{Input: in(), Keys: cols(r.name(), r.name()), N: 1 + r.IntN(2), KeepEmpty: coin(), NullsEqual: coin(), Consecutive: coin(), Blank: coin()}
	case 15:
		return &plan.Expand{Input: in(), Columns: []plan.ExpandColumn{{Name: "d", Expr: col("d")}}, KeepEmpty: coin()}
	case 16:
		f := &plan.Fill{Input: in(), Value: event.IntOf(0), Down: coin(), Create: coin()}
		if coin() {
			f.Columns = r.names()
		}
		return f
	case 17, 18, 19:
		return &plan.Aggregate{Input: in(), Group: r.group(), Aggs: r.aggs(true), Sorted: coin(), EmptyRow: coin()}
	case 20:
		return &plan.Attach{Input: in(), Group: r.group(), Aggs: r.aggs(coin())}
	case 21:
		return &plan.Running{Input: in(), Group: r.group(), Aggs: r.aggs(coin()), Current: coin(), Window: r.IntN(3), GlobalWindow: coin(), ResetOnChange: coin()}
	case 22:
		return &plan.Shift{Input: in(), Items: []plan.ShiftItem{{As: r.name(), Expr: r.value(), By: r.IntN(5) - 2}, {As: "s", Expr: r.value(), By: -1}}}
	case 23, 24:
		j := &plan.Join{Left: in(), Right: in(), Kind: plan.JoinKind(r.IntN(9)), NullsMatch: coin(), Max: r.IntN(2), Clash: plan.Clash(r.IntN(3))}
		if r.IntN(4) == 0 {
			j.LeftPrefix, j.RightPrefix = "L.", "R."
		}
		j.LeftKeys, j.RightKeys = cols(r.name()), cols(r.name())
		return j
	case 25:
		u := &plan.Union{Sources: []plan.Node{in(), in()}}
		if coin() {
			u.OriginAs, u.Names = "a", []string{"x", "1"}
		}
		return u
	case 26:
		if coin() {
			return &plan.Beside{Left: in(), Right: in(), Override: coin()}
		}
		input := in()
		r.refs = append(r.refs, "tee")
		branch := in()
		r.refs = r.refs[:len(r.refs)-1]
		return &plan.Tee{Input: input, Name: "tee", Branch: branch}
	}
	return r.let(in)
}

func (r *randomPlan) let(in func() plan.Node) plan.Node {
	l := &plan.Let{Bindings: []plan.Binding{{Name: fmt.Sprint("p", r.lets), Plan: &plan.Project{Input: in(), Items: []plan.Named{{Name: "v", Expr: col(r.name())}}}}, {Name: "t", Kind: plan.BindTable, Plan: in()}}}
	r.lets++
	r.refs = append(r.refs, "t")
	l.Body = in()
	r.lets--
	r.refs = r.refs[:len(r.refs)-1]
	return l
}

func (r *randomPlan) events() []event.Bag {
	var out []event.Bag
	for range r.IntN(12) {
		var b event.Bag
		for _, n := range []string{"a", "b", "c", "d", "e", "P.a", "_t"} {
			var v event.Value
			switch r.IntN(8) {
			case 0, 1, 2:
				v = event.IntOf(int64(r.IntN(4)))
			case 3, 4:
				v = event.StringOf(r.one("x", "y", "1", "10", "9"))
			case 5:
				v = event.ListOf([]event.Value{event.IntOf(1), event.StringOf(r.one("x", "y"))})
			case 6:
				v = event.NullValue
			default:
				continue
			}
			b = append(b, event.Field{Name: n, Value: v})
		}
		out = append(out, b)
	}
	return out
}

func tryRandom(t *testing.T, seed uint64) {
	r := &randomPlan{Rand: rand.New(rand.NewPCG(seed, 0))}
	c := Case{Events: r.events(), Optimize: optimize}
	n := r.node(1 + r.IntN(4))
	if _, err := Run(t, n, c); err != nil && !strings.Contains(err.Error(), "parameter") {
		t.Errorf("seed %d: %v\n%s", seed, err, plan.String(n))
	}
}

// TestRandomPlans demands that no batch size, split, worker count or optimisation shows in the answer of any plan.
func TestRandomPlans(t *testing.T) {
	for seed := range uint64(600) {
		if tryRandom(t, seed); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestMemoryBooks demands that operators give back all that they have booked.
func TestMemoryBooks(t *testing.T) {
	for seed := range uint64(300) {
		r := &randomPlan{Rand: rand.New(rand.NewPCG(seed, 0))}
		batches := Batches(t, r.events(), 3)
		n := r.node(1 + r.IntN(4))
		jobs := []*exec.Job{{Plan: n, Out: &exec.Collector{}}}
		used, err := exec.RunMeasured(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(batches), BatchRows: 2})
		if err != nil || used != 0 {
			t.Fatalf("seed %d: %v, %d bytes are still booked\n%s", seed, err, used, plan.String(n))
		}
	}
}

func FuzzPlans(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64) { tryRandom(t, seed) })
}
