package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

func newTableView(r *Registry, def *viewDef, need event.FieldSet, env *fn.Env) (*tableView, error) {
	v := &tableView{reg: r, def: def, env: env, spl: !strings.HasPrefix(def.name, "kql:"),
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
				v.late = append(v.late, lateColumn{c, p})
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

// part is some rows of a source batch in the view's columns.
type part struct {
	rows []int32 // of the source batch; nil: all
	out  *event.Batch
}

func (v *tableView) Apply(b *event.Batch) *event.Batch {
	if b.Class == nil || b.Len() == 0 {
		return nil
	}
	if v.learns {
		v.reg.learn(b, v.env)
	}
	var parts []part
	own := !v.spl && (b.Class.Shape == "sentinel" || b.Class.Shape == "mde") && "kql:"+b.Class.Channel == v.def.name
	v.reg.lib.each(b, v.norm, v.reg.classes, func(kind string) bool {
		if own && kind != b.Class.Shape {
			return false // a row of this very table is not mapped, but taken as it is
		}
		return slices.ContainsFunc(v.def.maps, func(m *mapDef) bool { return m.kind == kind })
	}, func(n *normaliser, g group) {
		p := v.plan(n.def.kind, g.class)
		if p == nil {
			return
		}
		src, rows := b, g.rows
		if rows != nil {
			src = narrow(b, n.def, p.reads).Gather(rows)
		}
		parts = append(parts, v.applyPlan(p, n.batch(src, g.class, p.reads), rows)...)
	})
	return assemble(b, parts)
}

// each splits a batch by shape and class and hands on the groups that are of a wanted kind.
func (l *library) each(b *event.Batch, norm func(*shapeDef) *normaliser, classes *event.Classes, wanted func(kind string) bool, do func(*normaliser, group)) {
	var rest []int32
	for _, s := range l.shapes[b.Class.Shape] {
		if !wanted(s.kind) {
			continue
		}
		n := norm(s)
		rows, all := n.claims(b, rest)
		if len(rows) == 0 && !(all && rest == nil) {
			continue
		}
		if all && rest == nil {
			rows = nil
		}
		for _, g := range n.classify(b, rows, classes) {
			do(n, g)
		}
		if all {
			return
		}
		rest = subtract(b.Len(), rest, rows)
	}
}

// subtract returns the rows of have (nil: 0 to n-1) that are not in taken; both ascend.
func subtract(n int, have, taken []int32) []int32 {
	out := []int32{}
	j := 0
	skip := func(r int32) bool {
		for j < len(taken) && taken[j] < r {
			j++
		}
		return j < len(taken) && taken[j] == r
	}
	if have == nil {
		for r := int32(0); int(r) < n; r++ {
			if !skip(r) {
				out = append(out, r)
			}
		}
		return out
	}
	for _, r := range have {
		if !skip(r) {
			out = append(out, r)
		}
	}
	return out
}

// narrow returns b with only the source columns that the given canonical fields are made of, so that taking some of its rows is
// cheap.
func narrow(b *event.Batch, s *shapeDef, canonical []string) *event.Batch {
	out := b.Derive()
	for _, name := range canonical {
		for _, from := range s.sources(name) {
			if strings.Contains(from, "*") {
				for i, have := range b.Names() {
					if event.MatchName(from, have) && out.Index(have) < 0 {
						out.Set(have, b.ColumnAt(i))
					}
				}
				continue
			}
			if c := b.Column(from); c != nil && out.Index(from) < 0 {
				out.Set(from, c)
			}
		}
	}
	return out
}

func (v *tableView) applyPlan(p *mapPlan, canon *event.Batch, rows []int32) []part {
	var parts []part
	rest := []int32(nil) // rows of canon not yet taken; nil: all
	for _, m := range p.maps {
		take, all := rest, true
		if m.when != nil {
			take = m.when.Select(canon, rest)
			n := canon.Len()
			if rest != nil {
				n = len(rest)
			}
			all = len(take) == n
			if len(take) == 0 {
				continue
			}
			if all && rest == nil {
				take = nil
			}
		}
		in := canon
		if take != nil {
			in = canon.Gather(take)
		}
		out, at := v.compute(m, in), compose(rows, take)
		if v.filter != nil && !m.def.exempt {
			keep := v.filter.Select(out, nil)
			if len(keep) < out.Len() {
				out, at = out.Gather(keep), compose(at, keep)
			}
		}
		if out.Len() > 0 {
			parts = append(parts, part{at, out})
		}
		if all {
			break
		}
		rest = subtract(canon.Len(), rest, take)
	}
	return parts
}

// compose returns the rows of the outer selection that the inner one picks.
func compose(outer, inner []int32) []int32 {
	switch {
	case inner == nil:
		return outer
	case outer == nil:
		return inner
	}
	out := make([]int32, len(inner))
	for i, r := range inner {
		out[i] = outer[r]
	}
	return out
}

func (v *tableView) compute(m *boundMap, in *event.Batch) *event.Batch {
	out := in.Derive()
	for i, c := range v.need {
		var col *event.Column
		if p := m.cols[i]; p != nil {
			col = p.Eval(in)
		} else {
			col = event.NewConstant(event.Value{}, in.Len())
		}
		if v.calc[i] == nil {
			out.Set(c.Name, v.conv[i].column(col))
		} else {
			out.Set(c.Name, col)
		}
	}
	for i, p := range v.calc {
		if p != nil {
			name := v.need[i].Name
			out.Set(name, v.conv[i].column(overlayBlank(out.Column(name), p, out)))
		}
	}
	if v.learns {
		for i, ref := range m.refs {
			for j, p := range ref {
				if p != nil {
					out.Set(refColumns[i][j], p.Eval(in))
				}
			}
		}
	}
	if v.twins != nil && len(m.twins) > 0 {
		v.twins.note(m, in, out)
	}
	return out
}

// overlayBlank fills missing and empty values of c with what p computes; p runs only when there are such.
func overlayBlank(c *event.Column, p *expr.Program, b *event.Batch) *event.Column {
	var d *event.Column
	var vals []event.Value
	for i := range c.Len() {
		v := c.Value(i)
		if v.IsNull() || v.Kind() == event.String && v.Str() == "" {
			if d == nil {
				d = p.Eval(b)
				vals = c.Values(nil)
			}
			vals[i] = d.Value(i)
		}
	}
	if d == nil {
		return c
	}
	return event.NewColumn(vals)
}

// assemble puts the parts of a source batch together, rows in their order there.
func assemble(b *event.Batch, parts []part) *event.Batch {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		parts[0].out.Class = b.Class
		return parts[0].out
	}
	bs := make([]*event.Batch, len(parts))
	var order []int32
	for i, p := range parts {
		bs[i] = p.out
		for j := range p.out.Len() {
			r := int32(j)
			if p.rows != nil {
				r = p.rows[j]
			}
			order = append(order, r)
		}
	}
	all := event.ConcatBatches(bs)
	all.Class = b.Class
	perm := make([]int32, len(order))
	for i := range perm {
		perm[i] = int32(i)
	}
	slices.SortStableFunc(perm, func(x, y int32) int { return int(order[x]) - int(order[y]) })
	if slices.IsSorted(perm) {
		return all
	}
	return all.Gather(perm)
}
