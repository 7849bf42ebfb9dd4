package kql

import (
	"errors"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/graph"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("graph-match", lowerGraphMatch)
	register("graph-shortest-paths", lowerGraphMatch)
}

// An element is a named node or edge of a pattern.
type element struct {
	name  string
	node  bool
	many  bool // an edge of variable length
	at    int  // the Var of a node, the number of a link
	table *rows
}

// A pick is a column of the matches: a property of an element, or of all elements along an edge of variable length.
type pick struct {
	el    *element
	inner bool   // of the nodes along an edge
	from  string // the column of the nodes or edges
	as    string
}

// A motif is what the expressions of graph-match see: the pattern's elements, and the columns that have been asked for.
type motif struct {
	graph    *graphOf
	elements map[string]*element
	picks    []pick
	// nodeItems and edgeItems are columns to compute on every node or edge: what map(), any() and all() look at.
	nodeItems, edgeItems []plan.Named
	inDegree, outDegree  string // hidden columns of the nodes, if they are asked for
	// only is the element whose own table an expression is bound over, to find out which elements can match at all.
	only *element
	// per is set inside map(), any() and all(): the columns in scope are those of the nodes or edges along an edge.
	per bool
}

// lowerGraphMatch finds the ways in which a pattern fits. The search knows the conditions on single elements; the whole condition
// is a filter behind it.
// https://learn.microsoft.com/kusto/query/graph-match-operator
// https://learn.microsoft.com/kusto/query/graph-shortest-paths-operator
func lowerGraphMatch(c *ctx, in *rows, op *syntax.GraphMatch) *rows {
	s := &search{g: in.graph, shortest: op.Shortest}
	if op.Shortest {
		if !c.ignoreParams(op.Params, "output") {
			return nil
		}
		output, ok := c.oneOf(op.Params, "output", "any", "all")
		if !ok {
			return nil
		}
		s.all = output == "all"
	} else {
		if !c.ignoreParams(op.Params, "cycles") {
			return nil
		}
		cycles, ok := c.oneOf(op.Params, "cycles", "all", "none", "unique_edges")
		if !ok {
			return nil
		}
		s.cycles = map[string]graph.Cycles{"": graph.UniqueEdges, "unique_edges": graph.UniqueEdges, "all": graph.All, "none": graph.None}[cycles]
	}
	m := &motif{graph: in.graph, elements: map[string]*element{}}
	for _, p := range op.Patterns {
		if !c.graphPath(m, s, p) {
			return nil
		}
	}
	if op.Shortest && (len(s.paths) != 1 || !slices.ContainsFunc(s.paths[0].Links, func(l graph.Link) bool { return l.High > 1 || l.Low != l.High })) {
		c.bad("KQL4005", op, "graph-shortest-paths takes one sequence with an edge of variable length, such as (a)-[e*1..5]->(b)")
		return nil
	}
	at := *c
	at.rows, at.motif = &rows{}, m
	where := at.constant(event.BoolOf(true), types.Bool)
	if op.Where != nil {
		if where = at.condition(op.Where); where.bad {
			return nil
		}
		c.graphConditions(m, s, op.Where)
	}
	if op.Project == nil {
		c.unsupported(op, "%s without a project clause has no columns", op.Keyword())
		return nil
	}
	to := at.bindItems(inProject, op.Project)
	if !to.ok {
		return nil
	}
	s.motif = m
	nodes, edges := in.graph.nodes, in.graph.edges
	deps := []plan.Node{&plan.Extend{Input: nodes.node, Items: m.nodeItems}, &plan.Extend{Input: edges.node, Items: m.edgeItems}}
	if m.inDegree != "" || m.outDegree != "" {
		// How many edges a node has must be known before expressions can look at it.
		deps[0] = &plan.Extend{Input: &plan.Dynamic{Label: "degrees", Deps: []plan.Node{nodes.node, edges.node}, Build: s.degrees}, Items: m.nodeItems}
	}
	for i := range deps {
		if e := deps[i].(*plan.Extend); len(e.Items) == 0 {
			deps[i] = e.Input
		}
	}
	found := &rows{node: &plan.Dynamic{Label: op.Keyword(), Deps: deps, Build: s.run}}
	if op.Where != nil {
		found = found.with(&plan.Filter{Input: found.node, Pred: where.e})
	}
	out := to.projectRows(found)
	// The official binder types all that comes from elements along an edge as dynamic, whatever functions make of it. Such columns may be
	// used as what they are, too.
	for i, x := range op.Project {
		if i < len(out.cols) && len(out.cols) == len(op.Project) && overEdge(x) && out.cols[i].Type != types.Dynamic {
			out.cols[i].Type = types.Dynamic
			out.stored = append(out.stored, out.cols[i].Name)
		}
	}
	return out
}

