package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// An entry is a file to read.
type entry struct {
	path  string
	size  int64
	named bool  // the user named it, it was not found in a folder or by a glob
	err   error // it could not be looked at
}

// find resolves paths to files: folders are walked in sorted order, globs (*, ?, [a-z], ** for any number of folders) are
// expanded. A file that several paths lead to is read once for each path that names it, and once for all folders and globs.
func find(paths []string) ([]entry, error) {
	var out []entry
	seen := map[string]bool{}
	add := func(es []entry) {
		for _, e := range es {
			if clean := filepath.Clean(e.path); !seen[clean] || e.named {
				seen[clean] = true
				out = append(out, e)
			}
		}
	}
	for _, p := range paths {
		if p == "-" {
			out = append(out, entry{path: p, named: true})
			continue
		}
		info, err := os.Stat(p)
		switch {
		case err == nil && info.IsDir():
			add(walk(p, func(string) bool { return true }))
		case err == nil:
			add([]entry{{path: p, size: info.Size(), named: true}})
		case hasMeta(p):
			es, err := glob(p)
			if err != nil {
				return nil, err
			}
			add(es)
		default:
			return nil, fmt.Errorf("read events: %w", err)
		}
	}
	return out, nil
}

// walk lists the regular files under dir, sorted, of which keep returns true for the slash-separated path below dir. Links
// to files are followed, links to folders are not, so there is no way round in circles.
func walk(dir string, keep func(rel string) bool) []entry {
	var out []entry
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			out = append(out, entry{path: p, err: err})
			return nil
		}
		if d.IsDir() {
			return nil
		}
		rel, relErr := filepath.Rel(dir, p)
		if relErr != nil || !keep(filepath.ToSlash(rel)) {
			return nil
		}
		info, err := os.Stat(p)
		if err != nil {
			out = append(out, entry{path: p, err: err})
		} else if info.Mode().IsRegular() {
			out = append(out, entry{path: p, size: info.Size()})
		}
		return nil
	})
	return out
}

func hasMeta(p string) bool { return strings.ContainsAny(p, "*?[") }

// glob expands a pattern. Finding nothing is an error: a silent scan of no files would look like a clean result.
func glob(pattern string) ([]entry, error) {
	parts := strings.Split(filepath.ToSlash(pattern), "/")
	i := slices.IndexFunc(parts, hasMeta)
	base := filepath.FromSlash(strings.Join(parts[:i], "/"))
	switch {
	case i == 0:
		base = "."
	case base == "":
		base = string(filepath.Separator)
	case strings.HasSuffix(base, ":"): // a drive
		base += string(filepath.Separator)
	}
	parts = parts[i:]
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("read events: pattern %s: %w", pattern, err)
		}
	}
	es := walk(base, func(rel string) bool { return matchParts(parts, strings.Split(rel, "/")) })
	if i == 0 {
		for k := range es {
			es[k].path = filepath.Clean(es[k].path)
		}
	}
	if len(es) == 0 {
		return nil, fmt.Errorf("read events: %w", &fs.PathError{Op: "match", Path: pattern, Err: errors.New("no such files")})
	}
	return es, nil
}

// matchParts matches a path against a pattern, both split at slashes. A pattern that matches a folder takes in all that is
// in it.
func matchParts(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(name) + 1 {
				if matchParts(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(pattern[0], name[0]); !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return true
}

// group puts neighbouring small files together, so that each group is worth a goroutine. It looks at sizes only.
func group(es []entry, small int64) [][]entry {
	var out [][]entry
	var sum int64
	for _, e := range es {
		if n := len(out); n > 0 && sum+e.size <= small && e.path != "-" {
			out[n-1] = append(out[n-1], e)
			sum += e.size
			continue
		}
		out = append(out, []entry{e})
		if sum = e.size; e.path == "-" {
			sum = small
		}
	}
	return out
}
