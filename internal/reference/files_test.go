package reference_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/harrier-detect/harrier/internal/reference"
)

// TestFiles sees to it that what is made from the registries is up to date. UPDATE=1 writes it anew; then look at the
// difference: a change of test/reference/capabilities.json is a change of what Harrier can run.
func TestFiles(t *testing.T) {
	root := filepath.Join("..", "..")
	for path, want := range reference.Files(root) {
		full := filepath.Join(root, filepath.FromSlash(path))
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(full, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(full)
		if err != nil || !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is out of date (%v): the registries say something else now; run go run ./internal/reference/gen and look at the difference", path, firstDifference(got, want))
		}
	}
}

// firstDifference returns the first line that differs.
func firstDifference(got, want []byte) string {
	a, b := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range b {
		if i >= len(a) || !bytes.Equal(a[i], b[i]) {
			return "now: " + string(b[i])
		}
	}
	return "now shorter"
}
