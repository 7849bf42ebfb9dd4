package corpus

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// TestSharedEvaluation runs the public rules over a sample of recordings twice: as they run, with all that their predicates share
// evaluated once, and each for itself; and a part of them again without any optimisation, on one goroutine. Every rule must give the
// same rows in the same order.
func TestSharedEvaluation(t *testing.T) {
	sample := []string{
		shared(t, "data", "evtx", "sbousseaden", "Execution"),
		shared(t, "data", "evtx", "sbousseaden", "Credential_Access"),
		shared(t, "data", "otrf", "defense_evasion", "wmic_remote_xsl_jscript.zip"),
		shared(t, "data", "otrf", "defense_evasion", "psh_mshta_html_application_execution.zip"),
	}
	for _, corpus := range []string{"spl", "kql", "sigma"} {
		t.Run(corpus, func(t *testing.T) {
			pack, err := rule.Load([]string{shared(t, "corpus", corpus)})
			if err != nil {
				t.Fatal(err)
			}
			// What is random differs from run to run.
			pack.Rules = slices.DeleteFunc(pack.Rules, func(r *rule.Rule) bool {
				return strings.Contains(r.Query.Text, "rand(") || strings.Contains(r.Query.Text, "random(")
			})
			some := *pack
			some.Rules = nil
			for i, r := range pack.Rules {
				if i%8 == 0 {
					some.Rules = append(some.Rules, r)
				}
			}
			if testing.Short() {
				pack = &some
			}
			alone := func(s *query.Settings) { s.Unshared = true }
			compare(t, pack, sample, query.Settings{}, alone)
			compare(t, &some, sample, query.Settings{BatchRows: 7, Workers: 1}, alone)
			compare(t, &some, sample, query.Settings{}, func(s *query.Settings) { s.Unshared, s.Plain, s.Workers = true, true, 1 })
		})
	}
}

func compare(t *testing.T, p *rule.Pack, sample []string, s query.Settings, plainer func(*query.Settings)) {
	t.Helper()
	got := rows(t, p, sample, s)
	plainer(&s)
	want := rows(t, p, sample, s)
	if len(want) == 0 {
		t.Fatal("no rule found anything")
	}
	for name, w := range want {
		if g := got[name]; !slices.Equal(g, w) {
			t.Errorf("%s: %d rows, alone %d; the first that differs:\n%s", name, len(g), len(w), difference(g, w))
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s: %d rows, alone none", name, len(got[name]))
		}
	}
}

// rows returns what each rule gives, by its file and name, as lines in the order of the rows, each with the events behind it.
func rows(t *testing.T, p *rule.Pack, paths []string, s query.Settings) map[string][]string {
	t.Helper()
	s.Detached = true
	s.Macros, s.Lookups, s.LookupDirs, s.Functions, s.Sigma = p.Macros, p.Lookups, p.LookupDirs, p.Functions, p.Sigma
	e, err := query.New(s)
	if err != nil {
		t.Fatal(err)
	}
	report := func(text.Diagnostic) {}
	in := e.NewInput(paths, report, new(source.Progress))
	defer in.Close()
	items := detect.Compile(e, p)
	out := map[string][]string{}
	err = detect.Run(context.Background(), e, items, in, func(it *detect.Item, b *event.Batch) {
		var lines []string
		for i := range b.Len() {
			var l []byte
			for j, name := range b.Names() {
				if v := b.ColumnAt(j).Value(i); !v.IsMissing() {
					l = event.AppendJSON(append(append(l, name...), '='), v)
					l = append(l, ' ')
				}
			}
			lines = append(lines, string(fmt.Appendf(l, "from %v", b.Lineage.Of(i))))
		}
		out[strings.Join([]string{it.Rule.File, it.Rule.Name}, ": ")] = lines
	}, report)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		for _, d := range it.Diagnostics {
			if d.ID == "RUN6001" {
				t.Errorf("%s: %v", it.Rule.Name, d)
			}
		}
	}
	return out
}

func difference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			return "got  " + g + "\nwant " + w
		}
	}
	return ""
}
