package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

var (
	// unescaped characters with a meaning in regular expressions.
	meaning = regexp.MustCompile(`\\[wWdDsSbBAzZpPnrtxu0-9]|(?:^|[^\\])(?:\\\\)*[.^$*+?()\[\]{}|]`)
	dashes  = regexp.MustCompile(`(?:^|[^\w])[-/\x{2013}\x{2014}\x{2015}]\w`)
)

// places are the modifiers that say where in the field a value stands.
var places = []string{"contains", "startswith", "endswith"}

// item checks one comparison of a field with values.
func (c *checker) item(it *syntax.Item) {
	mods := make([]string, len(it.Modifiers))
	for i, m := range it.Modifiers {
		mods[i] = strings.ToLower(m.Name)
	}
	c.modifiers(it, mods)
	plain := !has(mods, "re") && !has(mods, "cidr") && !has(mods, "exists") && !has(mods, "fieldref") && !has(mods, "gt") && !has(mods, "gte") && !has(mods, "lt") && !has(mods, "lte")
	c.duplicates(it, mods, plain)
	for _, v := range it.Values {
		if strings.ContainsFunc(v.Text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }) {
			c.warn("SIG5310", v.Span, "the value holds a control character: a backslash in double quotes is an escape of YAML")
		}
		if has(mods, "re") {
			c.regex(v)
		}
	}
	if !plain {
		return
	}
	place := ""
	for _, p := range places {
		if has(mods, p) {
			place = p
		}
	}
	c.wildcards(it, mods, place)
}

func (c *checker) modifiers(it *syntax.Item, mods []string) {
	at := func(name string) int { return slices.Index(mods, name) }
	repeated(mods, func(i, _ int) { c.warn("SIG5311", it.Modifiers[i].Span, "the modifier %s stands there twice", mods[i]) })
	if i := at("all"); i >= 0 {
		switch {
		case len(it.Values) == 1:
			c.warn("SIG5311", it.Modifiers[i].Span, "all of one value is that value")
		case it.Field != "" && !slices.ContainsFunc([]string{"contains", "startswith", "endswith", "re", "cidr", "neq", "base64", "base64offset", "fieldref", "exists", "gt", "gte", "lt", "lte"}, func(s string) bool { return has(mods, s) }) && !wild(it):
			c.warn("SIG5311", it.Modifiers[i].Span, "a field is equal to one value at a time: all goes with contains")
		}
	}
	if i := at("base64offset"); i >= 0 && at("contains") < 0 {
		c.warn("SIG5311", it.Modifiers[i].Span, "what base64offset gives is a part of the text: it goes with contains")
	}
	for _, p := range places {
		if i := at(p); i >= 0 && at("re") >= 0 {
			c.warn("SIG5311", it.Modifiers[i].Span, "a regular expression says itself where it stands: %s means nothing beside re", p)
		}
	}
	if at("contains") >= 0 && (at("startswith") >= 0 || at("endswith") >= 0) || at("startswith") >= 0 && at("endswith") >= 0 {
		c.warn("SIG5311", it.Span, "of contains, startswith and endswith one counts: the last")
	}
	if i := at("windash"); i >= 0 && !slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return dashes.MatchString(v.Text) }) {
		c.note("SIG5311", it.Modifiers[i].Span, "no value has a dash before a letter: windash changes nothing")
	}
	if i := at("cased"); i >= 0 && !slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return strings.ToLower(v.Text) != strings.ToUpper(v.Text) }) {
		c.note("SIG5311", it.Modifiers[i].Span, "no value has a letter: cased changes nothing")
	}
	if i := at("re"); i >= 0 && at("cased") >= 0 {
		c.note("SIG5311", it.Modifiers[at("cased")].Span, "regular expressions have case without cased")
	}
}

func wild(it *syntax.Item) bool {
	return slices.ContainsFunc(it.Values, func(v syntax.Value) bool { _, ok := syntax.ParsePattern(v.Text).Plain(); return !ok })
}

