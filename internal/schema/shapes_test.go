package schema

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// show renders some columns of rows for comparison.
func show(rs []map[string]event.Value, columns ...string) string {
	var lines []string
	for _, r := range rs {
		var parts []string
		for _, c := range columns {
			parts = append(parts, fmt.Sprintf("%s=%s", c, r[c]))
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return shortTimes(strings.Join(lines, "\n"))
}

var fraction = regexp.MustCompile(`\.\d+Z`)

// shortTimes drops the zeros at the end of fractions of seconds.
func shortTimes(s string) string {
	return fraction.ReplaceAllStringFunc(s, func(f string) string { return strings.TrimRight(strings.TrimRight(f, "Z0"), ".") + "Z" })
}

// The same Sysmon event as five collectors write it.
var sysmonForms = map[string]string{
	"xml":          `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><TimeCreated SystemTime='2021-03-04T05:06:07.8901234Z'/><EventRecordID>77</EventRecordID><Execution ProcessID='2912' ThreadID='1'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws1.corp.local</Computer></System><EventData><Data Name='UtcTime'>2021-03-04 05:06:07.888</Data><Data Name='ProcessGuid'>{d273d0f0-e905-5f64-1701-000000000800}</Data><Data Name='ProcessId'>4242</Data><Data Name='Image'>C:\Windows\System32\cmd.exe</Data><Data Name='CommandLine'>cmd.exe /c dir</Data><Data Name='User'>CORP\bob</Data><Data Name='OriginalFileName'>Cmd.Exe</Data><Data Name='ParentImage'>C:\Windows\explorer.exe</Data><Data Name='ParentProcessId'>99</Data></EventData></Event>`,
	"nxlog":        `{"EventTime":"2021-03-04 05:06:07.8901234","Hostname":"ws1.corp.local","host":"collector","SourceModuleType":"im_msvistalog","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","RecordNumber":77,"ExecutionProcessID":2912,"UtcTime":"2021-03-04 05:06:07.888","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":"4242","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir","User":"CORP\\bob","OriginalFileName":"Cmd.Exe","ParentImage":"C:\\Windows\\explorer.exe","ParentProcessId":"99","@timestamp":"2021-03-04T09:00:00Z"}`,
	"winlogbeat7":  `{"@timestamp":"2021-03-04T05:06:07.8901234Z","event":{"code":"1"},"winlog":{"event_id":1,"provider_name":"Microsoft-Windows-Sysmon","channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"ws1.corp.local","record_id":77,"process":{"pid":2912},"event_data":{"UtcTime":"2021-03-04 05:06:07.888","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":"4242","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir","User":"CORP\\bob","OriginalFileName":"Cmd.Exe","ParentImage":"C:\\Windows\\explorer.exe","ParentProcessId":"99"}}}`,
	"winlogbeat6":  `{"@timestamp":"2021-03-04T05:06:07.8901234Z","event_id":1,"source_name":"Microsoft-Windows-Sysmon","log_name":"Microsoft-Windows-Sysmon/Operational","computer_name":"ws1.corp.local","record_number":"77","host":{"name":"collector"},"event_data":{"UtcTime":"2021-03-04 05:06:07.888","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":"4242","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir","User":"CORP\\bob","OriginalFileName":"Cmd.Exe","ParentImage":"C:\\Windows\\explorer.exe","ParentProcessId":"99"}}`,
	"evtx_dump":    `{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"2021-03-04T05:06:07.8901234Z"}},"EventRecordID":77,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1.corp.local"},"EventData":{"UtcTime":"2021-03-04 05:06:07.888","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":4242,"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir","User":"CORP\\bob","OriginalFileName":"Cmd.Exe","ParentImage":"C:\\Windows\\explorer.exe","ParentProcessId":99}}}`,
	"velociraptor": `{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":{"Value":1},"TimeCreated":{"SystemTime":1614834367.890123},"EventRecordID":77,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1.corp.local"},"EventData":{"UtcTime":"2021-03-04 05:06:07.888","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":4242,"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir","User":"CORP\\bob","OriginalFileName":"Cmd.Exe","ParentImage":"C:\\Windows\\explorer.exe","ParentProcessId":99}}`,
	"sentinel":     `{"TimeGenerated":"2021-03-04T05:06:07.8901234Z","Type":"WindowsEvent","Provider":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1.corp.local","EventID":1,"EventData":"{\"UtcTime\":\"2021-03-04 05:06:07.888\",\"ProcessGuid\":\"{d273d0f0-e905-5f64-1701-000000000800}\",\"ProcessId\":\"4242\",\"Image\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\",\"CommandLine\":\"cmd.exe /c dir\",\"User\":\"CORP\\\\bob\",\"OriginalFileName\":\"Cmd.Exe\",\"ParentImage\":\"C:\\\\Windows\\\\explorer.exe\",\"ParentProcessId\":\"99\"}"}`,
}

// TestShapes: an event means the same whoever wrote it down, to every language.
func TestShapes(t *testing.T) {
	for form, text := range sysmonForms {
		t.Run(form, func(t *testing.T) {
			name := "e.json"
			if form == "xml" {
				name = "e.xml"
			}
			p := writeFile(t, name, text+"\n")
			got := show(rows(t, "cim:Endpoint.Processes", event.Fields("dest", "user", "process", "process_name", "process_id", "parent_process_name", "original_file_name", "tag"), p),
				"dest", "user", "process", "process_name", "parent_process_name", "original_file_name", "tag")
			want := `dest="ws1.corp.local" user="bob" process="cmd.exe /c dir" process_name="cmd.exe" parent_process_name="explorer.exe" original_file_name="Cmd.Exe" tag=["process","report"]`
			if got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
			r := rows(t, eventsView, event.Fields("_time", "host", "EventCode", "Image", "Type", "tag", "source"), p)
			got = show(r, "host", "EventCode", "Image", "Type", "tag", "source")
			want = `host="ws1.corp.local" EventCode=1 Image="C:\\Windows\\System32\\cmd.exe" Type="Process" tag=["process","report"] source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational"`
			if got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
			if f, _ := r[0]["_time"].Number(); f < 1614834367.8901 || f > 1614834367.8902 {
				t.Errorf("_time %v", r[0]["_time"])
			}
			got = show(rows(t, "kql:DeviceProcessEvents", event.Fields("DeviceName", "AccountName", "AccountDomain", "FileName", "ProcessId", "ProcessCommandLine", "InitiatingProcessId", "InitiatingProcessFileName", "ActionType", "Type"), p),
				"DeviceName", "AccountName", "AccountDomain", "FileName", "ProcessId", "ProcessCommandLine", "InitiatingProcessId", "InitiatingProcessFileName", "ActionType", "Type")
			want = `DeviceName="ws1.corp.local" AccountName="bob" AccountDomain="CORP" FileName="cmd.exe" ProcessId=4242 ProcessCommandLine="cmd.exe /c dir" InitiatingProcessId=99 InitiatingProcessFileName="explorer.exe" ActionType="ProcessCreated" Type="DeviceProcessEvents"`
			if got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
			got = show(rows(t, "sigma:windows//", event.Fields("Computer", "EventID", event.RawField), p), event.RawField)
			if !strings.Contains(got, "explorer.exe") {
				t.Errorf("raw text for Sigma's keywords: %s", got)
			}
			if form != "sentinel" {
				got = show(rows(t, "kql:Event", event.Fields("Source", "EventLog", "EventID", "EventData"), p), "Source", "EventID")
				if got != `Source="Microsoft-Windows-Sysmon" EventID=1` {
					t.Error(got)
				}
				ed := str(rows(t, "kql:Event", event.Fields("EventData"), p)[0]["EventData"])
				if !strings.Contains(ed, `<Data Name="CommandLine">cmd.exe /c dir</Data>`) || strings.Contains(ed, "collector") || strings.Contains(ed, "Computer") {
					t.Error(ed)
				}
			}
		})
	}
}

func TestOtherSources(t *testing.T) {
	f := func(name, text, view, columns, want string) {
		t.Helper()
		cols := strings.Fields(columns)
		got := show(rows(t, view, event.Fields(cols...), writeFile(t, name, text+"\n")), cols...)
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", view, got, want)
		}
	}
	crowd := `{"event_simpleName":"ProcessRollup2","aid":"a1","ComputerName":"WS7","timestamp":"1713805173418","RawProcessId":"512","TargetProcessId":"99000","ImageFileName":"\\Device\\HarddiskVolume2\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c x","UserName":"bob","ParentBaseFileName":"explorer.exe","ParentProcessId":"98000","SHA256HashData":"ab"}`
	f("c.json", crowd, "cim:Endpoint.Processes", "_time dest process process_name process_id parent_process_name user", `_time=1713805173.418 dest="WS7" process="cmd /c x" process_name="cmd.exe" process_id="512" parent_process_name="explorer.exe" user="bob"`)
	f("c.json", crowd, "kql:DeviceProcessEvents", "Timestamp DeviceId FolderPath ProcessId InitiatingProcessFileName", `Timestamp="2024-04-22T16:59:33.418Z" DeviceId="a1" FolderPath="C:\\Windows\\System32\\cmd.exe" ProcessId=512 InitiatingProcessFileName="explorer.exe"`)
	f("c.json", crowd, eventsView, "Type event_type sourcetype _telemetry", `Type="Process" event_type="proc" sourcetype="crowdstrike:events:sensor" _telemetry=["endpoint","windows","edr"]`)

	mde := `{"time":"2024-01-01T00:00:01Z","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2024-01-01T00:00:00.5Z","DeviceName":"ws9","DeviceId":"d9","ActionType":"ProcessCreated","FileName":"cmd.exe","FolderPath":"C:\\cmd.exe","ProcessCommandLine":"cmd","ProcessId":7,"AccountName":"eve","InitiatingProcessFileName":"explorer.exe","InitiatingProcessParentFileName":"userinit.exe","ReportId":1,"AdditionalFields":"{\"a\":1}"}}`
	f("m.json", mde, "kql:DeviceProcessEvents", "Timestamp TimeGenerated DeviceName ProcessId InitiatingProcessParentFileName AdditionalFields Type", `Timestamp="2024-01-01T00:00:00.5Z" TimeGenerated="2024-01-01T00:00:00.5Z" DeviceName="ws9" ProcessId=7 InitiatingProcessParentFileName="userinit.exe" AdditionalFields={"a":1} Type="DeviceProcessEvents"`)
	f("m.json", mde, "cim:Endpoint.Processes", "dest process user parent_process_name original_file_name", `dest="ws9" process="cmd" user="eve" parent_process_name="explorer.exe" original_file_name=missing`)

	trail := `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/bob","userName":"bob"},"eventTime":"2022-10-19T20:33:38Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"1.2.3.4","requestParameters":{"userName":"eve"},"responseElements":null,"tags":[{"k":"a","v":1},{"k":"b","v":2}]}`
	f("t.json", trail, eventsView, "_time sourcetype user src errorCode requestParameters.userName responseElements tags{}.k tags{}.v _telemetry", `_time=1666211618 sourcetype="aws:cloudtrail" user="bob" src="1.2.3.4" errorCode="success" requestParameters.userName="eve" responseElements="null" tags{}.k=["a","b"] tags{}.v=[1,2] _telemetry=["cloud","cloud_aws","cloud_iam"]`)
	f("t.json", trail, "cim:Change.All_Changes", "user action command object", `user="bob" action="created" command="CreateUser" object="eve"`)
	f("t.json", trail, "kql:AWSCloudTrail", "TimeGenerated EventName UserIdentityUserName RequestParameters", `TimeGenerated="2022-10-19T20:33:38Z" EventName="CreateUser" UserIdentityUserName="bob" RequestParameters="{\"userName\":\"eve\"}"`)

	signin := `{"time":"2023-10-24T20:13:31Z","category":"SignInLogs","operationName":"Sign-in activity","tenantId":"t","resultType":"50076","properties":{"userPrincipalName":"bob@x.com","appDisplayName":"Portal","ipAddress":"1.2.3.4","location":{"city":"Berlin","countryOrRegion":"DE"},"status":{"errorCode":50076}}}`
	f("s.json", signin, "kql:SigninLogs", "TimeGenerated UserPrincipalName AppDisplayName IPAddress ResultType LocationDetails Status", `TimeGenerated="2023-10-24T20:13:31Z" UserPrincipalName="bob@x.com" AppDisplayName="Portal" IPAddress="1.2.3.4" ResultType="50076" LocationDetails={"city":"Berlin","countryOrRegion":"DE"} Status={"errorCode":50076}`)
	f("s.json", signin, "cim:Authentication.Authentication", "user action src app", `user="bob@x.com" action="failure" src="1.2.3.4" app="Portal"`)

	table := `{"TimeGenerated":"2023-10-24T20:13:31Z","Type":"SigninLogs","UserPrincipalName":"bob","LocationDetails":{"city":"Bonn"},"DeviceDetail":"{\"os\":\"x\"}"}`
	f("x.json", table, "kql:SigninLogs", "UserPrincipalName LocationDetails DeviceDetail ResultType", `UserPrincipalName="bob" LocationDetails={"city":"Bonn"} DeviceDetail={"os":"x"} ResultType=""`)
}

// TestTagged: events that bring their tags belong to the data models by them.
func TestTagged(t *testing.T) {
	p := writeFile(t, "e.json", `{"_time":1704070900,"tag":["process","report"],"dest":"h1","process":"cmd.exe /c whoami","process_id":7}
{"_time":"2024-01-01T00:00:00Z","tag":["report"],"dest":"h2","process":"x"}
{"_time":1704070902.5,"tag":["authentication"],"action":"failure","user":"bob"}
{"_time":1704070903,"tag":["authentication"],"action":"success","user":"eve"}
{"_time":1704070904,"tag":"web","url":"http://a.b/c?d=e","n":{"m":1},"ok":true,"none":null}
`)
	f := func(view, columns, want string) {
		t.Helper()
		cols := strings.Fields(columns)
		if got := show(rows(t, view, event.Fields(cols...), p), cols...); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", view, got, want)
		}
	}
	f("cim:Endpoint.Processes", "_time dest process_name process_id user parent_process", `_time=1704070900 dest="h1" process_name="cmd.exe" process_id=7 user="unknown" parent_process="unknown"`)
	f("cim:Authentication.Failed_Authentication", "user action", `user="bob" action="failure"`)
	f("cim:Authentication.Authentication", "_time user", "_time=1704070902.5 user=\"bob\"\n_time=1704070903 user=\"eve\"")
	f("cim:Web.Web", "url_domain uri_path uri_query url_length", `url_domain="a.b" uri_path="/c" uri_query="?d=e" url_length=16`)
	f(eventsView, "_time index n.m ok none", "_time=1704070900 index=\"main\" n.m=missing ok=missing none=missing\n"+
		"_time=1704067200 index=\"main\" n.m=missing ok=missing none=missing\n_time=1704070902.5 index=\"main\" n.m=missing ok=missing none=missing\n"+
		"_time=1704070903 index=\"main\" n.m=missing ok=missing none=missing\n_time=1704070904 index=\"main\" n.m=1 ok=\"true\" none=\"null\"")
}

