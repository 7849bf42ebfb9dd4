package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/chart"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/export"
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
			progress := new(source.Progress)
			problems := &inputErrors{report: func(d text.Diagnostic) { fmt.Fprintln(s.err, d.Error()) }}
			collect := new(exec.Collector)
			job := &exec.Job{Name: src.Name, Plan: q.Plan, Out: collect}
			in := engine.NewInput(args[1:], problems.add, progress)
			in.Options.Stdin = s.in
			defer in.Close()
			bar := showProgress(s.err, progress, nil)
			err = engine.Run(c.Context(), []*exec.Job{job}, in, problems.add)
			bar.stop()
			if err != nil {
				return err
			}
			if job.Err != nil {
				fmt.Fprintln(s.err, job.Err)
				return exit(ExitRules)
			}
			if err := writeRows(s, out, format, q.Rows(collect), q.Chart, src); err != nil {
				return err
			}
			return problems.exit()
		},
	}
	c.Flags().StringVarP(&lang, "language", "l", "", "language of the query: spl, kql or sigma (default: by the file's name, else guessed)")
	out.add(c, "table, json, jsonl, csv or html (default: table on a terminal, else jsonl)", true)
	flags.add(c)
	return c
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

func writeRows(s *streams, out outputFlags, format export.Format, rows *event.Batch, kind string, src *text.Source) (err error) {
	w := s.out
	if out.file != "" {
		f, cerr := os.Create(out.file)
		if cerr != nil {
			return fmt.Errorf("write rows: %w", cerr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	bw := bufio.NewWriter(w)
	var drawn *chart.Data
	if kind != "" && kind != "table" {
		if drawn, err = chart.From(kind, rows); err != nil {
			fmt.Fprintf(s.err, "no %s: %v\n", kind, err)
		}
	}
	if format == htmlFormat {
		if err := report.Rows(bw, src.Text, rows, drawn); err != nil {
			return err
		}
		return flushed(bw)
	}
	ew, err := export.New(bw, format, export.Options{Width: width(w), Columns: rows.Names()})
	if err != nil {
		return err
	}
	if err := ew.Write(rows); err != nil {
		return err
	}
	if err := ew.Close(); err != nil {
		return err
	}
	if drawn != nil && format == export.Table {
		fmt.Fprintf(bw, "\n%s\n", export.Printable(drawn.Text(width(w))))
	}
	return flushed(bw)
}

func flushed(w *bufio.Writer) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func printDiagnostics(s *streams, ds text.Diagnostics) {
	for _, d := range ds {
		fmt.Fprintln(s.err, d.Error())
		if x := d.Excerpt(); x != "" {
			fmt.Fprintln(s.err, "  "+strings.ReplaceAll(export.Printable(x), "\n", "\n  "))
		}
	}
}
