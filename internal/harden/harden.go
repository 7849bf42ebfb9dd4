// Package harden tries how much a rule withstands. It writes the events that the rule finds as somebody could who wants to go
// unseen, and tells which of these variants the rule misses and which condition lost them; and it takes the rule's conditions
// away one by one, and tells which of the data at hand would notice.
package harden

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
)

// A Report tells what a rule withstood.
type Report struct {
	// Rows is how many rows the rule finds in the events as they are.
	Rows     int       `json:"rows"`
	Values   []Value   `json:"values"`
	Variants []Variant `json:"variants"`
	// Missed counts the variants of which the rule misses at least one row.
	Missed     int         `json:"missed"`
	Conditions []Condition `json:"conditions"`
	// Unnoticed counts the conditions whose loss the data would not show.
	Unnoticed int `json:"unnoticed"`
}

// Value is a text of the events found that somebody else could write otherwise.
type Value struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

// Variant is one way of writing the values otherwise.
type Variant struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
	// Changed lists what was written otherwise.
	Changed []Change `json:"changed"`
	// Rows counts the rows of the rule that the variant touches, and Caught those of them that the rule still finds by their events.
	Rows   int    `json:"rows"`
	Caught int    `json:"caught"`
	Lost   []Loss `json:"lost"`
}

// Change is a value before and after.
type Change struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// Loss tells what kept rows out.
type Loss struct {
	// Over is what the condition is over: a view, or the kind of operator below.
	Over      string `json:"over"`
	Condition string `json:"condition"`
	// Field and Value are what the condition looked at.
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
	Rows  int    `json:"rows"`
}

// Condition tells what becomes of the rows when the rule loses one of its conditions.
type Condition struct {
	Over string `json:"over"`
	Text string `json:"condition"`
	// Rows and Benign count rows over the events and over the benign data without the condition.
	Rows   int `json:"rows"`
	Benign int `json:"benign"`
	// Noticed tells that some of the data has another result without the condition.
	Noticed bool `json:"noticed"`
	// Error says why the rule cannot run without it.
	Error string `json:"error,omitempty"`
}

// Data are the inputs of a run, read once and again. Benign, in which the rule should find nothing, may be nil.
type Data struct{ Events, Benign *query.Input }

// maxRows bounds the rows of the rule that variants are made for.
const maxRows = 1000

// Run hardens one rule. x must be able to run. The error is that of the input, the context, or of the rule while it ran.
func Run(ctx context.Context, e *query.Engine, x *query.Explained, d Data) (*Report, error) {
	r := &Report{Values: []Value{}, Variants: []Variant{}, Conditions: []Condition{}}
	rows, values, err := r.found(ctx, e, x, d)
	if err != nil || len(rows) == 0 {
		return r, err
	}
	for _, m := range mutators {
		v, err := variant(ctx, e, x, d, m, rows, values)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if v.Caught < v.Rows {
			r.Missed++
		}
		r.Variants = append(r.Variants, *v)
	}
	return r, r.ablate(ctx, e, x, d)
}

// found is the set of events behind each row of the result, and by kind the values in them.
func (r *Report) found(ctx context.Context, e *query.Engine, x *query.Explained, d Data) ([][]event.Origin, map[kind]map[string]bool, error) {
	got, err := e.Outcomes(ctx, []plan.Node{x.Plan}, nil, d.Events, nil)
	if err != nil {
		return nil, nil, err
	}
	if got[0].Err != nil {
		return nil, nil, got[0].Err
	}
	var rows [][]event.Origin
	mine := map[event.Origin]bool{}
	b := got[0].Rows
	r.Rows = b.Len()
	for i := range min(b.Len(), maxRows) {
		origins := slices.Clone(b.Lineage.Of(i))
		rows = append(rows, origins)
		for _, o := range origins {
			mine[o] = true
		}
	}
	values := map[kind]map[string]bool{}
	err = d.Events.Scan(ctx, func(field string) bool { return kindOf(field) != none }, func(b *event.Batch) error {
		for row := range b.Len() {
			if !slices.ContainsFunc(b.Lineage.Of(row), func(o event.Origin) bool { return mine[o] }) {
				continue
			}
			for i, name := range b.Names() {
				k, v := kindOf(name), b.ColumnAt(i).Value(row)
				if k == none || v.Kind() != event.String || v.Str() == "" {
					continue
				}
				if values[k] == nil {
					values[k] = map[string]bool{}
				}
				if !values[k][v.Str()] {
					values[k][v.Str()] = true
					r.Values = append(r.Values, Value{name, v.Str()})
				}
			}
		}
		return nil
	})
	return rows, values, err
}

// An edit writes values of events otherwise, wherever in the data they stand.
type edit struct {
	to map[kind]map[string]string
	// What stands for the values in raw text: as XML, as JSON, and as it is.
	xml, json, plain *strings.Replacer
	touched          map[event.Origin]bool
}

