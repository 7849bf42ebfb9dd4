package check

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// A filter is a condition that rows have to satisfy, with what they have satisfied before it.
type filter struct {
	cond *cond
	span text.Span
	held []signed
	// eval tells SPL's where and its kin, whose grammar is that of eval, from searches.
	eval bool
	// grouped says that the rows are groups of events that were counted.
	grouped map[string]bool
	// sizes are all columns that tell how much there was: counts, and numbers of different values.
	sizes map[string]bool
}

// filters lists the conditions of a query, pipeline by pipeline, in the order of the text.
func (s *subject) filters() []filter {
	switch {
	case s.spl != nil && s.spl.AST != nil:
		var out []filter
		splFilters(s.spl.AST, &out)
		return out
	case s.kql != nil:
		var out []filter
		syntax.Walk(s.kql, func(n syntax.Node) bool {
			if p, ok := n.(*syntax.Pipeline); ok {
				kqlFilters(p, &out)
			}
			return true
		})
		return out
	}
	return nil
}

// flow follows what is known of the rows of a pipeline.
type flow struct {
	held []signed
	// counts are the columns that hold the number of events of a group, which is never below one.
	counts map[string]bool
	// sizes are those, and the columns that hold a number of different values.
	sizes map[string]bool
	// several are fields with several values; all says that any field may have them, except those in single.
	several map[string]bool
	all     bool
	single  map[string]bool
}

func (f *flow) many(field string) bool {
	if f.all {
		return !f.single[field]
	}
	if strings.HasPrefix(field, "_") { // of Splunk's own, and those that lowering makes
		return true
	}
	low := strings.ToLower(field)
	if i := strings.LastIndexByte(low, '.'); i >= 0 && severalValues[low[i+1:]] {
		return true
	}
	return f.several[field] || severalValues[low] || strings.Contains(field, "{}")
}

func (f *flow) add(c *cond) {
	var groups []group
	conjuncts(c, false, &f.held, &groups)
}

// forget drops what is known of fields for which f is true.
func (f *flow) forget(gone func(string) bool) {
	f.held = slices.DeleteFunc(f.held, func(t signed) bool { return gone(t.field) })
	for _, set := range []map[string]bool{f.counts, f.sizes} {
		for c := range set {
			if gone(c) {
				delete(set, c)
			}
		}
	}
}

func (f *flow) forgetAll() { f.forget(func(string) bool { return true }) }

func splFilters(q *spl.Query, out *[]filter) {
	f := &flow{several: map[string]bool{}, counts: map[string]bool{}, sizes: map[string]bool{}}
	for _, st := range q.Stages {
		if st.Command == nil {
			f.forgetAll()
			continue
		}
		take := func(c *cond, span text.Span, eval bool) {
			if c == nil {
				return
			}
			*out = append(*out, filter{c, span, slices.Clone(f.held), eval, cloneSet(f.counts), cloneSet(f.sizes)})
			f.add(c)
		}
		switch c := st.Command.(type) {
		case *spl.Search:
			take(splCond(c.Expr, f.many), c.At, false)
		case *spl.Tstats:
			f.forgetAll()
			take(splCond(c.Where, f.many), c.At, false)
			f.group(c.Aggs, c.By, true)
		case *spl.Where:
			take(evalCond(c.Cond, f.many), c.At, true)
		case *spl.Regex:
			if c.Pattern != nil && c.Field != nil {
				t := &cond{test: &test{field: c.Field.Value, kind: "match", values: []string{c.Pattern.Value}, many: f.many(c.Field.Value), span: c.At}, span: c.At}
				take(negate(t, c.Negated), c.At, true)
			}
		case *spl.Stats:
			switch c.Verb.Verb {
			case "stats", "sistats":
				f.group(c.Aggs, c.By, true)
			default:
				f.group(c.Aggs, nil, false)
			}
		case *spl.Rename:
			f.rename(c.Pairs)
		case *spl.Eval:
			for _, a := range c.Assignments {
				f.forget(func(n string) bool { return n == a.Field.Value })
				f.several[a.Field.Value] = true // mvappend, split and their like are not looked into
				delete(f.single, a.Field.Value)
			}
		case *spl.Fields, *spl.Table, *spl.Sort, *spl.Dedup, *spl.Head:
		case *spl.Convert:
			for _, x := range c.Conversions {
				if x.Field != nil {
					f.forget(func(n string) bool { return n == x.Field.Value })
				}
			}
		default:
			f.forgetAll()
			f.all, f.single = true, nil
		}
		spl.Walk(st.Command, func(n spl.Node) bool {
			if sub, ok := n.(*spl.Subsearch); ok {
				if sub.Query != nil {
					splFilters(sub.Query, out)
				}
				return false
			}
			return true
		})
	}
}

