package exec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	. "github.com/harrier-detect/harrier/internal/exec/exectest"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

func cols(names ...string) []expr.Expr {
	var out []expr.Expr
	for _, n := range names {
		out = append(out, col(n))
	}
	return out
}

// only keeps the named columns of n.
func only(n plan.Node, names ...string) plan.Node {
	p := &plan.Project{Input: n}
	for _, c := range names {
		p.Items = append(p.Items, plan.Named{Name: c, Expr: col(c)})
	}
	return p
}

func values(t *testing.T, lines string) plan.Node {
	return &plan.Values{Label: "test", Rows: Batches(t, Events(t, lines), 1000)[0]}
}

func where(n plan.Node, pred expr.Expr) plan.Node { return &plan.Filter{Input: n, Pred: pred} }

func TestDedup(t *testing.T) {
	const in = `{"i":1,"a":"x","b":1}
{"i":2,"a":"x","b":1}
{"i":3,"b":1}
{"i":4,"a":"y","b":1}
{"i":5,"b":1}
{"i":6,"a":"x","b":2}
{"i":7,"a":"x","b":1}
{"i":8,"a":["x"],"b":1}`
	f := func(d plan.Dedup, want string) {
		t.Helper()
		d.Input = scan()
		check(t, in, only(&d, "i", "a"), "i a\n"+strings.ReplaceAll(want, "; ", "\n"))
	}
	f(plan.Dedup{Keys: cols("a", "b"), N: 1}, `1 "x"; 4 "y"; 6 "x"; 8 ["x"]`)
	f(plan.Dedup{Keys: cols("a"), N: 2}, `1 "x"; 2 "x"; 4 "y"; 8 ["x"]`)
	f(plan.Dedup{Keys: cols("a"), N: 1, KeepEmpty: true}, `1 "x"; 3 null; 4 "y"; 5 null; 8 ["x"]`)
	f(plan.Dedup{Keys: cols("a"), N: 1, NullsEqual: true}, `1 "x"; 3 null; 4 "y"; 8 ["x"]`)
	f(plan.Dedup{Keys: cols("a"), N: 1, Consecutive: true}, `1 "x"; 4 "y"; 6 "x"; 8 ["x"]`)
	f(plan.Dedup{Keys: cols("a"), N: 1, Blank: true}, `1 "x"; 2 null; 4 "y"; 6 null; 7 null; 8 ["x"]`)
}

func TestExpand(t *testing.T) {
	const in = `{"i":1,"l":["a","b","c"],"m":[1,2]}
{"i":2,"l":[],"m":null}
{"i":3,"l":"z"}
{"i":4,"l":{"p":1,"q":2}}`
	f := func(e plan.Expand, want string) {
		t.Helper()
		e.Input = scan()
		check(t, in, only(&e, "i", "l", "m", "at"), "i l m at\n"+strings.ReplaceAll(want, "; ", "\n"))
	}
	l := plan.ExpandColumn{Name: "l", Expr: col("l")}
	m := plan.ExpandColumn{Name: "m", Expr: col("m")}
	f(plan.Expand{Columns: []plan.ExpandColumn{l}}, `1 "a" [1,2] null; 1 "b" [1,2] null; 1 "c" [1,2] null; 3 "z" null null; 4 {"p":1,"q":2} null null`)
	f(plan.Expand{Columns: []plan.ExpandColumn{l, m}, KeepEmpty: true, IndexAs: "at"},
		`1 "a" 1 0; 1 "b" 2 1; 1 "c" null 2; 2 null null null; 3 "z" null 0; 4 {"p":1,"q":2} null 0`)
	f(plan.Expand{Columns: []plan.ExpandColumn{l}, Bags: true, RowLimit: 1}, `1 "a" [1,2] null; 3 "z" null null; 4 {"p":1} null null`)
	f(plan.Expand{Columns: []plan.ExpandColumn{l}, Pairs: true, RowLimit: 2}, `1 "a" [1,2] null; 1 "b" [1,2] null; 3 "z" null null; 4 ["p",1] null null; 4 ["q",2] null null`)
}

