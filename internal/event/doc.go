// Package event holds what flows through Harrier: values, columns, dictionaries and batches of events.
//
// A [Batch] is a set of equally long columns with names, plus for each row its lineage: the records of input that it came
// from. Text from telemetry is dictionary-encoded against a [Dict] that is shared by all batches of a run, so a unary
// function or a predicate over a dictionary column runs once per distinct value of the run (package expr does that).
//
// Batches are immutable once handed on: whoever receives one may keep it for as long as it likes and must not change it.
package event
