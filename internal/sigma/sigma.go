// Package sigma compiles Sigma rules to plans.
//
// [Compile] parses a document (package syntax) and lowers it: a rule to a scan of its log source's view (package schema, "sigma:…") with
// the conditions as a predicate, a correlation to aggregates over the rows of the rules that it relates. What Sigma means by a comparison is
// in the functions of package function. Filters are added to the rules that they name.
//
// Diagnostics: SIG1xxx say that the text is wrong, SIG2xxx that something legal cannot be run here, SIG3xxx that a search, rule or
// placeholder is unknown, SIG4xxx that a modifier or value is wrong, SIG5xxx what the reader should know of a rule that runs.
package sigma

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma/pipeline"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// Options is what the compiler may know of its surroundings. All of it may be left out.
type Options struct {
	// Rule finds the document of a rule by its id or name.
	Rule func(ref string) (*text.Source, bool)
	// Filters are the documents of filters, which narrow the rules that they name.
	Filters []*text.Source
	// Placeholder gives the values of a placeholder.
	Placeholder func(name string) ([]string, bool)
	// Pipeline changes rules before they are compiled, and has values of placeholders, which go before Placeholder's. It may be nil.
	Pipeline *pipeline.Pipeline
	// Detached takes placeholders without values to match nothing, with a note, as rules want that come from elsewhere.
	Detached bool
}

// A Query is a compiled rule.
type Query struct {
	Plan    plan.Node
	Columns []string
}

// timeColumn is the time of an event in every view and result.
const timeColumn = "_time"

// Compile compiles a document. The query is nil when there are errors.
//
// A text with several documents stands for the one of them that no other refers to; the others are the rules and filters that it needs.
func Compile(src *text.Source, opt Options) (*Query, text.Diagnostics) {
	if docs := syntax.Split(src); len(docs) > 1 {
		var ds text.Diagnostics
		if src, ds = outermost(src, docs, &opt); src == nil {
			return nil, ds
		}
	}
	r, ds := syntax.Parse(src)
	if r == nil {
		return nil, ds
	}
	c := &compiler{opt: opt, src: src, ds: ds}
	q := c.document(r, nil, 0)
	if q == nil || c.ds.HasErrors() {
		return nil, c.ds
	}
	return q, c.ds
}

// document compiles a document; more are columns that somebody needs beside its own.
func (c *compiler) document(r *syntax.Rule, more []string, depth int) *Query {
	if r.Filter != nil {
		c.fail("SIG2001", r.Span, "a filter is no rule: it narrows the rules that it names")
		return nil
	}
	own := r
	if c.opt.Pipeline != nil {
		var ds text.Diagnostics
		r, ds = c.opt.Pipeline.Apply(c.src, c.src, own, c.related)
		c.ds = append(c.ds, ds...)
		if r == nil {
			return nil
		}
	}
	if r.Correlation != nil {
		return c.correlation(r, more, depth)
	}
	return c.rule(r, own, more)
}

// related finds a rule that a correlation names.
func (c *compiler) related(ref string) *syntax.Rule {
	if c.opt.Rule == nil {
		return nil
	}
	src, ok := c.opt.Rule(ref)
	if !ok {
		return nil
	}
	r, _ := syntax.Parse(src)
	return r
}

// outermost returns the document that no other one refers to, and adds the others to what the compiler knows.
func outermost(whole *text.Source, docs []*text.Source, opt *Options) (*text.Source, text.Diagnostics) {
	rules := map[string]*text.Source{}
	inner := map[string]bool{}
	var parsed []*syntax.Rule
	var all text.Diagnostics
	for _, src := range docs {
		r, ds := syntax.Parse(src)
		parsed = append(parsed, r)
		all = append(all, ds...)
		switch {
		case r == nil:
			continue
		case r.Filter != nil:
			opt.Filters = append(slices.Clone(opt.Filters), src)
			continue
		case r.Correlation != nil:
			for _, n := range r.Correlation.Rules {
				inner[n.Name] = true
			}
		}
		for _, ref := range []string{r.ID, r.Name} {
			if ref != "" {
				rules[ref] = src
			}
		}
	}
	if all.HasErrors() {
		return nil, all
	}
	var outer []*text.Source
	for i, r := range parsed {
		if r.Filter == nil && !inner[r.ID] && !inner[r.Name] {
			outer = append(outer, docs[i])
		}
	}
	if len(outer) != 1 {
		return nil, append(all, text.Errorf("SIG2009", whole, text.Span{}, "the text holds %d rules beside each other: a query is one", len(outer)))
	}
	more := opt.Rule
	opt.Rule = func(ref string) (*text.Source, bool) {
		if src := rules[ref]; src != nil {
			return src, true
		}
		if more == nil {
			return nil, false
		}
		return more(ref)
	}
	return outer[0], all
}

type compiler struct {
	opt Options
	src *text.Source
	ds  text.Diagnostics
	// within are the documents that are being compiled around this one, the outermost first.
	within []*text.Source
	// each: what is compiled serves a correlation in time, which wants to know of every moment at which it holds.
	each bool
}

