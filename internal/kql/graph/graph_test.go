package graph

import (
	"fmt"
	"slices"
	"testing"
)

// paths writes matches as "from edges to", sorted.
func found(t *testing.T, run func(yield func(*Match) bool) error) string {
	t.Helper()
	var out []string
	if err := run(func(m *Match) bool {
		out = append(out, fmt.Sprint(m.Nodes, m.Edges, m.Inner))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

func only(n int, in ...int) []bool {
	set := make([]bool, n)
	for _, i := range in {
		set[i] = true
	}
	return set
}

func TestMatch(t *testing.T) {
	// 0 → 1 → 2 → 0, and 1 → 3.
	g := New(4, []Edge{{0, 1}, {1, 2}, {2, 0}, {1, 3}})
	link := func(d Direction, low, high int) Path {
		return Path{Nodes: []Node{{Var: 0, Allowed: only(4, 0)}, {Var: 1}}, Links: []Link{{Direction: d, Low: low, High: high}}}
	}
	for _, test := range []struct {
		name   string
		paths  []Path
		vars   int
		cycles Cycles
		want   string
	}{
		{"one edge", []Path{link(Forward, 1, 1)}, 2, UniqueEdges, "[[0 1] [[0]] [[]]]"},
		{"against it", []Path{link(Backward, 1, 1)}, 2, UniqueEdges, "[[0 2] [[2]] [[]]]"},
		{"either way", []Path{link(Either, 1, 1)}, 2, UniqueEdges, "[[0 1] [[0]] [[]] [0 2] [[2]] [[]]]"},
		{"no edge", []Path{link(Forward, 0, 1)}, 2, UniqueEdges, "[[0 0] [[]] [[]] [0 1] [[0]] [[]]]"},
		{"round once", []Path{link(Forward, 3, 5)}, 2, UniqueEdges, "[[0 0] [[0 1 2]] [[1 2]]]"},
		{"round again", []Path{link(Forward, 3, 5)}, 2, All, "[[0 0] [[0 1 2]] [[1 2]] [0 1] [[0 1 2 0]] [[1 2 0]] [0 2] [[0 1 2 0 1]] [[1 2 0 1]] [0 3] [[0 1 2 0 3]] [[1 2 0 1]]]"},
		{"no cycle", []Path{link(Forward, 1, 5)}, 2, None, "[[0 1] [[0]] [[]] [0 2] [[0 1]] [[1]] [0 3] [[0 3]] [[1]]]"},
		{"two paths through one node", []Path{
			{Nodes: []Node{{Var: 0}, {Var: 1}}, Links: []Link{{Low: 1, High: 1}}},
			{Nodes: []Node{{Var: 1}, {Var: 2, Allowed: only(4, 3)}}, Links: []Link{{Low: 1, High: 1}}},
		}, 3, UniqueEdges, "[[0 1 3] [[0] [3]] [[] []]]"},
		{"a node that comes twice", []Path{{Nodes: []Node{{Var: 0}, {Var: 1}, {Var: 2}, {Var: 0}}, Links: []Link{{Low: 1, High: 1}, {Low: 1, High: 1}, {Low: 1, High: 1}}}}, 3, UniqueEdges,
			"[[0 1 2] [[0] [1] [2]] [[] [] []] [1 2 0] [[1] [2] [0]] [[] [] []] [2 0 1] [[2] [0] [1]] [[] [] []]]"},
	} {
		got := found(t, func(yield func(*Match) bool) error { return g.Match(test.paths, test.vars, test.cycles, yield) })
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestShortest(t *testing.T) {
	// Two ways of two edges from 0 to 3, and a long one.
	g := New(5, []Edge{{0, 1}, {1, 3}, {0, 2}, {2, 3}, {3, 4}, {4, 0}})
	p := Path{Nodes: []Node{{Var: 0, Allowed: only(5, 0)}, {Var: 1, Allowed: only(5, 3)}}, Links: []Link{{Low: 1, High: 5}}}
	if got, want := found(t, func(y func(*Match) bool) error { return g.Shortest(p, 2, false, y) }), "[[0 3] [[0 1]] [[1]]]"; got != want {
		t.Errorf("any: got %s, want %s", got, want)
	}
	if got, want := found(t, func(y func(*Match) bool) error { return g.Shortest(p, 2, true, y) }), "[[0 3] [[0 1]] [[1]] [0 3] [[2 3]] [[2]]]"; got != want {
		t.Errorf("all: got %s, want %s", got, want)
	}
	long := Path{Nodes: []Node{{Var: 0, Allowed: only(5, 1)}, {Var: 1}, {Var: 2, Allowed: only(5, 2)}}, Links: []Link{{Low: 1, High: 1}, {Low: 1, High: 5}}}
	if got, want := found(t, func(y func(*Match) bool) error { return g.Shortest(long, 3, true, y) }), "[[1 3 2] [[1] [4 5 2]] [[] [4 0]]]"; got != want {
		t.Errorf("several links: got %s, want %s", got, want)
	}
}

func TestComponents(t *testing.T) {
	g := New(6, []Edge{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {5, 4}})
	if got := fmt.Sprint(g.Components(false)); got != "[0 0 0 0 1 1]" {
		t.Errorf("weak: %s", got)
	}
	if got := fmt.Sprint(g.Components(true)); got != "[0 0 0 1 2 3]" {
		t.Errorf("strong: %s", got)
	}
}

func TestTooMany(t *testing.T) {
	const n = 30
	var edges []Edge
	for i := range int32(n) {
		for j := range int32(n) {
			edges = append(edges, Edge{i, j})
		}
	}
	g := New(n, edges)
	err := g.Match([]Path{{Nodes: []Node{{Var: 0}, {Var: 1}}, Links: []Link{{Low: 10, High: 10}}}}, 2, All, func(*Match) bool { return true })
	if err != ErrTooMany {
		t.Errorf("got %v", err)
	}
}
