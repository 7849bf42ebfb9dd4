package source

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/text"
)

const xmlEvents = `<?xml version="1.0"?>
<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P'/><EventID>1</EventID><Channel>C</Channel></System><EventData><Data Name='a'>x
y</Data></EventData></Event>
<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="P"/><EventID>2</EventID><Channel>C</Channel></System><EventData/></Event></Events>
`

const classicEvents = `01/14/2021 11:41:39 PM
LogName=Security
SourceName=S
EventCode=4688
ComputerName=c
Message=A message.

{"not": "a record"}
01/14/2021 11:41:40 PM
LogName=Security
EventCode=4689
Message=Another.
`

// samples are small files of every form.
func samples(t testing.TB) map[string][]byte {
	zw, _ := zstd.NewWriter(nil)
	lines := []byte(strings.Repeat(`{"EventID":1,"Channel":"c","a":{"b":["x",{"y":null}]},"s":"q\"\\A"}`+"\n", 20))
	var pq bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		A string   `parquet:"a,dict"`
		B *int     `parquet:"b,optional"`
		C []string `parquet:"c,list"`
	}](&pq)
	w.Write(make([]struct {
		A string   `parquet:"a,dict"`
		B *int     `parquet:"b,optional"`
		C []string `parquet:"c,list"`
	}, 50))
	w.Close()
	csv := []byte("a,b,c\n1,\"x\ny\",3\n4,5,6\n")
	m := map[string][]byte{
		"lines": lines, "array": []byte(`[` + strings.TrimSuffix(strings.ReplaceAll(string(lines), "\n", ",\n "), ",\n ") + `]`),
		"records": []byte(`{"records": [{"a":1}, {"a":2}], "x": {}}`), "csv": csv, "parquet": pq.Bytes(),
		"xml": []byte(xmlEvents), "classic": []byte(classicEvents), "utf16": utf16Text(xmlEvents, true),
		"gz": gzipped(lines), "zst": zw.EncodeAll(lines, nil), "zip": zipped(t, "a", string(lines), "b.csv", string(csv)),
		"tgz": gzipped(tarred("a", string(lines), "b", xmlEvents)), "zipzip": zipped(t, "in.zip", string(zipped(t, "a", string(lines)))),
	}
	if dir := filepath.Join("..", "..", "..", "shared", "data", "evtx"); dirExists(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "tricky", "omerbenamram", "MSExchange_Management_wec.evtx")); err == nil {
			m["evtx"] = data
		}
	}
	return m
}

func dirExists(p string) bool { _, err := os.Stat(p); return err == nil }

// TestScanDamaged cuts and changes files of every form. Reading must end soon, and must not fail as a whole.
func TestScanDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	dir := t.TempDir()
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			whole := scanRows(t, []string{write(t, name, data)}, nil)
			if len(whole.events) == 0 {
				t.Fatalf("the sample itself gives no events: %v", whole.diags)
			}
			for i := range 150 {
				bad := bytes.Clone(data)
				switch i % 3 {
				case 0:
					bad = bad[:rng.IntN(len(bad))]
				case 1:
					for range 1 + rng.IntN(8) {
						bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
					}
				case 2:
					at := rng.IntN(len(bad))
					for k := at; k < min(at+1+rng.IntN(64), len(bad)); k++ {
						bad[k] = byte(rng.Uint32())
					}
				}
				p := filepath.Join(dir, fmt.Sprint(name, i%4))
				os.WriteFile(p, bad, 0o600)
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				opt := newOptions()
				opt.UnitBytes = 1000
				opt.Report = func(d text.Diagnostic) {
					if d.Source == nil || d.Source.Name == "" {
						t.Errorf("diagnostic without a file: %v", d)
					}
				}
				err := Scan(ctx, []string{p}, opt, func(b *event.Batch) error {
					for k := range b.Len() {
						b.Value(event.RawField, k)
					}
					return nil
				})
				cancel()
				if err != nil {
					t.Fatalf("variant %d: %v", i, err)
				}
			}
		})
	}
}

