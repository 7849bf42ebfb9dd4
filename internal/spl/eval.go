package spl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// binaries are the operators by what they are called in package function.
var binaries = map[string]string{
	"=": "spl_eq", "!=": "spl_ne", "<": "spl_lt", "<=": "spl_le", ">": "spl_gt", ">=": "spl_ge",
	"+": "plus", "-": "minus", "*": "times", "/": "divide", "%": "modulo", ".": "concat",
}

var null expr.Expr = expr.L(event.NullValue)

// evaluation is the lowering of one expression.
type evaluation struct {
	*lowerer
	calls map[*expr.Call]syntax.Node // where calls were written, for what their binding complains of
}

// value lowers an expression whose value is wanted.
func (l *lowerer) value(x syntax.Expr) expr.Expr {
	e := &evaluation{lowerer: l, calls: map[*expr.Call]syntax.Node{}}
	return e.checked(e.expr(x), x)
}

// condition lowers an expression that must be true or false.
func (l *lowerer) condition(x syntax.Expr) expr.Expr {
	e := &evaluation{lowerer: l, calls: map[*expr.Call]syntax.Node{}}
	return e.checked(e.cond(x), x)
}

// checked binds an expression once, so that patterns that do not compile and literals of the wrong type are told with
// their place before anything runs.
func (e *evaluation) checked(x expr.Expr, at syntax.Node) expr.Expr {
	if x == nil {
		return null
	}
	if len(expr.Params(x)) > 0 {
		return x
	}
	_, err := expr.Compile(x, &fn.Env{})
	var bind *expr.BindError
	if errors.As(err, &bind) {
		if n := e.calls[bind.Call]; n != nil {
			at = n
		}
		e.wrong(at, "%s: %v", bind.Call.Fn.Name, bind.Err)
	} else if err != nil {
		e.wrong(at, "%v", err)
	}
	return x
}

func (e *evaluation) call(at syntax.Node, f *fn.Func, args ...expr.Expr) expr.Expr {
	c := expr.F(f, args...)
	e.calls[c] = at
	return c
}

// expr lowers an expression; conditions give booleans.
func (e *evaluation) expr(x syntax.Expr) expr.Expr {
	switch x := x.(type) {
	case *syntax.Number:
		return expr.L(numberLiteral(x.Raw))
	case *syntax.String:
		return expr.Str(x.Word.Value)
	case *syntax.Field:
		if x.Word.Is("null") {
			// The manual lists null as a literal; where it is taken for a field, there is none of that name.
			return null
		}
		return expr.C(x.Word.Value)
	case *syntax.Unary:
		switch x.Op {
		case "NOT":
			return &expr.Not{Arg: e.cond(x.X)}
		case "-":
			if n, ok := x.X.(*syntax.Number); ok {
				return expr.L(numberLiteral("-" + n.Raw))
			}
			return e.call(x, function.Operator("negate"), e.expr(x.X))
		}
		return e.expr(x.X)
	case *syntax.Binary:
		if x.Op == "LIKE" {
			return e.call(x, function.Lookup("like"), e.expr(x.X), e.expr(x.Y))
		}
		return e.call(x, function.Operator(binaries[x.Op]), e.expr(x.X), e.expr(x.Y))
	case *syntax.Logic:
		var args []expr.Expr
		for _, item := range x.Items {
			args = append(args, e.cond(item))
		}
		switch x.Op {
		case "AND":
			return expr.All(args...)
		case "OR":
			return expr.AnyOf(args...)
		}
		out := args[0]
		for _, a := range args[1:] {
			out = e.call(x, function.Operator("spl_xor"), out, a)
		}
		return out
	case *syntax.In:
		args := []expr.Expr{e.expr(x.X)}
		for _, item := range x.List {
			args = append(args, e.expr(item))
		}
		return e.call(x, function.Lookup("in"), args...)
	case *syntax.Call:
		return e.function(x)
	case *syntax.Group:
		return e.expr(x.X)
	case *syntax.Subsearch:
		if made, ok := e.texts[x]; ok {
			return e.expr(made)
		}
		e.unsupported(x, "a subsearch in an expression of %s", e.stage.Name())
	case *syntax.MacroCall:
		e.errorAt("SPL3001", x, "macro %s was not expanded", x.Name)
	}
	return null
}

