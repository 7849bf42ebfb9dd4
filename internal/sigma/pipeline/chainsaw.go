package pipeline

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// chainsaw reads a mapping file of Chainsaw: rules to leave out, preconditions, and groups of events with the names of their fields.
// https://github.com/WithSecureLabs/chainsaw/tree/master/mappings
//
// Its paths lead into the JSON that the file is read as; here events have their fields already, so that what stands before the name
// of a field goes. Which events a group takes in is a condition of all rules, as one of several groups holds.
func (rd *reader) chainsaw() *part {
	p := &part{vars: map[string][]string{}}
	if n := rd.doc.Member(rd.doc.Root, "rules"); n != nil && n.Value != "sigma" {
		rd.fail("SIG2011", n, "a mapping for rules of %s says nothing of Sigma", n.Value)
		return p
	}
	mapping := map[string][]string{}
	any := &syntax.Any{}
	rd.doc.Pairs(rd.doc.Root, func(k, v *yaml.Node) {
		switch k.Value {
		case "name", "kind", "rules", "ignore":
		case "exclusions":
			for _, title := range rd.texts(v) {
				p.steps = append(p.steps, rd.newStep(v, &failure{message: "the mapping excludes it"}, &attributeIs{"title", "eq", title}))
			}
		case "extensions":
			if pre := rd.doc.Member(v, "preconditions"); pre != nil {
				p.steps = append(p.steps, rd.preconditions(pre)...)
			}
		case "groups":
			for _, g := range rd.doc.Items(v) {
				if f := rd.doc.Member(g, "filter"); f != nil {
					if body := rd.tau(f); body != nil {
						any.Tests = append(any.Tests, body)
					}
				}
				for _, f := range rd.fieldsOf(g) {
					rd.chainsawField(f, mapping)
				}
			}
		default:
			rd.fail("SIG1021", k, "a mapping file has no %s", k.Value)
		}
	})
	if len(any.Tests) > 0 {
		p.steps = append(p.steps, rd.newStep(rd.doc.Root, &addCondition{name: "_groups", body: any}))
	}
	if len(mapping) > 0 {
		p.steps = append(p.steps, rd.newStep(rd.doc.Root, &fieldMapping{mapping}))
	}
	return p
}

func (rd *reader) fieldsOf(g *yaml.Node) []*yaml.Node {
	if n := rd.doc.Member(g, "fields"); n != nil {
		return rd.doc.Items(n)
	}
	return nil
}

func (rd *reader) chainsawField(f *yaml.Node, mapping map[string][]string) {
	from, to := rd.doc.Member(f, "from"), rd.doc.Member(f, "to")
	if from == nil {
		from = rd.doc.Member(f, "name")
	}
	if from == nil || to == nil {
		rd.fail("SIG1021", f, "a field has from and to")
		return
	}
	name := fieldOfPath(to.Value)
	if name == from.Value && mapping[from.Value] == nil {
		return
	}
	if mapping[from.Value] == nil {
		mapping[from.Value] = []string{}
	}
	if !slices.Contains(mapping[from.Value], name) {
		mapping[from.Value] = append(mapping[from.Value], name)
	}
}

// fieldOfPath returns the field that a path into the JSON of an event leads to.
func fieldOfPath(path string) string {
	for _, prefix := range []string{"Event.System.", "Event.EventData.", "Event.UserData."} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return strings.ReplaceAll(rest, "_attributes.", "_")
		}
	}
	if path == "Event.EventData" || path == "Event" {
		return "_raw"
	}
	return path
}

func (rd *reader) preconditions(n *yaml.Node) []*step {
	var out []*step
	for _, it := range rd.doc.Items(n) {
		var conds []condition
		if f := rd.doc.Member(it, "for"); f != nil {
			rd.doc.Pairs(f, func(k, v *yaml.Node) {
				switch k.Value {
				case "logsource.product":
					conds = append(conds, &ofLogSource{product: v.Value})
				case "logsource.category":
					conds = append(conds, &ofLogSource{category: v.Value})
				case "logsource.service":
					conds = append(conds, &ofLogSource{service: v.Value})
				default:
					conds = append(conds, &attributeIs{k.Value, "eq", v.Value})
				}
			})
		}
		if body := rd.tau(rd.doc.Member(it, "filter")); body != nil {
			out = append(out, rd.newStep(it, &addCondition{name: "_precondition", body: body}, conds...))
		}
	}
	return out
}

// tau reads a filter of Tau: a mapping of fields to values, where int(Field) and str(Field) say how the field is taken, or a list of such.
func (rd *reader) tau(n *yaml.Node) syntax.Node {
	if n == nil {
		return nil
	}
	if rd.doc.Member(n, "condition") != nil {
		rd.fail("SIG2011", n, "filters with a condition of their own cannot be read here")
		return nil
	}
	body := rd.search(n)
	var walk func(syntax.Node)
	walk = func(m syntax.Node) {
		switch m := m.(type) {
		case *syntax.All:
			for _, t := range m.Tests {
				walk(t)
			}
		case *syntax.Any:
			for _, t := range m.Tests {
				walk(t)
			}
		case *syntax.Item:
			how, rest, ok := strings.Cut(m.Field, "(")
			if !ok {
				return
			}
			if how != "int" && how != "str" || !strings.HasSuffix(rest, ")") {
				rd.fail("SIG2011", n, "%s cannot be read here: int(Field) and str(Field) can", m.Field)
				return
			}
			m.Field = strings.TrimSuffix(rest, ")")
		}
	}
	walk(body)
	return body
}
