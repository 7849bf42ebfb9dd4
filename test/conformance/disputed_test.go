package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/query"
)

// listed matches the rows of disputed.md.
var listed = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(?:[^|\n]+\\|){3}$")

// refused matches what is said of something that is legal and cannot be run: IDs of class 2.
var refused = regexp.MustCompile(`error [A-Z]{3}2[0-9]{3}: `)

// TestDisputed holds disputed.md against the cases beside the checkout: each case that fails is listed or refused as
// unsupported, and each that is listed fails.
func TestDisputed(t *testing.T) {
	page, err := os.ReadFile("disputed.md")
	if err != nil {
		t.Fatal(err)
	}
	disputed := map[string]bool{}
	for _, m := range listed.FindAllStringSubmatch(string(page), -1) {
		disputed[m[1]] = false
	}
	if n := strings.Count(string(page), "\n| `"); n != len(disputed) {
		t.Errorf("disputed.md has %d rows, of which %d can be read", n, len(disputed))
	}
	dir := filepath.Join("..", "..", "..", "shared", "conformance")
	var files []string
	for _, pattern := range []string{"kql/*cases*.jsonl", "spl/*.jsonl"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("needs the conformance cases beside the checkout, at %s", dir)
	}
	for _, file := range files {
		for id, v := range verdicts(t, file, query.Settings{}) {
			_, known := disputed[id]
			if known && !v.Pass {
				disputed[id] = true
			} else if !v.Pass && !refused.MatchString(v.Reason) {
				t.Errorf("%s fails and is not in disputed.md: %s", id, oneLine(v.Reason))
			}
		}
	}
	for id, failed := range disputed {
		if !failed {
			t.Errorf("%s is in disputed.md and does not fail", id)
		}
	}
}
