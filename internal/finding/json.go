package finding

import (
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

// AppendJSON appends the finding as one JSON object, the form of `harrier hunt -f jsonl`.
func (f *Finding) AppendJSON(dst []byte) []byte { return event.AppendJSON(dst, f.Value()) }

// Value returns the finding as an ordered object.
func (f *Finding) Value() event.Value {
	row := make(event.Bag, len(f.Columns))
	for i, c := range f.Columns {
		row[i] = event.Field{Name: c, Value: f.Values[i]}
	}
	entities := make([]event.Value, len(f.Entities))
	for i, e := range f.Entities {
		entities[i] = object("kind", e.Kind, "role", e.Role, "field", e.Field, "value", e.Value)
	}
	events := make([]event.Value, len(f.Events))
	for i, e := range f.Events {
		events[i] = event.ObjectOf(event.Bag{{Name: "file", Value: event.StringOf(e.File)}, {Name: "record", Value: event.IntOf(int64(e.Record))}})
	}
	r := f.Rule
	out := event.Bag{
		{Name: "id", Value: event.StringOf(f.ID)},
		{Name: "rule", Value: event.ObjectOf(event.Bag{
			{Name: "id", Value: event.StringOf(r.ID)}, {Name: "name", Value: event.StringOf(r.Name)}, {Name: "language", Value: event.StringOf(string(r.Language))},
			{Name: "file", Value: event.StringOf(r.File)}, {Name: "type", Value: event.StringOf(r.Type)}})},
		{Name: "level", Value: event.StringOf(f.Level)},
		{Name: "risk_score", Value: event.IntOf(int64(f.RiskScore))},
		{Name: "first", Value: timeValue(f.First)},
		{Name: "last", Value: timeValue(f.Last)},
		{Name: "message", Value: event.StringOf(f.Message)},
		{Name: "tactics", Value: textList(f.Tactics())},
		{Name: "techniques", Value: textList(r.Techniques)},
		{Name: "entities", Value: event.ListOf(entities)},
		{Name: "row", Value: event.ObjectOf(row)},
		{Name: "events", Value: event.ListOf(events)},
		{Name: "title", Value: event.StringOf(f.Title)},
		{Name: "alert", Value: event.StringOf(f.Alert)},
		{Name: "custom", Value: event.ObjectOf(f.Custom)},
		{Name: "notes", Value: textList(f.Notes)},
	}
	if f.Partial {
		out = append(out, event.Field{Name: "partial", Value: event.BoolOf(true)})
	}
	return event.ObjectOf(out)
}

func timeValue(t time.Time) event.Value {
	if t.IsZero() {
		return event.NullValue
	}
	return event.TimeOf(t)
}

func textList(list []string) event.Value {
	out := make([]event.Value, len(list))
	for i, s := range list {
		out[i] = event.StringOf(s)
	}
	return event.ListOf(out)
}

func object(pairs ...string) event.Value {
	var b event.Bag
	for i := 0; i+1 < len(pairs); i += 2 {
		b = append(b, event.Field{Name: pairs[i], Value: event.StringOf(pairs[i+1])})
	}
	return event.ObjectOf(b)
}
