package pipeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// A condition is a ruleCondition, itemCondition or fieldCondition, as the list says in which it stands.
type condition any

type (
	ruleCondition interface{ ofRule(r *run) bool }
	itemCondition interface {
		ofItem(r *run, it *syntax.Item) bool
	}
	fieldCondition interface {
		ofField(r *run, it *syntax.Item, field string) bool
	}
)

// A group joins conditions: with and, with or, or as an expression over their names. One without conditions holds.
type group struct {
	conds  []condition
	names  []string
	any    bool
	negate bool
	expr   syntax.Cond
}

func (g *group) holds(test func(condition) bool) bool {
	if len(g.conds) == 0 {
		return true
	}
	var ok bool
	switch {
	case g.expr != nil:
		ok = g.eval(g.expr, test)
	case g.any:
		ok = slices.ContainsFunc(g.conds, test)
	default:
		ok = !slices.ContainsFunc(g.conds, func(c condition) bool { return !test(c) })
	}
	return ok != g.negate
}

func (g *group) eval(e syntax.Cond, test func(condition) bool) bool {
	switch e := e.(type) {
	case *syntax.And:
		return !slices.ContainsFunc(e.Args, func(a syntax.Cond) bool { return !g.eval(a, test) })
	case *syntax.Or:
		return slices.ContainsFunc(e.Args, func(a syntax.Cond) bool { return g.eval(a, test) })
	case *syntax.Not:
		return !g.eval(e.Arg, test)
	case *syntax.Ref:
		i := slices.Index(g.names, e.Name)
		return i >= 0 && test(g.conds[i])
	}
	return false
}

// group reads the conditions of one kind: <kind>_conditions, <kind>_cond_op, <kind>_cond_not, <kind>_cond_expr.
func (rd *reader) group(p *params, kind string, known map[string]func(*params) condition) group {
	var g group
	n := p.take(kind + "_conditions")
	op := p.take(kind + "_cond_op")
	expr := p.take(kind + "_cond_expr")
	g.negate = p.flag(kind + "_cond_not")
	if op != nil {
		switch strings.ToLower(op.Value) {
		case "or":
			g.any = true
		case "and":
		default:
			rd.fail("SIG1022", op, "%s_cond_op is and or or, not %q", kind, op.Value)
		}
	}
	if n == nil {
		if expr != nil {
			rd.fail("SIG1022", expr, "an expression needs %s_conditions with names", kind)
		}
		return g
	}
	add := func(name string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			rd.fail("SIG1022", n, "a condition is a mapping")
			return
		}
		p := rd.params(n)
		t := p.need("type")
		make := known[t.Value]
		if make == nil {
			if t.Value != "" {
				var names []string
				for name := range known {
					names = append(names, name)
				}
				slices.Sort(names)
				rd.fail("SIG1022", t, "there is no condition %q among %s_conditions%s", t.Value, kind, nearest(t.Value, names))
			}
			return
		}
		g.conds, g.names = append(g.conds, make(p)), append(g.names, name)
		p.done("the condition " + t.Value)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for _, it := range rd.doc.Items(n) {
			add("", it)
		}
		if expr != nil {
			rd.fail("SIG1022", expr, "an expression needs %s_conditions with names, which are a list here", kind)
		}
	case yaml.MappingNode:
		rd.doc.Pairs(n, func(k, v *yaml.Node) { add(k.Value, v) })
		if expr != nil {
			rd.expression(&g, expr, op != nil)
		}
	default:
		if n.Tag != "!!null" {
			rd.fail("SIG1022", n, "conditions are a list or a mapping")
		}
	}
	return g
}

func (rd *reader) expression(g *group, n *yaml.Node, op bool) {
	if op {
		rd.fail("SIG1022", n, "conditions are joined by an operator or by an expression, not by both")
		return
	}
	e, err := syntax.ParseExpression(n.Value)
	if err != nil {
		rd.fail("SIG1022", n, "the expression cannot be read: %v", err)
		return
	}
	used := map[string]bool{}
	var walk func(syntax.Cond)
	walk = func(c syntax.Cond) {
		switch c := c.(type) {
		case *syntax.And:
			for _, a := range c.Args {
				walk(a)
			}
		case *syntax.Or:
			for _, a := range c.Args {
				walk(a)
			}
		case *syntax.Not:
			walk(c.Arg)
		case *syntax.Ref:
			used[c.Name] = true
			if !slices.Contains(g.names, c.Name) {
				rd.fail("SIG1022", n, "there is no condition %s%s", c.Name, nearest(c.Name, g.names))
			}
		case *syntax.Of:
			rd.fail("SIG1022", n, "an expression over conditions has and, or and not only")
		}
	}
	walk(e)
	for _, name := range g.names {
		if !used[name] {
			rd.fail("SIG1022", n, "the expression does not use the condition %s", name)
		}
	}
	g.expr = e
}

