package function

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

func lit(v any) event.Value {
	switch v := v.(type) {
	case int:
		return event.IntOf(int64(v))
	case float64:
		return event.FloatOf(v)
	case string:
		return event.StringOf(v)
	case bool:
		return event.BoolOf(v)
	case []any:
		var out []event.Value
		for _, e := range v {
			out = append(out, lit(e))
		}
		return event.ListOf(out)
	}
	return event.NullValue
}

// TestAggregates takes aggregates over values that arrive newest first, one a second, split at every place.
func TestAggregates(t *testing.T) {
	f := func(name, want string, vals ...any) {
		t.Helper()
		a := Aggregate(name)
		if a == nil {
			t.Fatal(name)
		}
		make1, err := a.New(testEnv, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := fn.ParseJSON(want)
		if err != nil {
			t.Fatal(want)
		}
		for cut := range len(vals) + 1 {
			left, right := make1(), make1()
			for i, v := range vals {
				s := left
				if i >= cut {
					s = right
				}
				args := []event.Value{lit(v)}
				if NeedsTime(a) {
					args = append(args, event.IntOf(int64(1000-i)))
				}
				s.Add(args)
			}
			left.Merge(right)
			if got := left.Result(); !same(got, w) {
				t.Errorf("%s of %v, cut at %d: got %v, want %s", name, vals, cut, got, want)
			}
		}
	}
	f("count", `0`)
	f("count", `4`, 1, nil, "a", []any{"x", "y"})
	f("count", `2`, true, false, true, nil) // count(eval(…))
	f("dc", `4`, "1", "1.0", "01", 1, "a")
	f("dc", `0`)
	f("values", `["10","100","70","9"]`, "10", "9", "70", "100", "9")
	f("values", `["A","B","a","b"]`, "b", "A", []any{"a", "B"}, nil)
	f("values", `"x"`, "x", "x")
	f("values", `null`, nil)
	f("list", `["b","a","b"]`, "b", nil, []any{"a", "b"})
	f("first", `"a"`, nil, "a", "b")
	f("last", `"b"`, "a", "b", nil)
	f("earliest", `5`, 1, 2, 5, nil)
	f("latest", `1`, nil, 1, 2, 5)
	f("earliest", `null`, nil, nil)
	f("earliest_time", `998`, 1, 2, 3, nil)
	f("latest_time", `999`, nil, 2, 3)
	f("rate", `0.5`, 11, nil, 10)
	f("rate", `null`, 11)
	f("rate", `7.5`, 5, 10, 0) // fell from 10 to 5 on the way: 5+10 in 2 seconds
	f("min", `1`, "1", "c", "a", "2")
	f("max", `"c"`, "1", "c", "a", "2")
	f("max", `100`, "10", "9", "70", "100")
	f("min", `"a"`, "b", "a")
	f("min", `null`)
	f("sum", `30`, "10", "abc", "20")
	f("sum", `0.3`, 0.1, 0.1, 0.1)
	f("sum", `null`, "x", nil)
	f("sum", `1e20`, 1e20, 1, -1)
	f("sum", `9223372036854775808`, math.MaxInt64, 1)
	f("sum", `6`, []any{1, "2"}, 3)
	f("avg", `15`, "10", "abc", "20")
	f("avg", `2.5`, 2, 3)
	f("avg", `null`)
	f("sumsq", `14`, 1, 2, 3)
	f("stdev", `2.138089935299395`, 2, 4, 4, 4, 5, 5, 7, 9)
	f("stdevp", `2`, 2, 4, 4, 4, 5, 5, 7, 9)
	f("var", `4`, 2, 4, 6)
	f("varp", `2.6666666666666665`, 2, 4, 6)
	f("var", `1`, 1704067200, 1704067201, 1704067202) // no cancellation
	f("stdev", `0`, 5)
	f("stdev", `null`, "x")
	f("range", `25`, 5, "30", "x")
	f("range", `null`, "x")
	f("mode", `"Garcia"`, "Garcia", "Mayer", "Garcia", "Zhang")
	f("mode", `"b"`, "b", "a", "a", "b")
	f("median", `37`, 37, 58, 8, 34, 13, 74, 38)
	f("median", `2.5`, 1, 2, 3, 4)
	f("median", `null`)
	ten := []any{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	f("perc50", `5.5`, ten...)
	f("perc95", `9.55`, ten...)
	f("p95", `9.55`, ten...)
	f("upperperc95", `9.55`, ten...)
	f("perc0", `1`, ten...)
	f("perc100", `10`, ten...)
	f("exactperc90", `9`, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	f("perc95", `3858.35`, 0, 212, 579, 1068, 1692, 2301, 2793, 3306, 3673, 4010)
	f("estdc", `2`, "a", "b", "a")
	f("estdc_error", `0`, "a")
}

func TestListKeepsHundred(t *testing.T) {
	make1, _ := Aggregate("list").New(testEnv, nil)
	a, b := make1(), make1()
	for i := range 80 {
		a.Add([]event.Value{lit(i)})
		b.Add([]event.Value{lit(100 + i)})
	}
	a.Merge(b)
	l := a.Result().List()
	if len(l) != 100 || l[79].Int() != 79 || l[80].Int() != 100 {
		t.Error(len(l))
	}
}

func TestSparkline(t *testing.T) {
	bind := func(lits ...event.Value) (func() fn.State, error) {
		args := []fn.Arg{{}, {}}
		for _, l := range lits {
			args = append(args, fn.Arg{Const: true, Value: l})
		}
		return Aggregate("sparkline").New(testEnv, args)
	}
	make1, err := bind(event.StringOf("sum"), event.StringOf("1m"))
	if err != nil {
		t.Fatal(err)
	}
	s, o := make1(), make1()
	s.Add([]event.Value{lit(5), lit(179)})
	s.Add([]event.Value{lit(1), lit(60)})
	o.Add([]event.Value{lit(2), lit(61)})
	o.Add([]event.Value{lit(7), lit(240)})
	s.Merge(o)
	if got := fmt.Sprint(s.Result()); got != `["##__SPARKLINE__##",3,5,0,7]` {
		t.Error(got)
	}
	make1, err = bind()
	if err != nil {
		t.Fatal(err)
	}
	s = make1()
	for i := range 1000 {
		s.Add([]event.Value{lit(1), lit(1700000000 + i*100)})
	}
	if n := len(s.Result().List()); n < 3 || n > maxSpark+3 {
		t.Errorf("%d buckets", n)
	}
	for _, bad := range [][]event.Value{{event.StringOf("latest")}, {event.StringOf("count"), event.StringOf("x")}, {event.StringOf("nosuch")}} {
		if _, err := bind(bad...); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// TestSumsDoNotDependOnSplits adds the same numbers in many orders and splits; the results must be the same bits.
func TestSumsDoNotDependOnSplits(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	xs := make([]event.Value, 500)
	for i := range xs {
		xs[i] = event.FloatOf(math.Exp(rnd.Float64()*60-30) * float64(1-2*(i%2)))
		if i%3 == 0 {
			xs[i] = event.IntOf(rnd.Int63())
		}
	}
	for _, name := range []string{"sum", "avg", "sumsq", "stdev", "varp"} {
		make1, _ := Aggregate(name).New(testEnv, nil)
		var want event.Value
		for round := range 50 {
			parts := make([]fn.State, 1+round%5)
			for i := range parts {
				parts[i] = make1()
			}
			for _, i := range rnd.Perm(len(xs)) {
				parts[rnd.Intn(len(parts))].Add([]event.Value{xs[i]})
			}
			for _, p := range parts[1:] {
				parts[0].Merge(p)
			}
			if got := parts[0].Result(); round == 0 {
				want = got
			} else if !event.Equal(got, want) {
				t.Fatalf("%s: %v and %v", name, got, want)
			}
		}
	}
}
