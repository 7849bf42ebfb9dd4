// Package corpus watches over what Harrier makes of the public rules beside a checkout: how many of them run, and what they
// find in recorded attacks. UPDATE_GOLDEN=1 rewrites the tables in testdata; a change of theirs is to be explained in the commit
// that makes it.
package corpus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
)

// shared returns the path of something in the shared folder, or skips the test where that is not beside the checkout.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal("the shared corpora are not beside the checkout")
		}
		t.Skip("the shared corpora are not beside the checkout")
	}
	return path
}

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// table is a golden file of counts by key, one "key TAB count" a line.
type table map[string]int

func readTable(t *testing.T, path string) table {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := table{}
	for line := range strings.Lines(string(data)) {
		key, n, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if out[key], err = strconv.Atoi(n); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return out
}

func (tb table) write(t *testing.T, path string) {
	t.Helper()
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(tb)) {
		fmt.Fprintf(&b, "%s\t%d\n", k, tb[k])
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func updating() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// TestRulesRun is a ratchet: the number of rules of each format that run may only rise, and of each reason for refusing one may
// only fall.
func TestRulesRun(t *testing.T) {
	for _, corpus := range []string{"spl", "kql"} {
		t.Run(corpus, func(t *testing.T) {
			_, out, errs := run(t, "rules", "-r", shared(t, "corpus", corpus), "-f", "jsonl")
			got := table{}
			for line := range strings.Lines(out) {
				var r struct {
					Format, State string
					Diagnostics   []struct{ ID, Severity string }
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatal(err)
				}
				format := cmp.Or(r.Format, "unknown")
				got["format "+format+" "+r.State]++
				if r.State != "refused" {
					continue
				}
				id := "without a reason"
				for _, d := range r.Diagnostics {
					if d.Severity == "error" {
						id = d.ID
						break
					}
				}
				got["refused "+id]++
			}
			if len(got) == 0 {
				t.Fatalf("no rules: %s", errs)
			}
			golden := filepath.Join("testdata", corpus+"_rules.tsv")
			if updating() {
				got.write(t, golden)
				return
			}
			want := readTable(t, golden)
			for _, k := range slices.Sorted(maps.Keys(got)) {
				if strings.HasPrefix(k, "refused ") && got[k] > want[k] || strings.HasSuffix(k, " refused") && got[k] > want[k] {
					t.Errorf("%s: %d, was %d", k, got[k], want[k])
				}
			}
			for _, k := range slices.Sorted(maps.Keys(want)) {
				if ok, isRuns := strings.CutSuffix(k, " runs"); isRuns {
					if now, was := got[k]+got[ok+" notes"], want[k]+want[ok+" notes"]; now < was {
						t.Errorf("%s: %d run, were %d", ok, now, was)
					}
				}
				if got[k] != want[k] {
					t.Logf("%s: %d, was %d", k, got[k], want[k])
				}
			}
		})
	}
}

// sample is the part of the recordings over which all rules are run: every event log and some archives of whole hosts.
func sample(t *testing.T) []string {
	t.Helper()
	out := []string{shared(t, "data", "evtx")}
	for _, a := range []string{
		"lateral_movement/empire_wmic_add_user_backdoor.zip", "lateral_movement/covenant_sc_query_dcerpc_smb_svcctl.zip",
		"lateral_movement/empire_dcom_shellwindows_stager.zip", "credential_access/psh_lsass_memory_dump_comsvcs.zip",
		"persistence/empire_persistence_registry_modification_run_keys_elevated_user.zip", "defense_evasion/psh_mshta_html_application_execution.zip",
	} {
		out = append(out, shared(t, "data", "otrf", filepath.FromSlash(a)))
	}
	return out
}

// TestFindings runs all rules over the sample in bounded memory, and compares how often each rule finds something.
func TestFindings(t *testing.T) {
	for _, corpus := range []string{"spl", "kql"} {
		t.Run(corpus, func(t *testing.T) {
			root := shared(t, "corpus", corpus)
			args := append([]string{"hunt", "-r", root, "-f", "jsonl", "--memory", "2G", "--why"}, sample(t)...)
			counter := &findingCounter{root: root, counts: table{}}
			var errs bytes.Buffer
			// Some of the rules are refused, which the exit code has to say whatever the others find.
			if code := cli.Run(context.Background(), args, strings.NewReader(""), counter, &errs); code != cli.ExitRules {
				t.Errorf("exit code %d, want %d: %s", code, cli.ExitRules, errs.String())
			}
			if counter.err != nil {
				t.Fatal(counter.err)
			}
			golden := filepath.Join("testdata", corpus+"_findings.tsv")
			if updating() {
				counter.counts.write(t, golden)
				return
			}
			want := readTable(t, golden)
			both := maps.Clone(want)
			maps.Copy(both, counter.counts)
			differs := false
			for _, k := range slices.Sorted(maps.Keys(both)) {
				if counter.counts[k] != want[k] && !throwsDice[k] {
					differs = true
					t.Errorf("%s: %d findings, were %d", k, counter.counts[k], want[k])
				}
			}
			for line := range strings.Lines(errs.String()) {
				if differs && (strings.Contains(line, " RUN6") || strings.Contains(line, "internal/")) { // a rule that had no room says why it found less
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}

// throwsDice are the rules whose answer hangs on rand(): how many findings they have is chance.
var throwsDice = map[string]bool{
	"azure-sentinel/Hunting_Queries/Microsoft_365_Defender/Fun/Make_FolderPath_Vogon_Poetry.yaml": true,
}

// findingCounter counts findings, written to it as JSON lines, by the file and id of their rule.
type findingCounter struct {
	root   string
	counts table
	rest   []byte
	err    error
}

func (c *findingCounter) Write(p []byte) (int, error) {
	data := append(c.rest, p...)
	for {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			break
		}
		data = rest
		var f struct{ Rule struct{ ID, File string } }
		if err := json.Unmarshal(line, &f); err != nil && c.err == nil {
			c.err = err
		}
		file, err := filepath.Rel(c.root, f.Rule.File)
		if err != nil && c.err == nil {
			c.err = err
		}
		key := filepath.ToSlash(file)
		if _, n, ok := strings.Cut(f.Rule.ID, "#"); ok { // one of several queries in the file
			key += " #" + n
		}
		c.counts[key]++
	}
	c.rest = append(c.rest[:0], data...)
	return len(p), nil
}
