package cli

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/text"
)

func rulesCommand(s *streams) *cobra.Command {
	var paths []string
	var out outputFlags
	var flags runFlags
	var shared bool
	c := &cobra.Command{
		Use:   "rules -r RULES [-r …]",
		Short: "Say of every rule whether it can run, and if not, why and where",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			format := out.format
			if format == "" {
				format = "jsonl"
				if terminal(s.out) {
					format = "table"
				}
			}
			if format != "table" && format != "jsonl" {
				return fmt.Errorf("-f takes table or jsonl, not %q", out.format)
			}
			pack, engine, err := flags.load(paths)
			if err != nil {
				return err
			}
			items := detect.Compile(engine, pack)
			w := bufio.NewWriter(s.out)
			if shared {
				if err := printSharing(w, detect.Shared(items), format); err != nil {
					return err
				}
			}
			for _, it := range items {
				if shared {
					break // the plan is what was asked for
				}
				if format == "jsonl" {
					line, err := json.Marshal(ruleLine(it))
					if err != nil {
						return fmt.Errorf("print rule: %w", err)
					}
					w.Write(append(line, '\n'))
					continue
				}
				fmt.Fprintf(w, "%-8s %-6s %s (%s)\n", it.State(), it.Rule.Language, export.Printable(it.Rule.Name), export.Printable(it.Rule.File))
				for _, d := range it.Diagnostics {
					fmt.Fprintf(w, "           %s\n", export.Printable(d.Error()))
				}
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print rules: %w", err)
			}
			n := detect.Count(items)
			fmt.Fprintf(s.err, "%d rules: %d run, %d run with notes, %d refused\n", len(items), n[detect.Runs], n[detect.Notes], n[detect.Refused])
			if n[detect.Refused] > 0 {
				return exit(ExitRules)
			}
			return nil
		},
	}
	c.Flags().StringArrayVarP(&paths, "rules", "r", nil, "rule file or folder `PATH`, in any published form")
	c.MarkFlagRequired("rules")
	c.Flags().BoolVar(&shared, "plan", false, "print what a hunt with these rules evaluates once for several of them: conditions, selections, columns, by view")
	out.add(c, "table or jsonl (default: table on a terminal, else jsonl)", false)
	flags.add(c)
	return c
}

type ruleJSON struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	File        string           `json:"file"`
	Language    string           `json:"language"`
	Format      string           `json:"format"`
	State       detect.State     `json:"state"`
	Level       string           `json:"level"`
	RiskScore   int              `json:"risk_score"`
	Tactics     []string         `json:"tactics"`
	Techniques  []string         `json:"techniques"`
	Diagnostics text.Diagnostics `json:"diagnostics"`
}

func ruleLine(it *detect.Item) ruleJSON {
	r := it.Rule
	return ruleJSON{ID: r.ID, Name: r.Name, File: r.File, Language: string(r.Language), Format: r.Format, State: it.State(), Level: r.Level(),
		RiskScore: r.RiskScore(), Tactics: nonNil(r.Tactics), Techniques: nonNil(r.Techniques), Diagnostics: nonNil(it.Diagnostics)}
}

func nonNil[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}
