package shared

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
)

var anyTag = regexp.MustCompile(`<[^>]*>`)

// plainPage is a page as its reader has it: without markup, blanks folded.
func plainPage(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := anyTag.ReplaceAllString(string(data), " ")
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}

// TestCatalogOfFoundingRules holds the pages of the five founding rules to what their pages at home show.
func TestCatalogOfFoundingRules(t *testing.T) {
	dir, out := root(t), t.TempDir()
	if code, _, errs := run(t, "catalog", "build", "-r", filepath.Join(dir, "seeds", "rules"), "-o", out); code != cli.ExitNone {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for pattern, want := range map[string][]string{
		"impacket-lateral-movement-smbexec-*": {
			"SPL ESCU TTP", "high", "risk 63", "bb3c1bac-6bdf-4aa0-8dc9-068b8b712a76", "Michael Haag , Splunk", "2023-06-13",
			"T1021 Remote Services", "T1021.002 Remote Services: SMB/Windows Admin Shares", "T1021.003", "Distributed Component Object Model", "T1047 Windows Management Instrumentation",
			"T1543.003", "Windows Service", "Lateral Movement", "Persistence", "Privilege Escalation", "Exploitation", "Installation", "DE.CM", "CIS 10",
			"`impacket_lateral_movement_smbexec_commandline_parameters_filter`", "`drop_dm_object_name(Processes)`", "Data model Endpoint.Processes",
			`(?i)cmd\.exe\s+\/Q\s+\/c`, `(?i)echo\s+cd`, `(?i)C:\\Windows\\[a-zA-Z]{1,8}\.bat`, `\\127\.0\.0\.1\.*`, "Processes.parent_process_name", "Processes.process_id",
			"63 90 70 Suspicious command-line parameters on $dest$",
			"Risk score = impact × confidence / 100", "1 tstats", "2 rename", "3 where", "4 convert",
		},
		"impacket-smbexec-*": {
			"5397.5497", "Impackets smbexec.py enables users to execute commands", "Execution T1059 Command and Scripting Interpreter", "T1569.002 System Services: Service Execution",
			"T1021.006 Remote Services: Windows Remote Management", "github.com/SecureAuthCorp/impacket/blob/master/examples/smbexec.py",
			"Security-Auditing 4688 Process started", "Service Control Manager 7045 Service installed", "logic_format: Splunk", "Windows event logs",
			"1 search ` get_endpoint_data `", "2 eval", "3 where", "4 table", "5 bin", "6 stats", "7 where", "EventCode eq stage 1", "process match stage 3", "service_name match stage 3",
			"signature_id match stage 7", `\/c.{1,}?\x5c\x5c`, "TERM TERM(EventCode=7045)", "text <EventID>7045<", "TERM TERM(EventCode=4688)", "text <EventID>4688<", "Type eq",
		},
		"remote-process-instantiation-via-wmi-*": {
			"d25d2c3d-d9d8-40ec-8fdf-e86fe155a3da", "Rico Valdez , Mauricio Velazco , Splunk", "2021-11-12", "T1047 Windows Management Instrumentation", "Installation", "DE.CM", "CIS 10",
			"`remote_process_instantiation_via_wmi_filter`", "/node:", "Processes.parent_process_path", "49 70 70 A wmic.exe process $process$ contain process spawn commandline",
			"version 7",
		},
		"detect-impacket-dcomexec-*": {
			"3069ee4c-68a2-4512-9048-4751bc0fbac2", "This query looks for signs of impacket dcomexec module", "Jouni Mikkola", "https://threathunt.blog/impacket-part-2/", "T1559.001",
			"DeviceNetworkEvents", "DeviceProcessEvents", "1 source DeviceNetworkEvents", "2 where", "6 join", "6.1 source in join DeviceProcessEvents", "6.4 project", "9.4 project", "10 summarize",
			"InitiatingProcessFileName eq stage 3, 6.3", "ActionType eq", "InboundConnectionAccepted", "InitiatingProcessParentFileName eq", "explorer.exe", "ConnectedAddresses", "requiredDataConnectors:",
		},
		"remote-admin-tools-*": {
			"5343.18043", "PsExec, RemCom, PaExec, and CsExec are administrative", "T1059.003 Command and Scripting Interpreter: Windows Command Shell", "T1569.002", "T1021 Remote Services",
			"T1570 Lateral Tool Transfer", "redcanary.com/blog/threat-hunting-psexec-lateral-movement", "Sysmon 1 Process started", "Security-Auditing 4688 Process started",
			"1 search", "2 regex", "3 table", "4 bin", "5 stats", "event_type in stage 1", "childproc", "netconn", "process match stage 2", "TERM TERM(ProcessRollup2)", "TERM TERM(DeviceProcessEvents)",
			"text .exe", `text \\`, "EDR Logs", "Process command-line parameters",
		},
	} {
		files, _ := filepath.Glob(filepath.Join(out, "rules", pattern+".html"))
		if len(files) != 1 {
			t.Errorf("%s: %d pages", pattern, len(files))
			continue
		}
		page := plainPage(t, files[0])
		for _, w := range want {
			if !strings.Contains(strings.ReplaceAll(page, " ", ""), strings.ReplaceAll(w, " ", "")) {
				t.Errorf("%s does not show %q", filepath.Base(files[0]), w)
			}
		}
	}
}

// TestCatalogOfCorpus builds the catalogue of all public rules.
func TestCatalogOfCorpus(t *testing.T) {
	dir, out := root(t), t.TempDir()
	code, _, errs := run(t, "catalog", "build", "-r", filepath.Join(dir, "corpus"), "-o", out)
	if code != cli.ExitRules { // some rules are refused
		t.Fatalf("exit code %d: %s", code, errs)
	}
	data, err := os.ReadFile(filepath.Join(out, "json", "catalog.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Rules      struct{ SPL, KQL, Sigma int }
		Groups     map[string]int
		Indicators int
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	if c.Rules.SPL < 1800 || c.Rules.KQL < 3000 || c.Rules.Sigma < 2300 || c.Indicators < 20000 || c.Groups["techniques"] < 400 || c.Groups["indicators"] < 4000 {
		t.Errorf("%s", data)
	}
	// The first view stays light: what every page loads, and the first page.
	for name, most := range map[string]int64{"index.html": 60_000, "assets/app.css": 60_000, "assets/app.js": 30_000, "rules.html": 10_000, "search/rules.js": 1_500_000} {
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil || info.Size() > most {
			t.Errorf("%s: %v, of at most %d bytes", name, err, most)
		}
	}
	shards, _ := filepath.Glob(filepath.Join(out, "search", "*.js"))
	for _, f := range shards {
		if info, err := os.Stat(f); err == nil && info.Size() > 200_000 && filepath.Base(f) != "rules.js" {
			t.Errorf("%s has %d bytes", filepath.Base(f), info.Size())
		}
	}
}

// TestCoverageBelievesFindings holds coverage to the truth: a rule that finds something is not blind.
func TestCoverageBelievesFindings(t *testing.T) {
	dir := root(t)
	rules := []string{"-r", filepath.Join(dir, "seeds", "rules"), "-r", filepath.Join(dir, "corpus")}
	data := filepath.Join(dir, "data", "evtx", "sbousseaden")
	_, out, errs := run(t, append(append([]string{"coverage", "-f", "jsonl"}, rules...), data)...)
	type id struct{ ID, Name, File string }
	states := map[id]string{}
	blind := 0
	for line := range strings.Lines(out) {
		var r struct {
			id
			State string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		states[id{r.ID, r.Name, r.File}] = r.State
		if r.State == "blind" {
			blind++
		}
	}
	if len(states) < 6000 || blind < 2000 {
		t.Errorf("%d rules, %d of them blind: %s", len(states), blind, errs)
	}
	_, out, _ = run(t, append(append([]string{"hunt", "-f", "jsonl"}, rules...), data)...)
	found := map[id]bool{}
	for line := range strings.Lines(out) {
		var f struct{ Rule id }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		found[f.Rule] = true
	}
	if len(found) < 400 {
		t.Errorf("only %d rules found something", len(found))
	}
	for r := range found {
		if s := states[r]; s != "fires" && s != "partly" {
			t.Errorf("%s (%s) finds something and is %q", r.Name, r.File, s)
		}
	}
}
