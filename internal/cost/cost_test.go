package cost

import (
	"testing"
	"time"
)

func TestProfile(t *testing.T) {
	var none *Profile
	m := none.Meter(Atom, "a")
	m.Stop(m.Start(), 3) // measures nothing

	p := &Profile{}
	a, b := p.Meter(Atom, "a"), p.Meter(Atom, "b")
	if p.Meter(Atom, "a") != a || p.Meter(View, "a") == a {
		t.Error("a meter is known by its kind and name")
	}
	a.Stop(time.Now().Add(-time.Second), 2)
	b.Stop(time.Now().Add(-time.Minute), 5)
	b.Stop(b.Start(), 1)
	p.Meter(Atom, "idle")
	got := p.Dearest(Atom)
	if len(got) != 2 || got[0] != b || got[1] != a || b.Rows() != 6 || b.Times() != 2 || a.Time() < time.Second {
		t.Error(got)
	}
}
