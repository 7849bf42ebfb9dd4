// Package output writes findings in the forms that people and other tools take.
package output

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/harrier-detect/harrier/internal/report"
)

// A Format is a form of output.
type Format struct {
	Name string
	// Doc says in a few words what it is.
	Doc string
	// Whole says that the form needs all findings at once, or knows what came after them; others are written as findings come.
	Whole bool
	// Fetch is how much of the events behind findings the form shows.
	Fetch Fetch

	open func(w *bufio.Writer, opt Options) Writer
}

// Fetch says what of the events behind findings a form needs.
type Fetch uint8

const (
	// Nothing but where they are.
	Nothing Fetch = iota
	// Times: when they were, for findings whose rows do not tell.
	Times
	// Fields: everything in them.
	Fields
)

// Options shape the output.
type Options struct {
	// Width is the number of columns of the terminal that a table is for; 0 does not bound it.
	Width int
	// Version is that of Harrier.
	Version string
}

// A Writer takes findings. Close ends the output without closing what it is written to; the summary is that of the hunt.
type Writer interface {
	Write(items []*report.Item) error
	Close(s *report.Summary) error
}

var formats = []Format{
	{Name: "table", Doc: "a table for people", open: newTable},
	{Name: "jsonl", Doc: "one JSON object a line", open: newJSON(false)},
	{Name: "json", Doc: "a JSON array", open: newJSON(true)},
	{Name: "csv", Doc: "for spreadsheets", open: newCSV},
	{Name: "html", Doc: "a report, one page that needs nothing else", Whole: true, Fetch: Fields, open: newHTML},
	{Name: "md", Doc: "a report in Markdown", Whole: true, Fetch: Times, open: newMarkdown},
	{Name: "ocsf", Doc: "OCSF Detection Findings, one a line", Whole: true, Fetch: Fields, open: newOCSF},
	{Name: "timesketch", Doc: "a timeline for Timesketch, JSON lines", Whole: true, Fetch: Times, open: newTimesketch},
	{Name: "timesketch-csv", Doc: "the same as CSV", Whole: true, Fetch: Times, open: newTimesketchCSV},
	{Name: "navigator", Doc: "a layer for ATT&CK Navigator", open: newNavigator},
	{Name: "none", Doc: "nothing", open: newNone},
}

// Find returns a format by its name.
func Find(name string) (Format, bool) {
	for _, f := range formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Names lists the formats for a message.
func Names() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Open begins an output.
func (f Format) Open(w io.Writer, opt Options) Writer {
	bw := bufio.NewWriterSize(w, 64<<10)
	return &flushed{f.open(bw, opt), bw}
}

// flushed writes out what has been held back when the output ends.
type flushed struct {
	Writer
	bw *bufio.Writer
}

func (f *flushed) Close(s *report.Summary) error {
	if err := f.Writer.Close(s); err != nil {
		return err
	}
	if err := f.bw.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// whole keeps findings for forms that need all of them.
type whole struct {
	items []*report.Item
	write func(items []*report.Item, s *report.Summary) error
}

func (w *whole) Write(items []*report.Item) error {
	w.items = append(w.items, items...)
	return nil
}

func (w *whole) Close(s *report.Summary) error { return w.write(w.items, s) }

func newHTML(w *bufio.Writer, _ Options) Writer {
	return &whole{write: func(items []*report.Item, s *report.Summary) error { return report.HTML(w, *s, items) }}
}

func newMarkdown(w *bufio.Writer, _ Options) Writer {
	return &whole{write: func(items []*report.Item, s *report.Summary) error { return report.Markdown(w, *s, items) }}
}

type none struct{}

func newNone(*bufio.Writer, Options) Writer { return none{} }

func (none) Write([]*report.Item) error  { return nil }
func (none) Close(*report.Summary) error { return nil }
