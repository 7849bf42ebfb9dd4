package opt

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

var null expr.Expr = expr.L(event.NullValue)

// foldRule computes what is constant, drops conditions that decide nothing, and removes filters that keep every row.
var foldRule = Rule{"fold", func(n plan.Node) plan.Node {
	return plan.Rewrite(n, func(n plan.Node) plan.Node {
		changed := false
		folded := plan.MapExprs(n, func(e expr.Expr) expr.Expr {
			f := fold(e)
			changed = changed || f != e
			return f
		})
		if changed {
			n = folded
		}
		if f, ok := n.(*plan.Filter); ok && isLit(f.Pred, event.BoolOf(true)) {
			return f.Input
		}
		if s, ok := n.(*plan.Scan); ok && isLit(s.Pred, event.BoolOf(true)) {
			c := *s
			c.Pred = nil
			return &c
		}
		return n
	})
}}

func isLit(e expr.Expr, v event.Value) bool {
	l, ok := e.(*expr.Lit)
	return ok && l.Value.Kind() == v.Kind() && event.Equal(l.Value, v)
}

func fold(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Call:
			// A function that prepares itself may look at the run it is in; it is computed there.
			if e.Fn.Row == nil || e.Fn.Volatile || slices.ContainsFunc(e.Args, notLit) {
				return e
			}
			if v, ok := computed(e); ok {
				return expr.L(v)
			}
		case *expr.Logic:
			return foldLogic(e)
		case *expr.Not:
			if l, ok := e.Arg.(*expr.Lit); ok {
				if l.Value.Kind() == event.Bool {
					return expr.L(event.BoolOf(!l.Value.Bool()))
				}
				return null
			}
		case *expr.Case:
			return foldCase(e)
		}
		return e
	})
}

func notLit(e expr.Expr) bool {
	_, ok := e.(*expr.Lit)
	return !ok
}

// computed evaluates a call of literals; a kernel that does not stand its arguments is left for the run, where its fault
// concerns its own plan only.
func computed(e *expr.Call) (v event.Value, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return expr.Fold(e, &fn.Env{})
}

func foldLogic(e *expr.Logic) expr.Expr {
	decides := event.BoolOf(e.Op == expr.Or)
	idle := event.BoolOf(e.Op == expr.And)
	args := make([]expr.Expr, 0, len(e.Args))
	same := true
	for _, a := range e.Args {
		switch {
		case isLit(a, decides):
			return a
		case isLit(a, idle):
			same = false
			continue
		}
		if l, ok := a.(*expr.Logic); ok && l.Op == e.Op {
			same = false
			args = append(args, l.Args...)
			continue
		}
		args = append(args, a)
	}
	switch {
	case same:
		return e
	case len(args) == 0:
		return expr.L(idle)
	case len(args) == 1 && boolean(args[0]):
		return args[0]
	}
	return &expr.Logic{Op: e.Op, Args: args}
}

// boolean reports whether e gives nothing but true, false and null, so that a connective around it alone changes nothing.
func boolean(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Logic, *expr.Not:
		return true
	case *expr.Lit:
		return e.Value.Kind() == event.Bool || e.Value.Kind() == event.Null
	}
	return false
}

func foldCase(e *expr.Case) expr.Expr {
	whens := make([]expr.When, 0, len(e.Whens))
	other := e.Else
	for _, w := range e.Whens {
		if l, ok := w.Cond.(*expr.Lit); ok {
			if !l.Value.IsTrue() {
				continue
			}
			other = w.Then
			break
		}
		whens = append(whens, w)
	}
	if len(whens) == len(e.Whens) {
		return e
	}
	if len(whens) == 0 {
		if other == nil {
			return null
		}
		return other
	}
	return &expr.Case{Whens: whens, Else: other}
}
