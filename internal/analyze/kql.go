package analyze

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// KQL analyses a parsed query; one that was refused has stages too.
func KQL(q *syntax.Query) *Query {
	w := &kqlWalk{out: &Query{}, src: q.Source}
	main := -1
	for i, st := range q.Statements {
		if _, ok := st.(*syntax.ExprStatement); ok {
			main = i
		}
	}
	for i, st := range q.Statements {
		switch st := st.(type) {
		case *syntax.Let:
			x := syntax.Unparen(st.X)
			if c, ok := x.(*syntax.TableCall); ok && c.Keyword == "materialize" {
				x = syntax.Unparen(c.X)
			}
			id, within := st.Name.Name+".", "let "+st.Name.Name
			switch x := x.(type) {
			case *syntax.Pipeline:
				w.pipeline(x, q.Statements[:i], id, within, true, 1)
			case *syntax.Lambda:
				// A function's body may read its parameters, so that it is not run by itself.
				if x.Body != nil {
					for _, inner := range x.Body.Statements {
						if e, ok := inner.(*syntax.ExprStatement); ok {
							if p, ok := syntax.Unparen(e.X).(*syntax.Pipeline); ok {
								w.pipeline(p, nil, id, within, false, 1)
							}
						}
					}
				}
			}
		case *syntax.ExprStatement:
			if i != main {
				continue
			}
			if p, ok := syntax.Unparen(st.X).(*syntax.Pipeline); ok {
				w.pipeline(p, q.Statements[:i], "", "", true, 0)
			} else {
				w.source(st.X, q.Statements[:i], "1", "", true)
			}
		}
	}
	return w.out
}

type kqlWalk struct {
	out *Query
	src *text.Source
}

// written returns a node as its author wrote it.
func (w *kqlWalk) written(n syntax.Node) string {
	if w.src == nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(n.Span().Of(w.src.Text)), "|"))
}

// source adds the stage that names a pipeline's rows.
func (w *kqlWalk) source(x syntax.Expr, before []syntax.Statement, id, within string, alone bool) {
	s := Stage{ID: id, Within: within, Command: "source", Text: syntax.Print(x), Written: w.written(x)}
	if alone {
		s.Prefix = printed(before, x)
	}
	w.out.Stages = append(w.out.Stages, s)
}

// printed returns the query that gives x after the statements before it.
func printed(before []syntax.Statement, x syntax.Expr) string {
	q := &syntax.Query{Statements: append(append([]syntax.Statement(nil), before...), &syntax.ExprStatement{X: x})}
	return syntax.Print(q)
}

// pipeline adds the stages of a pipeline. alone says that it can run by itself, after the statements before it.
func (w *kqlWalk) pipeline(p *syntax.Pipeline, before []syntax.Statement, prefix, within string, alone bool, depth int) {
	if depth > maxDepth {
		return
	}
	n := 0
	id := func() string { n++; return fmt.Sprintf("%s%d", prefix, n) }
	if p.Source != nil {
		at := id()
		w.source(p.Source, before, at, within, alone)
		w.nested(p.Source, before, at, "source", alone, depth)
	}
	for i, op := range p.Ops {
		s := Stage{ID: id(), Within: within, Command: op.Keyword(), Text: strings.TrimSpace(syntax.Print(op)), Written: w.written(op)}
		if alone {
			s.Prefix = printed(before, &syntax.Pipeline{Source: p.Source, Ops: p.Ops[:i+1]})
		}
		c := kqlPredicates{stage: &s}
		switch op := op.(type) {
		case *syntax.Where:
			c.condition(op.X, false, false)
		case *syntax.Search:
			c.search = true
			c.condition(op.X, false, false)
		case *syntax.Find:
			c.condition(op.X, false, false)
		}
		w.out.Stages = append(w.out.Stages, s)
		runs := alone
		switch op.(type) {
		case *syntax.MvApply, *syntax.Partition, *syntax.PartitionBy, *syntax.Fork, *syntax.Facet:
			runs = false // their pipelines read the rows so far
		}
		w.nested(op, before, s.ID, op.Keyword(), runs, depth)
	}
}

