package fn

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxRequired      = 64 // texts in a set
	maxRequiredClass = 8  // characters that a class may have to count as alternatives
)

// need is what is known of a sub-pattern: the exact texts it matches, or texts of which each match contains one.
type need struct {
	exact []string // nil: not known
	any   []string // nil: nothing
}

// requiredTexts returns texts of which at least one is in everything that the pattern matches. only says that the
// pattern is found exactly where one of them is.
func requiredTexts(pattern string) (req Required, only bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return Required{}, false
	}
	fold := hasFold(re)
	a := &needs{fold: fold}
	n := a.of(re, 0)
	set := n.any
	if n.exact != nil {
		set = n.exact
		only = !a.anchored && (!fold || a.allFold)
	}
	if len(set) == 0 || shortest(set) == 0 {
		return Required{}, false
	}
	return Required{Any: set, Fold: fold}, only
}

type needs struct {
	fold     bool
	allFold  bool // every literal ignores case
	anchored bool // an anchor or boundary was passed over
}

func hasFold(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 {
		return true
	}
	return slices.ContainsFunc(re.Sub, hasFold)
}

func (a *needs) of(re *syntax.Regexp, depth int) need {
	if depth == 0 {
		a.allFold = true
	}
	if depth > 200 {
		return need{}
	}
	switch re.Op {
	case syntax.OpLiteral:
		s := string(re.Rune)
		if re.Flags&syntax.FoldCase == 0 && strings.ToLower(s) != strings.ToUpper(s) {
			a.allFold = false
		}
		return need{exact: []string{a.text(s)}}
	case syntax.OpCharClass:
		var out []string
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if len(out) > 2*maxRequiredClass || r == utf8.RuneError {
					return need{}
				}
				if s := a.text(string(r)); !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
		}
		if len(out) == 0 || len(out) > maxRequiredClass {
			return need{}
		}
		a.allFold = false // [Aa] under fold would be widened; the texts stay a necessary condition
		return need{exact: out}
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		a.anchored = true
		return need{exact: []string{""}}
	case syntax.OpEmptyMatch:
		return need{exact: []string{""}}
	case syntax.OpCapture:
		return a.of(re.Sub[0], depth+1)
	case syntax.OpPlus:
		return inexact(a.of(re.Sub[0], depth+1))
	case syntax.OpQuest:
		n := a.of(re.Sub[0], depth+1)
		if n.exact != nil && len(n.exact) < maxRequired {
			return need{exact: union(n.exact, []string{""})}
		}
		return need{}
	case syntax.OpRepeat:
		n := a.of(re.Sub[0], depth+1)
		if re.Min == 0 {
			return need{}
		}
		if re.Min == re.Max && n.exact != nil && re.Min <= 8 {
			parts := make([]need, re.Min)
			for i := range parts {
				parts[i] = n
			}
			return concat(parts)
		}
		return inexact(n)
	case syntax.OpConcat:
		parts := make([]need, len(re.Sub))
		for i, s := range re.Sub {
			parts[i] = a.of(s, depth+1)
		}
		return concat(parts)
	case syntax.OpAlternate:
		exact, all := []string{}, []string{}
		for _, s := range re.Sub {
			n := a.of(s, depth+1)
			if exact != nil && n.exact != nil {
				exact = union(exact, n.exact)
			} else {
				exact = nil
			}
			one := inexact(n).any
			if one == nil || all == nil {
				all = nil
			} else {
				all = union(all, one)
			}
			if len(exact) > maxRequired {
				exact = nil
			}
			if len(all) > maxRequired {
				all = nil
			}
		}
		if exact != nil {
			return need{exact: exact}
		}
		return need{any: all}
	}
	return need{}
}

func (a *needs) text(s string) string {
	if a.fold {
		return strings.ToLower(s)
	}
	return s
}

func inexact(n need) need {
	if n.exact != nil {
		n = need{any: n.exact}
	}
	if len(n.any) == 0 || shortest(n.any) == 0 {
		return need{}
	}
	return n
}

// concat joins what is known of neighbours: runs of exact ones are multiplied out, and the best run is kept.
func concat(parts []need) need {
	var best []string
	run, pure := []string{""}, true
	flush := func() {
		if better(run, best) {
			best = run
		}
		run = []string{""}
	}
	for _, p := range parts {
		if p.exact == nil {
			pure = false
			flush()
			if better(p.any, best) {
				best = p.any
			}
			continue
		}
		if len(run)*len(p.exact) > maxRequired {
			pure = false
			flush()
			if len(p.exact) > maxRequired {
				continue
			}
		}
		next := make([]string, 0, len(run)*len(p.exact))
		for _, x := range run {
			for _, y := range p.exact {
				next = append(next, x+y)
			}
		}
		run = next
	}
	if pure {
		return need{exact: run}
	}
	flush()
	return need{any: best}
}

// better reports whether set a is the sharper test: longer texts first, then fewer of them.
func better(a, b []string) bool {
	la, lb := shortest(a), shortest(b)
	if la == 0 {
		return false
	}
	// Three characters are sharp enough: from there on a small set counts for more.
	if la, lb = min(la, 3), min(lb, 3); la != lb {
		return la > lb
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return shortest(a) > shortest(b)
}

func shortest(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set[1:] {
		n = min(n, len(s))
	}
	return n
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
