package pipeline

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// addCondition demands one more search of a rule.
type addCondition struct {
	name     string
	body     syntax.Node
	template bool
	negated  bool
}

func newAddCondition(p *params) transformation {
	t := &addCondition{name: p.str("name"), template: p.flag("template"), negated: p.flag("negated")}
	n := p.need("conditions")
	if n.Kind != yaml.MappingNode {
		p.rd.fail("SIG1022", n, "conditions are a mapping of fields to values")
		return t
	}
	t.body = p.rd.search(n)
	if t.name == "" {
		t.name = fmt.Sprintf("_cond_%d_%d", p.at.Line, p.at.Column)
	}
	return t
}

// search reads a node as the body of a search.
func (rd *reader) search(n *yaml.Node) syntax.Node {
	body, ds := rd.doc.Search(n)
	rd.ds = append(rd.ds, ds...)
	return body
}

func (t *addCondition) apply(r *run, s *step) {
	d := r.detection()
	if d == nil || t.body == nil || r.rule.Filter != nil { // a filter is part of a rule, which has the condition already
		return
	}
	name := t.name
	for i := 2; ; i++ { // names that the pipeline gives twice are two searches
		taken := false
		for _, have := range d.Searches {
			taken = taken || have.Name == name
		}
		if !taken {
			break
		}
		name = fmt.Sprintf("%s_%d", t.name, i)
	}
	span := r.rule.Span
	if len(d.Conditions) > 0 {
		span = d.Conditions[0].Span
	}
	body := copyNode(t.body)
	var walk func(syntax.Node)
	walk = func(n syntax.Node) {
		switch n := n.(type) {
		case *syntax.All:
			for _, m := range n.Tests {
				walk(m)
			}
		case *syntax.Any:
			for _, m := range n.Tests {
				walk(m)
			}
		case *syntax.Item:
			n.Span = span // places in the pipeline's file are none of the rule's
			for i := range n.Values {
				n.Values[i].Span = span
				if t.template && n.Values[i].Kind == syntax.Text {
					l := r.rule.LogSource
					n.Values[i].Text = strings.NewReplacer("${category}", l.Category, "${product}", l.Product, "${service}", l.Service,
						"$category", l.Category, "$product", l.Product, "$service", l.Service).Replace(n.Values[i].Text)
				}
			}
			for i := range n.Modifiers {
				n.Modifiers[i].Span = span
			}
			r.mark(n, s)
		}
	}
	walk(body)
	d.Searches = append(d.Searches, &syntax.Search{Name: name, Body: body, Span: span})
	for _, c := range d.Conditions {
		if c.Expr == nil {
			continue
		}
		var own syntax.Cond = &syntax.Ref{Name: name, Span: c.Span}
		if t.negated {
			own = &syntax.Not{Arg: own}
		}
		c.Expr = &syntax.And{Args: []syntax.Cond{own, c.Expr}}
	}
}

type changeLogSource struct{ to syntax.LogSource }

func newChangeLogSource(p *params) transformation {
	t := &changeLogSource{syntax.LogSource{Product: p.str("product"), Category: p.str("category"), Service: p.str("service")}}
	if t.to.Product+t.to.Category+t.to.Service == "" {
		p.rd.fail("SIG1022", p.at, "change_logsource has a product, a category or a service")
	}
	return t
}

func (t *changeLogSource) apply(r *run, _ *step) {
	if r.rule.Correlation != nil {
		return
	}
	span := r.rule.LogSource.Span
	r.rule.LogSource = t.to
	r.rule.LogSource.Span = span
}

type setState struct{ key, val string }

func (t *setState) apply(r *run, _ *step) { r.state[t.key] = t.val }

type setAttribute struct{ name, value string }

func (t *setAttribute) apply(r *run, _ *step) { r.attrs[t.name] = t.value }

// failure refuses rules, or those with items that the conditions choose.
type failure struct {
	message string
	item    bool
}

func (t *failure) apply(r *run, s *step) {
	if !t.item {
		r.fail("SIG2012", r.rule.Span, "the pipeline refuses the rule: %s", t.message)
		return
	}
	r.each(s, func(it *syntax.Item) syntax.Node {
		r.fail("SIG2012", it.Span, "the pipeline refuses the rule: %s", t.message)
		return it
	})
}
