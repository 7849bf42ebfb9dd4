package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Functions that look at the columns of a table rather than at values.

// columnNamesOf lists the names of the columns of a table.
func (c *ctx) columnNamesOf(x *syntax.Call) *value {
	if len(x.Args) != 1 {
		return c.bad("KQL4002", x.Func, "column_names_of takes a table")
	}
	outer := *c
	outer.rows = nil
	r := outer.table(x.Args[0])
	if r == nil {
		return badValue
	}
	if r.open {
		return c.bad("KQL2002", x, "column_names_of needs columns that are known before the query runs")
	}
	list := make([]event.Value, len(r.cols))
	for i, col := range r.cols {
		list[i] = event.StringOf(col.Name)
	}
	return c.constant(event.ListOf(list), types.Dynamic)
}

// packColumns makes a bag of the columns that are named.
func (c *ctx) packColumns(x *syntax.Call) *value {
	var names []string
	var es []expr.Expr
	for _, a := range x.Args {
		v := c.scalar(a)
		if v.bad {
			return v
		}
		if v.name == "" {
			return c.bad("KQL4001", a, "a column is expected")
		}
		names, es = append(names, v.name), append(es, v.e)
	}
	f := &fn.Func{Name: "bag_pack_columns", Min: len(es), Max: len(es), Null: fn.SeesNull, Doc: "Makes a bag of columns.", Row: func(vs []event.Value) event.Value {
		bag := make(event.Bag, len(vs))
		for i, v := range vs {
			if v.IsMissing() {
				v = event.NullValue
			}
			bag[i] = event.Field{Name: names[i], Value: v}
		}
		return event.ObjectOf(bag)
	}}
	return &value{e: expr.F(f, es...), typ: types.Dynamic}
}
