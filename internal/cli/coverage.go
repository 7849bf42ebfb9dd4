package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/coverage"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/source"
)

type coverageOptions struct {
	rules []string
	layer string
	why   bool
	runFlags
	outputFlags
}

func coverageCommand(s *streams) *cobra.Command {
	var o coverageOptions
	c := &cobra.Command{
		Use:   "coverage -r RULES [-r …] PATH…",
		Short: "Say which rules can ever fire on the data, and what the data lack for the others",
		Long: "A rule fires, sees partly (it can fire, and some of what it looks for cannot be there), is blind (it cannot fire), or is refused. " +
			"It is blind when a table has no events, the events that it asks for are not there, or a field that it tests never has a value. " +
			"What cannot be told counts as possible, and a value that was not seen yet is a hint only.\n\n" +
			"The audit settings that are missing are told by the rules that would gain from them.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error { return cover(c, s, o, paths) },
	}
	c.Flags().StringArrayVarP(&o.rules, "rules", "r", nil, "rule file or folder `PATH`, in any published form")
	c.MarkFlagRequired("rules")
	c.Flags().StringVar(&o.layer, "layer", "", "write a layer for ATT&CK Navigator to `FILE`: the share of each technique's rules that can fire")
	c.Flags().BoolVar(&o.why, "why", false, "in a table, list every rule that is blind or sees partly, with the reasons")
	o.outputFlags.add(c, "table, jsonl (a rule a line) or json (default: table on a terminal, else jsonl)", true)
	o.runFlags.add(c)
	return c
}

func cover(c *cobra.Command, s *streams, o coverageOptions, paths []string) (err error) {
	format := o.format
	if format == "" {
		format = "jsonl"
		if o.file == "" && terminal(s.out) {
			format = "table"
		}
	}
	switch format {
	case "table", "jsonl", "json":
	default:
		return fmt.Errorf("-f takes table, jsonl or json, not %q", o.format)
	}
	pack, engine, err := o.load(o.rules)
	if err != nil {
		return err
	}
	h := &hunted{progress: new(source.Progress)}
	report := h.reporter(s.err)
	in := engine.NewInput(paths, report, h.progress)
	in.Options.Stdin = s.in
	defer in.Close()
	bar := showProgress(s.err, h.progress, nil)
	r, err := coverage.Look(c.Context(), engine, pack, in, report)
	bar.stop()
	if err != nil {
		return err
	}
	if err := o.writeCoverage(s, format, r); err != nil {
		return err
	}
	if o.layer != "" {
		data, err := r.Layer("Rules that can fire")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.layer, data, 0o666); err != nil {
			return fmt.Errorf("write layer: %w", err)
		}
	}
	n := r.Count()
	fmt.Fprintf(s.err, "%d files, %d events\n%d rules: %d can fire, %d of them partly, %d blind, %d refused\n", h.progress.Files.Load(), h.progress.Events.Load(),
		len(r.Rules), n[coverage.Fires]+n[coverage.Partly], n[coverage.Partly], n[coverage.Blind], n[coverage.Refused])
	if n[coverage.Refused] > 0 {
		return exit(ExitRules)
	}
	return h.errors.exit()
}