func numberLiteral(raw string) event.Value {
	if i, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return event.IntOf(i)
	}
	f, _ := strconv.ParseFloat(raw, 64)
	return event.FloatOf(f)
}

// cond lowers an expression that stands where a condition is due.
func (e *evaluation) cond(x syntax.Expr) expr.Expr {
	switch x := x.(type) {
	case *syntax.Field:
		// The bare words are Boolean literals here; a value that is no condition is neither true nor false.
		if x.Word.Is("true") || x.Word.Is("false") {
			return expr.L(event.BoolOf(x.Word.Is("true")))
		}
	case *syntax.Number, *syntax.String:
		e.wrong(x, "a condition is due here, not a %s", map[bool]string{true: "number", false: "text"}[isNumber(x)])
	case *syntax.Binary:
		if !isBoolean(x) {
			e.wrong(x, "a condition is due here, not a calculation")
		}
	case *syntax.Unary:
		if x.Op != "NOT" {
			e.wrong(x, "a condition is due here, not a number")
		}
	}
	return e.expr(x)
}

func isNumber(x syntax.Expr) bool { _, ok := x.(*syntax.Number); return ok }

// conditions are the functions whose value is true or false.
var conditions = strings.Fields(`true false isnull isnotnull isnum isint isdouble isstr isbool isarray ismv isobject like match
	cidrmatch searchmatch in json_has_key_exact tobool`)

// isBoolean reports whether an expression is a condition.
func isBoolean(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Logic, *syntax.In:
		return true
	case *syntax.Unary:
		return x.Op == "NOT"
	case *syntax.Binary:
		return x.Op == "LIKE" || strings.HasPrefix(binaries[x.Op], "spl_")
	case *syntax.Group:
		return isBoolean(x.X)
	case *syntax.Call:
		switch name := strings.ToLower(x.Name); name {
		case "if":
			return len(x.Args) == 3 && isBoolean(x.Args[1]) && isBoolean(x.Args[2])
		case "tobool":
			return false // Splunk's own examples assign it
		default:
			return slices.Contains(conditions, name)
		}
	}
	return false
}

// function lowers a function call.
func (e *evaluation) function(x *syntax.Call) expr.Expr {
	if form := function.Special(x.Name); form != nil {
		if err := form.CheckArity(len(x.Args)); err != nil {
			e.wrong(x, "%v", err)
			return null
		}
		return e.form(form.Name, x)
	}
	f := function.Lookup(x.Name)
	if f == nil {
		e.unknown(x, "function", x.Name, functionNames())
		return null
	}
	if err := f.CheckArity(len(x.Args)); err != nil {
		if fixed := e.oneArgument(f, x); fixed != nil {
			return fixed
		}
		e.wrong(x, "%v", err)
		return null
	}
	args := make([]expr.Expr, len(x.Args))
	for i, a := range x.Args {
		args[i] = e.expr(a)
	}
	return e.call(x, f, args...)
}

// oneArgument reads match(field="regex"), which published rules have for match(field, "regex").
func (e *evaluation) oneArgument(f *fn.Func, x *syntax.Call) expr.Expr {
	if len(x.Args) != 1 || f.Min != 2 {
		return nil
	}
	b, ok := x.Args[0].(*syntax.Binary)
	if !ok || b.Op != "=" || f.Name != "match" && f.Name != "like" {
		return nil
	}
	e.warn(x, "%s has one argument, %s; read as two", x.Name, syntax.Print(b))
	return e.call(x, f, e.expr(b.X), e.expr(b.Y))
}

func functionNames() []string {
	var names []string
	for _, f := range function.Scalars {
		names = append(names, f.Name)
	}
	for _, f := range function.Specials {
		names = append(names, f.Name)
	}
	return names
}

