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
	// Uniform says of an open shape that all rows carry the same columns in the same order, so that this order counts. In
	// other open shapes the order is that of Names, then that of the other names.
	Uniform bool
}

// A shaper derives its columns from those of its inputs. Nodes that do not implement it have an open shape.
type shaper interface{ Shape(in []Shape) Shape }

// Shapes tells the shapes of the nodes of plans, and remembers them.
type Shapes struct {
	known map[Node]Shape
	built map[*Dynamic]Node
}

// Built notes the plan that a Dynamic has built: its shape is that plan's from now on.
func (s *Shapes) Built(d *Dynamic, n Node) {
	if s.built == nil {
		s.built = map[*Dynamic]Node{}
	}
	s.built[d] = n
	s.known = nil
}

// Of returns the shape of n. Nodes below a [Let] or [Tee] must be asked for after it, so that their [Ref] nodes are known.
func (s *Shapes) Of(n Node) Shape { return s.of(n, nil) }

// of returns the shape of n in which Refs read tables of the given shapes.
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
	case *Dynamic:
		if b, ok := s.built[n]; ok {
			s.note(n, out) // what it builds may hold it again
			out = s.of(b, refs)
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
	s.note(n, out)
	return out
}

func (s *Shapes) note(n Node, shape Shape) {
	if s.known == nil {
		s.known = map[Node]Shape{}
	}
	s.known[n] = shape
}

func copyRefs(refs map[string]Shape) map[string]Shape {
	c := make(map[string]Shape, len(refs)+1)
	for k, v := range refs {
		c[k] = v
	}
	return c
}

// With returns the shape with more columns behind those it has.
func (s Shape) With(names ...string) Shape {
	out := s
	out.Names = slices.Clip(s.Names)
	for _, n := range names {
		if !slices.Contains(out.Names, n) {
			out.Names = append(out.Names, n)
		}
	}
	return out
}

// picked returns the shape of picked columns; with open there may be others, which uniform tells of.
func picked(picks []Pick, open, uniform bool) Shape {
	out := Shape{Open: open, Uniform: open && uniform}
	for _, p := range picks {
		out.Names = append(out.Names, p.Name)
	}
	return out
}

func unionShape(in []Shape) Shape {
	out := Shape{Uniform: true}
	for _, s := range in {
		out = out.With(s.Names...)
		out.Open = out.Open || s.Open
		out.Uniform = out.Uniform && (s.Uniform || !s.Open)
	}
	out.Uniform = out.Uniform && out.Open
	return out
}

func (n *Values) Shape([]Shape) Shape     { return Shape{Names: n.Rows.Names()} }
func (n *Filter) Shape(in []Shape) Shape  { return in[0] }
func (n *Sort) Shape(in []Shape) Shape    { return in[0] }
func (n *Limit) Shape(in []Shape) Shape   { return in[0] }
func (n *Reverse) Shape(in []Shape) Shape { return in[0] }
func (n *Dedup) Shape(in []Shape) Shape   { return in[0] }

func (n *Extend) Shape(in []Shape) Shape { return in[0].With(namesOf(n.Items)...) }
func (n *Project) Shape([]Shape) Shape   { return Shape{}.With(namesOf(n.Items)...) }

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
	open := in[0].Open && (n.Mode != Table || slices.ContainsFunc(n.Patterns, wild))
	// What is decided over the whole input comes out the same in every batch.
	return picked(picks, open, in[0].Uniform || !n.Static())
}

func (n *Rename) Shape(in []Shape) Shape {
	if in[0].Open && !n.Static() {
		return Shape{Open: true, Uniform: true}
	}
	return picked(n.Picks(in[0].Names), in[0].Open, in[0].Uniform)
}

func (n *Fill) Shape(in []Shape) Shape {
	out := in[0]
	if n.Create {
		for _, c := range n.Columns {
			if !wild(c) {
				out = out.With(c)
			}
		}
	}
	return out
}

func (n *Expand) Shape(in []Shape) Shape {
	out := in[0]
	for _, c := range n.Columns {
		out = out.With(c.Name)
	}
	if n.IndexAs != "" {
		out = out.With(n.IndexAs)
	}
	return out
}

func (n *Aggregate) Shape(in []Shape) Shape {
	out := aggShape(Shape{}.With(namesOf(n.Group.By)...), in[0], n.Group, n.Aggs)
	out.Uniform = out.Open
	return out
}

func (n *Attach) Shape(in []Shape) Shape  { return aggShape(in[0], in[0], n.Group, n.Aggs) }
func (n *Running) Shape(in []Shape) Shape { return aggShape(in[0], in[0], n.Group, n.Aggs) }

func aggShape(out, in Shape, g Grouping, aggs []AggItem) Shape {
	for _, a := range aggs {
		for _, it := range a.Expand(in.Names, g) {
			out = out.With(it.As)
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
		out = out.With(it.As)
	}
	return out
}

func (n *Join) Shape(in []Shape) Shape {
	switch n.Kind {
	case LeftSemi, LeftAnti:
		l, _ := n.Columns(in[0].Names, nil)
		return Shape{l, in[0].Open, in[0].Uniform}
	case RightSemi, RightAnti:
		_, r := n.Columns(nil, in[1].Names)
		return Shape{r, in[1].Open, in[1].Open}
	}
	if (in[0].Open || in[1].Open) && n.Clash == ClashSuffix {
		// A suffix depends on what the other side turns out to have.
		l, _ := n.Columns(in[0].Names, nil)
		return Shape{l, true, true}
	}
	l, r := n.Columns(in[0].Names, in[1].Names)
	open := in[0].Open || in[1].Open
	out := Shape{nil, open, open}.With(l...)
	for _, name := range r {
		if name != "" {
			out = out.With(name)
		}
	}
	return out
}

func (n *Union) Shape(in []Shape) Shape {
	out := unionShape(in)
	if n.OriginAs != "" {
		out.Names = Shape{Names: []string{n.OriginAs}}.With(out.Names...).Names
	}
	return out
}

func (n *Beside) Shape(in []Shape) Shape {
	out := unionShape(in)
	out.Uniform = out.Open
	return out
}
