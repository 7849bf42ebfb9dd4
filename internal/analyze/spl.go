package analyze

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// SPL analyses a compiled search; one that was refused has stages too.
func SPL(src *text.Source, q *spl.Query) *Query {
	out := &Query{}
	if q.Expanded != nil {
		for _, c := range q.Expanded.Calls {
			out.Macros = append(out.Macros, Macro{Call: c.Call.Raw, Text: strings.TrimSpace(c.At.Of(q.Expanded.Source.Text))})
		}
	}
	if q.AST != nil {
		w := splWalk{out: out, src: src}
		if q.Expanded != nil {
			w.src = q.Expanded.Source
		}
		w.query(q.AST, "", "", true, 0)
	}
	return out
}

type splWalk struct {
	out *Query
	// src is the text that the tree's places count in; nil inside a template, whose text stands on its own.
	src *text.Source
}

// written returns a stage as its author wrote it: for what a macro expanded to, the call.
func (w *splWalk) written(st *syntax.Stage) string {
	if w.src == nil {
		return ""
	}
	src, span := w.src, st.Span()
	for {
		from, at := src.Origin(span)
		if from == src {
			return strings.TrimSpace(span.Of(src.Text))
		}
		src, span = from, at
	}
}

// query adds the stages of a pipeline. alone says that it can run by itself, from its first stage on.
func (w *splWalk) query(q *syntax.Query, prefix, within string, alone bool, depth int) {
	if depth > maxDepth {
		return
	}
	for i, st := range q.Stages {
		if st.Command == nil {
			continue
		}
		s := Stage{ID: fmt.Sprintf("%s%d", prefix, i+1), Within: within, Command: st.Command.Name(), Text: syntax.Print(st), Written: w.written(st)}
		if s.Command == "" {
			s.Command = "macro"
		}
		if alone {
			s.Prefix = syntax.Print(&syntax.Query{Stages: q.Stages[:i+1]})
		}
		p := splPredicates{stage: &s}
		p.command(st.Command)
		w.out.Stages = append(w.out.Stages, s)
		w.nested(st.Command, s.ID, depth)
	}
}

// nested adds the pipelines inside a stage.
func (w *splWalk) nested(c syntax.Command, id string, depth int) {
	n := 0
	name := func() string {
		n++
		if n == 1 {
			return id + "."
		}
		return fmt.Sprintf("%s%c.", id, 'a'+rune(min(n-1, 25)))
	}
	// appendpipe's pipeline reads the rows so far, and templates hold tokens: neither runs by itself.
	own := c.Name() == "appendpipe"
	syntax.Walk(c, func(x syntax.Node) bool {
		switch x := x.(type) {
		case *syntax.Subsearch:
			if x.Query != nil {
				within := c.Name()
				if _, ok := c.(*syntax.Search); ok {
					within = "subsearch"
				}
				w.query(x.Query, name(), within, !own, depth+1)
			}
			return false
		case *syntax.Template:
			if x.Query != nil {
				inner := splWalk{out: w.out}
				inner.query(x.Query, name(), c.Name(), false, depth+1)
			}
			return false
		}
		return true
	})
}

// splPredicates collects what the conditions of one stage test.
type splPredicates struct{ stage *Stage }

func (p *splPredicates) add(preds ...Predicate) {
	p.stage.Predicates = append(p.stage.Predicates, preds...)
}

func (p *splPredicates) command(c syntax.Command) {
	switch c := c.(type) {
	case *syntax.Search:
		p.search(c.Expr, false, false)
	case *syntax.Tstats:
		p.search(c.Where, false, false)
	case *syntax.Inputlookup:
		p.search(c.Where, false, false)
	case *syntax.Where:
		p.eval(c.Cond, false, false)
	case *syntax.Head:
		p.eval(c.Cond, false, false)
	case *syntax.Regex:
		field := "_raw"
		if c.Field != nil {
			field = c.Field.Value
		}
		if c.Pattern != nil {
			p.add(Predicate{Field: field, Kind: Match, Values: []string{c.Pattern.Value}, Negated: c.Negated, Case: true})
		}
	}
}

