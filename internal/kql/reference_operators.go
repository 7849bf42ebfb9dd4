package kql

import "github.com/harrier-detect/harrier/internal/fn"

// rowsOf makes examples from pairs of a query and its rows in JSON.
func rowsOf(pairs ...string) []fn.Example {
	out := make([]fn.Example, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, fn.Example{Expr: pairs[i], Want: pairs[i+1]})
	}
	return out
}

const (
	noGraphs  = "graphs are not built in"
	oneResult = "a query gives one result here"
	inService = "only the service itself writes it into queries"
)

// operatorDocs says what each operator does; a test sees to it that none is left out.
var operatorDocs = map[string]*Operator{
	"as": {See: "as-operator", Syntax: "T | as Name", Doc: "Names the rows so far, for withsource of a union and for later parts of the query.",
		Examples: rowsOf(`range x from 1 to 2 step 1 | as Ones | union withsource=From Ones`, `[{"From":"Ones","x":1}, {"From":"Ones","x":2}, {"From":"Ones","x":1}, {"From":"Ones","x":2}]`)},
	"assert-schema": {See: "assert-schema-operator", Syntax: "T | assert-schema (Name: Type, …)", Doc: "Refuses the query when the columns or their types are others.",
		Examples: rowsOf(`print a=1 | assert-schema (a: long)`, `[{"a":1}]`)},
	"consume": {See: "consume-operator", Syntax: "T | consume", Doc: "Takes all rows and gives none.",
		Examples: rowsOf(`range x from 1 to 3 step 1 | consume`, `[]`)},
	"count": {See: "count-operator", Syntax: "T | count [as Name]", Doc: "One row with the number of rows, in the column Count.",
		Examples: rowsOf(`range x from 1 to 3 step 1 | count`, `[{"Count":3}]`)},
	"distinct": {See: "distinct-operator", Syntax: "T | distinct Column, … | T | distinct *", Doc: "The different combinations of the columns' values. A missing value is one value.",
		Examples: rowsOf(`datatable(a:string, b:long)["x",1,"x",2,"y",3] | distinct a`, `[{"a":"x"}, {"a":"y"}]`)},
	"evaluate": {See: "evaluate-operator", Syntax: "[T |] evaluate Plugin(Argument, …) [: (Name: Type, …)]", Doc: "Runs a plugin over the rows; see the plugins.",
		Examples: rowsOf(`print d=dynamic({"a":1,"b":"x"}) | evaluate bag_unpack(d)`, `[{"a":1,"b":"x"}]`)},
	"extend": {See: "extend-operator", Syntax: "T | extend [Name =] Expression, …", Doc: "Adds columns, or puts new values into columns of the same name. All expressions see the columns of the input, not each other.",
		Examples: rowsOf(`print a=2 | extend b=a*a`, `[{"a":2,"b":4}]`)},
	"facet": {See: "facet-operator", Refused: oneResult},
	"find": {See: "find-operator", Syntax: "find [withsource=Name] [in (Table, …)] where Predicate [project Column, … [, pack(*)]]", Doc: "The rows of several tables for which a predicate holds.",
		Options:  []string{"withsource=NAME", "with_source=NAME", "datascope=any"},
		Examples: rowsOf(`let A = datatable(x:long)[1,2]; let B = datatable(x:long)[2,3]; find withsource=From in (A, B) where x == 2 project x`, `[{"From":"A","x":2}, {"From":"B","x":2}]`)},
	"fork":                  {See: "fork-operator", Refused: oneResult},
	"getschema":             {See: "getschema-operator", Syntax: "T | getschema", Doc: "A row for each column: its name, its number from 0, its type.", Examples: rowsOf(`print a=1, b="x" | getschema | project ColumnName, ColumnType`, `[{"ColumnName":"a","ColumnType":"long"}, {"ColumnName":"b","ColumnType":"string"}]`)},
	"graph-mark-components": {See: "graph-mark-components-operator", Refused: noGraphs},
	"graph-match":           {See: "graph-match-operator", Refused: noGraphs},
	"graph-shortest-paths":  {See: "graph-shortest-paths-operator", Refused: noGraphs},
	"graph-to-table":        {See: "graph-to-table-operator", Refused: noGraphs},
	"graph-where-edges":     {See: "graph-where-edges-operator", Refused: noGraphs},
	"graph-where-nodes":     {See: "graph-where-nodes-operator", Refused: noGraphs},
	"invoke": {See: "invoke-operator", Syntax: "T | invoke Function(Argument, …)", Doc: "Calls a function of the query with the rows as its first argument.",
		Note:     "FileProfile() knows nothing of files across the world: the columns that it adds are empty, and a note says so. SeenBy() and DeviceFromIP() are refused.",
		Examples: rowsOf(`let big = (T:(n:long), least:long) { T | where n >= least }; range n from 1 to 3 step 1 | invoke big(2)`, `[{"n":2}, {"n":3}]`)},
	"join": {See: "join-operator", Syntax: "Left | join [kind=Kind] (Right) on Column, … | … on $left.A == $right.B", Doc: "Puts together rows of two tables that have the same values. Without a kind, rows of the left side that share the key are reduced to one first (innerunique). Missing values equal nothing. Columns of the right side that the left has too get a 1 behind their name.",
		Options:  []string{"kind=inner|innerunique|leftouter|rightouter|fullouter|leftanti|leftantisemi|anti|leftsemi|rightanti|rightantisemi|rightsemi"},
		Note:     "Which of several left rows innerunique keeps is up to the service; here it is the first.",
		Examples: rowsOf(`datatable(k:string, a:long)["x",1,"y",2] | join kind=inner (datatable(k:string, b:long)["x",10,"z",30]) on k`, `[{"k":"x","a":1,"k1":"x","b":10}]`, `datatable(k:string, a:long)["x",1,"y",2] | join kind=leftanti (datatable(k:string)["x"]) on k`, `[{"k":"y","a":2}]`)},
	"lookup": {See: "lookup-operator", Syntax: "Facts | lookup [kind=leftouter|inner] (Dimensions) on Column, …", Doc: "Adds the columns of a table with the same key; the keys of the right side are not repeated.",
		Options:  []string{"kind=leftouter|inner"},
		Examples: rowsOf(`datatable(k:string, a:long)["x",1,"y",2] | lookup (datatable(k:string, b:long)["x",10]) on k`, `[{"k":"x","a":1,"b":10}, {"k":"y","a":2,"b":null}]`)},
	"macro-expand": {See: "macro-expand-operator", Refused: "entity groups are kept by the service"},
	"make-graph":   {See: "make-graph-operator", Refused: noGraphs},
	"make-series": {See: "make-series-operator", Syntax: "T | make-series [Name =] Aggregate [default=Value], … on Column [from Start] [to End] step Step [by Column, …]", Doc: "One row a group, with the aggregates along an axis as arrays. Points without rows have the default, 0 unless given.",
		Options:  []string{"kind=nonempty"},
		Examples: rowsOf(`datatable(t:long, g:string)[1,"a",1,"a",3,"b"] | make-series n=count() on t from 1 to 4 step 1 by g | project g, n`, `[{"g":"a","n":[2,0,0]}, {"g":"b","n":[0,0,1]}]`)},
	"mv-apply": {See: "mv-apply-operator", Syntax: "T | mv-apply [with_itemindex=Name] [Name =] Array [to typeof(Type)], … [limit N] on (Subquery)", Doc: "Runs a sub-query on the elements of each row's arrays and puts the row's other columns beside its results.",
		Options:  []string{"with_itemindex=NAME", "kind=bag|array", "bagexpansion=bag|array"},
		Examples: rowsOf(`print id="r", l=dynamic([3,1,2]) | mv-apply e=l to typeof(long) on (top 1 by e) | project id, e`, `[{"id":"r","e":3}]`)},
	"mv-expand": {Aliases: []string{"mvexpand"}, See: "mv-expand-operator", Syntax: "T | mv-expand [kind=bag|array] [with_itemindex=Name] [Name =] Array [to typeof(Type)], … [limit N]", Doc: "Makes a row of each element of an array, or of each property of a bag. Of several arrays the elements go together; the shorter ones are filled with nulls.",
		Options:  []string{"with_itemindex=NAME", "kind=bag|array", "bagexpansion=bag|array"},
		Examples: rowsOf(`print id="r", l=dynamic(["x","y"]) | mv-expand l to typeof(string)`, `[{"id":"r","l":"x"}, {"id":"r","l":"y"}]`)},
	"parse": {See: "parse-operator", Syntax: "T | parse [kind=simple|regex|relaxed] [flags=Flags] Expression with * \"text\" Name[: Type] …", Doc: "Cuts a text into columns along constant pieces. What does not fit gives empty columns.",
		Options:  []string{"kind=simple|regex|relaxed", "flags=FLAGS"},
		Examples: rowsOf(`print s="user=ann id=7" | parse s with "user=" u " id=" n:long | project u, n`, `[{"u":"ann","n":7}]`)},
	"parse-kv": {See: "parse-kv-operator", Syntax: "T | parse-kv Expression as (Name: Type, …) with (pair_delimiter=…, kv_delimiter=…, quote=…, escape=…, greedy=true) | with (regex=…)", Doc: "Takes named values out of a text.",
		Examples: rowsOf(`print s="a=1;b=x" | parse-kv s as (a:long, b:string) with (pair_delimiter=";", kv_delimiter="=") | project a, b`, `[{"a":1,"b":"x"}]`)},
	"parse-where": {See: "parse-where-operator", Syntax: "T | parse-where [kind=simple|regex] [flags=Flags] Expression with * \"text\" Name[: Type] …", Doc: "Like parse, and keeps only the rows that fit.",
		Options:  []string{"kind=simple|regex", "flags=FLAGS"},
		Examples: rowsOf(`datatable(s:string)["n=1","m=2"] | parse-where s with "n=" n:long | project n`, `[{"n":1}]`)},
	"partition": {See: "partition-operator", Syntax: "T | partition [hint.strategy=…] by Column (Subquery)", Doc: "Runs a sub-query on the rows of each value of a column and puts the results together.",
		Note:     "The old form with braces is refused.",
		Examples: rowsOf(`datatable(g:string, n:long)["a",1,"a",5,"b",3] | partition by g (top 1 by n) | sort by g asc`, `[{"g":"a","n":5}, {"g":"b","n":3}]`)},
	"print": {See: "print-operator", Syntax: "print [Name =] Expression, …", Doc: "One row of constant expressions.", Examples: rowsOf(`print a=1+1, "x"`, `[{"a":2,"print_1":"x"}]`)},
	"project": {See: "project-operator", Syntax: "T | project [Name =] Expression, …", Doc: "These columns and no others, in this order.",
		Examples: rowsOf(`print a=1, b=2 | project c=a+b`, `[{"c":3}]`)},
	"project-away":     {See: "project-away-operator", Syntax: "T | project-away Pattern, …", Doc: "All columns but these; * stands for any text.", Examples: rowsOf(`print a=1, ab=2, b=3 | project-away a*`, `[{"b":3}]`)},
	"project-by-names": {See: "project-by-names-operator", Syntax: "T | project-by-names Name|dynamic([…]), …", Doc: "The columns whose names a list of texts gives; names that do not exist are left out.", Examples: rowsOf(`print a=1, b=2 | project-by-names dynamic(["b"])`, `[{"b":2}]`)},
	"project-keep":     {See: "project-keep-operator", Syntax: "T | project-keep Pattern, …", Doc: "These columns in the order of the input.", Examples: rowsOf(`print a=1, ab=2, b=3 | project-keep a*`, `[{"a":1,"ab":2}]`)},
	"project-rename":   {See: "project-rename-operator", Syntax: "T | project-rename New = Old, …", Doc: "Gives columns other names.", Examples: rowsOf(`print a=1, b=2 | project-rename c=a`, `[{"c":1,"b":2}]`)},
	"project-reorder":  {See: "project-reorder-operator", Syntax: "T | project-reorder Pattern [asc|desc|granny-asc|granny-desc], …", Doc: "Puts columns in front.", Examples: rowsOf(`print a=1, b=2 | project-reorder b`, `[{"b":2,"a":1}]`)},
	"range":            {See: "range-operator", Syntax: "range Name from Start to End step Step", Doc: "A column of values from the start to the end.", Examples: rowsOf(`range x from 1 to 5 step 2`, `[{"x":1}, {"x":3}, {"x":5}]`)},
	"reduce":           {See: "reduce-operator", Refused: "how the service finds patterns in texts is not documented"},
	"render":           {See: "render-operator", Syntax: "T | render Chart [with (…)]", Doc: "Says how rows are to be drawn. Rows pass.", Examples: rowsOf(`print a=1 | render table`, `[{"a":1}]`)},
	"sample":           {See: "sample-operator", Syntax: "T | sample N", Doc: "Some rows.", Note: "They are the first ones, not random ones.", Examples: rowsOf(`range x from 1 to 9 step 1 | sample 2`, `[{"x":1}, {"x":2}]`)},
	"sample-distinct":  {See: "sample-distinct-operator", Syntax: "T | sample-distinct N of Column", Doc: "Some different values of a column.", Note: "They are the first ones, not random ones.", Examples: rowsOf(`datatable(x:long)[1,1,2,3] | sample-distinct 2 of x`, `[{"x":1}, {"x":2}]`)},
	"scan": {See: "scan-operator", Syntax: "T | scan [with_match_id=Name] [declare (Name: Type [= Default], …)] with (step Name [output=all|last|none]: Condition [=> Name = Expression, …]; …)", Doc: "Follows sequences of rows through steps.",
		Options: []string{"with_match_id=NAME"}, Note: "Optional steps are refused.",
		Examples: rowsOf(`range x from 1 to 3 step 1 | serialize | scan declare (sum:long=0) with (step s: true => sum = s.sum + x;)`, `[{"x":1,"sum":1}, {"x":2,"sum":3}, {"x":3,"sum":6}]`)},
	"search": {See: "search-operator", Syntax: "[T |] search [kind=case_insensitive] [in (Table, …)] Predicate", Doc: "Rows that have a term in any of their columns, or for which a predicate holds.",
		Options: []string{"kind=case_insensitive|default", "withsource=NAME", "with_source=NAME"}, Note: "kind=case_sensitive is refused.",
		Examples: rowsOf(`datatable(a:string)["the cat","concatenate"] | search "cat"`, `[{"$table":"union_arg0","a":"the cat"}]`)},
	"serialize": {See: "serialize-operator", Syntax: "T | serialize [Name = Expression, …]", Doc: "Says that the order of the rows counts, as functions over neighbouring rows need.", Examples: rowsOf(`range x from 5 to 6 step 1 | serialize n=row_number()`, `[{"x":5,"n":1}, {"x":6,"n":2}]`)},
	"sort": {Aliases: []string{"order"}, See: "sort-operator", Syntax: "T | sort by Expression [asc|desc] [nulls first|nulls last], …", Doc: "Sorts rows, the greatest first unless asc is said. Missing values count as the least.",
		Note:     "The orders granny-asc and granny-desc are refused.",
		Examples: rowsOf(`datatable(x:long)[2,1,3] | sort by x`, `[{"x":3}, {"x":2}, {"x":1}]`)},
	"summarize": {See: "summarize-operator", Syntax: "T | summarize [Name =] Aggregate, … [by [Name =] Expression, …]", Doc: "One row for each combination of the by values with aggregates over its rows. A missing value is a value of its own.",
		Note:     "bin= behind the columns is refused; bin() around a column is not.",
		Examples: rowsOf(`datatable(g:string, n:long)["a",1,"a",5,"b",3] | summarize sum(n), rows=count() by g`, `[{"g":"a","sum_n":6,"rows":2}, {"g":"b","sum_n":3,"rows":1}]`)},
	"take": {Aliases: []string{"limit"}, See: "take-operator", Syntax: "T | take N", Doc: "At most so many rows.", Note: "They are the first ones; the service promises none in particular.", Examples: rowsOf(`range x from 1 to 9 step 1 | take 2`, `[{"x":1}, {"x":2}]`)},
	"top":  {See: "top-operator", Syntax: "T | top N by Expression [asc|desc] [nulls first|nulls last]", Doc: "The first rows in an order.", Examples: rowsOf(`range x from 1 to 9 step 1 | top 2 by x`, `[{"x":9}, {"x":8}]`)},
	"top-hitters": {See: "top-hitters-operator", Syntax: "T | top-hitters N of Expression [by Expression]", Doc: "The commonest values, or those with the greatest sums.", Note: "The numbers are exact, where the service estimates them.",
		Examples: rowsOf(`datatable(x:string)["a","b","a"] | top-hitters 1 of x`, `[{"x":"a","approximate_count_x":2}]`)},
	"top-nested": {See: "top-nested-operator", Syntax: "T | top-nested [N] of Expression by [Name =] Aggregate [asc|desc], top-nested …", Doc: "The top values of a column, and within each of them those of the next.", Note: "with others= is refused.",
		Examples: rowsOf(`datatable(g:string, n:long)["a",1,"a",5,"b",3] | top-nested 1 of g by s=sum(n)`, `[{"g":"a","s":6}]`)},
	"union": {See: "union-operator", Syntax: "[T |] union [kind=inner|outer] [withsource=Name] [isfuzzy=true] Table, …", Doc: "The rows of several tables. Columns of one name and different types are kept apart by their type's name behind them.",
		Options:  []string{"kind=inner|outer", "isfuzzy=BOOL", "withsource=NAME", "with_source=NAME", "best_effort=BOOL"},
		Note:     "A fuzzy union leaves out tables that do not exist; how it orders rows is up to the service, here tables follow each other.",
		Examples: rowsOf(`union (print a=1), (print b="x")`, `[{"a":1,"b":""}, {"a":null,"b":"x"}]`)},
	"where":             {Aliases: []string{"filter"}, See: "where-operator", Syntax: "T | where Predicate", Doc: "The rows for which a predicate is true.", Examples: rowsOf(`range x from 1 to 4 step 1 | where x > 2`, `[{"x":3}, {"x":4}]`)},
	"__executeAndCache": {Refused: inService},
	"__partitionby":     {Refused: inService},
}

