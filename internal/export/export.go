// Package export writes rows out: as a table for people, JSON, JSON lines, CSV and Parquet.
package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Format is a form of output.
type Format string

const (
	Table   Format = "table"
	JSON    Format = "json"
	JSONL   Format = "jsonl"
	CSV     Format = "csv"
	Parquet Format = "parquet"
)

// Options shape the output.
type Options struct {
	// Columns are the columns to write, in order; nil means those of the first batch. CSV, table and Parquet need to know all
	// columns before the first row.
	Columns []string
	// OmitMissing leaves fields out of JSON that a row lacks, instead of writing null.
	OmitMissing bool
	// Width is the number of columns of the terminal that a table is for; 0 does not bound it.
	Width int
	// Kinds are the kinds of Parquet columns, by name; a column without one is text.
	Kinds map[string]event.Kind
}

// A Writer takes rows. Close must be called, and ends the output without closing what it is written to.
type Writer interface {
	Write(b *event.Batch) error
	Close() error
}

// New returns a writer of the given form.
func New(w io.Writer, f Format, opt Options) (Writer, error) {
	switch f {
	case Table:
		return &tableWriter{w: w, opt: opt}, nil
	case JSON, JSONL:
		return &jsonWriter{w: w, opt: opt, array: f == JSON}, nil
	case CSV:
		return newCSV(w, opt), nil
	case Parquet:
		return newParquet(w, opt)
	}
	return nil, fmt.Errorf("there is no output format %q", f)
}

// columns returns the columns of b that are to be written, in order, with their names.
func (o *Options) columns(b *event.Batch) ([]string, []*event.Column) {
	names := o.Columns
	if names == nil {
		names = b.Names()
	}
	cols := make([]*event.Column, len(names))
	for i, n := range names {
		cols[i] = b.Column(n)
	}
	return names, cols
}

func valueAt(c *event.Column, row int) event.Value {
	if c == nil {
		return event.Value{}
	}
	return c.Value(row)
}

// Text is the text of a value in a cell: text as it is, several values one below the other when multiline is set, else as JSON.
func Text(v event.Value, multiline bool) string {
	switch v.Kind() {
	case event.Missing, event.Null:
		return ""
	case event.String:
		return v.Str()
	case event.List:
		if multiline {
			parts := make([]string, len(v.List()))
			for i, e := range v.List() {
				parts[i] = Text(e, false)
			}
			return strings.Join(parts, "\n")
		}
	case event.Time, event.Duration:
		return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
	}
	return string(event.AppendJSON(nil, v))
}

// Printable makes text safe to look at: control characters, escape sequences among them, become visible, and so do the characters that
// change the direction of text or end a line unseen (https://trojansource.codes). What is not UTF-8 becomes U+FFFD. Line ends and tabs
// stay.
func Printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		c := s[i]
		clean = (c >= 0x20 || c == '\n' || c == '\t') && c < 0x7f
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20:
			return 0x2400 + r // the picture of the control character
		case r == 0x7f:
			return 0x2421
		case r >= 0x80 && r < 0xa0, r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return 0xfffd
		}
		return r
	}, s)
}
