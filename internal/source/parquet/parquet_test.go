package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
)

type row struct {
	EventID  int32             `parquet:"EventID,dict"`
	Channel  string            `parquet:"Channel,dict,zstd"`
	Source   *string           `parquet:"SourceName,optional"`
	Plain    string            `parquet:"Plain,optional"`
	Time     time.Time         `parquet:"Time,timestamp(microsecond)"`
	Big      uint64            `parquet:"Big"`
	F        float64           `parquet:"F"`
	Ok       bool              `parquet:"Ok"`
	Maybe    *int64            `parquet:"Maybe,optional,dict"`
	N        nested            `parquet:"n"`
	Tags     []string          `parquet:"Tags,list"`
	Bare     []int64           `parquet:"Bare"`
	Map      map[string]string `parquet:"Map"`
	Entities []nested          `parquet:"Entities,list"`
	JSON     string            `parquet:"JSON,json"`
}

type nested struct {
	A string  `parquet:"a,dict"`
	B []int32 `parquet:"b,list"`
}

func testRows(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		r := row{EventID: int32(i % 3), Channel: fmt.Sprintf("C%d", i%2), Plain: strings.Repeat("p", i%4), Big: uint64(i) << 60, F: float64(i) / 4, Ok: i%2 == 0, JSON: fmt.Sprintf(`["x",{"y":%d}]`, i%2),
			Time: time.UnixMicro(int64(i) * 1_000_001).UTC(), N: nested{A: fmt.Sprintf("a%d", i%5)}}
		if i%3 > 0 {
			s, m := fmt.Sprintf("S%d", i%7), int64(i)
			r.Source, r.Maybe = &s, &m
			r.Tags = []string{"x", s}
			r.Bare = []int64{1, 2, 3}[:i%4]
			r.N.B = []int32{int32(i)}
			r.Map = map[string]string{"k": s}
			r.Entities = []nested{{A: "e"}, {A: "f", B: []int32{1, 2}}}
		}
		rows[i] = r
	}
	return rows
}

func write(t testing.TB, rows []row, group int64) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.MaxRowsPerRowGroup(group), parquet.PageBufferSize(1000))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(data []byte, need func(string) bool) (map[uint64]string, error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	out := map[uint64]string{}
	opt := Options{Dicts: event.NewDicts(0), Classes: &event.Classes{}, Rows: 100, Need: need}
	for g := range f.Groups() {
		err := f.Decode(context.Background(), g, opt, func(b *event.Batch) error {
			for i := range b.Len() {
				s := fmt.Sprintf("%s/%s/%s/%s", b.Class.Shape, b.Class.Provider, b.Class.Channel, b.Class.ID)
				for k, n := range b.Names() {
					if v := b.ColumnAt(k).Value(i); !v.IsMissing() {
						s += fmt.Sprintf(" %s=%s", n, v)
					}
				}
				out[b.Lineage.Of(i)[0].Record] = s
			}
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func TestDecode(t *testing.T) {
	rows := testRows(5000)
	got, err := decode(write(t, rows, 1700), func(f string) bool { return f != event.RawField })
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows) {
		t.Fatalf("got %d rows", len(got))
	}
	for i, want := range map[uint64]string{
		1: `windows-json//C0/0 EventID=0 Channel="C0" Time="1970-01-01T00:00:00.0000000Z" Big=0 F=0 Ok=true n.a="a0" n.b=[] Tags=[] Bare=[] Entities=[] JSON=["x",{"y":0}]`,
		9: `windows-json/S1/C0/2 EventID=2 Channel="C0" SourceName="S1" Time="1970-01-01T00:00:08.0000080Z" Big="9223372036854775808" F=2 Ok=true Maybe=8 ` +
			`n.a="a3" n.b=[8] Tags=["x","S1"] Bare=[] Map={"k":"S1"} Entities=[{"a":"e","b":[]},{"a":"f","b":[1,2]}] JSON=["x",{"y":0}]`,
	} {
		g := strings.ReplaceAll(got[i], " Map={}", "")
		if d := cmp.Diff(want, g); d != "" {
			t.Errorf("row %d: %s", i, d)
		}
	}
	few, err := decode(write(t, rows, 1700), func(f string) bool { return f == "n.a" || f == event.RawField })
	if err != nil {
		t.Fatal(err)
	}
	if want := `windows-json//C1/0 n.a="a3" _raw="{\"EventID\":0,\"Channel\":\"C1\",\"Plain\":\"ppp\",`; !strings.HasPrefix(few[4], want) {
		t.Errorf("got  %s\nwant %s…", few[4], want)
	}
}

// TestDamage flips bits and cuts ends; the decoder may say what it likes but must come back.
func TestDamage(t *testing.T) {
	data := write(t, testRows(2000), 700)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		bad := bytes.Clone(data)
		if rng.IntN(3) == 0 {
			bad = bad[:rng.IntN(len(bad))]
		}
		for range 1 + rng.IntN(4) {
			if len(bad) > 0 {
				at := rng.IntN(len(bad))
				if rng.IntN(2) == 0 {
					at = len(bad) - 1 - rng.IntN(min(len(bad), 4000)) // the schema
				}
				bad[at] ^= 1 << rng.IntN(8)
			}
		}
		decode(bad, nil)
	}
}

func BenchmarkDecode(b *testing.B) {
	rows := testRows(200_000)
	for i := range rows { // the benchmark is about flat columns
		rows[i].Tags, rows[i].Bare, rows[i].Map, rows[i].Entities, rows[i].N.B = nil, nil, nil, nil, nil
	}
	data := write(b, rows, 100_000)
	for name, need := range map[string]func(string) bool{
		"few": func(f string) bool {
			return f == "EventID" || f == "Channel" || f == "SourceName" || f == "Plain" || f == "n.a"
		},
		"all": func(f string) bool { return f != event.RawField },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := Open(bytes.NewReader(data), int64(len(data)))
				if err != nil {
					b.Fatal(err)
				}
				opt := Options{Dicts: event.NewDicts(0), Classes: &event.Classes{}, Rows: 4096, Need: need}
				for g := range f.Groups() {
					if err := f.Decode(context.Background(), g, opt, func(*event.Batch) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
