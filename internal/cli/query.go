package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/chart"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/report"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

func queryCommand(s *streams) *cobra.Command {
	var lang string
	var flags runFlags
	var out outputFlags
	c := &cobra.Command{
		Use:   "query [-l spl|kql|sigma] QUERY|@FILE [PATH…]",
		Short: "Run one query over data and print its rows",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			src, language, err := querySource(args[0], lang)
			if err != nil {
				return err
			}
			format, err := rowFormat(s, out)
			if err != nil {
				return err
			}
			engine, err := flags.engine(nil)
			if err != nil {
				return err
			}
			q, ds := engine.Compile(language, src)
			printDiagnostics(s, ds)
			if q == nil {
				return exit(ExitRules)
			}
			if len(args) == 1 && readsInput(q.Plan, flags.tables) {
				fmt.Fprintln(s.err, "the query reads events, and no PATH is given: it sees none (- reads standard input)")
			}
			progress := new(source.Progress)
			problems := &inputErrors{report: func(d text.Diagnostic) { fmt.Fprintln(s.err, export.Printable(d.Error())) }}
			in := engine.NewInput(args[1:], problems.add, progress)
			in.Options.Stdin = s.in
			defer in.Close()
			w, err := newRowOutput(s, out, format, q, src)
			if err != nil {
				return err
			}
			job := &exec.Job{Name: src.Name, Plan: q.Plan, Out: w.sink()}
			bar := showProgress(s.err, progress, nil)
			err = engine.Run(c.Context(), []*exec.Job{job}, in, problems.add)
			bar.stop()
			partial := err != nil && errors.Is(err, context.Canceled)
			switch {
			case w.err != nil:
				return errors.Join(w.err, w.abandon())
			case err != nil && !partial:
				return errors.Join(err, w.abandon())
			case job.Err != nil && !partial:
				fmt.Fprintln(s.err, export.Printable(job.Err.Error()))
				return errors.Join(exit(ExitRules), w.abandon())
			}
			if err := w.finish(); err != nil {
				return err
			}
			if partial {
				return interrupted("the rows are those that were there by then")
			}
			return problems.exit()
		},
	}
	c.Flags().StringVarP(&lang, "language", "l", "", "language of the query: spl, kql or sigma (default: by the file's name, else guessed)")
	out.add(c, "table, json, jsonl, csv or html (default: table on a terminal, else jsonl)", true)
	flags.add(c)
	flags.addWriteLookups(c)
	return c
}

// readsInput reports whether a plan reads events of the input, and not only tables of its own or those of --table.
func readsInput(p plan.Node, tables []string) bool {
	found := false
	plan.Walk(p, func(n plan.Node) bool {
		if scan, ok := n.(*plan.Scan); ok {
			name, kql := strings.CutPrefix(scan.View, "kql:")
			given := slices.ContainsFunc(tables, func(t string) bool { return strings.HasPrefix(t, name+"=") })
			found = found || !(kql && given)
		}
		return !found
	})
	return found
}

// querySource reads the query and decides on its language: as told, by the file's name, or by what only SPL can be: a leading
// pipe, or KQL's statements.
func querySource(arg, lang string) (*text.Source, rule.Language, error) {
	name, query := "<query>", arg
	if path, ok := strings.CutPrefix(arg, "@"); ok {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, "", fmt.Errorf("read query: %w", err)
		}
		name, query = path, strings.TrimPrefix(string(data), "\ufeff")
		if lang == "" && strings.HasSuffix(path, ".spl") {
			lang = "spl"
		} else if lang == "" && strings.HasSuffix(path, ".kql") {
			lang = "kql"
		} else if lang == "" && (strings.HasSuffix(path, ".yml") || strings.HasSuffix(path, ".yaml")) {
			lang = "sigma"
		}
	}
	src := text.NewSource(name, query)
	switch strings.ToLower(lang) {
	case "spl":
		return src, rule.SPL, nil
	case "kql":
		return src, rule.KQL, nil
	case "sigma":
		return src, rule.Sigma, nil
	case "":
		return src, guessLanguage(query), nil
	}
	return nil, "", fmt.Errorf("-l takes spl, kql or sigma, not %q", lang)
}

// guessLanguage tells the two languages apart by how a query begins: KQL with a table alone in front of a pipe or with a
// statement, SPL with a pipe or with search terms.
func guessLanguage(q string) rule.Language {
	q = strings.TrimSpace(q)
	for strings.HasPrefix(q, "//") {
		_, rest, _ := strings.Cut(q, "\n")
		q = strings.TrimSpace(rest)
	}
	if strings.HasPrefix(q, "|") || strings.HasPrefix(q, "`") {
		return rule.SPL
	}
	head, _, piped := strings.Cut(q, "|")
	head = strings.TrimSpace(head)
	first, _, _ := strings.Cut(head, " ")
	switch first {
	case "let", "print", "datatable", "range", "union", "find", "set", "declare", "externaldata", "materialize":
		return rule.KQL
	}
	plain := strings.IndexFunc(head, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) < 0
	if plain && piped && head != "" && head != "search" {
		return rule.KQL
	}
	return rule.SPL
}