func TestSpread(t *testing.T) {
	const in = `{"i":1,"o":{"a":1,"i":9}}
{"i":2,"o":{"b":"x","i":null}}
{"i":3,"o":null}
{"o":{"i":7}}`
	f := func(s plan.Spread, want string) {
		t.Helper()
		s.Input, s.Expr = scan(), col("o")
		check(t, in, &s, strings.ReplaceAll(want, "; ", "\n"))
	}
	f(plan.Spread{Drop: "o"}, `a b i; 1 null 9; null "x" 2; null null 3; null null 7`)
	f(plan.Spread{Drop: "o", Keep: true}, `a b i; 1 null 1; null "x" 2; null null 3; null null 7`)
	f(plan.Spread{Drop: "o", Prefix: "o."}, `i o.a o.b o.i; 1 1 null 9; 2 null "x" null; 3 null null null; null null null 7`)
}

func TestFill(t *testing.T) {
	const in = `{"a":1}
{"b":"x"}
{"a":3,"c":null}
{"b":"y"}`
	f := func(s plan.Fill, want string) {
		t.Helper()
		s.Input, s.Value = scan(), event.IntOf(0)
		check(t, in, &s, strings.ReplaceAll(want, "; ", "\n"))
	}
	f(plan.Fill{}, `a b c; 1 0 0; 0 "x" 0; 3 0 0; 0 "y" 0`)
	f(plan.Fill{Columns: []string{"b", "zoo"}}, `a b c; 1 0 null; null "x" null; 3 0 null; null "y" null`)
	f(plan.Fill{Columns: []string{"b", "zoo"}, Create: true}, `b zoo a c; 0 0 1 null; "x" 0 null null; 0 0 3 null; "y" 0 null null`)
	f(plan.Fill{Columns: []string{"a*"}}, `a b c; 1 null null; 0 "x" null; 3 null null; 0 "y" null`)
	f(plan.Fill{Down: true}, `a b c; 1 null null; 1 "x" null; 3 "x" null; 3 "y" null`)
	f(plan.Fill{Down: true, Columns: []string{"a"}}, `a b c; 1 null null; 1 "x" null; 3 null null; 3 "y" null`)
}

func TestAttach(t *testing.T) {
	g := by("city")
	g.DropNull = true
	check(t, people, only(&plan.Attach{Input: scan(), Group: g, Aggs: []plan.AggItem{{As: "n", Fn: Count}, {As: "age", Fn: Sum, Args: cols("age")}}}, "name", "age", "n"), `
name age n
"ann" 30 2
"bob" 55 2
"cid" 55 2
"dan" 30 2
"eve" null null`)
	check(t, people, only(&plan.Attach{Input: scan(), Aggs: []plan.AggItem{{As: "n_*", Fn: CountOf, Over: "*"}}}, "name", "n_age", "n_dog", "n_none"), `
name n_age n_dog n_none
"ann" 4 2 null
"bob" 4 2 null
"cid" 4 2 null
"dan" 4 2 null
"eve" 4 2 null`)
}

