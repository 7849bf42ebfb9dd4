package reference_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	idLiteral = regexp.MustCompile(`"([A-Z]{3}[1-6][0-9]{3})"`)
	idRow     = regexp.MustCompile(`(?m)^\| ([A-Z]{3}[0-9]{4}) \| (error|warning|note)[a-z, ]* \| \S.* \|$`)
)

// TestDiagnosticIDs sees to it that docs/diagnostics.md lists every ID that the code uses, once, and no other.
func TestDiagnosticIDs(t *testing.T) {
	root := filepath.Join("..", "..")
	used := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range idLiteral.FindAllSubmatch(data, -1) {
			used[string(m[1])] = filepath.Base(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "diagnostics.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range idRow.FindAllSubmatch(page, -1) {
		id := string(m[1])
		if listed[id] {
			t.Errorf("docs/diagnostics.md lists %s twice", id)
		}
		listed[id] = true
		if used[id] == "" {
			t.Errorf("docs/diagnostics.md lists %s, which nothing uses", id)
		}
	}
	for id, file := range used {
		if !listed[id] {
			t.Errorf("%s (%s) is not in docs/diagnostics.md: add a row with its severity and meaning", id, file)
		}
	}
}
