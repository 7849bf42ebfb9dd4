package opt

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// columnsRule narrows scans to the columns that somebody reads and removes the computing of columns that nobody does.
var columnsRule = Rule{"columns", func(n plan.Node) plan.Node {
	p := &pruner{}
	p.shapes.Of(n)
	return p.prune(n, event.AllFields)
}}

type pruner struct {
	shapes plan.Shapes
	refs   []*refNeed // the tables in scope, innermost last
}

// refNeed gathers what the readers of a table need of it.
type refNeed struct {
	name string
	need event.FieldSet
}

func reads(need event.FieldSet, es ...expr.Expr) event.FieldSet {
	for _, e := range es {
		need = need.Add(expr.Columns(e)...)
	}
	return need
}

// kept returns the items whose names are needed.
func kept[T any](items []T, name func(T) string, need event.FieldSet) []T {
	var out []T
	for _, it := range items {
		if need.Has(name(it)) {
			out = append(out, it)
		}
	}
	return out
}

func namedName(it plan.Named) string { return it.Name }
func aggName(it plan.AggItem) string { return it.As }

// prune returns n making at least the columns in need.
func (p *pruner) prune(n plan.Node, need event.FieldSet) plan.Node {
	below := func(need ...event.FieldSet) plan.Node {
		i := -1
		return over(n, func(in plan.Node) plan.Node {
			i++
			return p.prune(in, need[min(i, len(need)-1)])
		})
	}
	switch n := n.(type) {
	case *plan.Scan:
		if fields := meet(n.Fields, need); fields.String() != n.Fields.String() {
			c := *n
			c.Fields = fields
			return &c
		}
		return n
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Dedup, *plan.Spread:
		return below(reads(need, plan.Exprs(n)...))
	case *plan.Transaction:
		return below(reads(need.Without("duration", "eventcount", "closed_txn").Add(n.Fields...).Add(n.TimeAs), plan.Exprs(n)...))
	case *plan.Fill, *plan.Reverse:
		return below(need)
	case *plan.Extend:
		return p.extend(n, need)
	case *plan.Project:
		items := kept(n.Items, namedName, need)
		under := reads(event.FieldSet{}, exprsOf(items)...)
		in := p.prune(n.Input, under)
		if in == n.Input && len(items) == len(n.Items) {
			return n
		}
		return &plan.Project{Input: in, Items: items}
	case *plan.Select:
		return below(p.selected(n, need))
	case *plan.Rename:
		return below(unrenamed(n, need))
	case *plan.Expand:
		var made []string
		for _, c := range n.Columns {
			made = append(made, c.Name)
		}
		return below(reads(need.Without(made...), plan.Exprs(n)...))
	case *plan.Aggregate:
		c := *n
		c.Aggs = kept(n.Aggs, aggName, starry(need, n.Aggs))
		c.Input = p.prune(n.Input, grouped(event.FieldSet{}, n.Group, c.Aggs))
		if c.Input == n.Input && len(c.Aggs) == len(n.Aggs) {
			return n
		}
		return &c
	case *plan.Attach:
		aggs := kept(n.Aggs, aggName, starry(need, n.Aggs))
		if len(aggs) == 0 {
			return p.prune(n.Input, need)
		}
		in := p.prune(n.Input, grouped(need.Without(aggNames(aggs)...), n.Group, aggs))
		if in == n.Input && len(aggs) == len(n.Aggs) {
			return n
		}
		return &plan.Attach{Input: in, Group: n.Group, Aggs: aggs}
	case *plan.Running:
		return below(reads(grouped(need, n.Group, n.Aggs), plan.Exprs(n)...))
	case *plan.Shift:
		items := kept(n.Items, func(it plan.ShiftItem) string { return it.As }, need)
		if len(items) == 0 {
			return p.prune(n.Input, need)
		}
		c := &plan.Shift{Input: n.Input, Items: items}
		in := p.prune(n.Input, reads(need, plan.Exprs(c)...))
		if in == n.Input && len(items) == len(n.Items) {
			return n
		}
		c.Input = in
		return c
	case *plan.Join:
		l, r := joined(n, need)
		if n.Order != nil {
			l, r = reads(l, n.Order.Left), reads(r, n.Order.Right)
		}
		return below(reads(l, n.LeftKeys...), reads(r, n.RightKeys...))
	case *plan.Union:
		return below(need)
	case *plan.Beside:
		return below(need)
	case *plan.Values:
		return n
	case *plan.Ref:
		for i := len(p.refs) - 1; i >= 0; i-- {
			if p.refs[i].name == n.Name {
				p.refs[i].need = p.refs[i].need.Union(need)
				break
			}
		}
		return n
	case *plan.Let:
		return p.let(n, need)
	case *plan.Tee:
		table := &refNeed{name: n.Name}
		p.refs = append(p.refs, table)
		branch := p.prune(n.Branch, need)
		p.refs = p.refs[:len(p.refs)-1]
		if hasDynamic(n.Branch) {
			table.need = event.AllFields
		}
		in := p.prune(n.Input, need.Union(table.need))
		if in == n.Input && branch == n.Branch {
			return n
		}
		return &plan.Tee{Input: in, Name: n.Name, Branch: branch}
	}
	return below(event.AllFields)
}

// meet returns the fields of a that are needed. Where it cannot tell it returns a.
func meet(a, need event.FieldSet) event.FieldSet {
	if slices.Contains(need.Patterns(), "*") {
		return a
	}
	if slices.Contains(a.Patterns(), "*") {
		return need
	}
	if !a.Closed() {
		return a
	}
	var out event.FieldSet
	for _, n := range a.Names() {
		if need.Has(n) {
			out = out.Add(n)
		}
	}
	return out
}

