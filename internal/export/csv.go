package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

type csvWriter struct {
	w      *csv.Writer
	opt    Options
	headed bool
	cells  []string
}

func newCSV(w io.Writer, opt Options) *csvWriter { return &csvWriter{w: csv.NewWriter(w), opt: opt} }

func (c *csvWriter) Write(b *event.Batch) error {
	if c.opt.Columns == nil {
		c.opt.Columns = b.Names()
	}
	if err := c.head(); err != nil {
		return err
	}
	_, cols := c.opt.columns(b)
	for row := range b.Len() {
		c.cells = c.cells[:0]
		for _, col := range cols {
			v := valueAt(col, row)
			s := Text(v, false)
			if v.Kind() == event.String || v.Kind() == event.List {
				s = inert(strings.ToValidUTF8(s, "\ufffd"))
			}
			c.cells = append(c.cells, s)
		}
		if err := c.w.Write(c.cells); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
	}
	return nil
}

func (c *csvWriter) head() error {
	if c.headed || len(c.opt.Columns) == 0 {
		return nil
	}
	c.headed = true
	names := make([]string, len(c.opt.Columns))
	for i, n := range c.opt.Columns {
		names[i] = inert(n)
	}
	if err := c.w.Write(names); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func (c *csvWriter) Close() error {
	if err := c.head(); err != nil {
		return err
	}
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// inert keeps a spreadsheet from running log text as a formula: a cell that begins like one gets an apostrophe in front, which
// spreadsheets take as "this is text" (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers.
func inert(s string) string {
	if s == "" {
		return s
	}
	if first, _ := utf8.DecodeRuneInString(s); !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return s
	}
	if s[0] == '-' || s[0] == '+' {
		if strings.Trim(s[1:], "0123456789.eE") == "" && len(s) > 1 {
			return s
		}
		if s == "-" {
			return s
		}
	}
	return "'" + s
}