func TestScanMixedText(t *testing.T) {
	data := xmlEvents + `{"a":1}` + "\nnothing\n" + `Jan 1 host: ` + strings.Split(xmlEvents, "\n")[3] + "\n" + classicEvents
	got := scanRows(t, []string{write(t, "x", []byte(data))}, func(o *Options) {
		o.Need = func(f string) bool { return f == "a" || f == "EventID" }
	})
	all := append(got.diags, got.events...)
	for i, want := range []string{
		`x warning SRC1001: byte 417: text in no known form of event: "nothing"`,
		`x note SRC6005: byte 425: text beside event XML is not kept: "Jan 1 host: "`,
		`x#1 windows/P/C/1 EventID=1 a="x\ny"`, `x#2 windows/P/C/2 EventID=2`, `x#4 windows/P/C/2 EventID=2`,
		`x#3 generic/// a=1`, `x#5 windows/S/Security/4688 EventID=4688`, `x#6 windows//Security/4689 EventID=4689`,
	} {
		if i >= len(all) || all[i] != want {
			t.Errorf("want %s, got\n%s", want, strings.Join(all, "\n"))
		}
	}
}

// TestBomb unpacks an archive that is small outside.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks 1 GB")
	}
	blank := append(bytes.Repeat([]byte(" "), 4<<20-1), '\n')
	zw, _ := zstd.NewWriter(nil)
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b)
	z.Write([]byte("{\"a\":1}\n"))
	for range 300 {
		z.Write(blank)
	}
	z.Close()
	got := scanRows(t, []string{write(t, "bomb", zw.EncodeAll(b.Bytes(), nil))}, noRaw)
	if len(got.events) != 1 || len(got.diags) != 1 || !strings.Contains(got.diags[0], "error SRC6004: at byte") {
		t.Error(got.events, got.diags)
	}
}

// TestScanRescues reads what is whole in archives that are not.
func TestScanRescues(t *testing.T) {
	var lines strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&lines, "{\"a\":%d}\n", i)
	}
	z := zipped(t, "a.json", lines.String(), "__MACOSX/._b", "x", "b.json", lines.String())
	gz := gzipped([]byte(lines.String()))
	tgz := gzipped(tarred("a", lines.String(), "b", lines.String()))
	f := func(name string, data []byte, atLeast, atMost int, diag string) {
		t.Helper()
		got := scanRows(t, []string{write(t, name, data)}, noRaw)
		if len(got.events) < atLeast || len(got.events) > atMost || !strings.Contains(strings.Join(got.diags, "\n"), diag) {
			t.Errorf("%s: %d events, %v", name, len(got.events), got.diags)
		}
	}
	dir := bytes.Index(z, []byte("PK\x01\x02"))
	f("no-directory.zip", z[:dir], 4000, 4000, "SRC1003")
	f("cut.zip", z[:dir-50], 2000, 3999, "SRC1002")
	f("cut.gz", gz[:len(gz)/2], 100, 1999, "cut.gz error SRC1002: at byte ")
	f("cut.tgz", tgz[:len(tgz)*2/3], 100, 3999, "SRC1002")
	bad := bytes.Clone(gz)
	bad[len(bad)/2] ^= 0xff
	f("bad.gz", bad, 0, 2000, "bad.gz error SRC1003: at byte ")
}

// TestScanLongLine has a line that is too long between two good ones.
func TestScanLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 65 MB")
	}
	long := append([]byte("{\"a\":1}\n{\"a\":\""), bytes.Repeat([]byte("x"), maxRecord+5<<20)...)
	long = append(long, "\"}\n{\"a\":2}\n"...)
	got := scanRows(t, []string{write(t, "x", long)}, noRaw)
	want := []string{"x#1 generic/// a=1", "x#3 generic/// a=2"}
	if len(got.diags) != 1 || !strings.HasPrefix(got.diags[0], "x warning SRC6002: line 2, byte 8:") || fmt.Sprint(got.events) != fmt.Sprint(want) {
		t.Errorf("%v %.300v", got.diags, got.events)
	}
}
