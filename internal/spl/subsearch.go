package spl

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// A subsearch that stands as a term is run first, and its rows become search text: rows are joined by OR, the fields of a
// row, in alphabetical order and without those that begin with an underscore, by AND.
// (https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.3/subsearches)

// separators are the texts that format puts between things.
type separators struct{ rowPrefix, colPrefix, colSep, colEnd, rowSep, rowEnd, mvSep, empty string }

var defaultSeparators = separators{"(", "(", "AND", ")", "OR", ")", "OR", "NOT ( )"}

// formatRows makes search text of rows.
func formatRows(b *event.Batch, sep separators, maxRows int) string {
	names := slices.Clone(b.Names())
	sort.Strings(names)
	var rows []string
	for r := 0; r < b.Len() && (maxRows <= 0 || r < maxRows); r++ {
		var cols []string
		for _, name := range names {
			if strings.HasPrefix(name, "_") {
				continue
			}
			if s := formatField(name, b.Column(name).Value(r), sep); s != "" {
				cols = append(cols, s)
			}
		}
		if len(cols) > 0 {
			rows = append(rows, spaced(sep.colPrefix, strings.Join(cols, " "+sep.colSep+" "), sep.colEnd))
		}
	}
	if len(rows) == 0 {
		return sep.empty
	}
	return spaced(sep.rowPrefix, strings.Join(rows, " "+sep.rowSep+" "), sep.rowEnd)
}

func spaced(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

// formatField makes field="value" of one value, an OR of those of a multivalue field. The values of fields called search
// and query stand for themselves.
func formatField(name string, v event.Value, sep separators) string {
	var one [1]event.Value
	var terms []string
	for _, x := range function.Values(v, &one) {
		s := function.Text(x)
		if name == "search" || name == "query" {
			terms = append(terms, s)
			continue
		}
		terms = append(terms, quotedName(name)+"="+syntax.Quote(s))
	}
	switch len(terms) {
	case 0:
		return ""
	case 1:
		return terms[0]
	}
	return spaced("(", strings.Join(terms, " "+sep.mvSep+" "), ")")
}

func quotedName(name string) string {
	if strings.ContainsAny(name, " \t()=<>!,|\"[]") || name == "" {
		return syntax.Quote(name)
	}
	return name
}

// subsearches collects the subsearches of a search expression.
func subsearches(x syntax.Node) []*syntax.Subsearch {
	var out []*syntax.Subsearch
	syntax.Walk(x, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Subsearch)
		if ok {
			out = append(out, s)
		}
		return !ok
	})
	return out
}

// withSubsearches lowers something that depends on the text of subsearches: f is given the expression with every subsearch
// replaced by the expression that its text says. Without subsearches f is called at once.
func (l *lowerer) withSubsearches(x syntax.SearchExpr, label string, f func(l *lowerer, x syntax.SearchExpr)) {
	subs := subsearches(x)
	if len(subs) == 0 {
		f(l, x)
		return
	}
	dyn := &plan.Dynamic{Label: label}
	for _, s := range subs {
		dyn.Deps = append(dyn.Deps, l.query(l.src, s.Query, nil, l.depth+1))
	}
	if l.diags.HasErrors() {
		l.node = nothing
		return
	}
	at := *l
	dyn.Build = func(results []*event.Batch) (plan.Node, error) {
		c := &compilation{opt: at.opt, names: at.names + 1000*(at.depth+1)}
		inner := &lowerer{compilation: c, src: at.src, node: at.node, depth: at.depth + 1}
		texts := map[*syntax.Subsearch]syntax.SearchExpr{}
		for i, s := range subs {
			t, err := subsearchText(s, results[i])
			if err != nil {
				return nil, err
			}
			texts[s] = t
		}
		f(inner, substitute(x, texts))
		if err := firstError(c.diags); err != nil {
			return nil, err
		}
		return inner.node, nil
	}
	l.node = dyn
}

func firstError(diags text.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == text.Error {
			return d
		}
	}
	return nil
}

// subsearchText reads the search text that the rows of a subsearch make. Text that format or return has made already is in
// the field search.
func subsearchText(s *syntax.Subsearch, rows *event.Batch) (syntax.SearchExpr, error) {
	t := subsearchString(s, rows)
	if t == "" { // return without rows restricts nothing
		return nil, nil
	}
	src := text.NewSource("<subsearch>", t)
	x, diags := syntax.ParseSearch(src)
	if err := diags.Err(); err != nil {
		return nil, errors.New("the subsearch gives the text " + t + ", which is no search: " + firstError(diags).Error())
	}
	return x, nil
}

// subsearchString is the text that the rows of a subsearch make.
func subsearchString(s *syntax.Subsearch, rows *event.Batch) string {
	if made := lastCommand(s.Query); made != "return" && made != "format" {
		return formatRows(rows, defaultSeparators, 0)
	}
	if c := rows.Column("search"); c != nil && rows.Len() > 0 {
		return function.Text(c.Value(0))
	}
	return ""
}

// inExpressions returns the subsearches that stand within eval expressions of a command: where x>[search … | return $y].
func (l *lowerer) inExpressions(c syntax.Command) []*syntax.Subsearch {
	switch c.(type) {
	case *syntax.Eval, *syntax.Where, *syntax.Head, *syntax.Stats:
	default:
		return nil
	}
	var out []*syntax.Subsearch
	for _, s := range subsearches(c) {
		if _, known := l.texts[s]; !known {
			out = append(out, s)
		}
	}
	return out
}

