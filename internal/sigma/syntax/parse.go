package syntax

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// Parse reads one document. It is nil when the text is none; diagnostics say what is wrong.
func Parse(src *text.Source) (*Rule, text.Diagnostics) {
	doc, ds := Read(src)
	if doc == nil {
		return nil, ds
	}
	p := doc.p
	r := p.rule(doc.Root)
	if p.ds.HasErrors() {
		return nil, p.ds
	}
	return r, p.ds
}

// Split returns the documents of a text that a line --- divides, without those that hold nothing.
func Split(src *text.Source) []*text.Source {
	var out []*text.Source
	add := func(from, to int) {
		for _, line := range strings.Split(src.Text[from:to], "\n") {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line != "..." {
				out = append(out, src.Derive(src.Text[from:to], []text.Piece{{At: 0, From: from}}))
				return
			}
		}
	}
	start, at := 0, 0
	for line := range strings.Lines(src.Text) {
		if t := strings.TrimRight(line, " \t\r\n"); t == "---" {
			add(start, at)
			start = at + len(line)
		}
		at += len(line)
	}
	add(start, len(src.Text))
	return out
}

func str(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

func (p *parser) names(n *yaml.Node) []Named {
	if p.spent(n) {
		return nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if s := str(n); s != "" {
			return []Named{{s, p.span(n)}}
		}
	case yaml.SequenceNode:
		var out []Named
		for _, c := range n.Content {
			if c = p.resolve(c); c.Kind == yaml.ScalarNode {
				out = append(out, p.names(c)...)
			} else {
				p.fail("SIG1003", p.span(c), "expected a name")
			}
		}
		return out
	default:
		p.fail("SIG1003", p.span(n), "expected a name or a list of names")
	}
	return nil
}

func plainNames(ns []Named) []string {
	var out []string
	for _, n := range ns {
		out = append(out, n.Name)
	}
	return out
}

func (p *parser) rule(n *yaml.Node) *Rule {
	r := &Rule{Span: p.span(n)}
	generate := false
	p.pairs(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "title":
			r.Title = str(v)
		case "id":
			r.ID = str(v)
		case "name":
			r.Name = str(v)
		case "fields":
			if v.Kind == yaml.SequenceNode {
				r.Fields = plainNames(p.names(v))
			}
		case "logsource":
			r.LogSource = p.logSource(v)
		case "detection":
			r.Detection = p.detection(v)
		case "correlation":
			r.Correlation = p.correlation(v)
		case "generate":
			generate = strings.EqualFold(str(v), "true")
		case "filter":
			r.Filter = p.filter(v)
		}
	})
	// The schema of the specification has generate beside correlation, its text within.
	if generate && r.Correlation != nil {
		r.Correlation.Generate = true
	}
	n0 := 0
	for _, have := range []bool{r.Detection != nil, r.Correlation != nil, r.Filter != nil} {
		if have {
			n0++
		}
	}
	if n0 != 1 && !p.ds.HasErrors() {
		p.fail("SIG1004", r.Span, "a document has one of detection, correlation and filter")
	}
	return r
}

func (p *parser) logSource(n *yaml.Node) LogSource {
	l := LogSource{Span: p.span(n)}
	if n.Kind != yaml.MappingNode {
		p.fail("SIG1005", l.Span, "logsource is a mapping")
		return l
	}
	p.pairs(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "product":
			l.Product = str(v)
		case "category":
			l.Category = str(v)
		case "service":
			l.Service = str(v)
		}
	})
	return l
}

func (p *parser) detection(n *yaml.Node) *Detection {
	d := &Detection{}
	if n.Kind != yaml.MappingNode {
		p.fail("SIG1006", p.span(n), "detection is a mapping")
		return d
	}
	seen := map[string]bool{}
	p.pairs(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "condition":
			p.conditions(v, d)
		case "timeframe":
			d.Timeframe, d.TimeSpan = str(v), p.span(v)
		default:
			if seen[k.Value] {
				p.fail("SIG1007", p.span(k), "search %s again", k.Value)
				return
			}
			seen[k.Value] = true
			if b := p.search(v, 0); b != nil {
				d.Searches = append(d.Searches, &Search{k.Value, b, p.span(k)})
			}
		}
	})
	if len(d.Conditions) == 0 && !p.ds.HasErrors() {
		p.fail("SIG1008", p.span(n), "the detection has no condition")
	}
	if len(d.Searches) == 0 && !p.ds.HasErrors() {
		p.fail("SIG1009", p.span(n), "the detection has no search")
	}
	return d
}

