package pipeline

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// Steps that work on values see them as converters do: with the wildcards that contains, startswith and endswith stand for.

// notText are modifiers after which a value is no text: a number, a network, an expression, a reference.
var notText = []string{"re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"}

// encoders are modifiers that come between the value as written and the text that is looked for. Values under them are left as written.
var encoders = []string{"base64", "base64offset", "wide", "utf16", "utf16le", "utf16be", "windash"}

func modified(it *syntax.Item, by []string) bool {
	return slices.ContainsFunc(it.Modifiers, func(m syntax.Modifier) bool { return slices.Contains(by, strings.ToLower(m.Name)) })
}

func isText(it *syntax.Item, v syntax.Value) bool {
	return v.Kind == syntax.Text && !modified(it, notText)
}

// place returns which ends of a value are open.
func place(it *syntax.Item) (before, behind bool) {
	for _, m := range it.Modifiers {
		switch strings.ToLower(m.Name) {
		case "contains":
			return true, true
		case "startswith":
			behind = true
		case "endswith":
			before = true
		}
	}
	return before, behind
}

// pattern returns a value with the wildcards of its place.
func pattern(it *syntax.Item, v syntax.Value) syntax.Pattern {
	p := syntax.ParsePattern(v.Text)
	if before, behind := place(it); (before || behind) && !modified(it, notText) {
		return p.Wrap(before, behind)
	}
	return p
}

// shown returns a value as pySigma writes it for expressions to look at: backslashes as they are, wildcards that are none escaped.
func shown(it *syntax.Item, v syntax.Value) string {
	if !isText(it, v) {
		return v.Text
	}
	var b strings.Builder
	for _, part := range pattern(it, v) {
		if part.Wild != 0 {
			b.WriteByte(part.Wild)
			continue
		}
		for i := range len(part.Text) {
			if c := part.Text[i]; c == '*' || c == '?' {
				b.WriteByte('\\')
			}
			b.WriteByte(part.Text[i])
		}
	}
	return b.String()
}

var loneBackslash = regexp.MustCompile(`\\([^*?]|$)`)

// unshown reads back what an expression has made of a shown value.
func unshown(s string) string { return loneBackslash.ReplaceAllString(s, `\\$1`) }

// setPatterns writes values with the wildcards of their place, and takes the modifiers of place away.
func setPatterns(it *syntax.Item) {
	if before, behind := place(it); !before && !behind || modified(it, notText) {
		return
	}
	for i, v := range it.Values {
		if v.Kind != syntax.Null {
			it.Values[i].Text, it.Values[i].Kind = pattern(it, v).String(), syntax.Text
		}
	}
	it.Modifiers = slices.DeleteFunc(it.Modifiers, func(m syntax.Modifier) bool {
		return slices.Contains([]string{"contains", "startswith", "endswith"}, strings.ToLower(m.Name))
	})
}

// mapTexts replaces texts: f is given a value as shown and returns what takes its place, with wildcards and escapes as rules write them.
func mapTexts(r *run, s *step, f func(it *syntax.Item, v syntax.Value, shown string) ([]syntax.Value, bool)) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		type change struct {
			values []syntax.Value
			ok     bool
		}
		changes := make([]change, len(it.Values))
		any := false
		for i, v := range it.Values {
			if v.Kind == syntax.Null || modified(it, notText) {
				continue
			}
			changes[i].values, changes[i].ok = f(it, v, shown(it, v))
			any = any || changes[i].ok
		}
		if !any {
			return it
		}
		if modified(it, encoders) {
			r.note("SIG5009", it.Span, "the pipeline changes values that are encoded afterwards: it sees them as the rule has them")
		}
		setPatterns(it)
		var out []syntax.Value
		for i, v := range it.Values {
			if changes[i].ok {
				out = append(out, changes[i].values...)
			} else {
				out = append(out, v)
			}
		}
		it.Values = out
		r.mark(it, s)
		if len(out) == 0 {
			return nil
		}
		return it
	})
}

type replaceString struct {
	re              *fn.Regex
	by              *fn.Replacement
	skip, interpret bool
}

var namedGroup = regexp.MustCompile(`\\g<(\w+)>`)

