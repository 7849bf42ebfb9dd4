package graph

// Shortest calls yield for the shortest ways from each first to each last node of a path: one of them, or with all each of those
// that are equally short. A way from a node to itself counts only when the path may have no edge at all.
func (g *Graph) Shortest(p Path, vars int, all bool, yield func(*Match) bool) error {
	if len(p.Links) == 1 && p.Links[0].Low <= 1 && p.Nodes[0].Var != p.Nodes[1].Var {
		return g.breadthFirst(p, vars, all, yield)
	}
	return g.shortestOf(p, vars, all, yield)
}

// breadthFirst goes from each first node in rings.
func (g *Graph) breadthFirst(p Path, vars int, all bool, yield func(*Match) bool) error {
	first, last, l := p.Nodes[0], p.Nodes[1], p.Links[0]
	type step struct{ from, edge int32 }
	ring := make([]int, g.n) // 1 + the ring that a node lies in, 0 for none yet
	before := make([][]step, g.n)
	passed := 0
	m := &Match{Nodes: make([]int32, vars), Edges: make([][]int32, 1), Inner: make([][]int32, 1)}
	for start := range int32(g.n) {
		if !allowed(first.Allowed, start) {
			continue
		}
		touched := []int32{start}
		ring[start] = 1
		m.Nodes[first.Var] = start
		more := true
		if l.Low == 0 && allowed(last.Allowed, start) {
			m.Nodes[last.Var], m.Edges[0], m.Inner[0] = start, nil, nil
			more = yield(m)
		}
		for depth, now := 1, []int32{start}; depth <= l.High && len(now) > 0 && more; depth++ {
			var next []int32
			for _, n := range now {
				if depth > 1 && !allowed(l.Through, n) {
					continue
				}
				g.steps(n, l.Direction, func(e, to int32) bool {
					passed++
					if !allowed(l.Allowed, e) || ring[to] != 0 && (ring[to] != depth+1 || !all) {
						return true
					}
					if ring[to] == 0 {
						ring[to] = depth + 1
						touched, next = append(touched, to), append(next, to)
					}
					before[to] = append(before[to], step{n, e})
					return true
				})
				if passed > maxSteps {
					return ErrTooMany
				}
			}
			for _, n := range next {
				if !more || !allowed(last.Allowed, n) {
					continue
				}
				m.Nodes[last.Var] = n
				edges, inner := make([]int32, depth), make([]int32, depth-1)
				var back func(n int32, at int) bool
				back = func(n int32, at int) bool {
					if at < 0 {
						m.Edges[0], m.Inner[0] = edges, inner
						return yield(m)
					}
					if passed++; passed > maxSteps {
						return false
					}
					for _, s := range before[n] {
						edges[at] = s.edge
						if at > 0 {
							inner[at-1] = s.from
						}
						if !back(s.from, at-1) {
							return false
						}
					}
					return true
				}
				more = back(n, depth-1)
				if passed > maxSteps {
					return ErrTooMany
				}
			}
			now = next
		}
		for _, n := range touched {
			ring[n], before[n] = 0, before[n][:0]
		}
		if !more {
			return nil
		}
	}
	return nil
}

// shortestOf keeps the shortest of all matches; it serves patterns of several links.
func (g *Graph) shortestOf(p Path, vars int, all bool, yield func(*Match) bool) error {
	type pair struct{ from, to int32 }
	type found struct {
		length  int
		matches []*Match
	}
	best := map[pair]*found{}
	var order []pair
	err := g.Match([]Path{p}, vars, None, func(m *Match) bool {
		k := pair{m.Nodes[p.Nodes[0].Var], m.Nodes[p.Nodes[len(p.Nodes)-1].Var]}
		length := 0
		for _, e := range m.Edges {
			length += len(e)
		}
		f := best[k]
		if f == nil {
			f = &found{length: length + 1}
			best[k], order = f, append(order, k)
		}
		if length > f.length || length == f.length && !all {
			return true
		}
		if length < f.length {
			f.length, f.matches = length, nil
		}
		f.matches = append(f.matches, m.clone())
		return true
	})
	if err != nil {
		return err
	}
	for _, k := range order {
		for _, m := range best[k].matches {
			if !yield(m) {
				return nil
			}
		}
	}
	return nil
}

func (m *Match) clone() *Match {
	out := &Match{Nodes: append([]int32(nil), m.Nodes...)}
	for i := range m.Edges {
		out.Edges = append(out.Edges, append([]int32(nil), m.Edges[i]...))
		out.Inner = append(out.Inner, append([]int32(nil), m.Inner[i]...))
	}
	return out
}
