// Package sigma holds the test of Sigma's public rules against the events that their repository keeps for them.
package sigma

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

const corpus = "../../../shared/corpus/sigma"

// set is one folder of regression data: events in one form, and the rule that must find them.
type set struct {
	rule, dir, file string
	matches         int
}

func sets(t *testing.T) []set {
	t.Helper()
	var out []set
	err := filepath.WalkDir(filepath.Join(corpus, "regression_data"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.Name() != "info.yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var info struct {
			Rules []struct{ ID string } `yaml:"rule_metadata"`
			Tests []struct {
				Type  string
				Path  string
				Count int `yaml:"match_count"`
			} `yaml:"regression_tests_info"`
		}
		if err := yaml.Unmarshal(data, &info); err != nil {
			return err
		}
		dir := filepath.Dir(path)
		for _, test := range info.Tests {
			base := strings.TrimSuffix(filepath.Base(test.Path), filepath.Ext(test.Path))
			for _, r := range info.Rules {
				for _, ext := range []string{".evtx", ".json"} {
					if _, err := os.Stat(filepath.Join(dir, base+ext)); err == nil {
						out = append(out, set{r.ID, dir, filepath.Join(dir, base+ext), test.Count})
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRegression runs all rules of the corpus over all regression data in one pass: each set's rule must find its events.
func TestRegression(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skip("the corpus of Sigma rules is not beside the checkout: ", err)
	}
	pack, err := rule.Load([]string{corpus})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(query.Settings{Detached: true, Sigma: pack.Sigma})
	if err != nil {
		t.Fatal(err)
	}
	items := detect.Compile(e, pack)
	count := detect.Count(items)
	t.Logf("%d rules: %d run, %d with notes, %d refused", len(items), count[detect.Runs], count[detect.Notes], count[detect.Refused])
	refused := 0
	for _, it := range items {
		if it.State() != detect.Refused {
			continue
		}
		refused++
		t.Logf("refused: %v", it.Diagnostics.Err())
		for _, d := range it.Diagnostics {
			if d.ID[3] == '1' {
				t.Errorf("does not parse: %v", d)
			}
		}
	}
	if refused*200 > len(items) {
		t.Errorf("%d of %d rules are refused", refused, len(items))
	}
	in := e.NewInput([]string{filepath.Join(corpus, "regression_data")}, func(d text.Diagnostic) {}, nil)
	found := map[string]map[string]map[uint64]bool{} // by file and rule: records
	err = detect.Run(context.Background(), e, items, in, func(it *detect.Item, b *event.Batch) {
		for i := range b.Len() {
			for _, o := range b.Lineage.Of(i) {
				name := filepath.Clean(in.Options.Files.Name(o.File))
				if found[name] == nil {
					found[name] = map[string]map[uint64]bool{}
				}
				if found[name][it.Rule.ID] == nil {
					found[name][it.Rule.ID] = map[uint64]bool{}
				}
				found[name][it.Rule.ID][o.Record] = true
			}
		}
	}, func(d text.Diagnostic) { t.Log(d) })
	if err != nil {
		t.Fatal(err)
	}
	good, all := 0, sets(t)
	for _, s := range all {
		n := len(found[filepath.Clean(s.file)][s.rule])
		if n == 0 {
			t.Errorf("%s: rule %s finds nothing", s.file, s.rule)
			continue
		}
		if s.matches > 0 && n != s.matches {
			t.Logf("%s: rule %s finds %d events, not %d", s.file, s.rule, n, s.matches)
		}
		good++
	}
	t.Logf("%d of %d files of regression data are found by their rules", good, len(all))
}
