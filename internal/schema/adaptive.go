package schema

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// An adaptive is an expression that is simplified for each batch by what the batch has: columns that it lacks drop out, and a coalesce
// ends at the first column that has a value in every row. What is left often reads one column, and is then computed once per
// distinct value. It belongs to one goroutine.
type adaptive struct {
	e     expr.Expr
	env   *fn.Env
	reads []string
	one   *expr.Program // the expression as it is, when it reads one column or none
	by    map[string]*expr.Program
	state []byte
}

// What a batch has of a column.
const (
	colAbsent byte = iota
	colPresent
	colFull // a value in every row that is not blank
)

// adapt prepares e. The error is that of the compiler.
func adapt(e expr.Expr, env *fn.Env) (*adaptive, error) {
	a := &adaptive{e: e, env: env, reads: expr.Columns(e), by: map[string]*expr.Program{}}
	p, err := expr.Compile(e, env)
	if err != nil {
		return nil, err
	}
	if len(a.reads) <= 1 {
		a.one = p
	}
	a.state = make([]byte, len(a.reads))
	return a, nil
}

func (a *adaptive) program(b *event.Batch) *expr.Program {
	if a.one != nil {
		return a.one
	}
	for i, name := range a.reads {
		a.state[i] = stateOf(b.Column(name))
	}
	p := a.by[string(a.state)]
	if p == nil {
		e := simplify(a.e, func(col string) byte {
			if i := slices.Index(a.reads, col); i >= 0 {
				return a.state[i]
			}
			return colPresent // a variable bound inside the expression
		})
		var err error
		if p, err = expr.Compile(e, a.env); err != nil {
			p, _ = expr.Compile(a.e, a.env)
		}
		a.by[string(a.state)] = p
	}
	return p
}

// Eval returns the expression's value in every row of b.
func (a *adaptive) Eval(b *event.Batch) *event.Column { return a.program(b).Eval(b) }

// Select returns those of the rows (nil: all) in which the expression is true.
func (a *adaptive) Select(b *event.Batch, rows []int32) []int32 { return a.program(b).Select(b, rows) }

// lacksAll reports whether a batch has none of the columns that the expression reads.
func (a *adaptive) lacksAll(b *event.Batch) bool {
	for _, name := range a.reads {
		if b.Column(name) != nil {
			return false
		}
	}
	return len(a.reads) > 0
}

func stateOf(c *event.Column) byte {
	if c == nil || c.AllMissing() {
		return colAbsent
	}
	switch c.Encoding() {
	case event.Constant:
		if blank(c.Const()) {
			return colPresent
		}
		return colFull
	case event.Plain:
		if _, _, valid := c.PlainKind(); valid == nil {
			return colFull
		}
		return colPresent
	case event.Dictionary:
		d, codes := c.Codes()
		last := ^uint32(0)
		for _, code := range codes {
			if code == last {
				continue
			}
			if last = code; blank(d.Value(code)) {
				return colPresent
			}
		}
		return colFull
	case event.Any:
		for i := range c.Len() {
			if blank(c.Value(i)) {
				return colPresent
			}
		}
		return colFull
	}
	return colPresent
}

// simplify rewrites e for what is known of the columns it reads.
func simplify(e expr.Expr, state func(col string) byte) expr.Expr {
	switch e := e.(type) {
	case *expr.Col:
		if state(e.Name) == colAbsent {
			return expr.L(event.Value{})
		}
	case *expr.Call:
		coalesce := e.Fn == functions["coalesce"]
		var args []expr.Expr
		for _, a := range e.Args {
			a = simplify(a, state)
			if l, ok := a.(*expr.Lit); ok && coalesce && l.Value.IsNull() {
				continue
			}
			args = append(args, a)
			if c, ok := a.(*expr.Col); ok && coalesce && state(c.Name) == colFull {
				break
			}
		}
		if coalesce {
			switch len(args) {
			case 0:
				return expr.L(event.Value{})
			case 1:
				return args[0]
			}
		}
		return expr.F(e.Fn, args...)
	case *expr.Case:
		c := &expr.Case{}
		if e.Else != nil {
			c.Else = simplify(e.Else, state)
		}
		for _, w := range e.Whens {
			c.Whens = append(c.Whens, expr.When{Cond: simplify(w.Cond, state), Then: simplify(w.Then, state)})
		}
		return c
	case *expr.Logic:
		l := &expr.Logic{Op: e.Op}
		for _, a := range e.Args {
			l.Args = append(l.Args, simplify(a, state))
		}
		return l
	case *expr.Not:
		return &expr.Not{Arg: simplify(e.Arg, state)}
	}
	return e
}
