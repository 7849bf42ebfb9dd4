package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "join", See: "join", Syntax: "join [type=inner|left|outer] [max=<n>] [overwrite=<bool>] [<field-list>] [<subsearch>]",
			Doc:   "Puts rows of a subsearch beside the rows that have the same values, by default one a row, and drops rows without any. Fields of the subsearch overwrite.",
			lower: on((*lowerer).join)},
		&Command{Name: "append", See: "append", Syntax: "append [maxout=<n>] <subsearch>", Doc: "Puts the rows of a subsearch behind the rows so far.",
			lower: on(func(l *lowerer, c *syntax.Append) {
				o := l.options(c, c.Options)
				o.without("extendtimerange", "maxtime", "timeout")
				maxout := o.number("maxout", 0, 0)
				o.done()
				l.union(l.limited(l.query(l.src, c.Sub.Query, nil, l.depth+1), maxout))
			})},
		&Command{Name: "appendcols", See: "appendcols", Syntax: "appendcols [override=<bool>] [maxout=<n>] <subsearch>",
			Doc: "Puts the columns of a subsearch beside the rows so far, row by row.",
			lower: on(func(l *lowerer, c *syntax.Append) {
				o := l.options(c, c.Options)
				o.without("maxtime", "timeout")
				override, maxout := o.boolean("override", false), o.number("maxout", 0, 0)
				o.done()
				right := l.limited(l.query(l.src, c.Sub.Query, nil, l.depth+1), maxout)
				l.node = &plan.Beside{Left: l.node, Right: visible(right), Override: override}
			})},
		&Command{Name: "appendpipe", See: "appendpipe", Syntax: "appendpipe [run_in_preview=<bool>] <pipeline in brackets>",
			Doc: "Runs a pipeline on the rows so far and puts its rows behind them.",
			lower: on(func(l *lowerer, c *syntax.Append) {
				o := l.options(c, c.Options)
				o.without("run_in_preview")
				o.done()
				name := l.fresh("pipe")
				branch := l.query(l.src, c.Sub.Query, &plan.Ref{Name: name}, l.depth+1)
				l.node = &plan.Tee{Input: l.node, Name: name, Branch: branch}
			})},
		&Command{Name: "union", See: "union", First: true, Syntax: "union [maxout=<n>] <subsearch> …", Doc: "Puts the rows of several subsearches, and of the rows so far, together.",
			lower: on((*lowerer).unionOf)},
		&Command{Name: "multisearch", See: "multisearch", Generating: true, Syntax: "multisearch <subsearch> <subsearch> …", Doc: "Puts the events of several searches together, newest first.",
			lower: on((*lowerer).multisearch)},
		&Command{Name: "set", See: "set", Generating: true, Syntax: "set union|diff|intersect <subsearch> <subsearch>", Doc: "The union, difference or intersection of the rows of two subsearches.",
			lower: on((*lowerer).set)},
	)
}

// union puts rows behind those so far.
func (l *lowerer) union(more ...plan.Node) {
	sources := more
	if l.node != nil {
		sources = append([]plan.Node{l.node}, more...)
	}
	l.node = &plan.Union{Sources: sources}
}

func (l *lowerer) limited(n plan.Node, rows int) plan.Node {
	if rows > 0 {
		return &plan.Limit{Input: n, N: rows}
	}
	return n
}

// visible drops the columns that begin with an underscore.
func visible(n plan.Node) plan.Node {
	return &plan.Select{Input: n, Mode: plan.Drop, Patterns: []string{"_*"}}
}

func (l *lowerer) join(c *syntax.Join) {
	o := l.options(c, c.Options)
	kind := plan.Inner
	if o.word("type", "inner", "inner", "left", "outer") != "inner" {
		kind = plan.LeftOuter
	}
	byTime, earlier := o.boolean("usetime", false), o.boolean("earlier", true)
	n := &plan.Join{Left: l.node, Kind: kind, Max: o.number("max", 1, 0), Clash: plan.ClashOverwrite}
	if !o.boolean("overwrite", true) {
		n.Clash = plan.ClashKeepLeft
	}
	left, right := o.text("left", ""), o.text("right", "")
	o.done()
	n.Right = l.query(l.src, c.Sub.Query, nil, l.depth+1)
	if byTime {
		time := l.joinInTime(n, !earlier)
		defer func() { l.drop(time, "*."+time) }()
	}
	if len(c.Where) > 0 {
		l.joinWhere(c, n, left, right)
		return
	}
	names := distinct(values(c.Fields))
	if len(names) > 0 {
		l.joinOn(n, names)
		return
	}
	// Without names rows are joined on all columns that both sides have.
	l.closed("join on all common fields", func(l *lowerer) {
		var shapes plan.Shapes
		right := shapes.Of(n.Right)
		var common []string
		for _, name := range l.shape().Names {
			if slices.Contains(right.Names, name) && !strings.HasPrefix(name, "_") {
				common = append(common, name)
			}
		}
		switch {
		case right.Open:
			l.unsupported(c, "join without field names, where the columns of the subsearch are known only when the search runs")
		case len(common) == 0:
			l.node = nothing
		default:
			on := *n
			on.Left = l.node
			l.joinOn(&on, common)
		}
	})
}

// joinInTime joins rows only with rows of the subsearch that are not later than they are, or not earlier. Times count in whole
// seconds. The subsearch's time stays out of the result.
func (l *lowerer) joinInTime(n *plan.Join, later bool) string {
	floor := func(column string) expr.Expr { return expr.F(function.Lookup("floor"), expr.C(column)) }
	time := l.fresh("time")
	n.Right = &plan.Extend{Input: n.Right, Items: []plan.Named{{Name: time, Expr: floor("_time")}}}
	n.Order = &plan.JoinOrder{Left: floor("_time"), Right: expr.C(time), Later: later}
	return time
}

