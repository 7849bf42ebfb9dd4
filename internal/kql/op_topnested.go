package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("top-nested", lowerTopNested) }

// lowerTopNested aggregates level by level: the rows of each level's top values go on to the next.
// https://learn.microsoft.com/kusto/query/top-nested-operator
func lowerTopNested(c *ctx, in *rows, op *syntax.TopNested) *rows {
	source := in
	if !in.plain() && len(op.Clauses) > 1 && len(in.keys) == 0 && !in.open {
		source = c.share(in, "nested")
	}
	if len(in.keys) > 0 {
		c.unsupported(op, "top-nested is not supported inside partition or mv-apply")
		return nil
	}
	var level *rows // the values of the levels so far, with their aggregates
	var steps []nestedLevel
	taken := newNamer(nil)
	for _, clause := range op.Clauses {
		at := *c
		at.rows = source
		to := newItems(inProject, nil)
		to.taken = taken
		collect := &aggs{outside: true}
		// The rows of the levels above only.
		rowsNow := source
		if level != nil {
			rowsNow = c.nestedRows(source, level)
			at.rows = rowsNow
			for _, col := range level.cols {
				to.named = append(to.named, plan.Named{Name: col.Name, Expr: expr.C("\x01level." + col.Name)})
				to.cols = append(to.cols, col)
			}
		}
		had := len(to.cols)
		at.addKey(to, collect, clause.Of)
		if !to.ok {
			return nil
		}
		keys := len(to.named)
		by := clause.By.X
		if _, named := by.(*syntax.Named); !named {
			by = &syntax.Named{Names: []*syntax.Ident{{Name: taken.unique("aggregated_" + to.cols[had].Name)}}, X: by}
			taken.taken[by.(*syntax.Named).Names[0].Name] = false
		}
		at.aggs = collect
		at.add(to, by)
		if !to.ok {
			return nil
		}
		got := rowsNow.aggregate(to, keys, collect.items)
		measure := to.cols[keys].Name
		desc := clause.By.Order != "asc"
		got = got.with(&plan.Sort{Input: got.node, Keys: []plan.SortKey{{Expr: expr.C(measure), Desc: desc, NullsFirst: !desc}}, Recorded: true})
		if clause.N != nil {
			v, n, known := c.count(clause.N)
			if v.bad {
				return nil
			}
			if !known || n == 0 {
				c.unsupported(clause.N, "the number must be known before the query runs")
				return nil
			}
			if level == nil {
				got = got.with(&plan.Limit{Input: got.node, N: n})
			} else {
				got = got.with(&plan.Dedup{Input: got.node, Keys: columnsOf(level.names()), N: n, KeepEmpty: true, NullsEqual: true})
			}
		}
		steps = append(steps, nestedLevel{clause: clause, rows: rowsNow, kept: got, key: to.named[had].Expr, by: by})
		// The expression of this level, for the rows of the next.
		source = source.extend([]plan.Named{{Name: "\x01of." + to.cols[had].Name, Expr: to.named[had].Expr}}, []types.Type{to.cols[had].Type})
		level = got
	}
	level = level.keep(level.cols, level.names())
	tables := []*rows{level}
	for i, step := range steps {
		if step.clause.Others == nil {
			continue
		}
		rest := c.others(steps, i, level.cols)
		if rest == nil {
			return nil
		}
		tables = append(tables, rest)
	}
	if len(tables) == 1 {
		return level
	}
	node := &plan.Union{}
	for _, t := range tables {
		node.Sources = append(node.Sources, t.node)
		node.Names = append(node.Names, "")
	}
	return level.with(node)
}

// A nestedLevel is one level of top-nested: the rows that reached it, with the values of the levels above under hidden names, and
// the values that were kept.
type nestedLevel struct {
	clause *syntax.TopNestedClause
	rows   *rows
	kept   *rows
	key    expr.Expr
	by     syntax.Expr
}

