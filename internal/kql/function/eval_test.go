package function

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/text"
)

// An evaluator computes expressions over one row, with nothing but the tables of this package.
type evaluator struct {
	env  *fn.Env
	vars map[string]typed
}

type typed struct {
	v     event.Value
	t     types.Type
	konst bool
	cols  []Column
}

var testEnv = &fn.Env{Clock: func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }}

type evalError struct{ msg string }

func failf(format string, args ...any) { panic(evalError{fmt.Sprintf(format, args...)}) }

// evalText computes an expression given as text.
func evalText(src string) (out typed, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(evalError)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%s", e.msg)
		}
	}()
	x, diags := syntax.ParseExpr(text.NewSource("", src))
	if len(diags) > 0 {
		return typed{}, fmt.Errorf("%v", diags)
	}
	ev := &evaluator{env: testEnv}
	return ev.eval(x), nil
}

func (ev *evaluator) eval(x syntax.Expr) typed {
	switch x := x.(type) {
	case *syntax.Paren:
		return ev.eval(x.X)
	case *syntax.Named:
		return ev.eval(x.X)
	case *syntax.Ident:
		v, ok := ev.vars[x.Name]
		if !ok {
			failf("no name %s", x.Name)
		}
		return v
	case *syntax.Literal:
		return literal(x)
	case *syntax.Dynamic:
		return typed{dynamicOf(x), types.Dynamic, true, nil}
	case *syntax.Unary:
		return ev.call(Operator("unary"+x.Op), x.X)
	case *syntax.Binary:
		return ev.call(Operator(x.Op), x.X, x.Y)
	case *syntax.In:
		return ev.call(Operator(x.Op), append([]syntax.Expr{x.X}, x.List...)...)
	case *syntax.Between:
		op := "between"
		if x.Not {
			op = "!between"
		}
		return ev.call(Operator(op), x.X, x.Low, x.High)
	case *syntax.Path:
		if id, ok := x.Member.(*syntax.Ident); ok {
			return ev.apply(Operator("[]"), []typed{ev.eval(x.X), {textOf(id.Name), types.String, true, nil}}, []syntax.Expr{x.X, x.Member})
		}
	case *syntax.Index:
		return ev.call(Operator("[]"), x.X, x.Index)
	case *syntax.Call:
		if e := Lookup(x.Func.Name); e != nil {
			return ev.call(e, x.Args...)
		}
		failf("no function %s", x.Func.Name)
	}
	failf("cannot evaluate %T", x)
	return typed{}
}

func (ev *evaluator) call(e *Entry, args ...syntax.Expr) typed {
	if e == nil {
		failf("no entry")
	}
	vals := make([]typed, len(args))
	for i, a := range args {
		if _, ok := a.(*syntax.TypeOf); !ok {
			vals[i] = ev.eval(a)
		}
	}
	return ev.apply(e, vals, args)
}

func (ev *evaluator) apply(e *Entry, vals []typed, exprs []syntax.Expr) typed {
	if e.Special != Plain {
		failf("%s is special", e.Name)
	}
	args := make([]Arg, len(vals))
	konst := !e.Volatile
	for i, v := range vals {
		_, lit := syntax.Unparen(exprs[i]).(*syntax.Literal)
		args[i] = Arg{Type: v.t, Const: v.konst, Known: v.konst, Value: v.v, Literal: lit}
		if id, ok := exprs[i].(*syntax.Ident); ok {
			args[i].Name = id.Name
		}
		if ty, ok := exprs[i].(*syntax.TypeOf); ok {
			t, _ := types.Parse(ty.Schema.Columns[0].Type)
			args[i] = Arg{IsType: true, TypeLit: t, Const: true, Known: true, Value: textOf(t.String())}
			vals[i] = typed{textOf(t.String()), types.String, true, nil}
		}
		konst = konst && vals[i].konst
	}
	c, err := e.Resolve(args)
	if err != nil {
		failf("%v", err)
	}
	known := make([]fn.Arg, len(vals))
	row := make([]event.Value, len(vals))
	for i, v := range vals {
		row[i] = v.v
		if f := c.Convert[i]; f != nil {
			row[i] = run(ev.env, f, []event.Value{row[i]}, []fn.Arg{{}})
		}
		if v.konst {
			known[i] = fn.Arg{Const: true, Value: row[i]}
		}
	}
	v := run(ev.env, c.Func, row, known)
	if c.Not && !v.IsNull() {
		v = event.BoolOf(!v.Bool())
	}
	return typed{v, c.Type, konst, c.Columns}
}

