package expr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// TestDispatch holds what is evaluated together, and only where it is possible, against each condition evaluated alone.
func TestDispatch(t *testing.T) {
	for _, rows := range []int{1, 7, 1024} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, uint64(rows)))
			left, all := 0, 0
			for range 20 {
				var es []Expr
				for range 1 + r.IntN(30) {
					es = append(es, randomCondition(r, 3))
				}
				progs, errs := CompileAll(es, nil)
				alone := make([]*Program, len(es))
				for i, e := range es {
					if errs[i] != nil {
						t.Fatal(errs[i])
					}
					alone[i], _ = Compile(e, nil)
				}
				d, dict := NewDispatch(progs), event.NewDict()
				for range 20 {
					b := event.NewBatch(rows)
					for _, name := range []string{"a", "b"} {
						if r.IntN(5) > 0 {
							c := randomColumn(r, rows, dict)
							if r.IntN(2) == 0 {
								c = event.NewConstant(event.StringOf(guardWords[r.IntN(3)]), rows)
							}
							b.Set(name, c)
						}
					}
					possible := slices.Clone(d.Possible(b))
					left, all = left+len(possible), all+len(es)
					for i := range es {
						want := alone[i].Select(b, nil)
						var got []int32
						if slices.Contains(possible, int32(i)) {
							got = progs[i].Select(b, nil)
						}
						if !slices.Equal(got, want) {
							t.Fatalf("%s: rows %v, want %v", Print(es[i]), got, want)
						}
					}
				}
			}
			if left == all {
				t.Error("nothing was ever ruled out")
			}
		})
	}
}

// TestDispatchForgets feeds columns whose constants never repeat.
func TestDispatchForgets(t *testing.T) {
	progs, _ := CompileAll([]Expr{F(testHas, C("a"), Str("cmd")), F(testHas, C("b"), Str("cmd"))}, nil)
	d := NewDispatch(progs)
	for i := range 10 * maxDispatchValues {
		b := event.NewBatch(1)
		b.Set("a", event.NewConstant(event.StringOf(fmt.Sprint("cmd", i)), 1))
		b.Set("b", event.NewConstant(event.StringOf([]string{"cmd", "sh"}[i%2]), 1))
		want := []int32{0, 1}[:2-i%2]
		if got := d.Possible(b); !slices.Equal(got, want) {
			t.Fatalf("%d: %v", i, got)
		}
	}
	if len(d.cols) != 1 || len(d.known) > 4 {
		t.Errorf("%d columns, %d keys", len(d.cols), len(d.known))
	}
}

// BenchmarkDispatch asks 2,000 rules about batches of classes, of which each concerns a few.
func BenchmarkDispatch(b *testing.B) {
	var es []Expr
	for i := range 2000 {
		es = append(es, All(F(testEq, C("EventCode"), Str(fmt.Sprint(i%50))), F(testHas, C("a"), Str(fmt.Sprint("word", i)))))
	}
	progs, _ := CompileAll(es, nil)
	var batches []*event.Batch
	for i := range 50 {
		x := event.NewBatch(100)
		x.Set("EventCode", event.NewConstant(event.StringOf(fmt.Sprint(i)), 100))
		x.Set("a", event.NewLazy(100, func(int) event.Value { return event.StringOf("some text with word7 in it") }))
		batches = append(batches, x)
	}
	b.Run("all", func(b *testing.B) {
		for i := range b.N {
			for _, p := range progs {
				p.Select(batches[i%50], nil)
			}
		}
	})
	d := NewDispatch(progs)
	b.Run("possible", func(b *testing.B) {
		for i := range b.N {
			for _, j := range d.Possible(batches[i%50]) {
				progs[j].Select(batches[i%50], nil)
			}
		}
	})
}
