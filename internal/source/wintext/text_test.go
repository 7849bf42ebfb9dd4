package wintext

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

// decode returns the classic events of a text in which event XML may stand, too, each as a map of values in their text form.
func decode(t testing.TB, in string) (events []map[string]string) {
	b := event.NewBuilder(event.NewDicts(0), 1, nil, func(bt *event.Batch) error {
		m := map[string]string{"class": bt.Class.Shape + "|" + bt.Class.Provider + "|" + bt.Class.Channel + "|" + bt.Class.ID}
		for j, n := range bt.Names() {
			m[n] = bt.ColumnAt(j).Value(0).String()
		}
		events = append(events, m)
		return nil
	})
	d := New(b, &event.Classes{})
	block := &raw.Block{Text: []byte(in)}
	for p, record := 0, uint64(1); p < len(in); {
		if n, _ := Len(block.Text[p:]); n > 0 {
			if err := d.Event(block, p, p+n, record); err != nil {
				t.Fatal(err)
			}
			record++
			p += n
		} else if in[p] == '<' && strings.HasPrefix(in[p:], "<Event") {
			_, p, _ = winxml.Next(block.Text, p)
		} else {
			p++
		}
	}
	b.Flush()
	return events
}

func TestMixedFile(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "attack_data", "T1552.004", "certutil_exe_certificate_extraction.raw")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("no recordings beside the checkout: ", err)
	}
	got := decode(t, string(data))
	if len(got) != 19 {
		t.Fatalf("%d classic events, want 19", len(got))
	}
	for _, m := range got {
		if m["class"] != "windows|Microsoft-Windows-PowerShell|Microsoft-Windows-PowerShell/Operational|4104" || m["EventID"] != "4104" || m["ScriptBlockText"] == "" ||
			strings.Contains(m["Message"], "<Event") || strings.Contains(m["Message"], "LogName=") {
			t.Errorf("%v", m)
		}
	}
}

const logon = "04/23/2014 11:27:35.5 AM\r\nLogName=Security\r\nSourceName=Microsoft Windows security auditing.\r\nEventCode=4688\r\nEventType=0\r\n" +
	"Type=Information\r\nComputerName=dc1.corp.local\r\nTaskCategory=Process Creation\r\nOpCode=Info\r\nRecordNumber=9\r\nKeywords=Audit Success, Classic\r\n" +
	"Message=A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tDC1$\r\n\tLogon ID:\t\t0x3E7\r\n\r\n" +
	"Target Subject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\tbob\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x1f4\r\n\tNew Process Name:\tC:\\a b.exe\r\n" +
	"\tProcess Command Line:\t\"C:\\a b.exe\" -x: 1\r\n\r\nPrivileges:\t\tSeA\r\n\t\t\tSeB\r\n\r\nToken: words that explain.\r\n"

func TestSecurityMessage(t *testing.T) {
	for _, in := range []string{logon, logon + logon, "junk\n" + logon + "<Event><System/></Event>"} {
		got := decode(t, in)
		if len(got) != strings.Count(in, "LogName=") {
			t.Fatalf("%d events in %q", len(got), in)
		}
		m := got[0]
		for k, want := range map[string]string{
			"class": "windows|Microsoft-Windows-Security-Auditing|Security|4688", "EventSourceName": `"Microsoft Windows security auditing."`, "EventID": "4688", "Level": "0", "EventRecordID": "9",
			"TimeCreated": `"2014-04-23T11:27:35.5000000Z"`, "KeywordNames": `["Audit Success","Classic"]`, "TaskName": `"Process Creation"`,
			"OpcodeName": `"Info"`, "LevelName": `"Information"`, "Computer": `"dc1.corp.local"`,
			"Account_Name": `["DC1$","bob"]`, "SubjectUserName": `"DC1$"`, "TargetUserName": `"bob"`, "SubjectLogonId": `"0x3E7"`,
			"NewProcessId": `"0x1f4"`, "NewProcessName": `"C:\\a b.exe"`, "CommandLine": `"\"C:\\a b.exe\" -x: 1"`, "Process_Command_Line": `"\"C:\\a b.exe\" -x: 1"`,
			"PrivilegeList": `["SeA","SeB"]`, "Token": "",
		} {
			if m[k] != want {
				t.Errorf("%s: got %s, want %s", k, m[k], want)
			}
		}
		if t.Failed() {
			var lines []string
			for k, v := range m {
				lines = append(lines, k+"="+v)
			}
			sort.Strings(lines)
			t.Log(strings.Join(lines, "\n"))
		}
	}
}

func TestSysmonMessage(t *testing.T) {
	m := decode(t, "01/02/2020 12:00:00 AM\nLogName=Microsoft-Windows-Sysmon/Operational\nSourceName=Microsoft-Windows-Sysmon\nEventCode=1\n"+
		"Message=Process Create:\nRuleName: \nUtcTime: 2020-01-02 00:00:00.000\nCommandLine: cmd /c a:b\nHashes: MD5=1,SHA256=2\n")[0]
	for k, want := range map[string]string{"RuleName": `""`, "CommandLine": `"cmd /c a:b"`, "Hashes": `"MD5=1,SHA256=2"`, "TimeCreated": `"2020-01-02T00:00:00.0000000Z"`} {
		if m[k] != want {
			t.Errorf("%s: got %s, want %s", k, m[k], want)
		}
	}
}

func TestParseTime(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := "none"
		if ticks, ok := parseTime([]byte(in)); ok {
			got = event.TicksOf(ticks).String()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	f("01/14/2021 11:41:39 PM", `"2021-01-14T23:41:39.0000000Z"`)
	f("01/14/2021 12:41:39 PM", `"2021-01-14T12:41:39.0000000Z"`)
	f("01/14/2021 12:41:39.25 AM", `"2021-01-14T00:41:39.2500000Z"`)
	f("01/14/2021 1:41:39 AM", `"2021-01-14T01:41:39.0000000Z"`)
	f("01/14/2021 13:41:39", `"2021-01-14T13:41:39.0000000Z"`)
	f("2021-01-14 13:41:39", `"2021-01-14T13:41:39.0000000Z"`)
	f("01/14/2021 13:41:39 PM", "none")
	f("02/30/2021 01:41:39 PM", "none")
	f("01/14/2021 0x:41:39 PM", "none")
	f("", "none")
}

func FuzzEvent(f *testing.F) {
	f.Add(logon)
	f.Add("01/02/2020 12:00:00 AM\nLogName=a\nSourceName=Microsoft-Windows-PowerShell\nEventCode=4104\nMessage=Creating Scriptblock text (1 of 1):\nx\n\nScriptBlock ID: 1\nPath:\n")
	f.Fuzz(func(t *testing.T, in string) { decode(t, in) })
}
