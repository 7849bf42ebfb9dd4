// Command gen writes what the registries say into docs and test/reference. Run it from the root of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/harrier-detect/harrier/internal/reference"
)

func main() {
	for path, data := range reference.Files(".") {
		if err := os.WriteFile(filepath.FromSlash(path), data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
