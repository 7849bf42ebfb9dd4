package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// selectFlags choose which rules of those given run, and which events they see.
type selectFlags struct {
	filter   rule.Filter
	from, to string
}

func (f *selectFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.filter.Level, "level", "", "run only rules of this `LEVEL` and above: informational, low, medium, high, critical")
	c.Flags().StringSliceVar(&f.filter.Tags, "tag", nil, "run only rules with this `TAG`, technique, tactic, story or CVE; may hold * and be given several times")
	c.Flags().StringSliceVar(&f.filter.IDs, "id", nil, "run only the rule with this `ID` or name; may hold * and be given several times")
	c.Flags().StringSliceVar(&f.filter.Statuses, "status", nil, "run only rules of this `STATUS`: stable, test, experimental, production, …; may be given several times")
	c.Flags().StringArrayVar(&f.filter.Exclude, "exclude", nil, "leave out rules with this `ID`, name or tag, or at this path; may hold * and be given several times")
	c.Flags().StringVar(&f.from, "from", "", "let rules see events from this `TIME` on; without a zone it is UTC")
	c.Flags().StringVar(&f.to, "to", "", "let rules see events before this `TIME`; without a zone it is UTC")
}

// apply takes rules out of the pack and says how many, by option.
func (f *selectFlags) apply(p *rule.Pack) (map[string]int, error) {
	if err := f.filter.Check(); err != nil {
		return nil, err
	}
	all := len(p.Rules) + len(p.Refused)
	dropped := f.filter.Apply(p)
	if all > 0 && len(p.Rules)+len(p.Refused) == 0 {
		return nil, fmt.Errorf("no rule is left: of %d, %s", all, leftOut(dropped))
	}
	return dropped, nil
}

// within makes the input give the events of the range that was asked for; nil when none was.
func (f *selectFlags) within(e *query.Engine, in *query.Input) (*query.Range, error) {
	if f.from == "" && f.to == "" {
		return nil, nil
	}
	r := &query.Range{}
	var err error
	if f.from != "" {
		if r.From, err = query.ParseTime(f.from); err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
	}
	if f.to != "" {
		if r.To, err = query.ParseTime(f.to); err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
	}
	if f.from != "" && f.to != "" && !r.From.Before(r.To) {
		return nil, fmt.Errorf("--from %s is not before --to %s", f.from, f.to)
	}
	return r, e.Within(in, r)
}

// leftOut tells how many rules each option has left out.
func leftOut(dropped map[string]int) string {
	var parts []string
	for _, by := range slices.Sorted(maps.Keys(dropped)) {
		parts = append(parts, fmt.Sprintf("%d left out by %s", dropped[by], by))
	}
	return strings.Join(parts, ", ")
}

// selectionSummary says what the selection has left out.
func (h *hunted) selectionSummary(w io.Writer) {
	if len(h.filtered) > 0 {
		fmt.Fprintf(w, ", %s", leftOut(h.filtered))
	}
}

func (h *hunted) rangeSummary(w io.Writer) {
	if r := h.within; r != nil {
		fmt.Fprintf(w, ", %d outside the range of time, %d without a time", r.Outside, r.Untimed)
	}
}
