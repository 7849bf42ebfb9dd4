package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/docs"
	"github.com/harrier-detect/harrier/internal/check"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

type lintOptions struct {
	runFlags
	outputFlags
	explain, config, sarif, failOn string
	severity                       []string
	fix, dry, ignored              bool
}

func lintCommand(s *streams) *cobra.Command {
	var o lintOptions
	c := &cobra.Command{
		Use:   "lint [RULES…]",
		Short: "Say what is probably wrong with rules, and mend what can be mended safely",
		Long: "Looks at rules of all languages for conditions that never or always hold, fields that are not there, letters' case, regular expressions, " +
			"metadata and copies. Without RULES, all rules below the current folder.\n\n" +
			"A comment takes something back: harrier:ignore ID reason. Severities are set by .harrier.yml and --severity.\n\n" +
			"Exit codes: 0 nothing found, 1 something of the severity of --fail-on, 2 a rule was refused, 3 wrong usage.",
		RunE: func(c *cobra.Command, paths []string) error {
			if o.explain != "" {
				return explainID(s.out, o.explain)
			}
			if len(paths) == 0 {
				paths = []string{"."}
			}
			return o.lint(s, paths)
		},
	}
	f := c.Flags()
	f.StringVar(&o.explain, "explain", "", "say what the lint or diagnostic `ID` means; \"all\" lists all lints")
	f.StringVar(&o.config, "config", "", "read settings from `FILE` (default .harrier.yml here or in a folder above the rules)")
	f.StringArrayVar(&o.severity, "severity", nil, "set the severity of a lint: `ID=LEVEL`, with off, note, warning or error; an ID may end in *")
	f.StringVar(&o.failOn, "fail-on", "", "the least `SEVERITY` that makes the exit code 1: note, warning (default) or error")
	f.StringVar(&o.sarif, "sarif", "", "write the findings as SARIF 2.1.0 to `FILE`, too")
	f.BoolVar(&o.fix, "fix", false, "mend what can be mended without changing what a rule finds")
	f.BoolVar(&o.dry, "dry-run", false, "with --fix: show the changes and make none")
	f.BoolVar(&o.ignored, "show-ignored", false, "show in the table what comments take back, too")
	o.outputFlags.add(c, "table or jsonl (default: table on a terminal, else jsonl)", true)
	o.runFlags.add(c)
	return c
}

// levels are the words for severities; off is not among them.
var levels = map[string]text.Severity{"note": text.Note, "warning": text.Warning, "error": text.Error}

// lintConfig is the part of .harrier.yml that is about lints.
type lintConfig struct {
	Lint struct {
		Severity map[string]string `yaml:"severity"`
		Exclude  []string          `yaml:"exclude"`
		FailOn   string            `yaml:"fail-on"`
	} `yaml:"lint"`
	dir string
}

// settings reads the configuration and the flags, which go before it.
func (o *lintOptions) settings(paths []string) (*lintConfig, error) {
	c := &lintConfig{}
	file := o.config
	if file == "" {
		file = findConfig(paths)
	}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read settings: %w", err)
		}
		dec := yaml.NewDecoder(strings.NewReader(string(data)))
		dec.KnownFields(true)
		if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		c.dir = filepath.Dir(file)
	}
	if c.Lint.Severity == nil {
		c.Lint.Severity = map[string]string{}
	}
	for _, s := range o.severity {
		id, level, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--severity takes ID=LEVEL, not %q", s)
		}
		c.Lint.Severity[id] = level
	}
	for id, level := range c.Lint.Severity {
		if _, ok := levels[level]; !ok && level != "off" {
			return nil, fmt.Errorf("the severity of %s is off, note, warning or error, not %q", id, level)
		}
		if !strings.HasSuffix(id, "*") && !known(id) {
			return nil, fmt.Errorf("there is no lint or diagnostic %q", id)
		}
	}
	if o.failOn != "" {
		c.Lint.FailOn = o.failOn
	}
	if c.Lint.FailOn == "" {
		c.Lint.FailOn = "warning"
	}
	if _, ok := levels[c.Lint.FailOn]; !ok {
		return nil, fmt.Errorf("--fail-on takes note, warning or error, not %q", c.Lint.FailOn)
	}
	return c, nil
}

