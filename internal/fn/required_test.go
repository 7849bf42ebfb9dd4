package fn

import (
	"strings"
	"testing"
)

func TestNumbered(t *testing.T) {
	f := func(s string, want bool) {
		t.Helper()
		if got := Numbered(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	f("", false)
	f(`{"a":"\u0041"}`, true)
	f(`{"a":"\u212a"}`, true)
	f(`{"a":"C:\\users\\u9"}`, false)
	f(`{"a":"C:\\\u0041"}`, true)
	f(`{"a":"b\u`, true)
	f(`<a>&lt;</a>`, false)
	f(" <a>&#65;</a>", true)
	f(`a \u0041`, false)
	f(`<a>\u0041</a>`, false)
	// Wherever it stands to the eight bytes that are looked at at once.
	for n := range 40 {
		f("{"+strings.Repeat("x", n)+`\u00`, true)
		f("{"+strings.Repeat("x", n)+`\u00`+strings.Repeat("y", 20), true)
		f("{"+strings.Repeat("x", n)+`\uu0`+strings.Repeat("u", 20), false)
		f("{"+strings.Repeat(`\`, n)+"u"+strings.Repeat("u", 20), false)
	}
}

func TestASCIIPrefix(t *testing.T) {
	for n := range 100 {
		s := strings.Repeat("x", n)
		if got := ASCIIPrefix(s); got != n {
			t.Errorf("%d of %d", got, n)
		}
		for i := range n {
			if got := ASCIIPrefix(s[:i] + "é" + s[i:]); got != i {
				t.Errorf("%d, want %d", got, i)
			}
		}
	}
}

func BenchmarkNumbered(b *testing.B) {
	line := "{" + strings.Repeat(`"Image":"C:\\Users\\user\\AppData\\Local\\run.exe","User":"u",`, 40) + "}"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if Numbered(line) {
			b.Fatal("nothing is numbered")
		}
	}
}
