package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

// What one view says can often be said of another: both are made of the same fields of the same events. The functions here tell, for
// a view and a class of events, what a column is made of, so that a condition over one view can be written over another.

// An Arm is a kind of events that a view reads.
type Arm struct {
	// Kind is the kind of source, such as "windows" or "aws-cloudtrail".
	Kind string
	// Log is the Windows log, by the name that the mappings have for it, or the table or record type of another kind; "*" for any, "" for all of
	// the kind. IDs are its events, nil for all.
	Log string
	IDs []string
	// When is a further condition over the fields of the events, or nil.
	When expr.Expr

	def    *mapDef
	view   *tableView
	spaced bool
}

// Arms returns the arms of a view in the order of their precedence; nil when there is no such view, or when it is a node of a data model
// that is narrowed by a constraint. The view of all events, "spl:events", has none: it reads everything.
func Arms(view string) []Arm {
	v := bareView(view)
	if v == nil || v.def.node != nil && v.def.node.filter != nil { // what a node leaves out of its parent is not told by its arms
		return nil
	}
	spaced := false
	if parts := strings.SplitN(strings.TrimPrefix(view, sigmaPrefix), "/", 3); v.sigma {
		d, _ := lib().findSigma(parts[0], parts[1], parts[2])
		spaced = d.spaced
	}
	var out []Arm
	for _, m := range v.def.maps {
		if m.kind == taggedKind {
			continue
		}
		if len(m.events) == 0 {
			out = append(out, Arm{m.kind, "", nil, m.when, m, v, spaced})
		}
		for _, e := range m.events {
			out = append(out, Arm{m.kind, e.log, e.ids, m.when, m, v, spaced})
		}
	}
	return out
}

// bareView returns a view that is good for its expressions only.
func bareView(name string) *tableView {
	l := lib()
	v := &tableView{reg: &Registry{lib: l}, spl: !strings.HasPrefix(name, "kql:"), def: l.views[name]}
	if parts := strings.SplitN(strings.TrimPrefix(name, sigmaPrefix), "/", 3); strings.HasPrefix(name, sigmaPrefix) && len(parts) == 3 {
		d, _ := l.findSigma(parts[0], parts[1], parts[2])
		v.spl, v.sigma = false, true
		v.def = &viewDef{name: name, index: map[string]int{}, maps: d.maps, time: timeColumn}
	}
	if v.def == nil {
		return nil
	}
	return v
}

// class returns a class of events as decoders make it.
func (l *library) class(kind, log, id string) *event.Class {
	c := &event.Class{Shape: kind, Channel: log, ID: id}
	if d := l.logs[log]; d != nil && kind == "windows" {
		c.Channel = ""
		if len(d.names[0]) > 0 {
			c.Provider = d.names[0][0]
		}
		if len(d.names[1]) > 0 {
			c.Channel = d.names[1][0]
		}
	}
	return c
}

// Column returns what a column of the arm's view is made of for an event of the arm, over the canonical fields of the events; nil when
// the view does not have it of such events.
func (a Arm) Column(name, id string) expr.Expr {
	def := a.def
	if a.view.sigma {
		def = lib().sigmaNames(def, []string{name}, a.spaced)
	}
	return a.view.expression(def, a.Kind, lib().class(a.Kind, a.Log, id), name)
}

// Own reports whether a column of the arm is the events' own field of that name: no mapping says what it is made of.
func (a Arm) Own(name string) bool { return a.def.byName[name] == nil }

// Mentions reports whether any mapping makes something of a field for just these events: a sign that they have it.
func Mentions(kind, log, id, field string) bool {
	l := lib()
	c := l.class(kind, log, id)
	in := func(m *mapDef) bool {
		if m.kind != kind || len(m.events) == 0 || !l.matches(kind, m.events, c) || slices.ContainsFunc(m.events, func(e eventSpec) bool { return e.log == "*" || e.ids == nil }) {
			return false
		}
		return slices.ContainsFunc(m.columns, func(col colDef) bool { return slices.Contains(expr.Columns(col.e), field) })
	}
	if slices.ContainsFunc(l.layers, in) {
		return true
	}
	for _, v := range l.views {
		if slices.ContainsFunc(v.maps, in) {
			return true
		}
	}
	return false
}

// Takes reports whether the arm reads the events of another one: the same kind, and a log and an id that it has.
func (a Arm) Takes(kind, log, id string) bool {
	if a.Kind != kind {
		return false
	}
	if a.IDs != nil && !slices.Contains(a.IDs, id) {
		return false
	}
	if a.Log == "" || a.Log == "*" || a.Log == log {
		return true
	}
	l := lib()
	x, y := l.logs[a.Log], l.logs[log]
	if kind != "windows" || x == nil || y == nil {
		return false
	}
	// One log may have several names in the mappings.
	return len(y.providers) > 0 && slices.Contains(x.providers, y.providers[0]) || len(y.channels) > 0 && slices.Contains(x.channels, y.channels[0])
}

// EventColumn returns what a column of "spl:events" is made of for events of a class, and whether the add-ons give it: otherwise it is the
// field of the source of that name.
func EventColumn(kind, log, id, name string) (expr.Expr, bool) {
	l := lib()
	if e := l.layered1(kind, l.class(kind, log, id), name); e != nil {
		return e, true
	}
	return expr.C(name), false
}

// EventColumns lists the columns of "spl:events" that the add-ons give events of a class.
func EventColumns(kind, log, id string) []string {
	l := lib()
	c := l.class(kind, log, id)
	seen := map[string]bool{}
	var out []string
	for _, m := range l.layers {
		if m.kind != kind || !l.matches(kind, m.events, c) {
			continue
		}
		for _, col := range m.columns {
			if !seen[col.name] {
				seen[col.name] = true
				out = append(out, col.name)
			}
		}
	}
	return out
}

// LogNames returns the providers and channels of a Windows log.
func LogNames(log string) (providers, channels []string) {
	if d := lib().logs[log]; d != nil {
		return d.names[0], d.names[1]
	}
	return nil, nil
}

// FieldName writes the name of an item of event data as a search over events does.
func FieldName(name string) string { return cleanName(name) }

// DataObject reports whether e is the object that holds the data of a Windows event.
func DataObject(e expr.Expr) bool {
	c, ok := e.(*expr.Col)
	return ok && c.Name == dataField
}

// Call applies a function of the mapping language; it panics when there is none of the name, which a test finds.
func Call(name string, args ...expr.Expr) expr.Expr {
	f := functions[name]
	if f == nil {
		panic("schema: no function " + name)
	}
	return expr.F(f, args...)
}
