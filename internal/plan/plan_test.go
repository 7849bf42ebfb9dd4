package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

func picks(in string, ps []Pick) string {
	names := strings.Fields(in)
	var out []string
	for _, p := range ps {
		from := "-"
		if p.From >= 0 {
			from = names[p.From]
		}
		if from == p.Name {
			out = append(out, from)
		} else {
			out = append(out, from+":"+p.Name)
		}
	}
	return strings.Join(out, " ")
}

func TestSelectPicks(t *testing.T) {
	f := func(mode SelectMode, internal bool, in, patterns, want string) {
		t.Helper()
		s := &Select{Mode: mode, Patterns: strings.Fields(patterns), KeepInternal: internal}
		if got := picks(in, s.Picks(strings.Fields(in))); got != want {
			t.Errorf("%s of %s: got %s, want %s", s.Head(), in, got, want)
		}
	}
	f(Keep, false, "a _t b ab", "b a*", "a b ab")
	f(Keep, true, "a _t b ab", "b", "_t b")
	f(Drop, false, "a _t b ab", "_* b", "a ab")
	f(Table, false, "a _t b ab", "b no a* b no no*", "b -:no a ab")
	f(First, false, "a _t b ab", "b no a*", "b a ab _t")
}

func TestRenamePicks(t *testing.T) {
	f := func(in, pairs, want string) {
		t.Helper()
		r := &Rename{}
		for _, p := range strings.Fields(pairs) {
			from, to, _ := strings.Cut(p, ">")
			r.Pairs = append(r.Pairs, RenamePair{from, to})
		}
		if got := picks(in, r.Picks(strings.Fields(in))); got != want {
			t.Errorf("%s of %s: got %s, want %s", r.Head(), in, got, want)
		}
	}
	f("a b c", "a>x", "a:x b c")
	f("a b c", "a>b", "a:b c")
	f("a b c", "no>b", "a c")
	f("a b c", "a>a", "a b c")
	f("a b c", "a>b b>a", "a c")
	f("a b", "a>t b>a t>b", "a:b b:a")
	f("P.a P.b b", "P.*>*", "P.a:a P.b:b")
	f("a_x b_y", "*_*>*.*", "a_x:a.x b_y:b.y")
	f("a1 a2", "a*>z", "a2:z")
	f("x*y", "*>[*]", "x*y:[x*y]")
}

