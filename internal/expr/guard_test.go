package expr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// testHas is a case-blind search with a guard. It is null for numbers, so that a guard must not be taken for false.
var testHas = &fn.Func{Name: "has", Min: 2, Max: 2, Row: func(a []event.Value) event.Value {
	vals := []event.Value{a[0]}
	if a[0].Kind() == event.List {
		vals = a[0].List()
	}
	for _, v := range vals {
		if v.Kind() == event.Int {
			return event.NullValue
		}
		for i := range v.Str() {
			if n, ok := fn.PrefixFold(v.Str()[i:], a[1].Str()); ok && n > 0 {
				return event.BoolOf(true)
			}
		}
	}
	if len(vals) > 0 && strings.Contains(vals[0].Str(), "null") {
		return event.NullValue
	}
	return event.BoolOf(false)
}, Needs: func(args []fn.Arg) fn.Required {
	if !args[1].Const {
		return fn.Required{}
	}
	return fn.Required{Any: []string{strings.ToLower(args[1].Value.Str())}, Fold: true}
}}

var guardWords = []string{"cmd", "CMD.exe", "powershell", "é", "caf\u00e9 au lait", "whoami", "a", "ks", "net1", "-enc", "\\sys", "tEst"}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		w := guardWords[r.IntN(len(guardWords))]
		switch r.IntN(4) {
		case 0:
			w = strings.ToUpper(w)
		case 1:
			w = strings.NewReplacer("s", "\u017f", "k", "\u212a").Replace(w)
		}
		b.WriteString(w)
		if r.IntN(2) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func randomColumn(r *rand.Rand, n int, d *event.Dict) *event.Column {
	value := func() event.Value {
		switch r.IntN(8) {
		case 0:
			return event.Value{}
		case 1:
			return event.IntOf(int64(r.IntN(3)))
		case 2:
			return event.ListOf([]event.Value{event.StringOf(randomText(r)), event.StringOf(randomText(r))})
		}
		return event.StringOf(randomText(r))
	}
	switch r.IntN(4) {
	case 0:
		return event.NewConstant(value(), n)
	case 1:
		vals := make([]event.Value, n)
		for i := range vals {
			vals[i] = value()
		}
		return event.NewLazy(n, func(i int) event.Value { return vals[i] })
	case 2:
		vals := make([]event.Value, n)
		for i := range vals {
			vals[i] = value()
		}
		return event.NewAny(vals)
	}
	codes := make([]uint32, n)
	for i := range codes {
		if code, ok := d.Intern(value()); ok {
			codes[i] = code
		}
	}
	return event.NewDictionary(d, codes)
}

func randomCondition(r *rand.Rand, depth int) Expr {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return &Not{randomCondition(r, depth-1)}
		case 1:
			return All(randomCondition(r, depth-1), randomCondition(r, depth-1))
		case 2:
			return AnyOf(randomCondition(r, depth-1), randomCondition(r, depth-1), randomCondition(r, depth-1))
		}
	}
	col := Expr(C([]string{"a", "b", "none"}[r.IntN(3)]))
	switch r.IntN(4) {
	case 0:
		return F(testIsNull, col)
	case 1:
		return F(testEq, C("a"), C("b"))
	case 2:
		col = F(testUpper, col)
	}
	return F(testHas, col, Str(guardWords[r.IntN(len(guardWords))]))
}

// TestGuards demands that conditions behind guards, compiled together, select what each selects alone.
func TestGuards(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		var es []Expr
		for range 1 + r.IntN(8) {
			es = append(es, randomCondition(r, 3))
		}
		progs, errs := CompileAll(es, nil)
		dicts := []*event.Dict{event.NewDict(), event.NewDict()}
		for range 3 {
			n := r.IntN(40)
			b := event.NewBatch(n)
			for i, name := range []string{"a", "b"} {
				if r.IntN(5) > 0 {
					b.Set(name, randomColumn(r, n, dicts[i]))
				}
			}
			var rows []int32
			if r.IntN(2) == 0 {
				rows = []int32{}
				for i := range n {
					if r.IntN(3) == 0 {
						rows = append(rows, int32(i))
					}
				}
				if r.IntN(2) == 0 {
					slices.Reverse(rows)
				}
			}
			for i, e := range es {
				alone, err := Compile(e, nil)
				if err != nil || errs[i] != nil {
					t.Fatal(err, errs[i])
				}
				if got, want := fmt.Sprint(progs[i].Select(b, rows)), fmt.Sprint(alone.Select(b, rows)); got != want {
					t.Fatalf("seed %d: %s on rows %v: %s with others, %s alone", seed, Print(e), rows, got, want)
				}
			}
		}
	}
}

func TestLiteralSet(t *testing.T) {
	f := func(texts, v, want string) {
		t.Helper()
		s := newLiteralSet(literalsOf(fn.Required{Any: strings.Split(texts, ",")}))
		found := map[int]bool{}
		s.scan(v, func(i int) { found[i] = true })
		var got []string
		for i, text := range s.texts {
			if found[i] {
				got = append(got, text.text)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s in %q: got %v", texts, v, got)
		}
	}
	f("cmd,cmd.exe,powershell,ps", `C:\CMD.exe /c PowerShell`, "cmd,cmd.exe,powershell")
	f("cmd,cmd.exe,powershell,we,xe", `C:\CMD.exe /c PowerShell`, "cmd,cmd.exe,powershell,we,xe")
	f("abcd,bcde,bc", "abcde", "abcd,bcde,bc")
	f("abcd", "abc", "")
	f("abcd,ab", "", "")
	f("ab", "b", "")
	f("abab", "abababa", "abab")
}

func TestSearchable(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := searchable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	f("CMD", "cmd")
	f("a", "")
	f("é", "")
	f("xéabcé12", "abc")
}
