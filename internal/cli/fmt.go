package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
	"github.com/harrier-detect/harrier/internal/tidy"
)

type fmtOptions struct {
	runFlags
	write, check, diff bool
	language           string
}

func fmtCommand(s *streams) *cobra.Command {
	var o fmtOptions
	c := &cobra.Command{
		Use:   "fmt [-w | --check | --diff] RULE…",
		Short: "Lay rules out in one canonical way",
		Long: "Prints rules with their queries one stage a line and Sigma documents with their keys in order. What a rule finds does not change, and comments stay: " +
			"a stage with a comment inside is left as it is. RULE is a file, a folder, or - for a query on standard input with -l.\n\n" +
			"Exit codes: 0 done, or nothing to do, 1 --check found files to lay out, 2 a query does not parse, 3 wrong usage.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error { return o.format(s, paths) },
	}
	f := c.Flags()
	f.BoolVarP(&o.write, "write", "w", false, "rewrite the files instead of printing them")
	f.BoolVar(&o.check, "check", false, "list the files whose layout is another, and print nothing else")
	f.BoolVarP(&o.diff, "diff", "d", false, "print the changes as a diff")
	f.StringVarP(&o.language, "language", "l", "", "the `LANGUAGE` of a query on standard input: spl or kql")
	o.runFlags.add(c)
	return c
}

func (o *fmtOptions) format(s *streams, paths []string) error {
	if n := btoi(o.write) + btoi(o.check) + btoi(o.diff); n > 1 {
		return errors.New("--write, --check and --diff exclude each other")
	}
	if slices.Contains(paths, "-") {
		if len(paths) > 1 {
			return errors.New("- stands for standard input, and goes with no files")
		}
		return o.stdin(s)
	}
	files, named, err := ruleFiles(paths)
	if err != nil {
		return err
	}
	surroundings, err := rule.Load(paths) // for the macros and lookups that queries use
	if err != nil {
		return err
	}
	engine, err := o.engine(surroundings)
	if err != nil {
		return err
	}
	same := func(lang rule.Language, a, b *text.Source) bool {
		x, ds := engine.Compile(lang, a)
		if x == nil || ds.HasErrors() {
			return true // the trees are the same; that it does not run is not changed by that
		}
		y, ds := engine.Compile(lang, b)
		return y != nil && !ds.HasErrors() && plan.String(x.Plan) == plan.String(y.Plan)
	}
	broken, changed := 0, 0
	for _, file := range files {
		old, out, ds, err := formatFile(file, named[file], same)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if d.Severity == text.Error || d.ID[:3] == "FMT" {
				fmt.Fprintln(s.err, export.Printable(d.Error()))
			}
		}
		if ds.HasErrors() {
			broken++
		}
		if old != out {
			changed++
		}
		switch {
		case o.check:
			if old != out {
				fmt.Fprintln(s.out, file)
			}
		case o.diff:
			io.WriteString(s.out, text.Diff(file, old, out))
		case o.write:
			if old != out {
				if err := rewrite(file, out); err != nil {
					return err
				}
			}
		default:
			io.WriteString(s.out, out)
		}
	}
	switch {
	case broken > 0:
		return exit(ExitRules)
	case o.check && changed > 0:
		return exit(ExitFindings)
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stdin lays out a query on standard input.
func (o *fmtOptions) stdin(s *streams) error {
	lang := rule.Language(strings.ToLower(o.language))
	if lang != rule.SPL && lang != rule.KQL {
		return errors.New("a query on standard input needs its language: -l spl or -l kql")
	}
	data, err := io.ReadAll(io.LimitReader(s.in, 16<<20))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	src := text.NewSource("<stdin>", string(data))
	out, ds := tidy.Query(lang, src)
	for _, d := range ds {
		if d.Severity == text.Error || d.ID[:3] == "FMT" {
			printDiagnostic(s.err, d)
		}
	}
	switch {
	case ds.HasErrors():
		return exit(ExitRules)
	case o.check && out != src.Text:
		return exit(ExitFindings)
	case o.check:
		return nil
	case o.diff:
		out = text.Diff("<stdin>", src.Text, out)
	}
	io.WriteString(s.out, out)
	return nil
}

// ruleFiles lists the files of the paths that may hold rules; named are those that the user named.
func ruleFiles(paths []string) (files []string, named map[string]bool, err error) {
	named = map[string]bool{}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, fmt.Errorf("read rules: %w", err)
		}
		if !info.IsDir() {
			files = append(files, p)
			named[p] = true
			continue
		}
		err = filepath.WalkDir(p, func(f string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && f != p && strings.HasPrefix(e.Name(), ".") {
				return filepath.SkipDir
			}
			switch strings.ToLower(filepath.Ext(f)) {
			case ".yml", ".yaml", ".kql", ".csl", ".kusto", ".spl", ".md":
				if e.Type().IsRegular() {
					files = append(files, f)
				}
			}
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read rules: %w", err)
		}
	}
	return files, named, nil
}

// formatFile reads a file and lays its rules out. A file without rules is left as it is.
func formatFile(file string, named bool, same func(rule.Language, *text.Source, *text.Source) bool) (old, out string, ds text.Diagnostics, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", nil, fmt.Errorf("read rules: %w", err)
	}
	old = string(data)
	pack, err := rule.Load([]string{file})
	if err != nil {
		return "", "", nil, err
	}
	clean := filepath.Clean(file)
	pack.Rules = slices.DeleteFunc(pack.Rules, func(r *rule.Rule) bool { return filepath.Clean(r.File) != clean })
	for _, d := range pack.Diagnostics {
		if named || d.ID != "RUL1002" { // a file that was found in a folder and holds no rule is none of ours
			ds = append(ds, d)
		}
	}
	if len(pack.Rules) == 0 || ds.HasErrors() {
		return old, old, ds, nil
	}
	out, more := tidy.File(pack, same)
	if bom := "\ufeff"; strings.HasPrefix(old, bom) {
		out = bom + out
	}
	return old, out, append(ds, more...), nil
}
