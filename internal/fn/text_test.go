package fn

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

func TestFinder(t *testing.T) {
	f := func(text, s string, fold bool, start, end int) {
		t.Helper()
		if a, b := NewFinder(text, fold).Index(s); a != start || b != end {
			t.Errorf("%q in %q: got %d, %d, want %d, %d", text, s, a, b, start, end)
		}
	}
	f("b", "abc", false, 1, 2)
	f("B", "abc", false, -1, -1)
	f("B", "abc", true, 1, 2)
	f("", "abc", true, 0, 0)
	f("", "", true, 0, 0)
	f("x", "", true, -1, -1)
	f("PowerShell", "c:\\powershel\\PoWeRsHeLl.exe", true, 13, 23)
	f("aab", "aaaab", true, 2, 5)
	f("1.2", "11.21.2", true, 1, 4)
	f("ÄB", "xäbÄb", true, 1, 4)
	f("k", "\u212a", true, -1, -1) // only ASCII cases for ASCII text
	f("ſ", "s", true, 0, 1)
	f("\xff", "a\xff", true, 1, 2)
	// against the plain way, over every text of three letters
	alphabet := "aAbB-"
	var words []string
	var grow func(s string, n int)
	grow = func(s string, n int) {
		words = append(words, s)
		if n > 0 {
			for _, c := range alphabet {
				grow(s+string(c), n-1)
			}
		}
	}
	grow("", 4)
	for _, text := range []string{"a", "ab", "b-", "aba", "--"} {
		fd := NewFinder(text, true)
		for _, w := range words {
			if got, _ := fd.Index(w); got != strings.Index(strings.ToLower(w), text) {
				t.Fatalf("%q in %q: got %d", text, w, got)
			}
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"abc", "ABC", true}, {"abc", "ABCD", false}, {"straße", "STRASSE", false}, {"Ä", "ä", true}, {"\u212a", "k", true}, {"", "", true}, {"a", "", false}} {
		if got := EqualFold(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: got %v", c.a, c.b, got)
		}
	}
}

func TestGlob(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := StarGlob(pattern, true).Match(s); got != want {
			t.Errorf("%q on %q: got %v", pattern, s, got)
		}
	}
	f("", "", true)
	f("", "a", false)
	f("*", "", true)
	f("**", "x", true)
	f("a*", "ABC", true)
	f("*c", "ABC", true)
	f("a*c", "abc", true)
	f("a*c", "ac", true)
	f("a*a", "a", false)
	f("*a*b*", "xaxbx", true)
	f("*a*b*", "xbxax", false)
	f("a*bc*bc", "abcbc", true)
	f("a*bc*bc", "abc", false)
	f("*ä", "xÄ", true)
	f("ä*", "ÄX", true)
	f("*a?c*", "xa?cx", true)
	like := func(pattern, s string, escape, want bool) {
		t.Helper()
		if got := LikeGlob(pattern, escape, false).Match(s); got != want {
			t.Errorf("%q like %q: got %v", s, pattern, got)
		}
	}
	like("a%", "abc", false, true)
	like("%b%", "abc", false, true)
	like("_b_", "abc", false, true)
	like("_", "é", false, true)
	like("%_%", "", false, false)
	like("%a_c", "aacabc", false, true)
	like(`a\%`, "a%", true, true)
	like(`a\%`, "ab", true, false)
	like(`a\%`, `a\b`, false, true)
	if s, ok := StarGlob("abc", false).Exact(); !ok || s != "abc" {
		t.Error("Exact")
	}
	if !StarGlob("*", true).All() || StarGlob("a*", true).All() {
		t.Error("All")
	}
	if got := fmt.Sprint(StarGlob("*Ab*cde*", true).Required().Any); got != "[cde]" {
		t.Error(got)
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]string{"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "::1/128": "::1/128", "10.0.0.0": "", "a/8": "", "10.0.0.0/33": "", "/": ""} {
		p, ok := ParseNetwork(s)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q: got %v %v", s, p, ok)
		}
	}
	for s, want := range map[string]string{"10.1.2.3": "10.1.2.3", "::ffff:10.1.2.3": "10.1.2.3", "fe80::1%eth0": "fe80::1", "host": "", "": "", "1": "", "10.1.2": ""} {
		a, ok := ParseAddress(s)
		if ok != (want != "") || ok && a.String() != want {
			t.Errorf("%q: got %v %v", s, a, ok)
		}
	}
}

