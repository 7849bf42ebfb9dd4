package pipeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// reader reads one file.
type reader struct {
	src *text.Source
	doc *syntax.Document
	ds  text.Diagnostics
	n   int // steps so far, for ids of those that have none
}

func (rd *reader) fail(id string, n *yaml.Node, format string, args ...any) {
	rd.ds = append(rd.ds, text.Errorf(id, rd.src, rd.doc.Span(n), format, args...))
}

// read reads a file of any of the forms that it knows.
func read(src *text.Source) (*part, text.Diagnostics) {
	docs := syntax.Split(src)
	if len(docs) == 1 {
		src = docs[0]
	}
	doc, ds := syntax.Read(src)
	if doc == nil {
		return nil, ds
	}
	rd := &reader{src: src, doc: doc}
	has := func(key string) bool { return doc.Member(doc.Root, key) != nil }
	var p *part
	switch {
	case has("transformations") || has("postprocessing") || has("finalizers"):
		p = rd.pipeline()
	case has("fieldmappings") || has("logsources"):
		p = rd.sigmac()
	case has("groups") && has("kind"):
		p = rd.chainsaw()
	case has("vars") || has("priority"):
		p = rd.pipeline()
	default:
		rd.fail("SIG1020", doc.Root, "this is no processing pipeline: there are neither transformations nor fieldmappings, nor groups of a mapping file")
	}
	return p, rd.ds
}

func (rd *reader) pipeline() *part {
	p := &part{vars: map[string][]string{}}
	rd.doc.Pairs(rd.doc.Root, func(k, v *yaml.Node) {
		switch k.Value {
		case "name", "allowed_backends", "description", "author", "id":
		case "priority":
			n, err := strconv.Atoi(v.Value)
			if err != nil {
				rd.fail("SIG1021", v, "priority is a number, not %q", v.Value)
			}
			p.priority = n
		case "vars":
			if v.Kind != yaml.MappingNode {
				rd.fail("SIG1021", v, "vars are a mapping of names to values")
				return
			}
			rd.doc.Pairs(v, func(k, v *yaml.Node) { p.vars[k.Value] = rd.texts(v) })
		case "transformations":
			p.steps = rd.steps(v)
		case "postprocessing", "finalizers":
			if len(rd.doc.Items(v)) > 0 && v.Tag != "!!null" {
				rd.fail("SIG2011", k, "%s change the queries that a converter writes; here rules run, and no query is written", k.Value)
			}
		default:
			rd.fail("SIG1021", k, "a pipeline has no %s%s", k.Value, nearest(k.Value, []string{"name", "priority", "vars", "transformations", "postprocessing", "finalizers", "allowed_backends"}))
		}
	})
	return p
}

func nearest(name string, among []string) string {
	if near := text.Nearest(name, among); len(near) > 0 {
		return "; did you mean " + near[0] + "?"
	}
	return ""
}

