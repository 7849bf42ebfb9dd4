package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// eventsViewer is the view "spl:events": every event, with all fields of the source as Splunk's automatic extraction names them
// (a.b for nested objects, a{} for arrays, a{}.b for objects in arrays), the canonical fields of Windows events, and on top of
// both the names that the add-ons give (the layers of the mapping files).
type eventsViewer struct {
	reg   *Registry
	env   *fn.Env
	need  event.FieldSet
	conv  converter
	nulls converter
	norms map[*shapeDef]*normaliser
	plans map[string]map[*event.Class]*eventsPlan
	src   event.FieldSet
}

type eventsPlan struct {
	cols   []progCol // computed columns
	reads  []string
	tags   []tagger
	fields []string // canonical fields asked for by name
}

type progCol struct {
	name  string
	prog  *adaptive
	meter *cost.Meter
}

// tagger gives the tags of a data model's node to the events that belong to it.
type tagger struct {
	when *adaptive // nil: always
	tags []string
}

func newEvents(r *Registry, need event.FieldSet, env *fn.Env) (View, error) {
	v := &eventsViewer{reg: r, env: env, need: need, conv: converter{f: forSPL}, nulls: converter{f: jsonNull}, norms: map[*shapeDef]*normaliser{}, plans: map[string]map[*event.Class]*eventsPlan{}}
	v.src = v.findSources()
	return v, nil
}

func (v *eventsViewer) Sources() event.FieldSet                              { return v.src }
func (v *eventsViewer) Late() event.FieldSet                                 { return event.FieldSet{} }
func (v *eventsViewer) Finish(b *event.Batch, _ event.FieldSet) *event.Batch { return b }
func (v *eventsViewer) wants(name string) bool                               { return v.need.Has(name) }
func (v *eventsViewer) norm(s *shapeDef) *normaliser {
	n := v.norms[s]
	if n == nil {
		n, _ = newNormaliser(s, v.env)
		v.norms[s] = n
	}
	return n
}

const tagField = "tag"

func (v *eventsViewer) findSources() event.FieldSet {
	if v.need.Has("*") || slices.Contains(v.need.Patterns(), "*") {
		return event.AllFields
	}
	var out []string
	for _, n := range v.need.Names() {
		base, _, _ := strings.Cut(n, "{}")
		out = append(out, base)
	}
	for _, pat := range v.need.Patterns() {
		out = append(out, pat)
		if base, _, ok := strings.Cut(pat, "{}"); ok {
			out = append(out, base)
		}
	}
	for _, shapes := range v.reg.lib.shapes {
		for _, s := range shapes {
			out = append(out, s.gates()...)
			for _, n := range v.need.Names() {
				out = append(out, s.sources(n)...)
				if s.kind == "windows" && strings.Contains(n, "_") {
					out = append(out, s.sources(strings.ReplaceAll(n, "_", "*"))...) // see cleanName
				}
			}
			for _, pat := range v.need.Patterns() {
				for _, p := range s.prefixes {
					out = append(out, p+pat)
				}
				for f := range s.fields {
					if event.MatchName(pat, f) {
						out = append(out, s.sources(f)...)
					}
				}
				if s.bag != nil {
					out = append(out, expr.Columns(s.bag)...)
				}
			}
			for _, m := range v.reg.lib.layers {
				if m.kind != s.kind {
					continue
				}
				for _, c := range m.columns {
					if !v.wants(c.name) {
						continue
					}
					for _, name := range expr.Columns(c.e) {
						out = append(out, s.sources(name)...)
					}
					if m.when != nil {
						for _, name := range expr.Columns(m.when) {
							out = append(out, s.sources(name)...)
						}
					}
				}
			}
			if v.wants(tagField) {
				for _, d := range v.reg.lib.views {
					for _, m := range d.maps {
						if d.node != nil && m.kind == s.kind && m.when != nil {
							for _, name := range expr.Columns(m.when) {
								out = append(out, s.sources(name)...)
							}
						}
					}
				}
			}
		}
	}
	return event.Fields(out...)
}

func (v *eventsViewer) plan(kind string, c *event.Class) *eventsPlan {
	byClass := v.plans[kind]
	if byClass == nil {
		byClass = map[*event.Class]*eventsPlan{}
		v.plans[kind] = byClass
	}
	p := byClass[c]
	if p == nil {
		p = v.newPlan(kind, c)
		byClass[c] = p
	}
	return p
}

