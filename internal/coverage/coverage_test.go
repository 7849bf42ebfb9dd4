package coverage

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// events are a Sysmon 1 with everything, a Security 4688 without its command line, and a Sysmon 11.
const events = `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Hostname":"h1","@timestamp":"2024-01-01T00:00:00Z","SourceName":"Microsoft-Windows-Sysmon","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c whoami","User":"a","ProcessId":"1","IntegrityLevel":"High"}
{"Channel":"Security","EventID":4688,"Hostname":"h1","@timestamp":"2024-01-01T00:00:01Z","SourceName":"Microsoft-Windows-Security-Auditing","NewProcessName":"C:\\Windows\\System32\\cmd.exe","SubjectUserName":"a","NewProcessId":"0x1"}
{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":11,"Hostname":"h1","@timestamp":"2024-01-01T00:00:02Z","SourceName":"Microsoft-Windows-Sysmon","Image":"C:\\Windows\\System32\\cmd.exe","TargetFilename":"C:\\Temp\\a.txt","ProcessId":"1"}
`

func look(t *testing.T, rules map[string]string) *Report {
	t.Helper()
	dir := t.TempDir()
	for name, s := range rules {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(data, []byte(events), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := rule.Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(query.Settings{Detached: true, Macros: p.Macros, Sigma: p.Sigma})
	if err != nil {
		t.Fatal(err)
	}
	report := func(d text.Diagnostic) { t.Error(d) }
	in := e.NewInput([]string{data}, report, nil)
	defer in.Close()
	r, err := Look(context.Background(), e, p, in, report)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStates(t *testing.T) {
	for _, x := range []struct {
		name, file, rule string
		state            State
		why              string
	}{
		{"simple", "r.kql", `DeviceProcessEvents | where FileName =~ "other.exe"`, Fires, ""},
		{"no event of the table", "r.kql", `DeviceNetworkEvents | where RemotePort == 445`, Blind, "no event fills the table DeviceNetworkEvents"},
		{"no such table", "r.kql", `SomethingElse | where x == 1`, Blind, "there is no table SomethingElse here"},
		{"an event that is not there", "r.spl", `index=* EventCode=7045 | table host`, Blind, "not in the data: Service Control Manager 7045"},
		{"an event that is there", "r.spl", `index=* EventCode=11 TargetFilename=*.txt | table host`, Fires, ""},
		{"a field of another event", "r.spl", `index=* EventCode=4688 process=*whoami* | table host`, Blind, "process has no value in Microsoft-Windows-Security-Auditing 4688"},
		{"terms", "r.spl", `index=* (TERM(EventCode=7045) OR "<EventID>7045<") | table host`, Blind, "7045"},
		{"a field that is never filled", "r.kql", `SecurityEvent | where EventID == 4688 | where CommandLine has "x"`, Blind, "CommandLine has no value"},
		{"a value that was not seen is a hint", "r.kql", `DeviceProcessEvents | where ProcessIntegrityLevel == "System"`, Fires, ""},
		{"an alternative", "r.spl", `index=* (EventCode=11 TargetFilename=*) OR (EventCode=7045 Service_Name=*) | table host`, Partly, "not in the data: Service Control Manager 7045"},
		{"an inner join", "r.kql", `DeviceProcessEvents | join kind=inner (DeviceNetworkEvents) on DeviceId`, Blind, "DeviceNetworkEvents"},
		{"an outer join", "r.kql", `DeviceProcessEvents | join kind=leftouter (DeviceNetworkEvents) on DeviceId`, Partly, "DeviceNetworkEvents"},
		{"an anti join", "r.kql", `DeviceProcessEvents | join kind=leftanti (DeviceNetworkEvents) on DeviceId`, Fires, ""},
		{"a union", "r.kql", `union DeviceProcessEvents, DeviceNetworkEvents | where DeviceName != ""`, Partly, "DeviceNetworkEvents"},
		{"a union of nothing", "r.kql", `union DeviceLogonEvents, DeviceNetworkEvents | where DeviceName != ""`, Blind, "DeviceLogonEvents"},
		{"a count of nothing is a row", "r.kql", `DeviceNetworkEvents | summarize count()`, Partly, "DeviceNetworkEvents"},
		{"groups without a key", "r.spl", `index=* EventCode=11 | stats count by Service_Name`, Blind, "Service_Name has no value in Microsoft-Windows-Sysmon 11"},
		{"negation", "r.spl", `index=* EventCode=11 NOT Service_Name=x | table host`, Fires, ""},
		{"data model", "r.spl", `| tstats count from datamodel=Endpoint.Registry by Registry.dest`, Blind, "no event fills the data model Endpoint.Registry"},
		{"Sigma", "r.yml", "title: a\nid: a\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {CommandLine|contains: x}, condition: s}\n", Fires, ""},
		{"Sigma's source is not there", "r.yml", "title: a\nid: a\nlogsource: {product: windows, category: image_load}\ndetection: {s: {ImageLoaded|contains: x}, condition: s}\n", Blind, "no event fills the log source windows/image_load"},
		{"refused", "r.kql", `DeviceEvents | where`, Refused, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, map[string]string{x.file: x.rule}).Rules[0]
			var why []string
			for _, m := range r.Missing {
				why = append(why, m.String())
			}
			if r.State != x.state || !strings.Contains(strings.Join(why, "; "), x.why) || x.why == "" && len(why) > 0 {
				t.Errorf("%s because of %q, want %s because of %q", r.State, why, x.state, x.why)
			}
		})
	}
}

// TestRulesOverFindings: what reads findings can fire when something else can.
func TestRulesOverFindings(t *testing.T) {
	over := `| tstats sum(All_Risk.calculated_risk_score) as risk from datamodel=Risk.All_Risk by All_Risk.risk_object`
	if r := look(t, map[string]string{"a.spl": over}); r.Rules[0].State != Blind {
		t.Errorf("alone: %s", r.Rules[0].State)
	}
	if r := look(t, map[string]string{"a.spl": over, "b.kql": `DeviceProcessEvents | where FileName =~ "x.exe"`}); r.Rules[0].State != Fires {
		t.Errorf("with others: %s %v", r.Rules[0].State, r.Rules[0].Missing)
	}
}

func TestHints(t *testing.T) {
	r := look(t, map[string]string{"r.kql": `DeviceProcessEvents | where ProcessIntegrityLevel == "System"`}).Rules[0]
	if len(r.Hints) == 0 || r.Hints[0].Field != "ProcessIntegrityLevel" {
		t.Errorf("%+v", r.Hints)
	}
}

func TestGains(t *testing.T) {
	r := look(t, map[string]string{
		"a.spl": `index=* EventCode=4688 process=*whoami* | table host`,
		"b.kql": `SecurityEvent | where EventID == 4688 and CommandLine has "x"`,
		"c.yml": "title: c\nid: c\ntags: [attack.t1105]\nlogsource: {product: windows, category: network_connection}\ndetection: {s: {DestinationPort: 445}, condition: s}\n",
		"d.kql": `DeviceNetworkEvents | where RemotePort == 445`,
		"e.spl": `index=* EventCode=4104 ScriptBlockText=*x* | table host`,
	})
	got := map[string]*Gain{}
	for _, g := range r.Gains {
		got[g.Event.Log+" "+g.Event.ID+" "+strings.Join(g.Fields, "+")] = g
	}
	for key, want := range map[string]struct {
		rules   int
		setting string
	}{
		"security 4688 CommandLine+process": {2, "include command line"},
		"sysmon 3 ":                         {2, "Sysmon: NetworkConnect"},
		"powershell 4104 ":                  {1, "Script Block Logging"},
	} {
		g := got[key]
		if g == nil || len(g.Rules) != want.rules || !strings.Contains(g.Setting, want.setting) {
			t.Errorf("%s: %+v, want %d rules and %q", key, g, want.rules, want.setting)
		}
	}
	if g := got["sysmon 3 "]; g != nil && strings.Join(g.Techniques, " ") != "T1105" {
		t.Errorf("techniques %v", g.Techniques)
	}
	if a := r.Attack; a.Named != 1 || a.Firing != 0 || a.Total < 600 {
		t.Errorf("%+v", a)
	}
}

// TestSettings holds the list of settings to logs and events that are known.
func TestSettings(t *testing.T) {
	if len(settings()) < 50 {
		t.Fatal(len(settings()))
	}
	for _, s := range settings() {
		if s.Setting == "" {
			t.Errorf("%+v says nothing", s)
		}
		if provider, _, _ := analyze.Title(s.Log, "0"); provider == s.Log && s.Log != "application" {
			t.Errorf("there is no log %q", s.Log)
		}
	}
	for _, x := range []struct{ log, id, field, want string }{
		{"sysmon", "3", "", "Sysmon: NetworkConnect"}, {"sysmon", "4", "", "install Sysmon"}, {"security", "5145", "", "Audit Detailed File Share"},
		{"security", "4688", "", "Audit Process Creation"}, {"security", "9999", "", ""}, {"", "ProcessRollup2", "", ""},
	} {
		if got := settingFor(x.log, x.id, x.field); got != x.want {
			t.Errorf("%s %s: %q, want %q", x.log, x.id, got, x.want)
		}
	}
}