func newEdit(m mutator, values map[kind]map[string]bool) (*edit, []Change) {
	e := &edit{to: map[kind]map[string]string{}, touched: map[event.Origin]bool{}}
	var changes []Change
	for k, f := range m.of {
		for v := range values[k] {
			if w := f(v); w != v {
				if e.to[k] == nil {
					e.to[k] = map[string]string{}
				}
				e.to[k][v] = w
				changes = append(changes, Change{v, w})
			}
		}
	}
	// Of values that are parts of others the others go first.
	slices.SortFunc(changes, func(a, b Change) int {
		if len(a.Before) != len(b.Before) {
			return len(b.Before) - len(a.Before)
		}
		return strings.Compare(a.Before, b.Before)
	})
	changes = slices.CompactFunc(changes, func(a, b Change) bool { return a.Before == b.Before })
	var xml, js, plain []string
	for _, c := range changes {
		plain = append(plain, c.Before, c.After)
		xml = append(xml, xmlText(c.Before), xmlText(c.After))
		js = append(js, jsonText(c.Before), jsonText(c.After))
	}
	e.xml, e.json, e.plain = strings.NewReplacer(xml...), strings.NewReplacer(js...), strings.NewReplacer(plain...)
	return e, changes
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

func jsonText(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

func (e *edit) needs(field string) bool { return e.to[kindOf(field)] != nil }

// batch returns b with the values that the edit changes.
func (e *edit) batch(b *event.Batch) *event.Batch {
	out := b
	for i, name := range b.Names() {
		to := e.to[kindOf(name)]
		if to == nil {
			continue
		}
		col := b.ColumnAt(i)
		var vals []event.Value
		for row := range b.Len() {
			v := col.Value(row)
			if v.Kind() != event.String {
				continue
			}
			w, ok := to[v.Str()]
			if !ok {
				continue
			}
			if vals == nil {
				vals = col.Values(make([]event.Value, 0, b.Len()))
			}
			vals[row] = event.StringOf(w)
			for _, o := range b.Lineage.Of(row) {
				e.touched[o] = true
			}
		}
		if vals != nil {
			if out == b {
				out = b.Clone()
			}
			out.Set(name, event.NewColumn(vals))
		}
	}
	if raw := out.Column(event.RawField); raw != nil && out != b {
		out.Set(event.RawField, event.NewLazy(raw.Len(), func(row int) event.Value {
			v := raw.Value(row)
			if v.Kind() != event.String {
				return v
			}
			switch t := strings.TrimLeft(v.Str(), " \t\r\n"); {
			case strings.HasPrefix(t, "<"):
				return event.StringOf(e.xml.Replace(v.Str()))
			case strings.HasPrefix(t, "{"), strings.HasPrefix(t, "["):
				return event.StringOf(e.json.Replace(v.Str()))
			}
			return event.StringOf(e.plain.Replace(v.Str()))
		}))
	}
	return out
}

// variant tries one mutator; nil means that it has nothing to change.
func variant(ctx context.Context, e *query.Engine, x *query.Explained, d Data, m mutator, rows [][]event.Origin, values map[kind]map[string]bool) (*Variant, error) {
	ed, changes := newEdit(m, values)
	if len(changes) == 0 {
		return nil, nil
	}
	v := &Variant{Name: m.name, Doc: m.doc, Changed: changes, Lost: []Loss{}}
	d.Events.Edit, d.Events.EditNeeds = ed.batch, ed.needs
	defer func() { d.Events.Edit, d.Events.EditNeeds = nil, nil }()
	sels := e.Selections(x)
	watch := map[event.Origin]bool{}
	for _, origins := range rows {
		for _, o := range origins {
			watch[o] = true
		}
	}
	for _, s := range sels {
		s.Watch = watch
	}
	got, err := e.Outcomes(ctx, []plan.Node{x.Plan}, sels, d.Events, nil)
	if err != nil {
		return nil, err
	}
	if got[0].Err != nil {
		return nil, fmt.Errorf("variant %s: %w", m.name, got[0].Err)
	}
	still := map[event.Origin]bool{}
	for i := range got[0].Rows.Len() {
		for _, o := range got[0].Rows.Lineage.Of(i) {
			still[o] = true
		}
	}
	lost := map[Loss]int{}
	var order []Loss
	for _, origins := range rows {
		var mine []event.Origin // the events of the row that were written otherwise
		for _, o := range origins {
			if ed.touched[o] {
				mine = append(mine, o)
			}
		}
		if len(mine) == 0 {
			continue
		}
		v.Rows++
		if !slices.ContainsFunc(mine, func(o event.Origin) bool { return !still[o] }) {
			v.Caught++
			continue
		}
		for _, l := range Losses(sels, mine, still) {
			if lost[l] == 0 {
				order = append(order, l)
			}
			lost[l]++
		}
	}
	if v.Rows == 0 {
		return nil, nil
	}
	// The change that is shown first is one that a loss is about.
	if len(order) > 0 {
		if i := slices.IndexFunc(changes, func(c Change) bool { return strings.Contains(order[0].Value, c.After) }); i > 0 {
			v.Changed = append([]Change{changes[i]}, slices.Delete(slices.Clone(changes), i, i+1)...)
		}
	}
	for _, l := range order {
		n := lost[l]
		l.Rows = n
		v.Lost = append(v.Lost, l)
	}
	return v, nil
}

// Losses tells which conditions of selections that watched the given records kept those out that are not in still. When no
// condition did, the rows got lost in what comes between and behind the conditions.
func Losses(sels []*analyze.Selection, records []event.Origin, still map[event.Origin]bool) []Loss {
	gone := map[event.Origin]bool{}
	for _, o := range records {
		if !still[o] {
			gone[o] = true
		}
	}
	var out []Loss
	seen := false
	for _, s := range sels {
		var failed []analyze.Miss
		passed := map[event.Origin]bool{}
		for _, w := range s.Watched {
			if !slices.ContainsFunc(w.Origins, func(o event.Origin) bool { return gone[o] }) {
				continue
			}
			seen = true
			if len(w.Failed) == 0 {
				for _, o := range w.Origins {
					passed[o] = true
				}
				continue
			}
			failed = append(failed, w)
		}
		// Of rows that several selections look at, what lost them is where they came nearest.
		best := 0
		for _, w := range failed {
			if n := len(w.Failed); best == 0 || n < best {
				best = n
			}
		}
		for _, w := range failed {
			if len(w.Failed) > best || slices.ContainsFunc(w.Origins, func(o event.Origin) bool { return passed[o] }) {
				continue
			}
			for _, i := range w.Failed {
				l := Loss{Over: s.Over, Condition: s.Conditions[i].Text}
				for _, v := range w.Values { // the first that says something
					if l.Field == "" || l.Value == "" && !v.Value.IsNull() {
						l.Field, l.Value = v.Column, ""
						if !v.Value.IsNull() {
							l.Value = analyze.ValueText(v.Value)
						}
					}
				}
				// Events that tell of the same thing fail in the same way; one that lacks the field says less.
				if i := slices.IndexFunc(out, func(o Loss) bool { return o.Over == l.Over && o.Condition == l.Condition }); i < 0 {
					out = append(out, l)
				} else if out[i].Value == "" {
					out[i] = l
				}
			}
		}
	}
	switch {
	case len(out) > 0:
	case seen:
		out = append(out, Loss{Condition: "none: the rows were lost where the rule joins, counts or groups them"})
	default:
		out = append(out, Loss{Condition: "none: the rule does not look at such events"})
	}
	return out
}

// ablate takes conditions away.
func (r *Report) ablate(ctx context.Context, e *query.Engine, x *query.Explained, d Data) error {
	abl := analyze.Ablations(x.Plan)
	plans := []plan.Node{x.Plan}
	for _, a := range abl {
		plans = append(plans, a.Plan)
	}
	run := func(in *query.Input) ([]query.Outcome, error) {
		if in == nil {
			return nil, nil
		}
		return e.Outcomes(ctx, plans, nil, in, nil)
	}
	got, err := run(d.Events)
	if err != nil {
		return err
	}
	benign, err := run(d.Benign)
	if err != nil {
		return err
	}
	for i, a := range abl {
		c := Condition{Over: a.Over, Text: a.Condition}
		for j, out := range [][]query.Outcome{got, benign} {
			if out == nil {
				continue
			}
			if err := out[i+1].Err; err != nil {
				c.Error = err.Error()
				continue
			}
			if j == 0 {
				c.Rows = out[i+1].Rows.Len()
			} else {
				c.Benign = out[i+1].Rows.Len()
			}
			c.Noticed = c.Noticed || !sameEvents(out[0].Rows, out[i+1].Rows)
		}
		if !c.Noticed && c.Error == "" {
			r.Unnoticed++
		}
		r.Conditions = append(r.Conditions, c)
	}
	return nil
}

// sameEvents tells whether two results have as many rows from the same records.
func sameEvents(a, b *event.Batch) bool {
	if a.Len() != b.Len() {
		return false
	}
	all := func(b *event.Batch) []event.Origin {
		var out []event.Origin
		for i := range b.Len() {
			out = append(out, b.Lineage.Of(i)...)
		}
		slices.SortFunc(out, func(x, y event.Origin) int {
			switch {
			case x.Less(y):
				return -1
			case y.Less(x):
				return 1
			}
			return 0
		})
		return slices.Compact(out)
	}
	return slices.Equal(all(a), all(b))
}