func newReplaceString(p *params) transformation {
	t := &replaceString{}
	if n := p.need("regex"); n.Value != "" {
		t.re = p.rd.regex(n, n.Value)
	}
	by := p.need("replacement").Value
	if t.re != nil {
		names := t.re.Names()
		by = namedGroup.ReplaceAllStringFunc(by, func(m string) string {
			name := m[3 : len(m)-1]
			if i := slices.Index(names, name); i >= 0 {
				return `\` + strconv.Itoa(i)
			}
			return `\` + name
		})
	}
	t.by = fn.BackslashReplacement(by)
	t.skip, t.interpret = p.flag("skip_special"), p.flag("interpret_special")
	return t
}

func (t *replaceString) apply(r *run, s *step) {
	if t.re == nil {
		return
	}
	mapTexts(r, s, func(it *syntax.Item, v syntax.Value, shown string) ([]syntax.Value, bool) {
		if t.skip && v.Kind == syntax.Text {
			p := slices.Clone(pattern(it, v))
			changed := false
			var text strings.Builder
			for _, part := range p {
				if part.Wild != 0 {
					text.WriteByte(part.Wild)
					continue
				}
				replaced := t.re.ReplaceAll(part.Text, t.by)
				changed = changed || replaced != part.Text
				if t.interpret {
					text.WriteString(unshown(replaced))
				} else {
					text.WriteString(syntax.Pattern{{Text: replaced}}.String())
				}
			}
			v.Text = text.String()
			return []syntax.Value{v}, changed
		}
		replaced := t.re.ReplaceAll(shown, t.by)
		if replaced == shown {
			return nil, false
		}
		v.Text, v.Kind = unshown(replaced), syntax.Text
		return []syntax.Value{v}, true
	})
}

type mapString struct{ of map[string][]string }

func newMapString(p *params) transformation { return &mapString{p.rd.mapping(p.need("mapping"))} }

func (t *mapString) apply(r *run, s *step) {
	mapTexts(r, s, func(_ *syntax.Item, v syntax.Value, shown string) ([]syntax.Value, bool) {
		to, ok := t.of[shown]
		if !ok || v.Kind != syntax.Text {
			return nil, false
		}
		var out []syntax.Value
		for _, x := range to {
			v.Text = x
			out = append(out, v)
		}
		return out, true
	})
}

type setValue struct{ v syntax.Value }

func newSetValue(p *params) transformation {
	n := p.need("value")
	t := &setValue{syntax.Value{Text: n.Value}}
	switch n.Tag {
	case "!!null":
		t.v = syntax.Value{Kind: syntax.Null}
	case "!!bool":
		t.v.Kind = syntax.Bool
	case "!!int", "!!float":
		t.v.Kind = syntax.Number
	}
	if n.Kind != yaml.ScalarNode {
		p.rd.fail("SIG1022", n, "value is one value")
	}
	switch f := p.take("force_type"); {
	case f == nil:
	case f.Value == "str":
		t.v.Kind = syntax.Text
	case f.Value == "num":
		if _, err := strconv.ParseFloat(n.Value, 64); err != nil {
			p.rd.fail("SIG1022", n, "%q is no number", n.Value)
		}
		t.v.Kind = syntax.Number
	default:
		p.rd.fail("SIG1022", f, "force_type is str or num, not %q", f.Value)
	}
	return t
}

func (t *setValue) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if len(it.Values) == 0 {
			return it
		}
		v := t.v
		v.Span = it.Values[0].Span
		it.Values = []syntax.Value{v}
		it.Modifiers = slices.DeleteFunc(it.Modifiers, func(m syntax.Modifier) bool { return !strings.EqualFold(m.Name, "neq") })
		r.mark(it, s)
		return it
	})
}

type convertType struct{ to string }

func (t *convertType) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		for i, v := range it.Values {
			switch {
			case v.Kind == syntax.Null:
			case t.to == "str":
				it.Values[i].Kind = syntax.Text
			default:
				if _, err := strconv.ParseFloat(v.Text, 64); err != nil {
					r.fail("SIG2013", v.Span, "the pipeline makes numbers of values, and %q is none", v.Text)
					continue
				}
				it.Values[i].Kind = syntax.Number
			}
		}
		r.mark(it, s)
		return it
	})
}

type changeCase struct{ method string }

func (t *changeCase) apply(r *run, s *step) {
	change := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper, "snake_case": snake}[t.method]
	mapTexts(r, s, func(it *syntax.Item, v syntax.Value, _ string) ([]syntax.Value, bool) {
		if v.Kind != syntax.Text {
			return nil, false
		}
		p := slices.Clone(pattern(it, v))
		for i := range p {
			p[i].Text = change(p[i].Text)
		}
		v.Text = p.String()
		return []syntax.Value{v}, true
	})
}

// snake writes FooBar as foo_bar.
func snake(s string) string {
	var b strings.Builder
	prev := rune(0)
	for _, r := range s {
		if unicode.IsUpper(r) && (unicode.IsLower(prev) || unicode.IsDigit(prev)) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		prev = r
	}
	return b.String()
}

// toRegex makes regular expressions of texts, which fit the whole value as the text did.
type toRegex struct{ method string }

func (t *toRegex) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if modified(it, notText) || modified(it, encoders) || slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return v.Kind != syntax.Text || v.Text == "" }) {
			return it
		}
		for i, v := range it.Values {
			var b strings.Builder
			b.WriteString("^")
			for _, part := range pattern(it, v) {
				switch {
				case part.Wild == '*':
					b.WriteString(".*")
				case part.Wild == '?':
					b.WriteByte('.')
				case t.method == "ignore_case_brackets":
					for _, c := range part.Text {
						if lo, up := unicode.ToLower(c), unicode.ToUpper(c); lo != up {
							b.WriteString("[" + string(lo) + string(up) + "]")
						} else {
							b.WriteString(regexp.QuoteMeta(string(c)))
						}
					}
				default:
					b.WriteString(regexp.QuoteMeta(part.Text))
				}
			}
			it.Values[i].Text = b.String() + "$"
		}
		it.Modifiers = slices.DeleteFunc(it.Modifiers, func(m syntax.Modifier) bool {
			return slices.Contains([]string{"contains", "startswith", "endswith", "cased"}, strings.ToLower(m.Name))
		})
		it.Modifiers = append(it.Modifiers, syntax.Modifier{Name: "re", Span: it.Span}, syntax.Modifier{Name: "s", Span: it.Span})
		if t.method == "ignore_case_flag" {
			it.Modifiers = append(it.Modifiers, syntax.Modifier{Name: "i", Span: it.Span})
		}
		r.mark(it, s)
		return it
	})
}

// hashesFields makes a field of each kind of hash out of Hashes.
type hashesFields struct {
	valid  []string
	prefix string
	bare   bool
}

func newHashesFields(p *params) transformation {
	return &hashesFields{valid: p.rd.texts(p.need("valid_hash_algos")), prefix: p.str("field_prefix"), bare: p.flag("drop_algo_prefix")}
}

var hashLengths = map[int]string{32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}

func (t *hashesFields) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return !isText(it, v) }) {
			return it
		}
		any := &syntax.Any{}
		by := map[string]*syntax.Item{}
		for _, v := range it.Values {
			hash := strings.Trim(v.Text, "*")
			algo, rest, ok := strings.Cut(hash, "=")
			if !ok {
				algo, rest, ok = strings.Cut(hash, "|")
			}
			if ok {
				algo, hash = strings.ToUpper(algo), rest
			} else {
				algo = hashLengths[len(hash)]
			}
			if !slices.Contains(t.valid, algo) {
				continue
			}
			field := t.prefix + algo
			if t.bare {
				field = t.prefix
			}
			if by[field] == nil {
				by[field] = &syntax.Item{Field: field, Listed: true, Span: it.Span}
				any.Tests = append(any.Tests, by[field])
				r.mark(by[field], s)
			}
			v.Text = hash
			by[field].Values = append(by[field].Values, v)
		}
		if len(any.Tests) == 0 {
			r.fail("SIG2013", it.Span, "the pipeline knows none of these kinds of hashes: it has %s", strings.Join(t.valid, ", "))
			return it
		}
		return any
	})
}
