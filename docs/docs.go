// Package docs makes the project's pages known to the program, so that it can say what an id means.
package docs

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed diagnostics.md
var diagnostics string

var row = regexp.MustCompile(`(?m)^\| ([A-Z]{3}[0-9]{4}) \| ([a-z, ]+) \| (.*) \|$`)

var rows = sync.OnceValue(func() map[string][2]string {
	out := map[string][2]string{}
	for _, m := range row.FindAllStringSubmatch(diagnostics, -1) {
		out[m[1]] = [2]string{strings.TrimSpace(m[2]), m[3]}
	}
	return out
})

// Diagnostic returns a line that says what a diagnostic means, or "" for an id that there is not.
func Diagnostic(id string) string {
	r, ok := rows()[id]
	if !ok {
		return ""
	}
	return id + " (" + r[0] + "): " + r[1]
}

// Meaning returns what a diagnostic means, without its id, or "".
func Meaning(id string) string { return rows()[id][1] }
