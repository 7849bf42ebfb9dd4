package kql

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("project-away", lowerColumns)
	register("project-keep", lowerColumns)
	register("project-rename", lowerRename)
	register("project-reorder", lowerReorder)
}

// patternOf returns the name or pattern that an item of project-away and its like gives.
func patternOf(x syntax.Expr) (name string, wild bool) {
	switch x := x.(type) {
	case *syntax.Wildcard:
		return x.Pattern, true
	case *syntax.Ident:
		return x.Name, false
	}
	return "", false
}

// matching returns the columns that a name or pattern selects; nothing selected is an error.
func (c *ctx) matching(in *rows, x syntax.Expr) ([]Column, bool) {
	name, wild := patternOf(x)
	var out []Column
	for _, col := range in.cols {
		if col.Name == name && !wild || wild && event.MatchName(name, col.Name) {
			out = append(out, col)
		}
	}
	if len(out) == 0 && !in.open {
		if wild {
			c.bad("KQL3001", x, "no column matches %q", name)
		} else {
			c.bad("KQL3001", x, "the name %q does not refer to any known column%s", name, near(name, in.names()))
		}
		return nil, false
	}
	return out, true
}

func lowerColumns(c *ctx, in *rows, op *syntax.ProjectColumns) *rows {
	var picked []Column
	var patterns []string
	ok := true
	for _, x := range op.Columns {
		cols, found := c.matching(in, x)
		ok = ok && found
		picked = append(picked, cols...)
		p, _ := patternOf(x)
		patterns = append(patterns, p)
	}
	if !ok {
		return nil
	}
	if in.open {
		mode := plan.Drop
		if op.Keep {
			mode = plan.Keep
			patterns = append(patterns, in.hidden()...)
		}
		out := in.with(&plan.Select{Input: in.node, Mode: mode, Patterns: patterns})
		out.cols = slices.DeleteFunc(slices.Clone(in.cols), func(col Column) bool { return slices.Contains(picked, col) != op.Keep })
		if op.Keep {
			out.open = slices.ContainsFunc(patterns, func(p string) bool { return strings.Contains(p, "*") })
		}
		return out
	}
	var cols []Column
	for _, col := range in.cols {
		if slices.Contains(picked, col) == op.Keep {
			cols = append(cols, col)
		}
	}
	left := &rows{cols: cols}
	return in.keep(cols, left.names())
}

func lowerRename(c *ctx, in *rows, op *syntax.ProjectRename) *rows {
	as := in.names()
	var pairs []plan.RenamePair
	for _, x := range op.Exprs {
		n, ok := x.(*syntax.Named)
		if !ok || n.Tuple {
			c.bad("KQL4005", x, "new = old is expected")
			return nil
		}
		old, ok := n.X.(*syntax.Ident)
		if !ok {
			c.bad("KQL4005", n.X, "the name of a column is expected")
			return nil
		}
		name := n.Names[0].Name
		at := slices.IndexFunc(in.cols, func(col Column) bool { return col.Name == old.Name })
		if at < 0 && !in.open {
			c.bad("KQL3001", old, "the name %q does not refer to any known column%s", old.Name, near(old.Name, in.names()))
			return nil
		}
		if i := slices.Index(as, name); i >= 0 && i != at {
			c.bad("KQL3005", n.Names[0], "a column named %q is there already", name)
			return nil
		}
		if at >= 0 {
			as[at] = name
		}
		pairs = append(pairs, plan.RenamePair{From: old.Name, To: name})
	}
	if in.open {
		out := in.with(&plan.Rename{Input: in.node, Pairs: pairs})
		out.cols = slices.Clone(in.cols)
		for i := range out.cols {
			out.cols[i].Name = as[i]
		}
		return out
	}
	return in.keep(in.cols, as)
}

func lowerReorder(c *ctx, in *rows, op *syntax.ProjectReorder) *rows {
	var front []Column
	var patterns []string
	for _, item := range op.Items {
		cols, ok := c.matching(in, item.Columns)
		if !ok {
			return nil
		}
		cols = slices.DeleteFunc(cols, func(col Column) bool { return slices.Contains(front, col) })
		switch item.Order {
		case "asc":
			slices.SortStableFunc(cols, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
		case "desc":
			slices.SortStableFunc(cols, func(a, b Column) int { return strings.Compare(b.Name, a.Name) })
		case "granny-asc":
			slices.SortStableFunc(cols, func(a, b Column) int { return compareNatural(a.Name, b.Name) })
		case "granny-desc":
			slices.SortStableFunc(cols, func(a, b Column) int { return compareNatural(b.Name, a.Name) })
		}
		front = append(front, cols...)
		if p, wild := patternOf(item.Columns); in.open {
			if wild && item.Order != "" {
				c.unsupported(item, "columns cannot be sorted by name before they are known")
				return nil
			}
			patterns = append(patterns, p)
		}
	}
	if in.open {
		out := in.with(&plan.Select{Input: in.node, Mode: plan.First, Patterns: patterns})
		out.cols = in.cols
		return out
	}
	for _, col := range in.cols {
		if !slices.Contains(front, col) {
			front = append(front, col)
		}
	}
	return in.keep(front, (&rows{cols: front}).names())
}

// compareNatural compares names so that numbers in them count by size: a2 comes before a10.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			p, q := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if d := strings.Compare(p, q); d != 0 {
				return d
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
