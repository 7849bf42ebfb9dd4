package kql

import (
	"cmp"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { plugins["basket"] = lowerBasket }

// lowerBasket finds the combinations of values that many rows share.
// https://learn.microsoft.com/kusto/query/basket-plugin
func lowerBasket(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if in.open || len(in.keys) > 0 {
		c.unsupported(op.Plugin, "basket needs columns that are known before the query runs")
		return nil
	}
	b := &basket{threshold: 0.05, most: 5, cols: slices.Clone(in.cols)}
	// "~" stands for the default of an argument.
	given := func(i int) syntax.Expr {
		if i >= len(args) {
			return nil
		}
		if lit, ok := args[i].(*syntax.Literal); ok && lit.Kind == syntax.LitString && lit.Str == "~" {
			return nil
		}
		return args[i]
	}
	number := func(x syntax.Expr, low, high float64) (float64, bool) {
		v := c.scalar(x)
		if v.bad {
			return 0, false
		}
		n, ok := v.val().Number()
		if !v.known || !ok || n < low || n > high {
			c.bad("KQL4002", x, "a constant from %v to %v is expected", low, high)
			return 0, false
		}
		return n, true
	}
	ok := true
	if x := given(0); x != nil {
		b.threshold, ok = number(x, 0.015, 1)
	}
	if x := given(1); x != nil && ok {
		b.weight = plainName(x)
		if col, has := in.column(b.weight); !has || !col.Type.IsNumber() {
			c.bad("KQL4001", x, "the name of a column of numbers is expected")
			return nil
		}
		b.cols = slices.DeleteFunc(b.cols, func(col Column) bool { return col.Name == b.weight })
	}
	if x := given(2); x != nil && ok {
		var n float64
		n, ok = number(x, 1, 100)
		b.most = int(n)
	}
	if !ok {
		return nil
	}
	wild := map[types.Type]*value{}
	for i := 3; i < len(args); i++ {
		if x := given(i); x != nil {
			v := c.scalar(x)
			if v.bad {
				return nil
			}
			if !v.known {
				c.bad("KQL4001", x, "a constant is expected")
				return nil
			}
			wild[v.typ] = v
		}
	}
	for _, col := range b.cols {
		v := event.NullValue
		if col.Type == types.String {
			v = event.StringOf("")
		}
		if w := wild[col.Type]; w != nil {
			v = w.val()
		}
		b.wild = append(b.wild, v)
	}
	var items []plan.Named
	for _, col := range in.cols {
		items = append(items, plan.Named{Name: col.Name, Expr: expr.C(col.Name)})
	}
	out := in.with(&plan.Dynamic{Label: "basket", Deps: []plan.Node{&plan.Project{Input: in.node, Items: items}}, Build: b.build})
	out.cols = append([]Column{{"SegmentId", types.Long}, {"Count", types.Long}, {"Percent", types.Real}}, b.cols...)
	out.serial, out.stored = false, nil
	return out
}

// A basket looks for frequent sets of values: sets of at most so many that no further value goes along with in all of their rows.
type basket struct {
	threshold float64
	weight    string
	most      int
	cols      []Column
	wild      []event.Value
}

// A set of values, by number in ascending order, and the rows that have them all.
type valueSet struct {
	items []int
	rows  []int32
	count float64
}

// maxSets bounds how many sets are looked at.
const maxSets = 200_000

func (b *basket) build(results []*event.Batch) (plan.Node, error) {
	rows := results[0]
	weight := func(int32) float64 { return 1 }
	if b.weight != "" {
		col := rows.Column(b.weight)
		weight = func(i int32) float64 { n, _ := col.Value(int(i)).Number(); return n }
	}
	total := 0.0
	for i := range rows.Len() {
		total += weight(int32(i))
	}
	sum := func(list []int32) float64 {
		n := 0.0
		for _, i := range list {
			n += weight(i)
		}
		return n
	}
	// Values that are frequent by themselves.
	type single struct {
		col   int
		value event.Value
	}
	var singles []single
	var level []*valueSet
	for j, col := range b.cols {
		if col.Type == types.Dynamic {
			continue
		}
		at := map[string]int{}
		var found []*valueSet
		var values []event.Value
		for i := range rows.Len() {
			v := rows.Value(col.Name, i)
			key := string(event.AppendKey(nil, v))
			n, ok := at[key]
			if !ok {
				n = len(found)
				at[key], found, values = n, append(found, &valueSet{}), append(values, v)
			}
			found[n].rows = append(found[n].rows, int32(i))
		}
		for n, s := range found {
			if s.count = sum(s.rows); s.count >= b.threshold*total && total > 0 {
				s.items = []int{len(singles)}
				singles, level = append(singles, single{j, values[n]}), append(level, s)
			}
		}
	}
	firsts := level
	all := slices.Clone(level)
	for size := 1; size < min(b.most, len(b.cols)) && len(level) > 0 && len(all) < maxSets; size++ {
		var next []*valueSet
		for _, s := range level {
			for _, f := range firsts {
				last := s.items[len(s.items)-1]
				if f.items[0] <= last || singles[f.items[0]].col == singles[last].col {
					continue
				}
				joint := &valueSet{items: append(slices.Clone(s.items), f.items[0]), rows: both(s.rows, f.rows)}
				if joint.count = sum(joint.rows); len(joint.rows) > 0 && joint.count >= b.threshold*total {
					next = append(next, joint)
				}
			}
		}
		all, level = append(all, next...), next
	}
	// A set with a larger one over the same rows says less.
	closed := slices.DeleteFunc(slices.Clone(all), func(s *valueSet) bool {
		return slices.ContainsFunc(all, func(t *valueSet) bool {
			return len(t.items) == len(s.items)+1 && len(t.rows) == len(s.rows) && !slices.ContainsFunc(s.items, func(i int) bool { return !slices.Contains(t.items, i) })
		})
	})
	slices.SortStableFunc(closed, func(x, y *valueSet) int { return cmp.Compare(y.count, x.count) })
	out := event.NewBatch(len(closed))
	put := func(name string, cell func(i int, s *valueSet) event.Value) {
		data := make([]event.Value, len(closed))
		for i, s := range closed {
			data[i] = cell(i, s)
		}
		out.Set(name, event.NewColumn(data))
	}
	put("SegmentId", func(i int, _ *valueSet) event.Value { return event.IntOf(int64(i)) })
	put("Count", func(_ int, s *valueSet) event.Value { return event.IntOf(int64(s.count)) })
	put("Percent", func(_ int, s *valueSet) event.Value { return event.FloatOf(100 * s.count / total) })
	for j, col := range b.cols {
		put(col.Name, func(_ int, s *valueSet) event.Value {
			for _, i := range s.items {
				if singles[i].col == j {
					return singles[i].value
				}
			}
			return b.wild[j]
		})
	}
	for _, s := range closed {
		var origins []event.Origin
		for _, i := range s.rows {
			origins = event.MergeOrigins(origins, rows.Lineage.Of(int(i)))
		}
		out.Lineage.Sets = append(out.Lineage.Sets, origins)
	}
	return &plan.Values{Label: "basket", Rows: out}, nil
}

// both returns the numbers in both of two ascending lists.
func both(a, b []int32) []int32 {
	var out []int32
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			out = append(out, a[i])
			i, j = i+1, j+1
		}
	}
	return out
}
