package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/export"
)

// shownCosts is how many lines of each kind a profile prints.
const shownCosts = 25

// printProfile prints what the hunt spent its time on, the dearest first: rules, the conditions they share, the columns of views.
func printProfile(w io.Writer, p *cost.Profile) {
	fmt.Fprint(w, "\ntime on all goroutines together, with what the work has caused; rows are those looked at\n")
	for _, part := range []struct {
		kind  cost.Kind
		title string
	}{
		{cost.Selection, "rules: selection (a condition is on the account of the rule that asked first)"},
		{cost.Pipeline, "rules: pipeline"},
		{cost.Atom, "atoms: conditions, each evaluated once for all rules that hold it"},
		{cost.Search, "literals: the texts of all conditions, looked for together"},
		{cost.View, "views"},
		{cost.Column, "columns of views"},
	} {
		meters := p.Dearest(part.kind)
		if len(meters) == 0 {
			continue
		}
		var all time.Duration
		for _, m := range meters {
			all += m.Time()
		}
		fmt.Fprintf(w, "\n%s: %d, %s\n%10s %12s %9s\n", part.title, len(meters), milliseconds(all), "time", "rows", "times")
		for i, m := range meters {
			if i == shownCosts {
				fmt.Fprintf(w, "%34s%d more\n", "", len(meters)-i)
				break
			}
			fmt.Fprintf(w, "%10s %12d %9d  %s\n", milliseconds(m.Time()), m.Rows(), m.Times(), shortened(export.Printable(m.Name)))
		}
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
