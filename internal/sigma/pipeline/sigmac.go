package pipeline

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// sigmac reads a configuration of the old converter: logsources with conditions and rewritings, and fieldmappings.
// https://github.com/SigmaHQ/legacy-sigmatools/tree/master/tools/config
func (rd *reader) sigmac() *part {
	p := &part{vars: map[string][]string{}}
	rd.doc.Pairs(rd.doc.Root, func(k, v *yaml.Node) {
		switch k.Value {
		case "title", "backends", "defaultindex", "logsourcemerging", "description", "author":
		case "order":
			p.priority, _ = strconv.Atoi(v.Value)
		case "logsources":
			rd.doc.Pairs(v, func(k, v *yaml.Node) { p.steps = append(p.steps, rd.oldLogSource(k, v)...) })
		case "fieldmappings", "placeholders":
		default:
			rd.fail("SIG1021", k, "a configuration has no %s%s", k.Value, nearest(k.Value, []string{"title", "order", "backends", "logsources", "fieldmappings", "defaultindex"}))
		}
	})
	if n := rd.doc.Member(rd.doc.Root, "fieldmappings"); n != nil {
		p.steps = append(p.steps, rd.oldMappings(n)...)
	}
	if n := rd.doc.Member(rd.doc.Root, "placeholders"); n != nil {
		rd.doc.Pairs(n, func(k, v *yaml.Node) { p.vars[k.Value] = rd.texts(v) })
	}
	return p
}

func (rd *reader) newStep(n *yaml.Node, do transformation, rule ...condition) *step {
	rd.n++
	return &step{id: rd.src.Name + ":" + strconv.Itoa(rd.n), src: rd.src, span: rd.doc.Span(n), do: do, rule: group{conds: rule, names: make([]string, len(rule))}}
}

// oldLogSource makes of a log source the conditions that its rules get, and what it is rewritten to.
func (rd *reader) oldLogSource(k, n *yaml.Node) []*step {
	if n.Kind != yaml.MappingNode {
		rd.fail("SIG1021", n, "the log source %s is a mapping", k.Value)
		return nil
	}
	var out []*step
	of := &ofLogSource{}
	var conditions, rewrite *yaml.Node
	rd.doc.Pairs(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "product":
			of.product = v.Value
		case "category":
			of.category = v.Value
		case "service":
			of.service = v.Value
		case "conditions":
			conditions = v
		case "rewrite":
			rewrite = v
		case "index", "search", "merge": // where the target platform keeps the events
		default:
			rd.fail("SIG1021", k, "a log source has no %s", k.Value)
		}
	})
	if conditions != nil {
		if body := rd.search(conditions); body != nil {
			out = append(out, rd.newStep(n, &addCondition{name: "_" + k.Value, body: body}, of))
		}
	}
	if rewrite != nil {
		p := rd.params(rewrite)
		p.take("conditions")
		out = append(out, rd.newStep(rewrite, newChangeLogSource(p), of))
	}
	return out
}

// oldMappings makes of fieldmappings one mapping, and one each for names that depend on the rule: `product=windows: x`, `default: y`.
func (rd *reader) oldMappings(n *yaml.Node) []*step {
	plain := &fieldMapping{of: map[string][]string{}}
	var out []*step
	rd.doc.Pairs(n, func(k, v *yaml.Node) {
		if v.Kind != yaml.MappingNode {
			plain.of[k.Value] = rd.texts(v)
			return
		}
		var before []condition
		var rest []string
		rd.doc.Pairs(v, func(ck, cv *yaml.Node) {
			if ck.Value == "default" {
				rest = rd.texts(cv)
				return
			}
			attr, value, ok := strings.Cut(ck.Value, "=")
			if !ok {
				rd.fail("SIG1021", ck, "a mapping depends on attribute=value, not on %q", ck.Value)
				return
			}
			var c condition
			switch attr {
			case "product":
				c = &ofLogSource{product: value}
			case "category":
				c = &ofLogSource{category: value}
			case "service":
				c = &ofLogSource{service: value}
			default:
				c = &containsItem{attr, &yaml.Node{Kind: yaml.ScalarNode, Tag: tagOf(value), Value: value}}
			}
			out = append(out, rd.newStep(cv, &fieldMapping{map[string][]string{k.Value: rd.texts(cv)}}, c))
			before = append(before, c)
		})
		if len(rest) > 0 {
			s := rd.newStep(v, &fieldMapping{map[string][]string{k.Value: rest}}, before...)
			s.rule.any, s.rule.negate = true, true
			out = append(out, s)
		}
	})
	return append([]*step{rd.newStep(n, plain)}, out...)
}

func tagOf(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return "!!int"
	}
	return "!!str"
}
