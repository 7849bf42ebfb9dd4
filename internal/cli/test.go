package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/dtest"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

type testOptions struct {
	runFlags
	outputFlags
	data, junit, run, changed string
	why, strict, needData     bool
}

func testCommand(s *streams) *cobra.Command {
	var o testOptions
	c := &cobra.Command{
		Use:   "test [RULES…]",
		Short: "Run the tests that rules carry: what they must find, and what they must leave alone",
		Long: "Runs ESCU's tests (attack_data, looked up in a local folder by the end of its URL), the regression data of Sigma rules, and tests of Harrier's own, " +
			"inside a rule or in a file RULE.test.yml beside it. Without RULES, all rules below the current folder.\n\n" +
			"Exit codes: 0 all tests that could be run passed, 1 a test failed, 2 a rule was refused, 3 a test or its data cannot be read.",
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{"."}
			}
			return o.test(c.Context(), s, paths)
		},
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder `DIR` with published datasets, such as a clone of attack_data; archives count as folders")
	f.StringVar(&o.junit, "junit", "", "write the results as JUnit XML to `FILE`, too")
	f.StringVar(&o.run, "run", "", "run only tests whose \"rule/test\" or rule id match the regular expression `PATTERN`")
	f.StringVar(&o.changed, "changed", "", "run only tests of rules that differ from revision `REV` of git, or whose tests, data, macros or lookups do (default HEAD)")
	f.Lookup("changed").NoOptDefVal = "HEAD"
	f.BoolVar(&o.why, "why", false, "tell of each failure where the rows went, and list the rules without tests")
	f.BoolVar(&o.strict, "strict", false, "fail a test when a field that the rule says is at risk has no value in any finding")
	f.BoolVar(&o.needData, "require-data", false, "fail when the data of a test is not there")
	o.outputFlags.add(c, "table or jsonl (default: table on a terminal, else jsonl)", true)
	o.runFlags.add(c)
	return c
}

