package spl

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "rex", See: "rex", Syntax: `rex [field=<field>] [max_match=<n>] [offset_field=<field>] "<regex>" | rex [field=<field>] mode=sed "<sed>"`,
			Doc:   "Makes fields of the named groups of a regular expression (PCRE), or edits a field in sed mode. Without a match, fields keep what they had.",
			Note:  "Quotes that stand around pieces inside the expression are dropped.",
			lower: on((*lowerer).rex)},
		&Command{Name: "regex", See: "regex", Syntax: `regex [<field>=|<field>!=] "<regex>"`,
			Doc:   "Keeps the rows whose field, by default _raw, matches a regular expression (PCRE). With != it keeps all others, those without the field included.",
			lower: on((*lowerer).regex)},
	)
}

func (l *lowerer) regex(c *syntax.Regex) {
	field := event.RawField
	if c.Field != nil {
		field = c.Field.Value
	}
	if !l.pattern(c.Pattern) {
		return
	}
	test := expr.Expr(expr.F(fnMatches, expr.C(field), expr.Str(c.Pattern.Value)))
	if c.Negated {
		test = &expr.Not{Arg: test}
	}
	l.filter(test)
}

// fnMatches is match() that is false where there is no value.
var fnMatches = &fn.Func{Name: "matches", Min: 2, Max: 2, Null: fn.SeesNull,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		re, err := fn.CompileRegex(args[1].Value.Str(), fn.PCRE)
		if err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value {
			var one [1]event.Value
			for _, v := range function.Values(in[0], &one) {
				if re.Match(function.Text(v)) {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(false)
		}, nil
	}}

// pattern checks a regular expression.
func (l *lowerer) pattern(w *syntax.Word) bool {
	_, err := fn.CompileRegex(w.Value, fn.PCRE)
	if err != nil {
		l.wrong(w, "the regular expression cannot be compiled: %v", err)
	}
	return err == nil
}

func (l *lowerer) rex(c *syntax.Rex) {
	o := l.options(c, c.Options)
	field := o.text("field", event.RawField)
	mode := o.word("mode", "", "sed")
	most := o.number("max_match", 1, 0)
	offset := o.text("offset_field", "")
	o.done()
	if mode == "sed" {
		edits, err := sedEdits(c.Pattern.Value)
		if err != nil {
			l.wrong(c.Pattern, "%v", err)
			return
		}
		l.extend(plan.Named{Name: field, Expr: expr.F(fnSed(edits, c.Pattern.Value), expr.C(field))})
		return
	}
	if !l.pattern(c.Pattern) {
		return
	}
	re, _ := fn.CompileRegex(c.Pattern.Value, fn.PCRE)
	var items []plan.Named
	seen := map[string]bool{}
	for i, name := range re.Names() {
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		group := expr.F(fnRexGroup, expr.C(field), expr.Str(c.Pattern.Value), expr.L(event.IntOf(int64(i))), expr.L(event.IntOf(int64(most))))
		items = append(items, plan.Named{Name: name, Expr: expr.F(function.Lookup("coalesce"), group, expr.C(name))})
	}
	if len(items) == 0 {
		l.wrong(c.Pattern, "the regular expression has no named group, (?<name>…), so that it extracts nothing")
		return
	}
	if offset != "" {
		items = append(items, plan.Named{Name: offset, Expr: expr.F(fnRexOffsets, expr.C(field), expr.Str(c.Pattern.Value))})
	}
	l.extend(items...)
}

// fnRexGroup is what one group of a regular expression matched: the first match, or with a limit that is not 1 a
// multivalue of that many (0: all). A group that took no part gives null.
var fnRexGroup = &fn.Func{Name: "rex_group", Min: 4, Max: 4,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		re, err := fn.CompileRegex(args[1].Value.Str(), fn.PCRE)
		if err != nil {
			return nil, err
		}
		groups := groupsNamed(re, int(args[2].Value.Int()))
		most := int(args[3].Value.Int())
		return func(in []event.Value) event.Value {
			var out []event.Value
			var one [1]event.Value
			for _, v := range function.Values(in[0], &one) {
				s := function.Text(v)
				if most == 1 {
					if g := captured(s, re.Find(s), groups); !g.IsNull() {
						return g
					}
					continue
				}
				n := -1
				if most > 0 {
					n = most - len(out)
				}
				for _, at := range re.FindAll(s, n) {
					if g := captured(s, at, groups); !g.IsNull() {
						out = append(out, g)
					}
				}
				if most > 0 && len(out) >= most {
					break
				}
			}
			return function.List(out)
		}, nil
	}}

