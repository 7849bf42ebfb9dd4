// Package function is the table of KQL's scalar functions, operators and aggregates: one [Entry] for each, with its static
// types, kernel, documentation and examples.
//
// # How the binder uses it
//
//   - [Lookup] finds a scalar function, [Operator] an operator by its text ("==", "has_any", "between", "unary-", …),
//     [Aggregate] an aggregate. nil means that KQL has no such name. Names are case-sensitive.
//   - An entry with a [Special] is the binder's own business, or cannot be computed here (it needs columns, tables or neighbouring rows); it is in the
//     table so that names, arity, types and documentation are complete.
//   - [Entry.Resolve] takes what is known of the arguments ([Arg]) and gives a [Call]: the function to put into expr.Call, the
//     conversions to put around the arguments, whether to wrap the call in expr.Not ("!has" is the negation of "has", so that
//     both share one predicate), and the static type of the result; or an [Error] with the argument that is wrong.
//     The same entry and the same static types always give the same *fn.Func, so functions can be compared by pointer.
//   - A typeof(t) argument is passed as [Arg.TypeLit] to Resolve and as a constant string, the canonical name of the
//     type, to the kernel. Lists on the right of in, has_any and the like are further arguments; an argument that is a
//     dynamic array stands for its elements, and so does the list that a sub-query's parameter gives.
//   - Functions that give several columns (series_stats, array_sort_asc of two arrays) have [Call.Columns]; their kernel
//     returns a list with one element a column.
//   - What a column is called when the query gives no name follows from [Entry.Naming] and [Entry.Prefix].
//   - iff, case, not, and, or have kernels, but expr.Case, expr.Not and expr.Logic evaluate less.
//   - [Convert] is the conversion of a value of one static type to another (tostring, toint, …): the binder needs it for
//     columns whose static type differs from what the data holds, and for typed captures.
//
// # Values
//
// See package types for how values of each type are represented. Kernels never see a null where the static type is
// string: null and missing become "" there. Where a function is said to give null on null, any other null argument makes
// the result null ("" when the result is a string).
package function
