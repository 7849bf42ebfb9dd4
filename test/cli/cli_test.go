// Package cli tests the command line as its users call it.
package cli

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/harrier-detect/harrier/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"harrier": func() { os.Exit(cli.Main()) }})
}

// TestScripts runs testdata/script/*.txtar. UPDATE_SCRIPTS=1 rewrites what commands print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != ""})
}