// pluginDocs says what each plugin does that runs.
var pluginDocs = map[string]*Operator{
	"bag_unpack": {See: "bag-unpack-plugin", Syntax: "T | evaluate bag_unpack(Column [, OutputColumnPrefix [, columnsConflict [, ignoredProperties]]])", Doc: "A column for each property of a bag.",
		Examples: rowsOf(`datatable(d:dynamic)[dynamic({"a":1}), dynamic({"b":"x"})] | evaluate bag_unpack(d)`, `[{"a":1,"b":""}, {"a":null,"b":"x"}]`)},
	"ipv4_lookup": {See: "ipv4-lookup-plugin", Syntax: "T | evaluate ipv4_lookup(LookupTable, AddressColumn, RangeColumn [, KeyColumn… [, return_unmatched]])", Doc: "Adds the rows of a table whose address range holds the row's IPv4 address.",
		Examples: rowsOf(`let nets = datatable(net:string, name:string)["10.0.0.0/8","inside"]; print ip="10.1.2.3" | evaluate ipv4_lookup(nets, ip, net)`, `[{"ip":"10.1.2.3","net":"10.0.0.0/8","name":"inside"}]`)},
	"ipv6_lookup": {See: "ipv6-lookup-plugin", Syntax: "T | evaluate ipv6_lookup(LookupTable, AddressColumn, RangeColumn [, KeyColumn… [, return_unmatched]])", Doc: "Adds the rows of a table whose address range holds the row's address, IPv6 or IPv4.",
		Examples: rowsOf(`let nets = datatable(net:string, name:string)["fe80::/16","link"]; print ip="fe80::1" | evaluate ipv6_lookup(nets, ip, net)`, `[{"ip":"fe80::1","net":"fe80::/16","name":"link"}]`)},
	"narrow": {See: "narrow-plugin", Syntax: "T | evaluate narrow()", Doc: "A row for each cell: the number of its row, the name of its column, its value as text.",
		Examples: rowsOf(`print a=1, b="x" | evaluate narrow()`, `[{"Row":0,"Column":"a","Value":"1"}, {"Row":0,"Column":"b","Value":"x"}]`)},
	"pivot": {See: "pivot-plugin", Syntax: "T | evaluate pivot(Column [, Aggregate] [, Column…])", Doc: "A column for each value of a column, with an aggregate of the rows that have it.",
		Examples: rowsOf(`datatable(g:string, k:string)["a","x","a","y","b","x"] | evaluate pivot(k, count(), g) | sort by g asc`, `[{"g":"a","x":1,"y":1}, {"g":"b","x":1,"y":0}]`)},
}