// overEdge reports whether an expression looks at the elements along an edge.
func overEdge(x syntax.Expr) bool {
	found := false
	syntax.Walk(x, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.Call); ok && contains([]string{"map", "any", "all"}, call.Func.Name) {
			found = true
		}
		return !found
	})
	return found
}

// graphPath binds one sequence of a pattern. Parts that are left out between two edges, or at the ends, are nodes without a name.
func (c *ctx) graphPath(m *motif, s *search, p *syntax.GraphPattern) bool {
	var path graph.Path
	node := func(name *syntax.Ident) bool {
		if name == nil {
			path.Nodes = append(path.Nodes, graph.Node{Var: s.vars})
			s.vars++
			return true
		}
		el := m.elements[name.Name]
		if el == nil {
			el = &element{name: name.Name, node: true, at: s.vars, table: m.graph.nodes}
			m.elements[name.Name] = el
			s.vars++
		}
		if !el.node {
			c.bad("KQL3005", name, "%q is an edge of the pattern already", name.Name)
			return false
		}
		path.Nodes = append(path.Nodes, graph.Node{Var: el.at})
		return true
	}
	for _, part := range p.Parts {
		if part.Arrow == "" {
			if len(path.Nodes) > len(path.Links) {
				c.bad("KQL4005", part, "an edge is expected between two nodes")
				return false
			}
			if !node(part.Name) {
				return false
			}
			continue
		}
		if len(path.Nodes) == len(path.Links) && !node(nil) {
			return false
		}
		l := graph.Link{Low: 1, High: 1}
		switch part.Arrow {
		case "<--":
			l.Direction = graph.Backward
		case "--", "<-->":
			l.Direction = graph.Either
		}
		if part.Low != nil {
			low, n1, ok1 := c.count(part.Low)
			high, n2, ok2 := c.count(part.High)
			if low.bad || high.bad {
				return false
			}
			if !ok1 || !ok2 || n2 < n1 {
				c.bad("KQL4005", part, "the length of an edge is two constants, the lower one first")
				return false
			}
			l.Low, l.High = n1, n2
		}
		if part.Name != nil {
			if m.elements[part.Name.Name] != nil {
				c.bad("KQL3005", part.Name, "%q is an element of the pattern already", part.Name.Name)
				return false
			}
			m.elements[part.Name.Name] = &element{name: part.Name.Name, many: part.Low != nil, at: s.links + len(path.Links), table: m.graph.edges}
		}
		path.Links = append(path.Links, l)
	}
	if len(path.Nodes) == len(path.Links) && !node(nil) {
		return false
	}
	s.links += len(path.Links)
	s.paths = append(s.paths, path)
	return true
}