func (c *compiler) fail(id string, span text.Span, format string, args ...any) {
	c.ds = append(c.ds, text.Errorf(id, c.src, span, format, args...))
}

func (c *compiler) note(id string, span text.Span, format string, args ...any) {
	d := text.Notef(id, c.src, span, format, args...)
	if !slices.ContainsFunc(c.ds, func(o text.Diagnostic) bool { return o.ID == d.ID && o.Message == d.Message }) {
		c.ds = append(c.ds, d)
	}
}

// rule lowers a detection; own is the rule as it was before the pipeline, more are columns that somebody needs beside its own.
func (c *compiler) rule(r, own *syntax.Rule, more []string) *Query {
	source := schema.FindSigma(r.LogSource.Product, r.LogSource.Category, r.LogSource.Service)
	if !source.Known {
		c.note("SIG5001", r.LogSource.Span, "the log source %s is not known: the rule reads all events that may be of it, with their own fields", sourceName(r.LogSource))
	}
	d := r.Detection
	pred, searches := c.detection(d)
	pred = expr.All(pred, c.filters(own))
	if c.ds.HasErrors() {
		return nil
	}
	var columns []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !strings.Contains(n, "*") && !slices.Contains(columns, n) {
				columns = append(columns, n)
			}
		}
	}
	add(timeColumn)
	add(source.Shows...)
	add(expr.Columns(pred)...)
	add(r.Fields...)
	add(more...)
	if source.Fields != nil {
		for _, n := range expr.Columns(pred) {
			if !slices.Contains(source.Fields, n) && !slices.Contains(common, n) {
				c.note("SIG5002", r.LogSource.Span, "events of %s have no field %s", sourceName(r.LogSource), n)
			}
		}
	}
	scan := &plan.Scan{View: source.View, Fields: event.Fields(columns...)}
	var node plan.Node = scan
	if pipe := pipeOf(d); pipe != nil {
		return c.pipe(r, d, pipe, scan, pred, searches, columns)
	}
	node = &plan.Filter{Input: node, Pred: pred}
	return &Query{Plan: project(node, columns), Columns: columns}
}

// common are fields that Windows events of all sources have.
var common = []string{"Provider_Name", "EventID", "Channel", "Computer", "ComputerName", "Level", "Task", "Opcode", "Keywords", "EventLog", event.RawField, timeColumn}

func sourceName(l syntax.LogSource) string {
	var parts []string
	for _, p := range []string{l.Product, l.Category, l.Service} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return "(none)"
	}
	return strings.Join(parts, "/")
}

func project(n plan.Node, columns []string) plan.Node {
	items := make([]plan.Named, len(columns))
	for i, name := range columns {
		items[i] = plan.Named{Name: name, Expr: expr.C(name)}
	}
	return &plan.Project{Input: n, Items: items}
}

// filters returns what the filters that name the rule leave of it, or nil.
//
// pySigma joins a filter's condition to the rule's with and, so that filters are written `not selection`
// (https://sigmahq.io/docs/meta/filters); the example of the specification writes what to leave out. A condition without any not can only
// mean that, since filters are there to suppress matches.
func (c *compiler) filters(r *syntax.Rule) expr.Expr {
	var out []expr.Expr
	for _, src := range c.opt.Filters {
		f, ds := syntax.Parse(src)
		if f == nil || f.Filter == nil || ds.HasErrors() || !concerns(f, r) {
			continue
		}
		inner := &compiler{opt: c.opt, src: src}
		if c.opt.Pipeline != nil { // a filter is a part of the rule, with the rule's log source
			f.LogSource = r.LogSource
			if f, ds = c.opt.Pipeline.Apply(src, c.src, f, nil); f == nil {
				c.ds = append(c.ds, ds...)
				continue
			}
		}
		pred, _ := inner.detection(f.Filter.Detection)
		c.ds = append(c.ds, inner.ds...)
		if pred == nil {
			continue
		}
		if !negates(f.Filter.Detection) {
			pred = &expr.Not{Arg: pred}
		}
		name := f.Title
		if name == "" {
			name = src.Name
		}
		c.note("SIG5003", r.Span, "the filter %q narrows the rule", name)
		out = append(out, pred)
	}
	return expr.All(out...)
}

// concerns reports whether a filter names a rule, and is of its log source.
func concerns(f, r *syntax.Rule) bool {
	for _, pair := range [][2]string{{f.LogSource.Product, r.LogSource.Product}, {f.LogSource.Category, r.LogSource.Category}, {f.LogSource.Service, r.LogSource.Service}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return f.Filter.Any || slices.ContainsFunc(f.Filter.Rules, func(n syntax.Named) bool { return n.Name != "" && (n.Name == r.ID || n.Name == r.Name) })
}

func negates(d *syntax.Detection) bool {
	var walk func(syntax.Cond) bool
	walk = func(c syntax.Cond) bool {
		switch c := c.(type) {
		case *syntax.Not:
			return true
		case *syntax.And:
			return slices.ContainsFunc(c.Args, walk)
		case *syntax.Or:
			return slices.ContainsFunc(c.Args, walk)
		}
		return false
	}
	return slices.ContainsFunc(d.Conditions, func(c *syntax.Condition) bool { return walk(c.Expr) })
}
