package event

import (
	"fmt"
	"runtime"
	"testing"
	"weak"
)

// TestGenerations demands that dictionaries stay near their bound, that old codes go on to mean what they did, and that an old
// generation goes with the last batch of it, whatever is remembered of it.
func TestGenerations(t *testing.T) {
	ds := NewDicts(100_000)
	small := ds.For("small")
	code := small.InternString("kept")
	first := ds.For("big")
	owner := new(int)
	for i := range 10_000 {
		d := ds.For("big")
		c := d.InternString(fmt.Sprintf("value number %d", i))
		m := Memo[map[uint32]bool](d, owner)
		if *m == nil {
			*m = map[uint32]bool{}
		}
		(*m)[c] = true
		if i == 0 && d != first {
			t.Fatal("a new generation without need")
		}
		if got := d.Value(c).Str(); got != fmt.Sprintf("value number %d", i) {
			t.Fatalf("code %d is %q", c, got)
		}
		if n := ds.Bytes(); n > 110_000 {
			t.Fatalf("%d bytes are held after %d values", n, i)
		}
	}
	if ds.Turns() == 0 || !first.Retired() || ds.For("big") == first {
		t.Error("the bound was never reached")
	}
	if small.Retired() || ds.For("small") != small || small.Value(code).Str() != "kept" {
		t.Error("the small dictionary has lost its generation")
	}
	if first.Value(2).Str() != "value number 0" {
		t.Error("an old code has lost its meaning")
	}
	old := weak.Make(first)
	first = nil
	runtime.GC()
	if old.Value() != nil {
		t.Error("something keeps an old generation alive")
	}
}

// TestDerivedIsCharged demands that what is made of a dictionary counts as its memory, for as long as it is current.
func TestDerivedIsCharged(t *testing.T) {
	ds := NewDicts(1 << 20)
	d := ds.For("f")
	before := ds.Bytes()
	out := d.Derive()
	for i := range uint32(1000) {
		out.Set(i, StringOf("some image of a value"))
	}
	if ds.Bytes() < before+20_000 {
		t.Errorf("%d bytes before, %d after", before, ds.Bytes())
	}
	ds.Turn()
	if ds.Bytes() != 0 || !out.Retired() {
		t.Errorf("%d bytes are left", ds.Bytes())
	}
	out.Set(1000, StringOf("more"))
	if ds.Bytes() != 0 {
		t.Error("a retired dictionary is charged")
	}
}
