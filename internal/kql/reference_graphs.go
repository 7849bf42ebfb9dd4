package kql

import "maps"

const (
	sampleEdges = `let E = datatable(s:string, t:string, how:string)["a","b","ssh", "b","c","rdp", "d","e","ssh"]; `
	sampleNodes = `let N = datatable(id:string, role:string)["a","host", "b","host", "c","server"]; `
)

func init() {
	maps.Copy(operatorDocs, map[string]*Operator{
		"make-graph": {See: "make-graph-operator", Syntax: "Edges | make-graph Source --> Target [with Nodes on Id, … | with_node_id=Name] [partitioned-by Column (Operators)]",
			Doc:      "A graph of a table of edges and, if given, tables of nodes; operators on graphs must follow. A node that only edges name has no other properties than its id. With partitioned-by the graphs of different values of a column are apart.",
			Note:     "Of several rows for one node the first value that is there counts.",
			Examples: rowsOf(sampleEdges+sampleNodes+`E | make-graph s --> t with N on id | graph-match (a)-[e]->(b) where b.role == "server" project a.id, e.how`, `[{"a_id":"b","e_how":"rdp"}]`)},
		"graph-match": {See: "graph-match-operator", Syntax: "Graph | graph-match [cycles=all|none|unique_edges] (Node)-[Edge]->(Node)…, … [where Condition] project [Name =] Expression, …",
			Doc:      "The ways in which a pattern of nodes and edges fits. Edges may be -[e]->, <-[e]-, -[e]-, or of variable length, -[e*1..3]->; of the latter map(), any() and all() look at each edge, or with inner_nodes() at each node between.",
			Options:  []string{"cycles=all|none|unique_edges"},
			Note:     "A search that takes too many steps ends in an error; the properties of an edge of variable length, written e.p, are an array.",
			Examples: rowsOf(sampleEdges+`E | make-graph s --> t with_node_id=id | graph-match (a)-[e*1..2]->(b) where a.id == "a" project b.id, map(e, how)`, `[{"b_id":"b","Column1":["ssh"]}, {"b_id":"c","Column1":["ssh","rdp"]}]`)},
		"graph-shortest-paths": {See: "graph-shortest-paths-operator", Syntax: "Graph | graph-shortest-paths [output=any|all] (Node)-[Edge*Low..High]->(Node) [where Condition] project [Name =] Expression, …",
			Doc:      "The shortest ways between each first and last node that the condition allows, one of them or all.",
			Options:  []string{"output=any|all"},
			Note:     "Conditions on single nodes, and all() of an edge, guide the search; others are tested on the paths that it finds.",
			Examples: rowsOf(sampleEdges+`E | make-graph s --> t with_node_id=id | graph-shortest-paths (a)-[e*1..5]->(b) where a.id == "a" and b.id == "c" project map(inner_nodes(e), id)`, `[{"Column1":["b"]}]`)},
		"graph-mark-components": {See: "graph-mark-components-operator", Syntax: "Graph | graph-mark-components [kind=weak|strong] [with_component_id=Name]",
			Doc:      "Gives each node the number of its connected component. Strong components heed the directions of edges.",
			Options:  []string{"kind=weak|strong", "with_component_id=NAME"},
			Note:     "Components are numbered in the order of their first nodes; the service promises no order.",
			Examples: rowsOf(sampleEdges+`E | make-graph s --> t with_node_id=id | graph-mark-components | graph-to-table nodes`, `[{"id":"a","ComponentId":0}, {"id":"b","ComponentId":0}, {"id":"c","ComponentId":0}, {"id":"d","ComponentId":1}, {"id":"e","ComponentId":1}]`)},
		"graph-to-table": {See: "graph-to-table-operator", Syntax: "Graph | graph-to-table nodes [as Name] [with_node_id=Name] | … edges [as Name] [with_source_id=Name] [with_target_id=Name]",
			Doc:      "The nodes or edges of a graph as a table. With both, each gets a name for the statements that follow. Ids are hashes of the nodes' ids.",
			Examples: rowsOf(sampleEdges+`E | make-graph s --> t | graph-to-table edges | count`, `[{"Count":3}]`)},
		"graph-where-nodes": {See: "graph-where-nodes-operator", Syntax: "Graph | graph-where-nodes Condition", Doc: "The nodes for which a condition on their properties holds, and the edges between them.",
			Examples: rowsOf(sampleEdges+sampleNodes+`E | make-graph s --> t with N on id | graph-where-nodes role == "host" | graph-to-table edges`, `[{"s":"a","t":"b","how":"ssh"}]`)},
		"graph-where-edges": {See: "graph-where-edges-operator", Syntax: "Graph | graph-where-edges Condition", Doc: "The edges for which a condition on their properties holds, and all nodes.",
			Examples: rowsOf(sampleEdges+`E | make-graph s --> t | graph-where-edges how == "rdp" | graph-to-table edges`, `[{"s":"b","t":"c","how":"rdp"}]`)},
	})
}
