package corpus

import (
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// TestBatchesDoNotMatter runs the public rules over a sample of recordings with the input cut in different ways. Every rule must give
// the same rows with the same columns.
func TestBatchesDoNotMatter(t *testing.T) {
	sample := []string{
		shared(t, "data", "evtx", "sbousseaden", "Execution"),
		shared(t, "data", "evtx", "sbousseaden", "Credential_Access"),
		shared(t, "data", "otrf", "defense_evasion", "wmic_remote_xsl_jscript.zip"),
		shared(t, "data", "otrf", "defense_evasion", "psh_mshta_html_application_execution.zip"),
	}
	for _, corpus := range []string{"spl", "kql"} {
		t.Run(corpus, func(t *testing.T) {
			pack, err := rule.Load([]string{shared(t, "corpus", corpus)})
			if err != nil {
				t.Fatal(err)
			}
			// What is random differs from run to run.
			pack.Rules = slices.DeleteFunc(pack.Rules, func(r *rule.Rule) bool {
				return strings.Contains(r.Query.Text, "rand(") || strings.Contains(r.Query.Text, "random(")
			})
			want := rows(t, pack, sample, query.Settings{})
			got := rows(t, pack, sample, query.Settings{BatchRows: 7, Workers: 1})
			// Rows of different classes come in an order that hangs on how the input was cut, where no query sorts them.
			for _, rs := range []map[string][]string{want, got} {
				for _, lines := range rs {
					slices.Sort(lines)
				}
			}
			for name, w := range want {
				if g := got[name]; !slices.Equal(g, w) {
					t.Errorf("%s: %d rows in small batches, %d in large ones; the first that differs:\n%s", name, len(g), len(w), difference(g, w))
				}
			}
			for name := range got {
				if want[name] == nil {
					t.Errorf("%s: %d rows in small batches, none in large ones", name, len(got[name]))
				}
			}
		})
	}
}
