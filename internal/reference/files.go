package reference

import (
	"bytes"
	"os"
	"path/filepath"
)

// Files returns the files that are made from the registries, by their path from the root of the repository. root is where that
// is: of the pages on semantics only the last part is made, and the rest is read and kept.
func Files(root string) map[string][]byte {
	files := map[string][]byte{"test/reference/capabilities.json": Capabilities()}
	for _, l := range Languages() {
		files["docs/reference/"+l.Name+".md"] = []byte(l.Markdown())
		page := "docs/semantics/" + l.Name + ".md"
		old, _ := os.ReadFile(filepath.Join(root, filepath.FromSlash(page))) // a page that is not there yet has only the made part
		written, _, _ := bytes.Cut(old, []byte(madeBelow))
		files[page] = append(bytes.TrimRight(written, "\n"), []byte("\n\n"+madeBelow+"\n\n"+l.Differences())...)
	}
	return files
}

// madeBelow parts what is written by hand from what is made.
const madeBelow = "<!-- made by go run ./internal/reference/gen from here on -->"
