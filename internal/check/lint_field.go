package check

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

var fieldLints = []*Lint{
	{ID: "LNT5011", Title: "a field is used after it was dropped", Severity: text.Warning, Language: rule.SPL,
		Doc: "stats, table, fields and their kin leave only the fields that they name. What reads another one later gets no value, so that a condition on it never holds and a grouping by it is empty.",
		Bad: `EventCode=1 | stats count by dest | where process_name="a.exe"`, Good: `EventCode=1 | stats count by dest process_name | where process_name="a.exe"`,
		each: dropped},
	{ID: "LNT5012", Title: "a field that no event has, with a name that is nearly one", Severity: text.Warning, Language: rule.SPL,
		Doc: "No source gives a field of that name, and one of nearly the same name is common: probably a slip. Fields that the search makes itself are left out.",
		Bad: `EventCode=1 | stats count by dest parent_proces_name`, Good: `EventCode=1 | stats count by dest parent_process_name`,
		each: misspelt},
}

// hiddenColumn reports whether lowering made a column for itself.
func hiddenColumn(name string) bool {
	return name == "" || strings.ContainsAny(name, "\x00\x01*") || strings.HasPrefix(name, "__") || strings.HasPrefix(name, "_telemetry")
}

func dropped(s *subject) {
	if s.x.Plan == nil || s.spl == nil {
		return
	}
	var shapes plan.Shapes
	shapes.Of(s.x.Plan)
	seen := map[string]bool{}
	plan.Walk(s.x.Plan, func(n plan.Node) bool {
		var read []string
		switch n := n.(type) {
		case *plan.Filter:
			read = expr.Columns(n.Pred)
		case *plan.Aggregate:
			for _, b := range n.Group.By {
				read = append(read, expr.Columns(b.Expr)...)
			}
			for _, a := range n.Aggs {
				if a.Over == "" {
					for _, e := range a.Args {
						read = append(read, expr.Columns(e)...)
					}
				}
			}
		case *plan.Extend:
			for _, it := range n.Items {
				read = append(read, certain(it.Expr)...)
			}
		default:
			return true
		}
		in := shapes.Of(n.Inputs()[0])
		if in.Open {
			return true
		}
		for _, c := range read {
			if hiddenColumn(c) || seen[c] || slices.Contains(in.Names, c) || strings.HasPrefix(c, "_") {
				continue
			}
			seen[c] = true
			at, found := s.lastUse(c)
			if !found || s.converts(at) {
				continue
			}
			s.at(at, "the field %s is not there any more: what came before leaves only %s", c, shortList(in.Names))
		}
		return true
	})
}

// converts reports whether a place is in a convert, which leaves a field alone that is not there.
func (s *subject) converts(at text.Span) bool {
	in := false
	s.eachSPL(func(n spl.Node) {
		if c, ok := n.(*spl.Conversion); ok && c.Field != nil && c.Field.At == at {
			in = true
		}
	})
	return in
}

// certain returns the columns that an expression needs: not those of alternatives, which may be absent on purpose.
func certain(e expr.Expr) []string {
	switch x := e.(type) {
	case *expr.Case:
		return nil
	case *expr.Call:
		switch strings.ToLower(x.Fn.Name) {
		case "coalesce", "isnull", "isnotnull", "spl_coalesce", "if", "case", "nullif", "mvappend":
			return nil
		}
		var out []string
		for _, a := range x.Args {
			out = append(out, certain(a)...)
		}
		return out
	}
	return expr.Columns(e)
}

func shortList(names []string) string {
	var out []string
	for _, n := range names {
		if !hiddenColumn(n) {
			out = append(out, n)
		}
	}
	if len(out) > 6 {
		return strings.Join(out[:6], ", ") + fmt.Sprintf(" and %d more", len(out)-6)
	}
	if len(out) == 0 {
		return "no fields"
	}
	return strings.Join(out, ", ")
}

// lastUse finds the last place where the query names a field.
func (s *subject) lastUse(field string) (text.Span, bool) {
	var at text.Span
	found := false
	s.eachSPL(func(n spl.Node) {
		if w, ok := n.(*spl.Word); ok && w.Value == field && w.Quote != '"' {
			at, found = w.At, true
		}
	})
	if s.kql != nil {
		syntax.Walk(s.kql, func(n syntax.Node) bool {
			if id, ok := n.(*syntax.Ident); ok && id.Name == field {
				at, found = id.Span(), true
			}
			return true
		})
	}
	return at, found
}