var ruleConditions = map[string]func(*params) condition{
	"logsource":                 func(p *params) condition { return &ofLogSource{p.str("product"), p.str("category"), p.str("service")} },
	"contains_field":            func(p *params) condition { return &containsItem{field: p.need("field").Value} },
	"contains_detection_item":   func(p *params) condition { return &containsItem{p.need("field").Value, p.need("value")} },
	"processing_item_applied":   func(p *params) condition { return appliedBefore(p.need("processing_item_id").Value) },
	"processing_state":          newStateIs,
	"is_sigma_rule":             func(*params) condition { return isKind(false) },
	"is_sigma_correlation_rule": func(*params) condition { return isKind(true) },
	"rule_attribute":            newAttributeIs,
	"tag":                       func(p *params) condition { return hasTag(p.need("tag").Value) },
}

type ofLogSource struct{ product, category, service string }

func (c *ofLogSource) ofRule(r *run) bool { return c.fits(r, r.rule, 0) }

func (c *ofLogSource) fits(r *run, rule *syntax.Rule, depth int) bool {
	if rule.Correlation != nil {
		return depth < 8 && r.related != nil && slices.ContainsFunc(rule.Correlation.Rules, func(n syntax.Named) bool {
			other := r.related(n.Name)
			return other != nil && c.fits(r, other, depth+1)
		})
	}
	l := rule.LogSource
	for _, pair := range [][2]string{{c.product, l.Product}, {c.category, l.Category}, {c.service, l.Service}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return true
}

type containsItem struct {
	field string
	value *yaml.Node // nil for any
}

func (c *containsItem) ofRule(r *run) bool {
	d := r.detection()
	if d == nil {
		return false
	}
	var in func(syntax.Node) bool
	in = func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.All:
			return slices.ContainsFunc(n.Tests, in)
		case *syntax.Any:
			return slices.ContainsFunc(n.Tests, in)
		case *syntax.Item:
			if n.Field == "" || n.Field != c.field {
				return false
			}
			return c.value == nil || slices.ContainsFunc(n.Values, func(v syntax.Value) bool { return sameAs(n, v, c.value) })
		}
		return false
	}
	return slices.ContainsFunc(d.Searches, func(s *syntax.Search) bool { return s.Body != nil && in(s.Body) })
}

// sameAs compares a value with one of a pipeline: texts in any case, as Sigma does.
func sameAs(it *syntax.Item, v syntax.Value, n *yaml.Node) bool {
	if n.Tag == "!!str" {
		return v.Kind == syntax.Text && strings.EqualFold(shown(it, v), n.Value)
	}
	return v.Kind != syntax.Text && v.Text == n.Value
}

type appliedBefore string

func (c appliedBefore) ofRule(r *run) bool                  { return r.applied[string(c)] }
func (c appliedBefore) ofItem(r *run, it *syntax.Item) bool { return r.items[it][string(c)] }
func (c appliedBefore) ofField(r *run, _ *syntax.Item, field string) bool {
	return r.fields[field][string(c)]
}

// stateIs compares an entry of the pipeline's state.
type stateIs struct {
	key, op string
	val     string
}

func newStateIs(p *params) condition {
	return &stateIs{p.need("key").Value, p.choice("op", "eq", "ne", "gte", "gt", "lte", "lt"), p.need("val").Value}
}

func (c *stateIs) ofRule(r *run) bool {
	have, ok := r.state[c.key]
	return ok && compare(have, c.val, c.op)
}
func (c *stateIs) ofItem(r *run, _ *syntax.Item) bool            { return c.ofRule(r) }
func (c *stateIs) ofField(r *run, _ *syntax.Item, _ string) bool { return c.ofRule(r) }

// compare compares numbers as numbers and everything else as text.
func compare(a, b, op string) bool {
	order := strings.Compare(a, b)
	if x, err := strconv.ParseFloat(a, 64); err == nil {
		if y, err := strconv.ParseFloat(b, 64); err == nil {
			order = cmp.Compare(x, y)
		}
	}
	switch op {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gte":
		return order >= 0
	case "gt":
		return order > 0
	case "lte":
		return order <= 0
	}
	return order < 0
}

type isKind bool

func (c isKind) ofRule(r *run) bool { return (r.rule.Correlation != nil) == bool(c) }

type hasTag string

func (c hasTag) ofRule(r *run) bool {
	tags, _ := r.attrs["tags"].([]string)
	return slices.Contains(tags, string(c))
}

