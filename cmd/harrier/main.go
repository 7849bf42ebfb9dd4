// Harrier runs detection rules, as published, over the logs you have.
package main

import (
	"os"

	"github.com/harrier-detect/harrier/internal/cli"
)

func main() { os.Exit(cli.Main()) }