func rowFormat(s *streams, out outputFlags) (export.Format, error) {
	switch f := export.Format(out.format); f {
	case export.Table, export.JSON, export.JSONL, export.CSV, htmlFormat:
		return f, nil
	case "":
		if out.file == "" && terminal(s.out) {
			return export.Table, nil
		}
		return export.JSONL, nil
	}
	return "", fmt.Errorf("-f takes table, json, jsonl, csv or html, not %q", out.format)
}

// htmlFormat is a page with the rows and the chart that the query asks for.
const htmlFormat export.Format = "html"

// rowOutput writes the rows of a query. Where the form of output allows it, and the columns are known before the rows, it writes them
// as they come; else it collects them.
type rowOutput struct {
	streams *streams
	format  export.Format
	query   *query.Compiled
	src     *text.Source
	file    *os.File
	bw      *bufio.Writer
	width   int
	collect *exec.Collector
	rows    export.Writer // of rows written as they come
	err     error         // from writing
}

func newRowOutput(s *streams, out outputFlags, format export.Format, q *query.Compiled, src *text.Source) (*rowOutput, error) {
	o := &rowOutput{streams: s, format: format, query: q, src: src}
	w := s.out
	if out.file != "" {
		f, err := os.Create(out.file)
		if err != nil {
			return nil, fmt.Errorf("write rows: %w", err)
		}
		o.file, w = f, f
	}
	o.bw, o.width = bufio.NewWriter(w), width(w)
	drawn := q.Chart != "" && q.Chart != "table"
	if q.Open || drawn || format == export.Table || format == htmlFormat {
		o.collect = new(exec.Collector)
		return o, nil
	}
	var err error
	o.rows, err = export.New(o.bw, format, export.Options{Columns: q.Columns})
	return o, err
}

func (o *rowOutput) sink() exec.Sink {
	if o.collect != nil {
		return o.collect
	}
	return o
}

// Push writes rows as they come.
func (o *rowOutput) Push(b *event.Batch) error {
	if b.Len() > 0 && o.err == nil {
		if o.err = o.rows.Write(o.query.Promised(b)); o.err == nil {
			o.err = flushed(o.bw)
		}
	}
	return o.err
}

// Close has nothing to do: finish ends the output, also of a run that was interrupted.
func (o *rowOutput) Close() error { return nil }

// abandon ends the output of a run that has failed.
func (o *rowOutput) abandon() error {
	err := o.bw.Flush()
	if o.file != nil {
		err = errors.Join(err, o.file.Close())
	}
	return err
}

// finish writes what has not been written yet.
func (o *rowOutput) finish() (err error) {
	if o.file != nil {
		defer func() { err = errors.Join(err, o.file.Close()) }()
	}
	if o.rows != nil {
		if err := o.rows.Close(); err != nil {
			return err
		}
		return flushed(o.bw)
	}
	kind := o.query.Chart
	if kind == "table" {
		kind = ""
	}
	if kind == "" && o.format != htmlFormat {
		return o.write(nil)
	}
	rows, err := o.query.Rows(o.collect)
	if err != nil {
		return err
	}
	var drawn *chart.Data
	if kind != "" {
		if drawn, err = chart.From(kind, rows); err != nil {
			fmt.Fprintf(o.streams.err, "no %s: %v\n", kind, err)
		}
	}
	if o.format == htmlFormat {
		if err := report.Rows(o.bw, o.src.Text, rows, drawn); err != nil {
			return err
		}
		return flushed(o.bw)
	}
	return o.write(drawn)
}

// write writes the collected rows, and a chart below a table.
func (o *rowOutput) write(drawn *chart.Data) error {
	ew, err := export.New(o.bw, o.format, export.Options{Width: o.width, Columns: o.query.Names(o.collect)})
	if err != nil {
		return err
	}
	if err := o.query.Each(o.collect, ew.Write); err != nil {
		return err
	}
	if err := ew.Close(); err != nil {
		return err
	}
	if drawn != nil && o.format == export.Table {
		fmt.Fprintf(o.bw, "\n%s\n", export.Printable(drawn.Text(o.width)))
	}
	return flushed(o.bw)
}

func flushed(w *bufio.Writer) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func printDiagnostics(s *streams, ds text.Diagnostics) {
	for _, d := range ds {
		fmt.Fprintln(s.err, export.Printable(d.Error()))
		if x := d.Excerpt(); x != "" {
			fmt.Fprintln(s.err, "  "+strings.ReplaceAll(export.Printable(x), "\n", "\n  "))
		}
	}
}
