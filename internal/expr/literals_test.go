package expr

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
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
		s := newLiteralSet(texts)
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
				if strings.Contains(strings.ToLower(v), x) {
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
