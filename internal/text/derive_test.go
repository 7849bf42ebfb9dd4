package text

import "testing"

func TestDerive(t *testing.T) {
	src := NewSource("rule.spl", "a=1 `m` b=2\n| x")
	//                            0   4   8
	d := src.Derive("a=1 (long macro body) b=2\n| x", []Piece{{At: 0}, {At: 4, From: 4, Whole: 3}, {At: 21, From: 7}})
	twice := d.Derive("b=2 | x", []Piece{{At: 0, From: 22}})
	for _, c := range []struct {
		src  *Source
		span Span
		line int
		col  int
		want string
	}{
		{d, Span{0, 3}, 1, 1, "a=1"},
		{d, Span{5, 9}, 1, 5, "`m`"},
		{d, Span{2, 9}, 1, 3, "1 `m`"},
		{d, Span{22, 25}, 1, 9, "b=2"},
		{d, Span{28, 29}, 2, 3, "x"},
		{d, Span{29, 29}, 2, 4, ""},
		{twice, Span{0, 3}, 1, 9, "b=2"},
	} {
		if p := c.src.Position(c.span.Start); p.Line != c.line || p.Column != c.col {
			t.Errorf("%v: position %v, want %d:%d", c.span, p, c.line, c.col)
		}
		at, span := c.src, c.span
		for at.origin != nil {
			at, span = at.Origin(span)
		}
		if got := span.Of(at.Text); got != c.want {
			t.Errorf("%v stands for %q, want %q", c.span, got, c.want)
		}
	}
	got := Errorf("SPL1001", d, Span{6, 8}, "bad").Excerpt()
	if want := "a=1 `m` b=2\n    ^~~"; got != want {
		t.Errorf("excerpt %q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	among := []string{"stats", "eventstats", "sort", "table", "where"}
	for name, want := range map[string]string{"stat": "stats", "Tabel": "table", "frobnicate": "", "were": "where"} {
		got := ""
		if n := Nearest(name, among); len(n) > 0 {
			got = n[0]
		}
		if got != want {
			t.Errorf("nearest to %s is %q, want %q", name, got, want)
		}
	}
}
