// Package expr is the scalar expression: its tree, its printed form, and its evaluation over batches of columns.
//
// Expressions know no language. What differs between languages (how text compares with numbers, what null does, whether
// case counts) is in the functions that a language's lowering puts into [Call] nodes.
//
// An expression that reads one column is evaluated once per distinct value of the run when that column is
// dictionary-encoded; boolean combinations of such expressions work on whole columns.
package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// An Expr is a node of an expression tree: [Col], [Lit], [Param], [Call], [Logic], [Not], [Case] or [Each]. Trees are immutable.
type Expr interface{ appendTo(*strings.Builder) }

// Col reads a column; a column that the batch lacks is missing in every row.
type Col struct{ Name string }

// Lit is a constant.
type Lit struct{ Value event.Value }

// Param is a value that is known when the plan runs, such as the result of a scalar sub-query (see fn.Env.Params).
type Param struct{ Name string }

// Call applies a function.
type Call struct {
	Fn   *fn.Func
	Args []Expr
}

// Op is the connective of a Logic node.
type Op uint8

const (
	And Op = iota
	Or
)

// Logic joins conditions with And or Or in three-valued logic: anything but true and false is unknown (null); true OR null is
// true, false AND null is false. Unknown otherwise gives null.
type Logic struct {
	Op   Op
	Args []Expr
}

// Not negates: null stays null.
type Not struct{ Arg Expr }

// Case gives the value of the first branch whose condition is true, or Else (nil: null).
type Case struct {
	Whens []When
	Else  Expr
}

// When is one branch of a Case.
type When struct{ Cond, Then Expr }

// Each evaluates Body once for each element of List, with the element bound to the column name Var. With Filter it gives the
// elements for which Body is true, else the list of the results; null results are left out. A scalar counts as a list of
// one, null as an empty list, and an empty result is null.
type Each struct {
	List   Expr
	Var    string
	Body   Expr
	Filter bool
}

func (e *Col) appendTo(b *strings.Builder) {
	if plainName(e.Name) {
		b.WriteString(e.Name)
	} else {
		fmt.Fprintf(b, "[%q]", e.Name)
	}
}
func (e *Lit) appendTo(b *strings.Builder)   { b.WriteString(e.Value.String()) }
func (e *Param) appendTo(b *strings.Builder) { b.WriteString("$" + e.Name) }
func (e *Call) appendTo(b *strings.Builder)  { appendList(b, e.Fn.Name, e.Args) }
func (e *Logic) appendTo(b *strings.Builder) { appendList(b, [...]string{"and", "or"}[e.Op], e.Args) }
func (e *Not) appendTo(b *strings.Builder)   { appendList(b, "not", []Expr{e.Arg}) }
func (e *Case) appendTo(b *strings.Builder) {
	b.WriteString("case(")
	for _, w := range e.Whens {
		w.Cond.appendTo(b)
		b.WriteString(" => ")
		w.Then.appendTo(b)
		b.WriteString(", ")
	}
	if e.Else == nil {
		b.WriteString("null)")
		return
	}
	e.Else.appendTo(b)
	b.WriteString(")")
}
func (e *Each) appendTo(b *strings.Builder) {
	name := "map"
	if e.Filter {
		name = "filter"
	}
	b.WriteString(name + "(")
	e.List.appendTo(b)
	b.WriteString(", " + e.Var + " => ")
	e.Body.appendTo(b)
	b.WriteString(")")
}

func appendList(b *strings.Builder, name string, args []Expr) {
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		a.appendTo(b)
	}
	b.WriteString(")")
}

func plainName(s string) bool {
	for i, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r >= '0' && r <= '9' || r == '.')) {
			return false
		}
	}
	return s != ""
}

// Print returns the expression as text, as plans show it.
func Print(e Expr) string {
	if e == nil {
		return "null"
	}
	var b strings.Builder
	e.appendTo(&b)
	return b.String()
}

// C, L and F are short for building trees: a column, a literal, a call.
func C(name string) *Col               { return &Col{name} }
func L(v event.Value) *Lit             { return &Lit{v} }
func F(f *fn.Func, args ...Expr) *Call { return &Call{f, args} }
func Str(s string) *Lit                { return &Lit{event.StringOf(s)} }

