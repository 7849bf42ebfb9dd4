package shared

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// How the answers of a pair are compared.
const (
	events = iota // the events behind the rows are the same ones
	once          // KQL's events are among those of SPL: Defender tells of a process once, Splunk of every record of it
	rows          // the rows are equal as texts
)

// pairs ask one question in both languages.
var pairs = []struct {
	name     string
	compare  int
	spl, kql string
}{
	{"processes by name", once,
		`| from datamodel:Endpoint.Processes | search process_name=cmd.exe`,
		`DeviceProcessEvents | where FileName =~ "cmd.exe"`},
	{"processes by command line", once,
		`| from datamodel:Endpoint.Processes | search process="*whoami*"`,
		`DeviceProcessEvents | where ProcessCommandLine contains "whoami"`},
	{"processes by parent", once,
		`| from datamodel:Endpoint.Processes | search parent_process_name=services.exe`,
		`DeviceProcessEvents | where InitiatingProcessFileName =~ "services.exe"`},
	{"processes by parent and either child", once,
		`| from datamodel:Endpoint.Processes | search parent_process_name IN (cmd.exe, powershell.exe) process_name IN (net.exe, reg.exe, whoami.exe)`,
		`DeviceProcessEvents | where InitiatingProcessFileName in~ ("cmd.exe", "powershell.exe") and FileName in~ ("net.exe", "reg.exe", "whoami.exe")`},
	{"command lines counted by name", rows,
		`| tstats count from datamodel=Endpoint.Processes where Processes.process_name IN (cmd.exe, powershell.exe, rundll32.exe, reg.exe) Processes.process!=unknown by Processes.process_name Processes.process | eval n=lower('Processes.process_name'), p=trim('Processes.process') | stats dc(p) as c by n | table n c`,
		`DeviceProcessEvents | where FileName in~ ("cmd.exe", "powershell.exe", "rundll32.exe", "reg.exe") and isnotempty(ProcessCommandLine) | summarize c = dcount(trim(" +", ProcessCommandLine), 4) by n = tolower(FileName) | project n, c`},
	{"hosts that start processes", rows,
		`| tstats dc(Processes.dest) as hosts from datamodel=Endpoint.Processes where Processes.process_name=* | table hosts`,
		`DeviceProcessEvents | where isnotempty(FileName) | summarize hosts = dcount(DeviceName, 4) | project hosts`},
	{"encoded commands by regular expression", once,
		`| from datamodel:Endpoint.Processes | regex process="(?i)powershell.*\s-e(nc|c)?\s"`,
		`DeviceProcessEvents | where ProcessCommandLine matches regex @"(?i)powershell.*\s-e(nc|c)?\s"`},
	{"created processes, Security's words", events,
		`EventCode=4688 source="*Security*" New_Process_Name="*\\cmd.exe"`,
		`SecurityEvent | where EventID == 4688 and NewProcessName endswith @"\cmd.exe"`},
	{"raw Sysmon, a process", events,
		`EventCode=1 source="*Sysmon*" Image="*\\powershell.exe"`,
		`Event | where Source == "Microsoft-Windows-Sysmon" and EventID == 1 and EventData has @"\powershell.exe</Data>" and tostring(parse_xml(EventData)) != "" | where EventData matches regex @"(?i)<Data Name=""Image"">[^<]*\\powershell.exe</Data>"`},
	{"connections by port", once,
		`(source="*Sysmon*" EventCode=3 DestinationPort=445) OR (source="*Security*" EventCode=5156 ((Direction=Outbound DestPort=445) OR (Direction=Inbound (SourcePort=445 OR DestPort=445))))`,
		`DeviceNetworkEvents | where RemotePort == 445 and ActionType == "ConnectionSuccess" or LocalPort == 445 and ActionType == "InboundConnectionAccepted"`},
	{"named lookups", events,
		`EventCode=22 source="*Sysmon*" QueryName=*`,
		`DeviceEvents | where ActionType == "DnsQueryResponse"`},
	{"registry values set under Run", events,
		`EventCode=13 source="*Sysmon*" TargetObject="*\\CurrentVersion\\Run*"`,
		`DeviceRegistryEvents | where ActionType == "RegistryValueSet" and RegistryKey contains @"\CurrentVersion\Run"`},
	{"registry through the model", once,
		`| from datamodel:Endpoint.Registry | search action=modified registry_path="*\\Services\\*"`,
		`DeviceRegistryEvents | where ActionType == "RegistryValueSet" and strcat(RegistryKey, @"\", RegistryValueName) contains @"\Services\"`},
	{"files created by ending", events,
		`EventCode=11 source="*Sysmon*" TargetFilename="*.exe"`,
		`DeviceFileEvents | where ActionType == "FileCreated" and FileName endswith ".exe"`},
	{"files created in a folder", events,
		`EventCode=11 source="*Sysmon*" TargetFilename="*\\Temp\\*"`,
		`DeviceFileEvents | where ActionType == "FileCreated" and FolderPath contains @"\Temp\"`},
	{"successful logons", events,
		`EventCode=4624 source="*Security*"`,
		`SecurityEvent | where EventID == 4624`},
	{"network logons of a person", events,
		`EventCode=4624 Logon_Type=3 NOT TargetUserName="*$" TargetUserName=*`,
		`SecurityEvent | where EventID == 4624 and LogonType == 3 and TargetUserName !endswith "$" and isnotempty(TargetUserName)`},
	{"failed logons counted by user", rows,
		`EventCode=4625 source="*Security*" | eval u=lower(TargetUserName) | stats count as c by u | table u c`,
		`SecurityEvent | where EventID == 4625 and isnotempty(TargetUserName) | summarize c = count() by u = tolower(TargetUserName) | project u, c`},
	{"logons by type", rows,
		`EventCode=4624 source="*Security*" | stats count as c by Logon_Type | table Logon_Type c`,
		`SecurityEvent | where EventID == 4624 | summarize c = count() by LogonType | project LogonType, c`},
	{"device logons", events,
		`(EventCode=4624 source="*Security*" Logon_Type=10) OR (source="*LocalSessionManager*" EventCode IN (21, 25) NOT Message="*Address: LOCAL*")`,
		`DeviceLogonEvents | where ActionType == "LogonSuccess" and LogonType == "RemoteInteractive"`},
	{"services installed, System's words", events,
		`EventCode=7045 source="*System*"`,
		`Event | where EventLog == "System" and EventID == 7045`},
	{"services installed, Security's words", events,
		`EventCode=4697 source="*Security*"`,
		`SecurityEvent | where EventID == 4697`},
	{"logs cleared", events,
		`EventCode=1102 source="*Security*"`,
		`SecurityEvent | where EventID == 1102`},
	{"privileges given at logon", rows,
		`EventCode=4672 source="*Security*" | stats dc(SubjectUserSid) as sids | table sids`,
		`SecurityEvent | where EventID == 4672 | summarize sids = dcount(SubjectUserSid, 4)`},
	{"modules loaded", events,
		`EventCode=7 source="*Sysmon*" ImageLoaded="*\\samlib.dll"`,
		`DeviceImageLoadEvents | where FileName =~ "samlib.dll"`},
	{"processes opened", rows,
		`EventCode=10 source="*Sysmon*" TargetImage="*\\lsass.exe" | stats count as c by GrantedAccess | eval GrantedAccess=lower(GrantedAccess) | table GrantedAccess c`,
		`Event | where Source == "Microsoft-Windows-Sysmon" and EventID == 10 | extend t = extract(@'<Data Name="TargetImage">([^<]*)<', 1, EventData), GrantedAccess = tolower(extract(@'<Data Name="GrantedAccess">([^<]*)<', 1, EventData)) | where t endswith @"\lsass.exe" | summarize c = count() by GrantedAccess | project GrantedAccess, c`},
	{"a logon and its special privileges, joined", rows,
		`EventCode=4624 source="*Security*" Logon_Type=3 TargetUserName=* | eval k=host.":".TargetLogonId | join type=inner max=0 k [search EventCode=4672 source="*Security*" | eval k=host.":".SubjectLogonId | stats count by k] | stats dc(k) as n | table n`,
		`SecurityEvent | where EventID == 4624 and LogonType == 3 | extend k = strcat(Computer, ":", TargetLogonId) | join kind=inner (SecurityEvent | where EventID == 4672 | extend k = strcat(Computer, ":", SubjectLogonId) | distinct k) on k | summarize n = dcount(k, 4)`},
	{"two processes of one parent within ten minutes", rows,
		`| from datamodel:Endpoint.Processes | search process_name IN (cmd.exe, net.exe) dest=* | eval p=lower(process_name) | bin _time span=10m | stats dc(p) as kinds by dest _time | where kinds=2 | stats count as n | table n`,
		`DeviceProcessEvents | where FileName in~ ("cmd.exe", "net.exe") and isnotempty(DeviceName) | summarize kinds = dcount(tolower(FileName), 4) by DeviceName, bin(Timestamp, 10m) | where kinds == 2 | summarize n = count()`},
	{"first and last of a host's processes", rows,
		`| tstats min(_time) as first max(_time) as last from datamodel=Endpoint.Processes where Processes.process_name=powershell.exe by Processes.dest | eval span=round(last-first) | table Processes.dest span`,
		`DeviceProcessEvents | where FileName =~ "powershell.exe" | summarize a = min(Timestamp), z = max(Timestamp) by DeviceName | extend span = round((z - a) / 1s) | project DeviceName, span`},
	{"script blocks", events,
		`EventCode=4104 ScriptBlockText="*Invoke-*"`,
		`Event | where EventID == 4104 and EventData contains "Invoke-"`},
}