func (l *lowerer) joinOn(n *plan.Join, names []string) {
	for _, name := range names {
		n.LeftKeys = append(n.LeftKeys, key(name))
		n.RightKeys = append(n.RightKeys, key(name))
	}
	// What Splunk keeps to itself, _time and _raw among it, stays that of the left side unless it is joined on.
	n.Right = &plan.Select{Input: n.Right, Mode: plan.Drop, Patterns: internalBut(names)}
	l.node = n
}

// internalBut names the internal columns that a right side must not bring, but for those that are joined on.
func internalBut(names []string) []string {
	var out []string
	for _, n := range []string{"_raw", "_time", "_indextime", "_cd", "_bkt", "_si", "_serial", "_sourcetype"} {
		if !slices.Contains(names, n) {
			out = append(out, n)
		}
	}
	return out
}

// joinWhere lowers join left=L right=R where L.a=R.b: the columns of both sides get the prefixes.
func (l *lowerer) joinWhere(c *syntax.Join, n *plan.Join, left, right string) {
	if left == "" || right == "" {
		l.wrong(c, "join with WHERE needs left=<alias> and right=<alias>")
		return
	}
	n.LeftPrefix, n.RightPrefix = left+".", right+"."
	for _, a := range c.Where {
		if a.To == nil {
			continue
		}
		x, y := a.From.Value, a.To.Value
		if strings.HasPrefix(x, n.RightPrefix) && strings.HasPrefix(y, n.LeftPrefix) {
			x, y = y, x
		}
		lf, ok := strings.CutPrefix(x, n.LeftPrefix)
		rf, ok2 := strings.CutPrefix(y, n.RightPrefix)
		if !ok || !ok2 {
			l.wrong(a, "a join condition is %s.<field>=%s.<field>", left, right)
			return
		}
		n.LeftKeys = append(n.LeftKeys, key(lf))
		n.RightKeys = append(n.RightKeys, key(rf))
	}
	l.node = n
}

func (l *lowerer) unionOf(c *syntax.Combine) {
	o := l.options(c, c.Options)
	o.without("maxtime", "timeout")
	maxout := o.number("maxout", 0, 0)
	o.done()
	var more []plan.Node
	for _, a := range c.Args {
		switch a := a.(type) {
		case *syntax.Subsearch:
			more = append(more, l.limited(l.query(l.src, a.Query, nil, l.depth+1), maxout))
		case *syntax.Word:
			in := &lowerer{compilation: l.compilation, src: l.src, depth: l.depth + 1}
			in.fromSet(a)
			if in.node != nil {
				more = append(more, l.limited(in.node, maxout))
			}
		}
	}
	l.union(more...)
}

func (l *lowerer) multisearch(c *syntax.Combine) {
	l.options(c, c.Options).done()
	var sources []plan.Node
	for _, a := range c.Args {
		s, ok := a.(*syntax.Subsearch)
		if !ok {
			l.wrong(a, "multisearch takes subsearches only")
			continue
		}
		sources = append(sources, l.query(l.src, s.Query, nil, l.depth+1))
	}
	if len(sources) < 2 {
		l.wrong(c, "multisearch takes at least two subsearches")
		return
	}
	l.node = newestFirst(&plan.Union{Sources: sources})
}

// set lowers "set diff [a] [b]" and its kin: rows are equal when all their columns are.
func (l *lowerer) set(c *syntax.Combine) {
	o := l.options(c, c.Options)
	o.without("maxresults")
	o.done()
	if len(c.Args) != 3 {
		l.wrong(c, "set takes union, diff or intersect and two subsearches")
		return
	}
	op, ok := c.Args[0].(*syntax.Word)
	a, ok2 := c.Args[1].(*syntax.Subsearch)
	b, ok3 := c.Args[2].(*syntax.Subsearch)
	if !ok || !ok2 || !ok3 || !op.Is("union") && !op.Is("diff") && !op.Is("intersect") {
		l.wrong(c, "set takes union, diff or intersect and two subsearches")
		return
	}
	side := l.fresh("side")
	both := &plan.Union{Sources: []plan.Node{visible(l.query(l.src, a.Query, nil, l.depth+1)), visible(l.query(l.src, b.Query, nil, l.depth+1))},
		OriginAs: side, Names: []string{"a", "b"}}
	l.node = both
	l.closed("set "+op.Value, func(l *lowerer) {
		var names []string
		for _, n := range l.shape().Names {
			if n != side {
				names = append(names, n)
			}
		}
		l.combineSides(strings.ToLower(op.Value), side, names)
	})
}

// combineSides keeps of the rows of two sides those that an operation of set wants, each once.
func (l *lowerer) combineSides(op, side string, names []string) {
	var by []plan.Named
	var keys []expr.Expr
	for _, n := range names {
		by = append(by, plan.Named{Name: n, Expr: key(n)})
		keys = append(keys, key(n))
	}
	if op != "union" {
		sides := l.fresh("sides")
		l.node = &plan.Attach{Input: l.node, Group: plan.Grouping{By: by}, Aggs: []plan.AggItem{{As: sides, Fn: function.Aggregate("dc"), Args: []expr.Expr{expr.C(side)}}}}
		want := 1
		if op == "intersect" {
			want = 2
		}
		l.filter(equals(expr.C(sides), want))
		l.drop(sides)
	}
	l.node = &plan.Dedup{Input: l.node, Keys: keys, N: 1, NullsEqual: true, KeepEmpty: true}
	l.drop(side)
}