// search reads a condition of the search grammar.
func (p *splPredicates) search(x syntax.SearchExpr, negated, either bool) {
	switch x := x.(type) {
	case *syntax.And:
		// By De Morgan a negated AND is a choice, and a negated OR is none.
		for _, it := range x.Items {
			p.search(it, negated, either || negated && len(x.Items) > 1)
		}
	case *syntax.Or:
		for _, it := range x.Items {
			p.search(it, negated, either || !negated && len(x.Items) > 1)
		}
	case *syntax.Not:
		p.search(x.X, !negated, either)
	case *syntax.Paren:
		p.search(x.X, negated, either)
	case *syntax.Comparison:
		p.comparison(x, negated, either)
	case *syntax.InList:
		var values []string
		fold := true
		for _, v := range x.Values {
			text, exact := searchValue(v)
			values = append(values, text)
			fold = fold && !exact
		}
		p.add(starred(x.Field.Value, values, Predicate{Negated: negated, Either: either, Case: !fold})...)
	case *syntax.Term:
		if x.Word.Value == "*" { // every event
			return
		}
		p.stage.Terms = append(p.stage.Terms, Term{Text: x.Word.Value, Kind: "text", Negated: negated, Either: either})
	case *syntax.Directive:
		p.stage.Terms = append(p.stage.Terms, Term{Text: x.Arg.Raw, Kind: x.Name, Negated: negated, Either: either})
	}
}

var searchOrders = map[string]Kind{"<": Lt, "<=": Le, ">": Gt, ">=": Ge}

func (p *splPredicates) comparison(x *syntax.Comparison, negated, either bool) {
	value, exact := searchValue(x.Value)
	q := Predicate{Negated: negated, Either: either, Case: exact}
	if kind, ok := searchOrders[x.Op]; ok {
		q.Field, q.Kind, q.Values = x.Field.Value, kind, []string{value}
		p.add(q)
		return
	}
	if x.Op == "!=" {
		q.Negated = !q.Negated
	}
	preds := starred(x.Field.Value, []string{value}, q)
	if looksLikeNetwork(value) {
		preds[0].Kind = CIDR
	}
	p.add(preds...)
}

func searchValue(v syntax.SearchValue) (value string, exact bool) {
	switch v := v.(type) {
	case *syntax.Word:
		return v.Value, false
	case *syntax.Directive:
		return v.Arg.Value, v.Name == "CASE"
	case *syntax.Subsearch:
		return syntax.Print(v), false
	}
	return "", false
}

// eval reads a condition of the eval grammar.
func (p *splPredicates) eval(x syntax.Expr, negated, either bool) {
	switch x := x.(type) {
	case nil:
	case *syntax.Logic:
		joined := x.Op == "AND"
		if x.Op == "XOR" {
			p.other(x, negated, either)
			return
		}
		for _, it := range x.Items {
			p.eval(it, negated, either || joined == negated && len(x.Items) > 1)
		}
	case *syntax.Unary:
		if x.Op == "NOT" {
			p.eval(x.X, !negated, either)
			return
		}
		p.other(x, negated, either)
	case *syntax.Group:
		p.eval(x.X, negated, either)
	case *syntax.In:
		p.in(x.X, x.List, x, negated, either)
	case *syntax.Binary:
		p.binary(x, negated, either)
	case *syntax.Call:
		p.call(x, negated, either)
	default:
		p.other(x, negated, either)
	}
}

var evalOps = map[string]Kind{"=": Eq, "!=": Eq, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}

// turned is what an order means with its sides exchanged.
var turned = map[Kind]Kind{Lt: Gt, Le: Ge, Gt: Lt, Ge: Le}

func (p *splPredicates) binary(x *syntax.Binary, negated, either bool) {
	if x.Op == "LIKE" {
		p.like(x.X, x.Y, x, negated, either)
		return
	}
	kind, ok := evalOps[x.Op]
	if !ok {
		p.other(x, negated, either)
		return
	}
	left, right := x.X, x.Y
	if _, constant := literal(left); constant {
		left, right = right, left
		if t, ok := turned[kind]; ok {
			kind = t
		}
	}
	field, isField := subject(left)
	value, constant := literal(right)
	if !isField {
		p.other(x, negated, either)
		return
	}
	if !constant { // a comparison of two fields
		value = syntax.Print(right)
	}
	p.add(Predicate{Field: field, Kind: kind, Values: []string{value}, Negated: negated != (x.Op == "!="), Either: either, Case: true})
}

func (p *splPredicates) in(x syntax.Expr, list []syntax.Expr, whole syntax.Expr, negated, either bool) {
	field, ok := subject(x)
	if !ok {
		p.other(whole, negated, either)
		return
	}
	q := Predicate{Field: field, Kind: In, Negated: negated, Either: either, Case: true}
	for _, e := range list {
		v, constant := literal(e)
		if !constant {
			v = syntax.Print(e)
		}
		q.Values = append(q.Values, v)
	}
	p.add(q)
}

