package analyze

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	sigma "github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// planTest is what a function that lowering put into a condition tests.
type planTest struct {
	kind    Kind
	exact   bool // case counts
	negated bool
	stars   bool // the literal is a pattern with stars
	sigma   bool // the literal is a pattern of Sigma's, with escapes
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
		"sigma_like": {kind: Wildcard, sigma: true}, "sigma_like_cased": {kind: Wildcard, sigma: true, exact: true}, "sigma_in": {kind: In}, "sigma_number": {kind: Eq},
		"sigma_re": {kind: Match, exact: true}, "sigma_cidr": {kind: CIDR}, "sigma_null": {kind: Exists, negated: true}, "sigma_exists": {kind: Exists},
		"sigma_lt": {kind: Lt}, "sigma_lte": {kind: Le}, "sigma_gt": {kind: Gt}, "sigma_gte": {kind: Ge},
		"sigma_keyword": {kind: Contains}, "sigma_keyword_cased": {kind: Contains, exact: true}, "sigma_keyword_re": {kind: Match, exact: true},
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
	case nil:
		return "null"
	case *expr.Col:
		return e.Name
	case *expr.Lit:
		return ValueText(e.Value)
	case *expr.Not:
		if _, simple := e.Arg.(*expr.Call); simple {
			return "not " + Describe(e.Arg)
		}
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
		if preds, ok := testOf(e); ok {
			var parts []string
			for _, p := range preds {
				parts = append(parts, p.String())
			}
			return strings.Join(parts, " or ")
		}
		return describeCall(e)
	}
	return expr.Print(e)
}

// describeCall prints a call without what lowering needs for itself, operators between their operands.
func describeCall(e *expr.Call) string {
	name, _, _ := strings.Cut(e.Fn.Name, "@")
	var args []string
	for _, a := range e.Args {
		if c, ok := a.(*expr.Col); ok && hidden(c.Name) {
			continue
		}
		args = append(args, Describe(a))
	}
	if len(args) == 2 && strings.IndexFunc(name, unicode.IsLetter) < 0 {
		return args[0] + " " + name + " " + args[1]
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// ValueText returns a value as a reader of a log would write it: text without quotes.
func ValueText(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Duration, event.Time:
		return strings.Trim(v.String(), `"`)
	}
	return v.String()
}

// testOf reads a call that tests a column. Several predicates are alternatives.
func testOf(e *expr.Call) ([]Predicate, bool) {
	t, ok := testKinds[e.Fn.Name]
	if !ok || len(e.Args) == 0 || len(expr.Columns(e.Args[0])) == 0 {
		return nil, false
	}
	p := Predicate{Field: Describe(e.Args[0]), Kind: t.kind, Negated: t.negated, All: e.Fn.Name == "has_all", Case: t.exact, Values: []string{}}
	for _, a := range e.Args[1:] {
		l, ok := a.(*expr.Lit)
		if ok && l.Value.Kind() == event.List {
			for _, v := range l.Value.List() {
				p.Values = append(p.Values, ValueText(v))
			}
			continue
		}
		p.Values = append(p.Values, Describe(a))
	}
	switch {
	case t.stars:
		return starred(p.Field, p.Values, p), true
	case t.sigma && len(p.Values) == 1:
		p.Kind, p.Values[0] = sigmaKind(p.Values[0])
	}
	return []Predicate{p}, true
}

// sigmaKind tells what a pattern of Sigma's tests for.
func sigmaKind(s string) (Kind, string) {
	pattern := sigma.ParsePattern(s)
	if plain, ok := pattern.Plain(); ok {
		return Eq, plain
	}
	head, tail := pattern[0].Wild == '*', pattern[len(pattern)-1].Wild == '*'
	core := pattern
	if head {
		core = core[1:]
	}
	if tail && len(core) > 0 {
		core = core[:len(core)-1]
	}
	plain, ok := core.Plain()
	switch {
	case !ok:
		return Wildcard, s
	case plain == "":
		return Exists, ""
	case head && tail:
		return Contains, plain
	case head:
		return EndsWith, plain
	}
	return StartsWith, plain
}

// FromPlan analyses a plan: what a language has that has no analysis of its own syntax. Its stages are the nodes, leaves first.
func FromPlan(n plan.Node) *Query {
	q := &Query{}
	var walk func(n plan.Node, within string, s scope)
	walk = func(n plan.Node, within string, s scope) {
		switch x := n.(type) {
		case *plan.Let:
			for i, b := range x.Bindings {
				walk(b.Plan, "let "+b.Name, append(s[:len(s):len(s)], &plan.Let{Bindings: x.Bindings[:i]}))
			}
			walk(x.Body, within, append(s[:len(s):len(s)], x))
			return
		}
		for i, in := range n.Inputs() {
			inside := within
			if i > 0 || len(n.Inputs()) > 1 {
				inside, _, _ = strings.Cut(n.Head(), " ")
			}
			walk(in, inside, s)
		}
		head, _, _ := strings.Cut(n.Head(), " ")
		st := Stage{ID: strconv.Itoa(len(q.Stages) + 1), Within: within, Command: head, Text: visible(n.Head()), Plan: s.whole(n)}
		var pred expr.Expr
		switch x := n.(type) {
		case *plan.Filter:
			pred = x.Pred
			st.Text = "filter " + Describe(pred)
		case *plan.Scan:
			st.Text = "scan " + x.View
			if pred = x.Pred; pred != nil {
				st.Text += " where " + Describe(pred)
			}
		}
		if pred != nil {
			planPredicates(&st, pred, false, false)
		}
		q.Stages = append(q.Stages, st)
	}
	walk(n, "", nil)
	return q
}

// planPredicates collects what a plan's condition tests.
func planPredicates(st *Stage, e expr.Expr, negated, either bool) {
	switch e := e.(type) {
	case *expr.Logic:
		for _, a := range e.Args {
			planPredicates(st, a, negated, either || len(e.Args) > 1 && (e.Op == expr.Or) != negated)
		}
	case *expr.Not:
		planPredicates(st, e.Arg, !negated, either)
	case *expr.Call:
		preds, ok := testOf(e)
		if !ok {
			planOther(st, e, negated, either)
			return
		}
		for _, p := range preds {
			p.Negated = p.Negated != negated
			p.Either = p.Either || either
			if p.Field == event.RawField {
				for _, v := range p.Values {
					st.Terms = append(st.Terms, Term{Text: v, Kind: "text", Negated: p.Negated, Either: p.Either})
				}
				continue
			}
			st.Predicates = append(st.Predicates, p)
		}
	case *expr.Lit:
	default:
		planOther(st, e, negated, either)
	}
}

func planOther(st *Stage, e expr.Expr, negated, either bool) {
	p := Predicate{Kind: Test, Values: []string{Describe(e)}, Negated: negated, Either: either}
	if cols := expr.Columns(e); len(cols) > 0 {
		p.Field = cols[0]
	}
	st.Predicates = append(st.Predicates, p)
}

// visible takes the marks of hidden columns out of a printed node.
func visible(s string) string { return strings.NewReplacer(`\x01`, "", "\x01", "").Replace(s) }