// knownFields are the names that events have, in lower case, and as they are written.
var knownFields = sync.OnceValues(func() (map[string]bool, []string) {
	known := map[string]bool{}
	var list []string
	add := func(n string) {
		if low := strings.ToLower(n); !known[low] {
			known[low] = true
			list = append(list, n)
		}
	}
	for _, v := range schema.Views() {
		if !strings.HasPrefix(v, "spl:") && !strings.HasPrefix(v, "cim:") {
			continue
		}
		info, _ := schema.Describe(v)
		for _, c := range info.Columns {
			add(c.Name)
		}
		for _, f := range info.Feeds {
			for _, c := range f.Columns {
				add(c)
			}
		}
	}
	return known, list
})

func misspelt(s *subject) {
	if s.spl == nil || s.spl.AST == nil {
		return
	}
	known, list := knownFields()
	made := map[string]bool{}
	type use struct {
		name string
		at   text.Span
	}
	var uses []use
	words := func(ws []*spl.Word) {
		for _, w := range ws {
			if w.Quote == 0 || w.Quote == '\'' {
				uses = append(uses, use{w.Value, w.At})
			}
		}
	}
	s.eachSPL(func(n spl.Node) {
		switch n := n.(type) {
		case *spl.Alias:
			if n.To != nil {
				made[n.To.Value] = true
			}
		case *spl.Assignment:
			made[n.Field.Value] = true
		case *spl.Aggregation:
			if n.As != nil {
				made[n.As.Value] = true
			}
			made[n.Raw] = true
		case *spl.Rex:
			if n.Pattern != nil {
				for _, g := range groupNames(n.Pattern.Value) {
					made[g] = true
				}
			}
		case *spl.Lookup, *spl.Inputlookup, *spl.General, *spl.Foreach, *spl.Map:
			made["*"] = true // fields of which nothing is known
		case *spl.Stats:
			words(n.By)
		case *spl.Comparison:
			words([]*spl.Word{n.Field})
		case *spl.InList:
			words([]*spl.Word{n.Field})
		case *spl.Field:
			words([]*spl.Word{n.Word})
		}
	})
	if made["*"] {
		return
	}
	seen := map[string]bool{}
	for _, u := range uses {
		name := u.name
		if i := strings.LastIndexByte(name, '.'); i >= 0 || len(name) < 7 || strings.ContainsAny(name, "*{} ") {
			continue
		}
		if seen[name] || made[name] || known[strings.ToLower(name)] || strings.TrimRight(name, "0123456789") != name {
			continue
		}
		seen[name] = true
		near := text.Nearest(name, list)
		if len(near) > 0 && close(strings.ToLower(name), strings.ToLower(near[0])) {
			s.at(u.at, "no event has a field %s; did you mean %s?", name, strings.Join(near, " or "))
		}
	}
}

// close reports whether two names differ by a slip: one letter too many, too few or wrong, or two that changed places. Words that only
// end differently (s for several) are two names.
func close(a, b string) bool {
	if a+"s" == b || b+"s" == a || strings.ReplaceAll(a, "_", "") == strings.ReplaceAll(b, "_", "") {
		return false
	}
	if len(a) == len(b) {
		var at []int
		for i := range len(a) {
			if a[i] != b[i] {
				at = append(at, i)
			}
		}
		if len(at) == 2 && at[1] == at[0]+1 {
			return a[at[0]] == b[at[1]] && a[at[1]] == b[at[0]]
		}
		return len(at) == 1 && at[0] > 2 && at[0] < len(a)-1 // src and dst, name1 and name2 are names of their own
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) != len(a)+1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i > 2 && i < len(a) && a[i:] == b[i+1:]
}

// groupNames lists the named groups of a regular expression.
func groupNames(pattern string) []string {
	var out []string
	for {
		i := strings.Index(pattern, "(?")
		if i < 0 {
			return out
		}
		pattern = strings.TrimPrefix(pattern[i+2:], "P")
		if strings.HasPrefix(pattern, "<") {
			if j := strings.IndexByte(pattern, '>'); j > 1 {
				out = append(out, pattern[1:j])
			}
		}
	}
}
