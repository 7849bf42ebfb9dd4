package function

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Search are the tests that the search language (search, tstats where, inputlookup where) is lowered to. Their first
// argument is a field, or the raw text of an event; the others are literals as the user means them, without quotes and
// escapes. They give true or false, never null: a field that is not there satisfies none of them, so that NOT keeps it.
var Search = []*fn.Func{
	{Name: "search_eq", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchEqual(true, false), Needs: needLiteral(true), See: pageSearch,
		Doc: "field=value: the text of a value, ignoring case; * in the literal stands for any text; a literal that is an address range tests whether an address lies in it.", Examples: ex(`host=WEB*`, `true`, `host=web`, `false`, `ip=10.0.0.0/8`, `true`)},
	{Name: "search_ne", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchEqual(true, true), See: pageSearch,
		Doc: "field!=value: the field has a value that search_eq does not hold for.", Examples: ex(`host!=db1`, `true`, `nothing!=x`, `false`)},
	{Name: "search_case_eq", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchEqual(false, false), Needs: needLiteral(false), See: pageSearch,
		Doc: "field=CASE(value): like search_eq, with case.", Examples: ex(`host=CASE(Web1)`, `true`, `host=CASE(web1)`, `false`)},
	{Name: "search_case_ne", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchEqual(false, true), See: pageSearch,
		Doc: "field!=CASE(value).", Examples: ex(`host!=CASE(web1)`, `true`)},
	{Name: "search_in", Min: 2, Max: -1, Null: fn.SeesNull, Bind: searchIn, Needs: needLiteral(true), See: pageSearch,
		Doc: "field IN (values): search_eq holds for one of them.", Examples: ex(`host IN (db1, web*)`, `true`)},
	{Name: "search_lt", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchOrder(func(c int) bool { return c < 0 }), See: pageSearch,
		Doc: "field<value: as numbers when both are, else by characters, capitals first.", Examples: ex(`n<10`, `true`, `host<Web0`, `false`)},
	{Name: "search_le", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchOrder(func(c int) bool { return c <= 0 }), See: pageSearch, Doc: "field<=value.", Examples: ex(`n<=5`, `true`)},
	{Name: "search_gt", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchOrder(func(c int) bool { return c > 0 }), See: pageSearch, Doc: "field>value.", Examples: ex(`n>10`, `false`)},
	{Name: "search_ge", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchOrder(func(c int) bool { return c >= 0 }), See: pageSearch, Doc: "field>=value.", Examples: ex(`n>=5`, `true`)},
	{Name: "search_exists", Min: 1, Max: 1, Null: fn.SeesNull, Row: func(in []event.Value) event.Value { return event.BoolOf(!isNull(in[0])) }, See: pageSearch,
		Doc: "field=*: the field has a value.", Examples: ex(`host=*`, `true`, `nothing=*`, `false`)},
	{Name: "search_text", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchTerm(Phrase), Needs: needTerm(Phrase), See: pageSearch,
		Doc: "A word or phrase: it occurs in the raw text, ignoring case, and begins and ends where a token of the text does. * stands for any text.", Examples: ex(`admin`, `true`, `adm`, `false`, `adm*`, `true`, `"by ann"`, `true`)},
	{Name: "search_case", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchTerm(CasePhrase), Needs: needTerm(CasePhrase), See: pageSearch,
		Doc: "CASE(text): like search_text, with case.", Examples: ex(`CASE(Ann)`, `true`, `CASE(ann)`, `false`)},
	{Name: "search_term", Min: 2, Max: 2, Null: fn.SeesNull, Bind: searchTerm(WholeTerm), Needs: needTerm(WholeTerm), See: pageSearch,
		Doc:      "TERM(text): the text is one token of the raw text; with a minor breaker in it, it must stand between major breakers.",
		Note:     "Splunk also indexes the part of a token from its beginning to any minor breaker; here, as the manual of TERM says, both ends must be major breakers.",
		Examples: ex(`TERM(10.1.2.3)`, `true`, `TERM(10.1.2)`, `false`)},
}

// literalOf returns the constant second argument of a search test.
func literalOf(a fn.Arg) (string, error) {
	if !a.Const {
		return "", errors.New("the right side must be a literal")
	}
	return Text(a.Value), nil
}

// A Literal is the right side of a search comparison, compiled: plain text, a pattern with *, or an address range.
type Literal struct {
	text string // lower-case when fold
	fold bool
	glob *fn.Glob
	net  netip.Prefix
}

