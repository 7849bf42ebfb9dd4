// Package fn holds scalar and aggregate functions: what one is ([Func], [Agg]), and the kernels that several languages share.
//
// A language's function table (package function below spl, kql, sigma) is a list of entries of these types. One entry is
// everything there is to know of a function: name, arity, null rule, documentation, examples, kernel. From it come arity
// errors, the reference, completion and one test that executes every example.
package fn

import (
	"fmt"
	"time"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
)

// Env is what functions may know of the run they are in. It is immutable while a plan runs.
type Env struct {
	// Clock tells the moment that the run takes as the present; see [Env.Now]. It must give the same answer each time. It is a
	// function because the answer may have to be looked for: in files, the present is the newest event.
	Clock func() time.Time
	// ClockOf tells the present of one of several recordings in the input, by its number; nil when there is one present only.
	ClockOf func(recording int64) time.Time
	// Zone is the time zone of the search; nil means UTC.
	Zone *time.Location
	// Params holds the values of named parameters that plans refer to, such as the results of scalar sub-queries.
	Params map[string]event.Value
	// Geo looks an address up in the user's GeoIP database; nil when the user gave none.
	Geo func(ip string) (event.Bag, bool)
	// Memos are what dear functions remember during the run; nil outside one.
	Memos *Memos
	// Profile measures what the run spends its time on; nil when nobody asks.
	Profile *cost.Profile
}

// Now returns the moment that the run takes as the present, in ticks (see [event.TicksOf]): the machine's clock when the run
// has none of its own.
func (e *Env) Now() int64 {
	if e == nil || e.Clock == nil {
		return event.TimeOf(time.Now()).Ticks()
	}
	return event.TimeOf(e.Clock()).Ticks()
}

// Location returns the time zone of the search, never nil.
func (e *Env) Location() *time.Location {
	if e == nil || e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// A Row computes a function's value for one row. args is only valid during the call: a Row that puts arguments into a list
// must copy them. A Row belongs to one goroutine.
type Row func(args []event.Value) event.Value

// An Arg is what is known of an argument before any row is seen.
type Arg struct {
	Const bool
	Value event.Value // the value, when Const
}

// NullRule says what a function does with null and missing arguments.
type NullRule uint8

const (
	// NullInNullOut: a null argument makes the result null; the kernel never sees one.
	NullInNullOut NullRule = iota
	// SeesNull: the kernel is called with null and missing arguments.
	SeesNull
)

// A Func is a scalar function. Exactly one of Row and Bind is set.
type Func struct {
	Name string
	// Min and Max bound the number of arguments; Max < 0 means no bound.
	Min, Max int
	Null     NullRule
	// Volatile functions may give another value at each call and are never computed once for several rows.
	Volatile bool
	// Row is the kernel of a function that needs no preparation. It must be safe for concurrent use.
	Row Row
	// Bind prepares the kernel for known constant arguments, compiling patterns and the like once. An error is the
	// user's: it is reported at the call's place.
	Bind func(env *Env, args []Arg) (Row, error)
	// Needs, when set, tells a necessary condition for the call to be true: what the text of its first argument (of one of
	// its values, when it is a list) contains, given the constants among the others. Searches of many rules are gathered by it.
	Needs func(args []Arg) Required

	// Doc says what the function does, in a sentence or two; See links the page of the home platform.
	Doc, See string
	// Examples are pairs of an expression and its value in JSON; a test executes them in the language of the table.
	Examples []Example
	// Note tells a known difference from the home platform, or is empty.
	Note string
}

// An Example is an expression and the value it must give.
type Example struct{ Expr, Want string }

// Prepare returns the kernel for these arguments.
func (f *Func) Prepare(env *Env, args []Arg) (Row, error) {
	if f.Bind != nil {
		return f.Bind(env, args)
	}
	return f.Row, nil
}

// CheckArity returns an error in the user's words when n arguments are not what f takes.
func (f *Func) CheckArity(n int) error { return checkArity(f.Name, n, f.Min, f.Max) }

func checkArity(name string, n, lo, hi int) error {
	if n >= lo && (hi < 0 || n <= hi) {
		return nil
	}
	want := fmt.Sprintf("%d", lo)
	switch {
	case hi < 0:
		want = fmt.Sprintf("at least %d", lo)
	case hi != lo:
		want = fmt.Sprintf("%d to %d", lo, hi)
	}
	noun := "arguments"
	if want == "1" {
		noun = "argument"
	}
	return fmt.Errorf("%s takes %s %s, not %d", name, want, noun, n)
}

// An Agg is an aggregate function.
type Agg struct {
	Name     string
	Min, Max int
	// New prepares the aggregate for known constant arguments and returns the maker of its states.
	New func(env *Env, args []Arg) (func() State, error)
	// Ordered aggregates depend on the order in which rows arrive (first, list, …).
	Ordered bool
	// SkipsNull aggregates leave their state alone at a row whose first argument is null or missing. Over columns that turn
	// up late (values(*)) they need not see the rows before.
	SkipsNull bool

	Doc, See string
	Examples []Example
	Note     string
}

// CheckArity returns an error in the user's words when n arguments are not what a takes.
func (a *Agg) CheckArity(n int) error { return checkArity(a.Name, n, a.Min, a.Max) }

// A State is an aggregate under way over one group. It belongs to one goroutine.
type State interface {
	// Add takes one row's arguments, which are only valid during the call.
	Add(args []event.Value)
	// Merge takes over what other, a state of the same aggregate, has seen, as if its rows came after this state's own.
	Merge(other State)
	// Result returns the aggregate's value. Add may follow.
	Result() event.Value
	// Size estimates the bytes that the state keeps.
	Size() int
}
