package evtx

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/evtx/evtxwrite"
)

func write(t testing.TB, events ...evtxwrite.Event) []byte {
	var b bytes.Buffer
	if err := evtxwrite.WriteFile(&b, events); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// records returns all records of a file as maps of their fields, and reports any problem as a failure.
func records(t testing.TB, data []byte) (out []map[string]event.Value) {
	for _, b := range decodeAll(t, data, nil, func(p Problem) { t.Errorf("byte %d: %s %s", p.Offset, p.ID, p.Text) }) {
		for i := range b.Len() {
			m := map[string]event.Value{"class": event.StringOf(strings.Join([]string{b.Class.Shape, b.Class.Provider, b.Class.Channel, b.Class.ID}, "|"))}
			for j, n := range b.Names() {
				if v := b.ColumnAt(j).Value(i); !v.IsMissing() {
					m[n] = v
				}
			}
			out = append(out, m)
		}
	}
	return out
}

func expect(t *testing.T, got map[string]event.Value, want map[string]string) {
	t.Helper()
	for k, w := range want {
		if g := got[k].String(); g != w {
			t.Errorf("%s: got %s, want %s", k, g, w)
		}
	}
}

var when = time.Date(2021, 1, 14, 23, 41, 40, 145335200, time.UTC)

var sample = evtxwrite.Event{
	Provider: "Microsoft-Windows-Security-Auditing", ProviderGUID: "{54849625-5478-4994-A5BA-3E3B0328C30D}",
	ID: 4688, Version: 2, Task: 13312, Keywords: 0x8020000000000000, Time: when, Record: 7, ActivityID: "{01020304-0506-0708-090A-0B0C0D0E0F10}",
	ProcessID: 4, ThreadID: 164, Channel: "Security", Computer: "pc.corp", UserSID: "S-1-5-18",
	Data: []evtxwrite.Field{
		{Name: "SubjectUserSid", Value: evtxwrite.SID("S-1-5-21-1-2-3-500")},
		{Name: "SubjectLogonId", Value: evtxwrite.Hex64(0x49732)},
		{Name: "NewProcessId", Value: evtxwrite.Hex32(0x1b28)},
		{Name: "CommandLine", Value: "cmd.exe /c \"echo ü 😀 <&>'\""},
		{Name: "Empty", Value: nil},
		{Name: "Blank", Value: ""},
		{Name: "Task", Value: uint32(9)},
		{Name: "Size", Value: evtxwrite.Size(4)},
		{Name: "When", Value: when},
		{Name: "System", Value: evtxwrite.SystemTime(when)},
		{Name: "Guid", Value: evtxwrite.GUID("{01020304-0506-0708-090A-0B0C0D0E0F10}")},
		{Name: "Bin", Value: []byte{0xde, 0xad, 1}},
		{Name: "Yes", Value: true},
		{Name: "Signed", Value: int32(-2147023171)},
		{Name: "Big", Value: uint64(1<<64 - 1)},
		{Name: "Float", Value: 1.5},
		{Name: "ANSI", Value: evtxwrite.ANSI("caf\xe9 \x80")},
		{Name: "Strings", Value: []string{"a", "", "b"}},
		{Name: "Numbers", Value: []uint32{1, 2}},
	},
}

func TestValues(t *testing.T) {
	recs := records(t, write(t, sample))
	if len(recs) != 1 {
		t.Fatalf("%d records", len(recs))
	}
	expect(t, recs[0], map[string]string{
		"class":    `"windows|Microsoft-Windows-Security-Auditing|Security|4688"`,
		"Provider": `"Microsoft-Windows-Security-Auditing"`, "ProviderGuid": `"{54849625-5478-4994-A5BA-3E3B0328C30D}"`,
		"EventID": "4688", "Version": "2", "Level": "0", "Task": "13312", "Opcode": "0", "Keywords": `"0x8020000000000000"`, "Qualifiers": "missing",
		"TimeCreated": `"2021-01-14T23:41:40.1453352Z"`, "EventRecordID": "7", "ActivityID": `"{01020304-0506-0708-090A-0B0C0D0E0F10}"`, "RelatedActivityID": "missing",
		"ExecutionProcessID": "4", "ExecutionThreadID": "164", "Channel": `"Security"`, "Computer": `"pc.corp"`, "UserID": `"S-1-5-18"`,
		"SubjectUserSid": `"S-1-5-21-1-2-3-500"`, "SubjectLogonId": `"0x49732"`, "NewProcessId": `"0x1b28"`, "CommandLine": `"cmd.exe /c \"echo ü 😀 <&>'\""`,
		"Empty": `""`, "Blank": `""`, "EventData.Task": `"9"`, "Size": `"0x4"`, "When": `"2021-01-14T23:41:40.1453352Z"`, "System": `"2021-01-14T23:41:40.145Z"`,
		"Guid": `"{01020304-0506-0708-090A-0B0C0D0E0F10}"`, "Bin": `"DEAD01"`, "Yes": `"true"`, "Signed": `"-2147023171"`, "Big": `"18446744073709551615"`,
		"Float": `"1.500000"`, "ANSI": `"café €"`, "Strings": `["a","","b"]`, "Numbers": `["1","2"]`, "EventData": "missing", "Event": "missing",
	})
	raw := recs[0]["_raw"].Str()
	for _, part := range []string{
		`<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/><EventID>4688</EventID><Version>2</Version>`,
		`<Security UserID='S-1-5-18'/></System><EventData><Data Name='SubjectUserSid'>S-1-5-21-1-2-3-500</Data>`,
		`<Data Name='CommandLine'>cmd.exe /c "echo ü 😀 &lt;&amp;&gt;'"</Data><Data Name='Empty'></Data>`,
		`<Data Name='Strings'>a</Data><Data Name='Strings'></Data><Data Name='Strings'>b</Data>`, `</EventData></Event>`,
	} {
		if !strings.Contains(raw, part) {
			t.Errorf("raw text lacks %s:\n%s", part, raw)
		}
	}
}

// TestForwarded expects an event without a template to come out as the same event with one.
func TestForwarded(t *testing.T) {
	e := sample
	e.Qualifiers = 16384
	e.Data = []evtxwrite.Field{{Name: "A", Value: "x & y"}, {Name: "Level", Value: "2"}, {Value: "one"}, {Value: ""}}
	f := e
	f.Forwarded = true
	a, b := records(t, write(t, e))[0], records(t, write(t, f))[0]
	if len(a) != len(b) {
		t.Errorf("%d fields with a template, %d without", len(a), len(b))
	}
	for k := range a {
		if !event.Equal(a[k], b[k]) {
			t.Errorf("%s: %v with a template, %v without", k, a[k], b[k])
		}
	}
	expect(t, b, map[string]string{"Qualifiers": "16384", "Data": `["one",""]`, "EventData.Level": `"2"`, "Level": "0"})
	f.Message = "An account did something."
	expect(t, records(t, write(t, f))[0], map[string]string{"Message": `"An account did something."`, "KeywordNames": `["Audit Success"]`, "RenderingInfo.Culture": `"en-US"`})
}

func TestUserData(t *testing.T) {
	e := sample
	e.UserData, e.Data = "LogFileCleared", []evtxwrite.Field{{Name: "SubjectUserName", Value: "bob"}, {Name: "Channel", Value: "System"}, {Name: "SubjectUserName", Value: "eve"}}
	expect(t, records(t, write(t, e))[0], map[string]string{"SubjectUserName": `["bob","eve"]`, "UserData.Channel": `"System"`, "Channel": `"Security"`})
	e.UserData, e.Data = "", nil
	expect(t, records(t, write(t, e))[0], map[string]string{"EventID": "4688", "Provider": `"Microsoft-Windows-Security-Auditing"`})
}

// TestManyChunks fills several chunks, in each of which names and templates are written down anew.
func TestManyChunks(t *testing.T) {
	var events []evtxwrite.Event
	for i := range 500 {
		e := sample
		e.Record = 0
		if i%3 == 0 {
			e.ID, e.Data = 1, []evtxwrite.Field{{Name: "Image", Value: "C:\\" + strings.Repeat("x", i)}}
		}
		e.Forwarded = i%7 == 0
		events = append(events, e)
	}
	data := write(t, events...)
	if len(data) < HeaderSize+4*ChunkSize {
		t.Fatalf("%d bytes", len(data))
	}
	recs := records(t, data)
	seen := map[int64]bool{}
	for _, r := range recs {
		seen[r["EventRecordID"].Int()] = true
	}
	if len(recs) != len(events) || len(seen) != len(events) {
		t.Errorf("%d records with %d numbers, want %d", len(recs), len(seen), len(events))
	}
}

// TestProgramsAgree decodes files with the programs of templates and by walking their trees, and expects the same.
func TestProgramsAgree(t *testing.T) {
	files := []recording{{"own", fewEvents(t), 3}}
	if !testing.Short() {
		files = append(files, publicFiles(t)...)
	}
	dump := func(data []byte, walk bool) map[event.Origin]string {
		out := map[event.Origin]string{}
		n := 0
		b := event.NewBuilder(event.NewDicts(0), 0, func(f string) bool { return f != event.RawField }, func(b *event.Batch) error {
			for i := range b.Len() {
				var fields []string
				for j, name := range b.Names() {
					if v := b.ColumnAt(j).Value(i); !v.IsMissing() {
						fields = append(fields, name+"="+v.String())
					}
				}
				slices.Sort(fields)
				o := b.Lineage.Of(i)[0]
				n++
				out[o] += fmt.Sprint(b.Class.Shape, " ", b.Class.Provider, " ", b.Class.Channel, " ", b.Class.ID, "\n", strings.Join(fields, "\n"))
			}
			return nil
		})
		d := NewDecoder(b, &event.Classes{}, &Templates{})
		d.walk = walk
		if err := d.Chunks(context.Background(), bytes.NewReader(data[min(len(data), HeaderSize):]), HeaderSize); err != nil {
			t.Fatal(err)
		}
		b.Flush()
		return out
	}
	for _, f := range files {
		a, b := dump(f.data, false), dump(f.data, true)
		if len(a) != len(b) {
			t.Errorf("%s: %d records by program, %d by walking", f.name, len(a), len(b))
		}
		for o, x := range a {
			if x != b[o] {
				t.Fatalf("%s: record %d: by program\n%s\nby walking\n%s", f.name, o.Record, x, b[o])
			}
		}
	}
}