type attributeIs struct{ name, op, value string }

func newAttributeIs(p *params) condition {
	return &attributeIs{p.need("attribute").Value, p.choice("op", "eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in"), p.need("value").Value}
}

// ranks order what is neither number nor date.
var ranks = map[string][]string{
	"level":  {"informational", "low", "medium", "high", "critical"},
	"status": {"unsupported", "deprecated", "experimental", "test", "stable"},
}

func (c *attributeIs) ofRule(r *run) bool {
	have, ok := r.attrs[c.name]
	if !ok {
		return false
	}
	switch have := have.(type) {
	case []string:
		in := slices.Contains(have, c.value)
		return c.op == "in" && in || c.op == "not_in" && !in || c.op == "ne"
	case string:
		if c.op == "in" || c.op == "not_in" {
			return (have == c.value) == (c.op == "in")
		}
		if ranks := ranks[c.name]; ranks != nil {
			a, b := slices.Index(ranks, strings.ToLower(have)), slices.Index(ranks, strings.ToLower(c.value))
			return a >= 0 && b >= 0 && compare(strconv.Itoa(a), strconv.Itoa(b), c.op)
		}
		return compare(have, c.value, c.op)
	}
	return false
}

var itemConditions = map[string]func(*params) condition{
	"match_string": func(p *params) condition {
		return &ofValues{all: every(p), test: matchString(p)}
	},
	"match_value": func(p *params) condition {
		n := p.need("value")
		return &ofValues{all: every(p), test: func(it *syntax.Item, v syntax.Value) bool { return sameAs(it, v, n) }}
	},
	"contains_wildcard": func(p *params) condition {
		return &ofValues{all: every(p), test: func(it *syntax.Item, v syntax.Value) bool {
			_, plain := pattern(it, v).Plain()
			return isText(it, v) && !plain
		}}
	},
	"is_null": func(p *params) condition {
		return &ofValues{all: every(p), test: func(_ *syntax.Item, v syntax.Value) bool { return v.Kind == syntax.Null }}
	},
	"processing_item_applied": func(p *params) condition { return appliedBefore(p.need("processing_item_id").Value) },
	"processing_state":        newStateIs,
}

func every(p *params) bool { return p.choice("cond", "any", "all") == "all" }

// ofValues tests the values of an item: one of them, or each.
type ofValues struct {
	all  bool
	test func(*syntax.Item, syntax.Value) bool
}

func (c *ofValues) ofItem(_ *run, it *syntax.Item) bool {
	if c.all {
		return !slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return !c.test(it, v) })
	}
	return slices.ContainsFunc(it.Values, func(v syntax.Value) bool { return c.test(it, v) })
}

// matchString tests texts with an expression that begins where they do, as Python's match has it.
func matchString(p *params) func(*syntax.Item, syntax.Value) bool {
	n := p.need("pattern")
	negate := p.flag("negate")
	re := p.rd.regex(n, "^(?:"+n.Value+")")
	return func(it *syntax.Item, v syntax.Value) bool {
		return (re != nil && isText(it, v) && re.Match(shown(it, v))) != negate
	}
}

func (rd *reader) regex(n *yaml.Node, pattern string) *fn.Regex {
	re, err := fn.CompileRegex(pattern, fn.PCRE)
	if err != nil {
		rd.fail("SIG1022", n, "the regular expression is wrong: %v", err)
		return nil
	}
	return re
}

var fieldConditions = map[string]func(*params) condition{
	"include_fields":          func(p *params) condition { return newFieldNames(p, true) },
	"exclude_fields":          func(p *params) condition { return newFieldNames(p, false) },
	"processing_item_applied": func(p *params) condition { return appliedBefore(p.need("processing_item_id").Value) },
	"processing_state":        newStateIs,
}

type fieldNames struct {
	names   []string
	res     []*fn.Regex
	include bool
}

func newFieldNames(p *params, include bool) condition {
	c := &fieldNames{include: include}
	n := p.need("fields")
	mode := "mode"
	if p.of["mode"] == nil && p.of["match_type"] != nil {
		mode = "match_type"
	}
	if p.choice(mode, "plain", "re") == "plain" {
		c.names = p.rd.texts(n)
		return c
	}
	for _, it := range p.rd.doc.Items(n) {
		if re := p.rd.regex(it, "^(?:"+it.Value+")"); re != nil {
			c.res = append(c.res, re)
		}
	}
	return c
}

func (c *fieldNames) ofField(_ *run, _ *syntax.Item, field string) bool {
	in := field != "" && (slices.Contains(c.names, field) || slices.ContainsFunc(c.res, func(re *fn.Regex) bool { return re.Match(field) }))
	return in == c.include
}
