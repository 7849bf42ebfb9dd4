package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "eval", See: "eval", Syntax: "eval <field>=<expression> [, <field>=<expression>]…",
			Doc:   "Computes fields, from left to right. A null value removes the field; a condition cannot be a value.",
			lower: on((*lowerer).eval)},
		&Command{Name: "where", See: "where", Syntax: "where <condition>",
			Doc:   "Keeps the rows for which a condition is true. A comparison with a missing field is neither true nor false.",
			lower: on(func(l *lowerer, c *syntax.Where) { l.filter(l.condition(c.Cond)) })},
		&Command{Name: "fieldformat", See: "fieldformat", Syntax: "fieldformat <field>=<expression>",
			Doc: "Changes how a field is shown, not its value. Harrier shows values as they are, so the expression is checked and has no effect.",
			lower: on(func(l *lowerer, c *syntax.Eval) {
				for _, a := range c.Assignments {
					l.value(a.X)
				}
			})},
	)
}

func (l *lowerer) eval(c *syntax.Eval) {
	// Assignments that do not read what an earlier one of the same step writes are computed in one step.
	var items []plan.Named
	flush := func() {
		l.extend(items...)
		items = nil
	}
	for _, a := range c.Assignments {
		if isBoolean(a.X) {
			l.wrong(a.X, "a condition cannot be the value of a field; wrap it in if() or tostring()")
			continue
		}
		x := l.value(a.X)
		name := a.Field.Value
		for _, it := range items {
			if it.Name == name || readsColumn(x, it.Name) || strings.Contains(name, "{"+it.Name+"}") {
				flush()
				break
			}
		}
		if at, ok := dynamicName(a.Field); ok {
			flush()
			// The name of the field is the value of another one, row by row.
			l.node = &plan.Spread{Input: l.node, Expr: expr.F(fnNamed, at, x)}
			continue
		}
		items = append(items, plan.Named{Name: name, Expr: x})
	}
	flush()
}

func readsColumn(x expr.Expr, name string) bool {
	for _, c := range expr.Columns(x) {
		if c == name {
			return true
		}
	}
	return false
}

// dynamicName returns the text of a name that holds {field}.
func dynamicName(w *syntax.Word) (expr.Expr, bool) {
	name := w.Value
	var parts []expr.Expr
	for {
		before, rest, ok := strings.Cut(name, "{")
		field, after, closed := strings.Cut(rest, "}")
		if !ok || !closed || field == "" {
			break
		}
		if before != "" {
			parts = append(parts, expr.Str(before))
		}
		parts = append(parts, expr.C(field))
		name = after
	}
	if len(parts) == 0 {
		return nil, false
	}
	if name != "" {
		parts = append(parts, expr.Str(name))
	}
	return concatOf(parts), true
}
