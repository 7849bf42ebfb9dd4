package sigma

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
	"github.com/harrier-detect/harrier/internal/transpile"
)

// found runs rules over data and returns for each the records that its rows lead back to.
func found(t *testing.T, e *query.Engine, items []*detect.Item, data []string) map[*rule.Rule]map[string]bool {
	t.Helper()
	out := map[*rule.Rule]map[string]bool{}
	in := e.NewInput(data, func(text.Diagnostic) {}, nil)
	err := detect.Run(context.Background(), e, items, in, func(it *detect.Item, b *event.Batch) {
		set := map[string]bool{}
		for i := range b.Len() {
			for _, o := range b.Lineage.Of(i) {
				set[fmt.Sprintf("%s:%d", in.Options.Files.Name(o.File), o.Record)] = true
			}
		}
		out[it.Rule] = set
	}, func(d text.Diagnostic) { t.Log(d) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// conversions are the targets, with the numbers of public rules that are converted to them and that then find what the original finds, or
// a part of it where the target has not all of the logs. They may only grow; others may only shrink.
var conversions = []struct {
	to                     transpile.Target
	converted, same, fewer int
	// differ are conversions that find something that the original does not: in Defender's tables rows know a parent that the event does
	// not, and there is no telling Linux and macOS from Windows.
	differ int
}{
	{transpile.Target{Language: "spl", Over: "raw"}, 2155, 375, 2, 0},
	{transpile.Target{Language: "spl", Over: "cim"}, 1081, 237, 0, 0},
	{transpile.Target{Language: "kql", Over: "defender"}, 1411, 265, 3, 11},
	{transpile.Target{Language: "kql", Over: "sentinel"}, 1871, 358, 3, 1},
}

// TestConversions writes all public rules in the other languages and runs original and conversion over the recorded events.
func TestConversions(t *testing.T) {
	data := []string{filepath.Join(corpus, "regression_data"), "../../../shared/data/evtx"}
	if _, err := os.Stat(corpus); err != nil {
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
	type made struct {
		target int
		of     *rule.Rule
		noted  bool
	}
	origin := map[*rule.Rule]made{}
	all := &rule.Pack{Rules: slices.Clone(pack.Rules), Sigma: pack.Sigma}
	counts := make([]struct{ converted, silent, same, fewer, differ int }, len(conversions))
	refused := make([]map[string]int, len(conversions))
	for i, c := range conversions {
		refused[i] = map[string]int{}
		for _, r := range pack.Rules {
			x := e.Explain(r.Language, r.Query)
			if x.Compiled == nil {
				continue
			}
			out, ds := transpile.Convert(r.Query, x.Plan, c.to)
			if out == "" {
				if !ds.HasErrors() {
					t.Errorf("%s: refused without a diagnostic", r.File)
				}
				for _, d := range ds {
					if d.Severity == text.Error {
						refused[i][d.ID]++
						break
					}
				}
				continue
			}
			counts[i].converted++
			again := &rule.Rule{Name: r.Name, File: r.File, Language: rule.Language(c.to.Language), Format: "plain", Query: text.NewSource(r.File+"."+c.to.Language, out)}
			origin[again] = made{i, r, len(ds) > 0}
			all.Rules = append(all.Rules, again)
		}
	}
	items := detect.Compile(e, all)
	for _, it := range items {
		if m, ok := origin[it.Rule]; ok && it.State() == detect.Refused {
			t.Errorf("%s to %v does not compile: %v\n%s", it.Rule.File, conversions[m.target].to, it.Diagnostics.Err(), it.Rule.Query.Text)
		}
	}
	got := found(t, e, items, data)
	for again, m := range origin {
		a, b := got[m.of], got[again]
		more := slices.DeleteFunc(slices.Sorted(maps.Keys(b)), func(k string) bool { return a[k] })
		less := slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(k string) bool { return b[k] })
		n, name, to := &counts[m.target], strings.TrimPrefix(m.of.File, corpus), conversions[m.target].to
		switch {
		case len(a) == 0 && len(b) == 0:
			n.silent++
		case len(more) > 0:
			n.differ++
			if testing.Verbose() {
				t.Logf("%s to %v finds %d more, such as %s\n%s", name, to, len(more), more[0], again.Query.Text)
			}
		case len(less) > 0:
			n.fewer++
			if testing.Verbose() && !m.noted {
				t.Logf("%s to %v finds %d of %d fewer, such as %s\n%.700s", name, to, len(less), len(a), less[0], again.Query.Text)
			}
		default:
			n.same++
		}
	}
	for i, c := range conversions {
		n := counts[i]
		t.Logf("%v: %d converted (%d find nothing in either form), %d find the same, %d a part, %d something else; refused %v", c.to, n.converted, n.silent, n.same, n.fewer, n.differ, refused[i])
		if n.converted < c.converted || n.same < c.same || n.fewer > c.fewer || n.differ > c.differ {
			t.Errorf("%v: %d converted, %d the same, %d a part, %d something else; want %d, %d, %d, %d or better", c.to, n.converted, n.same, n.fewer, n.differ, c.converted, c.same, c.fewer, c.differ)
		}
	}
}
