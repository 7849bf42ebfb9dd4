package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "fields", See: "fields", Syntax: "fields [+|-] <field-list>",
			Doc:   "Keeps the named columns and those that begin with an underscore, or removes the named ones.",
			lower: on((*lowerer).fields)},
		&Command{Name: "table", See: "table", Syntax: "table <field-list>",
			Doc: "Keeps the named columns, in this order. A name that no row has gives an empty column.",
			lower: on(func(l *lowerer, c *syntax.Table) {
				l.node = &plan.Select{Input: l.node, Mode: plan.Table, Patterns: distinct(values(c.Fields))}
			})},
		&Command{Name: "rename", See: "rename", Syntax: "rename <field> AS <field> [, …]",
			Doc:   "Gives columns other names. A column of the new name is overwritten, also where the old one has no value. Stars stand for the same text on both sides.",
			lower: on((*lowerer).rename)},
		&Command{Name: "replace", See: "replace", Syntax: "replace <value> WITH <value> [, …] [IN <field-list>]",
			Doc:   "Replaces whole values. Stars in the value stand for any text and keep it where the new value has a star.",
			lower: on((*lowerer).replace)},
		&Command{Name: "fillnull", See: "fillnull", Syntax: "fillnull [value=<text>] [<field-list>]",
			Doc: "Puts a value, by default 0, where there is none. Without names it works on all columns of the result.",
			lower: on(func(l *lowerer, c *syntax.Fill) {
				o := l.options(c, c.Options)
				value := literal(o.text("value", "0"))
				o.done()
				l.node = &plan.Fill{Input: l.node, Columns: values(c.Fields), Value: value, Create: len(c.Fields) > 0}
			})},
		&Command{Name: "filldown", See: "filldown", Syntax: "filldown [<field-list>]",
			Doc: "Puts the last value above where there is none.",
			lower: on(func(l *lowerer, c *syntax.Fill) {
				l.options(c, c.Options).done()
				l.node = &plan.Fill{Input: l.node, Columns: values(c.Fields), Down: true}
			})},
		&Command{Name: "reverse", See: "reverse", Syntax: "reverse", Doc: "Turns the order of the rows around.",
			lower: general(func(l *lowerer, c *syntax.General) {
				l.noArguments(c)
				l.node = &plan.Reverse{Input: l.node}
			})},
	)
}

// literal makes a value of text that was written as an argument: a number when it reads back as it was written.
func literal(s string) event.Value { return canonical(event.StringOf(s)) }

func (l *lowerer) fields(c *syntax.Fields) {
	names := values(c.Fields)
	if c.Remove {
		l.node = &plan.Select{Input: l.node, Mode: plan.Drop, Patterns: names}
		return
	}
	l.node = &plan.Select{Input: l.node, Mode: plan.Keep, Patterns: names, KeepInternal: true}
}

func (l *lowerer) rename(c *syntax.Rename) {
	n := &plan.Rename{Input: l.node}
	for _, a := range c.Pairs {
		if a.To == nil {
			continue
		}
		from, to := a.From.Value, a.To.Value
		if strings.Count(from, "*") != strings.Count(to, "*") {
			l.wrong(a, "rename needs as many stars in the new name as in the old one: %q, %q", from, to)
			continue
		}
		n.Pairs = append(n.Pairs, plan.RenamePair{From: from, To: to})
	}
	l.node = n
}

func (l *lowerer) replace(c *syntax.Replace) {
	l.closed("replace", func(l *lowerer) { l.replaceIn(c) })
}

func (l *lowerer) replaceIn(c *syntax.Replace) {
	names, ok := l.matching(values(c.In), c, "replace")
	if !ok {
		return
	}
	var items []plan.Named
	for _, name := range names {
		x := expr.Expr(expr.C(name))
		for _, a := range c.Pairs {
			if a.To != nil {
				x = expr.F(fnReplaceWhole, x, expr.Str(a.From.Value), expr.Str(a.To.Value))
			}
		}
		items = append(items, plan.Named{Name: name, Expr: x})
	}
	l.extend(items...)
}

// matching returns the columns that names and patterns stand for; none stand for all. It can be told only where the columns
// are known before the run; elsewhere it says so and returns false.
func (l *lowerer) matching(patterns []string, at place, what string) ([]string, bool) {
	open := len(patterns) == 0
	for _, p := range patterns {
		open = open || strings.Contains(p, "*")
	}
	if !open {
		return distinct(patterns), true
	}
	shape := l.shape()
	var out []string
	for _, name := range shape.Names {
		if strings.HasPrefix(name, "_") && !explicit(patterns, name) {
			continue
		}
		match := len(patterns) == 0
		for _, p := range patterns {
			match = match || event.MatchName(p, name)
		}
		if match {
			out = append(out, name)
		}
	}
	if shape.Open {
		l.unsupported(at, "%s over columns that are known only when the search runs; name them, or put table or stats before it", what)
		return nil, false
	}
	for _, p := range patterns {
		if !strings.Contains(p, "*") {
			out = append(out, p)
		}
	}
	return distinct(out), true
}

func explicit(patterns []string, name string) bool {
	for _, p := range patterns {
		if p == name || strings.HasPrefix(p, "_") && event.MatchName(p, name) {
			return true
		}
	}
	return false
}
