package shared

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
)

type explainedRule struct {
	Name, File, State string
	Query             *struct{ Stages []json.RawMessage }
	Plan              string
	Data              *struct {
		Rows       int
		Verdict    string
		Selections []struct {
			Best, Near int
			Conditions []struct{ Text string }
			Misses     []struct {
				Events []struct {
					File   string
					Record uint64
				}
				Failed []string
				Values []struct {
					Field string
					Value *string
				}
			}
		}
	}
}

// TestExplainCorpus explains every public rule: those that run have stages and a plan.
func TestExplainCorpus(t *testing.T) {
	dir := root(t)
	for _, part := range []string{"spl", "kql", "sigma"} {
		_, out, _ := run(t, "explain", "-f", "json", "--plan", filepath.Join(dir, "corpus", part))
		var rules []explainedRule
		if err := json.Unmarshal([]byte(out), &rules); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
		if len(rules) < 1000 {
			t.Errorf("%s: %d rules only", part, len(rules))
		}
		for _, r := range rules {
			if r.State != "refused" && (r.Query == nil || len(r.Query.Stages) == 0 || r.Plan == "") {
				t.Errorf("%s (%s) runs and has no stages or no plan", r.Name, r.File)
			}
		}
	}
	for _, format := range []string{"table", "md"} {
		if _, out, _ := run(t, "explain", "-f", format, filepath.Join(dir, "corpus", "spl")); len(out) < 1_000_000 {
			t.Errorf("SPL as %s: %d bytes only", format, len(out))
		}
	}
}

// TestExplainNearMiss: the recordings hold one event with four of the five conditions of the smbexec rule. It is the old form of
// the tool, whose batch file lies in a folder of its own.
func TestExplainNearMiss(t *testing.T) {
	dir := root(t)
	code, out, errs := run(t, "explain", "-f", "json", filepath.Join(dir, "seeds", "rules", "escu-impacket-smbexec.yml"), filepath.Join(dir, "data"))
	var rules []explainedRule
	if err := json.Unmarshal([]byte(out), &rules); err != nil || code != cli.ExitNone || len(rules) != 1 || rules[0].Data == nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, errs)
	}
	d := rules[0].Data
	if want := "it found nothing: stage 3 dropped everything (810 rows before it); the closest event satisfies 4 of 5 conditions"; d.Verdict != want {
		t.Errorf("verdict %q, want %q", d.Verdict, want)
	}
	s := d.Selections[len(d.Selections)-1]
	if s.Best != 4 || s.Near != 1 || len(s.Conditions) != 5 || len(s.Misses) != 1 {
		t.Fatalf("%+v", s)
	}
	m := s.Misses[0]
	if !slices.Equal(m.Failed, []string{`process match (?i)C:\\Windows\\[a-zA-Z]{1,8}\.bat`}) {
		t.Errorf("failed %q", m.Failed)
	}
	if len(m.Events) != 1 || !strings.Contains(m.Events[0].File, "SAM_the_admin_CVE-2021-42287.evtx") {
		t.Errorf("events %v", m.Events)
	}
	if len(m.Values) != 1 || m.Values[0].Value == nil || !strings.Contains(*m.Values[0].Value, `C:\Windows\TEMP\execute.bat`) {
		t.Errorf("values %v", m.Values)
	}
}