// draft recognises conditions of proposals that old rules are written in: variables, and aggregations without a search before them.
var draft = regexp.MustCompile(`^\s*(?:write\s+\S+\s+from\s|(?:count|sum|avg|min|max)\s*\()`)

func (p *parser) conditions(n *yaml.Node, d *Detection) {
	switch n.Kind {
	case yaml.ScalarNode:
		if draft.MatchString(n.Value) {
			d.Conditions = append(d.Conditions, &Condition{Draft: n.Value, Span: p.inner(n)(0, len(n.Value))})
			return
		}
		c := parseCondition(n.Value, p.inner(n), func(s text.Span, format string, args ...any) { p.fail("SIG1010", s, format, args...) })
		if c != nil {
			d.Conditions = append(d.Conditions, c)
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c = p.resolve(c); c.Kind == yaml.ScalarNode {
				p.conditions(c, d)
			} else {
				p.fail("SIG1010", p.span(c), "a condition is text")
			}
		}
	default:
		p.fail("SIG1010", p.span(n), "a condition is text or a list of texts")
	}
}

// search reads the body of a search: a mapping, a list of mappings and keywords, or one keyword.
func (p *parser) search(n *yaml.Node, depth int) Node {
	if p.spent(n) {
		return nil
	}
	if depth > maxDepth {
		p.fail("SIG1011", p.span(n), "the search is nested too deeply")
		return nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return &Item{Values: []Value{p.value(n)}, Span: p.span(n)}
	case yaml.MappingNode:
		all := &All{}
		p.pairs(n, func(k, v *yaml.Node) {
			if it := p.item(k, v); it != nil {
				all.Tests = append(all.Tests, it)
			}
		})
		if len(all.Tests) == 0 && !p.ds.HasErrors() {
			p.fail("SIG1012", p.span(n), "the mapping is empty")
		}
		return all
	case yaml.SequenceNode:
		any := &Any{}
		var words *Item
		for _, c := range n.Content {
			if p.seen >= maxNodes {
				return nil
			}
			c = p.resolve(c)
			if c.Kind == yaml.ScalarNode {
				if words == nil {
					words = &Item{Listed: true, Span: p.span(c)}
					any.Tests = append(any.Tests, words)
				}
				words.Values = append(words.Values, p.value(c))
				continue
			}
			if t := p.search(c, depth+1); t != nil {
				any.Tests = append(any.Tests, t)
			}
		}
		switch {
		case len(any.Tests) == 0:
			if !p.ds.HasErrors() {
				p.fail("SIG1012", p.span(n), "the list is empty")
			}
			return nil
		case len(any.Tests) == 1 && words != nil:
			return words
		}
		return any
	}
	p.fail("SIG1012", p.span(n), "a search is a mapping, a list or a keyword")
	return nil
}

func (p *parser) item(k, v *yaml.Node) *Item {
	if k.Kind != yaml.ScalarNode {
		p.fail("SIG1013", p.span(k), "expected the name of a field")
		return nil
	}
	parts := strings.Split(k.Value, "|")
	it := &Item{Field: parts[0], Span: p.span(k)}
	where, at := p.inner(k), len(parts[0])
	for _, m := range parts[1:] {
		at++
		it.Modifiers = append(it.Modifiers, Modifier{strings.TrimSpace(m), where(at, at+len(m))})
		at += len(m)
	}
	switch v.Kind {
	case yaml.ScalarNode:
		it.Values = []Value{p.value(v)}
	case yaml.SequenceNode:
		it.Listed = true
		for _, c := range v.Content {
			if p.seen >= maxNodes {
				return nil
			}
			if c = p.resolve(c); c.Kind != yaml.ScalarNode {
				p.fail("SIG1014", p.span(c), "a value of %s is no scalar", k.Value)
				return nil
			}
			it.Values = append(it.Values, p.value(c))
		}
		if len(it.Values) == 0 {
			p.fail("SIG1014", p.span(v), "the list of %s is empty", k.Value)
			return nil
		}
	default:
		p.fail("SIG1014", p.span(v), "the value of %s is a mapping", k.Value)
		return nil
	}
	return it
}

