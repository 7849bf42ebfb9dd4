// Package syntax reads and writes the Kusto Query Language: scanner, tree, parser, printer and walker.
//
// [Parse] turns a source into a [Query], a list of statements; whatever it cannot read it reports with a place, and goes on at
// the next '|' or ';', so that a tree (a partial one) always exists. Acceptance follows the parser of the official language
// service: what that one takes, oddities included, is taken here, and what it refuses is refused. Names and types are not looked
// at: an unknown join kind, a missing column or an aggregate inside where are the binder's business.
//
//	q, diags := syntax.Parse(text.NewSource("rule.kql", "SecurityEvent | where EventID == 4688 | take 5"))
//	fmt.Print(syntax.Print(q))
//
// The tree has three kinds of nodes: [Statement], [Expr] and [Operator]. A query such as T | where x | take 5 is a [Pipeline],
// which is an expression like any other: it may stand in parentheses, after in, or as a let value. Parentheses are kept as
// [Paren], comments are not kept.
//
// [Print] gives the canonical layout, one operator a line. Print after Parse is a fixed point, and parsing what was printed
// gives the same tree but for the spans.
//
// Diagnostics:
//
//	KQL1001  a character that cannot start a token
//	KQL1002  a string that does not end, or has an unknown escape
//	KQL1003  a certain token is missing
//	KQL1004  an expression, a name, a literal or another phrase is missing
//	KQL1005  no operator of that name
//	KQL1006  a reserved word used as a name without brackets
//	KQL1007  text left over after a complete statement
//	KQL1008  no type of that name
//	KQL1009  nesting too deep
//	KQL2001  a control command instead of a query
//
// Language reference: https://learn.microsoft.com/kusto/query/
package syntax
