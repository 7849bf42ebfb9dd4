package opt_test

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec/exectest"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
)

func scan() plan.Node                     { return &plan.Scan{View: "v", Fields: event.AllFields} }
func col(n string) expr.Expr              { return expr.C(n) }
func num(i int64) expr.Expr               { return expr.L(event.IntOf(i)) }
func eq(n string, i int64) expr.Expr      { return expr.F(exectest.Eq, col(n), num(i)) }
func call(f *fn.Func, n string) expr.Expr { return expr.F(f, col(n)) }

func where(n plan.Node, conds ...expr.Expr) plan.Node {
	return &plan.Filter{Input: n, Pred: expr.All(conds...)}
}
func items(es ...any) []plan.Named {
	var out []plan.Named
	for i := 0; i < len(es); i += 2 {
		out = append(out, plan.Named{Name: es[i].(string), Expr: es[i+1].(expr.Expr)})
	}
	return out
}
func extend(n plan.Node, es ...any) plan.Node {
	return &plan.Extend{Input: n, Items: items(es...)}
}
func project(n plan.Node, names ...string) plan.Node {
	p := &plan.Project{Input: n}
	for _, c := range names {
		p.Items = append(p.Items, plan.Named{Name: c, Expr: col(c)})
	}
	return p
}
func sortBy(n plan.Node, name string) plan.Node {
	return &plan.Sort{Input: n, Keys: []plan.SortKey{{Expr: col(name)}}}
}
func group(n plan.Node, by string, aggs ...plan.AggItem) *plan.Aggregate {
	a := &plan.Aggregate{Input: n, Aggs: aggs, Sorted: true}
	if by != "" {
		a.Group.By = items(by, col(by))
	}
	return a
}

var rules = map[string]opt.Rule{}

func init() {
	for _, r := range opt.Rules() {
		rules[r.Name] = r
	}
}

// check applies one rule and compares the printed plan.
func check(t *testing.T, rule string, before plan.Node, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(want)) {
		lines = append(lines, strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", ""))
	}
	want = strings.Join(lines, "\n")
	if got := strings.TrimSpace(plan.String(rules[rule].Apply(before))); got != want {
		t.Errorf("%s gives\n%s\nwant\n%s\nof\n%s", rule, got, want, plan.String(before))
	}
}

func TestFold(t *testing.T) {
	tr, fa := expr.L(event.BoolOf(true)), expr.L(event.BoolOf(false))
	f := func(e expr.Expr, want string) {
		t.Helper()
		check(t, "fold", extend(scan(), "x", e), "extend x = "+want+"\n  scan v [*]")
	}
	f(expr.F(exectest.Add, num(1), expr.F(exectest.Add, num(2), num(3))), "6")
	f(expr.F(exectest.Upper, expr.Str("a")), `"A"`)
	f(expr.All(tr, eq("a", 1), tr), "and(eq(a, 1))")
	f(expr.All(tr, eq("a", 1), eq("b", 1)), "and(eq(a, 1), eq(b, 1))")
	f(expr.All(fa, eq("a", 1)), "false")
	f(expr.AnyOf(fa, expr.All(tr, tr)), "true")
	f(&expr.Not{Arg: expr.F(exectest.Eq, num(1), num(2))}, "true")
	f(&expr.Case{Whens: []expr.When{{Cond: fa, Then: num(1)}, {Cond: eq("a", 1), Then: num(2)}, {Cond: tr, Then: num(3)}, {Cond: eq("b", 1), Then: num(4)}}}, "case(eq(a, 1) => 2, 3)")
	f(expr.F(exectest.Boom, expr.Str("boom")), `boom("boom")`)
	check(t, "fold", where(scan(), expr.F(exectest.Eq, num(1), num(1))), "scan v [*]")
}

