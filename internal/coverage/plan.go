package coverage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/risk"
)

// State says how far a rule can see.
type State string

// The states of a rule over some data.
const (
	Fires   State = "fires"   // it can fire
	Partly  State = "partly"  // it can fire, and some of what it looks for cannot be there
	Blind   State = "blind"   // it cannot fire
	Refused State = "refused" // it does not run
)

// sight is what can be told of a plan's rows: whether there can be any, and what is missing.
type sight struct {
	state   State // Fires, Partly or Blind
	missing []Missing
	hints   []Missing
}

// walker looks at one rule's plan over a survey.
type walker struct {
	*judge
	survey *Survey
	events []analyze.Event
	bound  map[string]sight
}

func worse(a, b State) State {
	rank := map[State]int{Fires: 0, Partly: 1, Blind: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// both is the sight of something that needs both of two inputs.
func both(a, b sight) sight {
	return sight{worse(a.state, b.state), append(slices.Clone(a.missing), b.missing...), append(slices.Clone(a.hints), b.hints...)}
}

// aided is the sight of something that needs main, and gives less without the other.
func aided(main, other sight) sight {
	if main.state == Blind || other.state == Fires {
		return main
	}
	return sight{worse(main.state, Partly), append(slices.Clone(main.missing), other.missing...), main.hints}
}

// anyOf is the sight of something that needs one of several inputs.
func anyOf(list []sight) sight {
	out := sight{state: Blind}
	for _, s := range list {
		out.missing = append(out.missing, s.missing...)
		if s.state != Blind {
			out.state = Fires
			out.hints = append(out.hints, s.hints...)
		}
	}
	if out.state == Fires && len(out.missing) > 0 {
		out.state = Partly
	}
	return out
}

// subsearch are the labels of plans that wait for the text of a subsearch.
var subsearch = map[string]bool{"search": true, "tstats": true, "inputlookup": true, "expression": true}

// look tells what can be told of the rows of a plan.
func (w *walker) look(n plan.Node) sight {
	switch n := n.(type) {
	case *plan.Scan:
		return w.scan(n)
	case *plan.Values:
		if n.Rows.Len() > 0 {
			return sight{state: Fires}
		}
		return sight{state: Blind, missing: []Missing{{Kind: NoTable, View: n.Label, Text: noRows(n.Label)}}}
	case *plan.Ref:
		if s, ok := w.bound[n.Name]; ok {
			return s
		}
		return sight{state: Fires}
	case *plan.Let:
		for _, b := range n.Bindings {
			s := w.look(b.Plan)
			if b.Kind == plan.BindScalar || b.Kind == plan.BindList {
				continue // what a condition makes of a value that is not there cannot be told
			}
			w.bound[b.Name] = s
		}
		return w.look(n.Body)
	case *plan.Join:
		left, right := w.look(n.Left), w.look(n.Right)
		switch n.Kind {
		case plan.LeftOuter:
			return aided(left, right)
		case plan.RightOuter:
			return aided(right, left)
		case plan.FullOuter:
			return anyOf([]sight{left, right})
		case plan.LeftAnti:
			return left
		case plan.RightAnti:
			return right
		}
		return both(left, right)
	case *plan.Beside:
		return aided(w.look(n.Left), w.look(n.Right))
	case *plan.Tee:
		w.bound[n.Name] = w.look(n.Input)
		return w.bound[n.Name]
	case *plan.Union:
		var list []sight
		for _, s := range n.Sources {
			list = append(list, w.look(s))
		}
		return anyOf(list)
	case *plan.Dynamic:
		// What the plan becomes is known when its dependencies have run. A subsearch becomes a condition of a search that cannot be
		// seen from here; whatever else is dynamic makes its rows of those of its dependencies.
		s := sight{state: Fires}
		for _, d := range n.Deps {
			s = both(s, w.look(d))
		}
		if subsearch[n.Label] && s.state == Blind {
			return sight{Partly, append(s.missing, Missing{Kind: NoRows, Text: "a subsearch gives no rows"}), nil}
		}
		return s
	case *plan.Aggregate:
		s := w.look(n.Input)
		switch {
		case s.state == Blind && n.EmptyRow:
			s.state = Partly // one row, of nothing
		case s.state != Blind && n.Group.DropNull:
			return w.keys(n, s)
		}
		return s
	}
	ins := n.Inputs()
	if len(ins) == 0 {
		return sight{state: Fires}
	}
	return w.look(ins[0])
}

// noRows says what is missing when rows that a query brings along or names are none.
func noRows(label string) string {
	switch label {
	case "", "datatable", "externaldata":
		return strings.TrimSpace(label + " has no rows here")
	}
	return fmt.Sprintf("there is no table %s here", strings.TrimPrefix(label, "lookup "))
}

// scan tells whether a view can give rows that satisfy the conditions that were pushed down to it.
func (w *walker) scan(n *plan.Scan) sight {
	if w.fed && risk.Correlates([]*plan.Scan{n}) {
		return sight{state: Fires} // it reads what other rules find
	}
	v := w.survey.Views[n.View]
	if v == nil || len(v.Classes) == 0 {
		return sight{state: Blind, missing: []Missing{{Kind: NoTable, View: n.View, Events: w.of(n.View, nil)}}}
	}
	var out sight
	out.state = Blind
	var nearest []Missing
	var dead [][]Missing
	hinted := true
	var only []string
	some := false
	if n.Pred != nil {
		only, some = asked(n.Pred)
	}
	for i, c := range v.Classes {
		// A class has one number; one of them is looked at all the same, to say what it fails at.
		if some && c.Log != "" && !slices.Contains(only, c.ID) && (i > 0 || nearest != nil) {
			continue
		}
		o := w.condition(n.Pred, c)
		if o.possible {
			out.state = Fires
			dead = append(dead, o.dead)
			hinted = hinted && len(o.hints) > 0
			out.hints = append(out.hints, o.hints...)
			continue
		}
		if nearest == nil || closer(o.fails, nearest) {
			nearest = o.fails
		}
	}
	if !hinted {
		out.hints = nil
	}
	if out.state == Fires {
		if out.missing = w.alternatives(n, v, inAll(dead)); len(out.missing) > 0 {
			out.state = Partly
		}
		return out
	}
	// A class that fails at what tells events apart is no event of the rule's: then the event is missing, not its value.
	if slices.ContainsFunc(nearest, func(m Missing) bool { return m.Kind == NoValue }) {
		if events := w.of(n.View, v.Classes); len(events) > 0 {
			out.missing = []Missing{{Kind: NoEvent, View: n.View, Events: events}}
			return out
		}
	}
	out.missing = slices.Clone(nearest)
	for i := range out.missing {
		out.missing[i].View = n.View
	}
	return out
}

// alternatives says what is missing for the alternatives of a scan that no class can satisfy. How a log is called is no matter:
// rules name it in several ways. Of an event that is there it says what that event lacks.
func (w *walker) alternatives(n *plan.Scan, v *View, dead []Missing) []Missing {
	var out []Missing
	for _, m := range dead {
		m.View = n.View
		switch {
		case m.Kind != NoValue || !analyze.Selects(m.Field):
			out = append(out, m)
		case analyze.Numbers(m.Field):
			for _, id := range m.IDs {
				here := false
				for _, c := range v.Classes {
					if c.ID != id || c.Log == "" {
						continue
					}
					here = true
					for _, f := range w.condition(n.Pred, c).fails {
						if f.Kind == NoField {
							f.View = n.View
							out = append(out, f)
						}
					}
				}
				if !here {
					if i := slices.IndexFunc(w.events, func(e analyze.Event) bool { return e.ID == id && e.Title != "" }); i >= 0 {
						out = append(out, Missing{Kind: NoEvent, View: n.View, Events: w.events[i : i+1]})
					}
				}
			}
		}
	}
	return out
}

// of returns the rule's events of a view that are not among the classes.
func (w *walker) of(view string, have []*Class) []analyze.Event {
	var out []analyze.Event
	for _, e := range w.events {
		if slices.Contains(e.Views, view) && !slices.ContainsFunc(have, func(c *Class) bool { return !c.Assumed && c.ID == e.ID && e.Is(c.Provider, c.Channel) }) {
			out = append(out, e)
		}
	}
	return out
}

// closer reports whether a lacks less than b: no event before no field, then fewer of them.
func closer(a, b []Missing) bool {
	events := func(l []Missing) (n int) {
		for _, m := range l {
			if m.Kind == NoValue || analyze.Selects(m.Field) {
				n++
			}
		}
		return n
	}
	if x, y := events(a), events(b); x != y {
		return x < y
	}
	return len(a) < len(b)
}

// inAll returns what is missing in every one of the lists, whatever the class.
func inAll(lists [][]Missing) []Missing {
	if len(lists) == 0 {
		return nil
	}
	same := func(a, b Missing) bool { return a.Kind == b.Kind && a.Field == b.Field && a.Text == b.Text }
	var out []Missing
	for _, m := range lists[0] {
		every := true
		for _, l := range lists[1:] {
			every = every && slices.ContainsFunc(l, func(x Missing) bool { return same(m, x) })
		}
		if every && !slices.ContainsFunc(out, func(x Missing) bool { return same(m, x) }) {
			out = append(out, m)
		}
	}
	return out
}

// keys looks at what an aggregate groups by: rows without a key are left out.
func (w *walker) keys(n *plan.Aggregate, s sight) sight {
	for _, k := range n.Group.By {
		scan, field := origin(n.Input, keyColumn(k.Expr))
		if scan == nil {
			continue
		}
		v := w.survey.Views[scan.View]
		if v == nil || !v.Asked[field] {
			continue
		}
		var first *Class
		filled := false
		for _, c := range v.Classes {
			if !w.condition(scan.Pred, c).possible {
				continue
			}
			if first == nil {
				first = c
			}
			if f := c.field(field); f != nil && f.Filled > 0 {
				filled = true
				break
			}
		}
		if first != nil && !filled {
			return sight{Blind, []Missing{{Kind: NoField, View: scan.View, Class: first, Field: field}}, nil}
		}
	}
	return s
}

// keyColumn returns the column that a key is, through functions that change its form only, or "".
func keyColumn(e expr.Expr) string {
	switch e := e.(type) {
	case *expr.Col:
		return e.Name
	case *expr.Call:
		if len(e.Args) == 1 && e.Fn.Name == "canonical" {
			return keyColumn(e.Args[0])
		}
	}
	return ""
}

// origin follows a column down to the scan that it is from; nil where something else makes it.
func origin(n plan.Node, column string) (*plan.Scan, string) {
	for column != "" {
		switch x := n.(type) {
		case *plan.Scan:
			return x, column
		case *plan.Rename:
			for _, p := range x.Pairs {
				if p.To == column {
					column = p.From
					break
				} else if p.From == column || plainStar(p.From) || plainStar(p.To) {
					return nil, ""
				}
			}
			n = x.Input
		case *plan.Filter:
			n = x.Input
		case *plan.Sort:
			n = x.Input
		case *plan.Select:
			n = x.Input
		case *plan.Extend:
			if slices.ContainsFunc(x.Items, func(i plan.Named) bool { return i.Name == column }) {
				return nil, ""
			}
			n = x.Input
		default:
			return nil, ""
		}
	}
	return nil, ""
}

func plainStar(s string) bool { return slices.Contains([]byte(s), '*') }
