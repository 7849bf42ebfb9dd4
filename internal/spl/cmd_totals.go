package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "addtotals", See: "addtotals", Syntax: "addtotals [row=<bool>] [col=<bool>] [fieldname=<field>] [labelfield=<field>] [label=<text>] [<field-list>]",
			Doc: "The sum of the numeric fields of each row in the field Total, and with col a last row with the sums of the columns.", lower: general((*lowerer).addtotals)},
		&Command{Name: "addcoltotals", See: "addcoltotals", Syntax: "addcoltotals [labelfield=<field>] [label=<text>] [<field-list>]",
			Doc: "A last row with the sums of the numeric columns.", lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				labelfield, label := a.text("labelfield", ""), a.text("label", "Total")
				names := values(a.rest())
				a.end()
				l.columnTotals(names, labelfield, label)
			})},
	)
}

func (l *lowerer) addtotals(c *syntax.General) {
	a := l.arguments(c)
	row, col := a.boolean("row", true), a.boolean("col", false)
	field := a.text("fieldname", "Total")
	labelfield, label := a.text("labelfield", ""), a.text("label", "Total")
	names := values(a.rest())
	a.end()
	if row {
		sum := func(l *lowerer) {
			cols, ok := l.matching(names, c, "addtotals")
			if !ok {
				return
			}
			var args []expr.Expr
			for _, n := range cols {
				if n != field {
					args = append(args, expr.C(n))
				}
			}
			l.extend(plan.Named{Name: field, Expr: expr.F(fnRowSum, args...)})
		}
		if len(names) > 0 && !strings.Contains(strings.Join(names, ""), "*") {
			sum(l)
		} else {
			l.closed("addtotals", sum)
		}
	}
	if col {
		l.columnTotals(names, labelfield, label)
	}
}

// fnRowSum adds up the arguments that are numbers.
var fnRowSum = &fn.Func{Name: "row_sum", Min: 0, Max: -1, Null: fn.SeesNull,
	Row: func(in []event.Value) event.Value {
		total := 0.0
		for _, v := range in {
			if n, ok := function.Number(v); ok {
				total += n
			}
		}
		return wholeOrFloat(total)
	}}

// columnTotals adds a row with the sums of the columns.
func (l *lowerer) columnTotals(names []string, labelfield, label string) {
	l.closed("addcoltotals", func(l *lowerer) {
		cols, _ := l.matching(names, l.stage, "addcoltotals")
		agg := &plan.Aggregate{Input: nil, EmptyRow: true}
		for _, n := range cols {
			if n != labelfield {
				agg.Aggs = append(agg.Aggs, plan.AggItem{As: n, Fn: function.Aggregate("sum"), Args: []expr.Expr{expr.C(n)}})
			}
		}
		name := l.fresh("rows")
		agg.Input = &plan.Ref{Name: name}
		var branch plan.Node = agg
		if labelfield != "" {
			branch = &plan.Extend{Input: branch, Items: []plan.Named{{Name: labelfield, Expr: expr.Str(label)}}}
		}
		l.node = &plan.Tee{Input: l.node, Name: name, Branch: branch}
	})
}
