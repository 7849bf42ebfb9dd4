package expr

import (
	"fmt"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A BindError says that a function refuses its constant arguments (a pattern that does not compile, say).
type BindError struct {
	Call *Call
	Err  error
}

func (e *BindError) Error() string { return e.Call.Fn.Name + ": " + e.Err.Error() }
func (e *BindError) Unwrap() error { return e.Err }

// A Program is an expression made ready to run. It remembers, per dictionary, what it has computed for which code, and
// belongs to one goroutine.
type Program struct {
	root node
	expr Expr
}

// Compile prepares e. The error is a [*BindError] or says that a parameter has no value in env.
func Compile(e Expr, env *fn.Env) (*Program, error) {
	c := &compiler{env: env}
	n, err := c.node(e)
	if err != nil {
		return nil, err
	}
	return &Program{n, e}, nil
}

// Expr returns what the program was compiled from.
func (p *Program) Expr() Expr { return p.expr }

// Identity is equal for programs of one CompileAll whose expressions are equal. It may differ all the same.
func (p *Program) Identity() any {
	if p == nil {
		return nil
	}
	if m, ok := p.root.(*meteredNode); ok {
		return m.node
	}
	return p.root
}

// Eval returns the expression's value in every row of b.
func (p *Program) Eval(b *event.Batch) *event.Column { return p.root.eval(b, nil) }

// Select returns those of the given rows (nil: all rows of b) in which the expression is true, in order. The result is a
// new slice.
func (p *Program) Select(b *event.Batch, rows []int32) []int32 {
	if rows == nil {
		// Where it is known at once that few rows can do, only these are looked at.
		if few, ok := boundOf(p.root, b); ok {
			if len(few) == 0 {
				return nil
			}
			rows = few
		}
	}
	n := b.Len()
	if rows != nil {
		n = len(rows)
	}
	t := make([]tri, n)
	p.root.truth(b, rows, t)
	var out []int32
	for i, x := range t {
		if x == triTrue {
			if rows != nil {
				out = append(out, rows[i])
			} else {
				out = append(out, int32(i))
			}
		}
	}
	return out
}

// Fold returns the value of an expression that reads no column, or ok = false when it does read one, is volatile, or does
// not bind.
func Fold(e Expr, env *fn.Env) (v event.Value, ok bool) {
	if e == nil {
		return event.NullValue, true
	}
	if l, isLit := e.(*Lit); isLit {
		return l.Value, true
	}
	if len(Columns(e)) > 0 || Volatile(e) {
		return event.Value{}, false
	}
	r, err := (&compiler{env: env}).row(e, &frame{})
	if err != nil {
		return event.Value{}, false
	}
	return r(nil), true
}

// tri is a truth value; And is the minimum, Or the maximum, Not the mirror image.
type tri uint8

const (
	triFalse tri = iota
	triNull
	triTrue
)

func triOf(v event.Value) tri {
	switch {
	case v.Kind() != event.Bool:
		return triNull
	case v.Bool():
		return triTrue
	}
	return triFalse
}

func (t tri) value() event.Value {
	switch t {
	case triTrue:
		return event.BoolOf(true)
	case triFalse:
		return event.BoolOf(false)
	}
	return event.NullValue
}

// A node computes a column, or truth values, for some rows of a batch (nil: all). Results have one entry a row asked for.
type node interface {
	eval(b *event.Batch, rows []int32) *event.Column
	truth(b *event.Batch, rows []int32, out []tri)
}

// rowFunc computes a value from a frame of inputs.
type rowFunc func(in []event.Value) event.Value

type compiler struct {
	env    *fn.Env
	shared *sharing // of CompileAll
}

func (c *compiler) node(e Expr) (node, error) {
	if e == nil {
		return &constNode{event.NullValue}, nil
	}
	n, ok, err := c.sharedNode(e)
	if !ok {
		n, err = c.own(e)
	}
	if err != nil || c.env == nil || c.env.Profile == nil {
		return n, err
	}
	return c.metered(e, n), nil
}

// own makes a node that nothing else shares, though its parts may be shared.
func (c *compiler) own(e Expr) (node, error) {
	if col, ok := e.(*Col); ok {
		return &colNode{col.Name}, nil
	}
	cols := Columns(e)
	volatile := Volatile(e)
	switch {
	case len(cols) == 0 && !volatile:
		r, err := c.row(e, &frame{})
		if err != nil {
			return nil, err
		}
		return &constNode{r(nil)}, nil
	case len(cols) == 1 && !volatile && !c.splits(e):
		r, err := c.row(e, &frame{cols: cols})
		if err != nil {
			return nil, err
		}
		return &unaryNode{col: cols[0], f: r}, nil
	}
	switch e := e.(type) {
	case *Logic:
		return c.logic(e)
	case *Not:
		if c.shared != nil {
			c.shared.negated++
			defer func() { c.shared.negated-- }()
		}
		n, err := c.node(e.Arg)
		if err != nil {
			return nil, err
		}
		return &notNode{n}, nil
	}
	f := &frame{hoist: true, root: e}
	r, err := c.row(e, f)
	if err != nil {
		return nil, err
	}
	return &naryNode{inputs: f.inputs, f: r, in: make([]event.Value, len(f.inputs)+f.locals)}, nil
}

func (c *compiler) logic(e *Logic) (node, error) {
	// Cheap conditions first: the order has no bearing on the answer, and raw text is dear to make.
	args := slices.Clone(e.Args)
	slices.SortStableFunc(args, func(a, b Expr) int {
		d := dearness(a) - dearness(b)
		if d == 0 && e.Op == And && c.shared != nil {
			d = c.reach(b) - c.reach(a) // of raw text, the part that was chosen first
		}
		return d
	})
	l := &logicNode{op: e.Op}
	for _, a := range args {
		n, err := c.node(a)
		if err != nil {
			return nil, err
		}
		l.args = append(l.args, n)
	}
	return l, nil
}

func dearness(e Expr) int {
	cols := Columns(e)
	switch {
	case slices.Contains(cols, event.RawField):
		return 3
	case len(cols) > 1:
		return 2
	case len(cols) == 1:
		return 1
	}
	return 0
}

// A frame says where a row function finds the columns it reads: as plain inputs in the order of cols, or, when hoist is
// set, as input nodes that compute whole sub-expressions of one column, so that those too run once per distinct value.
type frame struct {
	cols    []string
	hoist   bool
	root    Expr
	inputs  []node
	byCol   map[string]int
	locals  int
	bound   []string // variables of enclosing Each nodes; bound[i] lives in slot boundAt[i]
	boundAt []int
	fixups  []func(base int) // locals live behind the inputs, whose number is known only at the end
}

func (f *frame) input(c *compiler, e Expr) (int, error) {
	if col, ok := e.(*Col); ok {
		if i, ok := f.byCol[col.Name]; ok {
			return i, nil
		}
		if f.byCol == nil {
			f.byCol = map[string]int{}
		}
		f.byCol[col.Name] = len(f.inputs)
	}
	n, err := c.node(e)
	if err != nil {
		return 0, err
	}
	f.inputs = append(f.inputs, n)
	return len(f.inputs) - 1, nil
}

// row compiles e to a function over f's inputs and resolves where its local variables live.
func (c *compiler) row(e Expr, f *frame) (rowFunc, error) {
	r, err := c.build(e, f)
	if err != nil {
		return nil, err
	}
	base := len(f.cols)
	if f.hoist {
		base = len(f.inputs)
	}
	for _, fix := range f.fixups {
		fix(base)
	}
	if f.locals == 0 || f.hoist {
		return r, nil
	}
	in := make([]event.Value, base+f.locals)
	return func(given []event.Value) event.Value {
		copy(in, given)
		return r(in)
	}, nil
}

func (c *compiler) build(e Expr, f *frame) (rowFunc, error) {
	if e == nil {
		return func([]event.Value) event.Value { return event.NullValue }, nil
	}
	if f.hoist && e != f.root && !readsBound(e, f.bound) {
		if cols := Columns(e); len(cols) == 1 && !Volatile(e) {
			i, err := f.input(c, e)
			if err != nil {
				return nil, err
			}
			return func(in []event.Value) event.Value { return in[i] }, nil
		}
	}
	switch e := e.(type) {
	case *Lit:
		v := e.Value
		return func([]event.Value) event.Value { return v }, nil
	case *Param:
		v, ok := event.Value{}, false
		if c.env != nil {
			v, ok = c.env.Params[e.Name]
		}
		if !ok {
			return nil, fmt.Errorf("parameter %s has no value yet", e.Name)
		}
		return func([]event.Value) event.Value { return v }, nil
	case *Col:
		return c.column(e, f)
	case *Call:
		return c.call(e, f)
	case *Logic:
		var args []rowFunc
		for _, a := range e.Args {
			r, err := c.build(a, f)
			if err != nil {
				return nil, err
			}
			args = append(args, r)
		}
		decided := triFalse
		if e.Op == Or {
			decided = triTrue
		}
		return func(in []event.Value) event.Value {
			out := triTrue - decided
			for _, a := range args {
				switch t := triOf(a(in)); {
				case t == decided:
					return t.value()
				case t == triNull:
					out = t
				}
			}
			return out.value()
		}, nil
	case *Not:
		a, err := c.build(e.Arg, f)
		if err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value { return (triTrue - triOf(a(in))).value() }, nil
	case *Case:
		return c.caseOf(e, f)
	case *Each:
		return c.each(e, f)
	}
	return nil, fmt.Errorf("cannot evaluate %s", Print(e))
}

func (c *compiler) column(e *Col, f *frame) (rowFunc, error) {
	for i := len(f.bound) - 1; i >= 0; i-- {
		if f.bound[i] == e.Name {
			at := new(int)
			local := f.boundAt[i]
			f.fixups = append(f.fixups, func(base int) { *at = base + local })
			return func(in []event.Value) event.Value { return in[*at] }, nil
		}
	}
	if f.hoist {
		i, err := f.input(c, e)
		if err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value { return in[i] }, nil
	}
	i := slices.Index(f.cols, e.Name)
	if i < 0 {
		return nil, fmt.Errorf("column %s is not an input", e.Name)
	}
	return func(in []event.Value) event.Value { return in[i] }, nil
}

func (c *compiler) call(e *Call, f *frame) (rowFunc, error) {
	args := make([]rowFunc, len(e.Args))
	known := make([]fn.Arg, len(e.Args))
	for i, a := range e.Args {
		r, err := c.build(a, f)
		if err != nil {
			return nil, err
		}
		args[i] = r
		if v, ok := Fold(a, c.env); ok {
			known[i] = fn.Arg{Const: true, Value: v}
			args[i] = func([]event.Value) event.Value { return v }
		}
	}
	kernel, err := e.Fn.Prepare(c.env, known)
	if err != nil {
		return nil, &BindError{e, err}
	}
	buf := make([]event.Value, len(args))
	if e.Fn.Null == fn.NullInNullOut {
		return func(in []event.Value) event.Value {
			for i, a := range args {
				if buf[i] = a(in); buf[i].IsNull() {
					return event.NullValue
				}
			}
			return kernel(buf)
		}, nil
	}
	return func(in []event.Value) event.Value {
		for i, a := range args {
			buf[i] = a(in)
		}
		return kernel(buf)
	}, nil
}

func (c *compiler) caseOf(e *Case, f *frame) (rowFunc, error) {
	type branch struct{ cond, then rowFunc }
	var branches []branch
	for _, w := range e.Whens {
		cond, err := c.build(w.Cond, f)
		if err != nil {
			return nil, err
		}
		then, err := c.build(w.Then, f)
		if err != nil {
			return nil, err
		}
		branches = append(branches, branch{cond, then})
	}
	other, err := c.build(e.Else, f)
	if err != nil {
		return nil, err
	}
	return func(in []event.Value) event.Value {
		for _, b := range branches {
			if b.cond(in).IsTrue() {
				return b.then(in)
			}
		}
		return other(in)
	}, nil
}

func (c *compiler) each(e *Each, f *frame) (rowFunc, error) {
	list, err := c.build(e.List, f)
	if err != nil {
		return nil, err
	}
	local := f.locals
	f.locals++
	f.bound, f.boundAt = append(f.bound, e.Var), append(f.boundAt, local)
	body, err := c.build(e.Body, f)
	f.bound, f.boundAt = f.bound[:len(f.bound)-1], f.boundAt[:len(f.boundAt)-1]
	if err != nil {
		return nil, err
	}
	at := new(int)
	f.fixups = append(f.fixups, func(base int) { *at = base + local })
	filter := e.Filter
	return func(in []event.Value) event.Value {
		v := list(in)
		elems := v.List()
		if v.Kind() != event.List {
			if v.IsNull() {
				return event.NullValue
			}
			elems = []event.Value{v}
		}
		var out []event.Value
		for _, x := range elems {
			in[*at] = x
			r := body(in)
			if filter {
				if r.IsTrue() {
					out = append(out, x)
				}
			} else if !r.IsNull() {
				out = append(out, r)
			}
		}
		switch len(out) {
		case 0:
			return event.NullValue
		case 1:
			if v.Kind() != event.List {
				return out[0]
			}
		}
		return event.ListOf(out)
	}, nil
}

// readsBound reports whether e reads one of the variables that enclosing Each nodes bind.
func readsBound(e Expr, bound []string) bool {
	if len(bound) == 0 {
		return false
	}
	if col, ok := e.(*Col); ok {
		return slices.Contains(bound, col.Name)
	}
	return slices.ContainsFunc(Children(e), func(c Expr) bool { return c != nil && readsBound(c, bound) })
}