func (o *testOptions) test(ctx context.Context, s *streams, paths []string) (err error) {
	format := o.format
	if format == "" {
		if format = "jsonl"; o.file == "" && terminal(s.out) {
			format = "table"
		}
	}
	if format != "table" && format != "jsonl" {
		return fmt.Errorf("-f takes table or jsonl, not %q", o.format)
	}
	suite, err := dtest.Load(paths, o.data)
	if err != nil {
		return err
	}
	cases, err := o.chosen(ctx, suite, paths)
	if err != nil {
		return err
	}
	for _, d := range slices.Concat(suite.Pack.Diagnostics, suite.Diagnostics) {
		fmt.Fprintln(s.err, export.Printable(d.Error()))
	}
	out := s.out
	if o.file != "" {
		f, cerr := os.Create(o.file)
		if cerr != nil {
			return fmt.Errorf("write results: %w", cerr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	runner := &dtest.Runner{Strict: o.strict, Why: o.why, Engine: func(now string) (*query.Engine, error) {
		flags := o.runFlags
		if now != "" {
			flags.now = now
		}
		return flags.engine(suite.Pack)
	}}
	began := time.Now()
	var results []*dtest.Result
	err = runner.Run(ctx, suite, cases, func(r *dtest.Result) {
		results = append(results, r)
		if format == "jsonl" {
			w.Write(append(resultLine(r), '\n'))
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	stopped := err != nil
	if format == "table" {
		o.table(w, results)
	}
	if o.junit != "" {
		if err := writeFile(o.junit, func(w io.Writer) error { return dtest.WriteJUnit(w, results) }); err != nil {
			return err
		}
	}
	o.untested(w, suite, format)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	n := o.summary(s.err, suite, results, time.Since(began))
	refused := false
	if o.run == "" && o.changed == "" && !stopped {
		if refused, err = o.refusedUntested(s, suite); err != nil {
			return err
		}
	}
	switch {
	case stopped:
		return interrupted("tests that had not begun are not in it")
	case n[dtest.Refused] > 0 || len(suite.Pack.Refused) > 0 || refused:
		return exit(ExitRules)
	case n[dtest.Broken] > 0 || suite.Diagnostics.HasErrors() || o.needData && n[dtest.NoData] > 0:
		return exit(ExitUsage)
	case n[dtest.Fail] > 0:
		return exit(ExitFindings)
	}
	return nil
}

// chosen returns the cases that the flags ask for.
func (o *testOptions) chosen(ctx context.Context, suite *dtest.Suite, paths []string) ([]*dtest.Case, error) {
	cases := suite.Cases
	if o.changed != "" {
		changed, err := dtest.Changed(ctx, paths, o.changed)
		if err != nil {
			return nil, err
		}
		cases = suite.Affected(changed)
	}
	if o.run != "" {
		re, err := regexp.Compile(o.run)
		if err != nil {
			return nil, fmt.Errorf("--run takes a regular expression: %w", err)
		}
		cases = slices.DeleteFunc(slices.Clone(cases), func(c *dtest.Case) bool {
			return !re.MatchString(c.Rule.Name+"/"+c.Name) && !re.MatchString(c.Rule.ID)
		})
	}
	if len(cases) == 0 && len(suite.Pack.Rules)+len(suite.Pack.Refused)+len(suite.Diagnostics) == 0 {
		return nil, fmt.Errorf("there is no rule in %s", strings.Join(paths, ", "))
	}
	return cases, nil
}

func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

type testJSON struct {
	Kind     string        `json:"kind"` // "test"
	Status   dtest.Status  `json:"status"`
	RuleID   string        `json:"rule_id"`
	Rule     string        `json:"rule"`
	File     string        `json:"file"`
	Test     string        `json:"test"`
	Origin   string        `json:"origin"`
	Written  string        `json:"written"`
	Place    text.Position `json:"place"`
	Data     []string      `json:"data"`
	Events   int64         `json:"events"`
	Findings int           `json:"findings"`
	Seconds  float64       `json:"seconds"`
	Reasons  []string      `json:"reasons"`
	Remarks  []string      `json:"remarks"`
}

func resultLine(r *dtest.Result) []byte {
	t := testJSON{Kind: "test", Status: r.Status, RuleID: r.Rule.ID, Rule: r.Rule.Name, File: r.Rule.File, Test: r.Name, Origin: r.Origin, Written: r.Source.Name,
		Place: r.Source.Position(r.Span.Start), Data: []string{}, Events: r.Events, Findings: len(r.Findings), Seconds: r.Elapsed.Seconds() / float64(max(r.Shared, 1)),
		Reasons: nonNil(r.Reasons), Remarks: nonNil(r.Remarks)}
	for _, d := range r.Data {
		name := d.Path
		switch {
		case d.Inline != "":
			name = "(in the test)"
		case d.Member != "":
			name += "!" + d.Member
		case name == "":
			name = d.Ref
		}
		t.Data = append(t.Data, name)
	}
	line, err := json.Marshal(t)
	if err != nil { // texts, numbers and lists only
		panic(err)
	}
	return line
}

// table prints a line for each test that did not simply pass or has a remark, and one for each rule whose tests all passed.
func (o *testOptions) table(w io.Writer, results []*dtest.Result) {
	byRule := map[*rule.Rule][]*dtest.Result{}
	var order []*rule.Rule
	for _, r := range results {
		if byRule[r.Rule] == nil {
			order = append(order, r.Rule)
		}
		byRule[r.Rule] = append(byRule[r.Rule], r)
	}
	slices.SortStableFunc(order, func(a, b *rule.Rule) int { return strings.Compare(a.File, b.File) })
	for _, r := range order {
		passed := 0
		for _, res := range byRule[r] {
			if res.Status == dtest.Pass {
				passed++
			}
		}
		if passed > 0 {
			fmt.Fprintf(w, "pass     %s (%s)\n", export.Printable(r.Name), plural(passed, "test"))
		}
		for _, res := range byRule[r] {
			if res.Status == dtest.Pass && len(res.Remarks) == 0 {
				continue
			}
			if res.Status != dtest.Pass {
				p := res.Source.Position(res.Span.Start)
				fmt.Fprintf(w, "%-8s %s/%s (%s:%d)\n", res.Status, export.Printable(r.Name), export.Printable(res.Name), export.Printable(res.Source.Name), p.Line)
			}
			for _, x := range res.Reasons {
				fmt.Fprintf(w, "         %s\n", export.Printable(x))
			}
			for _, x := range res.Remarks {
				fmt.Fprintf(w, "         note: %s\n", export.Printable(x))
			}
		}
	}
}

// untested lists the rules that no test speaks for, in jsonl always, in a table with --why.
func (o *testOptions) untested(w io.Writer, suite *dtest.Suite, format string) {
	none, positive := suite.Untested()
	for _, g := range []struct {
		rules     []*rule.Rule
		kind, say string
	}{{none, "untested", "no test"}, {positive, "only-positive", "no test that it stays silent"}} {
		for _, r := range g.rules {
			if format == "jsonl" {
				line, _ := json.Marshal(map[string]string{"kind": g.kind, "rule_id": r.ID, "rule": r.Name, "file": r.File})
				w.Write(append(line, '\n'))
			} else if o.why {
				fmt.Fprintf(w, "%-30s %s (%s)\n", g.say, export.Printable(r.Name), export.Printable(r.File))
			}
		}
	}
}

// refusedUntested compiles the rules without a test, which nothing has compiled by then, and tells of those that do not run.
func (o *testOptions) refusedUntested(s *streams, suite *dtest.Suite) (bool, error) {
	none, _ := suite.Untested()
	if len(none) == 0 {
		return false, nil
	}
	engine, err := o.runFlags.engine(suite.Pack)
	if err != nil {
		return false, err
	}
	refused := false
	for _, r := range none {
		if q, ds := engine.Compile(r.Language, r.Query); q == nil {
			refused = true
			printDiagnostics(s, ds)
		}
	}
	return refused, nil
}

func (o *testOptions) summary(w io.Writer, suite *dtest.Suite, results []*dtest.Result, elapsed time.Duration) map[dtest.Status]int {
	n := map[dtest.Status]int{}
	for _, r := range results {
		n[r.Status]++
	}
	var parts []string
	for _, st := range dtest.Statuses {
		if n[st] > 0 || st == dtest.Pass || st == dtest.Fail {
			parts = append(parts, fmt.Sprintf("%d %s", n[st], map[dtest.Status]string{dtest.Pass: "passed", dtest.Fail: "failed", dtest.Refused: "of refused rules",
				dtest.Broken: "broken", dtest.NoData: "without data", dtest.Skipped: "skipped"}[st]))
		}
	}
	fmt.Fprintf(w, "%s in %s: %s\n", plural(len(results), "test"), elapsed.Round(time.Millisecond), strings.Join(parts, ", "))
	none, positive := suite.Untested()
	fmt.Fprintf(w, "%s: %d without tests, %d with tests only that they find something", plural(len(suite.Pack.Rules)+len(suite.Pack.Refused), "rule"), len(none), len(positive))
	if bad := len(suite.Pack.Refused); bad > 0 {
		fmt.Fprintf(w, ", %d refused", bad)
	}
	fmt.Fprintln(w)
	return n
}