// groupsNamed returns the numbers of all groups that have the name of group i: alternatives may repeat a name.
func groupsNamed(re *fn.Regex, i int) []int {
	if re.Names()[i] == "" {
		return []int{i}
	}
	var out []int
	for j, name := range re.Names() {
		if name == re.Names()[i] {
			out = append(out, j)
		}
	}
	return out
}

func captured(s string, at []int, groups []int) event.Value {
	for _, g := range groups {
		if 2*g+1 < len(at) && at[2*g] >= 0 {
			return event.StringOf(s[at[2*g]:at[2*g+1]])
		}
	}
	return event.NullValue
}

// fnRexOffsets says where the groups matched: "name=from-to", joined by &.
var fnRexOffsets = &fn.Func{Name: "rex_offsets", Min: 2, Max: 2,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		re, err := fn.CompileRegex(args[1].Value.Str(), fn.PCRE)
		if err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value {
			s := function.Text(in[0])
			at := re.Find(s)
			if at == nil {
				return event.NullValue
			}
			var parts []string
			for i, name := range re.Names() {
				if name != "" && at[2*i] >= 0 {
					parts = append(parts, name+"="+strconv.Itoa(at[2*i])+"-"+strconv.Itoa(max(at[2*i+1]-1, at[2*i])))
				}
			}
			return event.StringOf(strings.Join(parts, "&"))
		}, nil
	}}

// A sedEdit is one s/…/…/ or y/…/…/ of rex mode=sed.
type sedEdit struct {
	re     *fn.Regex
	by     *fn.Replacement
	all    bool
	nth    int // which occurrence, from 1; 0: the first
	chars  map[rune]rune
	source string
}

// sedEdits reads the argument of rex mode=sed.
func sedEdits(s string) ([]sedEdit, error) {
	var out []sedEdit
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " \t;") {
		if len(s) < 4 || s[0] != 's' && s[0] != 'y' {
			return nil, errSed
		}
		kind, sep := s[0], s[1]
		from, rest, ok := cutSed(s[2:], sep)
		if !ok {
			return nil, errSed
		}
		to, rest, ok := cutSed(rest, sep)
		if !ok {
			return nil, errSed
		}
		flags := rest[:len(rest)-len(strings.TrimLeft(rest, "gGiI0123456789"))]
		s = rest[len(flags):]
		e := sedEdit{source: from}
		if kind == 'y' {
			a, b := []rune(from), []rune(to)
			if len(a) != len(b) {
				return nil, errSed
			}
			e.chars = map[rune]rune{}
			for i := range a {
				e.chars[a[i]] = b[i]
			}
			out = append(out, e)
			continue
		}
		if strings.ContainsAny(flags, "iI") {
			from = "(?i)" + from
		}
		e.all = strings.ContainsAny(flags, "gG")
		if n := digitsIn.FindString(flags); n != "" {
			e.nth, _ = strconv.Atoi(n)
		}
		re, err := fn.CompileRegex(from, fn.PCRE)
		if err != nil {
			return nil, err
		}
		e.re, e.by = re, fn.BackslashReplacement(to)
		out = append(out, e)
	}
	return out, nil
}

var digitsIn = regexp.MustCompile(`[0-9]+`)

var errSed = sedError{}

type sedError struct{}

func (sedError) Error() string {
	return "a sed expression is s/regex/replacement/flags or y/characters/characters/"
}

// cutSed splits at the first separator that no backslash precedes; \sep is the separator itself.
func cutSed(s string, sep byte) (before, after string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != sep {
				b.WriteByte('\\')
			}
			i++
		case s[i] == sep:
			return b.String(), s[i+1:], true
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

func (e *sedEdit) apply(s string) string {
	switch {
	case e.chars != nil:
		return strings.Map(func(r rune) rune {
			if to, ok := e.chars[r]; ok {
				return to
			}
			return r
		}, s)
	case e.all && e.nth == 0:
		return e.re.ReplaceAll(s, e.by)
	}
	nth := max(e.nth, 1)
	matches := e.re.FindAll(s, nth)
	if len(matches) < nth {
		return s
	}
	at := matches[nth-1]
	out := e.by.Append([]byte(s[:at[0]]), s, at)
	return string(append(out, s[at[1]:]...))
}

func fnSed(edits []sedEdit, source string) *fn.Func {
	return &fn.Func{Name: "sed " + strconv.Quote(source), Min: 1, Max: 1, Row: func(in []event.Value) event.Value {
		return perValue(in[0], func(v event.Value) event.Value {
			s := function.Text(v)
			for i := range edits {
				s = edits[i].apply(s)
			}
			return event.StringOf(s)
		})
	}}
}