func TestRunning(t *testing.T) {
	const in = `{"t":0,"k":"a","v":1}
{"t":10,"k":"b","v":2}
{"t":20,"k":"a","v":3}
{"t":30,"k":"a","v":4}
{"t":100,"k":"b","v":5}
{"t":110,"v":6}`
	f := func(r plan.Running, want string) {
		t.Helper()
		r.Input = scan()
		r.Aggs = []plan.AggItem{{As: "n", Fn: Count}, {As: "s", Fn: Sum, Args: cols("v")}}
		check(t, in, only(&r, "n", "s"), "n s\n"+strings.ReplaceAll(want, "; ", "\n"))
	}
	k := by("k")
	k.DropNull = true
	f(plan.Running{Current: true}, `1 1; 2 3; 3 6; 4 10; 5 15; 6 21`)
	f(plan.Running{}, `0 null; 1 1; 2 3; 3 6; 4 10; 5 15`)
	f(plan.Running{Current: true, Group: k}, `1 1; 1 2; 2 4; 3 8; 2 7; null null`)
	f(plan.Running{Current: true, Window: 2}, `1 1; 2 3; 2 5; 2 7; 2 9; 2 11`)
	f(plan.Running{Window: 2}, `0 null; 1 1; 2 3; 2 5; 2 7; 2 9`)
	f(plan.Running{Current: true, Window: 2, Group: k}, `1 1; 1 2; 2 4; 2 7; 2 7; null null`)
	f(plan.Running{Current: true, Window: 2, Group: k, GlobalWindow: true}, `1 1; 1 2; 1 3; 2 7; 1 5; null null`)
	f(plan.Running{Current: true, TimeWindow: 20 * event.TicksPerSecond, Time: col("t")}, `1 1; 2 3; 3 6; 3 9; 1 5; 2 11`)
	f(plan.Running{Current: true, Group: by("k"), ResetOnChange: true}, `1 1; 1 2; 1 3; 2 7; 1 5; 1 6`)
	f(plan.Running{Current: true, ResetBefore: eq(col("v"), lit(3))}, `1 1; 2 3; 1 3; 2 7; 3 12; 4 18`)
	f(plan.Running{Current: true, ResetAfter: eq(col("v"), lit(3))}, `1 1; 2 3; 3 6; 1 4; 2 9; 3 15`)
	f(plan.Running{Current: true, ResetAfter: gt(col("s"), lit(5))}, `1 1; 2 3; 3 6; 1 4; 2 9; 1 6`)
	over := &plan.Running{Input: scan(), Current: true, Aggs: []plan.AggItem{{As: "s_*", Fn: Sum, Over: "*"}}}
	check(t, in, only(over, "s_k", "s_t", "s_v"), "s_k s_t s_v\nnull 0 1\nnull 10 3\nnull 30 6\nnull 60 10\nnull 160 15\nnull 270 21")
}

func TestShift(t *testing.T) {
	items := []plan.ShiftItem{{As: "p", Expr: col("name"), By: -1}, {As: "p2", Expr: col("age"), By: -2, Default: lit(0)}}
	check(t, people, only(&plan.Shift{Input: scan(), Items: items}, "name", "p", "p2"), `
name p p2
"ann" null 0
"bob" "ann" 0
"cid" "bob" 30
"dan" "cid" 25
"eve" "dan" 30`)
	items = append(items, plan.ShiftItem{As: "n", Expr: col("name"), By: 3, Default: col("name")})
	check(t, people, only(&plan.Shift{Input: scan(), Items: items}, "name", "p", "p2", "n"), `
name p p2 n
"ann" null 0 "dan"
"bob" "ann" 0 "eve"
"cid" "bob" 30 "cid"
"dan" "cid" 25 "dan"
"eve" "dan" 30 "eve"`)
}

