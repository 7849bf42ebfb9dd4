package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(&Command{Name: "transaction", Aliases: []string{"transam"}, See: "transaction",
		Syntax: "transaction [<field-list>] [maxspan=<span>] [maxpause=<span>] [maxevents=<n>] [startswith=<condition>] [endswith=<condition>] [connected=<bool>] [keepevicted=<bool>] [keeporphans=<bool>] [mvlist=<bool>|<field-list>] [nullstr=<text>] [mvraw=<bool>]",
		Doc:    "Joins events that share fields and lie close in time into one row with their duration and number. Other fields become sorted multivalue fields.",
		lower:  on((*lowerer).transaction)})
}

// defaultMaxEvents is Splunk's bound on the events of one transaction.
const defaultMaxEvents = 1000

func (l *lowerer) transaction(c *syntax.Transaction) {
	o := l.options(c, c.Options)
	n := &plan.Transaction{Input: l.node, TimeAs: "_time", MaxEvents: o.number("maxevents", defaultMaxEvents, 1),
		MaxSpan: l.spanOption(o, "maxspan"), MaxPause: l.spanOption(o, "maxpause"),
		Disconnected: !o.boolean("connected", true), KeepEvicted: o.boolean("keepevicted", false), KeepOrphans: o.boolean("keeporphans", false)}
	if opt := o.get("mvlist"); opt != nil {
		if all, ok := truth(opt.Value.Value); ok {
			n.AllLists = all
		} else {
			n.Lists = strings.FieldsFunc(opt.Value.Value, func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	fields := append(splitNames(o.text("fields", "")), values(c.Fields)...)
	// Bounds of Splunk's memory, and how it joins texts when it shows them.
	o.without("maxopentxn", "maxopenevents", "delim", "unifyends")
	n.NullText, n.RawList = o.text("nullstr", "NULL"), o.boolean("mvraw", false)
	o.refuse("transaction types are defined on a Splunk server", "name")
	o.done()
	n.Fields = distinct(fields)
	n.Starts, n.Ends = l.bound(c.Starts), l.bound(c.Ends)
	l.node = n
}

func splitNames(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// spanOption reads a length of time in seconds; 0 and negative values are no bound.
func (l *lowerer) spanOption(o *options, name string) float64 {
	opt := o.get(name)
	if opt == nil || strings.HasPrefix(opt.Value.Value, "-") || opt.Value.Value == "0" {
		return 0
	}
	s, err := timefmt.ParseSpan(opt.Value.Value)
	if err != nil {
		l.wrong(opt, "%v", err)
		return 0
	}
	sec, _ := s.Seconds()
	return sec
}

// bound lowers a condition that begins or ends a transaction.
func (l *lowerer) bound(c *syntax.Condition) expr.Expr {
	switch {
	case c == nil:
		return nil
	case c.Eval != nil:
		return l.condition(c.Eval)
	case c.Search != nil:
		return l.searchTest(c.Search)
	case c.Text != nil:
		src := syntax.Embedded(l.src, c.Text)
		x, diags := syntax.ParseSearch(src)
		if l.diags = append(l.diags, diags...); diags.HasErrors() {
			return nil
		}
		in := *l
		in.src = src
		return in.searchTest(x)
	}
	return nil
}