// duplicates finds values that stand in a list twice, and those that another one takes in.
func (c *checker) duplicates(it *syntax.Item, mods []string, plain bool) {
	key := func(v syntax.Value) string {
		s := v.Text
		if plain && !has(mods, "cased") && !has(mods, "base64") && !has(mods, "base64offset") {
			s = strings.ToLower(s)
		}
		return fmt.Sprint(v.Kind == syntax.Null, s)
	}
	texts := make([]string, len(it.Values))
	for i, v := range it.Values {
		texts[i] = key(v)
	}
	repeated(texts, func(i, first int) {
		c.warn("SIG5312", it.Values[i].Span, "the value %q stands in the list already", it.Values[first].Text)
	})
	if !plain || has(mods, "all") || has(mods, "base64") || has(mods, "base64offset") || has(mods, "windash") || has(mods, "expand") || len(it.Values) > 500 {
		return
	}
	test := map[string]func(a, b string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix}
	for _, p := range places {
		if !has(mods, p) {
			continue
		}
		for i, v := range it.Values {
			for j, w := range it.Values {
				a, b := texts[i], texts[j]
				if i == j || a == b || v.Kind == syntax.Null || w.Kind == syntax.Null || strings.ContainsAny(v.Text+w.Text, "*?") {
					continue
				}
				if test[p](strings.TrimPrefix(a, "false"), strings.TrimPrefix(b, "false")) {
					c.note("SIG5313", v.Span, "%q is found already where %q is looked for", v.Text, w.Text)
					break
				}
			}
		}
	}
}

// wildcards looks at the wildcards of values: those that a modifier says better, and those that change nothing.
func (c *checker) wildcards(it *syntax.Item, mods []string, place string) {
	better := map[string]int{}
	texts := 0
	for _, v := range it.Values {
		p := syntax.ParsePattern(v.Text)
		if v.Kind != syntax.Text {
			continue
		}
		texts++
		if strings.Contains(strings.ReplaceAll(v.Text, `\*`, ""), "**") {
			c.note("SIG5314", v.Span, "two * say no more than one")
		}
		n := len(p)
		head, tail := n > 0 && p[0].Wild == '*', n > 1 && p[n-1].Wild == '*'
		inner := slices.ContainsFunc(p[min(n, b2i(head)):max(min(n, b2i(head)), n-b2i(tail))], func(x syntax.Part) bool { return x.Wild != 0 })
		switch {
		case place != "" && n == 0:
			c.warn("SIG5315", v.Span, "every value there is fits an empty text: write exists, or '*'")
		case n == 1 && head && place != "":
			c.warn("SIG5315", v.Span, "every value there is fits *")
		case it.Field == "" && (head || tail):
			c.note("SIG5314", v.Span, "a keyword is looked for anywhere in the event: * at its ends says nothing")
		case head && (place == "contains" || place == "endswith") || tail && (place == "contains" || place == "startswith"):
			c.note("SIG5314", v.Span, "%s puts the * there already", place)
		case place != "" || it.Field == "" || inner || n < 2:
		case head && tail:
			better["contains"]++
		case head:
			better["endswith"]++
		case tail:
			better["startswith"]++
		}
	}
	for mod, n := range better {
		if n == texts {
			c.note("SIG5316", it.Span, "a value between wildcards is what %s is for: %s|%s", mod, it.Field, mod)
		}
	}
	if place == "" && strings.EqualFold(it.Field, "EventID") {
		for _, v := range it.Values {
			if v.Kind == syntax.Text && v.Text != "" && strings.Trim(v.Text, "0123456789") == "" {
				c.note("SIG5317", v.Span, "an EventID is a number: write it without quotes")
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// regex looks at a regular expression that could be less.
func (c *checker) regex(v syntax.Value) {
	s := v.Text
	switch {
	case !meaning.MatchString(s):
		c.note("SIG5318", v.Span, "the regular expression is plain text: contains says the same, whatever the case of letters")
	case (strings.HasPrefix(s, ".*") && !strings.HasPrefix(s, ".*?") || strings.HasSuffix(s, ".*") && !strings.HasSuffix(s, `\.*`)) && s != ".*":
		c.note("SIG5318", v.Span, "a regular expression finds its text anywhere: .* at its ends only costs time")
	}
}