func (o *coverageOptions) writeCoverage(s *streams, format string, r *coverage.Report) (err error) {
	out := s.out
	if o.file != "" {
		f, cerr := os.Create(o.file)
		if cerr != nil {
			return fmt.Errorf("write coverage: %w", cerr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	switch format {
	case "table":
		coverageTable(w, r, o.why)
	case "json":
		data, err := json.MarshalIndent(coverageForm(r), "", "  ")
		if err != nil {
			return fmt.Errorf("write coverage: %w", err)
		}
		w.Write(append(data, '\n'))
	default:
		for _, x := range r.Rules {
			data, err := json.Marshal(coverageRule(x))
			if err != nil {
				return fmt.Errorf("write coverage: %w", err)
			}
			w.Write(append(data, '\n'))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write coverage: %w", err)
	}
	return nil
}

type coverageRuleJSON struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	File       string         `json:"file"`
	Language   string         `json:"language"`
	State      coverage.State `json:"state"`
	Techniques []string       `json:"techniques"`
	Missing    []missingJSON  `json:"missing"`
	Hints      []missingJSON  `json:"hints"`
	Errors     []string       `json:"errors,omitempty"`
}

type missingJSON struct {
	Kind   coverage.MissingKind `json:"kind"`
	View   string               `json:"view,omitempty"`
	Event  string               `json:"event,omitempty"`
	Field  string               `json:"field,omitempty"`
	Events []string             `json:"events,omitempty"`
	Text   string               `json:"text"`
}

func coverageRule(x *coverage.Rule) coverageRuleJSON {
	r := x.Rule
	out := coverageRuleJSON{ID: r.ID, Name: r.Name, File: r.File, Language: string(r.Language), State: x.State, Techniques: nonNil(r.Techniques),
		Missing: missingForm(x.Missing), Hints: missingForm(x.Hints)}
	if x.State == coverage.Refused {
		for _, d := range x.Diagnostics {
			out.Errors = append(out.Errors, d.Error())
		}
	}
	return out
}

func missingForm(list []coverage.Missing) []missingJSON {
	out := []missingJSON{}
	for _, m := range list {
		j := missingJSON{Kind: m.Kind, View: m.View, Field: m.Field, Text: m.String()}
		if m.Class != nil {
			j.Event = m.Class.Event()
		}
		for _, e := range m.Events {
			j.Events = append(j.Events, strings.TrimSpace(e.Provider+" "+e.ID))
		}
		out = append(out, j)
	}
	return out
}

type gainJSON struct {
	Event      string   `json:"event"`
	Title      string   `json:"title,omitempty"`
	Fields     []string `json:"fields,omitempty"`
	Setting    string   `json:"setting,omitempty"`
	Rules      []string `json:"rules"`
	More       []string `json:"rules_that_see_more"`
	Techniques []string `json:"new_techniques"`
}

type coverageJSON struct {
	States  map[coverage.State]int `json:"states"`
	Attack  attackJSON             `json:"attack"`
	Missing []gainJSON             `json:"missing"`
	Rules   []coverageRuleJSON     `json:"rules"`
}

type attackJSON struct {
	Total   int          `json:"techniques"`
	Named   int          `json:"with_rules"`
	Firing  int          `json:"with_rules_that_can_fire"`
	Tactics []tacticJSON `json:"tactics"`
}

type tacticJSON struct {
	ID     string `json:"tactic"`
	Total  int    `json:"techniques"`
	Named  int    `json:"with_rules"`
	Firing int    `json:"with_rules_that_can_fire"`
}

func coverageForm(r *coverage.Report) coverageJSON {
	out := coverageJSON{States: r.Count(), Attack: attackJSON{Total: r.Attack.Total, Named: r.Attack.Named, Firing: r.Attack.Firing}, Missing: []gainJSON{}, Rules: []coverageRuleJSON{}}
	for _, t := range r.Attack.Tactics {
		out.Attack.Tactics = append(out.Attack.Tactics, tacticJSON{t.Short, t.Total, t.Named, t.Firing})
	}
	ids := func(list []*coverage.Rule) []string {
		ids := []string{}
		for _, x := range list {
			ids = append(ids, x.Rule.ID)
		}
		return ids
	}
	for _, g := range r.Gains {
		out.Missing = append(out.Missing, gainJSON{gainName(g), g.Event.Title, g.Fields, g.Setting, ids(g.Rules), ids(g.More), nonNil(g.Techniques)})
	}
	for _, x := range r.Rules {
		out.Rules = append(out.Rules, coverageRule(x))
	}
	return out
}

func gainName(g *coverage.Gain) string { return strings.TrimSpace(g.Event.Provider + " " + g.Event.ID) }

// shownGains bounds the table of what is missing; the JSON has all.
const shownGains = 40

func coverageTable(w io.Writer, r *coverage.Report, why bool) {
	p := &page{title: "Coverage"}
	n := r.Count()
	can := n[coverage.Fires] + n[coverage.Partly]
	p.facts("", [][2]string{
		{"rules", fmt.Sprintf("%d: %d can fire, %d of them partly; %d blind, %d refused", len(r.Rules), can, n[coverage.Partly], n[coverage.Blind], n[coverage.Refused])},
		{"ATT&CK", fmt.Sprintf("%d of %d techniques and sub-techniques have a rule, %d (%d %%) one that can fire", r.Attack.Named, r.Attack.Total, r.Attack.Firing, 100*r.Attack.Firing/max(1, r.Attack.Total))},
	})
	var tactics [][]string
	for _, t := range r.Attack.Tactics {
		tactics = append(tactics, []string{t.Name, fmt.Sprint(t.Total), fmt.Sprint(t.Named), fmt.Sprint(t.Firing), fmt.Sprintf("%d %%", 100*t.Firing/max(1, t.Total))})
	}
	p.table("Techniques by tactic", []string{"tactic", "techniques", "with rules", "can fire", ""}, tactics)
	var gains [][]string
	for i, g := range r.Gains {
		if i == shownGains {
			break
		}
		what := gainName(g)
		if len(g.Fields) > 0 {
			what += ": " + strings.Join(g.Fields, ", ")
		}
		gains = append(gains, []string{what, g.Event.Title, fmt.Sprint(len(g.Rules)), fmt.Sprint(len(g.More)), fmt.Sprint(len(g.Techniques)), g.Setting})
	}
	title := "What the data lack, by the rules that would gain"
	if more := len(r.Gains) - len(gains); more > 0 {
		title += fmt.Sprintf(" (the first %d; %d more with -f json)", len(gains), more)
	}
	p.table(title, []string{"event", "", "rules that could fire", "that would see more", "new techniques", "setting"}, gains)
	if why {
		for _, state := range []coverage.State{coverage.Blind, coverage.Partly} {
			var rows [][]string
			for _, x := range r.Rules {
				if x.State != state {
					continue
				}
				for i, m := range x.Missing {
					name := ""
					if i == 0 {
						name = x.Rule.Name
					}
					rows = append(rows, []string{name, m.String()})
				}
			}
			p.table(map[coverage.State]string{coverage.Blind: "Blind rules", coverage.Partly: "Rules that see partly"}[state], []string{"rule", "why"}, rows)
		}
	}
	p.write(w, false)
	if !why && n[coverage.Blind]+n[coverage.Partly] > 0 {
		fmt.Fprintln(w, export.Printable("\n--why lists the rules that are blind or see partly, with the reasons"))
	}
}
