package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/catalog"
	"github.com/harrier-detect/harrier/internal/catalog/site"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/source"
)

func catalogCommand(s *streams) *cobra.Command {
	c := &cobra.Command{Use: "catalog", Short: "Make a catalogue of rules", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(catalogBuildCommand(s))
	return c
}

type catalogOptions struct {
	rules []string
	dir   string
	data  []string
	title string
	force bool
	runFlags
}

func catalogBuildCommand(s *streams) *cobra.Command {
	var o catalogOptions
	c := &cobra.Command{
		Use:   "build -r RULES [-r …] -o DIR [--data PATH…]",
		Short: "Write a site with a page for each rule, technique, event, field and indicator",
		Long: "The site works from the file system: open DIR/index.html. It holds the same as JSON and as a layer for ATT&CK Navigator; DIR/data.html tells.\n\n" +
			"DIR is made when it is not there. What an earlier build wrote into it is replaced; when it holds anything else, nothing is written without --force. " +
			"The exit code is 2 when a rule was refused; the catalogue has it, with the reasons.",
		RunE: func(c *cobra.Command, args []string) error {
			// Paths behind --data PATH are more of them, as a shell's pattern gives.
			if len(args) > 0 && len(o.data) == 0 {
				return fmt.Errorf("%q: data is given with --data", args[0])
			}
			o.data = append(o.data, args...)
			return buildCatalog(c, s, o)
		},
	}
	c.Flags().StringArrayVarP(&o.rules, "rules", "r", nil, "rule file or folder `PATH`, in any published form")
	c.MarkFlagRequired("rules")
	c.Flags().StringVarP(&o.dir, "output", "o", "", "folder `DIR` to write to")
	c.MarkFlagRequired("output")
	c.Flags().StringArrayVar(&o.data, "data", nil, "run the rules over the data at `PATH` and show what they find")
	c.Flags().StringVar(&o.title, "title", "Detection catalogue", "what the catalogue is called")
	c.Flags().BoolVar(&o.force, "force", false, "write into a folder that holds other files, which stay")
	o.runFlags.add(c)
	return c
}

// catalogMemory is what a build tries to keep to; the largest corpora hold less than half of it.
const catalogMemory = 1400 << 20

func buildCatalog(c *cobra.Command, s *streams, o catalogOptions) error {
	ctx := c.Context()
	if o.memory == "" {
		// Pages by the thousand are garbage as soon as they are written; the collector is to take them before they add up.
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(catalogMemory))
	}
	pack, engine, err := o.load(o.rules)
	if err != nil {
		return err
	}
	cat, err := catalog.Build(ctx, engine, pack, catalog.Options{Title: o.title, Roots: o.rules, Workers: o.workers})
	if err != nil {
		return err
	}
	var problems inputErrors
	if len(o.data) > 0 {
		h := &hunted{items: detect.Compile(engine, pack), progress: new(source.Progress)}
		report := h.reporter(s.err)
		in := engine.NewInput(o.data, report, h.progress)
		in.Options.Stdin = s.in
		defer in.Close()
		bar := showProgress(s.err, h.progress, nil)
		err := h.stages(ctx, engine, in, func(fs []*finding.Finding) error {
			for len(fs) > 0 { // those of one rule follow on each other
				n := 1
				for n < len(fs) && fs[n].Rule == fs[0].Rule {
					n++
				}
				cat.Found(fs[0].Rule, fs[:n])
				fs = fs[n:]
			}
			return nil
		}, report)
		bar.stop()
		if err != nil {
			return err
		}
		for _, it := range h.items {
			if it.State() == detect.Refused {
				cat.Failed(it.Rule, it.Diagnostics)
			}
		}
		cat.Ran(h.progress.Files.Load(), h.progress.Events.Load())
		problems = h.errors
	}
	cat.Settle()
	done, err := site.Write(ctx, cat, o.dir, site.Options{Force: o.force, Workers: o.workers})
	if err != nil {
		return err
	}
	states := map[string]int{}
	for _, e := range cat.Entries {
		states[e.State]++
	}
	fmt.Fprintf(s.err, "%d rules: %d run, %d with notes, %d refused\n", len(cat.Entries), states["runs"]+states["notes"], states["notes"], states["refused"])
	if cat.Data != nil {
		fmt.Fprintf(s.err, "%d findings of %d rules in %d events\n", cat.Data.Findings, cat.Data.Rules, cat.Data.Events)
	}
	fmt.Fprintf(s.err, "%s: %d files, %s\n", o.dir, done.Files, size(done.Bytes))
	if states["refused"] > 0 {
		return exit(ExitRules)
	}
	return problems.exit()
}
