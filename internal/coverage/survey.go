// Package coverage tells which rules can ever fire on some data, and what the data lack for the others.
//
// One pass over the data makes a [Survey]: for each view that a rule reads and each class of event in it, how many rows there are,
// which fields have values, and which values, while they are few. Over that, a rule's plan is looked at without running it: a scan can
// give rows when some class satisfies each of its conditions by itself, a join needs its sides, a union one of its sources. What
// cannot be told counts as possible, so that "blind" is said only of rules that cannot fire.
package coverage

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Survey is what data have, view by view.
type Survey struct {
	Views map[string]*View
}

// A View is a table, node or log source with its classes of events.
type View struct {
	Name    string
	Rows    int
	Classes []*Class
	// Asked are the fields that were looked at.
	Asked map[string]bool
}

// A Class is the rows of a view that come from one kind of event.
type Class struct {
	event.Class
	Log    string // by the name that the schema gives to it, or ""
	Rows   int
	Fields map[string]*Field
	// Assumed says that the class is not in the data: it is what the schema makes of such events. All then says that it may have
	// any field.
	Assumed, All bool
}

// field returns what the class has under a name, or nil.
func (c *Class) field(name string) *Field {
	if f := c.Fields[name]; f != nil || !c.All {
		return f
	}
	return &Field{Filled: 1, Many: true}
}

// Event names the class in a few words: its provider or shape, and its number.
func (c *Class) Event() string {
	if provider, _, ok := analyze.Title(c.Log, c.ID); ok {
		return provider + " " + c.ID
	}
	return strings.TrimSpace(cmp.Or(c.Provider, c.Channel, c.Shape) + " " + c.ID)
}

// A Field is what a class has under a name.
type Field struct {
	// Filled is the number of rows with a value.
	Filled int
	// Values are the distinct values, unless there are Many.
	Values []event.Value
	Many   bool

	seen map[string]bool
}

// Values of a field that are kept: of fields that tell what an event is all that there can be, of others a few.
const (
	fewValues   = 48
	maxSelected = 4096
)

// Take surveys an input for what queries read.
func Take(ctx context.Context, e *query.Engine, queries []*query.Explained, in *query.Input, report func(text.Diagnostic)) (*Survey, error) {
	fields := map[string]map[string]bool{}
	add := func(view string, names []string) {
		if fields[view] == nil {
			fields[view] = map[string]bool{}
		}
		for _, f := range names {
			if !strings.ContainsAny(f, "*\x00\x01") && f != event.RawField {
				fields[view][f] = true
			}
		}
	}
	for _, q := range queries {
		for _, r := range q.Reads {
			add(r.View, r.Fields)
		}
		if q.Optimised == nil {
			continue
		}
		plan.Walk(q.Optimised, func(n plan.Node) bool {
			if s, ok := n.(*plan.Scan); ok {
				add(s.View, s.Fields.Names())
				if s.Pred != nil {
					add(s.View, expr.Columns(s.Pred))
				}
			}
			return true
		})
	}
	s := &Survey{Views: map[string]*View{}}
	var jobs []*exec.Job
	for name, set := range fields {
		var names []string
		for f := range set {
			names = append(names, f)
		}
		slices.Sort(names)
		v := &View{Name: name, Asked: set}
		s.Views[name] = v
		jobs = append(jobs, &exec.Job{Name: name, Plan: &plan.Scan{View: name, Fields: event.Fields(names...)}, Out: &counter{view: v, want: set, classes: map[event.Class]*Class{}}})
	}
	slices.SortFunc(jobs, func(a, b *exec.Job) int { return cmp.Compare(a.Name, b.Name) })
	if err := e.Run(ctx, jobs, in, report); err != nil {
		return nil, err
	}
	for _, v := range s.Views {
		slices.SortFunc(v.Classes, func(a, b *Class) int {
			return cmp.Or(cmp.Compare(a.Shape, b.Shape), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.ID, b.ID))
		})
	}
	return s, nil
}

// counter is the sink of one view's rows.
type counter struct {
	view    *View
	want    map[string]bool
	classes map[event.Class]*Class
}

func (c *counter) Close() error { return nil }

func (c *counter) Push(b *event.Batch) error {
	var class event.Class
	if b.Class != nil {
		class = *b.Class
	}
	k := c.classes[class]
	if k == nil {
		k = &Class{Class: class, Log: analyze.Log(class.Provider, class.Channel), Fields: map[string]*Field{}}
		c.classes[class] = k
		c.view.Classes = append(c.view.Classes, k)
	}
	n := b.Len()
	k.Rows += n
	c.view.Rows += n
	for i, name := range b.Names() {
		col := b.ColumnAt(i)
		if !c.want[name] || col.AllMissing() {
			continue
		}
		f := k.Fields[name]
		if f == nil {
			f = &Field{seen: map[string]bool{}}
			k.Fields[name] = f
		}
		f.count(col, n, mostValues(name))
	}
	return nil
}

func mostValues(field string) int {
	if analyze.Selects(field) {
		return maxSelected
	}
	return fewValues
}

// count adds a column of n rows.
func (f *Field) count(col *event.Column, n, most int) {
	switch col.Encoding() {
	case event.Constant:
		f.add(col.Const(), n, most)
	case event.Dictionary:
		d, codes := col.Codes()
		times := map[uint32]int{}
		for _, c := range codes {
			times[c]++
		}
		order := make([]uint32, 0, len(times))
		for c := range times {
			order = append(order, c)
		}
		slices.Sort(order)
		for _, c := range order {
			f.add(d.Value(c), times[c], most)
		}
	default:
		for i := range n {
			f.add(col.Value(i), 1, most)
		}
	}
}

func (f *Field) add(v event.Value, times, most int) {
	if empty(v) {
		return
	}
	f.Filled += times
	if f.Many {
		return
	}
	key := string(event.AppendKey(nil, v))
	if f.seen[key] {
		return
	}
	if len(f.Values) >= most {
		f.Many, f.Values, f.seen = true, nil, nil
		return
	}
	f.seen[key] = true
	if v.Kind() == event.String {
		v = event.StringOf(strings.Clone(v.Str())) // not the text that it was cut out of
	}
	f.Values = append(f.Values, v)
}

func empty(v event.Value) bool { return v.IsNull() || v.Kind() == event.String && v.Str() == "" }
