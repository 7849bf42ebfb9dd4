package function

import (
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// An Agg is one aggregate function.
type Agg struct {
	fn.Agg
	// Sig holds the overloads, as in Entry.
	Sig []string
	// Naming and Prefix say how the column of an unnamed call is called.
	Naming Naming
	Prefix string
	// Picks: the result is a list with one value for each argument (for arg_max of one row of the group); * stands for all
	// columns and is expanded by the binder before the call is resolved. The columns keep the arguments' names, behind
	// Prefix and an underscore when there is a Prefix.
	Picks bool
	// Replaced names what to write today instead of an old name; the aggregate works all the same.
	Replaced string

	// state makes the aggregate for static types and known arguments.
	state func(ts []types.Type, result types.Type, args []fn.Arg) (func() fn.State, error)
	// columns names the columns of a call that gives several.
	columns func(args []Arg, t types.Type) []Column

	once  sync.Once
	sigs  []signature
	mu    sync.Mutex
	bound map[string]*fn.Agg
}

// An AggCall is a call of an aggregate whose types have been worked out.
type AggCall struct {
	Agg *fn.Agg
	// Type is the type of the result; of a Picks aggregate, of its first value.
	Type types.Type
	// Convert holds for each argument the function to apply to it first, or nil.
	Convert []*fn.Func
	// Columns gives the names and types of the result when they do not follow from Naming. With one column the result is
	// the value itself, with several a list.
	Columns []Column
}

func registerAggs(as ...*Agg) {
	for _, a := range as {
		if aggregates[a.Name] != nil {
			panic("function: two aggregates " + a.Name)
		}
		if a.See != "" && !strings.HasPrefix(a.See, "http") {
			a.See = manual + a.See
		}
		aggregates[a.Name] = a
	}
}

// aliasAgg registers old, a name that means the same as name.
func aliasAgg(name string, old ...string) {
	a := aggregates[name]
	for _, o := range old {
		registerAggs(&Agg{Agg: fn.Agg{Name: o, Doc: "An old name of " + name + ".", See: a.See, Ordered: a.Ordered}, Sig: a.Sig, Naming: a.Naming,
			Prefix: a.Prefix, Picks: a.Picks, Replaced: name, state: a.state, columns: a.columns})
	}
}

func (a *Agg) signatures() []signature {
	a.once.Do(func() {
		for _, s := range a.Sig {
			a.sigs = append(a.sigs, mustParse(s))
		}
		a.Min, a.Max = arityOf(a.sigs)
	})
	return a.sigs
}

// Arity returns the least and the greatest number of arguments; the greatest is -1 when there is none.
func (a *Agg) Arity() (lo, hi int) {
	a.signatures()
	return a.Min, a.Max
}

// Resolve works out the types of a call.
func (a *Agg) Resolve(args []Arg) (*AggCall, error) {
	s, params, err := choose(a.Name, false, a.signatures(), args)
	if err != nil {
		return nil, err
	}
	c := &AggCall{Convert: make([]*fn.Func, len(args))}
	if c.Type, err = s.result(a.Name, args, params); err != nil {
		return nil, err
	}
	if a.columns != nil {
		c.Columns = a.columns(args, c.Type)
	}
	ts := make([]types.Type, len(args))
	key := []byte{byte(c.Type)}
	for i, x := range args {
		ts[i] = x.Type
		if to := params[i].wants(x.Type, c.Type); to != x.Type {
			ts[i] = to
			c.Convert[i] = Convert(x.Type, to)
		}
		key = append(key, byte(ts[i]))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.Agg = a.bound[string(key)]; c.Agg == nil {
		g := a.Agg
		result := c.Type
		g.New = func(_ *fn.Env, known []fn.Arg) (func() fn.State, error) {
			make, err := a.state(ts, result, known)
			if err != nil {
				return nil, err
			}
			return textual(ts, make), nil
		}
		c.Agg = &g
		if a.bound == nil {
			a.bound = map[string]*fn.Agg{}
		}
		a.bound[string(key)] = c.Agg
	}
	return c, nil
}

// textual gives states "" where an argument of static type string is null.
func textual(ts []types.Type, make func() fn.State) func() fn.State {
	for _, t := range ts {
		if t == types.String {
			return func() fn.State { return &textState{State: make(), ts: ts} }
		}
	}
	return make
}

type textState struct {
	fn.State
	ts  []types.Type
	buf []event.Value
}

func (s *textState) Add(args []event.Value) {
	for i, a := range args {
		if a.IsNull() && s.ts[i] == types.String {
			s.buf = append(s.buf[:0], args...)
			for j := i; j < len(args); j++ {
				if args[j].IsNull() && s.ts[j] == types.String {
					s.buf[j] = emptyText
				}
			}
			args = s.buf
			break
		}
	}
	s.State.Add(args)
}

func (s *textState) Merge(other fn.State) { s.State.Merge(other.(*textState).State) }

// filtered gives an aggregate with a condition: only rows in which argument at is true count, and the condition is not seen
// by the state.
func filtered(at int, of *Agg) func([]types.Type, types.Type, []fn.Arg) (func() fn.State, error) {
	return func(ts []types.Type, result types.Type, args []fn.Arg) (func() fn.State, error) {
		inner := func(n int) []fn.Arg { return append(append([]fn.Arg{}, args[:at]...), args[n:]...) }
		ts2 := append(append([]types.Type{}, ts[:at]...), ts[at+1:]...)
		make, err := of.state(ts2, result, inner(at+1))
		if err != nil {
			return nil, err
		}
		return func() fn.State { return &filterState{State: make(), at: at} }, nil
	}
}

type filterState struct {
	fn.State
	at  int
	buf []event.Value
}

func (s *filterState) Add(args []event.Value) {
	if args[s.at].IsTrue() {
		s.buf = append(append(s.buf[:0], args[:s.at]...), args[s.at+1:]...)
		s.State.Add(s.buf)
	}
}

func (s *filterState) Merge(other fn.State) { s.State.Merge(other.(*filterState).State) }

// aggExamples adds pairs of an expression and its value to an aggregate. The expression is what stands behind summarize, and
// the rows are those of a table with x from 1 to 5 and s with "a", "b", "a", "" and "c".
func aggExamples(name string, pairs ...string) {
	a := aggregates[name]
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Examples = append(a.Examples, fn.Example{Expr: pairs[i], Want: pairs[i+1]})
	}
}
