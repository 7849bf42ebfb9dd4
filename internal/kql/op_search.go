package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	registerSource("search", lowerSearch)
	registerSource("find", lowerFind)
}

// lowerSearch adds the column $table, which says where a row is from.
// https://learn.microsoft.com/kusto/query/search-operator
func lowerSearch(c *ctx, in *rows, op *syntax.Search) *rows {
	c.ignoreParams(op.Params, "kind", "withsource", "with_source")
	kind, ok := c.oneOf(op.Params, "kind", "case_sensitive", "case_insensitive", "default")
	if !ok {
		return nil
	}
	origin := "$table"
	if s := option(op.Params, "withsource"); s != "" {
		origin = s
	}
	tables := []*rows{in}
	if in == nil || op.In != nil {
		if tables, ok = c.searched(op.In, op); !ok {
			return nil
		}
	}
	var found []*rows
	for _, t := range tables {
		r := t
		if _, all := op.X.(*syntax.Star); !all {
			at := *c
			r = t.lending(tables, op.X)
			at.rows, at.search, at.searchCase = r, true, kind == "case_sensitive"
			v := at.searchFor(op.X)
			if v.bad {
				return nil
			}
			r = r.with(&plan.Filter{Input: r.node, Pred: v.e})
			if len(r.cols) > len(t.cols) {
				r = r.keep(t.cols, t.names())
			}
			r.name = t.name
		}
		found = append(found, r)
	}
	return c.unite(found, false, origin)
}

// lending adds the columns that an expression names and only others of the tables have, without values: a condition over several
// tables sees the columns of all of them.
func (r *rows) lending(tables []*rows, x syntax.Expr) *rows {
	if r.open {
		return r
	}
	var items []plan.Named
	var ts []types.Type
	seen := map[string]bool{}
	syntax.Walk(x, func(n syntax.Node) bool {
		id, ok := n.(*syntax.Ident)
		if !ok || r.has(id.Name) || seen[id.Name] {
			return true
		}
		for _, t := range tables {
			if col, has := t.column(id.Name); has {
				v := event.NullValue
				if col.Type == types.String {
					v = event.StringOf("")
				}
				seen[id.Name] = true
				items, ts = append(items, plan.Named{Name: id.Name, Expr: expr.L(v)}), append(ts, col.Type)
				break
			}
		}
		return true
	})
	return r.extend(items, ts)
}

// searchFor binds the condition of search: a lone value is looked for in all columns.
func (c *ctx) searchFor(x syntax.Expr) *value {
	if l, ok := syntax.Unparen(x).(*syntax.Literal); ok && l.Kind != syntax.LitString && l.Kind != syntax.LitBool {
		return c.anyColumn(&syntax.Binary{Op: "==", X: &syntax.Star{}, Y: l}, &syntax.Star{})
	}
	return c.condition(x)
}

// searched binds the tables named after in, or all tables.
func (c *ctx) searched(in []syntax.Expr, at syntax.Node) ([]*rows, bool) {
	outer := *c
	outer.rows = nil
	if in == nil {
		in = []syntax.Expr{&syntax.Wildcard{Pattern: "*"}}
	}
	var out []*rows
	for _, x := range in {
		got, ok := outer.operands(x, false)
		if !ok {
			return nil, false
		}
		out = append(out, got...)
	}
	return out, true
}

// lowerFind gives source_, the columns asked for, and without project the columns of the condition and the common ones, and
// the others packed.
// https://learn.microsoft.com/kusto/query/find-operator
func lowerFind(c *ctx, in *rows, op *syntax.Find) *rows {
	c.ignoreParams(op.Params, "withsource", "with_source", "datascope")
	if in != nil {
		c.bad("KQL4005", op, "find looks at tables: nothing can come before it")
		return nil
	}
	origin := "source_"
	if s := option(op.Params, "withsource"); s != "" {
		origin = s
	}
	tables, ok := c.searched(op.In, op)
	if !ok {
		return nil
	}
	used := map[string]bool{}
	syntax.Walk(op.X, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			used[id.Name] = true
		}
		return true
	})
	var found []*rows
	for _, t := range tables {
		// Tables without a column of the condition give nothing.
		lacks := false
		for name := range used {
			lacks = lacks || !t.open && !t.has(name) && anyHas(tables, name)
		}
		if lacks {
			continue
		}
		at := *c
		at.rows, at.search = t, true
		v := at.searchFor(op.X)
		if v.bad {
			return nil
		}
		r := t.with(&plan.Filter{Input: t.node, Pred: v.e})
		r.name = t.name
		if r = c.findColumns(r, op, used, tables); r == nil {
			return nil
		}
		found = append(found, r)
	}
	if len(found) == 0 {
		c.bad("KQL3001", op.X, "no table has the columns of the condition")
		return nil
	}
	return c.unite(found, false, origin)
}

func anyHas(tables []*rows, name string) bool {
	return slices.ContainsFunc(tables, func(t *rows) bool { return t.has(name) })
}

func (c *ctx) findColumns(t *rows, op *syntax.Find, used map[string]bool, tables []*rows) *rows {
	var items []plan.Named
	var cols []Column
	pack := op.Project == nil || op.Smart
	add := func(name string, t types.Type, e expr.Expr) {
		items = append(items, plan.Named{Name: name, Expr: e})
		cols = append(cols, Column{name, t})
	}
	if pack {
		for _, col := range t.cols {
			common := true
			for _, o := range tables {
				oc, ok := o.column(col.Name)
				common = common && ok && oc.Type == col.Type
			}
			if common || used[col.Name] {
				add(col.Name, col.Type, expr.C(col.Name))
			}
		}
	}
	for _, p := range op.Project {
		switch p := p.(type) {
		case *syntax.ColumnDecl:
			col, ok := t.column(p.Name.Name)
			if !ok {
				want := types.Unknown
				for _, o := range tables {
					if oc, has := o.column(p.Name.Name); has && want == types.Unknown {
						want = oc.Type
					}
				}
				if want == types.Unknown {
					c.bad("KQL3001", p, "no table has a column %q", p.Name.Name)
					return nil
				}
				add(p.Name.Name, want, expr.L(event.NullValue))
				continue
			}
			v := &value{e: expr.C(col.Name), typ: col.Type}
			if p.Type != "" {
				v = c.cast(v, p.Type)
			}
			add(col.Name, v.typ, v.e)
		case *syntax.Call:
			pack = true
		case *syntax.Star:
			for _, col := range t.cols {
				add(col.Name, col.Type, expr.C(col.Name))
			}
		}
	}
	if pack {
		rest := *t
		rest.cols = slices.DeleteFunc(slices.Clone(t.cols), func(col Column) bool {
			return slices.ContainsFunc(cols, func(o Column) bool { return o.Name == col.Name })
		})
		at := *c
		at.rows = &rest
		v := at.packAll(&syntax.Call{Func: &syntax.Ident{Name: "pack_all"}})
		if v.bad {
			return nil
		}
		add("pack_", types.Dynamic, v.e)
	}
	out := t.project(items, cols)
	out.name = t.name
	return out
}
