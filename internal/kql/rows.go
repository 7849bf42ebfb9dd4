package kql

import (
	"slices"
	"strconv"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

// rows is a table under way: the plan so far and what is known of its columns. It is never changed; operators make new ones.
type rows struct {
	node plan.Node
	cols []Column
	// open: there may be columns beside cols.
	open bool
	// serial: the order of the rows means something, so that window functions may be used.
	serial bool
	// keys are hidden columns that tell which group (partition, mv-apply) a row belongs to; carried are further hidden
	// columns that are the same in all rows of a group. Every operator must hand both on.
	keys, carried []string
	// stored are columns that are as a stored table has them. Where the table is kept decides whether those of type dynamic are
	// dynamic or text, so they may be used as either.
	stored []string
	// graph is set for a graph, which is no table: nothing else is set then.
	graph *graphOf
	// name is what the table is called, if it is a table as such.
	name string
}

func (r *rows) column(name string) (Column, bool) {
	for _, c := range r.cols {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

func (r *rows) has(name string) bool { _, ok := r.column(name); return ok }

func (r *rows) names() []string {
	out := make([]string, len(r.cols))
	for i, c := range r.cols {
		out[i] = c.Name
	}
	return out
}

// with returns r with another plan and the same columns.
func (r *rows) with(n plan.Node) *rows {
	out := *r
	out.node, out.name = n, ""
	return &out
}

// hidden returns all hidden columns.
func (r *rows) hidden() []string { return append(slices.Clone(r.keys), r.carried...) }

// set returns cols with c added, or in the place of the column of that name.
func set(cols []Column, c Column) []Column {
	out := slices.Clone(cols)
	for i := range out {
		if out[i].Name == c.Name {
			out[i] = c
			return out
		}
	}
	return append(out, c)
}

// extend adds computed columns.
func (r *rows) extend(items []plan.Named, ts []types.Type) *rows {
	if len(items) == 0 {
		return r
	}
	out := r.with(&plan.Extend{Input: r.node, Items: items})
	for i, it := range items {
		if contains(out.stored, it.Name) {
			out.stored = slices.DeleteFunc(slices.Clone(out.stored), func(s string) bool { return s == it.Name })
		}
		out.cols = set(out.cols, Column{it.Name, ts[i]})
	}
	return out
}

// project gives exactly these columns, beside the hidden ones.
func (r *rows) project(items []plan.Named, cols []Column) *rows {
	for _, h := range r.hidden() {
		items = append(items, plan.Named{Name: h, Expr: expr.C(h)})
	}
	out := r.with(&plan.Project{Input: r.node, Items: items})
	out.cols, out.open = cols, false
	out.stored = nil
	for _, it := range items {
		if col, ok := it.Expr.(*expr.Col); ok && col.Name == it.Name && contains(r.stored, it.Name) {
			out.stored = append(out.stored, it.Name)
		}
	}
	return out
}

// keep gives these columns of r under new names, both in the same order.
func (r *rows) keep(cols []Column, as []string) *rows {
	items := make([]plan.Named, len(cols))
	out := slices.Clone(cols)
	for i, c := range cols {
		out[i].Name = as[i]
		items[i] = plan.Named{Name: as[i], Expr: expr.C(c.Name)}
	}
	return r.project(items, out)
}

// drop removes hidden helper columns.
func (r *rows) drop(names ...string) *rows {
	if len(names) == 0 {
		return r
	}
	out := r.with(&plan.Select{Input: r.node, Mode: plan.Drop, Patterns: names})
	out.cols = slices.DeleteFunc(slices.Clone(r.cols), func(c Column) bool { return slices.Contains(names, c.Name) })
	return out
}

// A namer gives the columns of one operator their names.
type namer struct {
	taken map[string]bool
	count int
}

func newNamer(cols []Column) *namer {
	n := &namer{taken: map[string]bool{}}
	for _, c := range cols {
		n.taken[c.Name] = true
	}
	return n
}

// unique returns name, or name with the first number behind it that makes it new.
func (n *namer) unique(name string) string {
	out := name
	for i := 1; n.taken[out]; i++ {
		out = name + strconv.Itoa(i)
	}
	n.taken[out] = true
	return out
}

// numbered returns ColumnN for a column that has no name of its own.
func (n *namer) numbered() string {
	n.count++
	return n.unique("Column" + strconv.Itoa(n.count))
}

// free returns the first ColumnN that nothing is called yet.
func (n *namer) free() string {
	for {
		n.count++
		if name := "Column" + strconv.Itoa(n.count); !n.taken[name] {
			n.taken[name] = true
			return name
		}
	}
}
