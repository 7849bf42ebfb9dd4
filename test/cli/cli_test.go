// Package cli tests the command line as its users call it.
package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/harrier-detect/harrier/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"harrier": func() { os.Exit(cli.Main()) }})
}

// TestScripts runs testdata/script/*.txtar. UPDATE_SCRIPTS=1 rewrites what commands print.
func TestScripts(t *testing.T) {
	examples := os.DirFS(filepath.Join("..", "..", "examples"))
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			return os.CopyFS(filepath.Join(e.WorkDir, "examples"), examples)
		}})
}
