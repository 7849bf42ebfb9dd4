package function

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Naming says what a column is called that an unnamed call makes.
type Naming uint8

const (
	// NameNone: the column gets a running name (print_0, Column1).
	NameNone Naming = iota
	// NameFirst: the name of the first argument, if it has one.
	NameFirst
	// NameFunction: the function's name, an underscore, the name of the first argument.
	NameFunction
	// NamePrefix: Prefix, an underscore, the name of the first argument ("" when it has none: count_).
	NamePrefix
	// NameFixed: Prefix alone.
	NameFixed
	// NameOnly: the name of the only argument; none when there are several.
	NameOnly
	// NameColumn: the value of the first argument when that is a column of the input.
	NameColumn
)

// Special tells the entries that the binder handles itself.
type Special uint8

const (
	// Plain entries have kernels.
	Plain Special = iota
	// Binding entries depend on the columns or tables in scope (pack_all, column_ifexists, toscalar, …).
	Binding
	// Window entries depend on the rows before and after (prev, next, row_number, …).
	Window
	// Graph entries only have a meaning inside graph-match.
	Graph
	// Refused entries need a cluster or its storage; no file of events can answer them.
	Refused
	// NotBuilt entries are KQL's, and Harrier cannot compute them.
	NotBuilt
)

// An Entry is one scalar function or operator.
type Entry struct {
	fn.Func
	// Sig holds the overloads in the form that [parseSignature] reads.
	Sig []string
	// Naming and Prefix say how a column is called.
	Naming Naming
	Prefix string
	// Special is not Plain when the binder handles the call; there is no kernel then.
	Special Special
	// Replaced names what to write today instead of an old name; the entry works all the same.
	Replaced string

	// operator says that messages call it an operator.
	operator bool
	// negates names the operator that this one is the negation of.
	negates string
	// typed, when set, picks the kernel by the static types of the arguments, in place of Func's.
	typed func(args []types.Type, result types.Type) *fn.Func
	// raw kernels deal with nulls and text themselves.
	raw bool
	// columns names the columns of a call that gives several.
	columns func(args []Arg) []Column

	once  sync.Once
	sigs  []signature
	mu    sync.Mutex
	bound map[string]*fn.Func
}

// An Arg is what the binder knows of an argument.
type Arg struct {
	Type types.Type
	// Const says that the value is the same in every row; Value is it, when known already (Known).
	Const, Known bool
	// Literal says that the argument is written out.
	Literal bool
	Value   event.Value
	// Star says that the argument is *.
	Star bool
	// IsType says that the argument is typeof(TypeLit).
	IsType  bool
	TypeLit types.Type
	// Name is what the argument would be called as a column; "" when it has no name of its own.
	Name string
}

// A Column is one of several columns that a call gives.
type Column struct {
	Name string
	Type types.Type
}

// A Call is a call whose types have been worked out.
type Call struct {
	Func *fn.Func
	Type types.Type
	// Not says that the value is the negation of what Func gives.
	Not bool
	// Convert holds for each argument the function to apply to it first, or nil.
	Convert []*fn.Func
	// Columns is set when the call gives several columns.
	Columns []Column
}

// An Error says why a call does not go. Arg is the argument to point at, -1 for the name of the function.
type Error struct {
	Arg     int
	Message string
}

func (e *Error) Error() string { return e.Message }

var (
	scalars    = map[string]*Entry{}
	operators  = map[string]*Entry{}
	aggregates = map[string]*Agg{}
)

// Lookup returns the scalar function of that name, or nil.
func Lookup(name string) *Entry { return scalars[name] }

// Operator returns the operator written so, or nil. Unary operators are "unary-" and "unary+"; access to a member or an
// element of a dynamic value is "[]".
func Operator(text string) *Entry { return operators[text] }

// Aggregate returns the aggregate of that name, or nil.
func Aggregate(name string) *Agg { return aggregates[name] }

// Scalars, Operators and Aggregates return all entries, sorted by name.
func Scalars() []*Entry { return sorted(scalars) }

// Operators returns all operators; see [Scalars].
func Operators() []*Entry { return sorted(operators) }

// Aggregates returns all aggregates; see [Scalars].
func Aggregates() []*Agg { return sorted(aggregates) }

func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// manual is where the pages of KQL's manual are.
const manual = "https://learn.microsoft.com/kusto/query/"

func register(es ...*Entry) { add(scalars, es) }

func registerOps(es ...*Entry) {
	for _, e := range es {
		e.operator = true
	}
	add(operators, es)
}

func add(m map[string]*Entry, es []*Entry) {
	for _, e := range es {
		if m[e.Name] != nil {
			panic("function: two entries for " + e.Name)
		}
		if e.See != "" && !strings.HasPrefix(e.See, "http") {
			e.See = manual + e.See
		}
		m[e.Name] = e
	}
}

