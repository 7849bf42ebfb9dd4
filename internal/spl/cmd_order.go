package spl

import (
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "sort", See: "sort", Syntax: "sort [<n>] [+|-]<field> [, …] [desc]",
			Doc:   "Sorts rows: numbers by size, addresses as addresses, else by characters; missing values come last. It keeps 10000 rows unless a number is given; 0 keeps all.",
			lower: on((*lowerer).sort)},
		&Command{Name: "dedup", See: "dedup", Syntax: "dedup [<n>] <field-list> [keepevents=<bool>] [keepempty=<bool>] [consecutive=<bool>] [sortby <keys>]",
			Doc:   "Keeps the first rows of each combination of values. Rows that lack a field are dropped unless keepempty is set.",
			lower: on((*lowerer).dedup)},
		&Command{Name: "head", See: "head", Syntax: "head [<n>|(<condition>)] [null=<bool>] [keeplast=<bool>]",
			Doc: "Keeps the first rows, by default 10, or those before the first for which a condition is not true.", lower: on((*lowerer).head)},
		&Command{Name: "tail", See: "tail", Syntax: "tail [<n>]", Doc: "Gives the last rows, by default 10, the last one first.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				n := 10
				if w := a.peek(); w != nil {
					a.at++
					n = l.whole(w, n, 0)
				}
				a.end()
				l.node = &plan.Reverse{Input: &plan.Limit{Input: l.node, N: n, Last: true}}
			})},
	)
}

var collations = map[string]plan.Collation{"": plan.AutoText, "auto": plan.AutoText, "num": plan.AsNumber, "str": plan.AsText, "ip": plan.AsAddress}

const defaultSort = 10000

func (l *lowerer) sort(c *syntax.Sort) {
	o := l.options(c, c.Options)
	limit := o.number("limit", defaultSort, 0)
	o.done()
	if c.Count != nil {
		limit = l.whole(c.Count, limit, 0)
	}
	l.sortBy(c.Keys, c.Reverse, limit)
}

func (l *lowerer) sortBy(keys []*syntax.SortKey, reverse bool, limit int) {
	n := &plan.Sort{Input: l.node, Limit: limit}
	for _, k := range keys {
		n.Keys = append(n.Keys, plan.SortKey{Expr: expr.C(k.Field.Value), Desc: k.Desc != reverse, Collation: collations[k.Kind]})
	}
	l.node = n
}

func (l *lowerer) dedup(c *syntax.Dedup) {
	o := l.options(c, c.Options)
	n := &plan.Dedup{Input: l.node, N: 1, KeepEmpty: o.boolean("keepempty", false), Consecutive: o.boolean("consecutive", false), Blank: o.boolean("keepevents", false)}
	o.done()
	if c.Count != nil {
		n.N = l.whole(c.Count, 1, 1)
	}
	for _, f := range distinct(values(c.Fields)) {
		n.Keys = append(n.Keys, key(f))
	}
	if len(c.SortBy) > 0 {
		// The order decides which rows are the first ones.
		l.sortBy(c.SortBy, false, 0)
		n.Input = l.node
	}
	l.node = n
}

func (l *lowerer) head(c *syntax.Head) {
	o := l.options(c, c.Options)
	n := &plan.Limit{Input: l.node, NullTrue: o.boolean("null", false), KeepLast: o.boolean("keeplast", false)}
	n.N = o.number("limit", 10, 0)
	hasLimit := c.Options.Get("limit") != nil
	o.done()
	switch {
	case c.Count != nil:
		n.N = l.whole(c.Count, 10, 0)
	case c.Cond != nil:
		n.While = l.condition(c.Cond)
		if !hasLimit {
			n.N = unlimited
		}
	}
	l.node = n
}

// unlimited is the number of rows of a Limit that only its condition ends.
const unlimited = 1 << 62

// newestFirst sorts events as a search gives them.
func newestFirst(in plan.Node) plan.Node {
	return &plan.Sort{Input: in, Keys: []plan.SortKey{{Expr: expr.C("_time"), Desc: true}}}
}