// All joins conditions with And, flattening nested ones; none gives nil.
func All(conds ...Expr) Expr { return join(And, conds) }

// AnyOf joins conditions with Or, flattening nested ones; none gives nil.
func AnyOf(conds ...Expr) Expr { return join(Or, conds) }

func join(op Op, conds []Expr) Expr {
	var args []Expr
	for _, c := range conds {
		if c == nil {
			continue
		}
		if l, ok := c.(*Logic); ok && l.Op == op {
			args = append(args, l.Args...)
		} else {
			args = append(args, c)
		}
	}
	switch len(args) {
	case 0:
		return nil
	case 1:
		return args[0]
	}
	return &Logic{op, args}
}

// Children returns the direct sub-expressions of e.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Logic:
		return e.Args
	case *Not:
		return []Expr{e.Arg}
	case *Case:
		var out []Expr
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Then)
		}
		if e.Else != nil {
			out = append(out, e.Else)
		}
		return out
	case *Each:
		return []Expr{e.List, e.Body}
	}
	return nil
}

// Rewrite returns the tree with f applied to every node, children first. f returns its argument to leave it alone.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	each := func(in []Expr) ([]Expr, bool) {
		var out []Expr
		for i, a := range in {
			if r := Rewrite(a, f); r != a {
				if out == nil {
					out = slices.Clone(in)
				}
				out[i] = r
			}
		}
		if out == nil {
			return in, false
		}
		return out, true
	}
	switch x := e.(type) {
	case *Call:
		if args, changed := each(x.Args); changed {
			e = &Call{x.Fn, args}
		}
	case *Logic:
		if args, changed := each(x.Args); changed {
			e = &Logic{x.Op, args}
		}
	case *Not:
		if a := Rewrite(x.Arg, f); a != x.Arg {
			e = &Not{a}
		}
	case *Case:
		c := &Case{Else: Rewrite(x.Else, f)}
		for _, w := range x.Whens {
			c.Whens = append(c.Whens, When{Rewrite(w.Cond, f), Rewrite(w.Then, f)})
		}
		e = c
	case *Each:
		e = &Each{Rewrite(x.List, f), x.Var, Rewrite(x.Body, f), x.Filter}
	}
	return f(e)
}

// Columns returns the names of the columns that e reads, sorted, without the variables that Each binds.
func Columns(e Expr) []string {
	seen := map[string]bool{}
	collectColumns(e, nil, seen)
	out := make([]string, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func collectColumns(e Expr, bound []string, seen map[string]bool) {
	switch e := e.(type) {
	case nil:
	case *Col:
		if !slices.Contains(bound, e.Name) {
			seen[e.Name] = true
		}
	case *Each:
		collectColumns(e.List, bound, seen)
		collectColumns(e.Body, append(slices.Clone(bound), e.Var), seen)
	default:
		for _, c := range Children(e) {
			collectColumns(c, bound, seen)
		}
	}
}

// Conjuncts returns the conditions that e joins with And, e itself when it is none.
func Conjuncts(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if l, ok := e.(*Logic); ok && l.Op == And {
		var out []Expr
		for _, a := range l.Args {
			out = append(out, Conjuncts(a)...)
		}
		return out
	}
	return []Expr{e}
}

// Volatile reports whether e may give another value at each evaluation.
func Volatile(e Expr) bool {
	if c, ok := e.(*Call); ok && c.Fn.Volatile {
		return true
	}
	return slices.ContainsFunc(Children(e), Volatile)
}

// Params returns the names of the parameters that e reads, sorted.
func Params(e Expr) []string {
	var out []string
	var walk func(Expr)
	walk = func(e Expr) {
		if p, ok := e.(*Param); ok && !slices.Contains(out, p.Name) {
			out = append(out, p.Name)
		}
		for _, c := range Children(e) {
			if c != nil {
				walk(c)
			}
		}
	}
	if e != nil {
		walk(e)
	}
	slices.Sort(out)
	return out
}
