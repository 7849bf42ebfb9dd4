package analyze

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/schema"
)

// Read is a view that a query reads, and what it needs of it.
type Read struct {
	View   string   `json:"view"`
	Fields []string `json:"fields"`
	// All says that the query asks for every field; Fields are then those that it names.
	All bool `json:"all,omitempty"`
	// Offers tells for each field which kinds of sources can give it, by name; a field that nothing gives is in Lacking.
	Offers  map[string][]string `json:"offers"`
	Lacking []string            `json:"lacking,omitempty"`
}

// Reads tells what an optimised plan reads, one entry a view, in the order of the plan. The optimiser has narrowed each scan to
// the columns that the rest of the plan needs, so that this is what the query requires whatever its author says.
func Reads(n plan.Node) []Read {
	var out []Read
	named := namedColumns(n)
	plan.Walk(n, func(n plan.Node) bool {
		s, ok := n.(*plan.Scan)
		if !ok {
			return true
		}
		i := slices.IndexFunc(out, func(r Read) bool { return r.View == s.View })
		if i < 0 {
			i = len(out)
			out = append(out, Read{View: s.View})
		}
		r := &out[i]
		r.Fields = append(r.Fields, s.Fields.Names()...)
		if s.Pred != nil {
			r.Fields = append(r.Fields, expr.Columns(s.Pred)...)
		}
		for _, p := range s.Fields.Patterns() {
			if p == "*" {
				r.All = true
				r.Fields = append(r.Fields, named...)
			} else {
				r.Fields = append(r.Fields, p)
			}
		}
		return true
	})
	for i := range out {
		out[i].Fields = distinct(out[i].Fields)
		out[i].Fields = slices.DeleteFunc(out[i].Fields, func(f string) bool { return f == event.RawField || hidden(f) })
		out[i].offer()
	}
	return out
}

// hidden reports whether a column is one that lowering made for itself.
func hidden(name string) bool {
	return name == "" || strings.ContainsAny(name, "\x00\x01") || strings.HasPrefix(name, "_telemetry") || strings.HasPrefix(name, "__")
}

// namedColumns returns the columns that a plan's expressions read and none of its nodes makes out of something else.
func namedColumns(n plan.Node) []string {
	made := map[string]bool{}
	var read []string
	plan.Walk(n, func(n plan.Node) bool {
		items := func(list []plan.Named) {
			for _, it := range list {
				if cols := expr.Columns(it.Expr); !slices.Contains(cols, it.Name) {
					made[it.Name] = true
				}
			}
		}
		switch n := n.(type) {
		case *plan.Extend:
			items(n.Items)
		case *plan.Project:
			items(n.Items)
		case *plan.Aggregate:
			items(n.Group.By)
			for _, a := range n.Aggs {
				made[a.As] = true
			}
		case *plan.Attach:
			for _, a := range n.Aggs {
				made[a.As] = true
			}
		case *plan.Running:
			for _, a := range n.Aggs {
				made[a.As] = true
			}
		case *plan.Rename:
			for _, p := range n.Pairs {
				made[p.To] = true
				if !strings.Contains(p.From, "*") {
					read = append(read, p.From)
				}
			}
		case *plan.Select:
			if n.Mode == plan.Keep || n.Mode == plan.Table {
				for _, p := range n.Patterns {
					if !strings.Contains(p, "*") {
						read = append(read, p)
					}
				}
			}
		}
		for _, e := range plan.Exprs(n) {
			read = append(read, expr.Columns(e)...)
		}
		return true
	})
	return slices.DeleteFunc(distinct(read), func(c string) bool { return made[c] })
}

// offer fills in what the schema has for the fields.
func (r *Read) offer() {
	info, ok := schema.Describe(r.View)
	if !ok {
		return
	}
	r.Offers = map[string][]string{}
	var same []string
	for _, f := range info.Feeds {
		if f.Same {
			same = append(same, f.Kind)
		}
	}
	for _, field := range r.Fields {
		if strings.Contains(field, "*") {
			continue
		}
		var kinds []string
		for _, f := range info.Feeds {
			if slices.Contains(f.Columns, field) {
				kinds = append(kinds, f.Kind)
			}
		}
		if len(kinds) == 0 && slices.ContainsFunc(info.Columns, func(c schema.Column) bool { return c.Name == field }) {
			kinds = append(kinds, same...)
		}
		kinds = distinct(kinds)
		switch {
		case len(kinds) > 0:
			r.Offers[field] = kinds
		case info.Open:
			r.Offers[field] = []string{"a field of that name in the data"}
		default:
			r.Lacking = append(r.Lacking, field)
		}
	}
}