// others sums up the rows of level i that did not get into its top, one row for each combination of the levels above. Levels below
// show the same rows if they have a name for others, else nothing.
func (c *ctx) others(steps []nestedLevel, i int, cols []Column) *rows {
	step := steps[i]
	hidden := c.hidden("of")
	left := step.rows.with(&plan.Extend{Input: step.rows.node, Items: []plan.Named{{Name: hidden, Expr: step.key}}})
	join := &plan.Join{Left: left.node, Kind: plan.LeftAnti, NullsMatch: true}
	var keys []plan.Named
	to := newItems(inProject, nil)
	for j := range 2 * i {
		keys = append(keys, plan.Named{Name: "\x01key." + cols[j].Name, Expr: expr.C(cols[j].Name)})
		join.LeftKeys = append(join.LeftKeys, expr.C("\x01level."+cols[j].Name))
		to.put(c, expr.C("\x01level."+cols[j].Name), cols[j].Type, cols[j].Name)
		to.taken.taken[cols[j].Name] = true
	}
	keys = append(keys, plan.Named{Name: "\x01key", Expr: expr.C(cols[2*i].Name)})
	join.LeftKeys = append(join.LeftKeys, expr.C(hidden))
	for _, k := range keys {
		join.RightKeys = append(join.RightKeys, expr.C(k.Name))
	}
	join.Right = &plan.Project{Input: step.kept.node, Items: keys}
	rest := left.with(join)
	at := *c
	at.rows = rest
	collect := &aggs{outside: true}
	at.aggs = collect
	count := c.hidden("count")
	at.add(to, &syntax.Named{Names: []*syntax.Ident{{Name: count}}, X: &syntax.Call{Func: &syntax.Ident{Name: "count"}}})
	for j := i; j < len(steps); j++ {
		if j == i || steps[j].clause.Others != nil {
			by := steps[j].by.(*syntax.Named)
			at.add(to, &syntax.Named{Names: []*syntax.Ident{{Name: cols[2*j+1].Name}}, X: by.X})
		}
	}
	if !to.ok {
		return nil
	}
	got := rest.aggregate(to, 2*i, collect.items)
	some, err := function.Operator(">").Resolve([]function.Arg{{Type: types.Long}, {Type: types.Long}})
	if err != nil {
		panic(err)
	}
	got = got.with(&plan.Filter{Input: got.node, Pred: expr.F(some.Func, expr.C(count), expr.L(event.IntOf(0)))})
	var items []plan.Named
	for j, col := range cols {
		e := expr.Expr(expr.C(col.Name))
		switch lower := steps[j/2].clause.Others; {
		case j < 2*i:
		case j%2 == 0 && lower != nil:
			v := c.scalar(lower)
			if v.bad {
				return nil
			}
			if !v.constant {
				c.bad("KQL4001", lower, "a constant is expected")
				return nil
			}
			e = c.cast(v, col.Type.String()).e
		case j%2 == 0 && col.Type == types.String:
			e = expr.L(event.StringOf(""))
		case j%2 == 0 || lower == nil:
			e = expr.L(event.NullValue)
		}
		items = append(items, plan.Named{Name: col.Name, Expr: e})
	}
	return got.project(items, cols)
}

// nestedRows joins the rows with the values of the levels so far, which come along under hidden names.
func (c *ctx) nestedRows(source, level *rows) *rows {
	var items []plan.Named
	node := &plan.Join{Left: source.node, Kind: plan.Inner, NullsMatch: true, Clash: plan.ClashKeepLeft}
	for _, col := range level.cols {
		name := "\x01level." + col.Name
		items = append(items, plan.Named{Name: name, Expr: expr.C(col.Name)})
		if source.has("\x01of." + col.Name) {
			node.LeftKeys = append(node.LeftKeys, expr.C("\x01of."+col.Name))
			node.RightKeys = append(node.RightKeys, expr.C(name))
		}
	}
	node.Right = &plan.Project{Input: level.node, Items: items}
	return source.with(node)
}