// TestPairs asks each question in both languages over recordings of several kinds, in one pass.
func TestPairs(t *testing.T) {
	dir := root(t)
	engine, err := query.New(query.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []*exec.Job
	var outs []*exec.Collector
	var compiled []*query.Compiled
	for _, p := range pairs {
		for _, q := range []struct {
			lang rule.Language
			text string
		}{{rule.SPL, p.spl}, {rule.KQL, p.kql}} {
			c, ds := engine.Compile(q.lang, text.NewSource(p.name, q.text))
			if c == nil {
				t.Fatal(ds.Err())
			}
			out := new(exec.Collector)
			jobs, outs, compiled = append(jobs, &exec.Job{Name: p.name, Plan: c.Plan, Out: out}), append(outs, out), append(compiled, c)
		}
	}
	paths := []string{filepath.Join(dir, "data", "evtx", "sbousseaden")}
	for _, a := range []string{"execution", "persistence", "discovery", "collection"} {
		paths = append(paths, filepath.Join(dir, "data", "otrf", a))
	}
	in := engine.NewInput(paths, func(text.Diagnostic) {}, nil)
	defer in.Close()
	if err := engine.Run(context.Background(), jobs, in, func(text.Diagnostic) {}); err != nil {
		t.Fatal(err)
	}
	for i, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			var sides [2]map[string]int
			for s := range sides {
				j := 2*i + s
				if jobs[j].Err != nil {
					t.Fatal(jobs[j].Err)
				}
				b, err := compiled[j].Rows(outs[j])
				if err != nil {
					t.Fatal(err)
				}
				sides[s] = facts(b, in.Options.Files, p.compare == rows)
			}
			if len(sides[0]) == 0 || len(sides[1]) == 0 {
				t.Fatalf("SPL %d, KQL %d: the question has no answer in this data", len(sides[0]), len(sides[1]))
			}
			both := maps.Clone(sides[0])
			maps.Copy(both, sides[1])
			n := 0
			for _, k := range slices.Sorted(maps.Keys(both)) {
				if (sides[0][k] > 0) == (sides[1][k] > 0) || p.compare == once && sides[0][k] > 0 {
					continue
				}
				if n++; n <= 6 {
					t.Errorf("%s: SPL %d, KQL %d", k, sides[0][k], sides[1][k])
				}
			}
			if n > 0 {
				t.Errorf("%d of %d differ", n, len(both))
			} else {
				t.Logf("%d agree", len(both))
			}
		})
	}
}

// facts are the rows of a result, or the records behind them.
func facts(b *event.Batch, files *event.Files, asText bool) map[string]int {
	out := map[string]int{}
	for i := range b.Len() {
		if asText {
			var cells []string
			for c := range b.Names() {
				v := b.ColumnAt(c).Value(i)
				if n, ok := v.Number(); ok {
					cells = append(cells, fmt.Sprint(n))
					continue
				}
				cells = append(cells, v.Str())
			}
			out[strings.Join(cells, " | ")]++
			continue
		}
		for _, o := range b.Lineage.Of(i) {
			out[fmt.Sprintf("%s:%d", filepath.Base(files.Name(o.File)), o.Record)]++
		}
	}
	return out
}
