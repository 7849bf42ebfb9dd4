package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
)

func rows() *event.Batch {
	b := event.NewBatch(3)
	b.Set("name", event.NewAny([]event.Value{event.StringOf("a\x1b[31m"), event.StringOf("=cmd()"), {}}))
	b.Set("n", event.NewAny([]event.Value{event.IntOf(-1), {}, event.IntOf(3)}))
	b.Set("many", event.NewAny([]event.Value{event.ListOf([]event.Value{event.StringOf("x"), event.StringOf("y")}), event.NullValue, event.FloatOf(1.5)}))
	return b
}

func write(t *testing.T, f Format, opt Options) string {
	t.Helper()
	var out bytes.Buffer
	w, err := New(&out, f, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormats(t *testing.T) {
	f := func(form Format, opt Options, want string) {
		t.Helper()
		if got := write(t, form, opt); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", form, got, want)
		}
	}
	f(JSONL, Options{}, "{\"name\":\"a\\u001b[31m\",\"n\":-1,\"many\":[\"x\",\"y\"]}\n{\"name\":\"=cmd()\",\"n\":null,\"many\":null}\n{\"name\":null,\"n\":3,\"many\":1.5}\n")
	f(JSONL, Options{OmitMissing: true, Columns: []string{"n", "many"}}, "{\"n\":-1,\"many\":[\"x\",\"y\"]}\n{\"many\":null}\n{\"n\":3,\"many\":1.5}\n")
	f(CSV, Options{}, "name,n,many\na\x1b[31m,-1,\"[\"\"x\"\",\"\"y\"\"]\"\n'=cmd(),,\n,3,1.5\n")
	f(Table, Options{}, "name    n   many\n────    ──  ────\na␛[31m  -1  x\n            y\n=cmd()\n        3   1.5\n")
	var all []map[string]any
	if err := json.Unmarshal([]byte(write(t, JSON, Options{})), &all); err != nil || len(all) != 3 {
		t.Errorf("json: %v, %d rows", err, len(all))
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	var out bytes.Buffer
	w, _ := New(&out, Table, Options{Width: 40})
	b := event.NewBatch(1)
	for _, n := range []string{"first", "second", "third"} {
		b.Set(n, event.NewConstant(event.StringOf(strings.Repeat("0123456789", 8)), 1))
	}
	w.Write(b)
	w.Close()
	for _, l := range strings.Split(out.String(), "\n") {
		if n := len([]rune(l)); n > 40 {
			t.Errorf("a line has %d characters", n)
		}
	}
	if n := strings.Count(out.String(), "0"); n < 20 {
		t.Error("cells were cut off")
	}
}

func TestParquetReadsBack(t *testing.T) {
	data := write(t, Parquet, Options{Columns: []string{"name", "n", "many"}, Kinds: map[string]event.Kind{"n": event.Int}})
	r := parquet.NewReader(bytes.NewReader([]byte(data)))
	defer r.Close()
	var got []map[string]any
	for range r.NumRows() {
		m := map[string]any{}
		if err := r.Read(&m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	if len(got) != 3 || got[2]["n"] != int64(3) {
		t.Errorf("%v", got)
	}
}
