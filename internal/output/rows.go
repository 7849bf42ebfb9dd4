package output

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/report"
)

// rowWriter writes findings as rows of an export: the short form for people, the whole one for spreadsheets.
type rowWriter struct {
	rows  export.Writer
	whole bool
	n     int
}

func newTable(w *bufio.Writer, opt Options) Writer {
	return newRows(w, export.Table, export.Options{Width: opt.Width}, false)
}

func newCSV(w *bufio.Writer, _ Options) Writer { return newRows(w, export.CSV, export.Options{}, true) }

func newRows(w *bufio.Writer, f export.Format, opt export.Options, whole bool) Writer {
	rows, err := export.New(w, f, opt)
	if err != nil {
		panic(err) // these forms need nothing that could be wrong
	}
	return &rowWriter{rows: rows, whole: whole}
}

func (w *rowWriter) Write(items []*report.Item) error {
	w.n += len(items)
	return w.rows.Write(rowsOf(items, w.whole))
}

func (w *rowWriter) Close(*report.Summary) error {
	if w.n == 0 {
		if err := w.rows.Write(rowsOf(nil, w.whole)); err != nil {
			return err
		}
	}
	return w.rows.Close()
}

// maxTableCell bounds what a cell of a table for people shows, in bytes.
const maxTableCell = 500

func rowsOf(items []*report.Item, whole bool) *event.Batch {
	b := event.NewBatch(len(items))
	column := func(name string, f func(*report.Item) event.Value) {
		vals := make([]event.Value, len(items))
		for i, x := range items {
			vals[i] = f(x)
		}
		b.Set(name, event.NewAny(vals))
	}
	str := func(f func(*report.Item) string) func(*report.Item) event.Value {
		return func(x *report.Item) event.Value {
			s := f(x)
			if !whole {
				s = finding.Cut(s, maxTableCell)
			}
			return event.StringOf(s)
		}
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	if whole {
		column("id", str(func(f *report.Item) string { return f.ID }))
	}
	column("time", str(func(f *report.Item) string { return stamp(f.First) }))
	if whole {
		column("last", str(func(f *report.Item) string { return stamp(f.Last) }))
	}
	column("level", str(func(f *report.Item) string { return f.Level }))
	column("risk", func(f *report.Item) event.Value { return event.IntOf(int64(f.RiskScore)) })
	column("rule", str(func(f *report.Item) string { return f.Rule.Name }))
	column("entities", str(func(f *report.Item) string {
		var parts []string
		for _, e := range f.Entities {
			parts = append(parts, e.Value)
		}
		return strings.Join(parts, ", ")
	}))
	if whole {
		column("rule_id", str(func(f *report.Item) string { return f.Rule.ID }))
		column("language", str(func(f *report.Item) string { return string(f.Rule.Language) }))
		column("techniques", str(func(f *report.Item) string { return strings.Join(f.Rule.Techniques, ", ") }))
		column("message", str(func(f *report.Item) string { return f.Message }))
		column("row", str(func(f *report.Item) string { return rowJSON(f.Finding) }))
	}
	column("events", str(func(f *report.Item) string {
		if !whole && len(f.Events) > 2 {
			return fmt.Sprintf("%s:%d and %d more", f.Events[0].File, f.Events[0].Record, len(f.Events)-1)
		}
		return places(f.Finding, len(f.Events))
	}))
	if len(items) > 0 && items[0].Home != nil {
		column("schedule", str(func(f *report.Item) string {
			if f.Home == nil {
				return ""
			}
			return f.Home.String()
		}))
	}
	return b
}

// rowJSON returns the finding's row as JSON text.
func rowJSON(f *finding.Finding) string {
	row := make(event.Bag, len(f.Columns))
	for i, c := range f.Columns {
		row[i] = event.Field{Name: c, Value: f.Values[i]}
	}
	return string(event.AppendJSON(nil, event.ObjectOf(row)))
}

// places names the first n events behind the finding.
func places(f *finding.Finding, n int) string {
	var parts []string
	for _, e := range f.Events[:min(n, len(f.Events))] {
		parts = append(parts, fmt.Sprintf("%s:%d", e.File, e.Record))
	}
	return strings.Join(parts, ", ")
}
