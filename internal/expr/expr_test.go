package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var (
	testUpper = &fn.Func{Name: "upper", Min: 1, Max: 1, Row: func(a []event.Value) event.Value {
		return event.StringOf(strings.ToUpper(a[0].Str()))
	}}
	testEq = &fn.Func{Name: "eq", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		return event.BoolOf(event.Equal(a[0], a[1]))
	}}
	testCat = &fn.Func{Name: "cat", Min: 0, Max: -1, Row: func(a []event.Value) event.Value {
		var b strings.Builder
		for _, v := range a {
			b.WriteString(v.Str())
		}
		return event.StringOf(b.String())
	}}
	testIsNull = &fn.Func{Name: "isnull", Min: 1, Max: 1, Null: fn.SeesNull, Row: func(a []event.Value) event.Value {
		return event.BoolOf(a[0].IsNull())
	}}
	testContains = &fn.Func{Name: "contains", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
		return event.BoolOf(strings.Contains(a[0].Str(), a[1].Str()))
	}}
)

func testBatch() *event.Batch {
	d := event.NewDict()
	b := event.NewBatch(4)
	b.Set("s", event.NewDictionary(d, []uint32{d.InternString("a"), d.InternString("b"), event.CodeMissing, d.InternString("a")}))
	b.Set("n", event.NewPlain(event.Int, []uint64{1, 2, 3, 4}, []uint64{0b1011}))
	b.Set("k", event.NewConstant(event.StringOf("x"), 4))
	b.Set("l", event.NewAny([]event.Value{event.ListOf([]event.Value{event.StringOf("a"), event.StringOf("q")}), {}, event.StringOf("a"), event.NullValue}))
	b.Set("lazy", event.NewLazy(4, func(i int) event.Value { return event.StringOf(fmt.Sprint(i)) }))
	return b
}

// TestEval evaluates each expression on the whole batch, on a subset of its rows, and row by row: all must agree.
func TestEval(t *testing.T) {
	b := testBatch()
	f := func(e Expr, want string) {
		t.Helper()
		p, err := Compile(e, &fn.Env{Params: map[string]event.Value{"p": event.StringOf("a")}})
		if err != nil {
			t.Fatalf("%s: %v", Print(e), err)
		}
		c := p.Eval(b)
		var got []string
		for i := range 4 {
			got = append(got, c.Value(i).String())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: got %s, want %s", Print(e), s, want)
		}
		sub := p.root.eval(b, []int32{3, 1})
		if x, y := sub.Value(0).String(), sub.Value(1).String(); x != got[3] || y != got[1] {
			t.Errorf("%s: on rows 3, 1: got %s %s, want %s %s", Print(e), x, y, got[3], got[1])
		}
		for i := range 4 {
			rows := p.Select(b, []int32{int32(i)})
			if (len(rows) == 1) != (got[i] == "true") {
				t.Errorf("%s: selection of row %d disagrees with its value %s", Print(e), i, got[i])
			}
		}
	}
	f(C("s"), `"a" "b" missing "a"`)
	f(C("none"), `missing missing missing missing`)
	f(F(testUpper, C("s")), `"A" "B" null "A"`)
	f(F(testUpper, C("lazy")), `"0" "1" "2" "3"`)
	f(F(testCat, F(testUpper, C("s")), C("k")), `"Ax" "Bx" null "Ax"`)
	f(F(testEq, C("s"), &Param{"p"}), `true false null true`)
	f(F(testIsNull, C("s")), `false false true false`)
	f(&Not{F(testEq, C("s"), Str("a"))}, `false true null false`)
	f(All(F(testEq, C("s"), Str("a")), F(testEq, C("n"), L(event.IntOf(1)))), `true false null false`)
	f(AnyOf(F(testEq, C("s"), Str("a")), F(testIsNull, C("n"))), `true false true true`)
	f(AnyOf(F(testEq, C("s"), Str("a")), L(event.BoolOf(false))), `true false null true`)
	f(&Case{Whens: []When{{F(testEq, C("s"), Str("a")), C("k")}, {F(testIsNull, C("s")), Str("none")}}}, `"x" null "none" "x"`)
	f(&Each{List: C("l"), Var: "x", Body: F(testUpper, C("x"))}, `["A","Q"] null "A" null`)
	f(&Each{List: C("l"), Var: "x", Body: F(testEq, C("x"), C("s")), Filter: true}, `["a"] null null null`)
	f(&Each{List: C("l"), Var: "x", Body: F(testCat, C("x"), C("k"), F(testUpper, C("s")))}, `["axA","qxA"] null null null`)
}

// TestCompileAll evaluates conditions that share parts, in several orders of rows: each must answer as it does alone.
func TestCompileAll(t *testing.T) {
	isA, isX := F(testEq, C("s"), Str("a")), func() Expr { return F(testEq, C("k"), Str("x")) }
	one := L(event.IntOf(1))
	es := []Expr{
		All(isA, isX()), AnyOf(&Not{isA}, isX()), isA, All(isX(), F(testEq, C("n"), one)), AnyOf(F(testEq, C("s"), Str("b")), isA),
		All(AnyOf(F(testEq, C("s"), Str("b")), isA), F(testEq, C("n"), L(event.FloatOf(1)))), &Param{"p"}, All(isX(), &Param{"p"}), &Not{All(isA, isX())}, C("k"),
	}
	env := &fn.Env{Params: map[string]event.Value{"p": event.BoolOf(true)}}
	progs, errs := CompileAll(append(es, &Param{"q"}), env)
	if errs[len(es)] == nil || progs[len(es)] != nil {
		t.Error("a parameter without value compiles")
	}
	for range 2 {
		b := testBatch()
		for _, rows := range [][]int32{{2}, {1, 2}, nil, {3, 0}} {
			for i, e := range es {
				alone, err := Compile(e, env)
				if err != nil || errs[i] != nil {
					t.Fatal(err, errs[i])
				}
				if got, want := fmt.Sprint(progs[i].Select(b, rows)), fmt.Sprint(alone.Select(b, rows)); got != want {
					t.Errorf("%s on rows %v: %s with others, %s alone", Print(e), rows, got, want)
				}
			}
		}
	}
}

func TestColumnsLeaveOutBoundVariables(t *testing.T) {
	e := &Each{List: C("l"), Var: "x", Body: F(testCat, C("x"), C("k"))}
	if got := fmt.Sprint(Columns(e)); got != "[k l]" {
		t.Error(got)
	}
}

// BenchmarkDistinct shows that a predicate over a dictionary column costs what its distinct values cost: rows stay the same,
// the share of distinct values varies.
func BenchmarkDistinct(b *testing.B) {
	const rows = 1 << 16
	for _, permille := range []int{1, 10, 100, 1000} {
		distinct := rows * permille / 1000
		d := event.NewDict()
		codes := make([]uint32, rows)
		for i := range codes {
			codes[i] = d.InternString(fmt.Sprintf(`C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule %d`, rand.IntN(max(distinct, 1))))
		}
		bt := event.NewBatch(rows)
		bt.Set("CommandLine", event.NewDictionary(d, codes))
		e := F(testContains, C("CommandLine"), Str("schtasks"))
		b.Run(fmt.Sprintf("distinct=%d‰", permille), func(b *testing.B) {
			for b.Loop() {
				p, err := Compile(e, nil)
				if err != nil {
					b.Fatal(err)
				}
				p.Select(bt, nil)
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
