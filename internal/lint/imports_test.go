// Package lint holds checks on the source tree itself.
package lint

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/harrier-detect/harrier/"

// layers orders the rooms: a package may import packages of lower layers and of its own folder only. Arrows point one way, so
// a reader can learn the tree from the bottom up.
var layers = [][]string{
	{"internal/text", "internal/event", "internal/attack", "internal/cost", "docs"},
	{"internal/fn", "internal/spill"},
	{"internal/expr"},
	{"internal/source", "internal/schema", "internal/plan"},
	{"internal/spl", "internal/kql", "internal/sigma", "internal/exec"},
	{"internal/analyze", "internal/transpile"},
	{"internal/rule"},
	{"internal/query"},
	{"internal/detect"},
	{"internal/finding"},
	{"internal/evidence", "internal/schedule"},
	{"internal/risk", "internal/catalog", "internal/export", "internal/chart", "internal/simulate", "internal/conformance", "internal/reference", "internal/harden",
		"internal/dtest", "internal/replay", "internal/check", "internal/tidy"},
	{"internal/report", "internal/twin", "internal/coverage"},
	{"internal/demo", "internal/output"},
	{"internal/cli", "internal/server"},
	{"bench", "cmd", "test"},
}

// forbidden are imports inside one layer that would blur what a room is, each with its reason.
var forbidden = []struct{ from, to, why string }{
	{"internal/spl", "internal/exec", "a front end lowers to plans; it does not run them"},
	{"internal/kql", "internal/exec", "a front end lowers to plans; it does not run them"},
	{"internal/spl", "internal/kql", "languages meet in plan, not in each other"},
	{"internal/kql", "internal/spl", "languages meet in plan, not in each other"},
	{"internal/sigma", "internal/exec", "a front end lowers to plans; it does not run them"},
	{"internal/sigma", "internal/spl", "languages meet in plan, not in each other"},
	{"internal/sigma", "internal/kql", "languages meet in plan, not in each other"},
	{"internal/exec", "internal/sigma", "operators know no language"},
	{"internal/exec", "internal/spl", "operators know no language"},
	{"internal/exec", "internal/kql", "operators know no language"},
	{"internal/schema", "internal/plan", "what fields mean does not depend on what asks for them"},
}

func room(pkg string) (string, int) {
	for i, layer := range layers {
		for _, r := range layer {
			if pkg == r || strings.HasPrefix(pkg, r+"/") {
				return r, i
			}
		}
	}
	return "", -1
}

// TestImportsPointDown enforces the direction of imports over every Go file outside tests.
func TestImportsPointDown(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if e.IsDir() && (strings.HasPrefix(e.Name(), ".") && rel != "." || e.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		seen++
		dir := filepath.ToSlash(filepath.Dir(rel))
		from, level := room(dir)
		if level < 0 && dir != "." {
			t.Errorf("%s: package %s has no place in the layers", rel, dir)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			pkg, ok := strings.CutPrefix(name, module)
			if !ok || dir == "." {
				continue
			}
			to, below := room(pkg)
			if below > level {
				t.Errorf("%s imports %s, which stands above it", rel, pkg)
			}
			if below == level && to != from && level != len(layers)-1 && !besides(from, to) {
				t.Errorf("%s imports %s, which stands beside it", rel, pkg)
			}
			for _, ban := range forbidden {
				if from == ban.from && to == ban.to {
					t.Errorf("%s imports %s: %s", rel, pkg, ban.why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("looked at %d files only", seen)
	}
}

// besides lists the arrows between rooms of one layer that are wanted.
func besides(from, to string) bool {
	return from == "internal/exec" && to == "internal/plan" || from == "internal/text" && to == "internal/event"
}
