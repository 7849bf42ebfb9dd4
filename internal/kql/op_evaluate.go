package kql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { registerSource("evaluate", lowerEvaluate) }

// A plugin binds and lowers one kind of evaluate.
type plugin func(c *ctx, in *rows, op *syntax.Evaluate) *rows

var plugins = map[string]plugin{}

// unsupportedPlugins are the plugins of the language that Harrier does not run.
var unsupportedPlugins = map[string]string{
	"autocluster": heuristic, "autocluster_v2": heuristic, "diffpatterns": heuristic, "diffpatterns_text": heuristic,
	"sql_request": network, "mysql_request": network, "postgresql_request": network, "cosmosdb_sql_request": network, "http_request": network,
	"http_request_post": network, "azure_digital_twins_query_request": network, "ai_embed_text": network, "ai_embeddings": network,
	"ai_chat_completion": network, "ai_chat_completion_prompt": network, "dax_request": network, "infer_storage_schema": network,
	"infer_storage_schema_with_suggestions": network, "execute_query": network, "execute_show_command": network,
	"python": script, "r": script, "csharp": script,
	"external_datatable": inService, "identity_v3": inService, "schema_merge": inService, "graph_to_table": inService, "row_explode": inService,
}

const (
	heuristic = "which patterns the service reports is up to a heuristic search that is not published"
	network   = "it asks another server, and queries here never use the network"
	script    = "it runs a program in another language"
)

func lowerEvaluate(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	if !c.ignoreParams(op.Params) {
		return nil
	}
	name := op.Plugin.Func.Name
	p := plugins[name]
	switch {
	case p == nil && unsupportedPlugins[name] != "":
		c.unsupported(op.Plugin, "the plugin %s is not supported: %s", name, unsupportedPlugins[name])
		return nil
	case p == nil:
		c.bad("KQL3004", op.Plugin.Func, "there is no plugin named %q%s", name, near(name, slices.Sorted(maps.Keys(plugins))))
		return nil
	case in == nil:
		c.errorf("KQL4006", op.Span(), "the plugin %s needs a table before it", name)
		return nil
	}
	return p(c, in, op)
}

// pluginArgs splits the arguments of a plugin into those by position and those by name.
func pluginArgs(call *syntax.Call) (args []syntax.Expr, named map[string]syntax.Expr) {
	named = map[string]syntax.Expr{}
	for _, a := range call.Args {
		if n, ok := a.(*syntax.Named); ok && len(n.Names) == 1 {
			named[n.Names[0].Name] = n.X
		} else {
			args = append(args, a)
		}
	}
	return args, named
}

// declared reads the schema behind a plugin: the columns that it gives, after all of the input's columns when it starts with *.
func (c *ctx) declared(in *rows, s *syntax.Schema, without ...string) ([]Column, bool) {
	cols := c.schema(s)
	if cols == nil {
		return nil, false
	}
	if s.Open {
		kept := slices.DeleteFunc(slices.Clone(in.cols), func(col Column) bool {
			return contains(without, col.Name) || slices.ContainsFunc(cols, func(o Column) bool { return o.Name == col.Name })
		})
		cols = append(kept, cols...)
	}
	return cols, true
}

func init() {
	plugins["bag_unpack"] = bagUnpack
	plugins["pivot"] = pivot
	plugins["narrow"] = narrow
}

// bagUnpack makes a column of each property of a bag. Which there are is known when all rows have been seen.
// https://learn.microsoft.com/kusto/query/bag-unpack-plugin
func bagUnpack(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args, named := pluginArgs(op.Plugin)
	if len(args) == 0 || len(args) > 4 {
		c.bad("KQL4002", op.Plugin.Func, "bag_unpack takes 1 to 4 arguments, not %d", len(args))
		return nil
	}
	bag := c.scalar(args[0])
	if bag.bad {
		return nil
	}
	if bag.typ != types.Dynamic && bag.typ != types.Unknown {
		c.bad("KQL4001", args[0], "a column of type dynamic is expected, not %s", bag.typ)
		return nil
	}
	text := func(i int, name string) (string, bool) {
		x := named[name]
		if i < len(args) {
			x = args[i]
		}
		if x == nil {
			return "", true
		}
		v := c.scalar(x)
		if v.bad || !v.known || v.typ != types.String {
			if !v.bad {
				c.bad("KQL4001", x, "a constant string is expected")
			}
			return "", false
		}
		return v.val().Str(), true
	}
	prefix, ok := text(1, "OutputColumnPrefix")
	conflict, ok2 := text(2, "columnsConflict")
	if !ok || !ok2 {
		return nil
	}
	var ignored []string
	if x := named["ignoredProperties"]; x != nil || len(args) > 3 {
		if x == nil {
			x = args[3]
		}
		v := c.scalar(x)
		if v.bad {
			return nil
		}
		if !v.known {
			c.bad("KQL4001", x, "a constant array is expected")
			return nil
		}
		for _, e := range v.val().List() {
			ignored = append(ignored, e.Str())
		}
	}
	if conflict != "" && !contains([]string{"error", "replace_source", "keep_source"}, conflict) {
		c.bad("KQL4002", args[2], "the columns conflict is error, replace_source or keep_source")
		return nil
	}
	used := ""
	if bag.column {
		used = bag.name
	}
	if op.Schema != nil {
		return c.unpackDeclared(in, bag, used, prefix, op)
	}
	kept := slices.DeleteFunc(slices.Clone(in.cols), func(col Column) bool { return col.Name == used })
	helper := c.hidden("bag")
	with := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: helper, Expr: bag.e}}})
	out := in.with(&plan.Dynamic{Label: "bag_unpack", Deps: []plan.Node{with.node}, Build: func(results []*event.Batch) (plan.Node, error) {
		b, err := unpack(results[0], helper, used, prefix, conflict, ignored)
		if err != nil {
			return nil, err
		}
		return &plan.Values{Label: "bag_unpack", Rows: b}, nil
	}})
	out.cols, out.open = kept, true
	return out
}

