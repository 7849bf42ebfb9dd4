package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

func newTableView(r *Registry, def *viewDef, need event.FieldSet, env *fn.Env) (*tableView, error) {
	v := &tableView{reg: r, def: def, env: env, spl: !strings.HasPrefix(def.name, "kql:") && !strings.HasPrefix(def.name, sigmaPrefix), sigma: strings.HasPrefix(def.name, sigmaPrefix),
		norms: map[*shapeDef]*normaliser{}, plans: map[string]map[*event.Class]*mapPlan{}}
	var filterReads []string
	for name, e := range def.calc {
		if need.Has(name) {
			filterReads = append(filterReads, expr.Columns(e)...)
		}
	}
	if def.node != nil && def.node.filter != nil {
		var err error
		if v.filter, err = expr.Compile(def.node.filter, env); err != nil {
			return nil, err
		}
		filterReads = append(filterReads, expr.Columns(def.node.filter)...)
	}
	for _, c := range def.columns {
		if need.Has(c.Name) || slices.Contains(filterReads, c.Name) {
			v.need = append(v.need, c)
			if v.spl {
				v.conv = append(v.conv, &converter{f: withDefault(c.Default, forSPL)})
			} else if v.sigma {
				v.conv = append(v.conv, &converter{f: sameValue})
			} else {
				v.conv = append(v.conv, &converter{f: forKQL(c.Type)})
			}
			var calc *expr.Program
			if e := def.calc[c.Name]; e != nil {
				var err error
				if calc, err = expr.Compile(e, env); err != nil {
					return nil, err
				}
			}
			v.calc = append(v.calc, calc)
			if path, ok := def.late[c.Name]; ok {
				p, err := parseTreePath(path)
				if err != nil {
					return nil, err
				}
				conv := forSPL
				if !v.spl {
					conv = forKQL(c.Type)
				}
				v.late = append(v.late, lateColumn{c, p, conv})
			}
		}
	}
	if v.spl && need.Has(event.RawField) && !slices.ContainsFunc(v.need, func(c Column) bool { return c.Name == event.RawField }) {
		v.need = append(v.need, Column{Name: event.RawField, Type: Any})
		v.conv = append(v.conv, &converter{f: forSPL})
		v.calc = append(v.calc, nil)
	}
	for _, m := range def.maps {
		if len(m.twins) > 0 {
			v.twins = r.twinsOf(def)
		}
	}
	if env != nil && env.Profile != nil {
		for _, c := range v.need {
			v.meters = append(v.meters, env.Profile.Meter(cost.Column, def.name+" "+c.Name))
		}
	}
	v.learns = len(v.late) > 0
	v.sources = v.findSources()
	return v, nil
}

func (v *tableView) Sources() event.FieldSet { return v.sources }

func (v *tableView) Late() event.FieldSet {
	var s event.FieldSet
	for _, l := range v.late {
		s = s.Add(l.col.Name)
	}
	if v.twins != nil {
		s = s.Add(TwinColumn)
	}
	return s
}

// findSources collects the source fields of all shapes that feed the view.
func (v *tableView) findSources() event.FieldSet {
	set := map[string]bool{}
	add := func(names ...string) {
		for _, n := range names {
			set[n] = true
		}
	}
	for _, shapes := range v.reg.lib.shapes {
		for _, s := range shapes {
			var reads []string
			for _, m := range v.def.maps {
				if m.kind == s.kind {
					reads = append(reads, v.mapReads(m, s.kind)...)
				}
			}
			if v.learns {
				reads = append(reads, v.reg.lib.treeReads(s.kind)...)
			}
			if len(reads) == 0 {
				continue
			}
			add(s.gates()...)
			slices.Sort(reads)
			for _, name := range slices.Compact(reads) {
				add(s.sources(name)...)
			}
		}
	}
	names := make([]string, 0, len(set))
	for n := range set {
		if n != bagColumn {
			names = append(names, n)
		}
	}
	return event.Fields(names...)
}

// mapReads returns the canonical fields that a mapping reads for the needed columns.
func (v *tableView) mapReads(m *mapDef, kind string) []string {
	var out []string
	if m.when != nil {
		out = append(out, expr.Columns(m.when)...)
	}
	for _, c := range v.need {
		for _, e := range v.candidates(m, kind, c.Name) {
			out = append(out, expr.Columns(e)...)
		}
	}
	for _, ref := range m.refs {
		for _, e := range ref {
			if v.learns {
				out = append(out, expr.Columns(e)...)
			}
		}
	}
	for _, e := range m.twins {
		out = append(out, expr.Columns(e)...)
		out = append(out, "TimeCreated")
	}
	return out
}

