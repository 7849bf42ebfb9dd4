package sigma

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// TestForms hunts with all public rules in the recorded EVTX files, and in the JSON that harrier convert makes of them: every rule finds
// the same events.
func TestForms(t *testing.T) {
	const data = "../../../shared/data/evtx"
	if _, err := os.Stat(data); err != nil {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skip("the recorded events are not beside the checkout: ", err)
	}
	file := filepath.Join(t.TempDir(), "events.jsonl")
	var errs bytes.Buffer
	if code := cli.Run(context.Background(), []string{"convert", "-f", "jsonl", "-o", file, data}, strings.NewReader(""), &errs, &errs); code > 3 {
		t.Fatal(code, errs.String())
	}
	lines := map[string]string{} // of the JSON: the record that each was made of
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 64<<20)
	for n := 1; sc.Scan(); n++ {
		var from struct {
			File   string `json:"_file"`
			Record uint64 `json:"_record"`
		}
		if err := json.Unmarshal(sc.Bytes(), &from); err != nil {
			t.Fatal(err)
		}
		lines[fmt.Sprintf("%s:%d", file, n)] = fmt.Sprintf("%s:%d", from.File, from.Record)
	}
	if err := sc.Err(); err != nil || len(lines) < 1000 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	pack, err := rule.Load([]string{corpus})
	if err != nil {
		t.Fatal(err)
	}
	hunt := func(path string) map[*rule.Rule]map[string]bool {
		e, err := query.New(query.Settings{Detached: true, Sigma: pack.Sigma})
		if err != nil {
			t.Fatal(err)
		}
		return found(t, e, detect.Compile(e, pack), []string{path})
	}
	evtx, js := hunt(data), hunt(file)
	rules, events := 0, 0
	for _, r := range pack.Rules {
		again := map[string]bool{}
		for line := range js[r] {
			again[lines[line]] = true
		}
		if len(evtx[r])+len(again) == 0 {
			continue
		}
		rules++
		events += len(evtx[r])
		if !maps.Equal(evtx[r], again) {
			more := slices.DeleteFunc(slices.Sorted(maps.Keys(again)), func(k string) bool { return evtx[r][k] })
			less := slices.DeleteFunc(slices.Sorted(maps.Keys(evtx[r])), func(k string) bool { return again[k] })
			t.Errorf("%s finds %d events in EVTX and %d in JSON: more %v, less %v", r.File, len(evtx[r]), len(again), more[:min(3, len(more))], less[:min(3, len(less))])
		}
	}
	t.Logf("%d of %d rules find the same %d events in both forms", rules, len(pack.Rules), events)
}