func (v *eventsViewer) newPlan(kind string, c *event.Class) *eventsPlan {
	p := &eventsPlan{}
	reads := map[string]bool{}
	compile := func(e expr.Expr) *adaptive {
		prog, err := adapt(e, v.env)
		if err != nil {
			return nil // a test compiles every mapping
		}
		for _, name := range expr.Columns(e) {
			reads[name] = true
		}
		return prog
	}
	lib := v.reg.lib
	done := map[string]bool{}
	for _, m := range lib.layers {
		if m.kind != kind || !lib.matches(kind, m.events, c) {
			continue
		}
		for _, col := range m.columns {
			if done[col.name] || !v.wants(col.name) {
				continue
			}
			done[col.name] = true
			if prog := compile(lib.layered1(kind, c, col.name)); prog != nil {
				pc := progCol{name: col.name, prog: prog}
				if v.env != nil {
					pc.meter = v.env.Profile.Meter(cost.Column, eventsView+" "+col.name)
				}
				p.cols = append(p.cols, pc)
			}
		}
	}
	if v.wants(tagField) {
		for _, m := range lib.models {
			for _, n := range m.Nodes {
				if n.filter != nil {
					continue // its members have the tags of the parent
				}
				for _, vm := range lib.views[n.View].maps {
					if vm.kind != kind || kind == taggedKind || !lib.matches(kind, vm.events, c) {
						continue
					}
					t := tagger{tags: append(slices.Clone(n.Tags), vm.tags...)}
					if vm.when != nil {
						t.when = compile(vm.when)
					}
					p.tags = append(p.tags, t)
				}
			}
		}
	}
	for _, n := range v.need.Names() {
		if !done[n] {
			p.fields = append(p.fields, n)
			if !strings.Contains(n, "{}") {
				reads[n] = true
			}
		}
	}
	for name := range reads {
		p.reads = append(p.reads, name)
	}
	slices.Sort(p.reads)
	return p
}

func (v *eventsViewer) Apply(b *event.Batch) *event.Batch {
	if b.Class == nil || b.Len() == 0 {
		return nil
	}
	var parts []part
	v.reg.lib.each(b, v.norm, v.reg.classes, func(string) bool { return true }, func(n *normaliser, g group) {
		src := b
		if g.rows != nil {
			src = b.Gather(g.rows)
		}
		parts = append(parts, part{g.rows, v.compute(n, src, g.class)})
	})
	return assemble(b, parts)
}

func (v *eventsViewer) compute(n *normaliser, b *event.Batch, class *event.Class) *event.Batch {
	p := v.plan(n.def.kind, class)
	canon := n.batch(b, class, p.reads)
	out := b.Derive()
	set := func(name string, c *event.Column) {
		if v.wants(name) {
			out.Set(name, v.conv.column(c))
		}
	}
	// 1. The fields of the source. A layered name wins, so it need not be made from the source first.
	layered := map[string]bool{}
	for _, c := range p.cols {
		layered[c.name] = true
	}
	windows := n.def.kind == "windows"
	for i, name := range b.Names() {
		if layered[name] {
			continue
		}
		if name == event.RawField {
			if v.wants(name) {
				out.Set(name, b.ColumnAt(i))
			}
			continue
		}
		c := b.ColumnAt(i)
		if windows && n.def.shape == "windows" {
			set(cleanName(name), c)
			continue
		}
		if !windows {
			c = v.nulls.column(c)
		}
		v.spread(name, c, set)
	}
	// 2. The canonical fields: under the names of Windows, or out of the text.
	if n.def.shape != "windows" && (windows || n.def.bag != nil || len(n.def.prefixes) > 1) {
		names := p.fields
		if !v.need.Closed() {
			names = v.canonicalNames(n, b)
		}
		for _, name := range names {
			if layered[name] || !v.wants(cleanName(name)) {
				continue
			}
			if c := n.column(b, name); c != nil {
				set(cleanName(name), c)
			}
		}
	}
	// 3. The names of the add-ons.
	for _, c := range p.cols {
		t := c.meter.Start()
		out.Set(c.name, v.conv.column(c.prog.Eval(canon)))
		c.meter.Stop(t, b.Len())
	}
	if v.wants(tagField) && len(p.tags) > 0 {
		out.Set(tagField, v.tags(p, canon, out.Column(tagField)))
	}
	return out
}

