package schema

import (
	"context"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/source"
)

// TestFinish: each reader of a view gets the late columns it needs, and what was told of a process before is told anew when more
// has been learned of it.
func TestFinish(t *testing.T) {
	const connected = `{"EventTime":"2021-03-04 05:06:09","Hostname":"ws1","EventID":3,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":16,"Image":"C:\\x\\cmd.exe","DestinationIp":"10.0.0.1"}`
	const created = `{"EventTime":"2021-03-04 05:06:07","Hostname":"ws1","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","ProcessGuid":"{d273d0f0-e905-5f64-1701-000000000800}","ProcessId":16,"Image":"C:\\x\\cmd.exe","CommandLine":"cmd /c x","ParentImage":"C:\\p.exe"}`
	const file, line, parent = "InitiatingProcessFileName", "InitiatingProcessCommandLine", "InitiatingProcessParentFileName"
	need := event.Fields("RemoteIP", file, line, parent)
	v, err := NewRegistry().Bind("kql:DeviceNetworkEvents", need, &fn.Env{})
	if err != nil {
		t.Fatal(err)
	}
	opt := source.Options{Dicts: event.NewDicts(0), Files: &event.Files{}, Classes: &event.Classes{}, Need: v.Sources().Has}
	apply := func(name, record string) (out *event.Batch) {
		if err := source.Scan(context.Background(), []string{writeFile(t, name, record+"\n")}, opt, func(b *event.Batch) error {
			out = v.Apply(b)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	row := func(b *event.Batch, need event.FieldSet) (got string) {
		b = v.Finish(b, need)
		for _, name := range []string{"RemoteIP", file, line, parent} {
			if x := b.Value(name, 0); !x.IsMissing() {
				got += x.String() + ";"
			} else {
				got += "?;"
			}
		}
		return got
	}
	kept := apply("connected.json", connected)
	check := func(need event.FieldSet, want string) {
		t.Helper()
		if got := row(kept, need); got != want {
			t.Errorf("%s: got %s, want %s", need, got, want)
		}
	}
	check(need, `"10.0.0.1";"cmd.exe";"";"";`)
	apply("created.json", created)
	check(event.Fields("RemoteIP", line), `"10.0.0.1";"cmd.exe";"cmd /c x";"";`)
	check(need, `"10.0.0.1";"cmd.exe";"cmd /c x";"p.exe";`)
	check(event.Fields("Initiating*"), `"10.0.0.1";"cmd.exe";"cmd /c x";"p.exe";`)
}
