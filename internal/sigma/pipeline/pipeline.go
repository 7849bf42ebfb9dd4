// Package pipeline reads processing pipelines as pySigma has them and applies them to Sigma rules: a rule that a site's converter would
// first map to the site's fields, log sources and values is mapped here before it is compiled.
//
// https://sigmahq-pysigma.readthedocs.io/en/latest/Processing_Pipelines.html
//
// Old configurations of sigmac (fieldmappings) and mapping files of Chainsaw are read as the pipelines that say the same. What a pipeline
// does to queries once they are made (postprocessing, finalizers) has no meaning here and is refused.
//
// Diagnostics: SIG1020 to SIG1022 say that the file is wrong, SIG2011 that it asks for something that cannot be done here, SIG2012 and
// SIG2013 that a pipeline refuses a rule, SIG5009 what the reader should know.
package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Pipeline is a list of steps that a rule goes through, in the order of the priorities of the files that they are from. It is
// immutable, and safe for use by many goroutines.
type Pipeline struct {
	steps []*step
	vars  map[string][]string
}

// A part is what one file gives.
type part struct {
	priority int
	steps    []*step
	vars     map[string][]string
}

// step is one transformation with the conditions under which it is applied.
type step struct {
	id                string
	src               *text.Source
	span              text.Span
	rule, item, field group
	do                transformation
}

// A transformation changes a rule that is on its way.
type transformation interface{ apply(r *run, s *step) }

// Load reads pipelines and joins them: those of lower priority come first, of the same in the order given. Values of a variable that
// several files have are those of the last.
func Load(srcs []*text.Source) (*Pipeline, text.Diagnostics) {
	var parts []*part
	var ds text.Diagnostics
	for _, src := range srcs {
		p, more := read(src)
		ds = append(ds, more...)
		if p != nil {
			parts = append(parts, p)
		}
	}
	if ds.HasErrors() {
		return nil, ds
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.priority, b.priority) })
	out := &Pipeline{vars: map[string][]string{}}
	for _, p := range parts {
		out.steps = append(out.steps, p.steps...)
		for name, values := range p.vars {
			out.vars[name] = values
		}
	}
	return out, ds
}

// Values returns the values of a variable, for placeholders that no step has replaced.
func (p *Pipeline) Values(name string) ([]string, bool) {
	if p == nil {
		return nil, false
	}
	v, ok := p.vars[name]
	return v, ok
}

// run is the way of one rule through a pipeline.
type run struct {
	p     *Pipeline
	src   *text.Source
	rule  *syntax.Rule
	attrs map[string]any // attributes of the rule: string or []string
	// related finds the rules that a correlation names.
	related func(ref string) *syntax.Rule

	state   map[string]string
	applied map[string]bool                  // ids of the steps that the rule has gone through
	items   map[*syntax.Item]map[string]bool // of those that changed an item
	fields  map[string]map[string]bool       // of those that made a field's name
	ds      text.Diagnostics
}

// Apply returns what the pipeline makes of a rule, which stays as it is. The diagnostics are those of steps that refuse the rule, or
// that cannot be done with it; their places are in src, which the rule was read from. meta is the document whose attributes conditions
// ask for: src, or for a filter the rule that it narrows. related finds the rules that a correlation names, and may be nil.
func (p *Pipeline) Apply(src, meta *text.Source, rule *syntax.Rule, related func(ref string) *syntax.Rule) (*syntax.Rule, text.Diagnostics) {
	if p == nil || len(p.steps) == 0 {
		return rule, nil
	}
	r := &run{p: p, src: src, rule: copyRule(rule), attrs: attributes(meta), related: related, state: map[string]string{}, applied: map[string]bool{},
		items: map[*syntax.Item]map[string]bool{}, fields: map[string]map[string]bool{}}
	r.steps(p.steps)
	if r.ds.HasErrors() {
		return nil, r.ds
	}
	if !r.settle() {
		return nil, r.ds
	}
	return r.rule, r.ds
}

func (r *run) steps(steps []*step) {
	for _, s := range steps {
		if !s.rule.holds(func(c condition) bool { return c.(ruleCondition).ofRule(r) }) {
			continue
		}
		s.do.apply(r, s)
		r.applied[s.id] = true
		if r.ds.HasErrors() {
			return
		}
	}
}

func (r *run) fail(id string, span text.Span, format string, args ...any) {
	r.ds = append(r.ds, text.Errorf(id, r.src, span, format, args...))
}

