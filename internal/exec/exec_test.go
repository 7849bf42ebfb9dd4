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
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
)

const people = `
{"name":"ann","age":30,"city":"Oslo"}
{"name":"bob","age":25,"city":"Rome","dog":"rex"}
{"name":"cid","age":30,"city":"Rome"}
{"name":"dan","city":"Oslo","dog":"fido"}
{"name":"eve","age":7,"city":null,"tags":["x","y"]}
`

func optimize(n plan.Node) plan.Node { return opt.Optimize(n) }

func scan() *plan.Scan            { return &plan.Scan{View: "test", Fields: event.AllFields} }
func lit(i int64) expr.Expr       { return expr.L(event.IntOf(i)) }
func col(n string) expr.Expr      { return expr.C(n) }
func eq(a, b expr.Expr) expr.Expr { return expr.F(Eq, a, b) }
func gt(a, b expr.Expr) expr.Expr { return expr.F(Gt, a, b) }

func by(names ...string) plan.Grouping {
	g := plan.Grouping{}
	for _, n := range names {
		g.By = append(g.By, plan.Named{Name: n, Expr: col(n)})
	}
	return g
}

// check runs a plan over events in every way and compares the rows with a table in which ; ends a row.
func check(t *testing.T, events string, n plan.Node, want string) {
	t.Helper()
	got := Table(Rows(t, n, Case{Events: Events(t, events), Optimize: optimize}))
	want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s\n%s", got, want, plan.String(n))
	}
}

func TestScanFilterExtendProject(t *testing.T) {
	check(t, people, scan(), `
age city dog name tags
30 "Oslo" null "ann" null
25 "Rome" "rex" "bob" null
30 "Rome" null "cid" null
null "Oslo" "fido" "dan" null
7 null null "eve" ["x","y"]`)
	check(t, people, &plan.Scan{View: "test", Fields: event.Fields("name", "d*"), Pred: gt(col("age"), lit(20))}, `
dog name
null "ann"
"rex" "bob"
null "cid"`)
	check(t, people, &plan.Filter{Input: scan(), Pred: eq(col("none"), lit(1))}, ``)
	check(t, people, &plan.Project{Input: &plan.Extend{Input: &plan.Filter{Input: scan(), Pred: gt(col("age"), lit(20))},
		Items: []plan.Named{{Name: "age", Expr: expr.F(Add, col("age"), lit(1))}, {Name: "was", Expr: col("age")}}},
		Items: []plan.Named{{Name: "was", Expr: col("was")}, {Name: "age", Expr: col("age")}, {Name: "N", Expr: expr.F(Upper, col("name"))}, {Name: "no", Expr: col("no")}}}, `
was age N no
30 31 "ANN" null
25 26 "BOB" null
30 31 "CID" null`)
}

func TestAggregate(t *testing.T) {
	aggs := []plan.AggItem{{As: "n", Fn: Count}, {As: "sum", Fn: Sum, Args: []expr.Expr{col("age")}}, {As: "first", Fn: First, Args: []expr.Expr{col("name")}}}
	check(t, people, &plan.Aggregate{Input: scan(), Group: by("city"), Aggs: aggs}, `
city n sum first
"Oslo" 2 30 "ann"
"Rome" 2 55 "bob"
null 1 7 "eve"`)
	g := by("city", "age")
	g.DropNull = true
	check(t, people, &plan.Aggregate{Input: scan(), Group: g, Aggs: aggs[:1], Sorted: true}, `
city age n
"Oslo" 30 1
"Rome" 25 1
"Rome" 30 1`)
	check(t, people, &plan.Aggregate{Input: &plan.Filter{Input: scan(), Pred: eq(lit(1), lit(2))}, Aggs: aggs, EmptyRow: true}, `
n sum first
0 null null`)
	check(t, people, &plan.Aggregate{Input: &plan.Filter{Input: scan(), Pred: eq(lit(1), lit(2))}, Aggs: aggs}, `n sum first`)
	// Over an open set of columns, those that come late count; city is a key, and tags has no value that sum takes.
	for _, f := range []struct {
		agg  *plan.AggItem
		want string
	}{
		{&plan.AggItem{As: "c_*", Fn: CountOf, Over: "*"}, `
city c_age c_dog c_name c_tags
"Oslo" 1 1 2 0
"Rome" 2 1 2 0
null 1 0 1 1`},
		{&plan.AggItem{As: "r_*a*", Fn: RowsOf, Over: "*a*"}, `
city r_age r_name r_tags
"Oslo" 2 2 2
"Rome" 2 2 2
null 1 1 1`},
	} {
		check(t, people, &plan.Aggregate{Input: scan(), Group: by("city"), Aggs: []plan.AggItem{*f.agg}}, f.want)
	}
	lists := `{"k":["a","b","a"],"j":1}
{"k":"b","j":[1,2]}
{"k":[],"j":3}`
	g = by("k", "j")
	g.SplitLists, g.DropNull = true, true
	check(t, lists, &plan.Aggregate{Input: scan(), Group: g, Aggs: aggs[:1]}, `
k j n
"a" 1 2
"b" 1 2
"b" 2 1`)
	g.DedupLists = true
	check(t, lists, &plan.Aggregate{Input: scan(), Group: g, Aggs: aggs[:1]}, `
k j n
"a" 1 1
"b" 1 2
"b" 2 1`)
	check(t, `{"k":"10"}
{"k":"9"}
{"k":"b"}
{"k":8.5}
{"k":"B"}
{}`, &plan.Aggregate{Input: scan(), Group: by("k"), Sorted: true}, `
k
8.5
"9"
"10"
"B"
"b"
null`)
}

