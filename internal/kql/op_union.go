package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/text"
)

func init() {
	registerSource("union", lowerUnion)
	register("as", lowerAs)
}

func lowerUnion(c *ctx, in *rows, op *syntax.Union) *rows {
	c.ignoreParams(op.Params, "kind", "isfuzzy", "withsource", "with_source", "best_effort", "__isFuzzy")
	kind, ok := c.oneOf(op.Params, "kind", "inner", "outer")
	if !ok {
		return nil
	}
	fuzzy := flag(op.Params, "isfuzzy") || flag(op.Params, "best_effort") || flag(op.Params, "__isFuzzy")
	origin := option(op.Params, "withsource")
	if origin == "" {
		origin = option(op.Params, "with_source")
	}
	var tables []*rows
	if in != nil {
		tables = append(tables, in)
	}
	outer := *c
	outer.rows = nil
	missing := false
	for _, x := range op.Tables {
		got, ok := outer.operands(x, fuzzy)
		if !ok {
			return nil
		}
		missing = missing || got == nil
		tables = append(tables, got...)
	}
	if len(tables) == 0 {
		if !fuzzy {
			c.bad("KQL3002", op, "union has nothing to unite")
			return nil
		}
		// All operands are missing: no rows, and any column.
		return &rows{node: &plan.Values{Label: "nothing", Rows: event.NewBatch(0)}, open: true}
	}
	return c.unite(tables, kind == "inner", origin)
}

// operands binds one operand of union; a pattern gives all tables that match. With fuzzy, what is missing is left out.
func (c *ctx) operands(x syntax.Expr, fuzzy bool) ([]*rows, bool) {
	if w, ok := x.(*syntax.Wildcard); ok {
		var out []*rows
		for _, name := range c.tableNames() {
			if event.MatchName(w.Pattern, name) {
				if r := c.lookupTable(name); r != nil {
					out = append(out, r)
				}
			}
		}
		for s := c.scope; s != nil; s = s.parent {
			for name, v := range s.names {
				if v.lambda != nil && v.lambda.view && event.MatchName(w.Pattern, name) {
					if r := c.asTable(c.callLambda(v.lambda, nil, x, nil), x); r != nil {
						out = append(out, r)
					}
				}
			}
		}
		if len(out) == 0 && !fuzzy {
			c.bad("KQL3002", x, "no table matches %q", w.Pattern)
			return nil, false
		}
		return out, true
	}
	had := len(c.diags)
	if fuzzy {
		c.fuzzy++
	}
	r := c.table(x)
	if fuzzy {
		c.fuzzy--
	}
	if r != nil {
		return []*rows{r}, true
	}
	if fuzzy {
		inside := slices.Clone(c.diags[had:])
		if absent(inside) || c.opt.Detached && savedFails(inside) {
			c.diags = c.diags[:had]
			for _, d := range inside {
				if d.Severity == text.Error {
					c.notef("KQL5002", d.Span, "%s; the fuzzy union goes on without it", d.Message)
				}
			}
			return nil, true
		}
	}
	return nil, false
}

// absent reports whether all errors say that a table or function is not there.
func absent(ds text.Diagnostics) bool {
	for _, d := range ds {
		if d.Severity != text.Error || d.ID == "KQL3002" || d.ID == "KQL3003" {
			continue
		}
		if d.ID == "KQL4002" && absent(d.Related) && len(d.Related) > 0 {
			continue
		}
		return false
	}
	return true
}

// savedFails reports whether all errors are of saved functions. Away from home a parser that cannot be used is as good as one that
// is not there: a fuzzy union says so and goes on.
func savedFails(ds text.Diagnostics) bool {
	return !slices.ContainsFunc(ds, func(d text.Diagnostic) bool { return d.Severity == text.Error && len(d.Related) == 0 })
}

// unite puts tables one after the other. Columns of one name and different types become several columns, with the type behind
// the name.
func (c *ctx) unite(tables []*rows, common bool, origin string) *rows {
	typesOf := map[string][]types.Type{}
	var order []string
	open := false
	for _, t := range tables {
		open = open || t.open
		for _, col := range t.cols {
			if !slices.Contains(typesOf[col.Name], col.Type) {
				if len(typesOf[col.Name]) == 0 {
					order = append(order, col.Name)
				}
				typesOf[col.Name] = append(typesOf[col.Name], col.Type)
			}
		}
	}
	given, taken := map[Column]string{}, newNamer(nil)
	as := func(col Column) string {
		if name, ok := given[col]; ok {
			return name
		}
		name := col.Name
		if ts := typesOf[col.Name]; len(ts) > 1 {
			if !(len(ts) == 2 && slices.Contains(ts, types.Unknown)) {
				name += "_" + col.Type.String()
			} else if col.Type == types.Unknown {
				return name
			}
		}
		given[col] = taken.unique(name)
		return given[col]
	}
	out := &rows{open: open}
	if origin != "" {
		out.cols = append(out.cols, Column{origin, types.String})
	}
	for _, name := range order {
		ts := slices.DeleteFunc(slices.Clone(typesOf[name]), func(t types.Type) bool { return t == types.Unknown && len(typesOf[name]) > 1 })
		for _, t := range ts {
			col := Column{as(Column{name, t}), t}
			in := 0
			for _, tab := range tables {
				if tab.open || slices.ContainsFunc(tab.cols, func(o Column) bool { return o.Name == name && as(o) == col.Name }) {
					in++
				}
			}
			if !common || in == len(tables) {
				out.cols = append(out.cols, col)
			}
		}
	}
	node := &plan.Union{OriginAs: origin}
	for i, t := range tables {
		n := t.node
		if !t.open {
			var items []plan.Named
			for _, col := range t.cols {
				if out.has(as(col)) {
					items = append(items, plan.Named{Name: as(col), Expr: expr.C(col.Name)})
				}
			}
			for _, h := range tables[0].hidden() {
				if i == 0 {
					items = append(items, plan.Named{Name: h, Expr: expr.C(h)})
				}
			}
			n = &plan.Project{Input: n, Items: items}
		}
		node.Sources = append(node.Sources, n)
		name := t.name
		if name == "" {
			name = "union_arg" + itoa(i)
		}
		node.Names = append(node.Names, name)
	}
	if len(tables[0].keys) > 0 {
		c.errorf("KQL2002", text.Span{}, "union is not supported inside partition or mv-apply")
		return nil
	}
	out.node = node
	return out
}

// lowerAs gives the rows a name that later operators and statements can use.
func lowerAs(c *ctx, in *rows, op *syntax.As) *rows {
	c.ignoreParams(op.Params)
	if len(in.keys) > 0 {
		c.unsupported(op, "as is not supported inside partition or mv-apply")
		return nil
	}
	out := *in
	if !in.plain() && len(in.keys) == 0 {
		out = *c.share(in, op.Name.Name)
	}
	out.name = op.Name.Name
	c.scope.names[op.Name.Name] = &value{table: &out}
	again := out
	return &again
}
