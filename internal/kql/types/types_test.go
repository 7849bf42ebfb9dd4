package types

import "testing"

func TestCommon(t *testing.T) {
	f := func(want Type, ok bool, ts ...Type) {
		t.Helper()
		if got, gotOK := Common(ts, true); got != want || gotOK != ok {
			t.Errorf("%v: got %v, %v", ts, got, gotOK)
		}
	}
	f(Long, true, Int, Long)
	f(Decimal, true, Real, Decimal, Int)
	f(String, true, Unknown, String)
	f(Dynamic, true, String, Dynamic)
	f(Unknown, false, String, Int)
	f(Unknown, true)
}

func TestNames(t *testing.T) {
	for ty := Bool; ty <= Dynamic; ty++ {
		if got, ok := Parse(ty.String()); !ok || got != ty {
			t.Errorf("%v does not come back: %v", ty, got)
		}
	}
}
