package event

import (
	"fmt"
	"slices"
	"testing"
)

func TestAppendKeyIsEquality(t *testing.T) {
	vals := []Value{{}, NullValue, BoolOf(true), BoolOf(false), IntOf(1), FloatOf(1), FloatOf(1.5), StringOf(""), StringOf("1"),
		TicksOf(1), DurationOf(1), ListOf(nil), ListOf([]Value{IntOf(1)}), ListOf([]Value{StringOf("1")}),
		ObjectOf(Bag{{"a", IntOf(1)}}), ObjectOf(Bag{{"a", NullValue}})}
	for _, a := range vals {
		for _, b := range vals {
			if got, want := string(AppendKey(nil, a)) == string(AppendKey(nil, b)), Equal(a, b); got != want {
				t.Errorf("keys of %v and %v equal: %v, values equal: %v", a, b, got, want)
			}
		}
	}
}

func TestAppendDuration(t *testing.T) {
	f := func(ticks int64, want string) {
		t.Helper()
		if got := string(AppendDuration(nil, ticks)); got != want {
			t.Errorf("%d ticks: got %s, want %s", ticks, got, want)
		}
	}
	f(0, "00:00:00")
	f(1, "00:00:00.0000001")
	f(-36_000_000_000, "-01:00:00")
	f(864_000_000_000+61*TicksPerSecond, "1.00:01:01")
	f(-1<<63, "-10675199.02:48:05.4775808")
}

// TestBuilder feeds records in which fields come and go and change their kind, at several batch sizes, and reads them back.
func TestBuilder(t *testing.T) {
	for _, rows := range []int{1, 2, 7, 1024} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			var cs Classes
			a, b := cs.Intern(Class{Shape: "a"}), cs.Intern(Class{Shape: "b"})
			if a != cs.Intern(Class{Shape: "a"}) {
				t.Fatal("classes are not interned")
			}
			got := map[Origin]map[string]Value{}
			bld := NewBuilder(NewDicts(0), rows, func(n string) bool { return n != "no" && n != RawField }, func(bt *Batch) error {
				for i := range bt.Len() {
					m := map[string]Value{}
					for j, n := range bt.Names() {
						if v := bt.ColumnAt(j).Value(i); !v.IsMissing() {
							m[n] = v
						}
					}
					got[bt.Lineage.Of(i)[0]] = m
				}
				return nil
			})
			want := map[Origin]map[string]Value{}
			for i := range 100 {
				o := Origin{0, uint64(i)}
				m := map[string]Value{}
				add := func(n string, v Value) {
					bld.Add(bld.Field(n), v)
					m[n] = v
				}
				add("s", StringOf(fmt.Sprint(i%3)))
				add("i", IntOf(int64(i)))
				if i%5 == 0 {
					add("i", StringOf("text"))
				}
				if i%4 == 0 {
					add("sparse", FloatOf(0.5))
				}
				if i%7 == 0 {
					add("l", ListOf([]Value{IntOf(1)}))
				} else if i%7 == 1 {
					add("l", NullValue)
				}
				bld.Add(bld.Field("no"), IntOf(1))
				want[o] = m
				c := a
				if i%2 == 0 {
					c = b
				}
				if err := bld.End(c, o); err != nil {
					t.Fatal(err)
				}
			}
			if err := bld.Flush(); err != nil {
				t.Fatal(err)
			}
			for o, m := range want {
				if len(m) != len(got[o]) {
					t.Errorf("%v: got %v, want %v", o, got[o], m)
				}
				for n, v := range m {
					if !Equal(v, got[o][n]) {
						t.Errorf("%v.%s: got %v, want %v", o, n, got[o][n], v)
					}
				}
			}
		})
	}
}

func TestMergeOrigins(t *testing.T) {
	a := MergeOrigins(nil, []Origin{{0, 5}})
	a = MergeOrigins(a, []Origin{{0, 1}, {1, 1}, {0, 5}})
	if fmt.Sprint(a) != "[{0 1} {0 5} {1 1}]" {
		t.Error(a)
	}
}

func TestConcatLazy(t *testing.T) {
	made := 0
	lazy := func(s string, n int) *Column {
		return NewLazy(n, func(i int) Value { made++; return StringOf(fmt.Sprint(s, i)) })
	}
	c := Concat([]*Column{lazy("a", 2), NewAny(nil), lazy("b", 1), NewConstant(Value{}, 2)})
	if made != 0 {
		t.Error("values were made")
	}
	if got := fmt.Sprint(c.Values(nil)); got != `["a0" "a1" "b0" missing missing]` || c.Len() != 5 {
		t.Error(got)
	}
}

type rendered struct{}

func (rendered) Render(key uint64) string { return "made" }

// TestRawTextOfMixedRecords shows that a record that brings its own text does not take that of its neighbours away.
func TestRawTextOfMixedRecords(t *testing.T) {
	var got []string
	b := NewBuilder(NewDicts(0), 10, nil, func(b *Batch) error {
		for i := range b.Len() {
			got = append(got, b.Column(RawField).Value(i).Str())
		}
		return nil
	})
	class := &Class{Shape: "generic"}
	for _, own := range []bool{false, true, false} {
		if own {
			b.AddString(b.Field(RawField), "own")
		}
		b.Raw(rendered{}, 0)
		if err := b.End(class, Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"made", "own", "made"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDetach(t *testing.T) {
	made := 0
	c := NewLazy(4, func(i int) Value { made++; return IntOf(int64(i)) })
	d := c.Gather([]int32{1, 3}).Detach()
	if made != 2 || d.Encoding() != Lazy || d.Value(0).Int() != 1 || d.Value(1).Int() != 3 {
		t.Errorf("%d made: %v, %v", made, d.Value(0), d.Value(1))
	}
	if e := d.Gather([]int32{1}); e.Detach() != e || e.Value(0).Int() != 3 || made != 2 {
		t.Errorf("a detached column is made again")
	}
	b := NewBatch(4)
	b.Set("a", NewConstant(NullValue, 4))
	if b.Detach() != b {
		t.Error("a batch without lazy columns is copied")
	}
	b.Set("b", c)
	if b.Detach() == b || b.Column("b") != c || b.Detach().Value("b", 2).Int() != 2 {
		t.Error("a batch has to be left alone")
	}
}
