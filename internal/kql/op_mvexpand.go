package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("mv-expand", lowerMvExpand)
}

// expansion is what mv-expand and mv-apply have in common.
type expansion struct {
	node  *plan.Expand
	cols  []Column // the columns that get elements, with the types after conversion
	bare  []string // columns that are expanded as they are
	index string
}

// expand binds the items of mv-expand or mv-apply.
func (c *ctx) expand(in *rows, params []*syntax.Param, items []*syntax.ExpandItem, limit syntax.Expr) *expansion {
	if !c.ignoreParams(params, "kind", "bagexpansion", "with_itemindex") {
		return nil
	}
	kind, ok := c.oneOf(params, "kind", "bag", "array")
	if k, ok2 := c.oneOf(params, "bagexpansion", "bag", "array"); kind == "" {
		kind, ok = k, ok && ok2
	}
	if !ok {
		return nil
	}
	ex := &expansion{node: &plan.Expand{Input: in.node, Pairs: kind == "array", Bags: kind != "array"}}
	taken := newNamer(nil)
	for _, it := range items {
		x := it.X
		var v *value
		name := ""
		if n, named := x.(*syntax.Named); named {
			if len(n.Names) != 1 {
				c.bad("KQL4005", n, "one name is expected")
				return nil
			}
			v, name = c.scalar(n.X), n.Names[0].Name
		} else {
			v = c.scalar(x)
			name = v.name
		}
		if v.bad {
			return nil
		}
		if v.typ != types.Dynamic && v.typ != types.Unknown {
			c.bad("KQL4001", x, "only a value of type dynamic can be expanded, not %s", v.typ)
			return nil
		}
		if name == "" {
			name = taken.numbered()
		}
		t := types.Dynamic
		if it.To != nil {
			to := c.typeOf(it.To)
			if to.bad {
				return nil
			}
			t = to.typ
		}
		ex.node.Columns = append(ex.node.Columns, plan.ExpandColumn{Name: name, Expr: expr.F(oneNull, v.e)})
		if _, named := x.(*syntax.Named); v.column && !named {
			ex.bare = append(ex.bare, v.name)
		}
		ex.cols = append(ex.cols, Column{name, t})
	}
	if ix := option(params, "with_itemindex"); ix != "" {
		ex.index = newNamer(in.cols).unique(ix)
		ex.node.IndexAs = ex.index
	}
	if limit != nil {
		v, n, known := c.count(limit)
		if v.bad {
			return nil
		}
		if !known {
			c.unsupported(limit, "the limit must be known before the query runs")
			return nil
		}
		ex.node.RowLimit = n
	}
	return ex
}

// rows applies the expansion.
func (ex *expansion) rows(c *ctx, in *rows) *rows {
	out := in.with(ex.node)
	out.cols = slices.Clone(in.cols)
	var casts []plan.Named
	for _, col := range ex.cols {
		out.cols = set(out.cols, col)
		if col.Type != types.Dynamic {
			casts = append(casts, plan.Named{Name: col.Name, Expr: elementAs(expr.C(col.Name), col.Type)})
		}
	}
	if ex.index != "" {
		out.cols = set(out.cols, Column{ex.index, types.Long})
	}
	if len(casts) > 0 {
		out.node = &plan.Extend{Input: out.node, Items: casts}
	}
	return out
}

// lowerMvExpand makes one row of each element.
// https://learn.microsoft.com/kusto/query/mv-expand-operator
func lowerMvExpand(c *ctx, in *rows, op *syntax.MvExpand) *rows {
	ex := c.expand(in, op.Params, op.Items, op.Limit)
	if ex == nil {
		return nil
	}
	if op.Legacy && op.Limit == nil {
		ex.node.RowLimit = 128
	}
	return ex.rows(c, in)
}

// oneNull makes a null a list of one null: null gives a row, an empty list gives none.
var oneNull = &fn.Func{Name: "or_null", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Gives a list of one null for null.", Row: func(args []event.Value) event.Value {
	if args[0].IsNull() {
		return event.ListOf([]event.Value{event.NullValue})
	}
	return args[0]
}}

// elementAs takes an element as a value of a type: text is not parsed as a number, and what does not fit is null.
func elementAs(e expr.Expr, t types.Type) expr.Expr {
	return expr.F(&fn.Func{Name: "as_" + t.String(), Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Takes an element as a value of a type.", Row: func(args []event.Value) event.Value {
		v := args[0]
		if v.Kind() == event.String && (t.IsNumber() || t == types.Bool) {
			return event.NullValue
		}
		return function.Cast(v, t)
	}}, e)
}