// form spells out what looks like a function.
func (e *evaluation) form(name string, x *syntax.Call) expr.Expr {
	switch name {
	case "if":
		return &expr.Case{Whens: []expr.When{{Cond: e.cond(x.Args[0]), Then: e.expr(x.Args[1])}}, Else: e.expr(x.Args[2])}
	case "case", "validate":
		if len(x.Args)%2 != 0 {
			e.wrong(x, "%s takes pairs of a condition and a value, not %d arguments", name, len(x.Args))
			return null
		}
		c := &expr.Case{Else: null}
		for i := 0; i < len(x.Args); i += 2 {
			cond := e.cond(x.Args[i])
			if name == "validate" {
				cond = &expr.Not{Arg: cond}
			}
			c.Whens = append(c.Whens, expr.When{Cond: cond, Then: e.expr(x.Args[i+1])})
		}
		return c
	case "mvfilter":
		cond := e.cond(x.Args[0])
		cols := expr.Columns(cond)
		if len(cols) != 1 {
			e.wrong(x, "the condition of mvfilter reads one field, not %d", len(cols))
			return null
		}
		return expr.F(fnOne, &expr.Each{List: expr.C(cols[0]), Var: cols[0], Body: cond, Filter: true})
	case "mvmap":
		return e.mvmap(x)
	case "searchmatch":
		s, ok := x.Args[0].(*syntax.String)
		if !ok {
			e.wrong(x.Args[0], "searchmatch takes a text literal")
			return null
		}
		src := syntax.Embedded(e.src, s.Word)
		tree, diags := syntax.ParseSearch(src)
		e.diags = append(e.diags, diags...)
		if diags.HasErrors() {
			return null
		}
		in := *e.lowerer
		in.src = src
		return in.searchTest(tree)
	case "lookup":
		return e.lookupFunction(x)
	case "sigfig":
		var operands []expr.Expr
		program, ok := e.postfix(x.Args[0], &operands)
		if !ok {
			e.wrong(x, "sigfig takes a calculation with + - * /")
			return null
		}
		return e.call(x, function.Operator("sigfig"), append([]expr.Expr{expr.Str(program)}, operands...)...)
	}
	e.unsupported(x, "function %s is not implemented", name)
	return null
}

// mvmap lowers mvmap(field, expression) and mvmap(expression, expression, field): the field is each value in turn.
func (e *evaluation) mvmap(x *syntax.Call) expr.Expr {
	list := e.expr(x.Args[0])
	name := ""
	if len(x.Args) == 3 {
		f, ok := x.Args[2].(*syntax.Field)
		if !ok {
			e.wrong(x.Args[2], "the third argument of mvmap is the name of a field")
			return null
		}
		name = f.Word.Value
	} else if cols := expr.Columns(list); len(cols) == 1 {
		name = cols[0]
	} else {
		e.wrong(x.Args[0], "the first argument of mvmap reads one field, not %d", len(cols))
		return null
	}
	return expr.F(fnOne, &expr.Each{List: list, Var: name, Body: e.expr(x.Args[1])})
}

// postfix writes a calculation for sigfig.
func (e *evaluation) postfix(x syntax.Expr, operands *[]expr.Expr) (string, bool) {
	switch x := x.(type) {
	case *syntax.Group:
		return e.postfix(x.X, operands)
	case *syntax.Binary:
		if !strings.Contains("+-*/", x.Op) {
			return "", false
		}
		a, ok := e.postfix(x.X, operands)
		if !ok {
			return "", false
		}
		b, ok := e.postfix(x.Y, operands)
		return a + " " + b + " " + x.Op, ok
	case *syntax.Number:
		*operands = append(*operands, expr.Str(x.Raw))
	default:
		*operands = append(*operands, e.expr(x))
	}
	return strconv.Itoa(len(*operands) - 1), true
}

// evaluate computes an expression without fields, for macros that are defined by one.
func evaluate(x syntax.Expr) (any, error) {
	c := &compilation{}
	l := &lowerer{compilation: c, src: text.NewSource("macro", "")}
	e := l.value(x)
	if err := c.diags.Err(); err != nil {
		return nil, errors.New(c.diags[0].Message)
	}
	if cols := expr.Columns(e); len(cols) > 0 {
		return nil, fmt.Errorf("it reads the field %s", cols[0])
	}
	v, ok := expr.Fold(e, &fn.Env{})
	if !ok {
		return nil, errors.New("it has no constant value")
	}
	switch v.Kind() {
	case event.Missing, event.Null:
		return nil, nil
	case event.Bool:
		return v.Bool(), nil
	case event.String:
		return v.Str(), nil
	}
	if n, ok := v.Number(); ok {
		return n, nil
	}
	return function.Text(v), nil
}