// unpack makes the columns of a batch that holds all rows. New columns come sorted by name, as the service gives them.
func unpack(b *event.Batch, bag, used, prefix, conflict string, ignored []string) (*event.Batch, error) {
	made := map[string][]event.Value{}
	bags := b.Column(bag)
	for i := range b.Len() {
		if bags == nil {
			break
		}
		for _, f := range bags.Value(i).Bag() {
			if contains(ignored, f.Name) {
				continue
			}
			name := prefix + f.Name
			if made[name] == nil {
				made[name] = make([]event.Value, b.Len())
				for j := range made[name] {
					made[name][j] = event.NullValue
				}
			}
			if !f.Value.IsMissing() {
				made[name][i] = f.Value
			}
		}
	}
	out := b.Derive()
	for i, name := range b.Names() {
		if name == bag || name == used {
			continue
		}
		if made[name] != nil {
			switch conflict {
			case "replace_source":
				continue
			case "keep_source":
				delete(made, name)
			default:
				return nil, fmt.Errorf("the property %q of a bag is a column already", name)
			}
		}
		out.Set(name, b.ColumnAt(i))
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		out.Set(name, event.NewColumn(unified(made[name])))
	}
	return out, nil
}

// unified gives values of several kinds as text when one of them is text, so that a column has one type.
func unified(vals []event.Value) []event.Value {
	text, other := false, false
	for _, v := range vals {
		switch v.Kind() {
		case event.String:
			text = true
		case event.Missing, event.Null:
		default:
			other = true
		}
	}
	if text && !other {
		for i, v := range vals {
			if v.IsNull() {
				vals[i] = event.StringOf("")
			}
		}
	}
	return vals
}

// unpackDeclared makes the columns that the schema declares.
func (c *ctx) unpackDeclared(in *rows, bag *value, used, prefix string, op *syntax.Evaluate) *rows {
	cols, ok := c.declared(in, op.Schema, used)
	if !ok {
		return nil
	}
	var items []plan.Named
	for _, col := range cols {
		if in.has(col.Name) && col.Name != used && op.Schema.Open && !slices.ContainsFunc(op.Schema.Columns, func(d *syntax.ColumnDecl) bool { return d.Name.Name == col.Name }) {
			items = append(items, plan.Named{Name: col.Name, Expr: expr.C(col.Name)})
			continue
		}
		name := col.Name
		if len(prefix) > 0 && len(name) > len(prefix) && name[:len(prefix)] == prefix {
			name = name[len(prefix):]
		}
		v := c.member(bag, c.constant(event.StringOf(name), types.String), name, op.Schema)
		if v.bad {
			return nil
		}
		if c2, has := in.column(col.Name); has && col.Name != used && !op.Schema.Open {
			v = &value{e: expr.C(c2.Name), typ: c2.Type}
		}
		items = append(items, plan.Named{Name: col.Name, Expr: c.cast(v, col.Type.String()).e})
	}
	return in.project(items, cols)
}

