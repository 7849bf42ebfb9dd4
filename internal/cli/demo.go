package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/demo"
	"github.com/harrier-detect/harrier/internal/detect"
)

func demoCommand(s *streams) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Simulate a small intrusion, hunt it with the built-in rules, and write a report",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				tmp, err := os.MkdirTemp("", "harrier-demo-")
				if err != nil {
					return fmt.Errorf("make a folder for the demo: %w", err)
				}
				dir = tmp
			}
			files, err := demo.Write(dir)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "A simulated day of a small domain, with an intruder in it, is in %s\n", filepath.Join(dir, "telemetry"))
			page := filepath.Join(dir, "report.html")
			o := huntOptions{rules: []string{files.Rules}, why: true, title: "Harrier demo", outs: []string{"html=" + page}}
			o.format, o.now = "table", "newest"
			h, err := hunt(c.Context(), s, o, []string{files.Telemetry})
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "The report is %s\n", page)
			if detect.Count(h.items)[detect.Refused] > 0 {
				return exit(ExitRules)
			}
			return nil // the demo has done what it was asked for; findings are its point, not an alarm
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "write telemetry, rules and report into `DIR` (default: a new temporary folder)")
	return c
}
