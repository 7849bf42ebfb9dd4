package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/text"
)

// rows renders every event as "file#record class {fields in order of name…}", and every diagnostic.
type rows struct {
	opt    Options
	events []string
	diags  []string
}

func scanRows(t testing.TB, paths []string, change func(*Options)) rows {
	t.Helper()
	r := rows{opt: newOptions()}
	r.opt.Report = func(d text.Diagnostic) {
		r.diags = append(r.diags, fmt.Sprintf("%s %s %s: %s", filepath.Base(d.Source.Name), d.Severity, d.ID, d.Message))
	}
	if change != nil {
		change(&r.opt)
	}
	err := Scan(context.Background(), paths, r.opt, func(b *event.Batch) error {
		r.add(b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rows) add(b *event.Batch) {
	for i := range b.Len() {
		var sb strings.Builder
		o := b.Lineage.Of(i)[0]
		c := b.Class
		fmt.Fprintf(&sb, "%s#%d %s/%s/%s/%s", filepath.Base(r.opt.Files.Name(o.File)), o.Record, c.Shape, c.Provider, c.Channel, c.ID)
		names := append([]string(nil), b.Names()...)
		for _, n := range sorted(names) {
			if v := b.Value(n, i); !v.IsMissing() {
				fmt.Fprintf(&sb, " %s=%s", n, v)
			}
		}
		r.events = append(r.events, sb.String())
	}
}

func sorted(s []string) []string {
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return s
}

func noRaw(o *Options) { o.Need = func(f string) bool { return f != event.RawField } }

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func zipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = w.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func tarred(members ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w.WriteHeader(&tar.Header{Name: members[i], Size: int64(len(members[i+1])), Mode: 0o600})
		w.Write([]byte(members[i+1]))
	}
	w.Close()
	return b.Bytes()
}

func utf16Text(s string, mark bool) []byte {
	var b []byte
	if mark {
		b = append(b, 0xff, 0xfe)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func TestScanForms(t *testing.T) {
	zw, _ := zstd.NewWriter(nil)
	f := func(name, data string, want ...string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			got := scanRows(t, []string{write(t, name, []byte(data))}, noRaw)
			all := append(got.diags, got.events...)
			if d := cmp.Diff(want, all); d != "" {
				t.Error(d)
			}
		})
	}
	const lines = `{"a":1,"b":{"c":"x"}}` + "\n\n" + `{"a":"y","l":[1,"2",{"k":null}]}` + "\n"
	l1, l3 := "#1 generic/// a=1 b.c=\"x\"", `#3 generic/// a="y" l=[1,"2",{"k":null}]`
	f("lines.json", lines, "lines.json"+l1, "lines.json"+l3)
	f("bom.json", "\ufeff"+lines, "bom.json"+l1, "bom.json"+l3)
	f("utf16.json", string(utf16Text(lines, true)), "utf16.json"+l1, "utf16.json"+l3)
	f("utf16-bare.json", string(utf16Text(lines, false)), "utf16-bare.json"+l1, "utf16-bare.json"+l3)
	f("crlf.json", strings.ReplaceAll(lines, "\n", "\r\n"), "crlf.json"+l1, "crlf.json"+l3)
	f("x.gz", string(gzipped([]byte(lines))), "x.gz"+l1, "x.gz"+l3)
	f("x.zst", string(zw.EncodeAll([]byte(lines), nil)), "x.zst"+l1, "x.zst"+l3)
	f("x.zip", string(zipped(t, "__MACOSX/._a.json", "\x00\x05\x16\x07", "d/a.json", lines, "b.json.gz", string(gzipped([]byte(lines))))),
		"x.zip note SRC6006: 1 AppleDouble members of macOS hold no events: skipped",
		"x.zip!d/a.json"[8:]+l1, "x.zip!d/a.json"[8:]+l3, "x.zip!b.json.gz"+l1, "x.zip!b.json.gz"+l3)
	f("x.tgz", string(gzipped(tarred("a.txt", lines))), "x.tgz!a.txt"+l1, "x.tgz!a.txt"+l3)
	f("zip-in-tar", string(tarred("in.zip", string(zipped(t, "a", lines)))), "zip-in-tar!in.zip!a"+l1, "zip-in-tar!in.zip!a"+l3)

	e1, e2 := `#1 generic/// a=1`, `#2 generic/// a=2 b.c="]}"`
	f("array.json", `[{"a":1},{"a":2,"b":{"c":"]}"}}]`, "array.json"+e1, "array.json"+e2)
	f("pretty.json", "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2, \"b\": {\"c\":\"]}\"}\n  }\n]\n", "pretty.json"+e1, "pretty.json"+e2)
	f("pretty2.json", "{\n  \"a\": 1\n}\n{\n  \"a\": 2,\n  \"b\": {\n    \"c\": \"]}\"\n  }\n}\n", "pretty2.json"+e1, "pretty2.json"+e2)
	f("joined.json", `{"a":1}{"a":2,"b":{"c":"]}"}}`, "joined.json"+e1, "joined.json"+e2)
	f("arrays.json", `[{"a":1}] [{"a":2,"b":{"c":"]}"}}]`, "arrays.json"+e1, "arrays.json"+e2)
	f("records.json", "{\"records\":[\n{\"a\":1},\n{\"a\":2,\"b\":{\"c\":\"]}\"}}]}", "records.json"+e1, "records.json"+e2)
	f("records-line.json", `{"records":[{"a":1},{"a":2}]}`+"\n"+`{"records":[{"a":3}]}`+"\n",
		"records-line.json#1 generic/// a=1", "records-line.json#1 generic/// a=2", "records-line.json#2 generic/// a=3")
	f("beside.json", `{"t":1,"records":[{"a":1}]}`, "beside.json warning SRC1001: line 1, byte 0: fields beside the list of records are not kept", "beside.json#1 generic/// a=1")
	f("graph.json", "{\"@odata.context\":\"x\",\n\"value\":[{\"a\":1}\n]}", "graph.json warning SRC1001: byte 1: field beside the records is not kept: \"@odata.context\"", "graph.json#1 generic/// a=1")

	f("bad-line.json", `{"a":1}`+"\n"+`{"a":`+"\nnonsense\n"+`{"a":2}`,
		"bad-line.json warning SRC1001: line 2, byte 13: value is missing",
		"bad-line.json warning SRC1001: line 3, byte 14: not a JSON object: line begins with 'n'",
		"bad-line.json#1 generic/// a=1", "bad-line.json#4 generic/// a=2")
	f("cut.json", `[{"a":1},{"a":`, "cut.json warning SRC1002: byte 9: the last JSON object is cut off", "cut.json#1 generic/// a=1")
	f("twice.json", `{"a":1,"b":2,"a":"x"}`, `twice.json#1 generic/// a="x" b=2`)
	f("numbers.json", `{"a":9223372036854775807,"b":9223372036854775808,"c":1.5,"d":0.1,"e":-0,"f":1e400,"g":12345678901234567.5,"h":1e3}`,
		`numbers.json#1 generic/// a=9223372036854775807 b="9223372036854775808" c=1.5 d=0.1 e=-0 f="1e400" g="12345678901234567.5" h=1000`)
	f("strings.json", `{"a":"\u0041\ud83d\ude00\ud83d\\\"\/\n","\u0062":"C:\\x\\","e":""}`, `strings.json#1 generic/// a="A😀�\\\"/\n" b="C:\\x\\" e=""`)
	f("empty.json", "{}\n{\"a\":{}}\n[]", "empty.json warning SRC1001: line 3, byte 12: not a JSON object: line begins with '['", "empty.json#1 generic///", "empty.json#2 generic/// a={}")

	f("comma.csv", "a,b,EventID\n1,\"x, \"\"y\"\"\nz\",4688\n,\"\",\n", "comma.csv#2 generic/// EventID=\"4688\" a=\"1\" b=\"x, \\\"y\\\"\\nz\"", "comma.csv#4 generic/// b=\"\"")
	f("semi.txt", "sep=;\r\nName;Value\r\nx;1\r\ny;2\r\n", `semi.txt#3 generic/// Name="x" Value="1"`, `semi.txt#4 generic/// Name="y" Value="2"`)
	f("tab.tsv", "EventID\tChannel\tImage\n1\tS\tC:\\x\n", `tab.tsv#2 windows-json//S/1 Channel="S" EventID="1" Image="C:\\x"`)
	f("wide.csv", "a,a\n1,2,3\n", `wide.csv note SRC6005: name "a" of column 2 is "a_2": the header has it twice`,
		"wide.csv warning SRC1001: line 2, byte 4: 3 cells, but the header names 2: the others become column3 and so on",
		`wide.csv#2 generic/// a="1" a_2="2" column3="3"`)
	f("prose.txt", "Dear reader, this is text,\nand not, as one may think, data.\n", "prose.txt error SRC3001: text in no known format of events: skipped")
	f("readme.md", "# Title\n\nWords, and a sample:\n\n    type=CWD msg=audit(1617985432.123:4): cwd=\"/\"\n", "readme.md error SRC3001: text in no known format of events: skipped")
	f("audit.log", "type=CWD msg=audit(1617985432.123:4): cwd=\"/\"\r\n\ntype=EOE msg=audit(1617985432.123:4): \n",
		`audit.log#1 generic/// _time="2021-04-09T16:23:52.1230000Z"`, `audit.log#3 generic/// _time="2021-04-09T16:23:52.1230000Z"`)
	f("messages", "2024-01-02T03:04:05Z web1 app: a,b\n2024-01-02T03:04:06Z web1 app: k=v,b\n",
		`messages#1 generic/// _time="2024-01-02T03:04:05.0000000Z" host="web1" process="app"`,
		`messages#2 generic/// _time="2024-01-02T03:04:06.0000000Z" host="web1" k="v" process="app"`)
	f("messages.gz", string(gzipped([]byte("2024-01-02T03:04:05Z web1 app: x\n"))), `messages.gz#1 generic/// _time="2024-01-02T03:04:05.0000000Z" host="web1" process="app"`)
	f("x.bin", "\x01\x02\x00\x03", "x.bin error SRC3001: no known format of events: skipped")
	f("x.7z", "7z\xbc\xaf\x27\x1c\x00", "x.7z error SRC2001: 7z files cannot be read")
	f("none.json", "")
}

func TestScanShapes(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		got := scanRows(t, []string{write(t, "x", []byte(line))}, func(o *Options) { o.Need = func(string) bool { return false } })
		if len(got.events) != 1 || got.events[0] != "x#1 "+want {
			t.Errorf("%s:\ngot  %v\nwant %s", line, got.events, want)
		}
	}
	f(`{"EventID":4688,"Channel":"Security","SourceName":"M"}`, "windows-json/M/Security/4688")
	f(`{"EventID":"1","ProviderName":"M"}`, "windows-json/M//1")
	f(`{"event_id":1,"log_name":"S","source_name":"M","event_data":{"Image":"x"}}`, "winlogbeat/M/S/1")
	f(`{"winlog":{"event_id":1,"channel":"S","provider_name":"M"},"event":{"code":1},"ecs":{"version":"1"}}`, "winlogbeat/M/S/1")
	f(`{"Event":{"System":{"Provider":{"#attributes":{"Name":"M"}},"EventID":7045,"Channel":"System"}}}`, "evtx-json/M/System/7045")
	f(`{"Event":{"System":{"EventID":{"#attributes":{"Qualifiers":16384},"#text":7045},"Channel":"System"}}}`, "evtx-json//System/7045")
	f(`{"System":{"Provider":{"Name":"M"},"EventID":{"Value":4688},"Channel":"S"}}`, "evtx-json/M/S/4688")
	f(`{"Timestamp":"t","DeviceId":"d","ActionType":"ProcessCreated","ReportId":1}`, "mde//DeviceProcessEvents/ProcessCreated")
	f(`{"time":"t","category":"AdvancedHunting-DeviceFileEvents","properties":{"ActionType":"FileCreated","DeviceId":"x"}}`, "mde//DeviceFileEvents/FileCreated")
	f(`{"properties":{"ActionType":"FileCreated","DeviceId":"x"},"time":"t","category":"AdvancedHunting-DeviceFileEvents"}`, "mde//DeviceFileEvents/FileCreated")
	f(`{"records":[{"category":"AdvancedHunting-DeviceFileEvents","properties":{"ActionType":"FileCreated"}}]}`, "mde//DeviceFileEvents/FileCreated")
	f(`{"TimeGenerated":"t","Type":"DeviceProcessEvents","ActionType":"ProcessCreated","ReportId":"x"}`, "mde//DeviceProcessEvents/ProcessCreated")
	f(`{"TimeGenerated":"t","Type":"SecurityEvent","EventID":4624}`, "sentinel//SecurityEvent/4624")
	f(`{"TimeGenerated":"t","Type":"Syslog"}`, "sentinel//Syslog/")
	f(`{"event_simpleName":"ProcessRollup2"}`, "crowdstrike///ProcessRollup2")
	f(`{"type":"endpoint.event.procstart","process_guid":"x"}`, "carbonblack///endpoint.event.procstart")
	f(`{"ecs":{"version":"8"},"event":{"action":"exec","dataset":"d","module":"m"}}`, "ecs/m/d/exec")
	f(`{"_index":"x","_source":{"winlog":{"event_id":1,"channel":"S","provider_name":"M"}}}`, "winlogbeat/M/S/1")
	f(`{"preview":false,"result":{"EventCode":"4688","LogName":"Security"}}`, "windows-json//Security/4688")
	f(`{"result":{"EventCode":"4688","LogName":"Security"}}`, "generic///")
	f(`{"properties":{"a":1},"category":"SignInLogs"}`, "generic///")
}

func TestStreamingProperties(t *testing.T) {
	got := scanRows(t, []string{write(t, "x", []byte(`{"time":"t","properties":{"ActionType":"A","DeviceId":"x"},"category":"AdvancedHunting-DeviceEvents"}`))}, noRaw)
	want := []string{`x#1 mde//DeviceEvents/A ActionType="A" DeviceId="x" category="AdvancedHunting-DeviceEvents" time="t"`}
	if d := cmp.Diff(want, got.events); d != "" {
		t.Error(d)
	}
}

// TestScanRaw reads raw text lazily, after everything else of the scan is gone.
func TestScanRaw(t *testing.T) {
	for name, data := range map[string]string{
		"lines": "{\"a\":1}\n {\"a\":2} \n",
		"doc":   "[{\"a\":1},\n{\"a\":2}]",
		"csv":   "a,b\n{\"a\":1},x\r\n{\"a\":2},x\n",
	} {
		var batches []*event.Batch
		opt := newOptions()
		opt.Need = func(f string) bool { return f == event.RawField }
		if err := Scan(context.Background(), []string{write(t, name, []byte(data))}, opt, func(b *event.Batch) error {
			batches = append(batches, b)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range batches {
			for i := range b.Len() {
				got = append(got, strings.TrimSuffix(b.Value(event.RawField, i).Str(), ",x"))
			}
		}
		if d := cmp.Diff([]string{`{"a":1}`, `{"a":2}`}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// mixedFolder writes files of many forms and sizes.
func mixedFolder(t testing.TB) string {
	dir := t.TempDir()
	var big, doc, table strings.Builder
	doc.WriteString("[")
	table.WriteString("EventID,Channel,Text\n")
	for i := range 3000 {
		fmt.Fprintf(&big, `{"EventID":%d,"Channel":"C%d","SourceName":"S","Image":"C:\\x\\%d.exe","n":{"l":[%d,%d]},"k%d":"v"}`+"\n", i%7, i%3, i%50, i, i%2, i%20)
		if i%100 == 99 {
			big.WriteString("{broken\n")
		}
		if i > 0 {
			doc.WriteString(",\n")
		}
		fmt.Fprintf(&doc, "{\n \"event_simpleName\": \"E%d\",\n \"t\": \"{[%d\\\"\"}", i%5, i)
		fmt.Fprintf(&table, "%d,C%d,\"line %d\nmore \"\"%d\"\"\"\n", i%4, i%2, i, i)
	}
	doc.WriteString("]")
	for name, data := range map[string][]byte{
		"a/big.json": []byte(big.String()), "a/doc.json": []byte(doc.String()), "b/table.csv": []byte(table.String()),
		"c.zip": zipped(t, "1.json", big.String(), "2/doc", doc.String(), "x.csv", table.String()),
		"d.gz":  gzipped([]byte(big.String())), "e.tgz": gzipped(tarred("1", table.String(), "2", doc.String())),
		"README.md": []byte("# nothing\n"),
	} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(p), 0o700)
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestScanIsDeterministic reads the same folder with other numbers of workers, batch sizes and unit sizes.
func TestScanIsDeterministic(t *testing.T) {
	dir := mixedFolder(t)
	base := scanRows(t, []string{dir}, func(o *Options) { o.Workers = 1 })
	if want := 9 * 3000; len(base.events) != want {
		t.Fatalf("got %d events, want %d", len(base.events), want)
	}
	inOrder := scanRows(t, []string{dir}, func(o *Options) { o.Workers, o.InOrder = 1, true })
	for i, e := range inOrder.events {
		if e[:strings.IndexByte(e, ' ')] != fileOrder(inOrder.events, i) {
			t.Fatal("records are not in the order of the file")
		}
	}
	for _, c := range []struct{ workers, rows, unit int }{{2, 0, 0}, {5, 0, 0}, {1, 1, 0}, {3, 7, 0}, {4, 1024, 0}, {1, 0, 5000}, {4, 7, 5000}, {8, 1024, 100000}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			set := func(o *Options) { o.Workers, o.BatchRows, o.UnitBytes = c.workers, c.rows, c.unit }
			got := scanRows(t, []string{dir}, func(o *Options) { set(o); o.InOrder = true })
			if d := cmp.Diff(inOrder.events, got.events); d != "" {
				t.Errorf("in order: %.2000s", d)
			}
			got = scanRows(t, []string{dir}, set)
			a, b := append([]string(nil), base.events...), got.events
			if c.rows == 0 && c.unit == 0 { // the very same batches
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("%.2000s", d)
				}
			}
			count := map[string]int{}
			for i := range a {
				count[a[i]]++
				count[b[i]]--
			}
			for e, n := range count {
				if n != 0 {
					t.Fatalf("%+d of %s", n, e)
				}
			}
			if d := cmp.Diff(base.diags, got.diags); d != "" {
				t.Errorf("%.2000s", d)
			}
		})
	}
}

func fileOrder(events []string, i int) string {
	e := events[i]
	return e[:strings.IndexByte(e, ' ')]
}

func TestScanStopsAndCancels(t *testing.T) {
	dir := mixedFolder(t)
	n := 0
	if err := Scan(context.Background(), []string{dir}, newOptions(), func(*event.Batch) error { n++; return ErrStop }); err != nil || n != 1 {
		t.Errorf("stop: %v after %d batches", err, n)
	}
	broken := errors.New("broken")
	if err := Scan(context.Background(), []string{dir}, newOptions(), func(*event.Batch) error { return broken }); err != broken {
		t.Errorf("error of emit: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	opt := newOptions()
	opt.UnitBytes = 10000
	var at time.Time
	err := Scan(ctx, []string{dir}, opt, func(*event.Batch) error {
		if at.IsZero() {
			at = time.Now()
			cancel()
		}
		return nil
	})
	if err != context.Canceled || time.Since(at) > time.Second {
		t.Errorf("cancel: %v after %v", err, time.Since(at))
	}
	if err := Scan(context.Background(), []string{filepath.Join(dir, "nowhere")}, newOptions(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"a.json", "b.csv", "s/c.json", "s/t/d.json", "s/t/e.txt"} {
		p := filepath.Join(dir, filepath.FromSlash(n))
		os.MkdirAll(filepath.Dir(p), 0o700)
		os.WriteFile(p, []byte("x"), 0o600)
	}
	f := func(pattern string, want ...string) {
		t.Helper()
		es, err := find([]string{filepath.Join(dir, pattern)})
		var got []string
		for _, e := range es {
			rel, _ := filepath.Rel(dir, e.path)
			got = append(got, filepath.ToSlash(rel))
		}
		if d := cmp.Diff(want, got); d != "" || (len(want) == 0) != (err != nil) {
			t.Errorf("%s: %v %s", pattern, err, d)
		}
	}
	f("", "a.json", "b.csv", "s/c.json", "s/t/d.json", "s/t/e.txt")
	f("*.json", "a.json")
	f("**/*.json", "a.json", "s/c.json", "s/t/d.json")
	f("s/*", "s/c.json", "s/t/d.json", "s/t/e.txt")
	f("s/**/d.*", "s/t/d.json")
	f("[ab].*", "a.json", "b.csv")
	f("*.evtx")
	f("none.json")
}

func TestStdin(t *testing.T) {
	got := scanRows(t, []string{"-"}, func(o *Options) { noRaw(o); o.Stdin = bytes.NewReader(gzipped([]byte(`{"a":1}`))) })
	if d := cmp.Diff([]string{"<stdin>#1 generic/// a=1"}, got.events); d != "" {
		t.Error(d)
	}
}

// TestManyKeys reads objects whose keys are ids: the first ones become fields, the rest is kept as one value.
func TestManyKeys(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "{\"EventID\":%d,\"Channel\":\"c\",\"k%d\":%d,\"o\":{\"p%d\":{\"q\":%d}}}\n", i, i, i, i, i)
	}
	got := scanRows(t, []string{write(t, "x", []byte(b.String()))}, noRaw)
	if len(got.events) != 5000 || len(got.diags) != 1 {
		t.Fatalf("%d events, %v", len(got.events), got.diags)
	}
	all := strings.Join(got.events, "\n") + "\n"
	for _, want := range []string{
		"x#1 windows-json//c/0 Channel=\"c\" EventID=0 k0=0 o.p0.q=0\n",
		"x#5000 windows-json/// Channel=\"c\" EventID=4999 _more={\"k4999\":4999} o={\"p4999\":{\"q\":4999}}\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s", want)
		}
	}
}