func TestFilter(t *testing.T) {
	f := func(before plan.Node, want string) { t.Helper(); check(t, "filter", before, want) }
	f(where(where(scan(), eq("a", 1)), eq("b", 2)), `scan v [*] where and(eq(a, 1), eq(b, 2))`)
	f(where(extend(scan(), "x", call(exectest.Upper, "a"), "y", &expr.Call{Fn: volatile}), eq("x", 1), eq("y", 1), eq("b", 1)), `
filter eq(y, 1)
  extend x = upper(a), y = random()
    scan v [*] where and(eq(upper(a), 1), eq(b, 1))`)
	f(where(project(scan(), "a"), eq("a", 1), call(exectest.IsNull, "gone")), `
project a
  scan v [*] where and(eq(a, 1), isnull(missing))`)
	f(where(&plan.Rename{Input: scan(), Pairs: []plan.RenamePair{{From: "a", To: "b"}, {From: "b", To: "c"}}}, eq("c", 1), call(exectest.IsNull, "a"), eq("d", 4)), `
rename a as b, b as c
  scan v [*] where and(eq(a, 1), isnull(missing), eq(d, 4))`)
	f(where(&plan.Rename{Input: scan(), Pairs: []plan.RenamePair{{From: "P.*", To: "*"}}}, eq("a", 1)), `
filter eq(a, 1)
  rename P.* as *
    scan v [*]`)
	f(where(&plan.Rename{Input: project(scan(), "P.a"), Pairs: []plan.RenamePair{{From: "P.*", To: "*"}}}, eq("a", 1)), `
rename P.* as *
  project P.a
    scan v [*] where eq(P.a, 1)`)
	f(where(sortBy(&plan.Select{Input: scan(), Mode: plan.Drop, Patterns: []string{"x*"}}, "a"), eq("a", 1), call(exectest.IsNull, "x1")), `
sort a limit 0
  select drop x*
    scan v [*] where and(eq(a, 1), isnull(missing))`)
	f(where(&plan.Sort{Input: scan(), Limit: 5}, eq("a", 1)), `
filter eq(a, 1)
  sort  limit 5
    scan v [*]`)
	f(where(&plan.Union{Sources: []plan.Node{scan(), project(scan(), "a")}, OriginAs: "o", Names: []string{"1", "2"}}, expr.F(exectest.Eq, col("o"), expr.Str("2")), eq("a", 1)), `
union 2 sources origin="o" 1, 2
  scan v [*] where and(eq("1", "2"), eq(a, 1))
  project a
    scan v [*] where and(eq("2", "2"), eq(a, 1))`)
	f(where(&plan.Expand{Input: scan(), Columns: []plan.ExpandColumn{{Name: "l", Expr: col("l")}}}, eq("l", 1), eq("a", 1)), `
filter eq(l, 1)
  expand l keepempty=false bags=false pairs=false index="" limit=0
    scan v [*] where eq(a, 1)`)
	f(where(group(where(scan(), eq("a", 1)), "a"), eq("a", 2)), `
filter eq(a, 2)
  aggregate  by a sorted=true emptyrow=false
    scan v [*] where eq(a, 1)`)
	param := expr.F(exectest.Eq, col("a"), &expr.Param{Name: "p"})
	f(where(&plan.Let{Bindings: []plan.Binding{{Name: "p", Plan: where(scan(), eq("q", 1))}}, Body: scan()}, eq("b", 1), param), `
filter eq(a, $p)
  let scalar p
    scan v [*] where eq(q, 1)
    scan v [*] where eq(b, 1)`)
}

