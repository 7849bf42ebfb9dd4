package sigma

import (
	"strings"
	"testing"
)

// TestTwinLogs looks for what Sysmon and Windows' own auditing tell alike.
func TestTwinLogs(t *testing.T) {
	const events = `{"EventID":4688,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","Hostname":"h","EventTime":"2024-05-01 10:00:00","NewProcessName":"C:\\Windows\\System32\\whoami.exe","NewProcessId":"0x1b28","ProcessId":"0x10","ParentProcessName":"C:\\Windows\\System32\\cmd.exe","CommandLine":"whoami /all","MandatoryLabel":"S-1-16-16384","SubjectUserName":"bob","SubjectDomainName":"LAB","TargetUserName":"-","TargetDomainName":"-"}
{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"h","EventTime":"2024-05-01 10:00:00","Image":"C:\\Windows\\System32\\whoami.exe","ProcessId":"6952","ParentImage":"C:\\Windows\\System32\\cmd.exe","CommandLine":"whoami /all","IntegrityLevel":"System","User":"LAB\\bob","Hashes":"MD5=AA,SHA256=BB,IMPHASH=CC"}
{"EventID":4657,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","Hostname":"h","EventTime":"2024-05-01 10:00:00","ObjectName":"\\REGISTRY\\MACHINE\\SOFTWARE\\Policies\\X","ObjectValueName":"Disable","OperationType":"%%1905","NewValueType":"%%1876","NewValue":"1","ProcessName":"C:\\Windows\\regedit.exe"}
{"EventID":13,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"h","EventTime":"2024-05-01 10:00:00","EventType":"SetValue","TargetObject":"HKLM\\SOFTWARE\\Policies\\X\\Disable","Details":"DWORD (0x00000001)","Image":"C:\\Windows\\regedit.exe"}
`
	for _, c := range []struct{ source, body, want string }{
		{"{product: windows, category: process_creation}", "{Image|endswith: '\\whoami.exe', ParentImage|endswith: '\\cmd.exe', User|contains: bob}", "t: 1 2"},
		{"{product: windows, category: process_creation}", "{ProcessId: 6952, IntegrityLevel: System}", "t: 1 2"},
		{"{product: windows, category: process_creation}", "{Hashes|contains: 'IMPHASH=CC', Imphash: cc}", "t: 2"},
		{"{product: windows, category: registry_set}", "{TargetObject|endswith: '\\Policies\\X\\Disable', Details: 'DWORD (0x00000001)'}", "t: 3 4"},
		{"{product: windows, category: registry_event}", "{TargetObject|startswith: 'HKLM\\', EventType: SetValue}", "t: 3 4"},
		{"{product: windows, service: security}", "{EventID: 4688, NewProcessId: '0x1b28', Provider_Name: Microsoft-Windows-Security-Auditing}", "t: 1"},
		{"{product: windows, service: sysmon}", "{EventID: [1, 13]}", "t: 2 4"},
		{"{product: windows}", "{EventID|gte: 13}", "t: 1 3 4"},
		{"{product: windows, category: file_event}", "{Image: '*'}", ""},
	} {
		got := strings.Join(run(t, "title: t\nlogsource: "+c.source+"\ndetection:\n  s: "+c.body+"\n  condition: s\n", events), "; ")
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.source, c.body, got, c.want)
		}
	}
}

// TestOtherNames asks for the same events by the names that pipelines map rules to.
func TestOtherNames(t *testing.T) {
	const events = `{"EventID":4688,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","Hostname":"h","EventTime":"2024-05-01 10:00:00","NewProcessName":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all","SubjectUserName":"bob","SubjectDomainName":"LAB"}
{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"h","EventTime":"2024-05-01 10:00:00","Image":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all","RuleName":"r"}
`
	for _, c := range []struct{ source, body, want string }{
		{"{product: windows, category: process_creation}", "{process.executable|endswith: '\\whoami.exe', process.command_line: 'whoami /all'}", "t: 1 2"},
		{"{product: windows, category: process_creation}", "{winlog.event_data.RuleName: r, event.code: 1}", "t: 2"},
		{"{product: windows, category: process_creation}", "{Event.EventData.CommandLine|contains: whoami, winlog.channel: Security}", "t: 1"},
		{"{product: windows}", "{source: 'WinEventLog:Security', EventCode: 4688, host: h}", "t: 1"},
	} {
		got := strings.Join(run(t, "title: t\nlogsource: "+c.source+"\ndetection:\n  s: "+c.body+"\n  condition: s\n", events), "; ")
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.source, c.body, got, c.want)
		}
	}
}