func (r *run) note(id string, span text.Span, format string, args ...any) {
	d := text.Notef(id, r.src, span, format, args...)
	if !slices.ContainsFunc(r.ds, func(o text.Diagnostic) bool { return o.ID == d.ID && o.Message == d.Message }) {
		r.ds = append(r.ds, d)
	}
}

// mark remembers that a step changed an item.
func (r *run) mark(it *syntax.Item, s *step) {
	if r.items[it] == nil {
		r.items[it] = map[string]bool{}
	}
	r.items[it][s.id] = true
}

// detection returns what holds the rule's searches, or nil.
func (r *run) detection() *syntax.Detection {
	switch {
	case r.rule.Detection != nil:
		return r.rule.Detection
	case r.rule.Filter != nil:
		return r.rule.Filter.Detection
	}
	return nil
}

// each calls f for the items of the rule that a step's conditions choose, and puts what it returns in their place: nil drops the item.
func (r *run) each(s *step, f func(it *syntax.Item) syntax.Node) {
	d := r.detection()
	if d == nil {
		return
	}
	var walk func(n syntax.Node) syntax.Node
	list := func(ns []syntax.Node) []syntax.Node {
		var out []syntax.Node
		for _, n := range ns {
			if m := walk(n); m != nil {
				out = append(out, m)
			}
		}
		return out
	}
	walk = func(n syntax.Node) syntax.Node {
		switch n := n.(type) {
		case *syntax.All:
			n.Tests = list(n.Tests)
			if len(n.Tests) == 0 {
				return nil
			}
		case *syntax.Any:
			n.Tests = list(n.Tests)
			if len(n.Tests) == 0 {
				return nil
			}
		case *syntax.Item:
			if !s.item.holds(func(c condition) bool { return c.(itemCondition).ofItem(r, n) }) {
				return n
			}
			if !s.field.holds(func(c condition) bool {
				return c.(fieldCondition).ofField(r, n, n.Field) || refers(n) && slices.ContainsFunc(n.Values, func(v syntax.Value) bool { return c.(fieldCondition).ofField(r, n, v.Text) })
			}) {
				return n
			}
			return f(n)
		}
		return n
	}
	for _, search := range d.Searches {
		if search.Body != nil {
			search.Body = walk(search.Body)
		}
	}
}

// settle takes searches of which nothing is left out of the conditions, and reports whether anything remains.
func (r *run) settle() bool {
	d := r.detection()
	if d == nil || !slices.ContainsFunc(d.Searches, func(s *syntax.Search) bool { return s.Body == nil }) {
		return true
	}
	gone := map[string]bool{}
	var names []string
	d.Searches = slices.DeleteFunc(d.Searches, func(s *syntax.Search) bool {
		if s.Body == nil {
			gone[s.Name] = true
		} else {
			names = append(names, s.Name)
		}
		return s.Body == nil
	})
	for _, c := range d.Conditions {
		if c.Expr = prune(c.Expr, gone, names); c.Expr == nil && c.Draft == "" {
			r.fail("SIG2013", c.Span, "the pipeline leaves nothing of the condition")
			return false
		}
	}
	return true
}

// prune returns a condition without what names a search that is gone, or nil.
func prune(c syntax.Cond, gone map[string]bool, names []string) syntax.Cond {
	list := func(args []syntax.Cond) []syntax.Cond {
		var out []syntax.Cond
		for _, a := range args {
			if p := prune(a, gone, names); p != nil {
				out = append(out, p)
			}
		}
		return out
	}
	switch c := c.(type) {
	case *syntax.And:
		if args := list(c.Args); len(args) > 1 {
			return &syntax.And{Args: args}
		} else if len(args) == 1 {
			return args[0]
		}
		return nil
	case *syntax.Or:
		if args := list(c.Args); len(args) > 1 {
			return &syntax.Or{Args: args}
		} else if len(args) == 1 {
			return args[0]
		}
		return nil
	case *syntax.Not:
		if arg := prune(c.Arg, gone, names); arg != nil {
			return &syntax.Not{Arg: arg}
		}
		return nil
	case *syntax.Ref:
		if gone[c.Name] {
			return nil
		}
	case *syntax.Of:
		if !slices.ContainsFunc(names, func(n string) bool { return c.Takes(n) }) {
			return nil
		}
	}
	return c
}

// refers reports whether the values of an item are names of fields.
func refers(it *syntax.Item) bool {
	return slices.ContainsFunc(it.Modifiers, func(m syntax.Modifier) bool { return strings.EqualFold(m.Name, "fieldref") })
}
