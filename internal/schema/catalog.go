package schema

import (
	"maps"
	"slices"
	"strings"
)

// A Type is the declared type of a column, by the name that KQL has for it. Columns of SPL views are "any": SPL reads what is
// there.
type Type string

const (
	Any      Type = "any"
	String   Type = "string"
	Int      Type = "int"
	Long     Type = "long"
	Real     Type = "real"
	Bool     Type = "bool"
	DateTime Type = "datetime"
	TimeSpan Type = "timespan"
	Dynamic  Type = "dynamic"
	GUID     Type = "guid"
)

// Types lists all column types.
var Types = []Type{Any, String, Int, Long, Real, Bool, DateTime, TimeSpan, Dynamic, GUID}

// A Column is what a view offers under a name.
type Column struct {
	Name string
	Type Type
	Doc  string
	// Late: for some events the value is known only when all input has been read (see the package documentation).
	Late bool
	// Default stands in for a missing or empty value, as the data model's own expression has it; empty: none.
	Default string
}

// A View describes a table, a node of a data model, or the events themselves.
type ViewInfo struct {
	Name string
	Doc  string
	// Time names the column that holds the time of the row.
	Time    string
	Columns []Column
	// Open views have, besides the listed columns, all fields of the source.
	Open bool
	// Feeds says which events fill the view, and with which columns.
	Feeds []Feed
}

// A Feed is one mapping of a view: a kind of source, the events of it, and the columns that they fill.
type Feed struct {
	Kind    string   // "windows", "mde", "crowdstrike", …
	Events  []string // "sysmon 1", "security 4624,4625"; empty: all of the kind
	When    string   // a further condition, or ""
	Columns []string // empty with Same
	Same    bool     // columns come from fields of the same name
}

const eventsView = "spl:events"

// Views lists the names of all views, sorted.
func Views() []string {
	return slices.Sorted(func(yield func(string) bool) {
		if !yield(eventsView) {
			return
		}
		for name := range maps.Keys(lib().views) {
			if !yield(name) {
				return
			}
		}
	})
}

// Describe tells what a view offers; ok is false when there is no such view.
func Describe(name string) (ViewInfo, bool) {
	l := lib()
	if name == eventsView {
		info := ViewInfo{Name: name, Doc: "Events as a Splunk search sees them: all fields of the source, and the names that the add-ons give them.", Time: "_time", Open: true,
			Columns: slices.Clone(l.layered)}
		for _, m := range l.layers {
			info.Feeds = append(info.Feeds, m.feed())
			for _, c := range m.columns {
				if !slices.ContainsFunc(info.Columns, func(d Column) bool { return d.Name == c.name }) {
					info.Columns = append(info.Columns, Column{Name: c.name, Type: Any})
				}
			}
		}
		return info, true
	}
	v := l.views[name]
	if v == nil {
		return l.describeSigma(name)
	}
	info := ViewInfo{Name: v.name, Doc: v.doc, Time: v.time, Columns: slices.Clone(v.columns)}
	for _, m := range v.maps {
		f := m.feed()
		if m.same && v.node != nil && m.kind != taggedKind {
			// The names of the add-ons, as far as they are for these events.
			f.Same = false
			for _, c := range v.columns {
				if m.byName[c.Name] == nil && slices.ContainsFunc(l.layers, func(layer *mapDef) bool {
					return layer.kind == m.kind && layer.byName[c.Name] != nil && overlap(layer.events, m.events)
				}) {
					f.Columns = append(f.Columns, c.Name)
				}
			}
		}
		info.Feeds = append(info.Feeds, f)
	}
	return info, true
}

func (m *mapDef) feed() Feed {
	f := Feed{Kind: m.kind, Same: m.same}
	for _, e := range m.events {
		s := e.log
		if e.ids != nil {
			s += " " + strings.Join(e.ids, ",")
		}
		f.Events = append(f.Events, s)
	}
	if m.when != nil {
		f.When = m.whenSrc
	}
	if m.prefix != "" {
		f.Same = true
	}
	for _, c := range m.columns {
		f.Columns = append(f.Columns, c.name)
	}
	return f
}

// Table returns the columns of a KQL table, or ok = false when there is none of that name. Names of tables are case-sensitive, as
// they are in KQL.
func Table(name string) (columns []Column, ok bool) {
	v := lib().views["kql:"+name]
	if v == nil {
		return nil, false
	}
	return v.columns, true
}

// Tables lists the KQL tables, sorted.
func Tables() []string {
	var out []string
	for name := range lib().views {
		if t, ok := strings.CutPrefix(name, "kql:"); ok {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}
