package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	registerSource("range", lowerRange)
	register("getschema", lowerGetSchema)
	register("render", func(c *ctx, in *rows, op *syntax.Render) *rows {
		c.chart = op.Chart
		return in
	})
	register("consume", func(c *ctx, in *rows, op *syntax.Consume) *rows {
		return in.with(&plan.Limit{Input: in.node, N: 0})
	})
	register("assert-schema", lowerAssertSchema)
}

// maxRange bounds the rows of range.
const maxRange = 10_000_000

// lowerRange makes a table of evenly spaced values.
// https://learn.microsoft.com/kusto/query/range-operator
func lowerRange(c *ctx, in *rows, op *syntax.Range) *rows {
	if in != nil {
		c.bad("KQL4005", op, "range makes its own rows: nothing can come before it")
		return nil
	}
	c.rows = nil
	from, to, step := c.scalar(op.From), c.scalar(op.To), c.scalar(op.Step)
	if from.bad || to.bad || step.bad {
		return nil
	}
	t := from.typ
	switch {
	case from.typ.IsNumber() && to.typ.IsNumber() && step.typ.IsNumber():
		t = types.Widest(types.Widest(from.typ, to.typ), step.typ)
	case from.typ == types.DateTime && to.typ == types.DateTime && step.typ == types.TimeSpan:
	case from.typ == types.TimeSpan && to.typ == types.TimeSpan && step.typ == types.TimeSpan:
	case from.typ == types.Unknown || to.typ == types.Unknown || step.typ == types.Unknown:
	default:
		c.bad("KQL4001", op, "range cannot go from %s to %s by %s", from.typ, to.typ, step.typ)
		return nil
	}
	name := op.Column.Name
	row := oneRow()
	list := expr.F(rangeList, from.e, to.e, step.e)
	node := &plan.Expand{Input: row.node, Columns: []plan.ExpandColumn{{Name: name, Expr: list}}}
	return (&rows{node: node, serial: true}).project([]plan.Named{{Name: name, Expr: expr.C(name)}}, []Column{{name, t}})
}

// rangeList makes the values of range.
var rangeList = &fn.Func{Name: "range_values", Min: 3, Max: 3, Doc: "Lists evenly spaced values.", Row: func(args []event.Value) event.Value {
	from, to, step := args[0], args[1], args[2]
	var out []event.Value
	if from.Kind() == event.Float || to.Kind() == event.Float || step.Kind() == event.Float {
		f, ok1 := from.Number()
		l, ok2 := to.Number()
		s, ok3 := step.Number()
		for i := 0; ok1 && ok2 && ok3 && s != 0 && i < maxRange; i++ {
			v := f + float64(i)*s
			if s > 0 && v > l || s < 0 && v < l {
				break
			}
			out = append(out, event.FloatOf(v))
		}
		return event.ListOf(out)
	}
	f, ok1 := whole(from)
	l, ok2 := whole(to)
	s, ok3 := whole(step)
	if !ok1 || !ok2 || !ok3 || s == 0 {
		return event.ListOf(nil)
	}
	for v := f; (s > 0 && v <= l || s < 0 && v >= l) && len(out) < maxRange; v += s {
		switch from.Kind() {
		case event.Time:
			out = append(out, event.TicksOf(v))
		case event.Duration:
			out = append(out, event.DurationOf(v))
		default:
			out = append(out, event.IntOf(v))
		}
		if s > 0 && v+s < v || s < 0 && v+s > v {
			break
		}
	}
	return event.ListOf(out)
}}

func whole(v event.Value) (int64, bool) {
	switch v.Kind() {
	case event.Int:
		return v.Int(), true
	case event.Time, event.Duration:
		return v.Ticks(), true
	}
	return 0, false
}

// lowerGetSchema describes the columns.
// https://learn.microsoft.com/kusto/query/getschema-operator
func lowerGetSchema(c *ctx, in *rows, op *syntax.GetSchema) *rows {
	if in.open {
		c.unsupported(op, "getschema needs columns that are known before the query runs")
		return nil
	}
	cols := []Column{{"ColumnName", types.String}, {"ColumnOrdinal", types.Long}, {"DataType", types.String}, {"ColumnType", types.String}}
	data := make([][]event.Value, 4)
	for i, col := range in.cols {
		data[0] = append(data[0], event.StringOf(col.Name))
		data[1] = append(data[1], event.IntOf(int64(i)))
		data[2] = append(data[2], event.StringOf(dotNet[col.Type]))
		data[3] = append(data[3], event.StringOf(col.Type.String()))
	}
	return c.written("getschema", cols, data)
}

// dotNet are the names that getschema gives to the types.
var dotNet = map[types.Type]string{types.Bool: "System.SByte", types.Int: "System.Int32", types.Long: "System.Int64", types.Real: "System.Double",
	types.Decimal: "System.Data.SqlTypes.SqlDecimal", types.String: "System.String", types.DateTime: "System.DateTime", types.TimeSpan: "System.TimeSpan",
	types.GUID: "System.Guid", types.Dynamic: "System.Object", types.Unknown: "System.Object"}

// lowerAssertSchema checks the columns when the query is compiled.
func lowerAssertSchema(c *ctx, in *rows, op *syntax.AssertSchema) *rows {
	want := c.schema(op.Schema)
	if want == nil {
		return nil
	}
	if in.open {
		c.unsupported(op, "assert-schema needs columns that are known before the query runs")
		return nil
	}
	same := len(want) == len(in.cols)
	for i := 0; same && i < len(want); i++ {
		same = want[i] == in.cols[i]
	}
	if !same {
		c.bad("KQL4005", op, "the columns are not those that assert-schema expects")
		return nil
	}
	return in
}
