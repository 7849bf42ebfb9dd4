// Package exec runs plans: many at once, in one pass over the input.
//
// Execution is push-based. Each operator is a [Sink] that takes the rows of its input and pushes its own rows to the sink of
// the operator above it; the leaves are the scans, which the driver feeds: it applies each view once to each batch of the
// input for all plans together, and each scan takes the rows that its predicate selects.
//
// What is computed does not depend on how the input is cut into batches, on the number of workers, or on the optimiser.
// For this to hold, an operator whose result depends on which columns there are asks for columns that exist: that have a
// value other than missing in some row, or that the plan says are there (see plan.Shape).
package exec