func TestSortLimit(t *testing.T) {
	names := func(n plan.Node) plan.Node {
		return &plan.Project{Input: n, Items: []plan.Named{{Name: "name", Expr: col("name")}}}
	}
	sort := func(limit int, keys ...plan.SortKey) plan.Node {
		return names(&plan.Sort{Input: scan(), Keys: keys, Limit: limit})
	}
	rows := func(s string) string { return "name\n\"" + strings.ReplaceAll(s, " ", "\"\n\"") + "\"" }
	check(t, people, sort(0, plan.SortKey{Expr: col("age")}), rows("eve bob ann cid dan"))
	check(t, people, sort(0, plan.SortKey{Expr: col("age"), Desc: true}), rows("ann cid bob eve dan"))
	check(t, people, sort(2, plan.SortKey{Expr: col("age"), Desc: true, NullsFirst: true}), rows("dan ann"))
	check(t, people, sort(0, plan.SortKey{Expr: col("city"), Desc: true}, plan.SortKey{Expr: col("name"), Desc: true}), rows("cid bob dan ann eve"))
	check(t, people, names(&plan.Limit{Input: scan(), N: 3}), rows("ann bob cid"))
	check(t, people, names(&plan.Limit{Input: scan(), N: 3, Last: true}), rows("cid dan eve"))
	check(t, people, names(&plan.Limit{Input: scan(), N: 0}), "name")
	check(t, people, names(&plan.Limit{Input: scan(), While: gt(col("age"), lit(20))}), rows("ann bob cid"))
	check(t, people, names(&plan.Limit{Input: scan(), While: gt(col("age"), lit(20)), KeepLast: true}), rows("ann bob cid dan"))
	check(t, people, names(&plan.Limit{Input: scan(), While: gt(col("age"), lit(20)), NullTrue: true}), rows("ann bob cid dan"))
	check(t, people, names(&plan.Limit{Input: scan(), N: 2, While: gt(col("age"), lit(20))}), rows("ann bob"))
	check(t, people, names(&plan.Reverse{Input: scan()}), rows("eve dan cid bob ann"))
}

// TestTopRows sorts more rows than a sort with a limit keeps before it cuts.
func TestTopRows(t *testing.T) {
	n := 40_000
	d := event.NewDict()
	rnd := rand.New(rand.NewPCG(3, 4))
	nums, codes, mixed := make([]uint64, n), make([]uint32, n), make([]event.Value, n)
	for i := range n {
		nums[i] = uint64(rnd.IntN(1000))
		codes[i] = d.InternString(fmt.Sprint(rnd.IntN(50)))
		if rnd.IntN(10) == 0 {
			codes[i] = event.CodeMissing
		}
		mixed[i] = []event.Value{event.IntOf(int64(rnd.IntN(9))), event.StringOf("x"), {}, event.FloatOf(1.5)}[rnd.IntN(4)]
	}
	whole := event.NewBatch(n)
	whole.Set("n", event.NewPlain(event.Int, nums, nil))
	whole.Set("s", event.NewDictionary(d, codes))
	whole.Set("m", event.NewAny(mixed))
	for _, key := range []string{"n", "s", "m", "none"} {
		for _, desc := range []bool{false, true} {
			for _, nulls := range []bool{false, true} {
				k := plan.SortKey{Expr: col(key), Desc: desc, NullsFirst: nulls, Collation: plan.AutoText}
				rows := func(limit int) *event.Batch {
					b, err := exec.Collect(context.Background(), &plan.Sort{Input: &plan.Values{Rows: whole}, Keys: []plan.SortKey{k}, Limit: limit}, exec.Options{})
					if err != nil {
						t.Fatal(err)
					}
					return b
				}
				got, want := Table(rows(100)), strings.Join(strings.Split(Table(rows(0)), "\n")[:101], "\n")
				if got != want {
					t.Errorf("%v: the first 100 rows differ", k)
				}
			}
		}
	}
}

