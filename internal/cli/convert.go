package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// Columns that convert adds to the fields of the source.
const (
	fileColumn   = "_file"
	recordColumn = "_record"
)

func convertCommand(s *streams) *cobra.Command {
	var format, file string
	var workers int
	c := &cobra.Command{
		Use:   "convert [-f jsonl|csv|parquet] [-o OUT] PATH…",
		Short: "Print events as they were read, in the fields of their source",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) (err error) {
			f := export.Format(format)
			switch f {
			case export.JSONL, export.CSV, export.Parquet:
			default:
				return fmt.Errorf("-f takes jsonl, csv or parquet, not %q", format)
			}
			w := s.out
			if file != "" {
				out, cerr := os.Create(file)
				if cerr != nil {
					return fmt.Errorf("write events: %w", cerr)
				}
				defer func() { err = errors.Join(err, out.Close()) }()
				w = out
			} else if f == export.Parquet && terminal(s.out) {
				return fmt.Errorf("-f parquet is not for a terminal: name a file with -o")
			}
			told := 0
			problems := &inputErrors{report: func(d text.Diagnostic) {
				told++
				fmt.Fprintln(s.err, export.Printable(d.Error()))
			}}
			progress := new(source.Progress)
			in := &query.Input{Paths: paths, Options: source.Options{Dicts: event.NewDicts(0), Files: new(event.Files), Classes: new(event.Classes),
				InOrder: true, Workers: workers, Stdin: s.in, Progress: progress, Report: problems.add}}
			defer in.Close()
			opt := export.Options{OmitMissing: true}
			if f != export.JSONL {
				if opt.Columns, opt.Kinds, err = surveyColumns(c, in); err != nil {
					return err
				}
			}
			bw := bufio.NewWriterSize(w, 1<<20)
			ew, err := export.New(bw, f, opt)
			if err != nil {
				return err
			}
			bar := showProgress(s.err, progress, nil)
			err = in.Scan(c.Context(), func(field string) bool { return field != event.RawField }, func(b *event.Batch) error {
				return ew.Write(withOrigin(b, in.Options.Files))
			})
			bar.stop()
			if err != nil {
				return err
			}
			if err := ew.Close(); err != nil {
				return err
			}
			if err := bw.Flush(); err != nil {
				return fmt.Errorf("write events: %w", err)
			}
			fmt.Fprintf(s.err, "%d files, %d events, %d records unreadable, %d problems\n", progress.Files.Load(), progress.Events.Load(), progress.Bad.Load(), told)
			return problems.exit()
		},
	}
	c.Flags().StringVarP(&format, "format", "f", "jsonl", "output `FORMAT`: jsonl, csv or parquet")
	c.Flags().StringVarP(&file, "output", "o", "", "write to `FILE` instead of standard output")
	c.Flags().IntVar(&workers, "workers", 0, "how many goroutines decode (default one a processor)")
	return c
}

// withOrigin puts the file and record number of each row in front of its fields.
func withOrigin(b *event.Batch, files *event.Files) *event.Batch {
	out := b.Derive()
	names, records := make([]event.Value, b.Len()), make([]uint64, b.Len())
	for i := range b.Len() {
		o := b.Lineage.Of(i)[0]
		names[i], records[i] = event.StringOf(files.Name(o.File)), o.Record
	}
	out.Set(fileColumn, event.NewColumn(names))
	out.Set(recordColumn, event.NewPlain(event.Int, records, nil))
	for i, n := range b.Names() {
		if n != event.RawField {
			out.Set(n, b.ColumnAt(i))
		}
	}
	return out
}

// surveyColumns reads the input once to learn all columns, which CSV and Parquet have to name before the first row, and the
// kinds of those that hold one kind only.
func surveyColumns(c *cobra.Command, in *query.Input) ([]string, map[string]event.Kind, error) {
	var mu sync.Mutex
	kinds := map[string]event.Kind{recordColumn: event.Int}
	mixed := map[string]bool{}
	err := in.Scan(c.Context(), func(field string) bool { return field != event.RawField }, func(b *event.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		for i, n := range b.Names() {
			if n == event.RawField || mixed[n] {
				continue
			}
			col := b.ColumnAt(i)
			for r := range b.Len() {
				switch k := col.Value(r).Kind(); {
				case k <= event.Null:
				case kinds[n] == event.Missing:
					kinds[n] = k
				case kinds[n] != k:
					mixed[n] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for n := range kinds {
		if n != recordColumn {
			names = append(names, n)
		}
		if mixed[n] {
			kinds[n] = event.String
		}
	}
	for n := range mixed {
		if _, ok := kinds[n]; !ok {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return append([]string{fileColumn, recordColumn}, names...), kinds, nil
}