func TestJoin(t *testing.T) {
	const in = `{"side":"l","k":1,"v":"a"}
{"side":"l","k":1,"v":"b"}
{"side":"r","k":1,"v":"x","w":5}
{"side":"l","k":2,"v":"c"}
{"side":"r","k":3,"v":"y","w":6}
{"side":"r","k":1,"v":"z"}
{"side":"l","v":"d"}
{"side":"r","v":"n"}`
	side := func(s string) plan.Node { return where(scan(), eq(col("side"), expr.Str(s))) }
	f := func(j plan.Join, want string) {
		t.Helper()
		want = strings.ReplaceAll(want, "; ", "\n")
		j.Left, j.Right = only(side("l"), "k", "v"), only(side("r"), "k", "v", "w")
		if j.LeftKeys == nil {
			j.LeftKeys, j.RightKeys = cols("k"), cols("k")
		}
		check(t, in, &j, want)
		// The same with a right side that has ended before the left one begins, so that the left side streams.
		rows := Rows(t, j.Right, Case{Events: Events(t, in)})
		j.Right = &plan.Values{Rows: rows}
		check(t, in, &j, want)
		// And with sides whose columns are not known before.
		j.Left, j.Right = &plan.Select{Input: side("l"), Patterns: []string{"k", "v"}}, &plan.Select{Input: side("r"), Patterns: []string{"k", "v", "w"}}
		check(t, in, &j, want)
	}
	f(plan.Join{Kind: plan.Inner}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "a" 1 "z" null; 1 "b" 1 "x" 5; 1 "b" 1 "z" null`)
	f(plan.Join{Kind: plan.Inner, Max: 1, Clash: plan.ClashOverwrite}, `k v w; 1 "x" 5; 1 "x" 5`)
	f(plan.Join{Kind: plan.Inner, Max: 1, Clash: plan.ClashKeepLeft}, `k v w; 1 "a" 5; 1 "b" 5`)
	f(plan.Join{Kind: plan.LeftOuter, Max: 1, Clash: plan.ClashOverwrite}, `k v w; 1 "x" 5; 1 "x" 5; 2 "c" null; null "d" null`)
	f(plan.Join{Kind: plan.Inner, Clash: plan.ClashKeepLeft, Order: &plan.JoinOrder{Left: lit(5), Right: col("w")}}, `k v w; 1 "a" 5; 1 "a" null; 1 "b" 5; 1 "b" null`)
	f(plan.Join{Kind: plan.LeftOuter, Clash: plan.ClashKeepLeft, Order: &plan.JoinOrder{Left: lit(4), Right: col("w")}}, `k v w; 1 "a" null; 1 "b" null; 2 "c" null; null "d" null`)
	f(plan.Join{Kind: plan.InnerUnique}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "a" 1 "z" null`)
	f(plan.Join{Kind: plan.RightOuter}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "a" 1 "z" null; 1 "b" 1 "x" 5; 1 "b" 1 "z" null; null null 3 "y" 6; null null null "n" null`)
	f(plan.Join{Kind: plan.FullOuter, Max: 1}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "b" 1 "x" 5; 2 "c" null null null; null "d" null null null; null null 3 "y" 6; null null 1 "z" null; null null null "n" null`)
	f(plan.Join{Kind: plan.Inner, Max: 1, NullsMatch: true}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "b" 1 "x" 5; null "d" null "n" null`)
	f(plan.Join{Kind: plan.LeftSemi}, `k v; 1 "a"; 1 "b"`)
	f(plan.Join{Kind: plan.LeftAnti}, `k v; 2 "c"; null "d"`)
	f(plan.Join{Kind: plan.RightSemi}, `k v w; 1 "x" 5; 1 "z" null`)
	f(plan.Join{Kind: plan.RightAnti, RightPrefix: "R."}, `R.k R.v R.w; 3 "y" 6; null "n" null`)
	f(plan.Join{Kind: plan.Inner, Max: 1, LeftPrefix: "L.", RightPrefix: "R."}, `L.k L.v R.k R.v R.w; 1 "a" 1 "x" 5; 1 "b" 1 "x" 5`)
	f(plan.Join{Kind: plan.Inner, Max: 1, LeftKeys: []expr.Expr{}, RightKeys: []expr.Expr{}}, `k v k1 v1 w; 1 "a" 1 "x" 5; 1 "b" 1 "x" 5; 2 "c" 1 "x" 5; null "d" 1 "x" 5`)
	f(plan.Join{Kind: plan.LeftSemi, LeftKeys: cols("k", "v"), RightKeys: []expr.Expr{col("k"), expr.Str("b")}}, `k v; 1 "b"`)
}

func TestUnionBesideTee(t *testing.T) {
	adults := where(scan(), gt(col("age"), lit(20)))
	dogs := where(scan(), &expr.Not{Arg: expr.F(IsNull, col("dog"))})
	check(t, people, only(&plan.Union{Sources: []plan.Node{dogs, values(t, `{"name":"zed"}`), adults}, OriginAs: "from", Names: []string{"d", "v", "a"}}, "name", "from"), `
name from
"bob" "d"
"dan" "d"
"zed" "v"
"ann" "a"
"bob" "a"
"cid" "a"`)
	check(t, people, &plan.Beside{Left: only(adults, "name", "dog"), Right: only(dogs, "name", "dog")}, `
name dog
"ann" "rex"
"bob" "rex"
"cid" null`)
	check(t, people, &plan.Beside{Left: only(dogs, "name", "dog"), Right: only(adults, "name", "age"), Override: true}, `
name dog age
"ann" "rex" 30
"bob" "fido" 25
"cid" null 30`)
	check(t, people, only(&plan.Tee{Input: adults, Name: "in", Branch: &plan.Aggregate{Input: &plan.Ref{Name: "in"}, Aggs: []plan.AggItem{{As: "n", Fn: Count}}, EmptyRow: true}}, "name", "n"), `
name n
"ann" null
"bob" null
"cid" null
null 3`)
}

func TestLet(t *testing.T) {
	total := &plan.Aggregate{Input: scan(), Aggs: []plan.AggItem{{As: "n", Fn: CountOf, Args: cols("age")}}, EmptyRow: true}
	const in = `{"a":3}
{"a":4}
{"a":1}`
	rich := &plan.Let{Bindings: []plan.Binding{{Name: "n", Plan: &plan.Aggregate{Input: scan(), Aggs: []plan.AggItem{{As: "n", Fn: CountOf, Args: cols("a")}}}},
		{Name: "big", Kind: plan.BindList, Plan: where(scan(), gt(col("a"), &expr.Param{Name: "n"}))}},
		Body: &plan.Extend{Input: &plan.Scan{View: "test", Fields: event.AllFields, Pred: expr.All(gt(col("a"), lit(1)), expr.F(In, col("a"), &expr.Param{Name: "big"}))},
			Items: []plan.Named{{Name: "n", Expr: &expr.Param{Name: "n"}}}}}
	check(t, in, rich, "n a\n3 4")
	check(t, people, &plan.Let{Bindings: []plan.Binding{{Name: "n", Plan: total}},
		Body: only(where(scan(), eq(expr.F(Add, &expr.Param{Name: "n"}, lit(3)), col("age"))), "name")}, "name\n\"eve\"")
	check(t, people, &plan.Let{Bindings: []plan.Binding{{Name: "n", Plan: where(total, eq(lit(1), lit(2)))}},
		Body: only(where(scan(), expr.F(IsNull, &expr.Param{Name: "n"})), "name")}, "name\n\"ann\"\n\"bob\"\n\"cid\"\n\"dan\"\n\"eve\"")
	pairs := &plan.Join{Left: only(&plan.Ref{Name: "t"}, "name", "city"), Right: only(&plan.Ref{Name: "t"}, "name", "city"), LeftKeys: cols("city"), RightKeys: cols("city")}
	check(t, people, &plan.Let{Bindings: []plan.Binding{{Name: "t", Kind: plan.BindTable, Plan: where(scan(), eq(col("age"), lit(30)))}}, Body: pairs}, `
name city name1 city1
"ann" "Oslo" "ann" "Oslo"
"cid" "Rome" "cid" "Rome"`)
	// A binding that wants one row only ends early; a name can be bound again inside.
	check(t, people, &plan.Let{Bindings: []plan.Binding{{Name: "x", Plan: only(scan(), "name")}},
		Body: &plan.Let{Bindings: []plan.Binding{{Name: "x", Plan: only(where(scan(), eq(col("name"), expr.Str("dan"))), "dog")}},
			Body: only(&plan.Extend{Input: where(scan(), eq(col("name"), expr.Str("eve"))), Items: []plan.Named{{Name: "x", Expr: &expr.Param{Name: "x"}}}}, "x")}}, "x\n\"fido\"")
	// Aggregates, joins and limits whose arguments are not known yet wait as well.
	check(t, people, &plan.Let{Bindings: []plan.Binding{{Name: "n", Plan: total}},
		Body: &plan.Aggregate{Input: scan(), Aggs: []plan.AggItem{{As: "s", Fn: Sum, Args: []expr.Expr{&expr.Param{Name: "n"}}}}}}, "s\n20")
}

func TestDynamic(t *testing.T) {
	sub := &plan.Dynamic{Label: "subsearch", Deps: []plan.Node{only(where(scan(), eq(col("city"), expr.Str("Rome"))), "age")},
		Build: func(results []*event.Batch) (plan.Node, error) {
			var conds []expr.Expr
			for i := range results[0].Len() {
				conds = append(conds, eq(col("age"), expr.L(results[0].Value("age", i))))
			}
			return &plan.Scan{View: "test", Fields: event.AllFields, Pred: expr.AnyOf(conds...)}, nil
		}}
	check(t, people, only(sub, "name"), "name\n\"ann\"\n\"bob\"\n\"cid\"")
	// Tables of a Let around it can still be read; so can its own kind.
	again := &plan.Let{Bindings: []plan.Binding{{Name: "t", Kind: plan.BindTable, Plan: only(scan(), "name", "age")}, {Name: "n", Plan: only(scan(), "age")}},
		Body: &plan.Dynamic{Label: "outer", Deps: []plan.Node{sub}, Build: func(results []*event.Batch) (plan.Node, error) {
			return &plan.Dynamic{Label: "inner", Build: func([]*event.Batch) (plan.Node, error) {
				return where(&plan.Union{Sources: []plan.Node{&plan.Ref{Name: "t"}, only(scan(), "name", "age")}}, eq(col("age"), &expr.Param{Name: "n"})), nil
			}}, nil
		}}}
	check(t, people, again, "name age\n\"ann\" 30\n\"cid\" 30\n\"ann\" 30\n\"cid\" 30")
	_, err := Run(t, &plan.Dynamic{Label: "map", Deps: []plan.Node{scan()}, Build: func([]*event.Batch) (plan.Node, error) { return nil, errors.New("no search") }}, Case{})
	if err == nil || !strings.Contains(err.Error(), "RUN6005: map: no search") {
		t.Error(err)
	}
	var loop plan.Dynamic
	loop = plan.Dynamic{Label: "loop", Build: func([]*event.Batch) (plan.Node, error) { return &loop, nil }}
	if _, err := Run(t, &loop, Case{}); err == nil || !strings.Contains(err.Error(), "nested more than") {
		t.Error(err)
	}
}

// lateViews have a column that is known only at the end: the number of rows the view has seen.
type lateViews struct{ Identity }

type lateView struct {
	exec.View
	n int64
}

func (v lateViews) Bind(name string, need event.FieldSet, env *fn.Env) (exec.View, error) {
	in, err := v.Identity.Bind(name, need, env)
	return &lateView{View: in}, err
}
func (v *lateView) Late() event.FieldSet { return event.Fields("total") }
func (v *lateView) Apply(b *event.Batch) *event.Batch {
	v.n += int64(b.Len())
	return b
}
func (v *lateView) Finish(b *event.Batch, _ event.FieldSet) *event.Batch {
	out := b.Clone()
	out.Set("total", event.NewConstant(event.IntOf(v.n), b.Len()))
	return out
}

func TestLateColumns(t *testing.T) {
	f := func(fields event.FieldSet, pred expr.Expr, want string) {
		t.Helper()
		got := Table(Rows(t, &plan.Scan{View: "test", Fields: fields, Pred: pred}, Case{Events: Events(t, people), Views: lateViews{}}))
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	f(event.Fields("name", "total"), gt(col("age"), lit(25)), "name total\n\"ann\" 5\n\"cid\" 5")
	f(event.Fields("name"), expr.All(gt(col("age"), lit(25)), eq(col("total"), lit(5))), "name\n\"ann\"\n\"cid\"")
	f(event.Fields("name"), expr.All(gt(col("age"), lit(25)), eq(col("total"), lit(6))), "")
	f(event.Fields("name"), gt(col("age"), lit(25)), "name\n\"ann\"\n\"cid\"")
}
