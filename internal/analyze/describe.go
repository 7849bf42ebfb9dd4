package analyze

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

// planTest is what a function that lowering put into a condition tests.
type planTest struct {
	kind    Kind
	exact   bool // case counts
	negated bool
	stars   bool // the literal is a pattern with stars
}

// testKinds are the tests of all languages by the names of their functions in plans.
var testKinds = func() map[string]planTest {
	m := map[string]planTest{
		"search_eq": {kind: Eq, stars: true}, "search_ne": {kind: Eq, stars: true, negated: true}, "search_in": {kind: In, stars: true},
		"search_case_eq": {kind: Eq, stars: true, exact: true}, "search_case_ne": {kind: Eq, stars: true, exact: true, negated: true},
		"search_lt": {kind: Lt}, "search_le": {kind: Le}, "search_gt": {kind: Gt}, "search_ge": {kind: Ge}, "search_exists": {kind: Exists},
		"search_text": {kind: Has}, "search_term": {kind: Has}, "search_case": {kind: Has, exact: true},
		"spl_eq": {kind: Eq, exact: true}, "spl_ne": {kind: Eq, exact: true, negated: true}, "spl_lt": {kind: Lt}, "spl_le": {kind: Le}, "spl_gt": {kind: Gt}, "spl_ge": {kind: Ge},
		"match": {kind: Match, exact: true}, "matches": {kind: Match, exact: true}, "like": {kind: Wildcard, exact: true},
		"between": {kind: Between}, "!between": {kind: Between, negated: true},
		"isnotempty": {kind: Exists}, "isnotnull": {kind: Exists}, "isempty": {kind: Exists, negated: true}, "isnull": {kind: Exists, negated: true},
	}
	for op, t := range kqlTests {
		if _, ok := m[op]; ok {
			continue
		}
		m[op] = planTest{kind: t.kind, exact: !t.fold, negated: op == "!=" || op == "!~"}
		if !strings.HasPrefix(op, "!") && op != "==" && op != "=~" {
			m["!"+op] = planTest{kind: t.kind, exact: !t.fold, negated: true}
		}
	}
	return m
}()

// Describe returns a plan's condition in the words of predicates; what has no such words is printed as it stands.
func Describe(e expr.Expr) string {
	switch e := e.(type) {
	case *expr.Not:
		return "not (" + Describe(e.Arg) + ")"
	case *expr.Logic:
		var parts []string
		for _, a := range e.Args {
			s := Describe(a)
			if _, nested := a.(*expr.Logic); nested {
				s = "(" + s + ")"
			}
			parts = append(parts, s)
		}
		if e.Op == expr.Or {
			return strings.Join(parts, " or ")
		}
		return strings.Join(parts, " and ")
	case *expr.Call:
		if s, ok := describeTest(e); ok {
			return s
		}
	}
	return expr.Print(e)
}

func describeTest(e *expr.Call) (string, bool) {
	t, ok := testKinds[e.Fn.Name]
	if !ok || len(e.Args) == 0 || len(expr.Columns(e.Args[0])) == 0 {
		return "", false
	}
	p := Predicate{Field: expr.Print(e.Args[0]), Kind: t.kind, Negated: t.negated, All: e.Fn.Name == "has_all"}
	if c, ok := e.Args[0].(*expr.Col); ok {
		p.Field = c.Name
	}
	for _, a := range e.Args[1:] {
		l, ok := a.(*expr.Lit)
		switch {
		case !ok:
			p.Values = append(p.Values, Describe(a))
		case l.Value.Kind() == event.List:
			for _, v := range l.Value.List() {
				p.Values = append(p.Values, v.String())
			}
		default:
			p.Values = append(p.Values, l.Value.String())
		}
	}
	if t.stars {
		var parts []string
		for _, q := range starred(p.Field, p.Values, p) {
			parts = append(parts, q.String())
		}
		return strings.Join(parts, " or "), true
	}
	return p.String(), true
}