// graphConditions finds the parts of a condition that look at one element alone and tells the search of them. What it cannot tell of
// is tested behind the search; so errors, which have been reported, are of no interest here.
func (c *ctx) graphConditions(m *motif, s *search, x syntax.Expr) {
	x = syntax.Unparen(x)
	if b, ok := x.(*syntax.Binary); ok && b.Op == "and" {
		c.graphConditions(m, s, b.X)
		c.graphConditions(m, s, b.Y)
		return
	}
	// all(edge, condition): every edge must fulfil it, all(inner_nodes(edge), condition): every node between.
	if call, ok := x.(*syntax.Call); ok && call.Func.Name == "all" && len(call.Args) == 2 {
		el, inner := m.along(call.Args[0])
		if el == nil || !el.many {
			return
		}
		p := s.allow(el, inner, c.hidden("all"))
		v := c.along(m, el, inner, call.Args[1])
		if v.bad {
			return
		}
		m.compute(inner, plan.Named{Name: p.column, Expr: v.e})
		s.allowed = append(s.allowed, p)
		return
	}
	var el *element
	single := true
	syntax.Walk(x, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			if e := m.elements[id.Name]; e != nil {
				single = single && (el == nil || el == e) && !e.many
				el = e
			}
		}
		if call, ok := n.(*syntax.Call); ok && isGraphCall(call.Func.Name) {
			single = false
		}
		return single
	})
	if !single || el == nil {
		return
	}
	had := len(c.diags)
	one := *m
	one.only = el
	at := *c
	at.rows, at.motif = &rows{}, &one
	v := at.condition(x)
	if c.diags = c.diags[:had]; v.bad {
		return
	}
	p := s.allow(el, false, c.hidden("is"))
	m.compute(el.node, plan.Named{Name: p.column, Expr: v.e})
	s.allowed = append(s.allowed, p)
}

func isGraphCall(name string) bool {
	return contains([]string{"map", "any", "all", "inner_nodes", "node_degree_in", "node_degree_out"}, name)
}

func (m *motif) compute(onNodes bool, item plan.Named) {
	if onNodes {
		m.nodeItems = append(m.nodeItems, item)
	} else {
		m.edgeItems = append(m.edgeItems, item)
	}
}

// column asks for a column of an element.
func (m *motif) column(c *ctx, el *element, inner bool, from string) string {
	for _, p := range m.picks {
		if p.el == el && p.inner == inner && p.from == from {
			return p.as
		}
	}
	p := pick{el: el, inner: inner, from: from, as: c.hidden("match")}
	m.picks = append(m.picks, p)
	return p.as
}

// graphMember resolves element.property.
func (c *ctx) graphMember(el *element, x *syntax.Path) *value {
	id, ok := x.Member.(*syntax.Ident)
	if !ok {
		return c.bad("KQL4001", x.Member, "only a name can stand behind the dot")
	}
	col, ok := el.table.column(id.Name)
	if !ok && !el.table.open {
		what := "edge"
		if el.node {
			what = "node"
		}
		return c.bad("KQL3001", id, "%s %s has no property named %q%s", what, el.name, id.Name, near(id.Name, el.table.names()))
	}
	name := el.name + "_" + id.Name
	if c.motif.only != nil {
		return &value{e: expr.C(id.Name), typ: col.Type, name: name}
	}
	t := col.Type
	if el.many {
		t = types.Dynamic
	}
	return &value{e: expr.C(c.motif.column(c, el, false, id.Name)), typ: t, name: name}
}

// graphElement gives an element as such: all its properties.
func (c *ctx) graphElement(el *element, at syntax.Node) *value {
	own := *c
	own.rows, own.motif = el.table, nil
	call := &syntax.Call{Func: &syntax.Ident{Name: "pack_all"}}
	call.Start, call.End = at.Span().Start, at.Span().End
	v := own.packAll(call)
	if v.bad {
		return v
	}
	whole := c.hidden("whole")
	c.motif.compute(el.node, plan.Named{Name: whole, Expr: v.e})
	return &value{e: expr.C(c.motif.column(c, el, false, whole)), typ: types.Dynamic, name: el.name}
}

// along finds the edge of variable length that the first argument of map() and the like names.
func (m *motif) along(x syntax.Expr) (el *element, inner bool) {
	x = syntax.Unparen(x)
	if call, ok := x.(*syntax.Call); ok && call.Func.Name == "inner_nodes" && len(call.Args) == 1 {
		x, inner = syntax.Unparen(call.Args[0]), true
	}
	if id, ok := x.(*syntax.Ident); ok {
		if el = m.elements[id.Name]; el != nil && (!inner || !el.node) {
			return el, inner
		}
	}
	return nil, false
}

