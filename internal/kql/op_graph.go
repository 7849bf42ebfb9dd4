package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/graph"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("make-graph", lowerMakeGraph)
	register("graph-to-table", lowerGraphToTable)
	register("graph-mark-components", lowerGraphMarkComponents)
	register("graph-where-nodes", lowerGraphWhere)
	register("graph-where-edges", lowerGraphWhere)
}

// A graphOf is a graph under way: two tables with hidden columns for the ids of nodes. It is never changed. Rows that have one are
// no table; only the operators of graphs take them.
type graphOf struct {
	nodes, edges       *rows
	id, source, target string // hidden columns
	name               string // the column of the nodes that holds their id, if there is one
}

// onGraph reports whether an operator works on graphs.
func onGraph(op syntax.Operator) bool {
	switch op.(type) {
	case *syntax.GraphMatch, *syntax.GraphToTable, *syntax.GraphMarkComponents, *syntax.GraphWhere:
		return true
	}
	return false
}

// lowerMakeGraph builds a graph. Nodes are known when all edges and tables of nodes are there.
// https://learn.microsoft.com/kusto/query/make-graph-operator
func lowerMakeGraph(c *ctx, in *rows, op *syntax.MakeGraph) *rows {
	if !c.ignoreParams(op.Params) {
		return nil
	}
	if len(in.keys) > 0 {
		c.unsupported(op, "make-graph is not supported inside partition or mv-apply")
		return nil
	}
	if !in.plain() {
		in = c.share(in, "edges")
	}
	g := &graphOf{id: c.hidden("id"), source: c.hidden("source"), target: c.hidden("target")}
	part := ""
	if op.PartitionedBy != nil {
		part = op.PartitionedBy.Name
	}
	end := func(r *rows, x *syntax.Ident) *value {
		at := *c
		at.rows = r
		v := at.name(x)
		if v.bad || part == "" {
			return v
		}
		// Parts of a graph are one graph in which nodes of different parts are different.
		p := at.name(&syntax.Ident{Name: part})
		if p.bad {
			return p
		}
		return &value{e: expr.F(packRow(2), p.e, v.e), typ: types.Dynamic}
	}
	from, to := end(in, op.Source), end(in, op.Target)
	if from.bad || to.bad {
		return nil
	}
	g.edges = in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: g.source, Expr: from.e}, {Name: g.target, Expr: to.e}}})
	build := nodeBuilder{id: g.id, source: g.source, target: g.target, named: part != ""}
	deps := []plan.Node{g.edges.node}
	g.nodes = &rows{}
	for _, n := range op.Nodes {
		t := c.rightSide(n.Table)
		if t == nil {
			return nil
		}
		id := end(t, n.On)
		if id.bad {
			return nil
		}
		deps = append(deps, t.with(&plan.Extend{Input: t.final().node, Items: []plan.Named{{Name: g.id, Expr: id.e}}}).node)
		build.on = append(build.on, n.On.Name)
		g.nodes.open = g.nodes.open || t.open
		for _, col := range t.cols {
			if had, ok := g.nodes.column(col.Name); ok && had.Type != col.Type {
				col.Type = types.Unknown
			}
			g.nodes.cols = set(g.nodes.cols, col)
		}
	}
	if op.NodeID != nil {
		col := Column{op.NodeID.Name, types.String}
		if had, ok := in.column(op.Source.Name); ok {
			col.Type = had.Type
		}
		g.nodes.cols = []Column{col}
		build.on = []string{col.Name}
		g.name = col.Name
	} else if len(op.Nodes) == 1 {
		g.name = op.Nodes[0].On.Name
	}
	build.cols = g.nodes.cols
	g.nodes.node = &plan.Dynamic{Label: "nodes", Deps: deps, Build: build.nodes}
	// All who look at the nodes see the same ones.
	g.nodes = g.nodes.with(&plan.Ref{Name: c.bind(plan.BindTable, "nodes", g.nodes.node)})
	out := &rows{graph: g}
	if op.Body != nil {
		p, ok := op.Body.(*syntax.Pipeline)
		if !ok || p.Source != nil {
			c.unsupported(op.Body, "operators on the graph are expected")
			return nil
		}
		return c.operators(out, p.Ops)
	}
	return out
}

// A nodeBuilder gathers the nodes of a graph.
type nodeBuilder struct {
	id, source, target string
	on                 []string // columns that hold the id, one a table of nodes
	cols               []Column
	named              bool // ids are pairs of a part and the id as such
}

