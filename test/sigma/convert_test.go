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
	type made struct {
		of    *rule.Rule
		noted bool
	}
	original := found(t, e, detect.Compile(e, pack), data)
	for _, c := range conversions { // one after the other: two thousand rules at a time are enough to hold
		origin := map[*rule.Rule]made{}
		again := &rule.Pack{}
		refused := map[string]int{}
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
						refused[d.ID]++
						break
					}
				}
				continue
			}
			copied := &rule.Rule{Name: r.Name, File: r.File, Language: rule.Language(c.to.Language), Format: "plain", Query: text.NewSource(r.File+"."+c.to.Language, out)}
			origin[copied] = made{r, len(ds) > 0}
			again.Rules = append(again.Rules, copied)
		}
		items := detect.Compile(e, again)
		for _, it := range items {
			if it.State() == detect.Refused {
				t.Errorf("%s to %v does not compile: %v\n%s", it.Rule.File, c.to, it.Diagnostics.Err(), it.Rule.Query.Text)
			}
		}
		got := found(t, e, items, data)
		silent, same, fewer, differ := 0, 0, 0, 0
		for copied, m := range origin {
			a, b := original[m.of], got[copied]
			more := slices.DeleteFunc(slices.Sorted(maps.Keys(b)), func(k string) bool { return a[k] })
			less := slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(k string) bool { return b[k] })
			name := strings.TrimPrefix(m.of.File, corpus)
			switch {
			case len(a) == 0 && len(b) == 0:
				silent++
			case len(more) > 0:
				differ++
				if testing.Verbose() {
					t.Logf("%s to %v finds %d more, such as %s\n%s", name, c.to, len(more), more[0], copied.Query.Text)
				}
			case len(less) > 0:
				fewer++
				if testing.Verbose() && !m.noted {
					t.Logf("%s to %v finds %d of %d fewer, such as %s\n%.700s", name, c.to, len(less), len(a), less[0], copied.Query.Text)
				}
			default:
				same++
			}
		}
		n := len(again.Rules)
		t.Logf("%v: %d converted (%d find nothing in either form), %d find the same, %d a part, %d something else; refused %v", c.to, n, silent, same, fewer, differ, refused)
		if n < c.converted || same < c.same || fewer > c.fewer || differ > c.differ {
			t.Errorf("%v: %d converted, %d the same, %d a part, %d something else; want %d, %d, %d, %d or better", c.to, n, same, fewer, differ, c.converted, c.same, c.fewer, c.differ)
		}
	}
}
