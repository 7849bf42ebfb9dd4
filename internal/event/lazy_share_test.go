package event

import "testing"

// TestLazyRowsAreMadeOnce: what is made of a row in one selection of rows is there in the others, and a look makes nothing.
func TestLazyRowsAreMadeOnce(t *testing.T) {
	made := 0
	c := NewLazyPeek(4, func(row int) Value { made++; return IntOf(int64(row)) }, func(row int) (Value, bool) { return IntOf(int64(row)), row > 0 })
	a, b := c.Gather([]int32{1, 3}), c.Gather([]int32{3, 0})
	if a.Value(1).Int() != 3 || b.Value(0).Int() != 3 || c.Value(3).Int() != 3 || made != 1 {
		t.Errorf("row 3 was made %d times", made)
	}
	if a.Peek(0).Int() != 1 || made != 1 {
		t.Error("a look made a value")
	}
	if b.Peek(1).Int() != 0 || made != 2 {
		t.Error("what cannot be looked at is made")
	}
	if both := Concat([]*Column{a, b}); both.Peek(0).Int() != 1 || both.Value(3).Int() != 0 || made != 2 {
		t.Error("joined columns look into their parts")
	}
}
