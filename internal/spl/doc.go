// Package spl compiles searches of Splunk's search processing language to plans.
//
// [Compile] expands macros, parses (package syntax), and lowers stage by stage. Each command is one entry of the table in
// commands.go and one file cmd_*.go; evaluation and aggregate functions are entries of package function. What SPL means by
// a comparison, a missing field or a multivalue field is in the functions that the lowering puts into expressions, so that
// plans know nothing of SPL.
//
// Diagnostics: SPL1xxx say that the text is wrong, SPL2xxx that something legal cannot be run here, SPL3xxx that a command,
// function, macro, lookup or data model is unknown, SPL4xxx that an argument is wrong, SPL5xxx what the reader should know
// of a search that runs.
package spl