// TestTwins: what Security tells again of a process that Sysmon has told is dropped, in whatever order they come.
func TestTwins(t *testing.T) {
	sysmon := `{"EventTime":"2021-03-04 05:06:07","Hostname":"ws1","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","Image":"C:\\x\\cmd.exe","CommandLine":"cmd %%A%%","ParentImage":"C:\\p.exe"}`
	audit := `{"EventTime":"2021-03-04 05:06:08","Hostname":"ws1","EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"security","NewProcessId":"0x10","NewProcessName":"C:\\x\\cmd.exe","CommandLine":"cmd %A%","ProcessId":"0x8","SubjectUserName":"bob"}`
	later := strings.Replace(audit, "05:06:08", "05:09:00", 1)
	for _, lines := range [][]string{{sysmon, audit, later}, {later, audit, sysmon}} {
		p := writeFile(t, "e.json", strings.Join(lines, "\n")+"\n")
		rs := rows(t, "kql:DeviceProcessEvents", event.Fields("Timestamp", "ProcessId", "AccountName"), p)
		slices.SortFunc(rs, func(a, b map[string]event.Value) int { return int(a["Timestamp"].Ticks() - b["Timestamp"].Ticks()) })
		got := show(rs, "Timestamp", "ProcessId", "AccountName")
		// Sysmon's own id was lost: the audit event tells it.
		want := "Timestamp=\"2021-03-04T05:06:07Z\" ProcessId=16 AccountName=\"\"\nTimestamp=\"2021-03-04T05:09:00Z\" ProcessId=16 AccountName=\"bob\""
		if got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// TestBatches: views give the same rows however the input is cut into batches.
func TestBatches(t *testing.T) {
	p := shared(t, "data/otrf/lateral_movement/empire_dcom_shellwindows_stager.zip")
	for _, view := range []string{"kql:DeviceProcessEvents", "kql:DeviceNetworkEvents", "cim:Endpoint.Processes", "cim:Change.All_Changes", eventsView} {
		var want []string
		for _, size := range []int{0, 13, 1000} {
			need := event.Fields("Timestamp", "_time", "DeviceName", "InitiatingProcess*", "FileName", "process*", "user", "EventCode", "action", "tag")
			v, err := NewRegistry().Bind(view, need, &fn.Env{})
			if err != nil {
				t.Fatal(err)
			}
			var held []*event.Batch
			opt := source.Options{Dicts: event.NewDicts(0), Files: &event.Files{}, Classes: &event.Classes{}, Need: v.Sources().Has, BatchRows: size}
			if err := source.Scan(context.Background(), p, opt, func(b *event.Batch) error {
				if b = v.Apply(b); b != nil {
					held = append(held, b)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range held {
				if b = v.Finish(b, need); b == nil {
					continue
				}
				for i := range b.Len() {
					line := fmt.Sprint(b.Lineage.Of(i))
					names := slices.Clone(b.Names())
					slices.Sort(names)
					for _, n := range names {
						if x := b.Value(n, i); !x.IsMissing() {
							line += " " + n + "=" + x.String()
						}
					}
					got = append(got, line)
				}
			}
			slices.Sort(got)
			if want == nil {
				want = got
				if len(got) == 0 {
					t.Errorf("%s: no rows", view)
				}
			} else if !slices.Equal(got, want) {
				t.Errorf("%s: batches of %d give other rows (%d, %d)", view, size, len(got), len(want))
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Logf("\n%.1500s\n%.1500s", got[i], want[i])
						break
					}
				}
			}
		}
	}
}

// TestUserTable: a table known by its data alone.
func TestUserTable(t *testing.T) {
	p := writeFile(t, "assets.json", `{"name":"ws1","owner":{"id":7,"mail":"b@x"},"seen":"2024-01-01T00:00:00Z","n":1,"tags":["a"]}
{"name":"ws2","n":2.5,"owner":{"id":8}}
`)
	files := &event.Files{}
	opt := source.Options{Dicts: event.NewDicts(0), Files: files, Classes: &event.Classes{}}
	var bs []*event.Batch
	if err := source.Scan(context.Background(), []string{p}, opt, func(b *event.Batch) error { bs = append(bs, b); return nil }); err != nil {
		t.Fatal(err)
	}
	cols := Infer(bs)
	types := map[string]Type{}
	for _, c := range cols {
		types[c.Name] = c.Type
	}
	if fmt.Sprint(types) != "map[n:real name:string owner:dynamic seen:datetime tags:dynamic]" {
		t.Error(types)
	}
	r := NewRegistry()
	r.AddTable("kql:Assets", cols, func(file uint32) bool { return files.Name(file) == p })
	v, err := r.Bind("kql:Assets", event.AllFields, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range bs {
		if b = v.Apply(b); b != nil {
			for i := range b.Len() {
				got = append(got, fmt.Sprint(b.Value("name", i), b.Value("n", i), b.Value("owner", i), b.Value("seen", i)))
			}
		}
	}
	if s := shortTimes(strings.Join(got, "\n")); s != "\"ws1\" 1 {\"id\":7,\"mail\":\"b@x\"} \"2024-01-01T00:00:00Z\"\n\"ws2\" 2.5 {\"id\":8} null" {
		t.Error(s)
	}
	if _, err := r.Bind("kql:Nothing", event.AllFields, nil); err == nil {
		t.Error("a view that does not exist was bound")
	}
}

func TestCatalog(t *testing.T) {
	if got := fmt.Sprint(text.Nearest("DeviceProcesEvents", Tables())); got != "[DeviceProcessEvents DeviceFileEvents DeviceNetworkEvents]" && !strings.HasPrefix(got, "[DeviceProcessEvents") {
		t.Error(got)
	}
	for _, name := range Views() {
		v, ok := Describe(name)
		if !ok || len(v.Columns) == 0 {
			t.Errorf("%s has no description", name)
		}
	}
	m := FindModel("Endpoint")
	if m == nil || m.Node("Processes") == nil || m.Node("Processes").View != "cim:Endpoint.Processes" || len(Macros()) < 80 {
		t.Error("models or macros are missing")
	}
	if cols, ok := Table("DeviceProcessEvents"); !ok || len(cols) < 60 {
		t.Error(len(cols))
	}
}

// TestTextInJSON: text logs that come wrapped, as Splunk exports them, are known by their text.
// TestDumpedGUIDs: dumpers leave the braces of GUIDs away, but the ids of script blocks are texts that never had any.
func TestDumpedGUIDs(t *testing.T) {
	const bare, id = "0CCE9210-69AE-11D9-BED3-505054503030", "3d8bb1b0-9b5a-4f4c-9d2e-0b5a4f4c9d2e"
	for name, text := range map[string]string{
		"e.json": `{"Event":{"System":{"Provider":{"#attributes":{"Name":"P"}},"EventID":4719,"Channel":"Security"},"EventData":{"SubcategoryGuid":"` + bare + `","ScriptBlockId":"` + id + `"}}}`,
		"v.json": `{"System":{"Provider":{"Name":"P"},"EventID":{"Value":4719},"Channel":"Security"},"EventData":{"SubcategoryGuid":"` + bare + `","ScriptBlockId":"` + id + `"}}`,
		"e.xml": `<Event>
  <System>
    <Provider Name="P" Guid="` + bare + `">
    </Provider>
    <EventID>4719</EventID>
    <Correlation>
    </Correlation>
    <Channel>Security</Channel>
  </System>
  <EventData>
    <Data Name="SubcategoryGuid">` + bare + `</Data>
    <Data Name="ScriptBlockId">` + id + `</Data>
  </EventData>
</Event>`,
	} {
		p := writeFile(t, name, text+"\n")
		got := show(rows(t, "sigma:windows//", event.Fields("Provider_Name", "SubcategoryGuid", "ScriptBlockId"), p), "Provider_Name", "SubcategoryGuid", "ScriptBlockId")
		if want := `Provider_Name="P" SubcategoryGuid="{` + bare + `}" ScriptBlockId="` + id + `"`; got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

// TestUnnamedData: values without names are a list called Data, however the dumper nests them.
func TestUnnamedData(t *testing.T) {
	for name, text := range map[string]string{
		"dump.json":  `{"Event":{"System":{"Provider":{"#attributes":{"Name":"ESENT"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":325},"Channel":"Application"},"EventData":{"Data":{"#text":["NTDS","ntds.dit"]}}}}`,
		"plain.json": `{"System":{"Provider":{"Name":"ESENT"},"EventID":{"Value":325},"Channel":"Application"},"EventData":{"Data":["NTDS","ntds.dit"]}}`,
		"e.xml":      `<Event><System><Provider Name='ESENT'/><EventID>325</EventID><Channel>Application</Channel></System><EventData><Data>NTDS</Data><Data>ntds.dit</Data></EventData></Event>`,
	} {
		p := writeFile(t, name, text+"\n")
		if got := show(rows(t, "sigma:windows//application", event.Fields("Data", "EventID"), p), "EventID", "Data"); got != `EventID=325 Data=["NTDS","ntds.dit"]` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTextInJSON(t *testing.T) {
	p := writeFile(t, "e.json", `{"_raw":"type=EXECVE msg=audit(1723044684.257:15795): argc=2 a0=\"sudo\" a1=\"-l\"","host":"lx1"}
{"_raw":"site=\"www.example.com\" src_ip=\"198.51.100.1\" status=\"200\" uri_path=\"/wp\" http_method=\"POST\"","x":"1"}
{"_raw":"10.1.1.1 - bob [10/Oct/2000:13:55:36 -0700] \"GET /a/b?c=d HTTP/1.0\" 404 2326 \"-\" \"curl\"","y":"1"}
`)
	f := func(view, columns, want string) {
		t.Helper()
		cols := strings.Fields(columns)
		if got := show(rows(t, view, event.Fields(cols...), p), cols...); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", view, got, want)
		}
	}
	f(eventsView, "_time host sourcetype process status", `_time=1723044684.257 host="lx1" sourcetype="linux:audit" process="sudo -l" status=missing
_time=missing host=missing sourcetype="nginx:plus:kv" process=missing status="200"
_time=971211336 host=missing sourcetype="access_combined" process=missing status="404"`)
	f("cim:Web.Web", "src http_method uri_path uri_query http_user_agent", `src="198.51.100.1" http_method="POST" uri_path="/wp" uri_query=missing http_user_agent="unknown"
src="10.1.1.1" http_method="GET" uri_path="/a/b" uri_query="?c=d" http_user_agent="curl"`)
}

func TestMacrosAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Macros() {
		key := fmt.Sprintf("%s/%d", m.Name, len(m.Args))
		if seen[key] {
			t.Errorf("macro %s is supplied twice", key)
		}
		seen[key] = true
		if m.Doc == "" {
			t.Errorf("macro %s has no documentation", key)
		}
		for _, a := range m.Args {
			if m.Name != "add_enrichment_rule" && m.Name != "apply_al" && !strings.Contains(m.Definition, "$"+a+"$") {
				t.Errorf("macro %s does not use its argument %s", key, a)
			}
		}
	}
}
