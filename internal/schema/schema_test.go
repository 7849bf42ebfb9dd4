package schema

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/source"
)

// sharedDir is the folder of test data beside the checkout.
const sharedDir = "../../../shared"

// shared returns paths below the shared test data, or skips the test when they are not there.
func shared(t testing.TB, names ...string) []string {
	t.Helper()
	var out []string
	for _, n := range names {
		p := filepath.Join(sharedDir, n)
		if _, err := os.Stat(p); err != nil {
			t.Skipf("needs %s beside the checkout", n)
		}
		out = append(out, p)
	}
	return out
}

// rows reads files through a view and returns its rows as maps without missing values.
func rows(t testing.TB, view string, need event.FieldSet, paths ...string) []map[string]event.Value {
	t.Helper()
	r := NewRegistry()
	v, err := r.Bind(view, need, &fn.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var held []*event.Batch
	src := v.Sources()
	opt := source.Options{Dicts: event.NewDicts(0), Files: &event.Files{}, Classes: &event.Classes{}, Need: func(f string) bool { return src.Has(f) }}
	err = source.Scan(context.Background(), paths, opt, func(b *event.Batch) error {
		if out := v.Apply(b); out != nil {
			held = append(held, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]event.Value
	for _, b := range held {
		if !v.Late().Empty() {
			if b = v.Finish(b, need); b == nil {
				continue
			}
		}
		for i := range b.Len() {
			row := map[string]event.Value{}
			for j, name := range b.Names() {
				if v := b.ColumnAt(j).Value(i); !v.IsMissing() {
					row[name] = v
				}
			}
			out = append(out, row)
		}
	}
	return out
}

// writeFile writes test data into a temporary file.
func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func str(v event.Value) string { return textOf(v) }

// TestLibrary loads all mapping files and compiles every expression in them.
func TestLibrary(t *testing.T) {
	l, err := loadLibrary()
	if err != nil {
		t.Fatal(err)
	}
	try := func(where string, e expr.Expr) {
		if e == nil {
			return
		}
		if _, err := expr.Compile(e, &fn.Env{}); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	for _, ss := range l.shapes {
		for _, s := range ss {
			if _, err := newNormaliser(s, &fn.Env{}); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
			for f, e := range s.fields {
				try(s.name+" "+f, e)
			}
		}
	}
	maps := slices.Clone(l.layers)
	for _, v := range l.views {
		maps = append(maps, v.maps...)
		for _, e := range v.calc {
			try(v.name, e)
		}
	}
	for _, m := range maps {
		try(m.where, m.when)
		for _, c := range m.columns {
			try(m.where+" "+c.name, c.e)
		}
		for _, ref := range m.refs {
			for _, e := range ref {
				try(m.where, e)
			}
		}
		for _, e := range m.twins {
			try(m.where, e)
		}
	}
	for _, d := range l.tree {
		for _, n := range d.nodes {
			for _, e := range n {
				try(d.where, e)
			}
		}
	}
}

// TestSeedWmic: the three events of the remote WMI rule.
func TestSeedWmic(t *testing.T) {
	files := shared(t, "data/otrf/lateral_movement/empire_wmic_add_user_backdoor.zip", "data/attack_data/T1047/attack_data.tar.gz")
	n := 0
	for _, r := range rows(t, "cim:Endpoint.Processes", event.Fields("process_name", "original_file_name", "process", "dest", "user", "parent_process_name", "process_id", "parent_process_id", "_time"), files...) {
		p := strings.ToLower(str(r["process"]))
		if (strings.EqualFold(str(r["process_name"]), "wmic.exe") || strings.EqualFold(str(r["original_file_name"]), "wmic.exe")) &&
			strings.Contains(p, "/node:") && strings.Contains(p, "process") && strings.Contains(p, "call") && strings.Contains(p, "create") {
			n++
			t.Log(fmt.Sprint(r))
		}
	}
	if n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

// TestSeedDcom: one inbound connection to explorer.exe is followed by one child process, although Windows' own auditing tells both
// again, and both agree on the process that they speak of.
func TestSeedDcom(t *testing.T) {
	files := shared(t, "data/otrf/lateral_movement/empire_dcom_shellwindows_stager.zip", "data/evtx/sbousseaden/Lateral_Movement/LM_sysmon_3_DCOM_ShellBrowserWindow_ShellWindows.evtx")
	var inbound, children []map[string]event.Value
	for _, r := range rows(t, "kql:DeviceNetworkEvents", event.Fields("Timestamp", "DeviceName", "ActionType", "RemoteIP", "InitiatingProcess*"), files...) {
		if str(r["ActionType"]) == "InboundConnectionAccepted" && strings.EqualFold(str(r["InitiatingProcessFileName"]), "explorer.exe") {
			inbound = append(inbound, r)
		}
	}
	for _, r := range rows(t, "kql:DeviceProcessEvents", event.Fields("Timestamp", "DeviceName", "FileName", "ProcessId", "ProcessCreationTime", "ProcessCommandLine", "InitiatingProcess*"), files...) {
		if strings.EqualFold(str(r["InitiatingProcessFileName"]), "explorer.exe") {
			children = append(children, r)
		}
	}
	if len(inbound) != 4 {
		t.Errorf("%d inbound connections, want 4", len(inbound))
	}
	n := 0
	for _, a := range inbound {
		for _, b := range children {
			same := true
			for _, k := range []string{"DeviceName", "InitiatingProcessFileName", "InitiatingProcessCreationTime", "InitiatingProcessId"} {
				same = same && event.Equal(a[k], b[k])
			}
			d := b["Timestamp"].Ticks() - a["Timestamp"].Ticks()
			if same && d >= 0 && d <= 60*event.TicksPerSecond {
				n++
				if str(a["RemoteIP"]) != "172.18.39.5" || !strings.EqualFold(str(b["FileName"]), "cmd.exe") || b["ProcessId"].IsNull() || !strings.EqualFold(str(a["InitiatingProcessParentFileName"]), "userinit.exe") {
					t.Error(a, b)
				}
			}
		}
	}
	if n != 1 {
		t.Errorf("%d pairs, want 1; inbound %v", n, inbound)
	}
}

// TestSeedSmbexec: the events that the smbexec rule looks at, one kind from each of two logs of one machine.
func TestSeedSmbexec(t *testing.T) {
	files := shared(t, "data/evtx/hayabusa/DeepBlueCLI/metasploit-psexec-native-target-security.evtx", "data/evtx/hayabusa/DeepBlueCLI/metasploit-psexec-native-target-system.evtx",
		"data/otrf/other/aptsimulator_cobaltstrike.zip", "data/evtx/sbousseaden/Privilege_Escalation/System_7045_namedpipe_privesc.evtx")
	slashes := regexp.MustCompile(`/c.{1,}?\\\\`)
	seen := map[string]int{}
	for _, r := range rows(t, eventsView, event.Fields("_time", "host", "process", "Service_File_Name", "signature_id", "EventCode", "_telemetry"), files...) {
		winevent := strings.Contains(r["_telemetry"].String(), "winevent")
		id := str(r["EventCode"])
		if winevent && (id == "4688" && slashes.MatchString(str(r["process"])) || id == "7045" && slashes.MatchString(str(r["Service_File_Name"]))) {
			f, _ := r["_time"].Number()
			seen[fmt.Sprintf("%s %d %s", str(r["host"]), int64(f), str(r["signature_id"]))]++
		}
	}
	want := "map[IE10Win7 1474429273 4688:1 IE10Win7 1474429273 7045:1 IEWIN7 1557665563 7045:1 WORKSTATION5 1623402461 4688:2 WORKSTATION5 1623402461 7045:1]"
	if fmt.Sprint(seen) != want {
		t.Errorf("%v\nwant %s", seen, want)
	}
}

// TestSeedRemoteAdmin: one process, told by Sysmon and by Security in the same second under the same name.
func TestSeedRemoteAdmin(t *testing.T) {
	files := shared(t, "data/otrf/lateral_movement/covenant_sc_query_dcerpc_smb_svcctl.zip")
	unc := regexp.MustCompile(`(?i)((\.exe(")?(\s+|\s+/c)\s+)|(psexec.{1,}))("{1,})?\\\\.{2,}`)
	groups := map[string]int{}
	for _, r := range rows(t, eventsView, event.Fields("_time", "host", "process", "Type", "_telemetry"), files...) {
		if str(r["Type"]) == "Process" && strings.Contains(r["_telemetry"].String(), `"edr"`) && unc.MatchString(str(r["process"])) {
			groups[fmt.Sprint(r["_time"], r["host"], r["process"])]++
		}
	}
	if want := `map[1596599309 "WORKSTATION5.theshire.local" "sc.exe  \\\\MORDORDC.theshire.local query IKEEXT":2]`; fmt.Sprint(groups) != want {
		t.Errorf("%v\nwant %s", groups, want)
	}
}
