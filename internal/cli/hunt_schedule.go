package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/risk"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schedule"
)

// scheduleFlags ask for a replay of the rules' schedules.
type scheduleFlags struct {
	schedule bool
	delay    time.Duration
}

func (f *scheduleFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.schedule, "schedule", false, "replay each rule's own frequency and look-back: say which findings would be missed at home, and which told of twice")
	c.Flags().DurationVar(&f.delay, "delay", 0, "with --schedule: how long after its time an event arrives, `DURATION` such as 90s or 15m")
}

func (f *scheduleFlags) check() error {
	if f.delay < 0 || f.delay > 0 && !f.schedule {
		return fmt.Errorf("--delay is a length of time for --schedule")
	}
	return nil
}

// replay runs the rules by their schedules and adds to the findings what would have become of them.
func (h *hunted) replay(ctx context.Context, o *huntOptions, pack *rule.Pack, in *query.Input, outs *outputs) error {
	flags := o.runFlags
	if flags.now == "" || flags.now == "newest" {
		flags.now = "wall" // each run has a present of its own, and none is to be looked for
	}
	flags.profile = nil
	e, err := flags.engine(pack)
	if err != nil {
		return err
	}
	items := slices.DeleteFunc(detect.Compile(e, pack), func(it *detect.Item) bool { return risk.Correlates(it.Scans()) })
	fates, sum, err := schedule.Replay(ctx, e, items, in, outs.findings(), o.delay)
	if err != nil {
		return fmt.Errorf("replay schedules: %w", err)
	}
	h.schedule = sum
	for _, it := range outs.items {
		if it.Home = fates[it.Finding]; it.Home == nil {
			it.Home = &schedule.Fate{Status: schedule.Unknown, Reason: "its rule runs over findings"}
			sum.Unknown++
		}
	}
	return nil
}

// shownFates bounds the findings that the summary names.
const shownFates = 20

// scheduleSummary tells what the replay came to.
func (h *hunted) scheduleSummary(w io.Writer, outs *outputs) {
	s := h.schedule
	if s == nil {
		return
	}
	fmt.Fprintf(w, "by schedule: %s in %s (%d evaluated), events %s late: %d findings told of once, %d doubled, %d missed, %d cannot be said", plural(s.Rules, "rule"), plural(s.Runs, "run"), s.Evaluated, s.Delay, s.Found, s.Doubled, s.Missed, s.Unknown)
	if s.Extra > 0 {
		fmt.Fprintf(w, "; %d rows of runs are in no finding of the whole", s.Extra)
	}
	fmt.Fprintln(w)
	for _, b := range slices.Sorted(maps.Keys(s.Bases)) {
		fmt.Fprintf(w, "  %s: %s\n", plural(s.Bases[b], "rule"), b)
	}
	for _, why := range slices.Sorted(maps.Keys(s.Unreplayed)) {
		fmt.Fprintf(w, "  not replayed: %s: %s\n", plural(len(s.Unreplayed[why]), "rule"), export.Printable(why))
	}
	n := 0
	for _, st := range []schedule.Status{schedule.Missed, schedule.Doubled} {
		for _, it := range outs.items {
			if it.Home.Status != st {
				continue
			}
			if n++; n > shownFates {
				continue
			}
			fmt.Fprintf(w, "  %s: %s, %s\n", export.Printable(it.Rule.Name), it.ID, it.Home)
		}
	}
	if n > shownFates {
		fmt.Fprintf(w, "  and %d more; the other forms of output have all of them\n", n-shownFates)
	}
}
