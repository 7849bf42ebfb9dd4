package spl

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// lookupFunction lowers lookup("table", json_object("column", value, …), json_array("column", …)): the first row that is
// found, as a JSON object of the columns asked for.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/evaluation-functions/comparison-and-conditional-functions)
func (e *evaluation) lookupFunction(x *syntax.Call) expr.Expr {
	name, ok := x.Args[0].(*syntax.String)
	if !ok {
		e.wrong(x.Args[0], "the first argument of lookup is the name of a table, as text")
		return null
	}
	t := e.table(name.Word)
	if t == nil {
		return null
	}
	given, ok := x.Args[1].(*syntax.Call)
	wanted, ok2 := x.Args[2].(*syntax.Call)
	if !ok || !ok2 || len(given.Args)%2 != 0 || len(given.Args) == 0 {
		e.unsupported(x, "lookup() whose arguments are not spelled out as json_object(…) and json_array(…)")
		return null
	}
	var inputs []string
	var args []expr.Expr
	for i := 0; i < len(given.Args); i += 2 {
		s, ok := given.Args[i].(*syntax.String)
		if !ok {
			e.unsupported(given.Args[i], "a computed column name in lookup()")
			return null
		}
		inputs = append(inputs, s.Word.Value)
		args = append(args, e.expr(given.Args[i+1]))
	}
	if t.TimeColumn != "" {
		args = append(args, expr.C("_time"))
	}
	var object []expr.Expr
	for _, a := range wanted.Args {
		s, ok := a.(*syntax.String)
		if !ok {
			e.unsupported(a, "a computed column name in lookup()")
			return null
		}
		f, err := t.lookupFunc(inputs, s.Word.Value)
		if err != nil {
			e.wrong(a, "%v", err)
			return null
		}
		object = append(object, expr.Str(s.Word.Value), expr.F(fnFirst, expr.F(f, args...)))
	}
	return e.call(x, function.Lookup("json_object"), object...)
}

// fnFirst is the first value of a multivalue field.
var fnFirst = &fn.Func{Name: "first_value", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		if l := in[0].List(); len(l) > 0 {
			return l[0]
		}
		return in[0]
	}}
