package spl

import (
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "transpose", See: "transpose", Syntax: "transpose [<n>] [column_name=<name>] [header_field=<field>] [include_empty=<bool>]",
			Doc:   "Turns the first rows, by default 5, into columns and the columns into rows. 0 turns all rows.",
			lower: general((*lowerer).transpose)},
		&Command{Name: "untable", See: "untable", Syntax: "untable <x-field> <name-field> <data-field>",
			Doc: "Makes a row of every value of every column but the first: the inverse of xyseries.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				x, name, data := a.next("the field of the rows"), a.next("a name for the column of names"), a.next("a name for the column of values")
				a.end()
				l.node = &plan.Unpivot{Input: l.node, Key: x.Value, NameAs: name.Value, ValueAs: data.Value}
			})},
		&Command{Name: "xyseries", Aliases: []string{"maketable"}, See: "xyseries", Syntax: "xyseries [grouped=<bool>] <x-field> <name-field> <data-field>… [sep=<text>] [format=<text>]",
			Doc:   "Makes columns of the values of a field: one row for each value of the first field, one column for each of the second.",
			Note:  "grouped has no effect, since rows of one value need not stand together.",
			lower: general((*lowerer).xyseries)},
		&Command{Name: "mvcombine", See: "mvcombine", Syntax: "mvcombine [delim=<text>] <field>",
			Doc: "Makes one row of those that differ in one field only, which becomes a multivalue field.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				delim := a.text("delim", " ")
				field := a.next("a field")
				a.end()
				l.node = &plan.Combine{Input: l.node, Column: field.Value, Delim: delim}
			})},
	)
}

func (l *lowerer) transpose(c *syntax.General) {
	a := l.arguments(c)
	n := &plan.Transpose{Input: l.node, Rows: 5, NameAs: a.text("column_name", "column"), HeaderFrom: a.text("header_field", "")}
	a.without("include_empty") // columns without any value are not there to be left out
	if w := a.peek(); w != nil {
		a.at++
		n.Rows = l.whole(w, 5, 0)
	}
	a.end()
	l.node = n
}

func (l *lowerer) xyseries(c *syntax.General) {
	a := l.arguments(c)
	a.without("grouped")
	sep := a.text("sep", ": ")
	format := a.text("format", "")
	x, name := a.next("the field of the rows"), a.next("the field of the column names")
	data := []string{a.next("a data field").Value}
	for _, w := range a.rest() {
		data = append(data, w.Value)
	}
	a.end()
	l.node = &plan.Pivot{Input: l.node, Keys: []string{x.Value}, Names: name.Value, Values: distinct(data), Separator: sep, Format: format}
}