func TestFilterThroughJoin(t *testing.T) {
	join := func(kind plan.JoinKind) *plan.Join {
		return &plan.Join{Left: project(scan(), "k", "a"), Right: project(scan(), "k", "b"), Kind: kind, LeftKeys: []expr.Expr{col("k")}, RightKeys: []expr.Expr{col("k")}}
	}
	f := func(kind plan.JoinKind, stay, left, right string) {
		t.Helper()
		got := plan.String(rules["filter"].Apply(where(join(kind), eq("a", 1), eq("b", 2), eq("k1", 3), eq("k", 4), expr.F(exectest.Eq, col("a"), col("b")))))
		if want := "filter " + stay + "\n"; !strings.HasPrefix(got, want) {
			t.Errorf("%v: got %s want %s", kind, got, want)
		}
		for i, want := range []string{left, right} {
			scans := strings.Split(got, "scan v [*]")
			if at, _, _ := strings.Cut(scans[i+1], "\n"); at != want {
				t.Errorf("%v side %d: got %q, want %q", kind, i, at, want)
			}
		}
	}
	f(plan.Inner, "eq(a, b)", " where and(eq(a, 1), eq(k, 4))", " where and(eq(b, 2), eq(k, 3))")
	f(plan.InnerUnique, "and(eq(a, 1), eq(k, 4), eq(a, b))", "", " where and(eq(b, 2), eq(k, 3))")
	f(plan.LeftOuter, "and(eq(b, 2), eq(k1, 3), eq(a, b))", " where and(eq(a, 1), eq(k, 4))", "")
	f(plan.RightOuter, "and(eq(a, 1), eq(k, 4), eq(a, b))", "", " where and(eq(b, 2), eq(k, 3))")
	f(plan.FullOuter, "and(eq(a, 1), eq(b, 2), eq(k1, 3), eq(k, 4), eq(a, b))", "", "")
	// An open left side has what the right side has not; unless a suffix could have made it.
	open := join(plan.LeftOuter)
	open.Left, open.Clash = scan(), plan.ClashOverwrite
	check(t, "filter", where(open, eq("a", 1), eq("b", 2)), `
filter eq(b, 2)
  join leftouter on k == k nulls=false max=0 clash=overwrite prefixes="",""
    scan v [*] where eq(a, 1)
    project k, b
      scan v [*]`)
}

var volatile = &fn.Func{Name: "random", Volatile: true, Row: func([]event.Value) event.Value { return event.IntOf(4) }}

func TestLimit(t *testing.T) {
	limit := func(n plan.Node) plan.Node { return &plan.Limit{Input: n, N: 5} }
	check(t, "limit", limit(project(extend(sortBy(scan(), "a"), "x", col("a")), "x")), `
project x
  extend x = a
    sort a limit 5
      scan v [*]`)
	check(t, "limit", limit(&plan.Limit{Input: &plan.Select{Input: scan(), Mode: plan.First, Patterns: []string{"a"}}, N: 3}), `
limit 3 last=false
  select first a
    scan v [*]`)
	check(t, "limit", limit(where(sortBy(scan(), "a"), eq("a", 1))), `
limit 5 last=false
  filter eq(a, 1)
    sort a limit 0
      scan v [*]`)
}

func TestSort(t *testing.T) {
	f := func(before plan.Node, want string) { t.Helper(); check(t, "sort", before, want) }
	count := plan.AggItem{As: "n", Fn: exectest.Count}
	f(group(extend(sortBy(scan(), "_time"), "x", col("a")), "a", count), `
aggregate n = count() by a sorted=true emptyrow=false
  extend x = a
    scan v [*]`)
	f(group(sortBy(scan(), "_time"), "a", plan.AggItem{As: "f", Fn: exectest.First, Args: []expr.Expr{col("b")}}), `
aggregate f = first(b) by a sorted=true emptyrow=false
  sort _time limit 0
    scan v [*]`)
	unsorted := group(sortBy(scan(), "_time"), "a", count)
	unsorted.Sorted = false
	f(unsorted, `
aggregate n = count() by a sorted=false emptyrow=false
  sort _time limit 0
    scan v [*]`)
	f(group(unsorted, "n"), `
aggregate  by n sorted=true emptyrow=false
  aggregate n = count() by a sorted=false emptyrow=false
    scan v [*]`)
	f(where(sortBy(scan(), "a"), eq("a", 1)), `
filter eq(a, 1)
  sort a limit 0
    scan v [*]`)
	f(group(&plan.Dedup{Input: sortBy(scan(), "a"), Keys: []expr.Expr{col("b")}, N: 1}, "a"), `
aggregate  by a sorted=true emptyrow=false
  dedup b n=1 keepempty=false nullsequal=false consecutive=false blank=false
    sort a limit 0
      scan v [*]`)
}