// nested adds the pipelines inside an operator or a source.
func (w *kqlWalk) nested(n syntax.Node, before []syntax.Statement, id, within string, alone bool, depth int) {
	count := 0
	syntax.Walk(n, func(x syntax.Node) bool {
		p, ok := x.(*syntax.Pipeline)
		if !ok {
			return true
		}
		count++
		prefix := id + "."
		if count > 1 {
			prefix = fmt.Sprintf("%s%c.", id, 'a'+rune(min(count-1, 25)))
		}
		w.pipeline(p, before, prefix, within, alone, depth+1)
		return false
	})
}

// kqlPredicates collects what the conditions of one stage test.
type kqlPredicates struct {
	stage  *Stage
	search bool // a bare text looks into all columns
}

func (p *kqlPredicates) add(q Predicate) { p.stage.Predicates = append(p.stage.Predicates, q) }

func (p *kqlPredicates) term(kind, text string, negated, either bool) {
	p.stage.Terms = append(p.stage.Terms, Term{Text: text, Kind: kind, Negated: negated, Either: either})
}

// kqlTests are the operators between a column and a text, by name without "!".
// https://learn.microsoft.com/kusto/query/datatypes-string-operators
var kqlTests = map[string]struct {
	kind Kind
	fold bool
}{
	"==": {Eq, false}, "=~": {Eq, true}, "!=": {Eq, false}, "!~": {Eq, true},
	"has": {Has, true}, "has_cs": {Has, false}, "hasprefix": {Has, true}, "hasprefix_cs": {Has, false}, "hassuffix": {Has, true}, "hassuffix_cs": {Has, false},
	"contains": {Contains, true}, "contains_cs": {Contains, false}, "startswith": {StartsWith, true}, "startswith_cs": {StartsWith, false},
	"endswith": {EndsWith, true}, "endswith_cs": {EndsWith, false}, "matches regex": {Match, false}, ":": {Has, true}, "like": {Wildcard, true},
	"<": {Lt, false}, "<=": {Le, false}, ">": {Gt, false}, ">=": {Ge, false},
	"in": {In, false}, "in~": {In, true}, "has_any": {Has, true}, "has_all": {Has, true},
}

func (p *kqlPredicates) condition(x syntax.Expr, negated, either bool) {
	switch x := syntax.Unparen(x).(type) {
	case nil:
	case *syntax.Binary:
		p.binary(x, negated, either)
	case *syntax.In:
		op, not := strings.CutPrefix(x.Op, "!")
		test := kqlTests[op]
		q := Predicate{Kind: test.kind, All: op == "has_all", Negated: negated != not, Either: either, Case: !test.fold, Values: []string{}}
		for _, e := range x.List {
			q.Values = append(q.Values, kqlValues(e)...)
		}
		p.on(x.X, q, x)
	case *syntax.Between:
		p.on(x.X, Predicate{Kind: Between, Values: []string{kqlValue(x.Low), kqlValue(x.High)}, Negated: negated != x.Not, Either: either}, x)
	case *syntax.Call:
		p.call(x, negated, either)
	case *syntax.Literal:
		if p.search && x.Kind == syntax.LitString {
			p.term("search", x.Str, negated, either)
			return
		}
		p.other(x, negated, either)
	default:
		p.other(x, negated, either)
	}
}

func (p *kqlPredicates) binary(x *syntax.Binary, negated, either bool) {
	switch x.Op {
	case "and":
		p.condition(x.X, negated, either || negated)
		p.condition(x.Y, negated, either || negated)
		return
	case "or":
		p.condition(x.X, negated, either || !negated)
		p.condition(x.Y, negated, either || !negated)
		return
	}
	op, not := x.Op, false
	if _, ok := kqlTests[op]; !ok {
		op, not = strings.CutPrefix(op, "!")
	} else if op == "!=" || op == "!~" {
		not = true
	}
	test, ok := kqlTests[op]
	if !ok {
		p.other(x, negated, either)
		return
	}
	left, right, kind := x.X, x.Y, test.kind
	if _, constant := syntax.Unparen(left).(*syntax.Literal); constant {
		left, right = right, left
		if t, ok := turned[kind]; ok {
			kind = t
		}
	}
	q := Predicate{Kind: kind, Values: []string{kqlValue(right)}, Negated: negated != not, Either: either, Case: !test.fold}
	if kind == Wildcard {
		q.Kind, q.Values[0] = starKind(q.Values[0])
	}
	if kind == Has && strings.HasSuffix(strings.TrimSuffix(op, "_cs"), "prefix") {
		q.Values[0] += "*"
	} else if kind == Has && strings.HasSuffix(strings.TrimSuffix(op, "_cs"), "suffix") {
		q.Values[0] = "*" + q.Values[0]
	}
	p.on(left, q, x)
}