func TestCollations(t *testing.T) {
	const mixed = `{"v":"10"}
{"v":"9"}
{"v":1e20}
{"v":-3}
{"v":"10.0.0.10"}
{"v":"10.0.0.9"}
{"v":"b"}
{"v":"B"}
{"v":["c","a"]}
{"v":9007199254740993}
{"v":9007199254740992}
{}`
	f := func(c plan.Collation, want string) {
		t.Helper()
		check(t, mixed, &plan.Sort{Input: scan(), Keys: []plan.SortKey{{Expr: col("v"), Collation: c}}}, "v\n"+strings.ReplaceAll(want, " ", "\n"))
	}
	f(plan.AutoText, `-3 "9" "10" 9007199254740992 9007199254740993 100000000000000000000 "10.0.0.9" "10.0.0.10" "B" "b" ["c","a"] null`)
	f(plan.ByValue, `-3 9007199254740992 9007199254740993 100000000000000000000 "10" "10.0.0.10" "10.0.0.9" "9" "B" "b" ["c","a"] null`)
	f(plan.AsText, `-3 "10" "10.0.0.10" "10.0.0.9" 100000000000000000000 "9" 9007199254740992 9007199254740993 "B" "b" ["c","a"] null`)
	f(plan.AsAddress, `"10.0.0.9" "10.0.0.10" -3 "10" 100000000000000000000 "9" 9007199254740992 9007199254740993 "B" "b" ["c","a"] null`)
	f(plan.AsNumber, `-3 "9" "10" 9007199254740992 9007199254740993 100000000000000000000 "10.0.0.10" "10.0.0.9" "B" "b" ["c","a"] null`)
}

func TestSelectRename(t *testing.T) {
	sel := func(mode plan.SelectMode, patterns ...string) plan.Node {
		return &plan.Limit{Input: &plan.Select{Input: scan(), Mode: mode, Patterns: patterns}, N: 1}
	}
	check(t, people, sel(plan.Keep, "n*", "city"), "city name\n\"Oslo\" \"ann\"")
	check(t, people, sel(plan.Drop, "n*", "city"), "age\n30")
	check(t, people, sel(plan.Table, "zoo", "city", "name"), "zoo city name\nnull \"Oslo\" \"ann\"")
	check(t, people, &plan.Limit{Input: &plan.Select{Input: scan(), Mode: plan.Table, Patterns: []string{"d*", "zoo", "*a*"}}, N: 2},
		"dog zoo age name\nnull null 30 \"ann\"\n\"rex\" null 25 \"bob\"")
	check(t, people, &plan.Filter{Input: &plan.Select{Input: scan(), Mode: plan.First, Patterns: []string{"dog", "a*"}}, Pred: eq(col("name"), expr.Str("bob"))},
		"dog age city name\n\"rex\" 25 \"Rome\" \"bob\"")
	ren := func(n plan.Node, pairs ...plan.RenamePair) plan.Node {
		return &plan.Filter{Input: &plan.Rename{Input: n, Pairs: pairs}, Pred: gt(lit(1), lit(0))}
	}
	check(t, `{"a":1,"b":2}
{"b":3,"c":4}`, ren(scan(), plan.RenamePair{From: "a", To: "b"}, plan.RenamePair{From: "c", To: "a"}), "a b\nnull 1\n4 null")
	check(t, `{"P.a":1,"b":2}
{"b":3,"P.b":4}`, ren(scan(), plan.RenamePair{From: "P.*", To: "*"}), "a b\n1 null\nnull 4")
	check(t, `{"a_x":1,"b_x":2}`, ren(scan(), plan.RenamePair{From: "*_*", To: "*.*"}), "a.x b.x\n1 2")
}

// TestFailuresStayApart: a job that fails does not disturb the others.
func TestFailuresStayApart(t *testing.T) {
	batches := Batches(t, Events(t, `{"a":"x"}
{"a":"boom"}
{"a":"y"}`), 1)
	for _, workers := range []int{1, 3} {
		var jobs []*exec.Job
		for _, n := range []plan.Node{
			&plan.Filter{Input: scan(), Pred: eq(expr.F(Boom, col("a")), expr.Str("y"))},
			&plan.Scan{View: "test", Fields: event.AllFields, Pred: eq(expr.F(Boom, col("a")), expr.Str("y"))},
			&plan.Filter{Input: scan(), Pred: eq(&expr.Param{Name: "p"}, lit(1))},
			&plan.Ref{Name: "nobody"},
			scan(),
		} {
			jobs = append(jobs, &exec.Job{Name: "j", Plan: n, Out: &exec.Collector{}})
		}
		if err := exec.Run(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(batches), Workers: workers}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"RUN6001: j: internal fault: boom", "RUN6001: j: internal fault: boom", "RUN6000: j: parameter p has no value",
			"RUN6000: j: nothing is bound to the name nobody", ""} {
			if err := jobs[i].Err; want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("job %d: %v, want %s", i, err, want)
			}
		}
		if n := jobs[4].Out.(*exec.Collector).Len(); n != 3 {
			t.Errorf("the sound job has %d rows", n)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := exec.Collect(ctx, scan(), exec.Options{Views: Identity{}, Input: exec.MemoryInput(nil)}); err != context.Canceled {
		t.Error(err)
	}
}