// along binds an expression over the properties of each edge, or each node, along an edge of variable length.
func (c *ctx) along(m *motif, el *element, inner bool, x syntax.Expr) *value {
	each := *m
	each.per, each.only = true, nil
	at := *c
	at.rows, at.motif = el.table, &each
	if inner {
		at.rows = m.graph.nodes
	}
	v := at.scalar(x)
	m.inDegree, m.outDegree = each.inDegree, each.outDegree
	return v
}

// graphCall binds map(), any() and all() over an edge, and the numbers of edges at a node.
// https://learn.microsoft.com/kusto/query/map-graph-function
// https://learn.microsoft.com/kusto/query/all-graph-function
// https://learn.microsoft.com/kusto/query/any-graph-function
// https://learn.microsoft.com/kusto/query/node-degree-in
func (c *ctx) graphCall(x *syntax.Call) *value {
	m, name := c.motif, x.Func.Name
	switch name {
	case "node_degree_in", "node_degree_out":
		return c.degree(x)
	case "inner_nodes":
		return c.bad("KQL4005", x, "inner_nodes() stands only as the first argument of map(), any() and all()")
	}
	if len(x.Args) != 2 {
		return c.bad("KQL4002", x.Func, "%s takes 2 arguments, not %d", name, len(x.Args))
	}
	el, inner := m.along(x.Args[0])
	if el == nil {
		return c.bad("KQL4005", x.Args[0], "the name of an edge of the pattern is expected, or inner_nodes() of one")
	}
	v := c.along(m, el, inner, x.Args[1])
	if v.bad {
		return v
	}
	column := c.hidden("each")
	m.compute(inner || el.node, plan.Named{Name: column, Expr: v.e})
	list := expr.Expr(expr.C(m.column(c, el, inner, column)))
	if !el.many && !inner {
		list = expr.F(packRow(1), list)
	}
	switch name {
	case "map":
		return &value{e: list, typ: types.Dynamic}
	case "any":
		return &value{e: expr.F(listFold("any_of", true), list), typ: types.Bool}
	}
	return &value{e: expr.F(listFold("all_of", false), list), typ: types.Bool}
}

// degree binds node_degree_in() and node_degree_out(): of a node, or, along an edge, of each node.
func (c *ctx) degree(x *syntax.Call) *value {
	m := c.motif
	column := &m.inDegree
	if x.Func.Name == "node_degree_out" {
		column = &m.outDegree
	}
	if *column == "" {
		*column = c.hidden("degree")
	}
	if len(x.Args) == 0 && m.per {
		return &value{e: expr.C(*column), typ: types.Long}
	}
	if len(x.Args) == 1 {
		if id, ok := syntax.Unparen(x.Args[0]).(*syntax.Ident); ok {
			if el := m.elements[id.Name]; el != nil && el.node && !m.per {
				return &value{e: expr.C(m.column(c, el, false, *column)), typ: types.Long}
			}
		}
	}
	return c.bad("KQL4005", x, "%s takes a node of the pattern", x.Func.Name)
}

// An allowance is a Boolean column of the nodes or edges that says which of them an element may be.
type allowance struct {
	el     *element
	inner  bool
	column string
}

// A search is a pattern to look for in a graph.
type search struct {
	g             *graphOf
	paths         []graph.Path
	vars, links   int
	cycles        graph.Cycles
	shortest, all bool
	allowed       []allowance
	motif         *motif
}

func (s *search) allow(el *element, inner bool, column string) allowance {
	return allowance{el, inner, column}
}

// degrees adds the numbers of edges to the nodes.
func (s *search) degrees(results []*event.Batch) (plan.Node, error) {
	n := s.g.number(results[0], results[1])
	out := results[0].Clone()
	if s.motif.inDegree != "" {
		out.Set(s.motif.inDegree, event.NewColumn(degreeOf(n, false)))
	}
	if s.motif.outDegree != "" {
		out.Set(s.motif.outDegree, event.NewColumn(degreeOf(n, true)))
	}
	return &plan.Values{Label: "degrees", Rows: out}, nil
}