// pivot makes a column of each value of a column.
// https://learn.microsoft.com/kusto/query/pivot-plugin
func pivot(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) == 0 {
		c.bad("KQL4002", op.Plugin.Func, "pivot takes a column to pivot by")
		return nil
	}
	if in.open && len(args) < 3 {
		c.unsupported(op.Plugin, "pivot needs columns that are known before the query runs")
		return nil
	}
	by := c.scalar(args[0])
	if by.bad {
		return nil
	}
	aggExpr := syntax.Expr(&syntax.Call{Func: &syntax.Ident{Name: "count"}})
	rest := args[1:]
	if len(rest) > 0 {
		if call, ok := syntax.Unparen(rest[0]).(*syntax.Call); ok && function.Aggregate(call.Func.Name) != nil {
			aggExpr, rest = rest[0], rest[1:]
		}
	}
	to := newItems(inProject, nil)
	collect := &aggs{outside: true}
	if len(rest) > 0 {
		for _, x := range rest {
			c.addKey(to, collect, x)
		}
	} else {
		used := map[string]bool{}
		for _, x := range []syntax.Expr{args[0], aggExpr} {
			syntax.Walk(x, func(n syntax.Node) bool {
				if id, ok := n.(*syntax.Ident); ok {
					used[id.Name] = true
				}
				return true
			})
		}
		for _, col := range in.cols {
			if !used[col.Name] {
				to.put(c, expr.C(col.Name), col.Type, col.Name)
			}
		}
	}
	if !to.ok {
		return nil
	}
	keys := to.cols
	names, cell := c.hidden("name"), c.hidden("cell")
	to.put(c, c.cast(by, "string").e, types.String, names)
	at := *c
	at.aggs = collect
	v := at.scalar(aggExpr)
	if v.bad {
		return nil
	}
	if len(v.multi) > 0 {
		v.e = expr.F(elementOf, v.e, expr.L(event.IntOf(0)))
	}
	grouped := len(to.named)
	to.put(c, v.e, v.typ, cell)
	out := in.aggregate(to, grouped, collect.items)
	node := &plan.Pivot{Input: out.node, Names: names, Values: []string{cell}, Sorted: true}
	for _, col := range keys {
		node.Keys = append(node.Keys, col.Name)
	}
	node.Keys = append(node.Keys, in.hidden()...)
	if call, ok := syntax.Unparen(aggExpr).(*syntax.Call); ok && contains([]string{"count", "countif", "dcount", "dcountif", "sum", "sumif"}, call.Func.Name) {
		node.Zero = []string{cell}
	}
	out = out.with(node)
	out.cols, out.open = keys, true
	if op.Schema != nil {
		cols, ok := c.declared(in, op.Schema)
		if !ok {
			return nil
		}
		var items []plan.Named
		for _, col := range cols {
			e := expr.Expr(expr.C(col.Name))
			if !slices.ContainsFunc(keys, func(k Column) bool { return k.Name == col.Name }) {
				if f := function.Convert(types.Unknown, col.Type); f != nil {
					e = expr.F(f, e)
				}
			}
			items = append(items, plan.Named{Name: col.Name, Expr: e})
		}
		return out.project(items, cols)
	}
	return out
}

// narrow makes a row of each cell.
// https://learn.microsoft.com/kusto/query/narrow-plugin
func narrow(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	if in.open {
		c.unsupported(op.Plugin, "narrow needs columns that are known before the query runs")
		return nil
	}
	number, pairs := c.hidden("row"), c.hidden("cells")
	out := in.with(c.numbered(in, number))
	cells := &value{typ: types.Dynamic}
	args := make([]expr.Expr, len(in.cols))
	names := in.names()
	for i, col := range in.cols {
		v := c.cast(&value{e: expr.C(col.Name), typ: col.Type}, "string")
		args[i] = v.e
	}
	cells.e = expr.F(cellPairs(names), args...)
	out = out.with(&plan.Expand{Input: out.node, Columns: []plan.ExpandColumn{{Name: pairs, Expr: cells.e}}})
	part := func(i int64) expr.Expr { return expr.F(elementOf, expr.C(pairs), expr.L(event.IntOf(i))) }
	minus := c.apply(function.Operator("-"), []*value{{e: expr.C(number), typ: types.Long}, c.constant(event.IntOf(1), types.Long)}, []syntax.Node{op, op}, op)
	if minus.bad {
		return nil
	}
	return out.project([]plan.Named{{Name: "Row", Expr: minus.e}, {Name: "Column", Expr: part(0)}, {Name: "Value", Expr: part(1)}},
		[]Column{{"Row", types.Long}, {"Column", types.String}, {"Value", types.String}})
}

// cellPairs makes a list of [name, value] of cells.
func cellPairs(names []string) *fn.Func {
	return &fn.Func{Name: "cells", Min: len(names), Max: len(names), Null: fn.SeesNull, Doc: "Lists the cells of a row.", Row: func(args []event.Value) event.Value {
		out := make([]event.Value, len(args))
		for i, a := range args {
			out[i] = event.ListOf([]event.Value{event.StringOf(names[i]), a})
		}
		return event.ListOf(out)
	}}
}