// nodes gives one row a node: those of the tables in order, then those that only edges name. A node that several rows tell of has
// the first value that is there.
func (n *nodeBuilder) nodes(results []*event.Batch) (plan.Node, error) {
	names := []string{}
	for _, col := range n.cols {
		names = append(names, col.Name)
	}
	for _, b := range results[1:] {
		for _, name := range b.Names() {
			if name != n.id && !contains(names, name) {
				names = append(names, name)
			}
		}
	}
	at := map[string]int{}
	var ids []event.Value
	data := make([][]event.Value, len(names))
	var origins [][]event.Origin
	add := func(id event.Value) (int, bool) {
		key := string(event.AppendKey(nil, id))
		if i, ok := at[key]; ok {
			return i, false
		}
		at[key] = len(ids)
		ids, origins = append(ids, id), append(origins, nil)
		for i := range data {
			v := event.NullValue
			if i < len(n.cols) && n.cols[i].Type == types.String {
				v = event.StringOf("")
			}
			data[i] = append(data[i], v)
		}
		return len(ids) - 1, true
	}
	for _, b := range results[1:] {
		from := make([]*event.Column, len(names))
		for i, name := range names {
			from[i] = b.Column(name)
		}
		id := b.Column(n.id)
		for row := range b.Len() {
			i, _ := add(id.Value(row))
			origins[i] = event.MergeOrigins(origins[i], b.Lineage.Of(row))
			for j, col := range from {
				if col == nil || !isEmpty(data[j][i]) {
					continue
				}
				if v := col.Value(row); !v.IsNull() {
					data[j][i] = v
				}
			}
		}
	}
	edges := results[0]
	for row := range edges.Len() {
		for _, end := range []string{n.source, n.target} {
			id := edges.Value(end, row)
			i, fresh := add(id)
			if !fresh {
				continue
			}
			if n.named {
				id = id.List()[1]
			}
			for j, name := range names {
				if contains(n.on, name) {
					data[j][i] = id
				}
			}
		}
	}
	out := event.NewBatch(len(ids))
	for i, name := range names {
		out.Set(name, event.NewColumn(data[i]))
	}
	out.Set(n.id, event.NewColumn(ids))
	out.Lineage.Sets = origins
	return &plan.Values{Label: "nodes", Rows: out}, nil
}

func isEmpty(v event.Value) bool { return v.IsNull() || v.Kind() == event.String && v.Str() == "" }

// A numbering gives the nodes and edges of two batches numbers. Edges whose ends are no nodes (any more) are left out.
type numbering struct {
	*graph.Graph
	nodes, edges *event.Batch
	rows         []int32 // of the edges
}

func (g *graphOf) number(nodes, edges *event.Batch) *numbering {
	at := make(map[string]int32, nodes.Len())
	for row := range nodes.Len() {
		at[string(event.AppendKey(nil, nodes.Value(g.id, row)))] = int32(row)
	}
	out := &numbering{nodes: nodes, edges: edges}
	var list []graph.Edge
	for row := range edges.Len() {
		from, ok1 := at[string(event.AppendKey(nil, edges.Value(g.source, row)))]
		to, ok2 := at[string(event.AppendKey(nil, edges.Value(g.target, row)))]
		if ok1 && ok2 {
			list = append(list, graph.Edge{From: from, To: to})
			out.rows = append(out.rows, int32(row))
		}
	}
	out.Graph = graph.New(nodes.Len(), list)
	return out
}

// nodeHash is the number that graph-to-table gives to a node: the hash of its id.
var nodeHash = function.Lookup("hash")

// lowerGraphToTable gives the nodes or the edges. With both, they become tables of the query under their names, and the nodes are the
// result.
// https://learn.microsoft.com/kusto/query/graph-to-table-operator
func lowerGraphToTable(c *ctx, in *rows, op *syntax.GraphToTable) *rows {
	var first *rows
	for _, o := range op.Outputs {
		if len(op.Outputs) > 1 && o.As == nil {
			c.bad("KQL4005", o, "each of several tables needs a name: %s as Name", o.What)
			return nil
		}
		r, ok := c.graphTable(in.graph, o)
		if !ok {
			return nil
		}
		if o.As != nil {
			r = c.share(r, o.As.Name)
			r.name = o.As.Name
			for s := c.scope; s != nil; s = s.parent {
				if s.parent == nil {
					s.names[o.As.Name] = &value{table: r}
				}
			}
		}
		if first == nil {
			first = r
		}
	}
	return first
}