// NewLiteral compiles a literal; with fold it ignores case.
func NewLiteral(s string, fold bool) *Literal {
	l := &Literal{text: s, fold: fold}
	if strings.Contains(s, "*") {
		l.glob = fn.StarGlob(s, fold)
	} else if net, ok := fn.ParseNetwork(s); ok {
		l.net = net
	}
	return l
}

// Match reports whether a text satisfies field=literal.
func (l *Literal) Match(s string) bool {
	switch {
	case l.glob != nil:
		return l.glob.Match(s)
	case !l.fold:
		if s == l.text {
			return true
		}
	case len(s) == len(l.text) && strings.EqualFold(s, l.text) || len(s) != len(l.text) && fn.EqualFold(s, l.text):
		return true
	}
	if l.net.IsValid() {
		a, ok := fn.ParseAddress(s)
		return ok && l.net.Contains(a)
	}
	return false
}

// Required returns what every text that satisfies the literal contains; nothing is known of address ranges.
func (l *Literal) Required() fn.Required {
	switch {
	case l.glob != nil:
		return l.glob.Required()
	case l.net.IsValid() || l.text == "":
		return fn.Required{}
	case l.fold:
		return fn.Required{Any: []string{strings.ToLower(l.text)}, Fold: true}
	}
	return fn.Required{Any: []string{l.text}}
}

// Exact returns the text that a value must be, but for case when the literal ignores it.
func (l *Literal) Exact() (string, bool) {
	return l.text, l.glob == nil && !l.net.IsValid()
}

func (l *Literal) matches(v event.Value) bool {
	if v.Kind() == event.String {
		return l.Match(v.Str())
	}
	return l.Match(Text(v))
}

func searchEqual(fold, not bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		s, err := literalOf(args[1])
		if err != nil {
			return nil, err
		}
		l := NewLiteral(s, fold)
		return anyValue(func(v event.Value) bool { return l.matches(v) != not }), nil
	}
}

// anyValue makes a test of a field that holds when it holds for any of the field's values.
func anyValue(f func(event.Value) bool) fn.Row {
	return func(in []event.Value) event.Value {
		v := in[0]
		switch v.Kind() {
		case event.Missing, event.Null:
			return event.BoolOf(false)
		case event.List:
			for _, e := range v.List() {
				if f(e) {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(false)
		}
		return event.BoolOf(f(v))
	}
}

func searchIn(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	exact := foldSet{}
	var others []*Literal
	for _, a := range args[1:] {
		s, err := literalOf(a)
		if err != nil {
			return nil, err
		}
		l := NewLiteral(s, true)
		if _, ok := l.Exact(); ok {
			exact.add(s)
		} else {
			others = append(others, l)
		}
	}
	return anyValue(func(v event.Value) bool {
		s := Text(v)
		if exact.has(s) {
			return true
		}
		for _, l := range others {
			if l.Match(s) {
				return true
			}
		}
		return false
	}), nil
}

// A foldSet is a set of texts that ignores case.
type foldSet struct {
	texts   map[string]bool
	longest int
}

func (s *foldSet) add(t string) {
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	t = strings.ToLower(t)
	s.texts[t] = true
	s.longest = max(s.longest, len(t))
}

func (s *foldSet) has(t string) bool {
	// Lower and upper case of a letter differ by a few bytes at most.
	if len(t) > 3*s.longest {
		return false
	}
	var buf [128]byte
	if len(t) > len(buf) {
		return s.texts[strings.ToLower(t)]
	}
	for i := range len(t) {
		c := t[i]
		if c >= utf8.RuneSelf {
			return s.texts[strings.ToLower(t)]
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	return s.texts[string(buf[:len(t)])]
}

func searchOrder(holds func(c int) bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if !args[1].Const {
			return nil, fmt.Errorf("the right side must be a literal")
		}
		right := operandOf(args[1].Value)
		return anyValue(func(v event.Value) bool { return holds(right.compare(v)) }), nil
	}
}

func searchTerm(kind TermKind) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		s, err := literalOf(args[1])
		if err != nil {
			return nil, err
		}
		t := NewTerm(s, kind)
		if t.All() {
			return func([]event.Value) event.Value { return event.BoolOf(true) }, nil
		}
		return anyValue(func(v event.Value) bool { return t.In(Text(v)) }), nil
	}
}
