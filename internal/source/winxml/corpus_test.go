package winxml_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/evtx"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

// fields returns the records of batches in order of their origin's number, each with its fields.
func fields(bs []*event.Batch) map[uint64][]map[string]event.Value {
	out := map[uint64][]map[string]event.Value{}
	for _, b := range bs {
		for i := range b.Len() {
			m := map[string]event.Value{}
			for j, n := range b.Names() {
				if v := b.ColumnAt(j).Value(i); !v.IsMissing() {
					m[n] = v
				}
			}
			m["class"] = event.StringOf(b.Class.Provider + "|" + b.Class.Channel + "|" + b.Class.ID)
			r := b.Lineage.Of(i)[0].Record
			out[r] = append(out[r], m)
		}
	}
	return out
}

// TestCorpusSameFields decodes every public event log, writes each record as XML, decodes that, and expects the same fields.
func TestCorpusSameFields(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "evtx")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no recordings beside the checkout: ", err)
	}
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	n, bad := 0, 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".evtx") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var one []*event.Batch
		b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error { one = append(one, b); return nil })
		d := evtx.NewDecoder(b, &event.Classes{}, &evtx.Templates{})
		if err := d.Chunks(context.Background(), bytes.NewReader(data[evtx.HeaderSize:]), evtx.HeaderSize); err != nil {
			return err
		}
		b.Flush()
		for id, recs := range fields(one) {
			for _, want := range recs {
				n++
				var two []*event.Batch
				b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error { two = append(two, b); return nil })
				x := winxml.New(b, &event.Classes{})
				x.Problem = func(_ uint64, off int, what string) { t.Errorf("%s: record %d: offset %d: %s", path, id, off, what) }
				x.Events(context.Background(), []byte(want["_raw"].Str()), 1)
				b.Flush()
				got := fields(two)[1]
				if len(got) != 1 {
					t.Errorf("%s: record %d: XML gives %d records:\n%s", path, id, len(got), want["_raw"].Str())
					bad++
					continue
				}
				if diff := difference(want, got[0]); diff != "" && bad < 20 {
					bad++
					t.Errorf("%s: record %d:\n%s%.1500s", path, id, diff, want["_raw"].Str())
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records", n)
}

func difference(want, got map[string]event.Value) string {
	var out strings.Builder
	for k, v := range want {
		if w := got[k]; !event.Equal(v, w) {
			out.WriteString(k + ": binary " + v.String() + ", XML " + w.String() + "\n")
		}
	}
	for k, v := range got {
		if want[k].IsMissing() {
			out.WriteString(k + ": binary missing, XML " + v.String() + "\n")
		}
	}
	return out.String()
}