func (rd *reader) steps(n *yaml.Node) []*step {
	if n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		rd.fail("SIG1021", n, "transformations are a list")
		return nil
	}
	var out []*step
	for _, it := range rd.doc.Items(n) {
		if s := rd.step(it); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// params are the members of a step that its transformation, or condition, has not taken yet.
type params struct {
	rd   *reader
	at   *yaml.Node
	keys []*yaml.Node
	of   map[string]*yaml.Node
}

func (rd *reader) params(n *yaml.Node) *params {
	p := &params{rd: rd, at: n, of: map[string]*yaml.Node{}}
	rd.doc.Pairs(n, func(k, v *yaml.Node) {
		p.keys = append(p.keys, k)
		p.of[k.Value] = v
	})
	return p
}

// take returns a member and crosses it out, or nil.
func (p *params) take(key string) *yaml.Node {
	n := p.of[key]
	delete(p.of, key)
	return n
}

// need is take for a member that must be there.
func (p *params) need(key string) *yaml.Node {
	n := p.take(key)
	if n == nil {
		p.rd.fail("SIG1022", p.at, "%s is missing", key)
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return n
}

func (p *params) str(key string) string {
	if n := p.take(key); n != nil {
		if n.Kind != yaml.ScalarNode {
			p.rd.fail("SIG1022", n, "%s is text", key)
		}
		return n.Value
	}
	return ""
}

func (p *params) flag(key string) bool {
	n := p.take(key)
	if n == nil {
		return false
	}
	b, err := strconv.ParseBool(strings.ToLower(n.Value))
	if err != nil {
		p.rd.fail("SIG1022", n, "%s is true or false, not %q", key, n.Value)
	}
	return b
}

// choice returns one of the words, the first when nothing is said.
func (p *params) choice(key string, words ...string) string {
	n := p.take(key)
	if n == nil {
		return words[0]
	}
	if !slices.Contains(words, n.Value) {
		p.rd.fail("SIG1022", n, "%s is one of %s, not %q", key, strings.Join(words, ", "), n.Value)
	}
	return n.Value
}

// done complains of what nobody has taken.
func (p *params) done(what string) {
	for _, k := range p.keys {
		if p.of[k.Value] != nil {
			p.rd.fail("SIG1022", k, "%s has no %s", what, k.Value)
		}
	}
}

// texts reads a text or a list of texts.
func (rd *reader) texts(n *yaml.Node) []string {
	var out []string
	for _, it := range rd.doc.Items(n) {
		if it.Kind != yaml.ScalarNode {
			rd.fail("SIG1022", it, "expected text or a list of texts")
			continue
		}
		out = append(out, it.Value)
	}
	return out
}

func (rd *reader) step(n *yaml.Node) *step {
	if n.Kind != yaml.MappingNode {
		rd.fail("SIG1021", n, "a transformation is a mapping")
		return nil
	}
	p := rd.params(n)
	rd.n++
	s := &step{src: rd.src, span: rd.doc.Span(n), id: p.str("id")}
	if s.id == "" {
		s.id = fmt.Sprintf("%s:%d", rd.src.Name, rd.n)
	}
	s.rule = rd.group(p, "rule", ruleConditions)
	s.item = rd.group(p, "detection_item", itemConditions)
	s.field = rd.group(p, "field_name", fieldConditions)
	kind := p.need("type")
	make := transformations[kind.Value]
	switch {
	case kind.Value == "":
		return nil
	case kind.Value == "field_name_transform":
		rd.fail("SIG2011", kind, "field_name_transform calls a function of Python, which a file cannot hold")
		return nil
	case make == nil:
		var names []string
		for name := range transformations {
			names = append(names, name)
		}
		slices.Sort(names)
		rd.fail("SIG1022", kind, "there is no transformation %q%s", kind.Value, nearest(kind.Value, names))
		return nil
	}
	s.do = make(p)
	p.done(kind.Value)
	return s
}

// transformations make a transformation out of its parameters, by type.
var transformations map[string]func(*params) transformation

func init() { // nest reads transformations, which would be a cycle
	transformations = map[string]func(*params) transformation{
		"field_name_mapping":        newFieldMapping,
		"field_name_prefix_mapping": newPrefixMapping,
		"field_name_prefix":         func(p *params) transformation { return &rename{prefix: p.need("prefix").Value} },
		"field_name_suffix":         func(p *params) transformation { return &rename{suffix: p.need("suffix").Value} },
		"drop_detection_item":       func(*params) transformation { return dropItem{} },
		"add_condition":             newAddCondition,
		"change_logsource":          newChangeLogSource,
		"add_field":                 func(p *params) transformation { return &setFields{add: p.rd.texts(p.need("field"))} },
		"remove_field":              func(p *params) transformation { return &setFields{remove: p.rd.texts(p.need("field"))} },
		"set_field":                 func(p *params) transformation { return &setFields{set: p.rd.texts(p.need("fields")), all: true} },
		"replace_string":            newReplaceString,
		"map_string":                newMapString,
		"set_value":                 newSetValue,
		"convert_type":              func(p *params) transformation { return &convertType{p.choice("target_type", "str", "num")} },
		"case":                      func(p *params) transformation { return &changeCase{p.choice("method", "lower", "upper", "snake_case")} },
		"regex": func(p *params) transformation {
			return &toRegex{p.choice("method", "ignore_case_brackets", "plain", "ignore_case_flag")}
		},
		"hashes_fields":                 newHashesFields,
		"value_placeholders":            func(p *params) transformation { return &placeholders{kind: "value", which: newWhich(p)} },
		"wildcard_placeholders":         func(p *params) transformation { return &placeholders{kind: "wildcard", which: newWhich(p)} },
		"query_expression_placeholders": newQueryExpression,
		"set_state":                     func(p *params) transformation { return &setState{p.need("key").Value, p.need("val").Value} },
		"set_custom_attribute":          func(p *params) transformation { return &setAttribute{p.need("attribute").Value, p.need("value").Value} },
		"rule_failure":                  func(p *params) transformation { return &failure{message: p.need("message").Value} },
		"detection_item_failure":        func(p *params) transformation { return &failure{message: p.need("message").Value, item: true} },
		"strict_field_mapping_failure":  func(p *params) transformation { return strictMapping{} },
		"nest":                          func(p *params) transformation { return &nest{p.rd.steps(p.need("items"))} },
	}
}

type nest struct{ steps []*step }

func (t *nest) apply(r *run, _ *step) { r.steps(t.steps) }