// maxMatches bounds how many matches a search gives.
const maxMatches = 2_000_000

// run looks for the pattern. Its rows are the columns that have been asked for.
func (s *search) run(results []*event.Batch) (plan.Node, error) {
	n := s.g.number(results[0], results[1])
	and := func(set *[]bool, size int, is func(i int) bool) {
		if *set == nil {
			*set = make([]bool, size)
			for i := range *set {
				(*set)[i] = true
			}
		}
		for i := range *set {
			(*set)[i] = (*set)[i] && is(i)
		}
	}
	paths := make([]graph.Path, len(s.paths))
	for i, p := range s.paths {
		paths[i] = graph.Path{Nodes: slices.Clone(p.Nodes), Links: slices.Clone(p.Links)}
	}
	for _, a := range s.allowed {
		onNodes := a.el.node || a.inner
		column := n.edges.Column(a.column)
		if onNodes {
			column = n.nodes.Column(a.column)
		}
		isNode := func(i int) bool { return column != nil && column.Value(i).IsTrue() }
		isEdge := func(i int) bool { return column != nil && column.Value(int(n.rows[i])).IsTrue() }
		link := 0
		for i := range paths {
			for j := range paths[i].Nodes {
				if a.el.node && paths[i].Nodes[j].Var == a.el.at {
					and(&paths[i].Nodes[j].Allowed, n.nodes.Len(), isNode)
				}
			}
			for j := range paths[i].Links {
				if l := &paths[i].Links[j]; !a.el.node && link+j == a.el.at {
					if a.inner {
						and(&l.Through, n.nodes.Len(), isNode)
					} else {
						and(&l.Allowed, len(n.rows), isEdge)
					}
				}
			}
			link += len(paths[i].Links)
		}
	}
	picks := s.motif.picks
	data := make([][]event.Value, len(picks))
	var origins [][]event.Origin
	tooMany := false
	take := func(m *graph.Match) bool {
		for i, p := range picks {
			data[i] = append(data[i], n.value(m, p))
		}
		origins = append(origins, n.origins(m))
		tooMany = len(origins) > maxMatches
		return !tooMany
	}
	var err error
	if s.shortest {
		err = n.Shortest(paths[0], s.vars, s.all, take)
	} else {
		err = n.Match(paths, s.vars, s.cycles, take)
	}
	if err == nil && tooMany {
		err = graph.ErrTooMany
	}
	if err != nil {
		return nil, errors.New("graph-match: " + err.Error())
	}
	out := event.NewBatch(len(origins))
	for i, p := range picks {
		out.Set(p.as, event.NewColumn(data[i]))
	}
	out.Lineage.Sets = origins
	return &plan.Values{Label: "matches", Rows: out}, nil
}

// value takes a property out of a match.
func (n *numbering) value(m *graph.Match, p pick) event.Value {
	if p.el.node {
		return n.nodes.Value(p.from, int(m.Nodes[p.el.at]))
	}
	if !p.el.many && !p.inner {
		return n.edges.Value(p.from, int(n.rows[m.Edges[p.el.at][0]]))
	}
	list := []event.Value{}
	add := func(v event.Value) {
		if v.IsMissing() {
			v = event.NullValue
		}
		list = append(list, v)
	}
	if p.inner {
		for _, i := range m.Inner[p.el.at] {
			add(n.nodes.Value(p.from, int(i)))
		}
	} else {
		for _, e := range m.Edges[p.el.at] {
			add(n.edges.Value(p.from, int(n.rows[e])))
		}
	}
	return event.ListOf(list)
}

// origins gathers the events behind a match.
func (n *numbering) origins(m *graph.Match) []event.Origin {
	var out []event.Origin
	for _, i := range m.Nodes {
		out = event.MergeOrigins(out, n.nodes.Lineage.Of(int(i)))
	}
	for _, edges := range m.Edges {
		for _, e := range edges {
			out = event.MergeOrigins(out, n.edges.Lineage.Of(int(n.rows[e])))
		}
	}
	return out
}