// run calls a kernel as the evaluator of expressions does.
func run(env *fn.Env, f *fn.Func, row []event.Value, known []fn.Arg) event.Value {
	kernel, err := f.Prepare(env, known)
	if err != nil {
		failf("%v", err)
	}
	if f.Null == fn.NullInNullOut {
		for _, v := range row {
			if v.IsNull() {
				return event.NullValue
			}
		}
	}
	return kernel(row)
}

func literal(x *syntax.Literal) typed {
	v, t := event.NullValue, types.Dynamic
	switch x.Kind {
	case syntax.LitBool:
		v, t = event.BoolOf(x.Bool), types.Bool
	case syntax.LitInt:
		v, t = event.IntOf(x.Int), types.Int
	case syntax.LitLong:
		v, t = event.IntOf(x.Int), types.Long
	case syntax.LitReal:
		v, t = event.FloatOf(x.Real), types.Real
	case syntax.LitDecimal:
		v, t = Cast(textOf(x.Str), types.Decimal), types.Decimal
	case syntax.LitDateTime:
		v, t = event.TimeOf(x.Time), types.DateTime
	case syntax.LitTimespan:
		v, t = event.DurationOf(x.Int), types.TimeSpan
	case syntax.LitGuid:
		v, t = textOf(x.Str), types.GUID
	case syntax.LitString:
		return typed{textOf(x.Str), types.String, true, nil}
	}
	if x.Null || x.Malformed {
		v = event.NullValue
	}
	return typed{v, t, true, nil}
}

func dynamicOf(x syntax.Expr) event.Value {
	switch x := x.(type) {
	case *syntax.Dynamic:
		return dynamicOf(x.X)
	case *syntax.DynamicArray:
		out := []event.Value{}
		for _, e := range x.Elems {
			out = append(out, dynamicOf(e))
		}
		return listOf(out)
	case *syntax.DynamicObject:
		bag := event.Bag{}
		for _, m := range x.Members {
			bag = append(bag, event.Field{Name: m.Key, Value: dynamicOf(m.X)})
		}
		return event.ObjectOf(bag)
	case *syntax.Literal:
		return literal(x).v
	case *syntax.Unary:
		v := dynamicOf(x.X)
		if x.Op == "-" {
			v = negate(v)
		}
		return v
	}
	failf("%T in dynamic", x)
	return event.Value{}
}

// TestExamples computes every example of scalar functions and operators.
func TestExamples(t *testing.T) {
	for _, e := range append(Scalars(), Operators()...) {
		if e.Special != Plain {
			continue // its examples are queries; the tests of the reference execute them
		}
		for _, x := range e.Examples {
			got, err := evalText(x.Expr)
			if err != nil {
				t.Errorf("%s: %s: %v", e.Name, x.Expr, err)
				continue
			}
			if !sameJSON(string(AppendJSON(nil, got.v)), x.Want) {
				t.Errorf("%s: %s gives %s, want %s", e.Name, x.Expr, AppendJSON(nil, got.v), x.Want)
			}
		}
	}
}

// sameJSON compares two values in JSON; 1.0 is 1.
func sameJSON(got, want string) bool {
	a, err1 := fn.ParseJSON(got)
	b, err2 := fn.ParseJSON(want)
	return err1 == nil && err2 == nil && event.Equal(a, b) || strings.TrimSpace(got) == strings.TrimSpace(want)
}
