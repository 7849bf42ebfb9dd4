package cli

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/twin"
)

func twinCommand(s *streams) *cobra.Command {
	var flags runFlags
	var out outputFlags
	c := &cobra.Command{
		Use:   "twin RULE_A RULE_B PATH…",
		Short: "Compare two rules that claim the same behaviour: common and different events, and the condition behind each difference",
		Long: "twin runs two rules, of any languages, over the same data. It lists the events that both find and those that only one of them finds, and says which condition " +
			"of the other rule leaves these out.\n\n" +
			"Exit codes: 0 both find the same events, 1 they differ, 2 a rule is wrong or was refused, 3 wrong usage or unreadable input.",
		Args: cobra.MinimumNArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			if err := tableOrJSON(&out); err != nil {
				return err
			}
			pack, engine, err := flags.load(args[:2])
			if err != nil {
				return err
			}
			printDiagnostics(s, pack.Diagnostics)
			var rules [2]*rule.Rule
			var asked [2]*query.Explained
			for i, path := range args[:2] {
				one, err := rule.Load([]string{path})
				if err != nil {
					return err
				}
				if n := len(one.Rules); n != 1 || len(one.Refused) > 0 {
					if len(one.Refused) > 0 {
						return exit(ExitRules) // the reason was told with the pack
					}
					return fmt.Errorf("twin compares two rules; there are %d in %s", n, path)
				}
				rules[i] = one.Rules[0]
				asked[i] = engine.Explain(rules[i].Language, rules[i].Query)
				if asked[i].Compiled == nil {
					printDiagnostics(s, asked[i].Diagnostics)
					return exit(ExitRules)
				}
			}
			problems := newProblems(s)
			in := engine.NewInput(args[2:], problems.add, nil)
			in.Options.Stdin = s.in
			defer in.Close()
			r, err := twin.Compare(c.Context(), engine, asked[0], asked[1], in)
			if err != nil {
				return err
			}
			t := &twinned{Common: allRecords(r.Common, in.Options.Files), A: newTwinSide(rules[0], r.A, in.Options.Files), B: newTwinSide(rules[1], r.B, in.Options.Files)}
			w := bufio.NewWriter(s.out)
			if out.format == "json" {
				data, err := json.MarshalIndent(t, "", "  ")
				if err != nil {
					return fmt.Errorf("print report: %w", err)
				}
				w.Write(append(data, '\n'))
			} else {
				t.page().write(w, out.format == "md")
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print report: %w", err)
			}
			switch {
			case problems.n > 0:
				return problems.exit()
			case len(r.A.Only)+len(r.B.Only) > 0:
				return exit(ExitFindings)
			}
			return nil
		},
	}
	out.add(c, "table, json or md (default table)", false)
	flags.add(c)
	return c
}

// twinned is what twin tells, in the form of its JSON.
type twinned struct {
	A      twinSide `json:"a"`
	B      twinSide `json:"b"`
	Common []record `json:"common"`
}

type twinSide struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	File     string       `json:"file"`
	Language string       `json:"language"`
	Rows     int          `json:"rows"`
	Events   int          `json:"events"`
	Only     []record     `json:"only"`
	Why      []twinReason `json:"why_not_the_other"`
}

type twinReason struct {
	Over      string   `json:"over,omitempty"`
	Condition string   `json:"condition"`
	Field     string   `json:"field,omitempty"`
	Value     string   `json:"value,omitempty"`
	Events    []record `json:"events"`
}

func allRecords(os []event.Origin, files *event.Files) []record {
	out := []record{}
	for _, o := range os {
		out = append(out, record{files.Name(o.File), o.Record})
	}
	return out
}

func newTwinSide(r *rule.Rule, s twin.Side, files *event.Files) twinSide {
	out := twinSide{ID: r.ID, Name: r.Name, File: r.File, Language: string(r.Language), Rows: s.Rows, Events: s.Events, Only: allRecords(s.Only, files), Why: []twinReason{}}
	for _, w := range s.Why {
		out.Why = append(out.Why, twinReason{w.Over, w.Condition, w.Field, w.Value, allRecords(w.Events, files)})
	}
	return out
}

func (t *twinned) page() *page {
	p := &page{title: fmt.Sprintf("A: %s (%s)\nB: %s (%s)", t.A.Name, t.A.Language, t.B.Name, t.B.Language)}
	p.table("Found", []string{"", "rows", "events", "only here"}, [][]string{
		{"A", fmt.Sprint(t.A.Rows), fmt.Sprint(t.A.Events), fmt.Sprint(len(t.A.Only))},
		{"B", fmt.Sprint(t.B.Rows), fmt.Sprint(t.B.Events), fmt.Sprint(len(t.B.Only))},
		{"both", "", fmt.Sprint(len(t.Common)), ""},
	})
	listed := func(title string, rs []record) {
		var rows [][]string
		for i, r := range rs {
			if i == 20 {
				rows = append(rows, []string{fmt.Sprintf("and %d more", len(rs)-i)})
				break
			}
			rows = append(rows, []string{r.String()})
		}
		p.list(title, rows)
	}
	listed("Events of both", t.Common)
	for _, side := range []struct {
		name, other string
		twinSide
	}{{"A", "B", t.A}, {"B", "A", t.B}} {
		listed("Only "+side.name, side.Only)
		for _, w := range side.Why {
			rows := [][]string{{"condition", cut(w.Condition, 400)}}
			if w.Field != "" {
				rows = append(rows, []string{w.Field, cut(w.Value, 1000)})
			}
			for i, r := range w.Events {
				if i == 3 {
					rows = append(rows, []string{"", fmt.Sprintf("and %d more", len(w.Events)-i)})
					break
				}
				rows = append(rows, []string{"event", r.String()})
			}
			p.list(fmt.Sprintf("%s of %s left out by %s", plural(len(w.Events), "event"), side.name, side.other), rows)
		}
	}
	return p
}
