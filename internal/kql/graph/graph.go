// Package graph finds patterns, shortest paths and connected components in a graph of numbered nodes and edges. It knows neither
// properties nor languages: what an element must fulfil comes as a set of numbers. Searches are bounded by a number of steps, so
// that a pattern with too many matches ends in an error instead of never.
package graph

import "errors"

// An Edge leads from one node to another.
type Edge struct{ From, To int32 }

// A Graph is a set of nodes, numbered from 0, and the edges between them, numbered in their order.
type Graph struct {
	n       int
	edges   []Edge
	out, in [][]int32 // edges by the node that they leave and enter
}

// New returns the graph of n nodes with these edges, which it keeps.
func New(n int, edges []Edge) *Graph {
	g := &Graph{n: n, edges: edges, out: make([][]int32, n), in: make([][]int32, n)}
	for i, e := range edges {
		g.out[e.From] = append(g.out[e.From], int32(i))
		g.in[e.To] = append(g.in[e.To], int32(i))
	}
	return g
}

// Out and In return how many edges leave and enter a node.
func (g *Graph) Out(node int32) int { return len(g.out[node]) }

// In returns how many edges enter a node.
func (g *Graph) In(node int32) int { return len(g.in[node]) }

// A Direction is the way in which an edge of a pattern is passed, read from left to right.
type Direction uint8

// The directions.
const (
	Forward Direction = iota
	Backward
	Either
)

func (d Direction) reversed() Direction {
	switch d {
	case Forward:
		return Backward
	case Backward:
		return Forward
	}
	return Either
}

// Cycles says how often a match may meet the same element.
type Cycles uint8

// The rules for cycles.
const (
	UniqueEdges Cycles = iota // no edge twice
	All                       // nodes and edges may repeat
	None                      // no node twice
)

// A Node of a pattern. Nodes with the same Var are the same node. Allowed says which nodes it may be; nil allows all.
type Node struct {
	Var     int
	Allowed []bool
}

// A Link of a pattern stands for Low to High edges in a row. Allowed says which edges they may be, Through which nodes may lie
// between them; nil allows all.
type Link struct {
	Direction Direction
	Low, High int
	Allowed   []bool
	Through   []bool
}

// A Path is a sequence of nodes with a link between each two.
type Path struct {
	Nodes []Node
	Links []Link
}

// A Match is one way in which a pattern fits. It is only valid until the function that got it returns.
type Match struct {
	// Nodes are the nodes of each Var.
	Nodes []int32
	// Edges are the edges of each link in the order of the paths, Inner the nodes between them.
	Edges, Inner [][]int32
}

// ErrTooMany is the error of a search that took more steps than its bound.
var ErrTooMany = errors.New("the pattern has too many ways through this graph; narrow it with conditions on single nodes and edges, or with shorter edges")

// maxSteps bounds how many edges a search passes.
const maxSteps = 50_000_000

// step is an edge that can be passed from a node, and where it leads.
func (g *Graph) steps(from int32, d Direction, f func(edge, to int32) bool) bool {
	if d != Backward {
		for _, e := range g.out[from] {
			if !f(e, g.edges[e].To) {
				return false
			}
		}
	}
	if d != Forward {
		for _, e := range g.in[from] {
			if d == Either && g.edges[e].From == g.edges[e].To {
				continue // a loop has been passed already
			}
			if !f(e, g.edges[e].From) {
				return false
			}
		}
	}
	return true
}

func allowed(set []bool, i int32) bool { return set == nil || set[i] }

// Components numbers the connected components from 0, in the order of their first nodes, and returns the number of each node's.
// Strong components are those whose nodes reach each other along the edges; weak ones disregard directions.
func (g *Graph) Components(strong bool) []int32 {
	var of []int32
	if strong {
		of = g.strong()
	} else {
		of = g.weak()
	}
	// In the order of the nodes.
	next, number := int32(0), make(map[int32]int32)
	for i, c := range of {
		n, ok := number[c]
		if !ok {
			n = next
			number[c] = n
			next++
		}
		of[i] = n
	}
	return of
}

func (g *Graph) weak() []int32 {
	parent := make([]int32, g.n)
	for i := range parent {
		parent[i] = int32(i)
	}
	root := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, e := range g.edges {
		parent[root(e.From)] = root(e.To)
	}
	for i := range parent {
		parent[i] = root(int32(i))
	}
	return parent
}

// strong is Tarjan's algorithm with a stack of its own, because chains of edges may be long.
func (g *Graph) strong() []int32 {
	const none = -1
	of, index, low := make([]int32, g.n), make([]int32, g.n), make([]int32, g.n)
	for i := range of {
		of[i], index[i] = none, none
	}
	type frame struct {
		node int32
		next int
	}
	var stack []int32
	counter, component := int32(0), int32(0)
	for start := range int32(g.n) {
		if index[start] != none {
			continue
		}
		work := []frame{{node: start}}
		for len(work) > 0 {
			f := &work[len(work)-1]
			v := f.node
			if f.next == 0 && index[v] == none {
				index[v], low[v] = counter, counter
				counter++
				stack = append(stack, v)
			}
			if f.next < len(g.out[v]) {
				w := g.edges[g.out[v][f.next]].To
				f.next++
				if index[w] == none {
					work = append(work, frame{node: w})
				} else if of[w] == none {
					low[v] = min(low[v], index[w])
				}
				continue
			}
			if low[v] == index[v] {
				for {
					w := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					of[w] = component
					if w == v {
						break
					}
				}
				component++
			}
			work = work[:len(work)-1]
			if len(work) > 0 {
				up := work[len(work)-1].node
				low[up] = min(low[up], low[v])
			}
		}
	}
	return of
}
