// Package syntax reads and prints Splunk's search processing language, SPL.
//
// [Parse] turns a search into a [Query]: a list of stages, each with one [Command]. It always returns a tree, a partial
// one where the text is faulty, and diagnostics that point at the text. Commands with a grammar of their own have node
// types of their own ([Search], [Eval], [Stats], [Rex], …); every other command, known or not, becomes a [General] with
// options, words and subsearches, so that whoever lowers or analyses a tree decides what it supports.
//
// SPL has two expression grammars, and this package keeps them apart. A [SearchExpr] stands in `search`, in
// `tstats … where` and in `inputlookup … where`: a blank means AND, OR binds tighter than AND, operators are capitals, a
// bare word is a text to look for. An [Expr] stands in `eval` and `where`: the usual precedence, keywords in any case, a
// bare word is a field.
// (https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.3/expressions-and-predicates)
//
// Macros are text. [Expand] replaces their calls before parsing and yields a source whose places map back to the text the
// user wrote; [Parse] on text that was not expanded keeps every call as a [MacroCall] node.
//
// [Print] writes a tree in one canonical layout. Parsing what it printed gives the same tree, apart from places. Strings,
// numbers, aggregations and macro calls are printed as they were written.
//
// Diagnostics: SPL1xxx say what is wrong with the text, SPL3xxx name unknown macros, SPL4xxx wrong macro arguments,
// SPL5xxx note what was repaired by a general rule although Splunk may refuse it.
package syntax
