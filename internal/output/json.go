package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/report"
)

// jsonWriter writes findings as they are, as lines or as an array.
type jsonWriter struct {
	w     *bufio.Writer
	array bool
	n     int
	buf   []byte
}

func newJSON(array bool) func(*bufio.Writer, Options) Writer {
	return func(w *bufio.Writer, _ Options) Writer { return &jsonWriter{w: w, array: array} }
}

func (w *jsonWriter) Write(items []*report.Item) error {
	for _, it := range items {
		if err := w.add(valueOf(it)); err != nil {
			return err
		}
	}
	return nil
}

// valueOf returns a finding as an ordered object, with what became of it under its rule's schedule when that is known.
func valueOf(it *report.Item) event.Value {
	v := it.Value()
	if h := it.Home; h != nil {
		home := event.Bag{{Name: "status", Value: event.StringOf(string(h.Status))}, {Name: "runs", Value: event.IntOf(int64(h.Runs))}, {Name: "first_run", Value: event.NullValue}, {Name: "reason", Value: event.NullValue}}
		if !h.First.IsZero() {
			home[2].Value = event.TimeOf(h.First)
		}
		if h.Reason != "" {
			home[3].Value = event.StringOf(h.Reason)
		}
		v = event.ObjectOf(append(append(event.Bag{}, v.Bag()...), event.Field{Name: "schedule", Value: event.ObjectOf(home)}))
	}
	return v
}

// add writes one value.
func (w *jsonWriter) add(v event.Value) error {
	buf := event.AppendJSON(w.buf[:0], v)
	if w.array {
		lead := ",\n  "
		if w.n == 0 {
			lead = "[\n  "
		}
		w.w.WriteString(lead)
		var out bytes.Buffer
		if err := json.Indent(&out, buf, "  ", "  "); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
		w.w.Write(out.Bytes())
	} else {
		w.w.Write(append(buf, '\n'))
	}
	w.n++
	w.buf = buf
	if _, err := w.w.Write(nil); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

func (w *jsonWriter) Close(*report.Summary) error {
	switch {
	case w.array && w.n == 0:
		w.w.WriteString("[]\n")
	case w.array:
		w.w.WriteString("\n]\n")
	}
	return nil
}