func TestJoinColumns(t *testing.T) {
	f := func(j Join, left, right, want string) {
		t.Helper()
		l, r := j.Columns(strings.Fields(left), strings.Fields(right))
		if got := fmt.Sprintf("%q %q", l, r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(Join{}, "a b", "a c", `["a" "b"] ["a1" "c"]`)
	f(Join{}, "a a1", "a a1 a", `["a" "a1"] ["a2" "a11" "a3"]`)
	f(Join{Clash: ClashOverwrite}, "a b", "a c", `["a" "b"] ["a" "c"]`)
	f(Join{Clash: ClashKeepLeft}, "a b", "a c", `["a" "b"] ["" "c"]`)
	f(Join{LeftPrefix: "L.", RightPrefix: "R."}, "a", "a", `["L.a"] ["R.a"]`)
}

func TestShapes(t *testing.T) {
	col := func(n string) expr.Expr { return expr.C(n) }
	scan := &Scan{View: "v", Fields: event.AllFields}
	agg := &fn.Agg{Name: "agg"}
	closed := &Project{scan, []Named{{"a", col("x")}, {"b", col("y")}}}
	group := Grouping{By: []Named{{"a", col("a")}}}
	f := func(n Node, want string) {
		t.Helper()
		var s Shapes
		shape := s.Of(n)
		got := strings.Join(shape.Names, " ")
		if shape.Open {
			got += " …"
		}
		if shape.Uniform {
			got += " uniform"
		}
		if got != want {
			t.Errorf("got %q, want %q\n%s", got, want, String(n))
		}
	}
	f(scan, " …")
	f(closed, "a b")
	f(&Extend{closed, []Named{{"b", nil}, {"c", nil}}}, "a b c")
	f(&Extend{scan, []Named{{"b", nil}}}, "b …")
	f(&Select{Input: scan, Mode: Table, Patterns: []string{"q", "a"}}, "q a")
	f(&Select{Input: scan, Mode: Table, Patterns: []string{"q", "a*"}}, "q … uniform")
	f(&Select{Input: closed, Mode: Drop, Patterns: []string{"a*"}}, "b")
	f(&Rename{closed, []RenamePair{{"*", "x_*"}}}, "x_a x_b")
	f(&Rename{scan, []RenamePair{{"*", "x_*"}}}, " … uniform")
	f(&Spread{Input: closed, Drop: "a"}, "b …")
	f(&Fill{Input: closed, Columns: []string{"z", "q*"}, Create: true}, "a b z")
	f(&Aggregate{Input: closed, Group: group, Aggs: []AggItem{{As: "n", Fn: agg}, {As: "m_*", Fn: agg, Over: "*"}}}, "a n m_b")
	f(&Aggregate{Input: scan, Group: group, Aggs: []AggItem{{As: "m_*", Fn: agg, Over: "*"}}}, "a … uniform")
	f(&Attach{closed, group, []AggItem{{As: "n", Fn: agg}}}, "a b n")
	f(&Join{Left: closed, Right: closed}, "a b a1 b1")
	f(&Join{Left: closed, Right: closed, Kind: LeftAnti}, "a b")
	f(&Join{Left: scan, Right: closed, Clash: ClashOverwrite}, "a b … uniform")
	f(&Union{Sources: []Node{closed, scan}, OriginAs: "o", Names: []string{"1", "2"}}, "o a b …")
	f(&Tee{closed, "t", &Extend{&Ref{Name: "t"}, []Named{{"c", nil}}}}, "a b c")
	f(&Let{[]Binding{{"t", BindTable, closed}}, &Ref{Name: "t"}}, "a b")
	f(&Ref{Name: "nobody"}, " …")
	d := &Dynamic{Label: "d"}
	f(d, " …")
	var s Shapes
	if s.Of(&Limit{Input: d}); true {
		s.Built(d, closed)
	}
	if got := s.Of(&Limit{Input: d}); len(got.Names) != 2 || got.Open {
		t.Errorf("what a Dynamic has built is not its shape: %v", got)
	}
}

func TestExprs(t *testing.T) {
	f := &fn.Func{Name: "f"}
	e := func(n string) expr.Expr { return expr.F(f, expr.C(n), &expr.Param{Name: "p" + n}) }
	leaf := &Scan{View: "v", Pred: e("0")}
	nodes := []Node{leaf, &Filter{leaf, e("0")}, &Extend{leaf, []Named{{"x", e("0")}}}, &Project{leaf, []Named{{"x", e("0")}}}, &Spread{Input: leaf, Expr: e("0")},
		&Sort{Input: leaf, Keys: []SortKey{{Expr: e("0")}}}, &Limit{Input: leaf, While: e("0")}, &Dedup{Input: leaf, Keys: []expr.Expr{e("0")}},
		&Expand{Input: leaf, Columns: []ExpandColumn{{"x", e("0")}}}, &Aggregate{Input: leaf, Aggs: []AggItem{{Fn: &fn.Agg{}, Args: []expr.Expr{e("0")}}}},
		&Attach{Input: leaf, Group: Grouping{By: []Named{{"x", e("0")}}}}, &Running{Input: leaf, ResetAfter: e("0")}, &Shift{leaf, []ShiftItem{{Expr: e("0")}}},
		&Join{Left: leaf, Right: leaf, LeftKeys: []expr.Expr{e("0")}, RightKeys: []expr.Expr{e("0")}}}
	for _, n := range nodes {
		if got := Params(n); len(got) == 0 || len(got) > 2 || got[0] != "p0" {
			t.Errorf("%s: parameters %v", n.Head(), got)
		}
		m := MapExprs(n, func(expr.Expr) expr.Expr { return e("1") })
		if strings.Contains(m.Head(), "f(") && !strings.Contains(m.Head(), "$p1") || strings.Contains(m.Head(), "$p0") {
			t.Errorf("%s: mapped to %s", n.Head(), m.Head())
		}
		if !strings.Contains(n.Head(), "$p0") {
			t.Errorf("mapping changed the node itself: %s", n.Head())
		}
	}
}
