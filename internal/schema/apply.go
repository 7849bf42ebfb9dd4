package schema

import (
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

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
		var t time.Time
		if v.meters != nil {
			t = v.meters[i].Start()
		}
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
		if v.meters != nil {
			v.meters[i].Stop(t, in.Len())
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
