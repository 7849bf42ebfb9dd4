// Command bench measures Harrier on this machine: `go run ./bench` prints the tables of docs/performance.md, and
// `go run ./bench generate` makes the big inputs for them.
package main

import (
	"fmt"
	"os"
)

func main() {
	args := os.Args[1:]
	verb := "table"
	if len(args) > 0 && len(args[0]) > 0 && args[0][0] != '-' {
		verb, args = args[0], args[1:]
	}
	var err error
	switch verb {
	case "generate":
		err = generate(args)
	case "table":
		err = table(args)
	default:
		err = fmt.Errorf("there is no %q: bench knows table and generate", verb)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
