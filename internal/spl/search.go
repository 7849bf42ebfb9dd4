package spl

import (
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// A search expression becomes a condition of the tests in function.Search, which are true or false and never null: what
// NOT keeps includes the events that lack the field.

var searchTests = func() map[string]*fn.Func {
	m := map[string]*fn.Func{}
	for _, f := range function.Search {
		m[f.Name] = f
	}
	return m
}()

func test(name string, args ...expr.Expr) expr.Expr {
	f := searchTests[name]
	if f == nil {
		panic("spl: no search test " + name)
	}
	return expr.F(f, args...)
}

var yes, no = expr.L(event.BoolOf(true)), expr.L(event.BoolOf(false))

// searching is the lowering of one search expression.
type searching struct {
	*lowerer
	// column gives the column that a field name stands for; ok is false when there is none and it has said so.
	column func(w *syntax.Word) (name string, ok bool)
	// base: the expression selects events, so that earliest and latest are bounds of time and index is where events lie.
	base bool
	// raw: words can be looked for in the text of events.
	raw bool
	not int // how many NOTs stand around
	// timeFormat is how absolute times are written, by timeformat= in the search; empty for the usual form.
	timeFormat string
}

// searchTest lowers a search expression over the rows so far.
func (l *lowerer) searchTest(x syntax.SearchExpr) expr.Expr {
	return (&searching{lowerer: l, column: plainColumn, raw: true}).test(x)
}

func plainColumn(w *syntax.Word) (string, bool) { return w.Value, true }

func (s *searching) test(x syntax.SearchExpr) expr.Expr {
	switch x := x.(type) {
	case *syntax.And:
		if len(x.Items) == 0 {
			return yes // "NOT ()", which a subsearch without rows becomes, matches nothing
		}
		var all []expr.Expr
		for _, it := range x.Items {
			switch t := s.test(it); t {
			case yes:
			case no:
				return no
			default:
				all = append(all, t)
			}
		}
		if len(all) == 0 {
			return yes
		}
		return expr.All(all...)
	case *syntax.Or:
		var any []expr.Expr
		for _, it := range x.Items {
			switch t := s.test(it); t {
			case no:
			case yes:
				return yes
			default:
				any = append(any, t)
			}
		}
		if len(any) == 0 {
			return no
		}
		return expr.AnyOf(any...)
	case *syntax.Not:
		s.not++
		t := s.test(x.X)
		s.not--
		switch t {
		case yes:
			return no
		case no:
			return yes
		}
		return &expr.Not{Arg: t}
	case *syntax.Paren:
		return s.test(x.X)
	case *syntax.Comparison:
		return s.comparison(x)
	case *syntax.InList:
		return s.inList(x)
	case *syntax.Term:
		return s.term(x, "search_text", x.Word.Value)
	case *syntax.Directive:
		if x.Name == "CASE" {
			return s.term(x, "search_case", x.Arg.Value)
		}
		return s.term(x, "search_term", termText(x.Arg))
	case *syntax.MacroCall:
		s.errorAt("SPL3001", x, "macro %s was not expanded", x.Name)
	case *syntax.Subsearch:
		s.unsupported(x, "a subsearch here")
	}
	return no
}

// termText is what TERM looks for. Quotes are part of it, which is why TERM("x") finds nothing in Splunk.
func termText(w *syntax.Word) string {
	if w.Quote != 0 {
		return `"` + w.Value + `"`
	}
	return w.Value
}

var orders = map[string]string{"<": "search_lt", "<=": "search_le", ">": "search_gt", ">=": "search_ge"}

func (s *searching) comparison(x *syntax.Comparison) expr.Expr {
	value, exact := "", false
	switch v := x.Value.(type) {
	case *syntax.Word:
		if v.Macro != nil {
			s.errorAt("SPL3001", v, "macro %s was not expanded", v.Macro.Name)
			return no
		}
		value = v.Value
	case *syntax.Directive:
		value, exact = v.Arg.Value, v.Name == "CASE"
	default:
		s.unsupported(x, "a subsearch as the value of a comparison")
		return no
	}
	if s.base {
		if t, ok := s.timeBound(x, value); ok {
			return t
		}
	}
	name, ok := s.column(x.Field)
	if !ok {
		return no
	}
	col := expr.C(name)
	if order, ok := orders[x.Op]; ok {
		return test(order, col, expr.Str(value))
	}
	var t expr.Expr
	switch {
	case strings.Trim(value, "*") == "" && value != "":
		if t = test("search_exists", col); x.Op == "!=" {
			return no
		}
	case exact && x.Op == "!=":
		t = test("search_case_ne", col, expr.Str(value))
	case exact:
		t = test("search_case_eq", col, expr.Str(value))
	case x.Op == "!=":
		t = test("search_ne", col, expr.Str(value))
	default:
		t = test("search_eq", col, expr.Str(value))
	}
	return s.orNoIndex(name, t, value)
}

// orNoIndex lets events that lie in no index, as those in files do, satisfy what is said of indexes. Splunk's own indexes,
// whose names begin with an underscore, have no counterpart here.
func (s *searching) orNoIndex(field string, t expr.Expr, values ...string) expr.Expr {
	if !s.base || field != "index" || s.not%2 != 0 {
		return t
	}
	for _, v := range values {
		if strings.HasPrefix(v, "_") {
			return t
		}
	}
	return expr.AnyOf(t, &expr.Not{Arg: test("search_exists", expr.C("index"))})
}

func (s *searching) inList(x *syntax.InList) expr.Expr {
	name, ok := s.column(x.Field)
	if !ok {
		return no
	}
	args := []expr.Expr{expr.C(name)}
	var texts []string
	var any []expr.Expr
	for _, v := range x.Values {
		switch v := v.(type) {
		case *syntax.Word:
			if v.Macro != nil {
				s.errorAt("SPL3001", v, "macro %s was not expanded", v.Macro.Name)
				return no
			}
			if v.Value == "*" {
				any = append(any, test("search_exists", args[0]))
				continue
			}
			args = append(args, expr.Str(v.Value))
			texts = append(texts, v.Value)
		case *syntax.Directive:
			kind := "search_eq"
			if v.Name == "CASE" {
				kind = "search_case_eq"
			}
			any = append(any, test(kind, args[0], expr.Str(v.Arg.Value)))
		default:
			s.unsupported(x, "a subsearch as a value of IN")
			return no
		}
	}
	if len(args) > 1 {
		any = append(any, test("search_in", args...))
	}
	if len(any) == 0 {
		return no
	}
	return s.orNoIndex(name, expr.AnyOf(any...), texts...)
}

// term lowers a text to look for in the raw text of events.
//
// Windows events reach Splunk in forms that say the same thing differently, EventCode=4688 and <EventID>4688<, and rules
// ask for all of them. A text that spells out a field is therefore found where the field has the value, too.
func (s *searching) term(at place, kind, value string) expr.Expr {
	if strings.Trim(value, "*") == "" {
		return yes // as is the empty phrase, which is in every text
	}
	if field, v, ok := strings.Cut(value, "::"); ok && kind == "search_text" && indexed[strings.ToLower(field)] {
		// host::h1 is host=h1 of what is known of an event without looking into it.
		return s.orNoIndex(field, test("search_eq", expr.C(field), expr.Str(v)), v)
	}
	if !s.raw {
		s.unsupported(at, "words to look for in the text of events; here only fields can be compared")
		return no
	}
	raw := test(kind, expr.C(event.RawField), expr.Str(value))
	field, want, ok := spelledOut(value)
	if !ok || kind == "search_case" {
		return raw
	}
	if field != "EventCode" {
		return expr.AnyOf(test("search_eq", expr.C(field), expr.Str(want)), raw)
	}
	// The text of a Windows event has its number in it exactly when the event has that number.
	windows := test("search_in", expr.C("sourcetype"), expr.Str("*wineventlog*"))
	return expr.AnyOf(test("search_eq", expr.C(field), expr.Str(want)), expr.All(&expr.Not{Arg: windows}, raw))
}

// indexed are the fields that may be written field::value.
var indexed = map[string]bool{"host": true, "source": true, "sourcetype": true, "index": true, "eventtype": true, "tag": true}

var (
	pairText = regexp.MustCompile(`^([A-Za-z_][\w.]*)=([^\s=*"<>]+)$`)
	xmlText  = regexp.MustCompile(`^<?EventID>(\d+)<?(?:/EventID>?)?$`)
)

// spelledOut takes a text apart that names a field with its value.
func spelledOut(s string) (field, value string, ok bool) {
	if m := xmlText.FindStringSubmatch(s); m != nil {
		return "EventCode", m[1], true
	}
	m := pairText.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	if strings.EqualFold(m[1], "EventID") || strings.EqualFold(m[1], "EventCode") {
		m[1] = "EventCode"
	}
	return m[1], m[2], true
}
