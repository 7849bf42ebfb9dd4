package cli

import (
	"context"

	"errors"
	"fmt"
	"io"

	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/output"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schedule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

type huntOptions struct {
	rules []string
	runFlags
	outputFlags
	selectFlags
	scheduleFlags
	outs    []string // FORMAT=FILE
	title   string   // of reports
	why     bool
	risk    string // file for the ledger of risk
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
	c.Flags().StringVar(&o.risk, "risk", "", "write what is at risk, and how much, to `FILE` as JSON lines")
	c.Flags().BoolVar(&o.why, "why", false, "list every rule that does not simply run, with its diagnostics")
	c.Flags().BoolVar(&o.profile, "profile", false, "print what the time went into: rules, conditions, literals, views and their columns; measuring costs some time of its own")
	o.outputFlags.add(c, output.Names()+" (default: table on a terminal, else jsonl)", true)
	c.Flags().StringArrayVar(&o.outs, "out", nil, "write findings also in another form, `FORMAT=FILE`; may be given several times")
	c.Flags().StringVar(&o.title, "title", "", "the title of reports, `TEXT`")
	o.selectFlags.add(c)
	o.scheduleFlags.add(c)
	o.runFlags.add(c)
	o.addWriteLookups(c)
	return c
}

// hunted is what a hunt came to.
type hunted struct {
	items    []*detect.Item
	found    int
	progress *source.Progress
	elapsed  time.Duration
	problems int      // with the input
	kept     []string // the first of them
	errors   inputErrors
	partial  bool
	outcomes
	filtered map[string]int // rules that options left out, by option
	within   *query.Range
	schedule *schedule.Summary
}

func (h *hunted) exit() error {
	switch {
	case detect.Count(h.items)[detect.Refused] > 0:
		return exit(ExitRules)
	case h.found > 0:
		return exit(ExitFindings)
	}
	return h.errors.exit()
}

// hunt runs the rules over the paths, prints findings as they were asked for and the summary on standard error.
func hunt(ctx context.Context, s *streams, o huntOptions, paths []string) (*hunted, error) {
	began := time.Now()
	if err := o.scheduleFlags.check(); err != nil {
		return nil, err
	}
	var pack *rule.Pack
	if err := await(ctx, func() (err error) {
		pack, err = rule.Load(o.rules)
		return err
	}); err != nil {
		return nil, err
	}
	if len(pack.Rules)+len(pack.Refused) == 0 {
		return nil, fmt.Errorf("there is no rule in %s", strings.Join(o.rules, ", "))
	}
	filtered, err := o.selectFlags.apply(pack)
	if err != nil {
		return nil, err
	}
	if o.profile {
		o.runFlags.profile = new(cost.Profile)
	}
	engine, err := o.engine(pack)
	if err != nil {
		return nil, err
	}
	h := &hunted{progress: new(source.Progress), filtered: filtered}
	if err := await(ctx, func() error {
		h.items = detect.Compile(engine, pack)
		return nil
	}); err != nil {
		return nil, err
	}
	report := h.reporter(s.err)
	in := engine.NewInput(paths, report, h.progress)
	in.Options.Stdin = s.in
	defer in.Close()
	if h.within, err = o.selectFlags.within(engine, in); err != nil {
		return nil, err
	}
	outs, err := o.openOutputs(s)
	if err != nil {
		return nil, err
	}
	outs.late, outs.keep = o.schedule, outs.keep || o.schedule
	var found atomic.Int64
	bar := showProgress(s.err, h.progress, func() string { return fmt.Sprintf("%d findings", found.Load()) })
	err = h.stages(ctx, engine, in, func(fs []*finding.Finding) error {
		h.found += len(fs)
		found.Store(int64(h.found))
		return outs.write(fs)
	}, report)
	bar.stop()
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			return nil, errors.Join(err, outs.close(h.reportSummary(&o, paths)))
		}
		h.partial = true
	}
	if !h.partial && o.schedule {
		if err := h.replay(ctx, &o, pack, in, outs); err != nil {
			return nil, errors.Join(err, outs.close(h.reportSummary(&o, paths)))
		}
	}
	if !h.partial {
		if err := outs.fetch(ctx, engine, in); err != nil {
			return nil, errors.Join(err, outs.close(h.reportSummary(&o, paths)))
		}
	}
	h.elapsed = time.Since(began)
	if err := outs.close(h.reportSummary(&o, paths)); err != nil {
		return nil, err
	}
	if err := h.writeRisk(o.risk); err != nil {
		return nil, err
	}
	h.summary(s.err, o.why)
	h.scheduleSummary(s.err, outs)
	if o.profile {
		printProfile(s.err, o.runFlags.profile)
	}
	if h.partial {
		return nil, interrupted("the findings are those of the events that had been read")
	}
	return h, nil
}

// reporter prints problems with the input; after some of them it only counts, so that one broken archive does not bury the rest.
func (h *hunted) reporter(w io.Writer) func(text.Diagnostic) {
	const shown = 20
	h.errors.report = func(d text.Diagnostic) {
		h.problems++
		if len(h.kept) < 100 {
			h.kept = append(h.kept, d.Error())
		}
		if h.problems <= shown {
			fmt.Fprintln(w, export.Printable(d.Error()))
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
	h.rangeSummary(w)
	left := 0
	for _, k := range h.filtered {
		left += k
	}
	fmt.Fprintf(w, "\n%d rules: %d ran, %d with notes, %d refused", left+len(h.items), n[detect.Runs]+n[detect.Notes], n[detect.Notes], n[detect.Refused])
	h.selectionSummary(w)
	if !why && n[detect.Refused]+n[detect.Notes] > 0 {
		fmt.Fprint(w, " (--why tells)")
	}
	fmt.Fprintf(w, "\n%d findings in %s", h.found, h.elapsed.Round(time.Millisecond))
	if h.partial {
		fmt.Fprint(w, ", interrupted: partial result")
	}
	fmt.Fprintln(w)
	h.outcomes.summary(w)
	if why {
		printWhy(w, h.items)
	}
}

// printWhy lists every rule that does not simply run, with its diagnostics and the text they point at.
func printWhy(w io.Writer, items []*detect.Item) {
	for _, it := range detect.Sorted(items) {
		fmt.Fprintf(w, "\n%s: %s (%s)\n", it.State(), export.Printable(it.Rule.Name), export.Printable(it.Rule.File))
		for _, d := range it.Diagnostics {
			fmt.Fprintf(w, "  %s\n", export.Printable(d.Error()))
			if x := d.Excerpt(); x != "" {
				fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(export.Printable(x), "\n", "\n    "))
			}
		}
	}
}
