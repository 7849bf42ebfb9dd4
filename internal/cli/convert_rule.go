package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/text"
	"github.com/harrier-detect/harrier/internal/transpile"
)

func convertRuleCommand(s *streams) *cobra.Command {
	var to, over string
	var flags runFlags
	c := &cobra.Command{
		Use:   "convert-rule RULE… --to spl|kql [--over cim|raw|defender|sentinel]",
		Short: "Write what a rule looks for in another language, over that language's tables",
		Long: "convert-rule compiles rules of any language and writes their plan as SPL over events or data models, or as KQL over the tables of Defender or Sentinel.\n\n" +
			"What the target cannot say is refused, with the place in the rule; what means a little less there is told on standard error.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			overs := transpile.Overs[to]
			if overs == nil {
				return fmt.Errorf("--to takes spl or kql, not %q", to)
			}
			if over == "" {
				over = overs[0]
			}
			if !slices.Contains(overs, over) {
				return fmt.Errorf("--over takes %s with --to %s, not %q", strings.Join(overs, " or "), to, over)
			}
			pack, engine, err := flags.load(args)
			if err != nil {
				return err
			}
			refused := len(pack.Refused) > 0
			printDiagnostics(s, pack.Diagnostics)
			w := bufio.NewWriter(s.out)
			written := 0
			for _, r := range pack.Rules {
				x := engine.Explain(r.Language, r.Query)
				var out string
				ds := x.Diagnostics
				if x.Compiled != nil {
					var more text.Diagnostics
					out, more = transpile.Convert(r.Query, x.Plan, transpile.Target{Language: to, Over: over})
					ds = more
				}
				printDiagnostics(s, ds)
				if out == "" {
					refused = true
					continue
				}
				if len(pack.Rules) > 1 {
					comment := map[string]string{"spl": "``` %s ```\n", "kql": "// %s\n"}[to]
					if written > 0 {
						fmt.Fprintln(w)
					}
					fmt.Fprintf(w, comment, export.Printable(r.Name))
				}
				written++
				w.WriteString(out)
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print rules: %w", err)
			}
			if refused {
				return exit(ExitRules)
			}
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "", "`LANGUAGE` to write: spl or kql")
	c.MarkFlagRequired("to")
	c.Flags().StringVar(&over, "over", "", "`TABLES` to write over: raw (events) or cim (data models) with spl, defender or sentinel with kql (default: raw, defender)")
	flags.add(c)
	return c
}
