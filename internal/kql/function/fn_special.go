package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Entries that the binder handles itself: they need the columns or tables in scope, neighbouring rows, a graph, or a cluster.

func init() {
	special := func(kind Special, name, see, doc string, sig ...string) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see}, Sig: sig, Special: kind}
	}
	register(
		// Columns and tables in scope.
		special(Binding, "column_ifexists", "column-ifexists-function", "Gives a column if the input has one of that name, else the default.", "column_name:string!, defaultValue:scalar -> arg1").named(NameColumn),
		special(Binding, "iscolumnexists", "column-ifexists-function", "Reports whether the input has a column of that name.", "column_name:string! -> bool"),
		special(Binding, "column_names_of", "column-names-of-function", "Gives the names of a table's columns.", "table:table -> dynamic"),
		special(Binding, "pack_all", "pack-all-function", "Makes a bag of all columns; with true, without nulls and empty texts.", "ignore_null_empty:scalar!!? -> dynamic"),
		special(Binding, "bag_pack_columns", "bag-pack-columns-function", "Makes a bag of columns by their names.", "column:column+ -> dynamic"),
		special(Binding, "bin_auto", "bin-auto-function", "Rounds a value down to a bin whose size the query's settings give.", "value:summable -> promoted0").named(NameFirst),
		special(Binding, "ingestion_time", "ingestion-time-function", "Gives when the record was taken in; over files that is the event's own time.", "-> datetime").named(NameFixed, "$IngestionTime"),
		special(Binding, "table", "table-function", "Names a table by an expression.", "name:string, query_data_scope:string? -> unknown"),
		special(Binding, "estimate_data_size", "estimate-data-size-function", "Estimates how many bytes columns take.", "column:column@+ -> long"),
		special(Binding, "__invoke", "", "Calls a function by name.", "name:string!!, type:type, arg:scalar* -> typeof"),
		// Neighbouring rows.
		special(Window, "prev", "prev-function", "Gives a column's value some rows before, else the default.", "column:scalar, offset:long?, default_value:scalar!? -> arg0"),
		special(Window, "next", "next-function", "Gives a column's value some rows after, else the default.", "column:scalar, offset:long?, default_value:scalar!? -> arg0"),
		special(Window, "row_number", "row-number-function", "Numbers the rows; begins again where the condition is true.", "startingIndex:long?, restart:bool? -> long"),
		special(Window, "row_cumsum", "row-cumsum-function", "Adds up a column from row to row; begins again where the condition is true.", "term:number, restart:bool? -> arg0"),
		special(Window, "row_rank_dense", "row-rank-dense-function", "Counts the different values from row to row; begins again where the condition is true.", "term:notDynamic, restart:bool? -> long"),
		special(Window, "row_rank_min", "row-rank-min-function", "Gives the number of the first row with the same value; begins again where the condition is true.", "term:notDynamic, restart:bool? -> long"),
		special(Window, "row_window_session", "row-window-session-function", "Gives when the session began that a row belongs to.",
			"expr:datetime, maxDistanceFromFirst:timespan, maxDistanceBetweenNeighbors:timespan, restart:bool? -> datetime"),
		// Graphs.
		special(Graph, "all", "all-graph-function", "Reports whether a condition holds for all elements of a variable length edge.", "pattern_element:scalar, expression:bool -> bool"),
		special(Graph, "any", "any-graph-function", "Reports whether a condition holds for any element of a variable length edge.", "pattern_element:scalar, expression:bool -> bool"),
		special(Graph, "map", "map-graph-function", "Gives an expression's value for each element of a variable length edge.", "pattern_element:scalar, expression:scalar -> dynamic"),
		special(Graph, "inner_nodes", "inner-nodes-graph-function", "Gives the nodes along a variable length edge.", "edge:scalar -> dynamic"),
		special(NotBuilt, "node_id", "node-id-graph-function", "Gives the id of a node.", "node:scalar? -> string"),
		special(Graph, "node_degree_in", "node-degree-in", "Counts the edges that lead to a node.", "node:scalar? -> long"),
		special(Graph, "node_degree_out", "node-degree-out", "Counts the edges that come from a node.", "node:scalar? -> long"),
		special(NotBuilt, "labels", "labels-graph-function", "Gives the labels of a node or edge.", "pattern_element:scalar? -> dynamic"),
	)
	const cluster = "Needs a cluster."
	for _, f := range [][3]string{
		{"cluster", "cluster-function", "name:string -> unknown"}, {"database", "database-function", "name:string? -> unknown"},
		{"external_table", "external-table-function", "name:string, mapping:string|timespan? -> unknown"}, {"materialized_view", "materialized-view-function", "name:string, max_age:timespan? -> unknown"},
		{"entity_group", "entity-groups", "name:string -> unknown"}, {"stored_query_result", "stored-query-result-function", "name:string, index:string|long? -> unknown"},
		{"graph", "graph-function", "name:string, snapshot:string|bool? -> unknown"},
		{"current_cluster_endpoint", "current-cluster-endpoint-function", "-> string"}, {"current_database", "current-database-function", "-> string"},
		{"current_principal", "current-principal-function", "-> string"}, {"current_principal_details", "current-principal-details-function", "-> dynamic"},
		{"current_principal_is_member_of", "current-principal-is-member-of-function", "group:stringOrArray+ -> bool"}, {"extent_id", "extent-id-function", "-> guid"},
		{"extent_tags", "extent-tags-function", "-> dynamic"}, {"current_node_id", "", "-> string"}, {"row_id", "", "-> string"},
		{"cursor_after", "cursor-after-function", "cursor:string -> bool"}, {"cursor_before_or_at", "cursor-before-or-at-function", "cursor:string -> bool"},
		{"cursor_current", "cursor-current-function", "-> string"}, {"rowstore_ordinal_range", "", "-> dynamic"},
	} {
		register(special(Refused, f[0], f[1], cluster, f[2]))
	}
	alias("column_ifexists", "columnifexists")
	alias("row_rank_dense", "row_rank")
	alias("extent_id", "extentid")
	alias("cursor_current", "current_cursor")
	scalars["row_rank"].Sig = []string{"column:notDynamic, restart:bool? -> long"}
	register(lax("datetime_list_timezones", "datetime-list-timezones", "Gives the names of some time zones; all names of the IANA database are known.", "-> dynamic", func([]event.Value) event.Value {
		var out []event.Value
		for _, z := range []string{"UTC", "US/Pacific", "US/Mountain", "US/Central", "US/Eastern", "America/Sao_Paulo", "Europe/London", "Europe/Paris", "Europe/Moscow",
			"Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland"} {
			out = append(out, textOf(z))
		}
		return listOf(out)
	}))
}