// findConfig looks for .harrier.yml here, then in the folders of the rules and above.
func findConfig(paths []string) string {
	const name = ".harrier.yml"
	if _, err := os.Stat(name); err == nil {
		return name
	}
	for _, p := range paths {
		dir, err := filepath.Abs(p)
		for err == nil {
			f := filepath.Join(dir, name)
			if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
				return f
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return ""
}

// level returns the severity that the settings give an id; the most exact of several settings counts. ok is false when there is none.
func (c *lintConfig) level(id string) (level string, ok bool) {
	best := -1
	for pattern, l := range c.Lint.Severity {
		prefix, star := strings.CutSuffix(pattern, "*")
		if (pattern == id || star && strings.HasPrefix(id, prefix)) && len(pattern) > best {
			level, ok, best = l, true, len(pattern)
		}
	}
	return level, ok
}

func (c *lintConfig) off(id string) bool {
	l, _ := c.level(id)
	return l == "off"
}

// excluded reports whether a file is one that is not to be looked at; patterns are relative to the configuration.
func (c *lintConfig) excluded(file string) bool {
	rel := file
	if abs, err := filepath.Abs(file); err == nil {
		if dir, err := filepath.Abs(c.dir); err == nil {
			if r, err := filepath.Rel(dir, abs); err == nil {
				rel = r
			}
		}
	}
	rel = filepath.ToSlash(rel)
	return slices.ContainsFunc(c.Lint.Exclude, func(p string) bool {
		p = strings.TrimSuffix(p, "/")
		ok, _ := filepath.Match(p, rel)
		base, _ := filepath.Match(p, filepath.Base(rel))
		return ok || base || strings.HasPrefix(rel, p+"/")
	})
}

func (o *lintOptions) lint(s *streams, paths []string) (err error) {
	format := o.format
	if format == "" {
		if format = "jsonl"; o.file == "" && terminal(s.out) {
			format = "table"
		}
	}
	if format != "table" && format != "jsonl" {
		return fmt.Errorf("-f takes table or jsonl, not %q", o.format)
	}
	if o.dry && !o.fix {
		return errors.New("--dry-run goes with --fix")
	}
	config, err := o.settings(paths)
	if err != nil {
		return err
	}
	pack, err := rule.Load(paths)
	if err != nil {
		return err
	}
	pack.Rules = slices.DeleteFunc(pack.Rules, func(r *rule.Rule) bool { return config.excluded(r.File) })
	pack.Refused = slices.DeleteFunc(pack.Refused, func(r *rule.Rule) bool { return config.excluded(r.File) })
	if len(pack.Rules)+len(pack.Refused) == 0 {
		return fmt.Errorf("there is no rule in %s", strings.Join(paths, ", "))
	}
	engine, err := o.engine(pack)
	if err != nil {
		return err
	}
	reports := check.Rules(engine, pack, config.off)
	refused := 0
	var shown text.Diagnostics
	ignored := 0
	for _, r := range reports {
		if r.Diagnostics.HasErrors() {
			refused++
		}
		for i := range r.Diagnostics {
			d := &r.Diagnostics[i]
			if l, ok := config.level(d.ID); ok && d.Severity != text.Error {
				d.Severity = levels[l]
			}
		}
		shown = append(shown, r.Diagnostics...)
		ignored += len(r.Ignored)
	}
	fixed := 0
	if o.fix {
		if fixed, err = o.mend(s, shown); err != nil {
			return err
		}
		if !o.dry {
			shown = slices.DeleteFunc(shown, func(d text.Diagnostic) bool { return len(d.Fix) > 0 && editable(d) })
		}
	}
	out := s.out
	if o.file != "" {
		f, cerr := os.Create(o.file)
		if cerr != nil {
			return fmt.Errorf("write findings: %w", cerr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	shown = shown.Sorted()
	if !o.dry {
		for _, d := range shown {
			if format == "jsonl" {
				line, err := json.Marshal(d)
				if err != nil {
					return fmt.Errorf("write findings: %w", err)
				}
				w.Write(append(line, '\n'))
				continue
			}
			printDiagnostic(w, d)
		}
		for _, r := range reports {
			for _, d := range r.Ignored {
				if o.ignored && format == "table" {
					fmt.Fprintf(w, "%s (taken back by a comment)\n", export.Printable(d.Error()))
				}
			}
		}
	}
	if o.sarif != "" {
		if err := writeFile(o.sarif, func(w io.Writer) error { return text.WriteSARIF(w, "harrier", sarifRules(shown), shown) }); err != nil {
			return fmt.Errorf("write SARIF: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	n := map[text.Severity]int{}
	failing := 0
	for _, d := range shown {
		n[d.Severity]++
		if d.Severity >= levels[config.Lint.FailOn] {
			failing++
		}
	}
	fmt.Fprintf(s.err, "%s: %s, %s, %s, %d taken back by comments", plural(len(reports), "rule"), plural(n[text.Error], "error"), plural(n[text.Warning], "warning"), plural(n[text.Note], "note"), ignored)
	if o.fix {
		fmt.Fprintf(s.err, ", %d mended", fixed)
	}
	fmt.Fprintln(s.err)
	switch {
	case refused > 0:
		return exit(ExitRules)
	case failing > 0:
		return exit(ExitFindings)
	}
	return nil
}

// printDiagnostic prints a diagnostic with the text that it points at.
func printDiagnostic(w io.Writer, d text.Diagnostic) {
	fmt.Fprintln(w, export.Printable(d.Error()))
	if x := d.Excerpt(); x != "" {
		fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(export.Printable(x), "\n", "\n    "))
	}
	for _, r := range d.Related {
		fmt.Fprintf(w, "  %s: %s\n", export.Printable(r.Place()), export.Printable(r.Message))
	}
}

// editable reports whether all edits of a diagnostic can be made in its file.
func editable(d text.Diagnostic) bool {
	return d.Source != nil && !slices.ContainsFunc(d.Fix, func(e text.Edit) bool {
		_, ok := d.Source.FileSpan(e.Span)
		return !ok
	})
}

// mend makes the edits that the diagnostics propose, or shows them, and returns how many diagnostics that mends.
func (o *lintOptions) mend(s *streams, ds text.Diagnostics) (int, error) {
	type file struct {
		text  string
		edits []text.Edit
	}
	files := map[string]*file{}
	n := 0
	for _, d := range ds {
		if len(d.Fix) == 0 || !editable(d) {
			continue
		}
		f := files[d.Source.Name]
		if f == nil {
			f = &file{text: d.Source.File()}
			files[d.Source.Name] = f
		}
		n++
		for _, e := range d.Fix {
			at, _ := d.Source.FileSpan(e.Span)
			f.edits = append(f.edits, text.Edit{Span: at, New: e.New})
		}
	}
	for _, name := range sortedKeys(files) {
		f := files[name]
		changed := text.Apply(f.text, f.edits)
		if o.dry {
			io.WriteString(s.out, text.Diff(name, f.text, changed))
			continue
		}
		if err := rewrite(name, changed); err != nil {
			return n, err
		}
	}
	return n, nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// rewrite replaces the contents of a file as a whole: an interrupted run leaves the old or the new one.
func rewrite(name, contents string) error {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".harrier-*")
	if err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	_, err = io.WriteString(f, contents)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("rewrite: %w", err)
	}
	return nil
}

// known reports whether an id is that of a lint or diagnostic.
func known(id string) bool { return check.Find(id) != nil || docs.Diagnostic(id) != "" }

// explainID prints what an id means.
func explainID(w io.Writer, id string) error {
	if id == "all" {
		for _, l := range check.Lints() {
			fix := ""
			if l.Fixable {
				fix = ", --fix"
			}
			fmt.Fprintf(w, "%s %-8s %s%s\n", l.ID, l.Severity, l.Title, fix)
		}
		return nil
	}
	id = strings.ToUpper(id)
	if l := check.Find(id); l != nil {
		fmt.Fprint(w, l.Page())
		return nil
	}
	if d := docs.Diagnostic(id); d != "" {
		fmt.Fprintln(w, d)
		return nil
	}
	return fmt.Errorf("there is no lint or diagnostic %q; --explain all lists the lints", id)
}

// sarifRules describes the ids that occur.
func sarifRules(ds text.Diagnostics) []text.SARIFRule {
	var out []text.SARIFRule
	seen := map[string]bool{}
	for _, d := range ds {
		if seen[d.ID] {
			continue
		}
		seen[d.ID] = true
		r := text.SARIFRule{ID: d.ID, Severity: d.Severity, Short: docs.Meaning(d.ID)}
		if l := check.Find(d.ID); l != nil {
			r.Short, r.Full, r.Severity = l.Title, l.Doc, l.Severity
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b text.SARIFRule) int { return strings.Compare(a.ID, b.ID) })
	return out
}