func TestColumns(t *testing.T) {
	f := func(before plan.Node, want string) { t.Helper(); check(t, "columns", before, want) }
	f(project(extend(where(sortBy(scan(), "s"), eq("p", 1)), "x", col("a"), "unread", col("b")), "x", "c"), `
project x, c
  extend x = a
    filter eq(p, 1)
      sort s limit 0
        scan v [a, c, p, s]`)
	f(project(project(extend(scan(), "y", col("a")), "x", "y"), "x"), `
project x
  project x
    scan v [x]`)
	f(where(scan(), eq("a", 1)), `
filter eq(a, 1)
  scan v [*]`)
	f(project(group(extend(scan(), "e", col("d")), "a", plan.AggItem{As: "n", Fn: exectest.CountOf, Args: []expr.Expr{col("b")}}, plan.AggItem{As: "m", Fn: exectest.CountOf, Args: []expr.Expr{col("e")}}), "n"), `
project n
  aggregate n = countof(b) by a sorted=true emptyrow=false
    scan v [a, b]`)
	f(group(scan(), "a", plan.AggItem{As: "*", Fn: exectest.CountOf, Over: "x*"}), `
aggregate * = countof(x*) by a sorted=true emptyrow=false
  scan v [a, x*]`)
	f(project(&plan.Rename{Input: &plan.Select{Input: scan(), Patterns: []string{"P.*", "z"}}, Pairs: []plan.RenamePair{{From: "P.*", To: "*"}}}, "u", "y"), `
project u, y
  rename P.* as *
    select keep P.*, z
      scan v [P.u, P.y]`)
	f(project(&plan.Transaction{Input: scan(), Fields: []string{"u"}, TimeAs: "_time", Starts: col("s")}, "duration", "y"), `
project duration, y
  transaction u maxspan=0 maxpause=0 maxevents=0 starts=s ends=null disconnected=false keepevicted=false keeporphans=false lists= all=false nulls="" rawlist=false
    scan v [_time, s, u, y]`)
	join := &plan.Join{Left: scan(), Right: scan(), LeftKeys: []expr.Expr{col("k")}, RightKeys: []expr.Expr{col("k")}}
	f(project(join, "k1", "v"), `
project k1, v
  join inner on k == k nulls=false max=0 clash=suffix prefixes="",""
    scan v [k, k1, v]
    scan v [k, k1, v]`)
	let := &plan.Let{Bindings: []plan.Binding{{Name: "t", Kind: plan.BindTable, Plan: scan()}, {Name: "s", Plan: project(scan(), "a", "b")}},
		Body: project(where(&plan.Ref{Name: "t"}, expr.F(exectest.Eq, col("x"), &expr.Param{Name: "s"})), "y")}
	f(let, `
let table t, scalar s
  scan v [x, y]
  project a
    scan v [a]
  project y
    filter eq(x, $s)
      ref t`)
	f(project(&plan.Tee{Input: scan(), Name: "i", Branch: group(&plan.Ref{Name: "i"}, "b")}, "a"), `
project a
  tee i
    scan v [a, b]
    aggregate  by b sorted=true emptyrow=false
      ref i`)
	f(group(scan(), "", plan.AggItem{As: "n", Fn: exectest.Count}), `
aggregate n = count() by  sorted=true emptyrow=false
  scan v []`)
}

func TestExtend(t *testing.T) {
	check(t, "extend", extend(extend(extend(scan(), "a", num(1)), "b", num(2)), "c", col("b")), `
extend c = b
  extend a = 1, b = 2
    scan v [*]`)
	check(t, "extend", extend(extend(scan(), "a", num(1)), "a", num(2)), `
extend a = 2
  extend a = 1
    scan v [*]`)
}
