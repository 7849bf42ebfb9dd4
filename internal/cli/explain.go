package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

func explainCommand(s *streams) *cobra.Command {
	var flags runFlags
	var out outputFlags
	var plans bool
	c := &cobra.Command{
		Use:   "explain RULE [PATH…]",
		Short: "Say what a rule looks for, and with data, why it found something or did not",
		Long: "Without data, explain shows what surrounds a rule: its stages with their predicates, indicators, exclusions and search terms, the fields it needs, " +
			"the events that have them, and how it is run.\n\nWith data it shows the rows after each stage, the first stage that dropped everything, " +
			"the events that came nearest, and what the data lacks.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			format := out.format
			switch format {
			case "":
				format = "table"
			case "table", "json", "md":
			default:
				return fmt.Errorf("-f takes table, json or md, not %q", out.format)
			}
			pack, engine, err := flags.load(args[:1])
			if err != nil {
				return err
			}
			refused := len(pack.Refused) > 0
			printDiagnostics(s, pack.Diagnostics)
			all := []*explanation{}
			problems := newProblems(s)
			for _, r := range pack.Rules {
				x := explain(engine, r, plans)
				refused = refused || x.State == "refused"
				if len(args) > 1 && x.explained.Compiled != nil {
					if err := x.trace(c, s, engine, args[1:], problems.add); err != nil {
						return err
					}
					refused = refused || x.State == "refused" // what only a run can tell
				}
				all = append(all, x)
			}
			w := bufio.NewWriter(s.out)
			if format == "json" {
				data, err := json.MarshalIndent(all, "", "  ")
				if err != nil {
					return fmt.Errorf("print explanation: %w", err)
				}
				w.Write(append(data, '\n'))
			} else {
				for i, x := range all {
					if i > 0 {
						fmt.Fprintln(w)
					}
					x.page().write(w, format == "md")
				}
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print explanation: %w", err)
			}
			if refused {
				return exit(ExitRules)
			}
			return problems.exit()
		},
	}
	c.Flags().BoolVar(&plans, "plan", false, "show the optimised plan too")
	out.add(c, "table, json or md (default table)", false)
	flags.add(c)
	return c
}

// explanation is what explain tells of one rule, in the form of its JSON.
type explanation struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	File        string              `json:"file"`
	Language    string              `json:"language"`
	Format      string              `json:"format"`
	State       string              `json:"state"`
	Diagnostics text.Diagnostics    `json:"diagnostics"`
	Author      string              `json:"author,omitempty"`
	Date        string              `json:"date,omitempty"`
	Description string              `json:"description,omitempty"`
	Level       string              `json:"level"`
	RiskScore   int                 `json:"risk_score"`
	Impact      int                 `json:"impact,omitempty"`
	Confidence  int                 `json:"confidence,omitempty"`
	Message     string              `json:"message,omitempty"`
	Tactics     []string            `json:"tactics"`
	Techniques  []string            `json:"techniques"`
	DataSources []string            `json:"data_sources"`
	References  []string            `json:"references"`
	Declared    []string            `json:"declared_fields"`
	Query       *analyze.Query      `json:"query"`
	Indicators  []analyze.Indicator `json:"indicators"`
	Exclusions  []analyze.Indicator `json:"exclusions"`
	Output      []string            `json:"output_fields"`
	OutputOpen  bool                `json:"other_output_fields"`
	Reads       []analyze.Read      `json:"reads"`
	Events      []analyze.Event     `json:"events"`
	Plan        string              `json:"plan,omitempty"`
	Optimised   string              `json:"optimised_plan,omitempty"`
	Data        *traced             `json:"data,omitempty"`

	explained *query.Explained
}

func explain(e *query.Engine, r *rule.Rule, plans bool) *explanation {
	q := e.Explain(r.Language, r.Query)
	x := &explanation{ID: r.ID, Name: r.Name, File: r.File, Language: string(r.Language), Format: r.Format, State: "runs", Diagnostics: nonNil(q.Diagnostics),
		Author: r.Author, Date: r.Date, Description: strings.TrimSpace(r.Description), Level: r.Level(), RiskScore: r.RiskScore(), Impact: r.Impact, Confidence: r.Confidence,
		Message: r.Message, Tactics: nonNil(r.Tactics), Techniques: nonNil(r.Techniques), DataSources: nonNil(r.DataSources), References: nonNil(r.References),
		Declared: nonNil(r.Required), Query: q.Query, Indicators: []analyze.Indicator{}, Exclusions: []analyze.Indicator{}, Output: []string{},
		Reads: nonNil(q.Reads), Events: nonNil(q.Events), explained: q}
	switch {
	case q.Compiled == nil:
		x.State = "refused"
	case len(q.Diagnostics) > 0:
		x.State = "notes"
	}
	if q.Query != nil {
		x.Indicators, x.Exclusions = nonNil(q.Query.Indicators()), nonNil(q.Query.Exclusions())
	}
	if q.Compiled != nil {
		x.Output, x.OutputOpen = nonNil(q.Compiled.Columns), q.Compiled.Open
		x.Plan = plan.String(q.Plan)
		if plans {
			x.Optimised = plan.String(q.Optimised)
		}
	}
	return x
}

