package function

import (
	"fmt"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/text"
)

// aggregate computes a call over a table with the columns x = 1 … 5 and s = a, b, a, "", c, cut into parts of the given
// size whose states are merged.
func aggregate(src string, part int) (out event.Value, err error) {
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
		return out, fmt.Errorf("%v", diags)
	}
	call := x.(*syntax.Call)
	a := Aggregate(call.Func.Name)
	if a == nil {
		return out, fmt.Errorf("no aggregate %s", call.Func.Name)
	}
	row := func(i int) []typed {
		ev := &evaluator{testEnv, map[string]typed{"x": {event.IntOf(int64(i + 1)), types.Long, false, nil}, "s": {textOf([]string{"a", "b", "a", "", "c"}[i]), types.String, false, nil}}}
		var vals []typed
		for _, y := range call.Args {
			vals = append(vals, ev.eval(y))
		}
		return vals
	}
	var args []Arg
	var known []fn.Arg
	for _, v := range row(0) {
		args = append(args, Arg{Type: v.t, Const: v.konst, Known: v.konst, Literal: v.konst, Value: v.v})
		known = append(known, fn.Arg{Const: v.konst, Value: v.v})
	}
	c, err := a.Resolve(args)
	if err != nil {
		return out, err
	}
	make, err := c.Agg.New(testEnv, known)
	if err != nil {
		return out, err
	}
	total := make()
	for i := 0; i < 5; i += part {
		s := make()
		for j := i; j < min(i+part, 5); j++ {
			var vals []event.Value
			for _, v := range row(j) {
				vals = append(vals, v.v)
			}
			s.Add(vals)
		}
		total.Merge(s)
	}
	if total.Size() <= 0 {
		return out, fmt.Errorf("no size")
	}
	return total.Result(), nil
}

// TestAggregateExamples computes every example of the aggregates, with states merged at different places.
func TestAggregateExamples(t *testing.T) {
	for _, a := range Aggregates() {
		for _, x := range a.Examples {
			for part := 1; part <= 5; part++ {
				got, err := aggregate(x.Expr, part)
				if err != nil {
					t.Errorf("%s: %s: %v", a.Name, x.Expr, err)
					break
				}
				if !sameJSON(string(AppendJSON(nil, got)), x.Want) {
					t.Errorf("%s: %s in parts of %d gives %s, want %s", a.Name, x.Expr, part, AppendJSON(nil, got), x.Want)
				}
			}
		}
	}
}

// TestAggregatesOfNothing: what aggregates give when there is no row.
func TestAggregatesOfNothing(t *testing.T) {
	f := func(name string, ty types.Type, want string) {
		t.Helper()
		a := Aggregate(name)
		c, err := a.Resolve([]Arg{{Type: ty}})
		if err != nil {
			t.Fatal(err)
		}
		make, err := c.Agg.New(testEnv, []fn.Arg{{}})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendJSON(nil, make().Result())); got != want {
			t.Errorf("%s of no %v is %s, want %s", name, ty, got, want)
		}
	}
	f("count", types.Long, "0")
	f("sum", types.Long, "0")
	f("sum", types.Real, "0.0")
	f("sum", types.TimeSpan, `"00:00:00"`)
	f("avg", types.Long, `"NaN"`)
	f("min", types.Long, "null")
	f("max", types.DateTime, "null")
	f("make_list", types.Long, "[]")
	f("make_set", types.String, "[]")
	f("dcount", types.String, "0")
	f("make_bag", types.Dynamic, "{}")
	f("stdev", types.Long, `"NaN"`)
}

func TestAverageOfTimes(t *testing.T) {
	c, _ := Aggregate("avg").Resolve([]Arg{{Type: types.DateTime}})
	make, _ := c.Agg.New(testEnv, []fn.Arg{{}})
	a, b := make(), make()
	at := func(s string) []event.Value { return []event.Value{toDateTime(textOf(s))} }
	a.Add(at("2024-01-01"))
	a.Add(at("2024-01-03"))
	b.Add(at("2024-01-08"))
	a.Merge(b)
	if got := Text(a.Result()); got != "2024-01-04T00:00:00.0000000Z" {
		t.Error(got)
	}
}