func (p *splPredicates) like(x, pattern, whole syntax.Expr, negated, either bool) {
	field, ok := subject(x)
	value, constant := literal(pattern)
	if !ok || !constant {
		p.other(whole, negated, either)
		return
	}
	q := Predicate{Field: field, Kind: Wildcard, Values: []string{value}, Negated: negated, Either: either, Case: true}
	if !strings.Contains(value, "_") && !strings.Contains(value, `\`) {
		kind, core := starKind(strings.ReplaceAll(value, "%", "*"))
		if kind != Wildcard {
			q.Kind, q.Values = kind, []string{core}
		}
	}
	p.add(q)
}

func (p *splPredicates) call(x *syntax.Call, negated, either bool) {
	arg := func(i int) (field, value string, ok bool) {
		if len(x.Args) != 2 {
			return "", "", false
		}
		field, isField := subject(x.Args[i])
		value, constant := literal(x.Args[1-i])
		return field, value, isField && constant
	}
	one := func(kind Kind, i int, exact bool) bool {
		field, value, ok := arg(i)
		if ok {
			p.add(Predicate{Field: field, Kind: kind, Values: []string{value}, Negated: negated, Either: either, Case: exact})
		}
		return ok
	}
	known := false
	switch strings.ToLower(x.Name) {
	case "match":
		known = one(Match, 0, true)
	case "cidrmatch":
		known = one(CIDR, 1, false)
	case "like":
		if len(x.Args) == 2 {
			p.like(x.Args[0], x.Args[1], x, negated, either)
			known = true
		}
	case "in":
		if len(x.Args) > 1 {
			p.in(x.Args[0], x.Args[1:], x, negated, either)
			known = true
		}
	case "isnotnull", "isnull":
		if len(x.Args) == 1 {
			if field, ok := subject(x.Args[0]); ok {
				p.add(Predicate{Field: field, Kind: Exists, Values: []string{}, Negated: negated != strings.EqualFold(x.Name, "isnull"), Either: either})
				known = true
			}
		}
	case "searchmatch":
		if len(x.Args) == 1 {
			if s, ok := x.Args[0].(*syntax.String); ok {
				// Its argument is a search of its own.
				if e, ds := syntax.ParseSearch(text.NewSource("", s.Word.Value)); !ds.HasErrors() {
					p.search(e, negated, either)
					known = true
				}
			}
		}
	case "if":
		// where if(c, true, false) is c in many words.
		if len(x.Args) == 3 && isTruth(x.Args[1], "true") && isTruth(x.Args[2], "false") {
			p.eval(x.Args[0], negated, either)
			known = true
		}
	}
	if !known {
		p.other(x, negated, either)
	}
}

func isTruth(x syntax.Expr, name string) bool {
	switch x := x.(type) {
	case *syntax.Call:
		return len(x.Args) == 0 && strings.EqualFold(x.Name, name)
	case *syntax.Field:
		return x.Word.Is(name)
	}
	return false
}

// other notes a condition of no known kind, at the field that it reads.
func (p *splPredicates) other(x syntax.Expr, negated, either bool) {
	field := ""
	syntax.Walk(x, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.Field); ok && field == "" {
			field = f.Word.Value
		}
		return true
	})
	p.add(Predicate{Field: field, Kind: Test, Values: []string{syntax.Print(x)}, Negated: negated, Either: either})
}

// subject returns the field that a comparison is about, through functions that only change its form.
func subject(x syntax.Expr) (string, bool) {
	switch x := x.(type) {
	case *syntax.Field:
		return x.Word.Value, true
	case *syntax.Group:
		return subject(x.X)
	case *syntax.Call:
		switch strings.ToLower(x.Name) {
		case "lower", "upper", "tostring", "tonumber", "trim", "ltrim", "rtrim":
			if len(x.Args) > 0 {
				return subject(x.Args[0])
			}
		}
		if len(x.Args) > 0 {
			if _, ok := firstField(x); ok {
				return syntax.Print(x), true
			}
		}
	}
	return "", false
}

func firstField(x syntax.Expr) (name string, ok bool) {
	syntax.Walk(x, func(n syntax.Node) bool {
		if f, is := n.(*syntax.Field); is && !ok {
			name, ok = f.Word.Value, true
		}
		return !ok
	})
	return name, ok
}

func literal(x syntax.Expr) (string, bool) {
	switch x := x.(type) {
	case *syntax.String:
		return x.Word.Value, true
	case *syntax.Number:
		return x.Raw, true
	case *syntax.Field:
		if x.Word.Is("true") || x.Word.Is("false") {
			return strings.ToLower(x.Word.Raw), true
		}
	case *syntax.Unary:
		if n, ok := x.X.(*syntax.Number); ok && x.Op == "-" {
			return "-" + n.Raw, true
		}
	case *syntax.Group:
		return literal(x.X)
	}
	return "", false
}

func looksLikeNetwork(s string) bool {
	_, bits, ok := strings.Cut(s, "/")
	if !ok || bits == "" {
		return false
	}
	_, isNet := fn.ParseNetwork(s)
	return isNet
}
