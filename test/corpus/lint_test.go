package corpus

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLints is a ratchet: how often each lint speaks over the public rules. A lint that begins to speak much more, or falls silent, has
// changed its mind, which is to be looked at in a sample of its hits before the table follows.
func TestLints(t *testing.T) {
	got := table{}
	for _, corpus := range []string{"spl/escu", "spl/anvilogic", "kql", "sigma"} {
		_, out, errs := run(t, "lint", shared(t, "corpus", corpus), "-f", "jsonl", "--config", filepath.Join("testdata", "lint.yml"))
		if out == "" {
			t.Fatalf("%s: %s", corpus, errs)
		}
		for line := range strings.Lines(out) {
			var d struct{ ID string }
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(d.ID, "LNT") {
				got[corpus+" "+d.ID]++
			}
		}
	}
	golden := filepath.Join("testdata", "lints.tsv")
	if updating() {
		got.write(t, golden)
		return
	}
	want := readTable(t, golden)
	both := maps.Clone(want)
	maps.Copy(both, got)
	for _, k := range slices.Sorted(maps.Keys(both)) {
		// A few more or less come with mappings and macros that get better.
		if d := got[k] - want[k]; d > 2+want[k]/20 || -d > 2+want[k]/20 {
			t.Errorf("%s: %d, was %d", k, got[k], want[k])
		}
	}
}