// canonicalNames lists the canonical fields that a batch can have under its shape.
func (v *eventsViewer) canonicalNames(n *normaliser, b *event.Batch) []string {
	seen := map[string]bool{}
	var out []string
	add := func(name string) {
		if !seen[name] && name != "" && name != event.RawField {
			seen[name] = true
			out = append(out, name)
		}
	}
	for _, name := range b.Names() {
		for _, p := range n.def.prefixes {
			if p == "" {
				continue
			}
			if f, ok := strings.CutPrefix(name, p); ok {
				add(f)
			} else if parts, ok := event.MatchWildcards(p+"*", name); ok && strings.Contains(p, "*") {
				add(parts[len(parts)-1])
			}
		}
	}
	for f := range n.def.fields {
		add(f)
	}
	if bag := n.bagOf(b); bag != nil {
		for i := range bag.Len() {
			for _, f := range bag.Value(i).Bag() {
				add(f.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// jsonNull gives the null of JSON as the text that Splunk's extraction makes of it.
func jsonNull(v event.Value) event.Value {
	if v.Kind() == event.Null {
		return event.StringOf("null")
	}
	return v
}

// cleanName writes the name of an item of event data as Splunk does: what is no letter, digit or underscore becomes an underscore.
func cleanName(name string) string {
	if !strings.ContainsFunc(name, dirty) {
		return name
	}
	return strings.Map(func(r rune) rune {
		if dirty(r) {
			return '_'
		}
		return r
	}, name)
}

func dirty(r rune) bool { return strings.ContainsRune(" -/\\()[]+,;'\"%&?!", r) }

// spread sets the columns that a source field becomes in Splunk: arrays are named a{}, objects in arrays a{}.b.
func (v *eventsViewer) spread(name string, c *event.Column, set func(string, *event.Column)) {
	nested := false
	if name != tagField {
		switch c.Encoding() {
		case event.Any:
			for i := range c.Len() {
				if k := c.Value(i).Kind(); k == event.List || k == event.Object {
					nested = true
					break
				}
			}
		case event.Constant:
			nested = c.Const().Kind() >= event.List
		}
	}
	if !nested {
		set(name, c)
		return
	}
	cols := map[string][][]event.Value{}
	var order []string
	var walk func(row int, name string, e event.Value, depth int)
	walk = func(row int, name string, e event.Value, depth int) {
		switch {
		case e.Kind() == event.List && depth < maxBagDepth:
			for _, x := range e.List() {
				walk(row, name+"{}", x, depth+1)
			}
			return
		case e.Kind() == event.Object && depth < maxBagDepth:
			for _, f := range e.Bag() {
				walk(row, name+"."+f.Name, f.Value, depth+1)
			}
			return
		case !v.wants(name):
			return
		}
		e = jsonNull(e)
		rows := cols[name]
		if rows == nil {
			rows = make([][]event.Value, c.Len())
			cols[name] = rows
			order = append(order, name)
		}
		rows[row] = append(rows[row], e)
	}
	for i := range c.Len() {
		walk(i, name, c.Value(i), 0)
	}
	for _, name := range order {
		vals := make([]event.Value, c.Len())
		for i, vs := range cols[name] {
			switch len(vs) {
			case 0:
			case 1:
				vals[i] = vs[0]
			default:
				vals[i] = event.ListOf(vs)
			}
		}
		set(name, event.NewColumn(vals))
	}
}

// tags gives events the tags of the nodes that they belong to, besides those of their own.
func (v *eventsViewer) tags(p *eventsPlan, canon *event.Batch, own *event.Column) *event.Column {
	base := map[string]bool{}
	var always []string
	rowTags := make([][]string, canon.Len())
	for _, t := range p.tags {
		if t.when == nil {
			for _, tag := range t.tags {
				if !base[tag] {
					base[tag] = true
					always = append(always, tag)
				}
			}
			continue
		}
		for _, r := range t.when.Select(canon, nil) {
			rowTags[r] = append(rowTags[r], t.tags...)
		}
	}
	vals := make([]event.Value, canon.Len())
	for i := range vals {
		var list []event.Value
		seen := map[string]bool{}
		add := func(tag string) {
			if !seen[tag] {
				seen[tag] = true
				list = append(list, event.StringOf(tag))
			}
		}
		if own != nil {
			o := own.Value(i)
			if o.Kind() == event.List {
				for _, e := range o.List() {
					add(textOf(e))
				}
			} else if !o.IsNull() {
				add(textOf(o))
			}
		}
		for _, tag := range always {
			add(tag)
		}
		for _, tag := range rowTags[i] {
			add(tag)
		}
		vals[i] = forSPL(event.ListOf(list))
	}
	return event.NewColumn(vals)
}
