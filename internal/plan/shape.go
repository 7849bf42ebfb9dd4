package plan

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
)

// A Shape is what can be told of a plan's columns before it runs: columns that are surely there, in order, and whether there
// may be others (Open), as in the events of a view.
type Shape struct {
	Names []string
	Open  bool
}

// A shaper derives its columns from those of its inputs. Nodes that do not implement it have an open shape.
type shaper interface{ Shape(in []Shape) Shape }

// Shapes tells the shapes of the nodes of plans, and remembers them.
type Shapes struct{ known map[Node]Shape }

// Of returns the shape of n. Nodes below a [Let] or [Tee] must be asked for after it, so that their [Ref] nodes are known.
func (s *Shapes) Of(n Node) Shape { return s.of(n, nil) }

// OfRef returns the shape of n in which Refs read tables of the given shapes.
func (s *Shapes) of(n Node, refs map[string]Shape) Shape {
	if got, ok := s.known[n]; ok {
		return got
	}
	out := Shape{Open: true}
	switch n := n.(type) {
	case *Ref:
		if r, ok := refs[n.Name]; ok {
			out = r
		}
	case *Let:
		inner := copyRefs(refs)
		for _, b := range n.Bindings {
			shape := s.of(b.Plan, inner)
			if b.Kind == BindTable {
				inner[b.Name] = shape
			}
		}
		out = s.of(n.Body, inner)
	case *Tee:
		in := s.of(n.Input, refs)
		inner := copyRefs(refs)
		inner[n.Name] = in
		out = unionShape([]Shape{in, s.of(n.Branch, inner)})
	default:
		in := make([]Shape, len(n.Inputs()))
		for i, c := range n.Inputs() {
			in[i] = s.of(c, refs)
		}
		if x, ok := n.(shaper); ok {
			out = x.Shape(in)
		}
	}
	if s.known == nil {
		s.known = map[Node]Shape{}
	}
	s.known[n] = out
	return out
}

func copyRefs(refs map[string]Shape) map[string]Shape {
	c := make(map[string]Shape, len(refs)+1)
	for k, v := range refs {
		c[k] = v
	}
	return c
}

// with returns the shape with more columns behind those it has.
func (s Shape) with(names ...string) Shape {
	out := Shape{slices.Clip(s.Names), s.Open}
	for _, n := range names {
		if !slices.Contains(out.Names, n) {
			out.Names = append(out.Names, n)
		}
	}
	return out
}

func picked(picks []Pick, open bool) Shape {
	out := Shape{Open: open}
	for _, p := range picks {
		out.Names = append(out.Names, p.Name)
	}
	return out
}

func unionShape(in []Shape) Shape {
	var out Shape
	for _, s := range in {
		out = out.with(s.Names...)
		out.Open = out.Open || s.Open
	}
	return out
}

func (n *Values) Shape([]Shape) Shape     { return Shape{Names: n.Rows.Names()} }
func (n *Filter) Shape(in []Shape) Shape  { return in[0] }
func (n *Sort) Shape(in []Shape) Shape    { return in[0] }
func (n *Limit) Shape(in []Shape) Shape   { return in[0] }
func (n *Reverse) Shape(in []Shape) Shape { return in[0] }
func (n *Dedup) Shape(in []Shape) Shape   { return in[0] }

func (n *Extend) Shape(in []Shape) Shape { return in[0].with(namesOf(n.Items)...) }
func (n *Project) Shape([]Shape) Shape   { return Shape{}.with(namesOf(n.Items)...) }

func namesOf(items []Named) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.Name
	}
	return out
}

func (n *Spread) Shape(in []Shape) Shape {
	out := Shape{Open: true}
	for _, name := range in[0].Names {
		if name != n.Drop {
			out.Names = append(out.Names, name)
		}
	}
	return out
}

func (n *Select) Shape(in []Shape) Shape {
	picks := n.Picks(in[0].Names)
	if !in[0].Open {
		return picked(picks, false)
	}
	if n.Mode == Table {
		return picked(picks, slices.ContainsFunc(n.Patterns, wild))
	}
	return picked(picks, true)
}

func (n *Rename) Shape(in []Shape) Shape {
	if in[0].Open && !n.Static() {
		return Shape{Open: true}
	}
	return picked(n.Picks(in[0].Names), in[0].Open)
}

func (n *Fill) Shape(in []Shape) Shape {
	out := in[0]
	if n.Create {
		for _, c := range n.Columns {
			if !wild(c) {
				out = out.with(c)
			}
		}
	}
	return out
}

func (n *Expand) Shape(in []Shape) Shape {
	out := in[0]
	for _, c := range n.Columns {
		out = out.with(c.Name)
	}
	if n.IndexAs != "" {
		out = out.with(n.IndexAs)
	}
	return out
}

func (n *Aggregate) Shape(in []Shape) Shape {
	return aggShape(Shape{}.with(namesOf(n.Group.By)...), in[0], n.Group, n.Aggs)
}

func (n *Attach) Shape(in []Shape) Shape  { return aggShape(in[0], in[0], n.Group, n.Aggs) }
func (n *Running) Shape(in []Shape) Shape { return aggShape(in[0], in[0], n.Group, n.Aggs) }

func aggShape(out, in Shape, g Grouping, aggs []AggItem) Shape {
	for _, a := range aggs {
		for _, it := range a.Expand(in.Names, g) {
			out = out.with(it.As)
		}
		out.Open = out.Open || a.Over != "" && in.Open
	}
	return out
}

// Match reports whether an item with Over runs over the named column, and the name of the result.
func (a AggItem) Match(name string, g Grouping) (as string, ok bool) {
	if strings.HasPrefix(name, "_") {
		return "", false
	}
	for _, k := range g.By {
		if k.Name == name {
			return "", false
		}
		if c, ok := k.Expr.(*expr.Col); ok && c.Name == name {
			return "", false
		}
	}
	return renamed(RenamePair{a.Over, a.As}, name)
}

// ArgsOver returns the arguments of the aggregate that an item with Over stands for at the named column.
func (a AggItem) ArgsOver(name string) []expr.Expr {
	return append([]expr.Expr{expr.C(name)}, a.Args...)
}

func (n *Shift) Shape(in []Shape) Shape {
	out := in[0]
	for _, it := range n.Items {
		out = out.with(it.As)
	}
	return out
}

func (n *Join) Shape(in []Shape) Shape {
	switch n.Kind {
	case LeftSemi, LeftAnti:
		l, _ := n.Columns(in[0].Names, nil)
		return Shape{l, in[0].Open}
	case RightSemi, RightAnti:
		_, r := n.Columns(nil, in[1].Names)
		return Shape{r, in[1].Open}
	}
	if (in[0].Open || in[1].Open) && n.Clash == ClashSuffix {
		// A suffix depends on what the other side turns out to have.
		l, _ := n.Columns(in[0].Names, nil)
		return Shape{l, true}
	}
	l, r := n.Columns(in[0].Names, in[1].Names)
	out := Shape{nil, in[0].Open || in[1].Open}.with(l...)
	for _, name := range r {
		if name != "" {
			out = out.with(name)
		}
	}
	return out
}

func (n *Union) Shape(in []Shape) Shape {
	out := unionShape(in)
	if n.OriginAs != "" {
		out = Shape{Names: []string{n.OriginAs}}.with(out.Names...)
		out.Open = unionShape(in).Open
	}
	return out
}

func (n *Beside) Shape(in []Shape) Shape { return unionShape(in) }
