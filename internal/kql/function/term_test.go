package function

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/harrier-detect/harrier/internal/fn"
)

func TestTerms(t *testing.T) {
	f := func(s, needle string, edges termEdges, want bool) {
		t.Helper()
		if got := newTermFinder(needle, true, edges).in(s); got != want {
			t.Errorf("%q in %q: %v", needle, s, got)
		}
	}
	f("North America", "america", bothEdges, true)
	f("North America", "amer", bothEdges, false)
	f("North America", "amer", leftEdge, true)
	f("North America", "rica", rightEdge, true)
	f("x\\cmd.exe /c", "cmd.exe", bothEdges, true)
	f("x\\mycmd.exe /c", "cmd.exe", bothEdges, false)
	f("mycmd.exe", ".exe", bothEdges, true)
	f("mycmd.exes", ".exe", bothEdges, false)
	f("a_b", "a", bothEdges, true)
	f("cmdcmd cmd", "cmd", bothEdges, true)
	f("Straße 7", "straße", bothEdges, true)
	f("Straßen", "straße", bothEdges, false)
	f("éa", "a", bothEdges, false)
	f("anything", "", bothEdges, true)
	f("", "x", bothEdges, false)
}

// naiveHas is what "has" means, said slowly.
func naiveHas(s, needle string) bool {
	rs, rn := []rune(s), []rune(needle)
	for i := 0; i+len(rn) <= len(rs); i++ {
		if !fn.EqualFold(string(rs[i:i+len(rn)]), needle) {
			continue
		}
		alnum := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
		if len(rn) > 0 && (alnum(rn[0]) && i > 0 && alnum(rs[i-1]) || alnum(rn[len(rn)-1]) && i+len(rn) < len(rs) && alnum(rs[i+len(rn)])) {
			continue
		}
		return true
	}
	return false
}

// TestTermSets compares the table of many needles with looking for each of them.
func TestTermSets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		const letters = "abAB.- é/"
		var b strings.Builder
		for range 1 + r.IntN(5) {
			b.WriteRune([]rune(letters)[r.IntN(9)])
		}
		return b.String()
	}
	for range 20_000 {
		var needles []string
		for range 1 + r.IntN(10) {
			needles = append(needles, strings.ReplaceAll(word(), "é", "c"))
		}
		s := word() + word() + word()
		any, all := false, true
		for _, n := range needles {
			has := naiveHas(s, n)
			any, all = any || has, all && has
		}
		if got := newTermSet(needles, false)(s); got != any {
			t.Fatalf("%q has_any %q: %v", s, needles, got)
		}
		if got := newTermSet(needles, true)(s); got != all {
			t.Fatalf("%q has_all %q: %v", s, needles, got)
		}
	}
}
