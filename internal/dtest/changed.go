package dtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Changed returns the files under the working trees of the paths that differ from a revision of git, files that git does not know
// included, as absolute paths.
func Changed(ctx context.Context, paths []string, rev string) (map[string]bool, error) {
	if strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("a revision of git does not begin with a dash: %q", rev)
	}
	out := map[string]bool{}
	seen := map[string]bool{}
	for _, p := range paths {
		dir, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
		if err != nil { // a file
			if top, err = git(ctx, filepath.Dir(dir), "rev-parse", "--show-toplevel"); err != nil {
				return nil, fmt.Errorf("look for changes in %s: %w", p, err)
			}
		}
		root := strings.TrimRight(string(top), "\r\n")
		if seen[root] {
			continue
		}
		seen[root] = true
		differ, err := git(ctx, root, "diff", "--name-only", "-z", rev, "--")
		if err != nil {
			return nil, fmt.Errorf("look for changes since %s: %w", rev, err)
		}
		fresh, err := git(ctx, root, "ls-files", "-z", "--others", "--exclude-standard")
		if err != nil {
			return nil, fmt.Errorf("look for new files: %w", err)
		}
		for _, name := range bytes.Split(append(differ, fresh...), []byte{0}) {
			if len(name) > 0 {
				out[canonical(filepath.Join(root, filepath.FromSlash(string(name))))] = true
			}
		}
	}
	return out, nil
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "core.quotepath=off"}, args...)...)
	out, err := cmd.Output()
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		if msg := strings.TrimSpace(string(ee.Stderr)); msg != "" {
			return nil, errors.New(msg)
		}
	}
	return out, err
}

// canonical makes paths of one file comparable.
func canonical(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// Affected returns the cases that changes of files may concern: those whose rule, test or data changed, and those whose rule uses a
// macro or lookup that did.
func (s *Suite) Affected(changed map[string]bool) []*Case {
	var words []string // names of macros and lookups that changed
	for _, m := range s.Pack.Macros {
		if changed[canonical(m.File)] {
			words = append(words, m.Name)
		}
	}
	for _, l := range s.Pack.Lookups {
		if changed[canonical(l.File)] || l.Filename != "" && changed[canonical(filepath.Join(filepath.Dir(l.File), l.Filename))] {
			words = append(words, l.Name)
		}
	}
	// A macro that uses a macro that changed has changed, too.
	for more := true; more; {
		more = false
		for _, m := range s.Pack.Macros {
			if mentions(m.Definition, words) && !has(words, m.Name) {
				words = append(words, m.Name)
				more = true
			}
		}
	}
	var out []*Case
	for _, c := range s.Cases {
		hit := changed[canonical(c.Rule.File)] || changed[canonical(c.Source.Name)] || mentions(c.Rule.Query.Text, words)
		for _, d := range c.Data {
			hit = hit || d.Path != "" && changed[canonical(d.Path)]
		}
		if hit {
			out = append(out, c)
		}
	}
	return out
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// mentions reports whether a text holds one of the words as a whole.
func mentions(text string, words []string) bool {
	for _, w := range words {
		for at := 0; w != ""; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			i += at
			end := i + len(w)
			if (i == 0 || !wordByte(text[i-1])) && (end == len(text) || !wordByte(text[end])) {
				return true
			}
			at = i + 1
		}
	}
	return false
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