// withExpressions runs subsearches whose text is a piece of an eval expression, and lowers the stage when it is known.
func (l *lowerer) withExpressions(subs []*syntax.Subsearch, lower func(l *lowerer)) {
	dyn := &plan.Dynamic{Label: "expression"}
	texts := map[*syntax.Subsearch]syntax.Expr{}
	for _, s := range subs {
		dyn.Deps = append(dyn.Deps, l.query(l.src, s.Query, nil, l.depth+1))
		texts[s] = &syntax.Field{Loc: s.Loc, Word: &syntax.Word{Loc: s.Loc, Raw: "null", Value: "null"}}
	}
	// A trial without values finds mistakes before the run.
	trial := *l
	trial.compilation, trial.texts = &compilation{opt: l.opt}, texts
	lower(&trial)
	if l.diags = append(l.diags, trial.diags...); l.diags.HasErrors() {
		return
	}
	at := *l
	dyn.Build = func(results []*event.Batch) (plan.Node, error) {
		made := map[*syntax.Subsearch]syntax.Expr{}
		for i, s := range subs {
			t := subsearchString(s, results[i])
			if strings.TrimSpace(t) == "" {
				made[s] = texts[s]
				continue
			}
			x, diags := syntax.ParseExpr(text.NewSource("<subsearch>", t))
			if err := firstError(diags); err != nil {
				return nil, errors.New("the subsearch gives the text " + t + ", which is no expression: " + err.Error())
			}
			made[s] = x
		}
		inner := at
		inner.compilation, inner.texts, inner.shapes = &compilation{opt: at.opt, names: at.names + 1000*(at.depth+1)}, made, plan.Shapes{}
		lower(&inner)
		return inner.node, firstError(inner.diags)
	}
	l.node = dyn
}

func lastCommand(q *syntax.Query) string {
	if len(q.Stages) == 0 {
		return ""
	}
	return q.Stages[len(q.Stages)-1].Command.Name()
}

// substitute puts texts in the place of subsearches. An empty text leaves nothing: its term is dropped.
func substitute(x syntax.SearchExpr, texts map[*syntax.Subsearch]syntax.SearchExpr) syntax.SearchExpr {
	list := func(items []syntax.SearchExpr) []syntax.SearchExpr {
		var out []syntax.SearchExpr
		for _, it := range items {
			if r := substitute(it, texts); r != nil {
				out = append(out, r)
			}
		}
		return out
	}
	switch x := x.(type) {
	case *syntax.Subsearch:
		return texts[x]
	case *syntax.And:
		if len(x.Items) == 0 {
			return x
		}
		switch items := list(x.Items); len(items) {
		case 0:
			return nil
		case 1:
			return items[0]
		default:
			return &syntax.And{Loc: x.Loc, Items: items}
		}
	case *syntax.Or:
		switch items := list(x.Items); len(items) {
		case 0:
			return nil
		case 1:
			return items[0]
		default:
			return &syntax.Or{Loc: x.Loc, Items: items}
		}
	case *syntax.Not:
		if inner := substitute(x.X, texts); inner != nil {
			return &syntax.Not{Loc: x.Loc, X: inner}
		}
		return nil
	case *syntax.Paren:
		return substitute(x.X, texts)
	case *syntax.Comparison:
		if s, ok := x.Value.(*syntax.Subsearch); ok {
			return compareWith(x, texts[s])
		}
	case *syntax.InList:
		var out []syntax.SearchValue
		for _, v := range x.Values {
			s, ok := v.(*syntax.Subsearch)
			if !ok {
				out = append(out, v)
				continue
			}
			out = append(out, wordsOf(texts[s])...)
		}
		return &syntax.InList{Loc: x.Loc, Field: x.Field, Values: out}
	}
	return x
}

// wordsOf returns the words that a subsearch's text consists of, as "return $x" makes them.
func wordsOf(x syntax.SearchExpr) []syntax.SearchValue {
	var out []syntax.SearchValue
	if x != nil {
		syntax.Walk(x, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.Term:
				out = append(out, n.Word)
			case *syntax.Comparison:
				out = append(out, n.Value)
				return false
			}
			return true
		})
	}
	return out
}

// compareWith lowers field=[subsearch]: the subsearch's text is the value.
func compareWith(x *syntax.Comparison, t syntax.SearchExpr) syntax.SearchExpr {
	words := wordsOf(t)
	if len(words) == 0 {
		return nil
	}
	return &syntax.Comparison{Loc: x.Loc, Field: x.Field, Op: x.Op, Value: words[0]}
}

// closed runs a part of the lowering that must know all columns. Where they are known only when the search runs, the rows
// so far are collected and the rest is lowered then.
func (l *lowerer) closed(label string, f func(l *lowerer)) {
	shape := l.shape()
	if !shape.Open {
		f(l)
		return
	}
	// A trial over the columns that are known finds mistakes before the run.
	trial := event.NewBatch(0)
	for _, name := range shape.Names {
		trial.Set(name, event.NewConstant(event.NullValue, 0))
	}
	try := &lowerer{compilation: &compilation{opt: l.opt}, src: l.src, node: &plan.Values{Label: label, Rows: trial}, depth: l.depth}
	f(try)
	l.diags = append(l.diags, try.diags...)
	at := *l
	l.node = &plan.Dynamic{Label: label, Deps: []plan.Node{l.node}, Build: func(results []*event.Batch) (plan.Node, error) {
		c := &compilation{opt: at.opt, names: at.names + 1000*(at.depth+1)}
		inner := &lowerer{compilation: c, src: at.src, node: &plan.Values{Label: label, Rows: results[0]}, depth: at.depth + 1}
		f(inner)
		if err := firstError(c.diags); err != nil {
			return nil, err
		}
		return inner.node, nil
	}}
}
