// Package shared checks Harrier against the public rules and recordings that lie beside a checkout. Without them its tests are
// skipped, and say so; HARRIER_REQUIRE_SHARED=1 makes their absence a failure.
package shared

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
)

// root returns the shared folder, or skips.
func root(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal("the shared corpora are not beside the checkout")
		}
		t.Skip("the shared corpora are not beside the checkout")
	}
	return dir
}

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

type foundRule struct {
	Rule   struct{ Name string }
	Row    map[string]any
	Events []struct {
		File   string
		Record uint64
	}
	RiskScore int `json:"risk_score"`
}

// TestFoundingRules runs the five founding rules, unmodified, over all recordings and compares rows and events with what two
// independent readers of the data found.
func TestFoundingRules(t *testing.T) {
	dir := root(t)
	code, out, errs := run(t, "hunt", "-r", filepath.Join(dir, "seeds", "rules"), "-f", "jsonl", filepath.Join(dir, "data"))
	if code != cli.ExitFindings {
		t.Errorf("exit code %d, want %d\n%s", code, cli.ExitFindings, errs)
	}
	var got []string
	for line := range strings.Lines(out) {
		var f foundRule
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		var events []string
		for _, e := range f.Events {
			file := filepath.Base(strings.Split(e.File, "!")[0])
			events = append(events, file)
		}
		slices.Sort(events)
		got = append(got, fmt.Sprintf("%s | %s | %s", f.Rule.Name, key(f.Row), strings.Join(events, " ")))
	}
	slices.Sort(got)
	want := []string{
		"Impacket SMBexec | IE10Win7 1474389358 | metasploit-psexec-powershell-target-security.evtx metasploit-psexec-powershell-target-system.evtx",
		"Impacket SMBexec | IE10Win7 1474429273 | metasploit-psexec-native-target-security.evtx metasploit-psexec-native-target-system.evtx",
		"Impacket SMBexec | WORKSTATION5 1623402461 | aptsimulator_cobaltstrike.zip aptsimulator_cobaltstrike.zip aptsimulator_cobaltstrike.zip",
		"Remote Admin Tools | WORKSTATION5.theshire.local 1596599309 sc.exe  \\\\MORDORDC.theshire.local query IKEEXT | covenant_sc_query_dcerpc_smb_svcctl.zip covenant_sc_query_dcerpc_smb_svcctl.zip",
		"Remote Process Instantiation via WMI | WORKSTATION5.theshire.local \"C:\\windows\\System32\\Wbem\\WMIC.exe\" /node:WORKSTATION6 process call create \"net user /add backdoor paw0rd1\" | empire_wmic_add_user_backdoor.zip",
		"Remote Process Instantiation via WMI | WORKSTATION5.theshire.local \"C:\\windows\\System32\\Wbem\\WMIC.exe\" /node:WORKSTATION6 process call create \"net user /add backdoor paw0rd1\" | empire_wmic_add_user_backdoor.zip",
		"Remote Process Instantiation via WMI | win-dc-6178966.attackrange.local wmic  /node:\"127.0.0.1\" process call create notepad.exe  | attack_data.tar.gz",
		"detect-impacket-dcomexec | 172.18.39.5 cmd.exe | empire_dcom_shellwindows_stager.zip empire_dcom_shellwindows_stager.zip",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// key picks what tells the rows of the founding rules apart.
func key(row map[string]any) string {
	var parts []string
	for _, c := range []string{"dest", "host", "_time", "InitiatingSourceIP", "StartedProcessFileName", "process"} {
		v, ok := row[c]
		if !ok || c == "process" && row["signature_id"] != nil && row["process_path"] != nil && row["service_name"] != nil {
			continue
		}
		if n, isNumber := v.(float64); isNumber {
			v = fmt.Sprintf("%.0f", n)
		}
		if s, isText := v.(string); isText {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// TestConvertCounts reads every recording through the command line and compares the number of records.
func TestConvertCounts(t *testing.T) {
	dir := filepath.Join(root(t), "data")
	list, err := os.ReadFile(filepath.Join(dir, "counts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		path, n, ok := strings.Cut(line, "\t")
		var count int
		if i == 0 || !ok {
			continue
		}
		if _, err := fmt.Sscan(n, &count); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		want[path] = count
	}
	for _, part := range []string{"evtx", "attack_data", "otrf"} {
		got := map[string]int{}
		counter := &lineCounter{prefix: filepath.ToSlash(dir) + "/", counts: got}
		var errs bytes.Buffer
		if code := cli.Run(context.Background(), []string{"convert", filepath.Join(dir, part)}, strings.NewReader(""), counter, &errs); code != 0 {
			t.Errorf("%s: exit code %d", part, code)
		}
		for path, n := range want {
			if strings.HasPrefix(path, part+"/") && got[path] != n {
				t.Errorf("%s: %d records, want %d", path, got[path], n)
			}
		}
	}
}

// lineCounter counts lines of converted events by their file.
type lineCounter struct {
	prefix string
	counts map[string]int
	rest   []byte
}

func (c *lineCounter) Write(p []byte) (int, error) {
	data := append(c.rest, p...)
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		line := data[:i]
		data = data[i+1:]
		if name, ok := bytes.CutPrefix(line, []byte(`{"_file":"`)); ok {
			name = name[:bytes.IndexByte(name, '"')]
			path := strings.TrimPrefix(string(name), c.prefix)
			path, _, _ = strings.Cut(path, "!")
			c.counts[path]++
		}
	}
	c.rest = append(c.rest[:0], data...)
	return len(p), nil
}
