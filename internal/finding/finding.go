// Package finding turns a rule's result rows into findings: what was found, where, on whom, how bad, and by which events.
package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/rule"
)

// A Finding is one result row of a rule, with everything needed to act on it.
type Finding struct {
	// ID is the same for the same rule and the same row, whatever the machine, folder or order of input.
	ID   string
	Rule *rule.Rule
	// First and Last bound the row in time, zero when the row holds no time.
	First, Last time.Time
	Level       string
	RiskScore   int
	// Title is the rule's name, or what the rule makes of it from the row.
	Title    string
	Message  string
	Entities []Entity
	// Custom are the details that the rule asks an alert to show, by its names for them.
	Custom event.Bag
	// Alert is the same for findings that are one alert: rules say whether each row is one, or all rows together.
	Alert string
	// Suppressed says that the rule has been throttled: a like finding came shortly before.
	Suppressed bool
	// Notes say what about the finding its reader should know: tokens of the message that the row has no value for.
	Notes []string
	// Columns and Values are the result row.
	Columns []string
	Values  []event.Value
	// Events are the records behind the row, at most event.MaxOrigins; Origins are the same in the run's own numbers.
	Events  []Event
	Origins []event.Origin
	// Partial says that the run was interrupted: there may be other findings.
	Partial bool

	tactics []string // of the row, or nil for the rule's
}

// Tactics are the rule's tactics, or those that the rule takes from the row.
func (f *Finding) Tactics() []string {
	if f.tactics != nil {
		return f.tactics
	}
	return f.Rule.Tactics
}

// Event names one record of input.
type Event struct {
	File   string
	Record uint64
}

// FromBatch makes a finding of every row of a rule's result.
func FromBatch(r *rule.Rule, b *event.Batch, files *event.Files) []*Finding {
	return (&Maker{Rule: r, Files: files}).Findings(b)
}

// A Maker makes the findings of one rule of its result, which may come in several batches.
type Maker struct {
	Rule  *rule.Rule
	Files *event.Files
	// Partial marks the findings as a part of what the run would have found.
	Partial bool

	seen     map[string]int
	first    string // id of the first finding
	throttle throttle
}

// Findings makes a finding of every row of the next batch of the result.
func (m *Maker) Findings(b *event.Batch) []*Finding {
	if m.seen == nil {
		m.seen = map[string]int{}
	}
	r, files, seen := m.Rule, m.Files, m.seen
	out := make([]*Finding, 0, b.Len())
	for i := range b.Len() {
		f := &Finding{Rule: r, Partial: m.Partial, Level: r.Level(), RiskScore: r.RiskScore()}
		for c, name := range b.Names() {
			v := b.ColumnAt(c).Value(i)
			if name == event.RawField || v.IsMissing() {
				continue
			}
			f.Columns = append(f.Columns, name)
			f.Values = append(f.Values, v)
		}
		for _, o := range b.Lineage.Of(i) {
			f.Events = append(f.Events, Event{files.Name(o.File), o.Record})
			f.Origins = append(f.Origins, o)
		}
		f.ID = f.identity(seen)
		f.First, f.Last = f.timeRange()
		f.Entities = f.entities()
		f.describe()
		if m.first == "" {
			m.first = f.ID
		}
		if f.Alert = f.ID; r.PerAlert {
			f.Alert = m.first
		}
		f.Suppressed = m.throttle.holds(r, f)
		out = append(out, f)
	}
	return out
}

// describe fills in what the finding says of itself.
func (f *Finding) describe() {
	r := f.Rule
	f.Title = r.Name
	f.Message = f.render(r.Message)
	for _, c := range r.Custom {
		if v, ok := f.Get(c.Column); ok && !v.IsNull() {
			f.Custom = append(f.Custom, event.Field{Name: c.Name, Value: v})
		}
	}
	o := r.Override
	if o == nil {
		return
	}
	if o.Name != "" {
		f.Title = f.render(o.Name)
	}
	if o.Description != "" {
		f.Message = f.render(o.Description)
	}
	if v, ok := f.Get(o.SeverityColumn); ok && o.SeverityColumn != "" {
		switch level := strings.ToLower(Text(v)); level {
		case "critical", "high", "medium", "low", "informational":
			f.Level = level
			f.RiskScore = rule.ScoreOf(level)
		}
	}
	if v, ok := f.Get(o.TacticsColumn); ok && o.TacticsColumn != "" {
		f.tactics = listOf(v)
	}
	for _, p := range o.Properties {
		if v, ok := f.Get(p.Column); ok && !v.IsNull() {
			f.Custom = append(f.Custom, event.Field{Name: p.Name, Value: v})
		}
	}
}

// listOf reads a list: a value of several, JSON text of an array, or text with commas.
func listOf(v event.Value) []string {
	out := []string{}
	if v.Kind() == event.List {
		for _, e := range v.List() {
			out = append(out, Text(e))
		}
		return out
	}
	for _, s := range strings.Split(strings.Trim(Text(v), "[] "), ",") {
		if s = strings.Trim(s, `" `); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Get returns the row's value of a column. Names are compared exactly, then without a data-model prefix.
func (f *Finding) Get(name string) (event.Value, bool) {
	for i, c := range f.Columns {
		if c == name {
			return f.Values[i], true
		}
	}
	for i, c := range f.Columns {
		if _, last, ok := strings.Cut(c, "."); ok && last == name {
			return f.Values[i], true
		}
	}
	return event.Value{}, false
}

// identity hashes rule and row. Equal rows of one result are told apart by their number.
func (f *Finding) identity(seen map[string]int) string {
	h := sha256.New()
	h.Write(event.AppendKey(nil, event.StringOf(f.Rule.ID)))
	for i, c := range f.Columns {
		h.Write(event.AppendKey(event.AppendKey(nil, event.StringOf(c)), f.Values[i]))
	}
	id := hex.EncodeToString(h.Sum(nil)[:12])
	n := seen[id]
	seen[id]++
	if n > 0 {
		h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
		id = hex.EncodeToString(h.Sum(nil)[:12])
	}
	return id
}

// Text renders a value for messages and tables: text as it is, several values separated by commas.
func Text(v event.Value) string {
	switch v.Kind() {
	case event.Missing, event.Null:
		return ""
	case event.String:
		return v.Str()
	case event.List:
		parts := make([]string, len(v.List()))
		for i, e := range v.List() {
			parts[i] = Text(e)
		}
		return strings.Join(parts, ", ")
	case event.Time, event.Duration:
		return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
	}
	return string(event.AppendJSON(nil, v))
}