// trace runs the rule over data.
func (x *explanation) trace(c *cobra.Command, s *streams, e *query.Engine, paths []string, report func(text.Diagnostic)) error {
	progress := new(source.Progress)
	in := e.NewInput(paths, report, progress)
	in.Options.Stdin = s.in
	defer in.Close()
	bar := showProgress(s.err, progress, nil)
	t, err := e.Trace(c.Context(), x.explained, in, report)
	bar.stop()
	if err != nil {
		var d text.Diagnostic
		if errors.As(err, &d) {
			x.State = "refused"
			x.Diagnostics = append(x.Diagnostics, d)
			return nil
		}
		return err
	}
	x.Data = newTraced(x, t, in.Options.Files, progress)
	return nil
}

// page lays the explanation out.
func (x *explanation) page() *page {
	p := &page{title: x.Name}
	p.facts("", [][2]string{
		{"id", x.ID}, {"file", x.File}, {"language", x.Language + ", published as " + x.Format}, {"state", x.State}, {"author", x.Author}, {"date", x.Date},
		{"level", x.Level}, {"risk", x.risk()}, {"message", x.Message}, {"tactics", strings.Join(x.Tactics, ", ")}, {"techniques", strings.Join(x.Techniques, ", ")},
		{"data sources", strings.Join(x.DataSources, ", ")}, {"description", x.Description}, {"references", strings.Join(x.References, " ")},
	})
	for _, d := range x.Diagnostics {
		p.text("", d.Error())
	}
	if x.Data != nil {
		x.Data.lay(p, x)
	}
	if q := x.Query; q != nil {
		var macros [][]string
		for _, m := range q.Macros {
			macros = append(macros, []string{m.Call, shortened(m.Text)})
		}
		p.table("Macros", []string{"call", "expands to"}, macros)
		var stages, terms [][]string
		for _, s := range q.Stages {
			within := s.Within
			if within != "" {
				within = "(" + within + ") "
			}
			stages = append(stages, []string{s.ID, within + s.Text})
			for _, t := range s.Terms {
				terms = append(terms, []string{s.ID, t.Kind, t.Text, manner(t.Negated, t.Either, false)})
			}
		}
		p.list("Stages", stages)
		var preds [][]string
		for _, s := range q.Stages {
			for _, pr := range s.Predicates {
				preds = append(preds, []string{s.ID, pr.Field, string(pr.Kind), strings.Join(pr.Values, " | "), manner(pr.Negated, pr.Either, pr.All)})
			}
		}
		p.table("Predicates", []string{"stage", "field", "kind", "values", ""}, preds)
		p.table("Indicators", []string{"field", "kind", "values"}, indicatorRows(x.Indicators))
		p.table("Exclusions", []string{"field", "kind", "values"}, indicatorRows(x.Exclusions))
		p.table("Search terms", []string{"stage", "kind", "term", ""}, terms)
	}
	output := strings.Join(x.Output, ", ")
	if x.OutputOpen {
		output = strings.TrimPrefix(output+", and others that the data decides", ", ")
	}
	if output != "" {
		p.text("Output fields", output)
	}
	var reads [][]string
	for _, r := range x.Reads {
		for _, f := range r.Fields {
			from := strings.Join(r.Offers[f], ", ")
			if slices.Contains(r.Lacking, f) {
				from = "nothing"
			}
			reads = append(reads, []string{r.View, f, from})
		}
		if r.All {
			reads = append(reads, []string{r.View, "*", "every field of the event"})
		}
	}
	p.table("Required fields", []string{"from", "field", "filled by"}, reads)
	if len(x.Declared) > 0 {
		p.text("Fields that the rule declares", strings.Join(x.Declared, ", "))
	}
	var events [][]string
	for _, e := range x.Events {
		events = append(events, []string{e.Provider, e.ID, e.Title})
	}
	p.table("Event coverage", []string{"provider", "event", "title"}, events)
	p.code("Plan", x.Plan)
	p.code("Optimised plan", x.Optimised)
	return p
}

func (x *explanation) risk() string {
	switch {
	case x.Impact > 0 && x.Confidence > 0:
		return fmt.Sprintf("%d (impact %d, confidence %d)", x.RiskScore, x.Impact, x.Confidence)
	case x.RiskScore > 0:
		return fmt.Sprint(x.RiskScore)
	}
	return ""
}

func indicatorRows(list []analyze.Indicator) [][]string {
	var out [][]string
	for _, i := range list {
		out = append(out, []string{i.Field, string(i.Kind), strings.Join(i.Values, " | ")})
	}
	return out
}

func manner(negated, either, all bool) string {
	var words []string
	if negated {
		words = append(words, "excluded")
	}
	if either {
		words = append(words, "alternative")
	}
	if all {
		words = append(words, "all of them")
	}
	return strings.Join(words, ", ")
}

// shortened bounds a query's text that has a column of its own; the whole stands elsewhere.
func shortened(s string) string { return cut(strings.Join(strings.Fields(s), " "), 200) }

// cut puts text on one line of at most so many characters. Blanks stay: conditions may turn on them.
func cut(s string, most int) string {
	s = lineEnds.Replace(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
