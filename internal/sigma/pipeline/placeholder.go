package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// which chooses placeholders by name; nil lists choose all.
type which struct{ include, exclude []string }

func newWhich(p *params) which {
	var w which
	in, ex := p.take("include"), p.take("exclude")
	if in != nil && ex != nil {
		p.rd.fail("SIG1022", ex, "include and exclude exclude each other")
	}
	if in != nil {
		w.include = append([]string{}, p.rd.texts(in)...)
	}
	if ex != nil {
		w.exclude = append([]string{}, p.rd.texts(ex)...)
	}
	return w
}

func (w which) takes(name string) bool {
	return (w.include == nil || slices.Contains(w.include, name)) && !slices.Contains(w.exclude, name)
}

// placeholder finds %name%; a backslash takes the meaning of the first % away.
var placeholder = regexp.MustCompile(`\\%|%([^%\s]+)%`)

func expands(it *syntax.Item) bool { return modified(it, []string{"expand"}) }

// placeholders replaces placeholders by the values of variables, or by wildcards.
type placeholders struct {
	kind string
	which
}

// maxValues bounds what the placeholders of one value can become.
const maxValues = 5000

func (t *placeholders) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if !expands(it) {
			return it
		}
		var out []syntax.Value
		left := false
		for _, v := range it.Values {
			texts, rest := []string{""}, v.Text
			for {
				loc := placeholder.FindStringSubmatchIndex(rest)
				if loc == nil {
					break
				}
				by := []string{rest[loc[0]:loc[1]]} // an escape, or a placeholder of another step
				if loc[2] >= 0 {
					if name := rest[loc[2]:loc[3]]; t.takes(name) {
						if by = t.values(r, it, v, name); by == nil {
							return it
						}
					} else {
						left = true
					}
				}
				var next []string
				for _, head := range texts {
					for _, b := range by {
						next = append(next, head+rest[:loc[0]]+b)
					}
				}
				if texts, rest = next, rest[loc[1]:]; len(texts) > maxValues {
					r.fail("SIG4007", v.Span, "the placeholders have more than %d values", maxValues)
					return it
				}
			}
			for _, head := range texts {
				v.Text = head + rest
				out = append(out, v)
			}
		}
		it.Values, it.Listed = out, it.Listed || len(out) > 1
		if !left {
			for i := range it.Values {
				it.Values[i].Text = strings.ReplaceAll(it.Values[i].Text, `\%`, "%")
			}
			it.Modifiers = slices.DeleteFunc(it.Modifiers, func(m syntax.Modifier) bool { return strings.EqualFold(m.Name, "expand") })
		}
		r.mark(it, s)
		return it
	})
}

// values returns what takes the place of a placeholder; nil when that cannot be, which has been said.
func (t *placeholders) values(r *run, it *syntax.Item, v syntax.Value, name string) []string {
	if t.kind == "wildcard" {
		if modified(it, []string{"re"}) {
			return []string{".*"}
		}
		return []string{"*"}
	}
	values, ok := r.p.vars[name]
	if !ok {
		var names []string
		for n := range r.p.vars {
			names = append(names, n)
		}
		r.fail("SIG3004", v.Span, "the pipelines have no variable %s for the placeholder%s", name, nearest(name, names))
		return nil
	}
	if len(values) == 0 {
		r.fail("SIG3004", v.Span, "the variable %s has no values", name)
		return nil
	}
	return values
}

// queryExpression stands for a membership in a list that the target platform keeps. Here the list is a lookup table of that name: the
// placeholder gets the name, and is expanded from the table.
type queryExpression struct {
	which
	mapping map[string]string
}

func newQueryExpression(p *params) transformation {
	t := &queryExpression{which: newWhich(p), mapping: map[string]string{}}
	p.need("expression")
	if n := p.take("mapping"); n != nil {
		p.rd.doc.Pairs(n, func(k, v *yaml.Node) { t.mapping[k.Value] = v.Value })
	}
	return t
}

func (t *queryExpression) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if !expands(it) {
			return it
		}
		for i, v := range it.Values {
			loc := placeholder.FindStringSubmatchIndex(v.Text)
			if loc == nil || loc[2] < 0 || !t.takes(v.Text[loc[2]:loc[3]]) {
				continue
			}
			if loc[0] != 0 || loc[1] != len(v.Text) {
				r.fail("SIG2013", v.Span, "a placeholder that becomes an expression stands alone in its value")
				continue
			}
			name := v.Text[loc[2]:loc[3]]
			if to := t.mapping[name]; to != "" {
				name = to
			}
			it.Values[i].Text = "%" + name + "%"
			r.note("SIG5009", v.Span, "the expression of the pipeline is read as: the value is in the list %s", name)
			r.mark(it, s)
		}
		return it
	})
}
