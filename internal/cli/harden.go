package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/harden"
	"github.com/harrier-detect/harrier/internal/text"
)

func hardenCommand(s *streams) *cobra.Command {
	var flags runFlags
	var out outputFlags
	var benign []string
	c := &cobra.Command{
		Use:   "harden RULE EVENTS…",
		Short: "Try which ways of writing known-bad events a rule misses, and which of its conditions no data would miss",
		Long: "harden takes the events that a rule finds and writes them as attackers do: other case, quotes, carets, blanks, order of arguments, - for /, short parameters, " +
			"other forms of paths, renamed programs, variables. It reports which of these variants the rule misses and which condition lost them. " +
			"Then it takes the rule's conditions away one by one, and reports whose loss the events and the data given with --benign would notice.\n\n" +
			"Exit codes: 0 nothing is missed, 1 some variant is, 2 the rule is wrong, was refused or finds nothing in the events as they are, 3 wrong usage or unreadable input.",
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := tableOrJSON(&out); err != nil {
				return err
			}
			pack, engine, err := flags.load(args[:1])
			if err != nil {
				return err
			}
			printDiagnostics(s, pack.Diagnostics)
			all := []*hardened{}
			problems := newProblems(s)
			missed, idle, bad := false, false, len(pack.Refused) > 0
			for _, r := range pack.Rules {
				x := engine.Explain(r.Language, r.Query)
				h := &hardened{ID: r.ID, Name: r.Name, File: r.File, Language: string(r.Language)}
				all = append(all, h)
				if x.Compiled == nil {
					bad = true
					printDiagnostics(s, x.Diagnostics)
					continue
				}
				d := harden.Data{Events: engine.NewInput(args[1:], problems.add, nil)}
				d.Events.Options.Stdin = s.in
				if len(benign) > 0 {
					d.Benign = engine.NewInput(benign, problems.add, nil)
				}
				h.Report, err = harden.Run(c.Context(), engine, x, d)
				d.Events.Close()
				if d.Benign != nil {
					d.Benign.Close()
				}
				var failed text.Diagnostic
				switch {
				case errors.As(err, &failed):
					bad = true
					fmt.Fprintln(s.err, export.Printable(failed.Error()))
				case err != nil:
					return err
				case h.Report.Rows == 0:
					idle = true
					fmt.Fprintf(s.err, "%s finds nothing in the events as they are: there is nothing to write otherwise\n", export.Printable(r.Name))
				}
				missed = missed || h.Report != nil && h.Report.Missed > 0
			}
			w := bufio.NewWriter(s.out)
			if out.format == "json" {
				data, err := json.MarshalIndent(all, "", "  ")
				if err != nil {
					return fmt.Errorf("print report: %w", err)
				}
				w.Write(append(data, '\n'))
			} else {
				for i, h := range all {
					if i > 0 {
						fmt.Fprintln(w)
					}
					h.page().write(w, out.format == "md")
				}
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print report: %w", err)
			}
			switch {
			case bad:
				return exit(ExitRules)
			case problems.n > 0: // rather than that the rule finds nothing in what is left
				return problems.exit()
			case idle:
				return exit(ExitRules)
			case missed:
				return exit(ExitFindings)
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&benign, "benign", nil, "data at `PATH` in which the rule should find nothing")
	out.add(c, "table, json or md (default table)", false)
	flags.add(c)
	return c
}

// tableOrJSON checks the format of a verb that prints pages.
func tableOrJSON(out *outputFlags) error {
	switch out.format {
	case "":
		out.format = "table"
	case "table", "json", "md":
	default:
		return fmt.Errorf("-f takes table, json or md, not %q", out.format)
	}
	return nil
}

// newProblems tells of the first problems with the input and counts the errors among all.
func newProblems(s *streams) *inputErrors {
	n := 0
	return &inputErrors{report: func(d text.Diagnostic) {
		if n++; n <= 20 {
			fmt.Fprintln(s.err, export.Printable(d.Error()))
		}
	}}
}

// hardened is what harden tells of one rule, in the form of its JSON.
type hardened struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	File     string `json:"file"`
	Language string `json:"language"`
	*harden.Report
}

func (h *hardened) page() *page {
	p := &page{title: h.Name}
	r := h.Report
	if r == nil {
		p.facts("", [][2]string{{"file", h.File}, {"state", "it cannot run"}})
		return p
	}
	p.facts("", [][2]string{{"file", h.File}, {"found in the events", plural(r.Rows, "row")},
		{"variants", fmt.Sprintf("%d tried, %d of them missed", len(r.Variants), r.Missed)},
		{"conditions", fmt.Sprintf("%d, %d of them with a loss that no data notices", len(r.Conditions), r.Unnoticed)}})
	var rows [][]string
	for _, v := range r.Variants {
		what := "caught"
		switch {
		case v.Caught == 0:
			what = "MISSED"
		case v.Caught < v.Rows:
			what = "PARTLY"
		}
		rows = append(rows, []string{v.Name, what, fmt.Sprintf("%d of %d", v.Caught, v.Rows), v.Doc})
	}
	p.table("Variants", []string{"variant", "", "caught", "what was changed"}, rows)
	for _, v := range r.Variants {
		if v.Caught == v.Rows {
			continue
		}
		rows := [][]string{{"before", cut(v.Changed[0].Before, 1000)}, {"after", cut(v.Changed[0].After, 1000)}}
		for _, l := range v.Lost {
			rows = append(rows, []string{"lost by", cut(l.Condition, 400)})
			if l.Field != "" {
				rows = append(rows, []string{l.Field, cut(l.Value, 1000)})
			}
		}
		p.list("Missed: "+v.Name, rows)
	}
	rows = nil
	for i, c := range r.Conditions {
		noticed := "unnoticed"
		switch {
		case c.Error != "":
			noticed = "the rule cannot run without it"
		case c.Noticed:
			noticed = "noticed"
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), fmt.Sprint(c.Rows), fmt.Sprint(c.Benign), noticed, cut(c.Text, 400)})
	}
	p.table("Without one condition", []string{"", "rows", "benign", "", "condition"}, rows)
	return p
}
