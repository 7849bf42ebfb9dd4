package output

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/report"
)

// Timesketch takes an entry a line with message, datetime, timestamp_desc and any other fields:
// https://timesketch.org/guides/user/import-from-json-csv/

const (
	whenFirst = "First event of the finding"
	whenHunt  = "Time of the hunt: the finding has no time of its own"
)

// sketch are the fields of a finding that both forms have, in order.
func sketch(it *report.Item, made time.Time) event.Bag {
	first, last := it.Times()
	desc := whenFirst
	if first.IsZero() {
		first, last, desc = made, made, whenHunt
	}
	str := func(name, s string) event.Field { return event.Field{Name: name, Value: event.StringOf(s)} }
	const layout = "2006-01-02T15:04:05.000000+00:00"
	message := it.Rule.Name
	if it.Message != "" {
		message += ": " + it.Message
	} else if who := entityList(it.Finding, ""); who != "" {
		message += ": " + who
	}
	return event.Bag{
		str("message", finding.Cut(message, 8<<10)), str("datetime", first.UTC().Format(layout)), {Name: "timestamp", Value: event.IntOf(first.UnixMicro())}, str("timestamp_desc", desc),
		{Name: "tag", Value: event.ListOf(tags(it.Finding))}, str("finding_id", it.ID), str("rule_name", it.Rule.Name), str("rule_id", it.Rule.ID), str("rule_file", it.Rule.File),
		str("level", it.Level), {Name: "risk_score", Value: event.IntOf(int64(it.RiskScore))}, str("techniques", strings.Join(it.Rule.Techniques, ", ")), str("last_datetime", last.UTC().Format(layout)),
		str("hosts", entityList(it.Finding, "host")), str("users", entityList(it.Finding, "user")), str("entities", entityList(it.Finding, "")), str("events", places(it.Finding, 20)),
	}
}

// tags are what Timesketch shows beside an entry.
func tags(f *finding.Finding) []event.Value {
	out := []event.Value{event.StringOf("harrier"), event.StringOf(f.Level)}
	for _, t := range f.Rule.Techniques {
		out = append(out, event.StringOf(t))
	}
	return out
}

// entityList names the entities of a kind, or all.
func entityList(f *finding.Finding, kind string) string {
	var parts []string
	for _, e := range f.Entities {
		if (kind == "" || e.Kind == kind) && !slices.Contains(parts, e.Value) && len(parts) < 50 {
			parts = append(parts, e.Value)
		}
	}
	return strings.Join(parts, ", ")
}

type sketchJSON struct{ jsonWriter }

func newTimesketch(w *bufio.Writer, _ Options) Writer {
	out := &sketchJSON{jsonWriter{w: w}}
	return &whole{write: out.all}
}

// all writes the findings by time. The columns of the row follow the fields, as text, since one name must mean one kind of value in a
// whole index; a name that is taken gets row_ before it.
func (w *sketchJSON) all(items []*report.Item, s *report.Summary) error {
	for _, it := range byTime(items) {
		bag := sketch(it, s.Made)
		for i, c := range it.Columns {
			text := finding.Text(it.Values[i])
			if text == "" {
				continue
			}
			if _, taken := bag.Get(c); taken || strings.HasPrefix(c, "_") || c == "" {
				c = "row_" + strings.TrimLeft(c, "_")
			}
			if _, taken := bag.Get(c); !taken {
				bag = append(bag, event.Field{Name: c, Value: event.StringOf(text)})
			}
		}
		if err := w.add(event.ObjectOf(bag)); err != nil {
			return err
		}
	}
	return nil
}

func newTimesketchCSV(w *bufio.Writer, _ Options) Writer {
	return &whole{write: func(items []*report.Item, s *report.Summary) error {
		rows, err := export.New(w, export.CSV, export.Options{})
		if err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
		empty := sketch(&report.Item{Finding: noFinding}, s.Made)
		names := make([]string, len(empty), len(empty)+1)
		cols := make([][]event.Value, len(empty)+1)
		for i, f := range empty {
			names[i] = f.Name
		}
		names = append(names, "row")
		for _, it := range byTime(items) {
			for i, f := range sketch(it, s.Made) {
				v := f.Value
				if l := v.List(); l != nil { // Timesketch reads a list of tags from text with commas
					parts := make([]string, len(l))
					for j, x := range l {
						parts[j] = strings.ReplaceAll(finding.Text(x), ",", " ")
					}
					v = event.StringOf(strings.Join(parts, ","))
				}
				cols[i] = append(cols[i], v)
			}
			cols[len(empty)] = append(cols[len(empty)], event.StringOf(rowJSON(it.Finding)))
		}
		b := event.NewBatch(len(items))
		for i, n := range names {
			b.Set(n, event.NewAny(cols[i]))
		}
		if err := rows.Write(b); err != nil {
			return err
		}
		return rows.Close()
	}}
}

// byTime returns the findings oldest first, those without a time before all.
func byTime(items []*report.Item) []*report.Item {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *report.Item) int {
		x, _ := a.Times()
		y, _ := b.Times()
		return x.Compare(y)
	})
	return items
}
