package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/harrier-detect/harrier/internal/conformance"
	"github.com/harrier-detect/harrier/internal/query"
)

// variants are ways of cutting the work up, of which none may change an answer. The first is the measure for the others.
var variants = []struct {
	name string
	query.Settings
}{
	{"as it is", query.Settings{}},
	{"one row a batch, one worker", query.Settings{BatchRows: 1, Workers: 1}},
	{"seven rows, all workers, plain", query.Settings{BatchRows: 7, Workers: max(4, runtime.NumCPU()), Plain: true}},
	{"1024 rows, one worker, plain", query.Settings{BatchRows: 1024, Workers: 1, Plain: true}},
	{"one row, all workers", query.Settings{BatchRows: 1, Workers: max(4, runtime.NumCPU())}},
}

// verdicts runs all cases of a file; a case without an id goes by its line.
func verdicts(t *testing.T, file string, s query.Settings) map[string]conformance.Verdict {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]conformance.Verdict{}
	err = conformance.Run(file, f, &conformance.Harrier{Settings: s}, func(v conformance.Verdict) {
		if _, twice := out[v.ID]; twice {
			t.Errorf("%s: two cases are called %s", file, v.ID)
		}
		out[v.ID] = v
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOwnCases runs the cases of this folder, all of which must pass however the work is cut up.
func TestOwnCases(t *testing.T) {
	files, _ := filepath.Glob("*/*.jsonl")
	if len(files) == 0 {
		t.Fatal("there are no cases")
	}
	n := 0
	for i, variant := range variants {
		for _, file := range files {
			for id, v := range verdicts(t, file, variant.Settings) {
				if !v.Pass {
					t.Errorf("%s: %s: %s", variant.name, id, v.Reason)
				}
				if i == 0 {
					n++
				}
			}
		}
	}
	t.Logf("%d cases, %d variants", n, len(variants))
}

// TestInvariance demands of the shared cases the same verdict, pass or not, however the work is cut up.
func TestInvariance(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/conformance/*/*.jsonl")
	if len(files) == 0 {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal("the conformance cases are not beside the checkout")
		}
		t.Skip("the conformance cases are not beside the checkout")
	}
	for _, file := range files {
		if name := filepath.Base(file); name == "corpus_parse.jsonl" || name == "syntax.jsonl" {
			continue // verdicts of the parser, which cuts nothing up
		}
		t.Run(fmt.Sprintf("%s/%s", filepath.Base(filepath.Dir(file)), filepath.Base(file)), func(t *testing.T) {
			t.Parallel()
			want := verdicts(t, file, variants[0].Settings)
			for _, variant := range variants[1:] {
				for id, got := range verdicts(t, file, variant.Settings) {
					if got.Pass != want[id].Pass {
						t.Errorf("%s: %s: pass is %v, is %v otherwise: %s%s", variant.name, id, got.Pass, want[id].Pass, got.Reason, want[id].Reason)
					}
				}
			}
		})
	}
}
