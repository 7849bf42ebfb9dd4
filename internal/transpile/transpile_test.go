package transpile_test

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
	"github.com/harrier-detect/harrier/internal/transpile"
)

func sigma(source, body string) string {
	return "title: t\nlogsource: " + source + "\ndetection:\n  s: " + body + "\n  condition: s\n"
}

const process = "{product: windows, category: process_creation}"

// TestConvert writes rules in other languages. What is compared is the text without what every one of its kind has.
func TestConvert(t *testing.T) {
	e, err := query.New(query.Settings{Detached: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang        rule.Language
		query       string
		to, over    string
		want        string
		more, notes bool // more: the text goes on
	}{
		{rule.Sigma, sigma(process, `{Image|endswith: '\cmd.exe', CommandLine|contains: [a, 'b"c']}`), "kql", "defender",
			"DeviceProcessEvents\n| where FolderPath endswith @\"\\cmd.exe\"\n| where (ProcessCommandLine contains \"a\" or ProcessCommandLine contains @\"b\"\"c\")", false, false},
		{rule.Sigma, sigma(process, `{Image|endswith: '\cmd.exe', CommandLine|contains: [a, 'b"c']}`), "spl", "cim",
			"| from datamodel:\"Endpoint.Processes\"\n| search process_path=\"*\\\\cmd.exe\" process IN (\"*a*\", \"*b\\\"c*\")", false, false},
		{rule.Sigma, sigma(process, `{Image: [x.exe, y.exe]}`), "spl", "raw",
			`index=* ((source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1 Image IN ("x.exe", "y.exe")) OR (source="XmlWinEventLog:Security" EventCode=4688 NewProcessName IN ("x.exe", "y.exe")))`, false, false},
		{rule.Sigma, sigma(process, `{Image|cased: x, CommandLine|re: 'a\d'}`), "kql", "defender", "DeviceProcessEvents\n| where FolderPath == \"x\"\n| where ProcessCommandLine matches regex @\"a\\d\"", false, false},
		{rule.Sigma, sigma(process, `{CommandLine|re: '(?=a)b'}`), "kql", "defender", "TRA2002", true, false},
		{rule.Sigma, sigma(process, `{CommandLine|re: '(?=a)b'}`), "spl", "cim", "| from datamodel:\"Endpoint.Processes\"\n| where match(coalesce(process,\"\"), \"(?=a)b\")", false, false},
		{rule.Sigma, sigma(process, `{CommandLine: null}`), "kql", "defender", "DeviceProcessEvents\n| where isempty(ProcessCommandLine)", false, true},
		{rule.Sigma, sigma(process, `{ProcessId: 5, User: 'NT AUTHORITY\SYSTEM'}`), "kql", "defender",
			"DeviceProcessEvents\n| where tostring(ProcessId) == \"5\"\n| where strcat(AccountDomain, @\"\\\", AccountName) =~ @\"NT AUTHORITY\\SYSTEM\"", false, false},
		{rule.Sigma, sigma(process, `{Hashes|contains: 'MD5=0123456789ABCDEF0123456789ABCDEF'}`), "kql", "defender", "DeviceProcessEvents\n| where MD5 =~ \"0123456789ABCDEF0123456789ABCDEF\"", false, false},
		{rule.Sigma, sigma(process, `{Hashes|contains: 'IMPHASH=0123456789ABCDEF0123456789ABCDEF'}`), "kql", "defender", "TRA3001", true, false},
		{rule.Sigma, sigma(process, `{CurrentDirectory|endswith: '\x'}`), "kql", "defender", "TRA3001", true, false},
		{rule.Sigma, sigma("{product: windows, category: registry_set}", `{Details: 'DWORD (0x0000000a)', EventType: SetValue}`), "kql", "defender",
			"DeviceRegistryEvents\n| where RegistryValueData =~ \"10\"\n| where ActionType =~ \"RegistryValueSet\"", false, false},
		{rule.Sigma, sigma("{product: windows, service: security}", `{EventID: 4625, LogonType: 3}`), "kql", "sentinel",
			"SecurityEvent\n| where EventID == 4625\n| where tostring(LogonType) == \"3\"", false, false},
		{rule.Sigma, sigma("{product: windows, service: taskscheduler}", `{EventID: [141, 142], TaskName|startswith: '\x'}`), "kql", "sentinel",
			"WindowsEvent\n| where Channel =~ \"Microsoft-Windows-TaskScheduler/Operational\"\n| where EventID in (141, 142)\n| where tostring(EventData.TaskName) startswith @\"\\x\"", false, false},
		{rule.Sigma, sigma("{product: aws, service: cloudtrail}", `{eventName: [DeleteTrail, StopLogging]}`), "kql", "sentinel", "AWSCloudTrail\n| where EventName in~ (\"DeleteTrail\", \"StopLogging\")", false, false},
		{rule.Sigma, sigma("{product: linux, service: auditd}", `{type: EXECVE, a0: sh}`), "spl", "raw", `index=* sourcetype="linux:audit" type="EXECVE" a0="sh"`, true, false},
		{rule.Sigma, sigma("{product: thing}", `{a: 1, 'b c|lt': 5}`), "spl", "raw", `index=* a=1 "b c"<5`, false, true},
		{rule.Sigma, sigma("{product: thing}", `[evil]`), "spl", "raw", "TRA3002", true, false},
		{rule.Sigma, sigma("{product: thing}", `{a: 1}`), "kql", "defender", "TRA3002", true, false},
		// Between SPL and KQL.
		{rule.SPL, `index=* source="XmlWinEventLog:Security" EventCode=4688 process_name=cmd.exe NOT process IN ("*a*", "b")`, "kql", "defender",
			"DeviceProcessEvents\n| where ActionType =~ \"ProcessCreated\"\n| where FileName =~ \"cmd.exe\"\n| where not(ProcessCommandLine contains \"a\" or ProcessCommandLine =~ \"b\")", false, true},
		{rule.SPL, `| from datamodel:Endpoint.Processes | search process_name=cmd.exe parent_process_name!=x.exe | where like(process, "%Z%")`, "kql", "defender",
			"DeviceProcessEvents\n| where FileName =~ \"cmd.exe\"\n| where", true, true},
		{rule.SPL, `index=* EventCode=4625 | stats count by user`, "kql", "sentinel", "TRA2001", true, false},
		{rule.KQL, `DeviceProcessEvents | where FileName =~ "cmd.exe" and ProcessCommandLine contains "a" | project Timestamp, DeviceName`, "spl", "cim",
			"| from datamodel:\"Endpoint.Processes\"\n| search process_name=\"cmd.exe\" process=\"*a*\"", false, false},
		{rule.KQL, `DeviceProcessEvents | where FileName has "cmd" and not(ProcessCommandLine =~ "x")`, "spl", "cim",
			`| from datamodel:"Endpoint.Processes"` + "\n" + `| where match(coalesce(process_name,""), "(?is)(?<![A-Za-z0-9])cmd(?![A-Za-z0-9])") AND NOT match(coalesce(process,""), "(?is)^x$")`, false, false},
		{rule.KQL, `SecurityEvent | where EventID == 4625 and TargetUserName startswith "adm"`, "spl", "raw", `index=* source="XmlWinEventLog:Security" EventCode=4625 TargetUserName="adm*"`, false, false},
		{rule.KQL, `DeviceProcessEvents | summarize count() by FileName`, "spl", "cim", "TRA2001", true, false},
		{rule.KQL, `DeviceProcessEvents | where ProcessId > LogonId`, "spl", "cim", "TRA2002", true, false},
	} {
		src := text.NewSource("q", c.query)
		x := e.Explain(c.lang, src)
		if x.Compiled == nil {
			t.Errorf("%s: %v", c.query, x.Diagnostics)
			continue
		}
		out, ds := transpile.Convert(src, x.Plan, transpile.Target{Language: c.to, Over: c.over})
		got := strings.TrimSpace(out)
		if got == "" {
			for _, d := range ds {
				if d.Severity == text.Error {
					got = d.ID
				}
			}
		} else if len(ds) > 0 != c.notes && !c.more {
			t.Errorf("%s: notes %v", c.query, ds)
		}
		if got != c.want && !(c.more && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s to %s over %s gives\n%s\nwant\n%s\n%v", c.query, c.to, c.over, got, c.want, ds)
		}
	}
}
