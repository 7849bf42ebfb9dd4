package graph

import "slices"

// Match calls yield for every way in which the paths fit together, until it returns false. vars is one more than the highest Var.
func (g *Graph) Match(paths []Path, vars int, cycles Cycles, yield func(*Match) bool) error {
	m := &matcher{Graph: g, cycles: cycles, yield: yield, usedEdge: make([]bool, len(g.edges)), usedNode: make([]int, g.n)}
	m.bound = make([]int32, vars)
	for i := range m.bound {
		m.bound[i] = unbound
	}
	links := 0
	for _, p := range paths {
		q := pathOf{Path: p, first: links}
		if size(p.Nodes[len(p.Nodes)-1].Allowed, g.n) < size(p.Nodes[0].Allowed, g.n) {
			q = q.turned() // begin at the end that has fewer nodes
		}
		m.paths = append(m.paths, q)
		links += len(p.Links)
	}
	m.out = Match{Nodes: m.bound, Edges: make([][]int32, links), Inner: make([][]int32, links)}
	m.path(0)
	return m.err
}

const unbound = -1

func size(set []bool, n int) int {
	if set == nil {
		return n
	}
	count := 0
	for _, in := range set {
		if in {
			count++
		}
	}
	return count
}

// A pathOf is a path and the number of its first link; a turned one is passed from its end.
type pathOf struct {
	Path
	first int
	back  bool
}

func (p pathOf) turned() pathOf {
	q := pathOf{first: p.first, back: true}
	q.Nodes, q.Links = slices.Clone(p.Nodes), slices.Clone(p.Links)
	slices.Reverse(q.Nodes)
	slices.Reverse(q.Links)
	for i := range q.Links {
		q.Links[i].Direction = q.Links[i].Direction.reversed()
	}
	return q
}

// slot is the place of the i-th link in a match.
func (p pathOf) slot(i int) int {
	if p.back {
		return p.first + len(p.Links) - 1 - i
	}
	return p.first + i
}

type matcher struct {
	*Graph
	paths    []pathOf
	cycles   Cycles
	yield    func(*Match) bool
	bound    []int32 // by Var
	usedEdge []bool
	usedNode []int
	out      Match
	steps    int
	err      error
	done     bool
}

// path begins the i-th path. When all are done a match is found.
func (m *matcher) path(i int) {
	if i == len(m.paths) {
		for _, p := range m.paths {
			if p.back {
				for j := range p.Links {
					slices.Reverse(m.out.Edges[p.first+j])
					slices.Reverse(m.out.Inner[p.first+j])
				}
			}
		}
		m.done = !m.yield(&m.out)
		for _, p := range m.paths {
			if p.back {
				for j := range p.Links {
					slices.Reverse(m.out.Edges[p.first+j])
					slices.Reverse(m.out.Inner[p.first+j])
				}
			}
		}
		return
	}
	start := m.paths[i].Nodes[0]
	if n := m.bound[start.Var]; n != unbound {
		m.node(i, 0, n)
		return
	}
	for n := range int32(m.n) {
		if m.done {
			return
		}
		m.node(i, 0, n)
	}
}

// node takes n as the at-th node of a path and goes on with the link behind it.
func (m *matcher) node(i, at int, n int32) {
	p := m.paths[i]
	want := p.Nodes[at]
	if !allowed(want.Allowed, n) {
		return
	}
	had := m.bound[want.Var]
	if had != unbound && had != n {
		return
	}
	fresh := had == unbound
	if fresh && m.cycles == None && m.usedNode[n] > 0 {
		return
	}
	if fresh {
		m.bound[want.Var] = n
		m.usedNode[n]++
	}
	if at == len(p.Links) {
		m.path(i + 1)
	} else {
		m.link(i, at, n, 0)
	}
	if fresh {
		m.bound[want.Var] = unbound
		m.usedNode[n]--
	}
}

// link goes on along the at-th link of a path, of which depth edges have been passed.
func (m *matcher) link(i, at int, n int32, depth int) {
	p := m.paths[i]
	l := p.Links[at]
	slot := p.slot(at)
	if depth == 0 && l.Low == 0 {
		m.node(i, at+1, n)
	}
	if depth >= l.High {
		return
	}
	m.Graph.steps(n, l.Direction, func(e, to int32) bool {
		if m.done {
			return false
		}
		if m.steps++; m.steps > maxSteps {
			m.err, m.done = ErrTooMany, true
			return false
		}
		if !allowed(l.Allowed, e) || m.cycles != All && m.usedEdge[e] {
			return true
		}
		m.usedEdge[e] = true
		m.out.Edges[slot] = append(m.out.Edges[slot], e)
		if depth+1 >= l.Low {
			m.node(i, at+1, to)
		}
		if depth+1 < l.High && allowed(l.Through, to) && (m.cycles != None || m.usedNode[to] == 0) {
			m.usedNode[to]++
			m.out.Inner[slot] = append(m.out.Inner[slot], to)
			m.link(i, at, to, depth+1)
			m.out.Inner[slot] = m.out.Inner[slot][:len(m.out.Inner[slot])-1]
			m.usedNode[to]--
		}
		m.out.Edges[slot] = m.out.Edges[slot][:len(m.out.Edges[slot])-1]
		m.usedEdge[e] = false
		return !m.done
	})
}
