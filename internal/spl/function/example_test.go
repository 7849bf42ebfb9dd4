package function

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// evalText evaluates an eval expression over one row. It knows just enough of the language for tests of single functions;
// package spl does the real lowering.
func evalText(s string, row map[string]event.Value) (event.Value, error) {
	x, diags := syntax.ParseExpr(text.NewSource("expr", s))
	if err := diags.Err(); err != nil {
		return event.Value{}, err
	}
	e, err := lower(x)
	if err != nil {
		return event.Value{}, err
	}
	p, err := expr.Compile(e, testEnv)
	if err != nil {
		return event.Value{}, err
	}
	b := event.NewBatch(1)
	for name, v := range row {
		b.Set(name, event.NewAny([]event.Value{v}))
	}
	return p.Eval(b).Value(0), nil
}

var testEnv = &fn.Env{Clock: func() time.Time { return time.Unix(1704112103, 500_000_000) }}

var binaryOps = map[string]string{"=": "spl_eq", "!=": "spl_ne", "<": "spl_lt", "<=": "spl_le", ">": "spl_gt", ">=": "spl_ge",
	"+": "plus", "-": "minus", "*": "times", "/": "divide", "%": "modulo", ".": "concat"}

func lowerAll(xs []syntax.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		var err error
		if out[i], err = lower(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func call(f *fn.Func, xs ...syntax.Expr) (expr.Expr, error) {
	args, err := lowerAll(xs)
	if err != nil {
		return nil, err
	}
	return expr.F(f, args...), f.CheckArity(len(args))
}

func lower(x syntax.Expr) (expr.Expr, error) {
	switch x := x.(type) {
	case *syntax.Number:
		if n, err := strconv.ParseInt(x.Raw, 10, 64); err == nil {
			return expr.L(event.IntOf(n)), nil
		}
		f, err := strconv.ParseFloat(x.Raw, 64)
		return expr.L(event.FloatOf(f)), err
	case *syntax.String:
		return expr.Str(x.Word.Value), nil
	case *syntax.Field:
		return expr.C(x.Word.Value), nil
	case *syntax.Unary:
		if x.Op == "+" {
			return lower(x.X)
		}
		if x.Op == "-" {
			return call(Operator("negate"), x.X)
		}
		a, err := lower(x.X)
		return &expr.Not{Arg: a}, err
	case *syntax.Binary:
		if x.Op == "LIKE" {
			return call(Lookup("like"), x.X, x.Y)
		}
		return call(Operator(binaryOps[x.Op]), x.X, x.Y)
	case *syntax.Logic:
		args, err := lowerAll(x.Items)
		if x.Op == "XOR" {
			return expr.F(Operator("spl_xor"), args...), err
		}
		return &expr.Logic{Op: map[string]expr.Op{"AND": expr.And, "OR": expr.Or}[x.Op], Args: args}, err
	case *syntax.In:
		return call(Lookup("in"), append([]syntax.Expr{x.X}, x.List...)...)
	case *syntax.Group:
		return lower(x.X)
	case *syntax.Call:
		if f := Special(x.Name); f != nil {
			return lowerForm(f, x)
		}
		if f := Lookup(x.Name); f != nil {
			return call(f, x.Args...)
		}
		return nil, fmt.Errorf("no function %s", x.Name)
	}
	return nil, fmt.Errorf("%T", x)
}

func lowerForm(f *Form, x *syntax.Call) (expr.Expr, error) {
	if err := f.CheckArity(len(x.Args)); err != nil {
		return nil, err
	}
	if f.Name == "sigfig" {
		var operands []expr.Expr
		prog := postfix(x.Args[0], &operands)
		return expr.F(Operator("sigfig"), append([]expr.Expr{expr.Str(prog)}, operands...)...), nil
	}
	args, err := lowerAll(x.Args)
	if err != nil {
		return nil, err
	}
	switch f.Name {
	case "if":
		return &expr.Case{Whens: []expr.When{{Cond: args[0], Then: args[1]}}, Else: args[2]}, nil
	case "case", "validate":
		c := &expr.Case{}
		for i := 0; i+1 < len(args); i += 2 {
			cond := args[i]
			if f.Name == "validate" {
				cond = &expr.Not{Arg: cond}
			}
			c.Whens = append(c.Whens, expr.When{Cond: cond, Then: args[i+1]})
		}
		return c, nil
	}
	return nil, fmt.Errorf("%s is not for this test", f.Name)
}

func postfix(x syntax.Expr, operands *[]expr.Expr) string {
	if b, ok := x.(*syntax.Binary); ok {
		return postfix(b.X, operands) + " " + postfix(b.Y, operands) + " " + b.Op
	}
	if n, ok := x.(*syntax.Number); ok {
		*operands = append(*operands, expr.Str(n.Raw))
	} else {
		e, _ := lower(x)
		*operands = append(*operands, e)
	}
	return strconv.Itoa(len(*operands) - 1)
}

// same compares a value with what is expected in JSON, as the conformance cases do: numbers by size, text that reads as a
// number as that number, a list of one as its value.
func same(got event.Value, want event.Value) bool {
	got, want = single(got), single(want)
	if want.Kind() == event.List {
		if len(got.List()) != len(want.List()) {
			return false
		}
		for i := range want.List() {
			if !same(got.List()[i], want.List()[i]) {
				return false
			}
		}
		return true
	}
	if n, ok := want.Number(); ok {
		g, ok := Number(got)
		return ok && math.Abs(g-n) <= 1e-9*max(1, math.Abs(n))
	}
	if want.Kind() == event.String {
		return got.Kind() != event.List && !got.IsNull() && Text(got) == want.Str()
	}
	return event.Equal(got, want)
}

// check evaluates an expression; want is JSON, or "error" for an expression that must be refused.
func check(t *testing.T, s, want string, row map[string]event.Value) {
	t.Helper()
	got, err := evalText(s, row)
	if want == "error" {
		if err == nil {
			t.Errorf("%s: got %v, want an error", s, got)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", s, err)
		return
	}
	w, err := fn.ParseJSON(want)
	if err != nil {
		t.Fatalf("%s: bad expectation %s", s, want)
	}
	if !same(got, w) {
		t.Errorf("%s: got %v, want %s", s, got, want)
	}
}

// TestExamples executes the examples of every entry, and checks that each entry says what it must.
func TestExamples(t *testing.T) {
	for _, list := range [][]*fn.Func{Scalars, Operators} {
		for _, f := range list {
			if f.Doc == "" || !strings.HasPrefix(f.See, "https://") || f.Name == "" || f.Max >= 0 && f.Max < f.Min {
				t.Errorf("%s: the entry is incomplete", f.Name)
			}
			if (f.Row == nil) == (f.Bind == nil) {
				t.Errorf("%s: exactly one of Row and Bind must be set", f.Name)
			}
			if len(f.Examples) == 0 && f.Name != "sigfig" {
				t.Errorf("%s: no examples", f.Name)
			}
			for _, e := range f.Examples {
				check(t, e.Expr, e.Want, nil)
			}
		}
	}
	for _, f := range Specials {
		if f.Doc == "" || f.Lowering == "" {
			t.Errorf("%s: the entry is incomplete", f.Name)
		}
		for _, e := range f.Examples {
			if strings.HasPrefix(e.Expr, "mv") {
				continue // needs the lowering to bind the field
			}
			check(t, e.Expr, e.Want, nil)
		}
	}
	for _, f := range Search {
		if f.Doc == "" || f.Null != fn.SeesNull {
			t.Errorf("%s: the entry is incomplete, or null does not make it false", f.Name)
		}
	}
}

// TestAggregateExamples takes each aggregate over x = 2, 2, 10 at the times 100, 200, 300, whole and split in every way.
func TestAggregateExamples(t *testing.T) {
	xs := []event.Value{event.IntOf(2), event.StringOf("2"), event.IntOf(10)}
	for _, a := range Aggregates {
		if a.Doc == "" || a.See == "" {
			t.Errorf("%s: the entry is incomplete", a.Name)
		}
		for _, e := range a.Examples {
			make1, err := a.New(testEnv, nil)
			if err != nil {
				t.Fatal(err)
			}
			for cut := range len(xs) + 1 {
				left, right := make1(), make1()
				for i, x := range xs {
					s := left
					if i >= cut {
						s = right
					}
					args := []event.Value{x}
					if NeedsTime(a) {
						args = append(args, event.IntOf(int64(i+1)*100))
					}
					s.Add(args)
				}
				left.Merge(right)
				name := a.Name + "(x)"
				check(t, strings.Replace(e.Expr, name, "r", 1), e.Want, map[string]event.Value{"r": left.Result()})
				if left.Size() < 0 {
					t.Errorf("%s: size %d", a.Name, left.Size())
				}
			}
		}
	}
}
