package expr

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/fn"
)

func TestLiteralSetRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abcAB.\\ e"[r.IntN(9)]
		}
		return string(b)
	}
	for round := range 100 {
		var texts []string
		for range r.IntN([]int{40, 400}[round%2]) {
			if w := strings.ToLower(word(2 + round%10 + r.IntN(8))); !slices.Contains(texts, w) {
				texts = append(texts, w)
			}
		}
		words := round%3 == 0
		s := newLiteralSet(literalsOf(fn.Required{Any: texts, Words: words}))
		if s.counts != nil {
			s.counts.due = 200 // so that the texts are sorted again
		}
		for range 100 {
			v := word(r.IntN(60))
			if len(texts) > 0 && r.IntN(2) == 0 { // long ones hardly ever occur by themselves
				v += strings.ToUpper(texts[r.IntN(len(texts))]) + word(r.IntN(9))
			}
			var got, want []string
			s.scan(v, func(i int) { got = append(got, texts[i]) })
			for _, x := range texts {
				if words && len(x) < minFar && isWord(v, x) || (!words || len(x) >= minFar || !strings.ContainsAny(x, "abcde")) && strings.Contains(strings.ToLower(v), x) {
					want = append(want, x)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%q in %q: %q, want %q", texts, v, got, want)
			}
		}
	}
}

// isWord reports whether the longest word of x, and x around it, stands in v as a word.
func isWord(v, x string) bool {
	v = strings.ToLower(v)
	var t wordTable
	if !t.add(x, 0) {
		return false
	}
	for key, items := range t.by {
		at, n := int(items[0].at), int(key>>56)
		for i := 0; i+len(x) <= len(v); i++ {
			from, to := i+at, i+at+n
			if v[i:i+len(x)] == x && (from == 0 || !wordByte[v[from-1]]) && (to == len(v) || !wordByte[v[to]]) {
				return true
			}
		}
	}
	return false
}

func TestWordsBehindEscapes(t *testing.T) {
	s := newLiteralSet([]literal{{"tar", true}, {"-x", true}})
	for v, want := range map[string]int{"tar -x": 2, "start": 0, "a%20tar%20-x": 2, "%2520TAR": 1, "20tar": 0, "xtar%": 0, "tar": 1, "é-xé": 1} {
		n := 0
		s.scan(v, func(int) { n++ })
		if n != want {
			t.Errorf("%q: %d, want %d", v, n, want)
		}
	}
}