func (p *parser) value(n *yaml.Node) Value {
	p.spent(n)
	v := Value{Text: n.Value, Span: p.span(n)}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		switch n.Tag {
		case "!!null":
			v.Kind, v.Text = Null, ""
		case "!!bool":
			v.Kind = Bool
		case "!!int", "!!float":
			v.Kind = Number
		}
	}
	return v
}

func (p *parser) correlation(n *yaml.Node) *Correlation {
	c := &Correlation{Span: p.span(n)}
	if n.Kind != yaml.MappingNode {
		p.fail("SIG1015", c.Span, "correlation is a mapping")
		return c
	}
	c.ConditionSpan = c.Span
	p.pairs(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "type":
			c.Type, c.TypeSpan = str(v), p.span(v)
		case "rules":
			c.Rules = p.names(v)
		case "group-by":
			c.GroupBy = plainNames(p.names(v))
		case "timespan":
			c.Timespan, c.TimeSpan = str(v), p.span(v)
		case "generate":
			c.Generate = strings.EqualFold(str(v), "true")
		case "aliases":
			if v.Kind != yaml.MappingNode {
				p.fail("SIG1016", p.span(v), "aliases are a mapping")
				return
			}
			p.pairs(v, func(k, v *yaml.Node) {
				a := Alias{Name: k.Value}
				if v.Kind != yaml.MappingNode {
					p.fail("SIG1016", p.span(v), "an alias is a mapping of rules to fields")
					return
				}
				p.pairs(v, func(k, v *yaml.Node) { a.Fields = append(a.Fields, AliasField{k.Value, str(v)}) })
				c.Aliases = append(c.Aliases, a)
			})
		case "condition":
			p.limits(v, c)
		}
	})
	return c
}

// LimitOps are the comparisons of a correlation's condition.
var LimitOps = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

func (p *parser) limits(n *yaml.Node, c *Correlation) {
	c.ConditionSpan = p.span(n)
	if n.Kind == yaml.ScalarNode {
		c.Extended = parseCondition(n.Value, p.inner(n), func(s text.Span, format string, args ...any) { p.fail("SIG1010", s, format, args...) })
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fail("SIG1017", c.ConditionSpan, "the condition of a correlation is a mapping or an expression over its rules")
		return
	}
	p.pairs(n, func(k, v *yaml.Node) {
		switch {
		case k.Value == "field":
			c.Field, c.FieldSpan = plainNames(p.names(v)), p.span(v)
		case k.Value == "percentile" || slices.Contains(LimitOps, k.Value):
			f, err := strconv.ParseFloat(str(v), 64)
			if err != nil {
				p.fail("SIG1017", p.span(v), "%s takes a number, not %q", k.Value, str(v))
				return
			}
			if k.Value == "percentile" {
				c.Percentile = f
				return
			}
			c.Limits = append(c.Limits, Limit{k.Value, f})
		default:
			p.fail("SIG1017", p.span(k), "a condition has no %s", k.Value)
		}
	})
}

func (p *parser) filter(n *yaml.Node) *Filter {
	f := &Filter{Span: p.span(n)}
	if n.Kind != yaml.MappingNode {
		p.fail("SIG1018", f.Span, "filter is a mapping")
		return f
	}
	rest := *n
	rest.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "rules" {
			rest.Content = append(rest.Content, n.Content[i], n.Content[i+1])
			continue
		}
		f.Rules = p.names(p.resolve(n.Content[i+1]))
		if len(f.Rules) == 1 && strings.EqualFold(f.Rules[0].Name, "any") {
			f.Any, f.Rules = true, nil
		}
	}
	f.Detection = p.detection(&rest)
	return f
}
