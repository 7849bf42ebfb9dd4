package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
)

// findingWriter writes findings as they come; only a table waits for all of them, to know its widths.
type findingWriter struct {
	format string
	file   *os.File
	bw     *bufio.Writer
	width  int
	rows   export.Writer // of csv and table
	n      int
	buf    []byte
}

func (o *outputFlags) findingWriter(s *streams, format string) (*findingWriter, error) {
	w := &findingWriter{format: format}
	var out io.Writer = s.out
	if o.file != "" {
		f, err := os.Create(o.file)
		if err != nil {
			return nil, fmt.Errorf("write findings: %w", err)
		}
		w.file, out = f, f
	}
	w.bw, w.width = bufio.NewWriter(out), width(out)
	var err error
	switch format {
	case "table":
		w.rows, err = export.New(w.bw, export.Table, export.Options{Width: w.width})
	case "csv":
		w.rows, err = export.New(w.bw, export.CSV, export.Options{})
	}
	return w, err
}

func (w *findingWriter) write(fs []*finding.Finding) error {
	if w.rows != nil {
		w.n += len(fs)
		return w.rows.Write(findingRows(fs, w.format == "csv"))
	}
	for _, f := range fs {
		buf := w.buf[:0]
		if w.format == "json" {
			if w.n == 0 {
				buf = append(buf, '[')
			} else {
				buf = append(buf, ',')
			}
			buf = append(buf, "\n  "...)
			data, err := indented(f.AppendJSON(nil))
			if err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
			buf = append(buf, data...)
		} else {
			buf = append(f.AppendJSON(buf), '\n')
		}
		w.n++
		w.buf = buf
		if _, err := w.bw.Write(buf); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	}
	return nil
}

// indented lays a finding out as an element of a list.
func indented(data []byte) ([]byte, error) {
	var out bytes.Buffer
	err := json.Indent(&out, data, "  ", "  ")
	return out.Bytes(), err
}

// close ends the output.
func (w *findingWriter) close() (err error) {
	if w.file != nil {
		defer func() { err = errors.Join(err, w.file.Close()) }()
	}
	switch {
	case w.rows != nil:
		if w.n == 0 {
			if err := w.rows.Write(findingRows(nil, w.format == "csv")); err != nil {
				return err
			}
		}
		if err := w.rows.Close(); err != nil {
			return err
		}
	case w.format == "json" && w.n == 0:
		w.bw.WriteString("[]\n")
	case w.format == "json":
		w.bw.WriteString("\n]\n")
	}
	if err := w.bw.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// findingRows lays findings out as rows: the short form for people, the whole one for spreadsheets.
func findingRows(findings []*finding.Finding, whole bool) *event.Batch {
	b := event.NewBatch(len(findings))
	column := func(name string, f func(*finding.Finding) event.Value) {
		vals := make([]event.Value, len(findings))
		for i, x := range findings {
			vals[i] = f(x)
		}
		b.Set(name, event.NewAny(vals))
	}
	str := func(f func(*finding.Finding) string) func(*finding.Finding) event.Value {
		return func(x *finding.Finding) event.Value { return event.StringOf(f(x)) }
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	if whole {
		column("id", str(func(f *finding.Finding) string { return f.ID }))
	}
	column("time", str(func(f *finding.Finding) string { return stamp(f.First) }))
	if whole {
		column("last", str(func(f *finding.Finding) string { return stamp(f.Last) }))
	}
	column("level", str(func(f *finding.Finding) string { return f.Level }))
	column("risk", func(f *finding.Finding) event.Value { return event.IntOf(int64(f.RiskScore)) })
	column("rule", str(func(f *finding.Finding) string { return f.Rule.Name }))
	column("entities", str(func(f *finding.Finding) string {
		var parts []string
		for _, e := range f.Entities {
			parts = append(parts, e.Value)
		}
		return strings.Join(parts, ", ")
	}))
	if whole {
		column("rule_id", str(func(f *finding.Finding) string { return f.Rule.ID }))
		column("language", str(func(f *finding.Finding) string { return string(f.Rule.Language) }))
		column("techniques", str(func(f *finding.Finding) string { return strings.Join(f.Rule.Techniques, ", ") }))
		column("message", str(func(f *finding.Finding) string { return f.Message }))
		column("row", str(func(f *finding.Finding) string {
			row, _ := f.Value().Bag().Get("row")
			return string(event.AppendJSON(nil, row))
		}))
	}
	column("events", str(func(f *finding.Finding) string {
		if !whole && len(f.Events) > 2 {
			return fmt.Sprintf("%s:%d and %d more", f.Events[0].File, f.Events[0].Record, len(f.Events)-1)
		}
		var parts []string
		for _, e := range f.Events {
			parts = append(parts, fmt.Sprintf("%s:%d", e.File, e.Record))
		}
		return strings.Join(parts, ", ")
	}))
	return b
}
