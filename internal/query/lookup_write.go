package query

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/spl/function"
)

// lookupWriter writes the tables of outputlookup as CSV files into one folder.
type lookupWriter struct {
	dir     string
	lookups *lookups

	mu sync.Mutex // several rules may write one table
}

// WriteTable implements spl.TableWriter.
func (w *lookupWriter) WriteTable(name string, rows *event.Batch, how spl.TableWrite) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	file := w.file(name)
	path := filepath.Join(w.dir, file)
	if rows.Len() == 0 && !how.Append && how.KeyField == "" {
		if how.KeepIfEmpty {
			return nil
		}
		if !how.CreateEmpty {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("write lookup %s: %w", name, err)
			}
			return nil
		}
	}
	columns, cells := cellsOf(rows)
	if how.Append || how.KeyField != "" {
		old, err := w.present(name, file)
		if err != nil {
			return err
		}
		if old != nil && len(old.Columns) > 0 {
			columns, cells = merged(old, columns, cells, how.KeyField)
		}
	}
	if err := w.write(path, columns, cells); err != nil {
		return fmt.Errorf("write lookup %s: %w", name, err)
	}
	return nil
}

// file returns the name of a table's file: its definition's, or its own, with .csv when it has no such end.
func (w *lookupWriter) file(name string) string {
	if d, ok := w.lookups.defs[name]; ok && d.Filename != "" && d.Filename == filepath.Base(d.Filename) {
		name = d.Filename
	}
	if !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".csv.gz") {
		name += ".csv"
	}
	return name
}

// present returns the table as it is now, nil when there is none: it may have been written since it was looked up.
func (w *lookupWriter) present(name, file string) (*spl.Table, error) {
	r, ok, err := w.lookups.open(file, w.lookups.defs[name])
	if err != nil {
		return nil, fmt.Errorf("lookup %s: %w", name, err)
	}
	if !ok {
		return nil, nil
	}
	return w.lookups.read(&spl.Table{Name: name}, r, nil)
}

// cellsOf returns rows as the text of a table. The values of one cell stand on lines of their own.
func cellsOf(b *event.Batch) (columns []string, rows [][]string) {
	var cols []*event.Column
	for i, n := range b.Names() {
		if !event.Hidden(n) {
			columns, cols = append(columns, n), append(cols, b.ColumnAt(i))
		}
	}
	rows = make([][]string, b.Len())
	for r := range rows {
		row := make([]string, len(cols))
		for i, c := range cols {
			var one [1]event.Value
			var lines []string
			for _, v := range function.Values(c.Value(r), &one) {
				lines = append(lines, function.Text(v))
			}
			row[i] = strings.Join(lines, "\n")
		}
		rows[r] = row
	}
	return columns, rows
}

// merged returns the rows of a table with others behind them, or in the place of those with the same key. The columns are the table's,
// as Splunk keeps them; the key is added when it lacks it.
func merged(old *spl.Table, columns []string, rows [][]string, key string) ([]string, [][]string) {
	all := slices.Clone(old.Columns)
	if key != "" && !slices.Contains(all, key) {
		all = append(all, key)
	}
	out := make([][]string, 0, len(old.Rows)+len(rows))
	at := map[string]int{}
	k := slices.Index(all, key)
	for _, r := range old.Rows {
		r = append(slices.Clone(r), make([]string, len(all)-len(r))...)
		if key != "" && r[k] != "" {
			at[r[k]] = len(out)
		}
		out = append(out, r)
	}
	for _, r := range rows {
		row := make([]string, len(all))
		for i, name := range all {
			if j := slices.Index(columns, name); j >= 0 {
				row[i] = r[j]
			}
		}
		if key != "" && row[k] != "" {
			if i, ok := at[row[k]]; ok {
				out[i] = row
				continue
			}
			at[row[k]] = len(out)
		}
		out = append(out, row)
	}
	return all, out
}

// write replaces the file as a whole, so that nobody reads half a table, and a link there is replaced, not followed.
func (w *lookupWriter) write(path string, columns []string, rows [][]string) (err error) {
	f, err := os.CreateTemp(w.dir, ".writing-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	var to io.Writer = f
	var packed *gzip.Writer
	if strings.HasSuffix(path, ".gz") {
		packed = gzip.NewWriter(f)
		to = packed
	}
	if len(columns) > 0 {
		c := csv.NewWriter(to)
		if err := c.Write(columns); err != nil {
			return err
		}
		if err := c.WriteAll(rows); err != nil {
			return err
		}
	}
	if packed != nil {
		if err := packed.Close(); err != nil {
			return err
		}
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
