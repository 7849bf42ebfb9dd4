package evtx

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// sharedData is the folder of public recordings that lies beside a checkout on machines that have it.
var sharedData = filepath.Join("..", "..", "..", "..", "shared", "data")

type recording struct {
	name  string
	data  []byte
	count int
}

// recordings returns the event logs among the public recordings with the number of records that they hold.
func recordings(t testing.TB) []recording {
	out := publicFiles(t)
	if out == nil {
		t.Skip("no recordings beside the checkout: ", sharedData)
	}
	return out
}

func publicFiles(t testing.TB) []recording {
	list, err := os.Open(filepath.Join(sharedData, "counts.tsv"))
	if err != nil {
		return nil
	}
	defer list.Close()
	var out []recording
	for sc := bufio.NewScanner(list); sc.Scan(); {
		name, n, _ := strings.Cut(sc.Text(), "\t")
		if !strings.HasSuffix(name, ".evtx") {
			continue
		}
		count, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(sharedData, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, recording{name, data, count})
	}
	return out
}

// decodeAll decodes a whole file into batches.
func decodeAll(t testing.TB, data []byte, need func(string) bool, report func(Problem)) []*event.Batch {
	var out []*event.Batch
	b := event.NewBuilder(event.NewDicts(0), 0, need, func(b *event.Batch) error { out = append(out, b); return nil })
	d := NewDecoder(b, &event.Classes{}, &Templates{})
	d.Report = report
	from := FirstChunk(data)
	if int64(len(data)) > from {
		if err := d.Chunks(context.Background(), bytes.NewReader(data[from:]), from); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	return out
}

func rows(bs []*event.Batch) (n int) {
	for _, b := range bs {
		n += b.Len()
	}
	return n
}

func TestCorpusCounts(t *testing.T) {
	for _, r := range recordings(t) {
		var problems []Problem
		got := rows(decodeAll(t, r.data, nil, func(p Problem) { problems = append(problems, p) }))
		if got != r.count {
			t.Errorf("%s: got %d records, want %d", r.name, got, r.count)
		}
		if got != r.count || testing.Verbose() {
			for _, p := range problems {
				t.Logf("%s: byte %d: %s: %s (%d lost)", r.name, p.Offset, p.ID, p.Text, p.Lost)
			}
		}
	}
}