// group follows stats: replace says that only groups are left, else the statistics are added to the rows.
func (f *flow) group(aggs []*spl.Aggregation, by []*spl.Word, replace bool) {
	if replace {
		keys := map[string]bool{}
		for _, b := range by {
			keys[b.Value] = true
		}
		f.forget(func(n string) bool { return !keys[n] })
		f.several = map[string]bool{}
		f.all, f.single = false, nil
		if len(by) == 0 {
			f.counts = map[string]bool{} // there is a group also of no rows
		}
	}
	for _, a := range aggs {
		name := a.Raw
		if a.As != nil {
			name = a.As.Value
		}
		f.forget(func(n string) bool { return n == name })
		switch fn := strings.ToLower(a.Func); fn {
		case "values", "list":
			if a.Arg != nil && a.Arg.Wild() {
				f.all, f.single = true, map[string]bool{}
				for _, b := range by {
					f.single[b.Value] = true
				}
			}
			f.several[name] = true
		case "count", "c":
			f.sizes[name] = true
			if a.Arg == nil && a.Eval == nil && (len(by) > 0 || !replace) {
				f.counts[name] = true
			}
		case "dc", "distinct_count", "estdc":
			f.sizes[name] = true
		}
	}
}

func (f *flow) rename(pairs []*spl.Alias) {
	for _, p := range pairs {
		if p.From == nil || p.To == nil {
			continue
		}
		from, to := p.From.Value, p.To.Value
		prefix, star := strings.CutSuffix(from, "*")
		switch {
		case star && to == "*" && !strings.Contains(prefix, "*"):
			for i, t := range f.held {
				if rest, ok := strings.CutPrefix(t.field, prefix); ok {
					c := *t.test
					c.field = rest
					f.held[i].test = &c
				}
			}
		case !strings.Contains(from+to, "*"):
			f.forget(func(n string) bool { return n == to })
			for i, t := range f.held {
				if t.field == from {
					c := *t.test
					c.field = to
					f.held[i].test = &c
				}
			}
			for _, set := range []map[string]bool{f.counts, f.sizes} {
				if set[from] {
					delete(set, from)
					set[to] = true
				}
			}
			if f.many(from) {
				f.several[to] = true
			}
		default:
			f.forgetAll()
		}
	}
}

func cloneSet(m map[string]bool) map[string]bool {
	out := make(map[string]bool, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func kqlFilters(p *syntax.Pipeline, out *[]filter) {
	f := &flow{counts: map[string]bool{}, sizes: map[string]bool{}}
	for _, o := range p.Ops {
		switch o := o.(type) {
		case *syntax.Where:
			c := kqlCond(o.X)
			*out = append(*out, filter{c, o.Span(), slices.Clone(f.held), true, cloneSet(f.counts), cloneSet(f.sizes)})
			f.add(c)
		case *syntax.Extend:
			for _, x := range o.Exprs {
				f.assigned(x)
			}
		case *syntax.Summarize:
			keys := map[string]bool{}
			for _, b := range o.By {
				if id, ok := b.(*syntax.Ident); ok {
					keys[id.Name] = true
				}
			}
			f.forget(func(n string) bool { return !keys[n] })
			for _, a := range o.Aggs {
				f.assigned(a)
				name, x := "count_", a
				if n, ok := a.(*syntax.Named); ok && len(n.Names) == 1 {
					name, x = n.Names[0].Name, n.X
				}
				call, ok := x.(*syntax.Call)
				if !ok {
					continue
				}
				switch strings.ToLower(call.Func.Name) {
				case "count":
					f.counts[name] = len(o.By) > 0
					f.sizes[name] = true
				case "dcount", "count_distinct":
					f.sizes[name] = true
				}
			}
		case *syntax.Sort, *syntax.Take, *syntax.Top:
		default:
			f.forgetAll()
		}
	}
}

// assigned forgets what a column was that gets a value anew.
func (f *flow) assigned(x syntax.Expr) {
	n, ok := x.(*syntax.Named)
	if !ok {
		return
	}
	for _, name := range n.Names {
		f.forget(func(s string) bool {
			return s == name.Name || strings.HasPrefix(s, name.Name+".") || strings.HasPrefix(s, name.Name+"[")
		})
	}
}
