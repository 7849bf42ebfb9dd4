package function

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// columns of every type, and a literal text and number
func argsOf(t *testing.T, names string) []Arg {
	t.Helper()
	var out []Arg
	for _, n := range strings.Fields(names) {
		switch {
		case n == "*":
			out = append(out, Arg{Star: true})
		case strings.HasPrefix(n, "typeof:"):
			ty, _ := types.Parse(n[7:])
			out = append(out, Arg{IsType: true, TypeLit: ty, Const: true})
		case strings.HasPrefix(n, "'"):
			out = append(out, Arg{Type: types.String, Const: true, Known: true, Literal: true, Value: textOf(strings.Trim(n, "'"))})
		case n == "1":
			out = append(out, Arg{Type: types.Long, Const: true, Known: true, Literal: true, Value: event.IntOf(1)})
		default:
			ty, ok := types.Parse(n)
			if !ok {
				t.Fatalf("no type %s", n)
			}
			out = append(out, Arg{Type: ty, Name: "x"})
		}
	}
	return out
}

// TestTypes holds calls against the types, or the complaint, that the official binder has for them.
func TestTypes(t *testing.T) {
	f := func(name, args, want string) {
		t.Helper()
		e := Lookup(name)
		if o := Operator(name); o != nil {
			e = o
		}
		if e == nil {
			t.Fatalf("no %s", name)
		}
		c, err := e.Resolve(argsOf(t, args))
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = c.Type.String()
		}
		if got != want {
			t.Errorf("%s(%s): %s, want %s", name, args, got, want)
		}
	}
	f("+", "int long", "long")
	f("+", "int int", "long")
	f("+", "long real", "real")
	f("+", "real decimal", "decimal")
	f("+", "datetime timespan", "datetime")
	f("+", "timespan datetime", "datetime")
	f("+", "dynamic int", "long")
	f("+", "string string", `error: the operator "+" is not defined for the operand types string and string`)
	f("+", "timespan long", `error: the operator "+" is not defined for the operand types timespan and long`)
	f("-", "datetime datetime", "timespan")
	f("-", "datetime dynamic", "timespan")
	f("*", "timespan real", "timespan")
	f("/", "timespan timespan", "real")
	f("/", "long timespan", `error: the operator "/" is not defined for the operand types long and timespan`)
	f("%", "datetime timespan", "timespan")
	f("unary-", "int", "long")
	f("<", "string string", `error: the operator "<" is not defined for the operand types string and string`)
	f("<", "dynamic long", "bool")
	f(">", "dynamic string", `error: the operator ">" is not defined for the operand types dynamic and string`)
	f("<", "int bool", "bool")
	f("==", "string long", "bool")
	f("has", "long string", `error: the operator "has" is not defined for the operand types long and string`)
	f("has", "dynamic string", "bool")
	f("contains", "string long", `error: the operator "contains" is not defined for the operand types string and long`)
	f("in", "long string", "bool")
	f("in~", "int string", `error: the operator "in~" is not defined for the operand types int and string`)
	f("between", "datetime datetime timespan", "bool")
	f("between", "string string string", `error: the operator "between" is not defined for the operand types string, string and string`)
	f("strlen", "long", "error: a value of type string or dynamic is expected")
	f("strlen", "", "error: strlen expects 1 argument")
	f("tolower", "dynamic", "string")
	f("iff", "bool int 1", "long")
	f("iff", "bool int real", "real")
	f("iff", "bool dynamic string", "string")
	f("iff", "bool datetime timespan", "dynamic")
	f("iff", "long 1 1", "error: a value of type bool is expected")
	f("case", "bool int bool real 1", "real")
	f("case", "bool int bool real", "error: case cannot take this number of arguments")
	f("coalesce", "int real", "real")
	f("coalesce", "int string", "error: the arguments of coalesce have no common type")
	f("max_of", "int real decimal", "decimal")
	f("max_of", "dynamic 1", "error: the value must be orderable: a number, timespan, datetime, string or bool")
	f("bin", "int 1", "long")
	f("bin", "datetime timespan", "datetime")
	f("bin", "int timespan", "error: bin cannot take arguments of the types (int, timespan)")
	f("round", "int", "int")
	f("abs", "int", "long")
	f("abs", "timespan", "timespan")
	f("extract", "'a' 1 string", "string")
	f("extract", "'a' 1 string typeof:long", "long")
	f("extract", "string 1 string", "error: the expression must be a constant")
	f("datetime_diff", "'day' datetime datetime", "long")
	f("datetime_diff", "'weeks' datetime datetime", "error: the expression must be one of the values year, quarter, month, week, day, hour, minute, second, millisecond, microsecond, nanosecond")
	f("datetime_part", "string datetime", "error: the expression must be a literal")
	f("ago", "long", "error: a value of type timespan is expected")
	f("startofday", "datetime int", "datetime")
	f("startofday", "dynamic", "error: a value of type datetime is expected")
	f("hash", "dynamic", "error: a value of type dynamic is not allowed here")
	f("parse_json", "long", "error: a value of type string or dynamic is expected")
	f("bag_pack", "string long string", "error: bag_pack cannot take this number of arguments")
	f("array_length", "string", "error: the value must be a dynamic array")
	f("isnan", "int", "bool")
	f("strcat_delim", "string string", "error: strcat_delim expects at least 3 arguments")
	f("iif", "bool string string", "string")
	f("[]", "dynamic string", "dynamic")
	f("[]", "dynamic real", `error: the operator "[]" is not defined for the operand types dynamic and real`)
}

