package pipeline

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// copyRule returns a rule that can be changed: everything a step may write to is its own.
func copyRule(r *syntax.Rule) *syntax.Rule {
	out := *r
	out.Fields = slices.Clone(r.Fields)
	if r.Detection != nil {
		out.Detection = copyDetection(r.Detection)
	}
	if r.Filter != nil {
		f := *r.Filter
		f.Detection = copyDetection(f.Detection)
		out.Filter = &f
	}
	if r.Correlation != nil {
		c := *r.Correlation
		c.GroupBy, c.Field, c.Aliases = slices.Clone(c.GroupBy), slices.Clone(c.Field), slices.Clone(c.Aliases)
		for i := range c.Aliases {
			c.Aliases[i].Fields = slices.Clone(c.Aliases[i].Fields)
		}
		out.Correlation = &c
	}
	return &out
}

func copyDetection(d *syntax.Detection) *syntax.Detection {
	out := *d
	out.Searches = make([]*syntax.Search, len(d.Searches))
	for i, s := range d.Searches {
		c := *s
		c.Body = copyNode(s.Body)
		out.Searches[i] = &c
	}
	out.Conditions = make([]*syntax.Condition, len(d.Conditions))
	for i, c := range d.Conditions {
		cc := *c // expressions are replaced, never changed
		if c.Pipe != nil {
			p := *c.Pipe
			p.By = slices.Clone(p.By)
			cc.Pipe = &p
		}
		out.Conditions[i] = &cc
	}
	return &out
}

func copyNode(n syntax.Node) syntax.Node {
	list := func(ns []syntax.Node) []syntax.Node {
		out := make([]syntax.Node, len(ns))
		for i, n := range ns {
			out[i] = copyNode(n)
		}
		return out
	}
	switch n := n.(type) {
	case *syntax.All:
		return &syntax.All{Tests: list(n.Tests)}
	case *syntax.Any:
		return &syntax.Any{Tests: list(n.Tests)}
	case *syntax.Item:
		c := *n
		c.Modifiers, c.Values = slices.Clone(n.Modifiers), slices.Clone(n.Values)
		return &c
	}
	return n
}

// attributes reads the metadata of a rule: texts and lists of texts at the top of its document.
func attributes(src *text.Source) map[string]any {
	out := map[string]any{}
	doc, _ := syntax.Read(src)
	if doc == nil {
		return out
	}
	doc.Pairs(doc.Root, func(k, v *yaml.Node) {
		switch v.Kind {
		case yaml.ScalarNode:
			out[k.Value] = v.Value
		case yaml.SequenceNode:
			var list []string
			for _, it := range doc.Items(v) {
				list = append(list, it.Value)
			}
			out[k.Value] = list
		}
	})
	return out
}
