package wintext

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// decode splits text at the given buffer size and returns its records as text, one field a line, and the problems.
func decode(t testing.TB, in string, size int) (records []string, problems []string) {
	b := event.NewBuilder(event.NewDicts(0), 0, nil, func(bt *event.Batch) error {
		for i := range bt.Len() {
			var fields []string
			for j, n := range bt.Names() {
				if v := bt.ColumnAt(j).Value(i); !v.IsMissing() {
					fields = append(fields, n+"="+v.String())
				}
			}
			sort.Strings(fields)
			r := bt.Lineage.Of(i)[0].Record
			for len(records) < int(r) {
				records = append(records, "")
			}
			records[r-1] = bt.Class.Provider + "|" + bt.Class.Channel + "|" + bt.Class.ID + "\n" + strings.Join(fields, "\n")
		}
		return nil
	})
	d := New(b, &event.Classes{}, 0, func(_ uint64, _ int, what string) { problems = append(problems, what) })
	record := uint64(1)
	for at, n := 0, size; at < len(in); {
		last := at+n >= len(in)
		buf := []byte(in[at:min(at+n, len(in))])
		cut, events := Split(buf, last)
		if cut == 0 {
			n *= 2
			continue
		}
		if err := d.Events(context.Background(), buf[:cut], record); err != nil {
			t.Fatal(err)
		}
		record += uint64(events)
		at, n = at+cut, size
	}
	b.Flush()
	return records, problems
}

func TestMixedFile(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "attack_data", "T1552.004", "certutil_exe_certificate_extraction.raw")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("no recordings beside the checkout: ", err)
	}
	if !Is(data[:4096]) {
		t.Error("not recognised")
	}
	var want []string
	for _, size := range []int{1 << 30, 64, 1000, 5000} {
		got, problems := decode(t, string(data), size)
		if len(problems) > 0 {
			t.Error(problems)
		}
		if len(got) != 59 {
			t.Errorf("buffers of %d: %d records, want 59", size, len(got))
		}
		if want == nil {
			want = got
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("buffers of %d: record %d is\n%s\nwant\n%s", size, i+1, got[i], want[i])
			}
		}
	}
	t.Log(want[1])
}
