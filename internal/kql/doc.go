// Package kql compiles the Kusto Query Language: it binds a syntax tree to tables, functions and types, and lowers it to a
// plan.
//
// # How it works
//
// Binding and lowering are one walk. A [Compile] keeps, for each step of a pipeline, a rows value: the plan so far and the
// columns it gives, with static types. Each operator is one file (op_summarize.go) that registers a function from rows and
// syntax node to rows; scalar expressions become trees of package expr over the functions of package function. Sub-queries
// that give a scalar, a list or a materialised table become bindings of one plan.Let around the whole plan, in the order in
// which they are met.
//
// Some operators give columns that depend on the data (bag_unpack, pivot). What follows works on open rows then: any name is a
// column, of unknown type.
//
// Operators inside mv-apply and partition work on groups of rows without running once a group: rows carry hidden columns that
// tell the group (and, in mv-apply, the outer row), and each operator keeps to it: summarize groups by them, top counts within
// them.
//
// # Diagnostics
//
//	KQL2001  a control command
//	KQL2002  legal, and not supported by Harrier
//	KQL2003  nothing to run: the query only declares names
//	KQL3001  no such column, variable or function
//	KQL3002  no such table
//	KQL3003  no such function
//	KQL3004  no such plugin
//	KQL3005  a name is declared twice
//	KQL4001  a value of another type is needed
//	KQL4002  wrong arguments
//	KQL4003  an operator is not defined for these types
//	KQL4004  an aggregate or window function where none may stand, or a column outside an aggregate
//	KQL4005  a clause of an operator is missing or wrong
//	KQL4006  the query gives no table
//	KQL5001  something is ignored
//	KQL5002  something has no data here
//	KQL5003  something that only the rule's home has is taken to be empty
//
// Language reference: https://learn.microsoft.com/kusto/query/
package kql
