package dtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// Load reads the rules under the paths and all tests for them: those inside the rules, those beside them (files whose names end in
// .test.yml or _test.yml), and the regression data that they point to. A path may also be a test file; the rule that it tests is
// read with it. data names the folder in which published datasets lie, or is "". The error says that a path cannot be read.
func Load(paths []string, data string) (*Suite, error) {
	mirror, err := OpenMirror(data)
	if err != nil {
		return nil, err
	}
	s := &Suite{}
	var rules, files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read tests: %w", err)
		case info.IsDir():
			rules = append(rules, p)
			files = append(files, testFiles(p)...)
		case isTestFile(p):
			files = append(files, p)
		default:
			rules = append(rules, p)
			files = append(files, beside(p)...)
		}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	var docs []*testDoc
	for _, f := range files {
		docs = append(docs, s.readFile(f)...)
	}
	for _, d := range docs {
		if p := d.rulePath(); p != "" {
			rules = append(rules, p)
		}
	}
	if s.Pack, err = rule.Load(rules); err != nil {
		return nil, err
	}
	s.dropTestFiles()
	for _, r := range s.Pack.Rules {
		if r.Doc == nil || r.Index > 0 || r.Part > 0 {
			continue
		}
		s.inside(r)
	}
	for _, d := range docs {
		s.beside(d)
	}
	for _, c := range s.Cases {
		for i := range c.Data {
			mirror.locate(c, &c.Data[i])
		}
	}
	order := map[*rule.Rule]int{}
	for i, r := range s.Pack.Rules {
		order[r] = i
	}
	slices.SortStableFunc(s.Cases, func(a, b *Case) int { return order[a.Rule] - order[b.Rule] })
	s.distinguish()
	return s, nil
}

// isTestFile tells files of tests by their names.
func isTestFile(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	return (ext == ".yml" || ext == ".yaml") && (strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, "_test"))
}

func testFiles(dir string) []string {
	var out []string
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil: // the loader of rules walks the same folder and reports it
		case e.IsDir() && path != dir && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case !e.IsDir() && isTestFile(path):
			out = append(out, path)
		}
		return nil
	})
	return out
}

// beside lists the test files that belong to one rule file by their names.
func beside(path string) []string {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	var out []string
	for _, suffix := range []string{".test.yml", ".test.yaml", "_test.yml", "_test.yaml"} {
		if info, err := os.Stat(stem + suffix); err == nil && info.Mode().IsRegular() {
			out = append(out, stem+suffix)
		}
	}
	return out
}

// dropTestFiles takes out what the loader of rules made of test files that are no rules: a broken one is reported as a test.
func (s *Suite) dropTestFiles() {
	isTest := func(file string) bool { return isTestFile(file) }
	s.Pack.Refused = slices.DeleteFunc(s.Pack.Refused, func(r *rule.Rule) bool { return isTest(r.File) })
	s.Pack.Diagnostics = slices.DeleteFunc(s.Pack.Diagnostics, func(d text.Diagnostic) bool { return d.Source != nil && isTest(d.Source.Name) })
}

// distinguish gives each test of a rule a name of its own.
func (s *Suite) distinguish() {
	type key struct {
		r    *rule.Rule
		name string
	}
	seen := map[key]int{}
	for _, c := range s.Cases {
		if c.Name == "" {
			c.Name = "must stay silent"
			if c.Expect.Positive() {
				c.Name = "must match"
			}
		}
		k := key{c.Rule, c.Name}
		if seen[k]++; seen[k] > 1 {
			c.Name = fmt.Sprintf("%s (%d)", c.Name, seen[k])
		}
	}
}

// find returns the rules that a test file speaks of by path, id or name.
func (s *Suite) find(ref, file string) []*rule.Rule {
	var out []*rule.Rule
	path := filepath.Clean(filepath.Join(filepath.Dir(file), filepath.FromSlash(ref)))
	for _, r := range s.Pack.Rules {
		if r.ID == ref || r.Name == ref || samePath(r.File, path) {
			out = append(out, r)
		}
	}
	return out
}

func samePath(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// namedAfter returns the rules of the file that a test file is named after.
func (s *Suite) namedAfter(file string) []*rule.Rule {
	stem := filepath.Base(file)
	stem = strings.TrimSuffix(stem, filepath.Ext(stem))
	stem = stem[:len(stem)-len(".test")]
	var near, far []*rule.Rule
	for _, r := range s.Pack.Rules {
		base := filepath.Base(r.File)
		if strings.TrimSuffix(base, filepath.Ext(base)) != stem {
			continue
		}
		if samePath(filepath.Dir(r.File), filepath.Dir(file)) {
			near = append(near, r)
		} else {
			far = append(far, r)
		}
	}
	if len(near) > 0 {
		return near
	}
	return far
}