func exprsOf(items []plan.Named) []expr.Expr {
	out := make([]expr.Expr, len(items))
	for i, it := range items {
		out[i] = it.Expr
	}
	return out
}

func aggNames(aggs []plan.AggItem) []string {
	var out []string
	for _, a := range aggs {
		if a.Over == "" {
			out = append(out, a.As)
		}
	}
	return out
}

// starry adds to need the patterns under which items over several columns are named, so that these stay.
func starry(need event.FieldSet, aggs []plan.AggItem) event.FieldSet {
	for _, a := range aggs {
		if a.Over != "" {
			need = need.Add(a.As)
		}
	}
	return need
}

// grouped adds to need what groups and aggregates read.
func grouped(need event.FieldSet, g plan.Grouping, aggs []plan.AggItem) event.FieldSet {
	need = reads(need, exprsOf(g.By)...)
	for _, a := range aggs {
		need = reads(need, a.Args...)
		if a.Over != "" {
			need = need.Add(a.Over)
		}
	}
	return need
}

func (p *pruner) extend(n *plan.Extend, need event.FieldSet) plan.Node {
	items := kept(n.Items, namedName, need)
	if len(items) == 0 {
		return p.prune(n.Input, need)
	}
	var made []string
	for _, it := range items {
		made = append(made, it.Name)
	}
	in := p.prune(n.Input, reads(need.Without(made...), exprsOf(items)...))
	if in == n.Input && len(items) == len(n.Items) {
		return n
	}
	return &plan.Extend{Input: in, Items: items}
}

func (p *pruner) selected(n *plan.Select, need event.FieldSet) event.FieldSet {
	if n.Mode == plan.First || n.Mode == plan.Drop {
		return need
	}
	keeps := event.Fields(n.Patterns...)
	if n.KeepInternal && n.Mode == plan.Keep {
		keeps = keeps.Add("_*")
	}
	if !need.Closed() {
		return keeps
	}
	var out event.FieldSet
	for _, name := range need.Names() {
		if keeps.Has(name) {
			out = out.Add(name)
		}
	}
	return out
}

// unrenamed returns what a Rename must be given to make need: the columns under their old names, and those that stand under
// a new name already, since whether they are replaced depends on both.
func unrenamed(n *plan.Rename, need event.FieldSet) event.FieldSet {
	if !need.Closed() {
		return event.AllFields
	}
	out := need
	for i := len(n.Pairs) - 1; i >= 0; i-- {
		pair := n.Pairs[i]
		for _, name := range out.Names() {
			if parts, ok := event.MatchWildcards(pair.To, name); ok {
				out = out.Add(plan.FillWildcards(pair.From, parts))
			}
		}
	}
	return out
}

// joined returns what the sides of a join must make for need. A column that gets a suffix because the other side has its name
// needs that other column too; else it would lose the suffix.
func joined(n *plan.Join, need event.FieldSet) (l, r event.FieldSet) {
	switch n.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		return unprefixed(need, n.LeftPrefix), event.FieldSet{}
	case plan.RightSemi, plan.RightAnti:
		return event.FieldSet{}, unprefixed(need, n.RightPrefix)
	}
	if n.Clash == plan.ClashSuffix {
		if !need.Closed() {
			return event.AllFields, event.AllFields
		}
		for _, name := range need.Names() {
			for name != "" && name[len(name)-1] >= '0' && name[len(name)-1] <= '9' {
				name = name[:len(name)-1]
				need = need.Add(name)
			}
		}
	}
	return unprefixed(need, n.LeftPrefix), unprefixed(need, n.RightPrefix)
}

func unprefixed(need event.FieldSet, prefix string) event.FieldSet {
	if prefix == "" {
		return need
	}
	if !need.Closed() {
		return event.AllFields
	}
	var out event.FieldSet
	for _, name := range need.Names() {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			out = out.Add(rest)
		}
	}
	return out
}

func hasDynamic(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) bool {
		_, is := n.(*plan.Dynamic)
		found = found || is
		return !found
	})
	return found
}

// let prunes the body first, to know what it reads of the bindings, and then these, the last one first.
func (p *pruner) let(n *plan.Let, need event.FieldSet) plan.Node {
	tables := make([]*refNeed, len(n.Bindings))
	base := len(p.refs)
	for i, b := range n.Bindings {
		tables[i] = &refNeed{name: b.Name}
		if b.Kind == plan.BindTable {
			p.refs = append(p.refs, tables[i])
		} else {
			p.refs = append(p.refs, &refNeed{})
		}
	}
	ins := n.Inputs()
	open := hasDynamic(n)
	changed := false
	put := func(i int, need event.FieldSet) {
		if r := p.prune(ins[i], need); r != ins[i] {
			ins[i], changed = r, true
		}
	}
	put(len(ins)-1, need)
	for i := len(n.Bindings) - 1; i >= 0; i-- {
		p.refs = p.refs[:base+i]
		own := tables[i].need
		if n.Bindings[i].Kind != plan.BindTable {
			// The first column is what counts.
			if own = event.AllFields; len(p.shapes.Of(n.Bindings[i].Plan).Names) > 0 {
				own = event.Fields(p.shapes.Of(n.Bindings[i].Plan).Names[0])
			}
		}
		if open {
			own = event.AllFields
		}
		put(i, own)
	}
	if !changed {
		return n
	}
	return n.With(ins...)
}
