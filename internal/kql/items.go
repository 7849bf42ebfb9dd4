package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

// naming says how the columns of an operator without a name of their own are called.
type naming uint8

const (
	// inProject: names are made unique among the new columns.
	inProject naming = iota
	// inExtend: a new column takes the place of an old one of the same name.
	inExtend
	// inPrint: print_0, print_1, …
	inPrint
)

// items is the list of columns that an operator makes.
type items struct {
	named []plan.Named
	cols  []Column
	// helpers are columns to add first, for calls that give several columns at once.
	helpers []plan.Named
	taken   *namer
	// declared are names that the query itself has given, which may not be given twice.
	declared map[string]bool
	how      naming
	ok       bool
}

// newItems starts a list; cols are the columns that are there already, as far as their names matter.
func newItems(how naming, cols []Column) *items {
	if how == inProject || how == inPrint {
		cols = nil
	}
	return &items{taken: newNamer(cols), declared: map[string]bool{}, how: how, ok: true}
}

// add binds one expression, possibly with names, and appends its columns.
func (c *ctx) add(to *items, x syntax.Expr) {
	var names []*syntax.Ident
	tuple := false
	body := x
	if n, ok := x.(*syntax.Named); ok {
		names, tuple, body = n.Names, n.Tuple, n.X
	}
	v := c.scalar(body)
	if v.bad {
		to.ok = false
		return
	}
	c.addValue(to, v, names, tuple, x)
}

// addValue appends the columns of a value.
func (c *ctx) addValue(to *items, v *value, names []*syntax.Ident, tuple bool, x syntax.Node) {
	if len(v.multi) == 0 {
		if len(names) > 1 {
			c.bad("KQL4005", x, "the expression gives one value, not %d", len(names))
			to.ok = false
			return
		}
		to.put(c, v.e, v.typ, to.pick(c, v, names, x))
		return
	}
	if len(names) > len(v.multi) {
		c.bad("KQL4005", x, "the expression gives %d values, not %d", len(v.multi), len(names))
		to.ok = false
		return
	}
	list := v.e
	if _, ok := list.(*expr.Col); !ok {
		helper := c.hidden("multi")
		to.helpers = append(to.helpers, plan.Named{Name: helper, Expr: list})
		list = expr.C(helper)
	}
	for i, col := range v.multi {
		part := &value{typ: col.Type, name: col.Name}
		var own []*syntax.Ident
		if i < len(names) {
			own = names[i : i+1]
		}
		name := ""
		if to.how == inPrint && own == nil {
			name = to.taken.unique(col.Name)
		} else {
			name = to.pick(c, part, own, x)
		}
		to.put(c, expr.F(elementOf, list, expr.L(event.IntOf(int64(i)))), col.Type, name)
	}
}

func (to *items) put(c *ctx, e expr.Expr, t types.Type, name string) {
	to.named = append(to.named, plan.Named{Name: name, Expr: e})
	to.cols = append(to.cols, Column{name, t})
}

// pick chooses the name of a column.
func (to *items) pick(c *ctx, v *value, names []*syntax.Ident, x syntax.Node) string {
	explicit := len(names) > 0
	name := v.name
	if explicit {
		name = names[0].Name
	}
	if explicit || v.column {
		if to.declared[name] {
			at := x
			if explicit {
				at = names[0]
			}
			c.bad("KQL3005", at, "a column named %q is declared already", name)
			to.ok = false
			return name
		}
		to.declared[name] = true
		if to.how == inExtend {
			to.replace(name)
			to.taken.taken[name] = true
			return name
		}
		return to.taken.unique(name)
	}
	switch {
	case to.how == inPrint:
		return to.taken.unique("print_" + itoa(len(to.cols)))
	case name == "" && to.how == inExtend:
		return to.taken.free()
	case name == "":
		return to.taken.numbered()
	case to.how == inExtend:
		to.replace(name)
		to.taken.taken[name] = true
		return name
	}
	return to.taken.unique(name)
}

// replace removes a column of that name that was added before: the later one wins.
func (to *items) replace(name string) {
	for i, c := range to.cols {
		if c.Name == name {
			to.cols = append(to.cols[:i:i], to.cols[i+1:]...)
			to.named = append(to.named[:i:i], to.named[i+1:]...)
			return
		}
	}
}

// extendRows adds the items to rows.
func (to *items) extendRows(in *rows) *rows {
	if len(to.helpers) > 0 {
		in = in.with(&plan.Extend{Input: in.node, Items: to.helpers})
	}
	ts := make([]types.Type, len(to.cols))
	for i, c := range to.cols {
		ts[i] = c.Type
	}
	return in.extend(to.named, ts).dropHelpers(to.helpers)
}

// projectRows makes exactly the items of rows.
func (to *items) projectRows(in *rows) *rows {
	if len(to.helpers) > 0 {
		in = in.with(&plan.Extend{Input: in.node, Items: to.helpers})
	}
	return in.project(to.named, to.cols)
}

func (r *rows) dropHelpers(helpers []plan.Named) *rows {
	var names []string
	for _, h := range helpers {
		names = append(names, h.Name)
	}
	return r.drop(names...)
}

// bindItems binds a whole list.
func (c *ctx) bindItems(how naming, exprs []syntax.Expr) *items {
	var cols []Column
	if c.rows != nil {
		cols = c.rows.cols
	}
	to := newItems(how, cols)
	for _, x := range exprs {
		c.add(to, x)
	}
	return to
}
