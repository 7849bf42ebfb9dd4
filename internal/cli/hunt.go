package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

type huntOptions struct {
	rules []string
	runFlags
	outputFlags
	why     bool
	profile bool
}

func huntCommand(s *streams) *cobra.Command {
	var o huntOptions
	c := &cobra.Command{
		Use:   "hunt -r RULES [-r …] PATH…",
		Short: "Run rules over data and print findings",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			h, err := hunt(c.Context(), s, o, paths)
			if err != nil {
				return err
			}
			return h.exit()
		},
	}
	c.Flags().StringArrayVarP(&o.rules, "rules", "r", nil, "rule file or folder `PATH`, in any published form")
	c.MarkFlagRequired("rules")
	c.Flags().BoolVar(&o.why, "why", false, "list every rule that does not simply run, with its diagnostics")
	c.Flags().BoolVar(&o.profile, "profile", false, "print what the time went into: rules, conditions, literals, views and their columns; measuring costs some time of its own")
	o.outputFlags.add(c, "table, json, jsonl or csv (default: table on a terminal, else jsonl)", true)
	o.runFlags.add(c)
	return c
}

// hunted is what a hunt came to.
type hunted struct {
	items    []*detect.Item
	findings []*finding.Finding
	progress *source.Progress
	elapsed  time.Duration
	problems int // with the input
	errors   inputErrors
	partial  bool
}

func (h *hunted) exit() error {
	switch {
	case detect.Count(h.items)[detect.Refused] > 0:
		return exit(ExitRules)
	case len(h.findings) > 0:
		return exit(ExitFindings)
	}
	return h.errors.exit()
}

// hunt runs the rules over the paths, prints findings as they were asked for and the summary on standard error.
func hunt(ctx context.Context, s *streams, o huntOptions, paths []string) (*hunted, error) {
	began := time.Now()
	format, err := o.findingFormat(s)
	if err != nil {
		return nil, err
	}
	pack, err := rule.Load(o.rules)
	if err != nil {
		return nil, err
	}
	if len(pack.Rules)+len(pack.Refused) == 0 {
		return nil, fmt.Errorf("there is no rule in %s", strings.Join(o.rules, ", "))
	}
	if o.profile {
		o.runFlags.profile = new(cost.Profile)
	}
	engine, err := o.engine(pack)
	if err != nil {
		return nil, err
	}
	h := &hunted{items: detect.Compile(engine, pack), progress: new(source.Progress)}
	report := h.reporter(s.err)
	in := engine.NewInput(paths, report, h.progress)
	in.Options.Stdin = s.in
	defer in.Close()
	var found atomic.Int64
	bar := showProgress(s.err, h.progress, func() string { return fmt.Sprintf("%d findings", found.Load()) })
	err = detect.Run(ctx, engine, h.items, in, func(it *detect.Item, b *event.Batch) {
		fs := finding.FromBatch(it.Rule, b, in.Options.Files)
		h.findings = append(h.findings, fs...)
		found.Add(int64(len(fs)))
	}, report)
	bar.stop()
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			return nil, err
		}
		h.partial = true
	}
	h.elapsed = time.Since(began)
	if err := o.write(s, format, h.findings); err != nil {
		return nil, err
	}
	h.summary(s.err, o.why)
	if o.profile {
		printProfile(s.err, o.runFlags.profile)
	}
	if h.partial {
		return nil, errors.New("interrupted: the findings are those of the rules that had finished")
	}
	return h, nil
}

// reporter prints problems with the input; after some of them it only counts, so that one broken archive does not bury the rest.
func (h *hunted) reporter(w io.Writer) func(text.Diagnostic) {
	const shown = 20
	h.errors.report = func(d text.Diagnostic) {
		h.problems++
		if h.problems <= shown {
			fmt.Fprintln(w, d.Error())
		}
		if h.problems == shown+1 {
			fmt.Fprintln(w, "more problems with the input follow; they are counted in the summary")
		}
	}
	return h.errors.add
}

func (h *hunted) summary(w io.Writer, why bool) {
	n := detect.Count(h.items)
	p := h.progress
	fmt.Fprintf(w, "%d files, %s, %d events", p.Files.Load(), size(p.Bytes.Load()), p.Events.Load())
	if bad := p.Bad.Load(); bad > 0 {
		fmt.Fprintf(w, ", %d records unreadable", bad)
	}
	if h.problems > 0 {
		fmt.Fprintf(w, ", %d problems with the input", h.problems)
	}
	fmt.Fprintf(w, "\n%d rules: %d ran, %d with notes, %d refused", len(h.items), n[detect.Runs]+n[detect.Notes], n[detect.Notes], n[detect.Refused])
	if !why && n[detect.Refused]+n[detect.Notes] > 0 {
		fmt.Fprint(w, " (--why tells)")
	}
	fmt.Fprintf(w, "\n%d findings in %s\n", len(h.findings), h.elapsed.Round(time.Millisecond))
	if why {
		printWhy(w, h.items)
	}
}

// printWhy lists every rule that does not simply run, with its diagnostics and the text they point at.
func printWhy(w io.Writer, items []*detect.Item) {
	for _, it := range detect.Sorted(items) {
		fmt.Fprintf(w, "\n%s: %s (%s)\n", it.State(), it.Rule.Name, it.Rule.File)
		for _, d := range it.Diagnostics {
			fmt.Fprintf(w, "  %s\n", d.Error())
			if x := d.Excerpt(); x != "" {
				fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(export.Printable(x), "\n", "\n    "))
			}
		}
	}
}

func (o *outputFlags) findingFormat(s *streams) (string, error) {
	f := o.format
	if f == "" {
		f = "jsonl"
		if o.file == "" && terminal(s.out) {
			f = "table"
		}
	}
	switch f {
	case "table", "json", "jsonl", "csv":
		return f, nil
	}
	return "", fmt.Errorf("-f takes table, json, jsonl or csv, not %q", o.format)
}

func (o *outputFlags) write(s *streams, format string, findings []*finding.Finding) (err error) {
	out := s.out
	if o.file != "" {
		f, cerr := os.Create(o.file)
		if cerr != nil {
			return fmt.Errorf("write findings: %w", cerr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	bw := bufio.NewWriter(out)
	switch format {
	case "jsonl":
		for _, f := range findings {
			bw.Write(append(f.AppendJSON(nil), '\n'))
		}
	case "json":
		var all []json.RawMessage
		for _, f := range findings {
			all = append(all, f.AppendJSON(nil))
		}
		data, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
		if all == nil {
			data = []byte("[]")
		}
		bw.Write(append(data, '\n'))
	default:
		t := export.Table
		if format == "csv" {
			t = export.CSV
		}
		w, err := export.New(bw, t, export.Options{Width: width(out)})
		if err != nil {
			return err
		}
		if err := w.Write(findingRows(findings, format == "csv")); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if err := bw.Flush(); err != nil {
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