func TestAggregateTypes(t *testing.T) {
	f := func(name, args, want string) {
		t.Helper()
		a := Aggregate(name)
		if a == nil {
			t.Fatalf("no %s", name)
		}
		c, err := a.Resolve(argsOf(t, args))
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = c.Type.String()
			for _, col := range c.Columns {
				got += " " + col.Name + ":" + col.Type.String()
			}
		}
		if got != want {
			t.Errorf("%s(%s): %s, want %s", name, args, got, want)
		}
	}
	f("count", "", "long")
	f("sum", "int", "long")
	f("sum", "timespan", "timespan")
	f("sum", "string", "error: the value must be summable: a number, timespan or datetime")
	f("avg", "int", "real")
	f("avg", "datetime", "datetime")
	f("max", "string", "string")
	f("max", "guid", "error: the value must be orderable: a number, timespan, datetime, string or bool")
	f("make_set", "string 1", "dynamic")
	f("arg_max", "datetime string", "datetime")
	f("percentile", "int 1", "long percentile_x_1:long")
	f("percentiles", "int 1 1", "long percentile_x_1:long percentile_x_1:long")
	f("dcountif", "string bool", "long")
	f("countif", "dynamic", "error: a value of type bool is expected")
}

// TestNegation: a negated operator is the positive one and a Not, so that both share a predicate.
func TestNegation(t *testing.T) {
	args := argsOf(t, "string 'x'")
	for _, pair := range [][2]string{{"has", "!has"}, {"==", "!="}, {"in", "!in"}, {"contains", "notcontains"}, {"=~", "!~"}} {
		a, err1 := Operator(pair[0]).Resolve(args)
		b, err2 := Operator(pair[1]).Resolve(args)
		if err1 != nil || err2 != nil || a.Func != b.Func || a.Not || !b.Not {
			t.Errorf("%v: %v %v", pair, err1, err2)
		}
	}
	a, _ := Lookup("iff").Resolve(argsOf(t, "bool long long"))
	b, _ := Lookup("iif").Resolve(argsOf(t, "bool long long"))
	if a.Func != b.Func {
		t.Error("iff and iif have different kernels")
	}
}

// TestNulls: text is never null to a kernel, and other nulls make null.
func TestNulls(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		got, err := evalText(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if s := string(AppendJSON(nil, got.v)); s != want {
			t.Errorf("%s: %s, want %s", src, s, want)
		}
	}
	f(`long(null) + 1`, `null`)
	f(`long(null) > 1`, `null`)
	f(`long(null) == 1`, `false`)
	f(`long(null) != 1`, `true`)
	f(`long(null) == long(null)`, `null`)
	f(`long(null) in (1, 2)`, `false`)
	f(`long(null) !in (1, 2)`, `true`)
	f(`long(null) between (1 .. 2)`, `null`)
	f(`bool(null) and false`, `false`)
	f(`bool(null) or true`, `true`)
	f(`strcat("a", long(null))`, `"a"`)
	f(`tolower(tostring(long(null)))`, `""`)
	f(`extract("x", 0, "abc")`, `""`)
	f(`strlen(dynamic({"a":1}).b)`, `null`)
	f(`dynamic({"a":1}).b == ""`, `true`)
	f(`isempty(dynamic({"a":1}).b)`, `true`)
	f(`1 / 0`, `null`)
	f(`parse_json('{"a":"5"}').a == 5`, `true`)
	f(`parse_json('{"a":true}').a == "true"`, `true`)
	f(`tostring(dynamic([1.0, 2.5]))`, `"[1.0,2.5]"`)

	// Missing is what a column has when the event lacks the field.
	row := func(op string, types string, vals ...event.Value) event.Value {
		e := Operator(op)
		if e == nil {
			e = Lookup(op)
		}
		c, err := e.Resolve(argsOf(t, types))
		if err != nil {
			t.Fatal(err)
		}
		v := run(testEnv, c.Func, vals, make([]fn.Arg, len(vals)))
		if c.Not && !v.IsNull() {
			v = event.BoolOf(!v.Bool())
		}
		return v
	}
	missing := event.Value{}
	if !row("==", "string string", missing, textOf("")).IsTrue() || !row("!=", "string string", missing, textOf("x")).IsTrue() ||
		row("has", "string string", missing, textOf("x")).IsTrue() || !row("in", "string string", missing, textOf("")).IsTrue() ||
		row("strlen", "string", missing).Int() != 0 || row("isnull", "string", missing).IsTrue() || !row("isempty", "string", missing).IsTrue() {
		t.Error("a missing text is not the empty one")
	}
}