// candidates returns what column name may be computed from under a mapping, whatever the class.
func (v *tableView) candidates(m *mapDef, kind, name string) []expr.Expr {
	if e := m.byName[name]; e != nil {
		return []expr.Expr{e}
	}
	if v.sigma && name == timeColumn {
		return v.reg.lib.sigmaTimes(kind)
	}
	if name == event.RawField {
		return []expr.Expr{expr.C(name)}
	}
	if m.prefix != "" || m.same && !v.spl {
		return []expr.Expr{v.expression(m, kind, nil, name)}
	}
	if !m.same {
		return nil
	}
	var out []expr.Expr
	if v.spl {
		for _, layer := range v.reg.lib.layers {
			if layer.kind == kind {
				if e := layer.byName[name]; e != nil {
					out = append(out, e)
					if layer.when != nil {
						out = append(out, layer.when)
					}
				}
			}
		}
	}
	return append(out, expr.C(name))
}

// expression returns what computes column name under a mapping for events of a class, or nil.
func (v *tableView) expression(m *mapDef, kind string, c *event.Class, name string) expr.Expr {
	if e := m.byName[name]; e != nil {
		return e
	}
	if v.sigma && name == timeColumn {
		return v.reg.lib.sigmaTime(kind, c)
	}
	if name == event.RawField {
		return expr.C(name)
	}
	switch {
	case m.prefix != "":
		return v.own(m.prefix+strings.ToLower(name[:1])+name[1:], name)
	case !m.same:
		return nil
	}
	if v.spl {
		if e := v.reg.lib.layered1(kind, c, name); e != nil {
			return e
		}
	}
	return v.own(name, name)
}

// own returns a source field as the column that it is already; a dynamic one is put together again.
func (v *tableView) own(field, column string) expr.Expr {
	if i, ok := v.def.index[column]; ok && v.def.columns[i].Type == Dynamic {
		return expr.C(objectField + field)
	}
	return expr.C(field)
}

// layered1 returns the expression of a column of "spl:events" for a class of events: the top layer that has it, or where layers
// have conditions, the top one whose condition is true.
func (l *library) layered1(kind string, c *event.Class, name string) expr.Expr {
	var cur expr.Expr
	for _, m := range l.layers {
		e := m.byName[name]
		if e == nil || m.kind != kind || !l.matches(kind, m.events, c) {
			continue
		}
		if m.when == nil {
			cur = e
			continue
		}
		if cur == nil {
			cur = expr.C(name)
		}
		cur = &expr.Case{Whens: []expr.When{{Cond: m.when, Then: e}}, Else: cur}
	}
	return cur
}

func (v *tableView) norm(s *shapeDef) *normaliser {
	n := v.norms[s]
	if n == nil {
		n, _ = newNormaliser(s, v.env) // shapes compile: a test compiles them all
		v.norms[s] = n
	}
	return n
}

func (v *tableView) plan(kind string, c *event.Class) *mapPlan {
	byClass := v.plans[kind]
	if byClass == nil {
		byClass = map[*event.Class]*mapPlan{}
		v.plans[kind] = byClass
	}
	p, ok := byClass[c]
	if !ok {
		p = v.newPlan(kind, c)
		byClass[c] = p
	}
	return p
}

func (v *tableView) newPlan(kind string, c *event.Class) *mapPlan {
	p := &mapPlan{}
	reads := map[string]bool{}
	compile := func(e expr.Expr) *adaptive {
		if e == nil {
			return nil
		}
		prog, err := adapt(e, v.env)
		if err != nil {
			return nil // a test compiles every mapping
		}
		for _, name := range expr.Columns(e) {
			reads[name] = true
		}
		return prog
	}
	for _, m := range v.def.maps {
		if m.kind != kind || !v.reg.lib.matches(kind, m.events, c) {
			continue
		}
		bm := &boundMap{def: m, when: compile(m.when)}
		for _, col := range v.need {
			bm.cols = append(bm.cols, compile(v.expression(m, kind, c, col.Name)))
		}
		if v.learns {
			for i := range refNames {
				if m.refs[i] != nil {
					for _, f := range refFields {
						bm.refs[i] = append(bm.refs[i], compile(m.refs[i][f]))
					}
				}
			}
		}
		for _, e := range m.twins {
			bm.twins = append(bm.twins, compile(e))
			reads["TimeCreated"] = true
		}
		p.maps = append(p.maps, bm)
		if m.when == nil {
			break
		}
	}
	if len(p.maps) == 0 {
		return nil
	}
	for name := range reads {
		p.reads = append(p.reads, name)
	}
	slices.Sort(p.reads)
	return p
}
