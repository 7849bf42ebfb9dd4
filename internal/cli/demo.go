package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/demo"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/report"
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
			o := huntOptions{rules: []string{files.Rules}, why: true, keep: true}
			o.format, o.now = "table", "newest"
			h, err := hunt(c.Context(), s, o, []string{files.Telemetry})
			if err != nil {
				return err
			}
			page := filepath.Join(dir, "report.html")
			f, err := os.Create(page)
			if err != nil {
				return fmt.Errorf("write report: %w", err)
			}
			n := detect.Count(h.items)
			err = report.HTML(f, report.Summary{Title: "Harrier demo", Files: h.progress.Files.Load(), Events: h.progress.Events.Load(), Elapsed: h.elapsed, Now: time.Now(),
				Rules: map[string]int{"runs": n[detect.Runs] + n[detect.Notes], "notes": n[detect.Notes], "refused": n[detect.Refused]}}, h.findings)
			if cerr := f.Close(); err == nil && cerr != nil {
				err = fmt.Errorf("write report: %w", cerr)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "The report is %s\n", page)
			if n[detect.Refused] > 0 {
				return exit(ExitRules)
			}
			return nil // the demo has done what it was asked for; findings are its point, not an alarm
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "write telemetry, rules and report into `DIR` (default: a new temporary folder)")
	return c
}