// alias registers old, a name that means the same as name.
func alias(name string, old ...string) {
	e := scalars[name]
	for _, o := range old {
		add(scalars, []*Entry{{Func: fn.Func{Name: o, Doc: "An old name of " + name + ".", See: e.See}, Sig: e.Sig, Naming: e.Naming, Prefix: e.Prefix,
			Special: e.Special, Replaced: name, columns: e.columns}})
	}
}

func (e *Entry) signatures() []signature {
	e.once.Do(func() {
		for _, s := range e.Sig {
			e.sigs = append(e.sigs, mustParse(s))
		}
		e.Min, e.Max = arityOf(e.sigs)
	})
	return e.sigs
}

// Arity returns the least and the greatest number of arguments; the greatest is -1 when there is none.
func (e *Entry) Arity() (lo, hi int) {
	e.signatures()
	return e.Min, e.Max
}

// Resolve works out the types of a call.
func (e *Entry) Resolve(args []Arg) (*Call, error) {
	s, params, err := choose(e.Name, e.operator, e.signatures(), args)
	if err != nil {
		return nil, err
	}
	c := &Call{}
	if c.Type, err = s.result(e.Name, args, params); err != nil {
		return nil, err
	}
	if e.columns != nil {
		c.Columns = e.columns(args)
	}
	if e.Special != Plain {
		return c, nil
	}
	target := e
	switch {
	case e.negates != "":
		target, c.Not = operators[e.negates], true
	case e.Replaced != "" && e.Row == nil && e.Bind == nil && e.typed == nil:
		target = scalars[e.Replaced]
	}
	ts := make([]types.Type, len(args))
	c.Convert = make([]*fn.Func, len(args))
	for i, a := range args {
		ts[i] = a.Type
		if a.IsType || a.Star {
			ts[i] = types.String
			continue
		}
		if to := params[i].wants(a.Type, c.Type); to != a.Type {
			ts[i] = to
			c.Convert[i] = Convert(a.Type, to)
		}
	}
	c.Func = target.specialise(ts, c.Type)
	return c, nil
}

// specialise returns the kernel for arguments of these types, the same one at each call.
func (e *Entry) specialise(ts []types.Type, result types.Type) *fn.Func {
	key := make([]byte, 0, len(ts)+1)
	key = append(key, byte(result))
	for _, t := range ts {
		key = append(key, byte(t))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if f := e.bound[string(key)]; f != nil {
		return f
	}
	f := &e.Func
	if e.typed != nil {
		f = e.typed(ts, result)
		if f.Name == "" {
			f.Name, f.Min, f.Max = e.Name, e.Min, e.Max
		}
	}
	if !e.raw {
		f = adapt(f, ts, result)
	}
	if e.bound == nil {
		e.bound = map[string]*fn.Func{}
	}
	e.bound[string(key)] = f
	return f
}

// adapt gives a kernel KQL's rule for null text: an argument whose type is string is "" when it is null, and so is a
// result. Other nulls are treated as f.Null says.
func adapt(f *fn.Func, ts []types.Type, result types.Type) *fn.Func {
	texts := make([]bool, len(ts))
	any := false
	for i, t := range ts {
		texts[i] = t == types.String
		any = any || texts[i]
	}
	text := result == types.String
	if !any && !text {
		return f
	}
	strict := f.Null == fn.NullInNullOut
	g := *f
	g.Null = fn.SeesNull
	empty := event.StringOf("")
	wrap := func(row fn.Row) fn.Row {
		return func(args []event.Value) event.Value {
			for i, a := range args {
				if !a.IsNull() {
					continue
				}
				if i < len(texts) && texts[i] {
					args = slices.Clone(args)
					for j := i; j < len(args); j++ {
						if args[j].IsNull() && j < len(texts) && texts[j] {
							args[j] = empty
						}
					}
					if !strict {
						break
					}
				} else if strict {
					if text {
						return empty
					}
					return event.NullValue
				}
			}
			v := row(args)
			if text && v.IsNull() {
				return empty
			}
			return v
		}
	}
	row, bind := f.Row, f.Bind
	if bind == nil {
		g.Row = wrap(row)
		return &g
	}
	g.Bind = func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
		known := slices.Clone(args)
		for i := range known {
			if known[i].Const && known[i].Value.IsNull() && i < len(texts) && texts[i] {
				known[i].Value = empty
			}
		}
		row, err := bind(env, known)
		if err != nil {
			return nil, err
		}
		return wrap(row), nil
	}
	return &g
}

func errorf(arg int, format string, args ...any) error {
	return &Error{Arg: arg, Message: fmt.Sprintf(format, args...)}
}
