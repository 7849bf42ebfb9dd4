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
	Message     string
	Entities    []Entity
	// Columns and Values are the result row.
	Columns []string
	Values  []event.Value
	// Events are the records behind the row, at most event.MaxOrigins.
	Events []Event
	// Partial says that the run was interrupted: there may be other findings.
	Partial bool
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

	seen map[string]int
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
		}
		f.ID = f.identity(seen)
		f.First, f.Last = f.timeRange()
		f.Entities = f.entities()
		f.Message = f.render(r.Message)
		out = append(out, f)
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
