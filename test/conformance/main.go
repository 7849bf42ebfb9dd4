// Conformance runs case files against Harrier: go run ./test/conformance FILE.jsonl…
//
// It prints PASS or FAIL with the reason for each case and closes with the counts. The exit code is 0 when all pass, 1 when
// some fail, 3 when a file cannot be read.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/harrier-detect/harrier/internal/conformance"
)

func main() {
	quiet := flag.Bool("q", false, "print failures and the counts only")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./test/conformance [-q] FILE.jsonl…")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(3)
	}
	os.Exit(run(flag.Args(), *quiet))
}

func run(files []string, quiet bool) int {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	engine := conformance.NewHarrier()
	passed, failed, broken := 0, 0, false
	for _, name := range files {
		f, err := os.Open(name)
		if err == nil {
			err = conformance.Run(name, f, engine, func(v conformance.Verdict) {
				if !v.Pass {
					failed++
					fmt.Fprintf(out, "FAIL %s: %s\n", v.ID, oneLine(v.Reason))
					return
				}
				passed++
				if !quiet {
					fmt.Fprintf(out, "PASS %s\n", v.ID)
				}
			})
			f.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
			broken = true
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	switch {
	case broken:
		return 3
	case failed > 0:
		return 1
	}
	return 0
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
