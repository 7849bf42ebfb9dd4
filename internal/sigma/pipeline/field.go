package pipeline

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// A renamer gives the names that take the place of a field's name ("" for keywords, which have none), or false to leave it.
type renamer interface {
	names(field string) ([]string, bool)
}

// fieldMapping maps whole names.
type fieldMapping struct{ of map[string][]string }

// keyword is how a mapping names what has no field.
const keyword = ""

func newFieldMapping(p *params) transformation { return &fieldMapping{p.rd.mapping(p.need("mapping"))} }

// mapping reads a mapping of names to a name or a list of names.
func (rd *reader) mapping(n *yaml.Node) map[string][]string {
	out := map[string][]string{}
	if n.Kind != yaml.MappingNode {
		rd.fail("SIG1022", n, "mapping is a mapping of names")
		return out
	}
	rd.doc.Pairs(n, func(k, v *yaml.Node) {
		key := k.Value
		if k.Tag == "!!null" {
			key = keyword
		}
		out[key] = rd.texts(v)
	})
	return out
}

func (t *fieldMapping) names(field string) ([]string, bool) {
	to, ok := t.of[field]
	return to, ok
}

func (t *fieldMapping) apply(r *run, s *step) { renameFields(r, s, t) }

// prefixMapping maps the beginnings of names; the first that fits counts.
type prefixMapping struct {
	from []string
	to   [][]string
}

func newPrefixMapping(p *params) transformation {
	t := &prefixMapping{}
	n := p.need("mapping")
	if n.Kind != yaml.MappingNode {
		p.rd.fail("SIG1022", n, "mapping is a mapping of prefixes")
	}
	p.rd.doc.Pairs(n, func(k, v *yaml.Node) { t.from, t.to = append(t.from, k.Value), append(t.to, p.rd.texts(v)) })
	return t
}

func (t *prefixMapping) names(field string) ([]string, bool) {
	for i, prefix := range t.from {
		if rest, ok := strings.CutPrefix(field, prefix); ok && field != keyword {
			var out []string
			for _, to := range t.to[i] {
				out = append(out, to+rest)
			}
			return out, true
		}
	}
	return nil, false
}

func (t *prefixMapping) apply(r *run, s *step) { renameFields(r, s, t) }

// rename puts something before or behind every name.
type rename struct{ prefix, suffix string }

func (t *rename) names(field string) ([]string, bool) {
	return []string{t.prefix + field + t.suffix}, field != keyword
}

func (t *rename) apply(r *run, s *step) { renameFields(r, s, t) }

// renameFields renames the fields of searches, references in values, the rule's list of fields, and what a correlation groups by.
func renameFields(r *run, s *step, t renamer) {
	renamed := func(field string) ([]string, bool) {
		to, ok := t.names(field)
		if !ok || !s.field.holds(func(c condition) bool { return c.(fieldCondition).ofField(r, nil, field) }) {
			return []string{field}, false
		}
		for _, name := range to {
			if r.fields[name] == nil {
				r.fields[name] = map[string]bool{}
			}
			r.fields[name][s.id] = true
		}
		return to, true
	}
	list := func(fields []string) []string {
		var out []string
		for _, f := range fields {
			to, _ := renamed(f)
			out = append(out, to...)
		}
		return out
	}
	r.rule.Fields = list(r.rule.Fields)
	if c := r.rule.Correlation; c != nil {
		renameCorrelation(r, c, renamed)
		return
	}
	for _, c := range r.detection().Conditions {
		if c.Pipe == nil {
			continue
		}
		c.Pipe.By = list(c.Pipe.By)
		if to, ok := renamed(c.Pipe.Field); ok && len(to) == 1 && c.Pipe.Field != "" {
			c.Pipe.Field = to[0]
		}
	}
	r.each(s, func(it *syntax.Item) syntax.Node {
		if refers(it) {
			var values []syntax.Value
			for _, v := range it.Values {
				to, ok := renamed(v.Text)
				if ok {
					r.mark(it, s)
				}
				for _, name := range to {
					v.Text = name
					values = append(values, v)
				}
			}
			it.Values = values
		}
		to, ok := renamed(it.Field)
		if !ok {
			return it
		}
		if it.Field == keyword { // a keyword stands anywhere in the text of its new field
			contain(it)
		}
		if len(to) == 0 {
			return nil
		}
		if len(to) == 1 {
			it.Field = to[0]
			r.mark(it, s)
			return it
		}
		any := &syntax.Any{}
		for _, name := range to {
			c := copyNode(it).(*syntax.Item)
			c.Field = name
			for id := range r.items[it] {
				r.mark(c, &step{id: id})
			}
			r.mark(c, s)
			any.Tests = append(any.Tests, c)
		}
		return any
	})
}

// contain makes an item look for its values anywhere in its field.
func contain(it *syntax.Item) {
	for _, m := range it.Modifiers {
		if strings.EqualFold(m.Name, "re") || slices.Contains([]string{"contains", "startswith", "endswith"}, strings.ToLower(m.Name)) {
			return
		}
	}
	it.Modifiers = append(it.Modifiers, syntax.Modifier{Name: "contains", Span: it.Span})
}

func renameCorrelation(r *run, c *syntax.Correlation, renamed func(string) ([]string, bool)) {
	one := func(field string) string {
		to, _ := renamed(field)
		if len(to) != 1 {
			r.fail("SIG2013", c.Span, "the pipeline makes %d fields of %s, which a correlation has one of", len(to), field)
			return field
		}
		return to[0]
	}
	alias := map[string]bool{}
	for i, a := range c.Aliases {
		alias[a.Name] = true
		for j, f := range a.Fields {
			c.Aliases[i].Fields[j].Field = one(f.Field)
		}
	}
	var by []string
	for _, g := range c.GroupBy {
		if alias[g] {
			by = append(by, g)
			continue
		}
		to, _ := renamed(g)
		by = append(by, to...)
	}
	c.GroupBy = by
	for i, f := range c.Field {
		if !alias[f] {
			c.Field[i] = one(f)
		}
	}
}

type dropItem struct{}

func (dropItem) apply(r *run, s *step) { r.each(s, func(*syntax.Item) syntax.Node { return nil }) }

// setFields changes the list of fields that a rule wants to show.
type setFields struct {
	add, remove, set []string
	all              bool
}

func (t *setFields) apply(r *run, _ *step) {
	if t.all {
		r.rule.Fields = slices.Clone(t.set)
		return
	}
	r.rule.Fields = slices.DeleteFunc(append(r.rule.Fields, t.add...), func(f string) bool { return slices.Contains(t.remove, f) })
}

// strictMapping refuses rules with a field that no mapping has been applied to.
type strictMapping struct{}

func (strictMapping) apply(r *run, s *step) {
	r.each(s, func(it *syntax.Item) syntax.Node {
		if it.Field != keyword && len(r.fields[it.Field]) == 0 {
			r.fail("SIG2012", it.Span, "the pipeline demands that every field is mapped, and %s is not", it.Field)
		}
		return it
	})
}