// on adds a predicate for the column that an expression is about.
func (p *kqlPredicates) on(x syntax.Expr, q Predicate, whole syntax.Expr) {
	if _, ok := syntax.Unparen(x).(*syntax.Star); ok {
		for _, v := range q.Values {
			p.term(string(q.Kind), v, q.Negated, q.Either)
		}
		return
	}
	field, ok := kqlSubject(x)
	if !ok {
		p.other(whole, q.Negated, q.Either)
		return
	}
	q.Field = field
	p.add(q)
}

func (p *kqlPredicates) call(x *syntax.Call, negated, either bool) {
	name := strings.ToLower(x.Func.Name)
	switch {
	case name == "not" && len(x.Args) == 1:
		p.condition(x.Args[0], !negated, either)
		return
	case name == "isnotempty" || name == "isnotnull" || name == "notempty":
		if len(x.Args) == 1 {
			p.on(x.Args[0], Predicate{Kind: Exists, Values: []string{}, Negated: negated, Either: either}, x)
			return
		}
	case name == "isempty" || name == "isnull":
		if len(x.Args) == 1 {
			p.on(x.Args[0], Predicate{Kind: Exists, Values: []string{}, Negated: !negated, Either: either}, x)
			return
		}
	case strings.HasPrefix(name, "ipv4_is_in_") || strings.HasPrefix(name, "ipv6_is_in_"):
		if len(x.Args) >= 2 {
			p.on(x.Args[0], Predicate{Kind: CIDR, Values: kqlValues(x.Args[1]), Negated: negated, Either: either}, x)
			return
		}
	}
	p.other(x, negated, either)
}

func (p *kqlPredicates) other(x syntax.Expr, negated, either bool) {
	field := ""
	calls := map[syntax.Node]bool{}
	syntax.Walk(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Call:
			calls[n.Func] = true
		case *syntax.Ident:
			if field == "" && !calls[n] {
				field = n.Name
			}
		case *syntax.Pipeline:
			return false
		}
		return true
	})
	p.add(Predicate{Field: field, Kind: Test, Values: []string{oneLine(syntax.Print(x))}, Negated: negated, Either: either})
}

// kqlSubject returns the column, or the member of one, that a comparison is about, through functions that only change its form.
func kqlSubject(x syntax.Expr) (string, bool) {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Ident:
		return x.Name, true
	case *syntax.Path:
		if _, ok := kqlSubject(x.X); ok {
			return syntax.Print(x), true
		}
	case *syntax.Index:
		if _, ok := kqlSubject(x.X); ok {
			return syntax.Print(x), true
		}
	case *syntax.Call:
		switch strings.ToLower(x.Func.Name) {
		case "tolower", "toupper", "tostring", "toint", "tolong", "todynamic", "parse_json", "trim":
			if len(x.Args) > 0 {
				return kqlSubject(x.Args[len(x.Args)-1])
			}
		}
		for _, a := range x.Args {
			if _, ok := kqlSubject(a); ok {
				return syntax.Print(x), true
			}
		}
	}
	return "", false
}

func kqlValue(x syntax.Expr) string { return strings.Join(kqlValues(x), ", ") }

// kqlValues returns the literals that an expression lists, or its text.
func kqlValues(x syntax.Expr) []string {
	switch x := syntax.Unparen(x).(type) {
	case *syntax.Literal:
		if x.Kind == syntax.LitString {
			return []string{x.Str}
		}
		return []string{x.Raw}
	case *syntax.Dynamic:
		return kqlValues(x.X)
	case *syntax.DynamicArray:
		out := []string{}
		for _, e := range x.Elems {
			out = append(out, kqlValues(e)...)
		}
		return out
	case nil:
		return nil
	}
	return []string{oneLine(syntax.Print(x))}
}

// oneLine folds the layout of a printed expression into one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