func TestURLDecode(t *testing.T) {
	for in, want := range map[string]string{"": "", "a%20b": "a b", "%4": "%4", "%zz%41": "%zzA", "a+b": "a+b", "%E4%b8%AD": "中"} {
		if got := URLDecode(in, false); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
	if got := URLDecode("a+b%2B", true); got != "a b+" {
		t.Error(got)
	}
}

func TestParseJSON(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		v, err := ParseJSON(s)
		got := "error"
		if err == nil {
			got = string(event.AppendJSON(nil, v))
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
	f(` {"a" : [1, -2.5e2, true, null, "x\n\u00e9\ud83d\ude00"] , "b":{}} `, `{"a":[1,-250,true,null,"x\né😀"],"b":{}}`)
	f(`{"a":1,"a":2}`, `{"a":1,"a":2}`)
	f(`1.00`, `1`)
	f(`-0`, `0`)
	f(`12345678901234567890`, `12345678901234567000`)
	f(`"\ud800"`, "\"\ufffd\"")
	for _, bad := range []string{``, ` `, `{`, `[1,]`, `{"a":1,}`, `{a:1}`, `01`, `1.`, `.5`, `+1`, `'a'`, `"a`, "\"a\nb\"", `"\x"`, `tru`, `1 2`, `[1}`, `{"a" 1}`, `"\u12"`, `nan`, strings.Repeat("[", 5000)} {
		f(bad, "error")
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add(`{"a":[1,2.5,"\u00e9",null,true]}`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseJSON(s)
		if err != nil {
			return
		}
		text := string(event.AppendJSON(nil, v))
		w, err := ParseJSON(text)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", s, text, err)
		}
		again := string(event.AppendJSON(nil, w))
		if x, err := ParseJSON(again); err != nil || !event.Equal(w, x) {
			t.Errorf("%q printed as %q, then %q", s, text, again)
		}
	})
}

func TestDocumentPaths(t *testing.T) {
	f := func(doc, path, want string) {
		t.Helper()
		d, p := ParseDocument(doc), ParsePath(path)
		got := "nothing"
		if d != nil && p != nil {
			got = fmt.Sprint(d.At(p))
		}
		if got != want {
			t.Errorf("%s at %s: got %s, want %s", doc, path, got, want)
		}
	}
	const j = `{"a":{"b":[{"c":1},{"c":2,"d":[3,4]}]},"x.y":5,"n":null}`
	f(j, "a.b{}.c", `[1 2]`)
	f(j, "a.b{1}.c", `[2]`)
	f(j, "a.b{}.d{}", `[3 4]`)
	f(j, "a.b{1}", `["{\"c\":2,\"d\":[3,4]}"]`)
	f(j, "a.b.c", `[]`)
	f(j, "n", `[]`)
	f(j, "", `nothing`)
	f(j, "a{x}", `nothing`)
	f(`<a i="1"><b>x</b><b k='v'>y<c/></b><!-- n --></a>`, "a.b", `["x" "y<c></c>"]`)
	f(`<a i="1"><b>x</b><b k='v'>y</b></a>`, "a.b{1}", `["x"]`)
	f(`<a i="1"><b>x</b><b k='v'>y</b></a>`, "a.b{@k}", `["v"]`)
	f(`<a i="1"></a>`, "a{@i}", `["1"]`)
	f(`<?xml version="1.0"?><a xmlns="u"><b>&lt;&#65;</b></a>`, "a.b", `["<A"]`)
	f(`<a><b></a>`, "a", `nothing`)
	f(`plain`, "a", `nothing`)
}

func FuzzDocument(f *testing.F) {
	f.Add(`<a i="1"><b>x</b></a>`, "a.b{1}{@k}")
	f.Add(`{"a":[1,{"b":2}]}`, "a{}.b")
	f.Fuzz(func(t *testing.T, doc, path string) {
		d, p := ParseDocument(doc), ParsePath(path)
		if d != nil && p != nil {
			d.At(p)
			p.SetJSON(d.JSON, true, func(event.Value, bool) (event.Value, bool) { return event.IntOf(1), true })
			p.DeleteJSON(d.JSON)
		}
	})
}

func TestExactSum(t *testing.T) {
	var s, o ExactSum
	for range 10 {
		s.Add(0.1)
	}
	if s.Float() != 1 {
		t.Error(s.Float())
	}
	o.Add(1e300)
	o.Add(1)
	s.Merge(&o)
	o = ExactSum{}
	o.Add(-1e300)
	s.Merge(&o)
	if s.Float() != 2 {
		t.Error(s.Float())
	}
	s.Add(math.Inf(1))
	if !math.IsInf(s.Float(), 1) {
		t.Error(s.Float())
	}
	var m Moments
	for _, x := range []float64{1e9 + 1, 1e9 + 2, 1e9 + 3} {
		m.Add(x)
	}
	if m.Variance(true) != 1 || !math.IsNaN(new(Moments).Variance(false)) {
		t.Error(m.Variance(true))
	}
}