func (c *ctx) graphTable(g *graphOf, o *syntax.GraphOutput) (*rows, bool) {
	var items []plan.Named
	var cols []Column
	hash := func(which, hidden string) bool {
		name := option(o.Params, which)
		if name == "" {
			return true
		}
		v := c.apply(nodeHash, []*value{{e: expr.C(hidden), typ: types.Unknown}}, []syntax.Node{o}, o)
		items, cols = append(items, plan.Named{Name: name, Expr: v.e}), append(cols, Column{name, types.Long})
		return !v.bad
	}
	from := g.edges
	ok := true
	if o.What == "nodes" {
		from = g.nodes
		ok = hash("with_node_id", g.id)
	} else {
		ok = hash("with_source_id", g.source) && hash("with_target_id", g.target)
	}
	if !ok {
		return nil, false
	}
	if from.open {
		out := from.extend(items, typesOf(cols)).drop(g.id, g.source, g.target)
		return out, true
	}
	taken := newNamer(cols)
	for _, col := range from.cols {
		items = append(items, plan.Named{Name: taken.unique(col.Name), Expr: expr.C(col.Name)})
		cols = append(cols, Column{items[len(items)-1].Name, col.Type})
	}
	return from.project(items, cols), true
}

func typesOf(cols []Column) []types.Type {
	out := make([]types.Type, len(cols))
	for i, col := range cols {
		out[i] = col.Type
	}
	return out
}

// lowerGraphMarkComponents adds the number of its component to each node.
// https://learn.microsoft.com/kusto/query/graph-mark-components-operator
func lowerGraphMarkComponents(c *ctx, in *rows, op *syntax.GraphMarkComponents) *rows {
	if !c.ignoreParams(op.Params, "kind", "with_component_id") {
		return nil
	}
	kind, ok := c.oneOf(op.Params, "kind", "weak", "strong")
	if !ok {
		return nil
	}
	name := option(op.Params, "with_component_id")
	if name == "" {
		name = "ComponentId"
	}
	g := *in.graph
	node := &plan.Dynamic{Label: "components", Deps: []plan.Node{g.nodes.node, g.edges.node}, Build: func(results []*event.Batch) (plan.Node, error) {
		n := g.number(results[0], results[1])
		of := n.Components(kind == "strong")
		data := make([]event.Value, len(of))
		for i, c := range of {
			data[i] = event.IntOf(int64(c))
		}
		out := results[0].Clone()
		out.Set(name, event.NewColumn(data))
		return &plan.Values{Label: "components", Rows: out}, nil
	}}
	g.nodes = g.nodes.with(&plan.Ref{Name: c.bind(plan.BindTable, "components", node)})
	g.nodes.cols = set(g.nodes.cols, Column{name, types.Long})
	return &rows{graph: &g}
}

// lowerGraphWhere keeps some nodes or edges. An edge goes with its nodes.
// https://learn.microsoft.com/kusto/query/graph-where-nodes-operator
// https://learn.microsoft.com/kusto/query/graph-where-edges-operator
func lowerGraphWhere(c *ctx, in *rows, op *syntax.GraphWhere) *rows {
	g := *in.graph
	at := *c
	at.rows = g.nodes
	if op.Edges {
		at.rows = g.edges
	}
	v := at.condition(op.X)
	if v.bad {
		return nil
	}
	kept := at.rows.with(&plan.Filter{Input: at.rows.node, Pred: v.e})
	if op.Edges {
		g.edges = kept
	} else {
		g.nodes = kept
		for _, end := range []string{g.source, g.target} {
			g.edges = g.edges.with(&plan.Join{Left: g.edges.node, Right: kept.node, Kind: plan.LeftSemi, NullsMatch: true,
				LeftKeys: []expr.Expr{expr.C(end)}, RightKeys: []expr.Expr{expr.C(g.id)}})
		}
	}
	return &rows{graph: &g}
}

// degreeOf is a hidden column of the nodes that is filled when the graph is searched.
func degreeOf(n *numbering, out bool) []event.Value {
	data := make([]event.Value, n.nodes.Len())
	for i := range data {
		if out {
			data[i] = event.IntOf(int64(n.Out(int32(i))))
		} else {
			data[i] = event.IntOf(int64(n.In(int32(i))))
		}
	}
	return data
}

// listFold makes any or all of the elements of a list of Booleans.
func listFold(name string, want bool) *fn.Func {
	return &fn.Func{Name: name, Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Looks at the elements of a list.", Row: func(args []event.Value) event.Value {
		found := slices.ContainsFunc(args[0].List(), func(v event.Value) bool { return v.IsTrue() == want })
		return event.BoolOf(found == want)
	}}
}
