package csv

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// FuzzRecords checks that any text comes to an end, that the records do not depend on where the text is cut, and that what
// the standard library reads is read the same.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x\r\n\"\"y\"\"\";2\r\n", "a\tb\n\n\"\"\t\"\n", "a,b\nx\"y,\"z\"w\n", "sep=;\na;b\n1;2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Detect(data, true, true)
		Detect(data, false, false)
		d := &Dialect{Separator: ',', Header: []string{"a", "b"}}
		n, lines := d.Cut(data)
		if n > len(data) || lines != bytes.Count(data[:n], []byte{'\n'}) {
			t.Fatalf("cut at %d of %d after %d lines", n, len(data), lines)
		}
		read := func(parts ...[]byte) (out [][]string) {
			for _, p := range parts {
				var r reader
				var cells [][]byte
				r.reset(p, ',')
				for r.p < len(p) {
					at := r.p
					r.next(&cells)
					if r.p <= at {
						t.Fatal("stands still")
					}
					var rec []string
					for _, c := range cells {
						rec = append(rec, string(c))
					}
					out = append(out, rec)
				}
			}
			return out
		}
		whole, cut := read(data), read(data[:n], data[n:])
		if !equal(whole, cut) {
			t.Fatalf("%q\n%q", whole, cut)
		}
		std := stdcsv.NewReader(bytes.NewReader(data))
		std.FieldsPerRecord = -1
		if want, err := std.ReadAll(); err == nil && !bytes.Contains(data, []byte{'\r'}) {
			var got [][]string
			for _, r := range whole {
				if len(r) > 1 || r[0] != "" {
					got = append(got, r)
				}
			}
			var clean [][]string
			for _, r := range want {
				if len(r) > 1 || r[0] != "" {
					clean = append(clean, r)
				}
			}
			if !equal(got, clean) {
				t.Fatalf("got  %q\nwant %q", got, clean)
			}
		}
		b := event.NewBuilder(event.NewDicts(0), 0, nil, func(*event.Batch) error { return nil })
		if err := New(b, &event.Classes{}, nil, d).Records(context.Background(), data, 1); err != nil {
			t.Fatal(err)
		}
		b.Flush()
	})
}

func equal(a, b [][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for k := range a[i] {
			if a[i][k] != b[i][k] {
				return false
			}
		}
	}
	return true
}
