package source

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/text"
)

// sharedData is the folder of public recordings that lies beside a checkout on machines that have it.
func sharedData(t testing.TB) string {
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(dir, "counts.tsv")); err != nil {
		t.Skip("no recordings beside the checkout: ", err)
	}
	return dir
}

func newOptions() Options {
	return Options{Dicts: event.NewDicts(0), Files: &event.Files{}, Classes: &event.Classes{}}
}

// TestCorpusCounts checks the number of records of every recording.
func TestCorpusCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1.5 GB")
	}
	dir := sharedData(t)
	list, err := os.Open(filepath.Join(dir, "counts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	want := map[string]int{}
	var paths []string
	for sc := bufio.NewScanner(list); sc.Scan(); {
		name, n, _ := strings.Cut(sc.Text(), "\t")
		count, err := strconv.Atoi(n)
		if err != nil {
			continue // the header
		}
		name = filepath.Join(dir, filepath.FromSlash(name))
		want[name] = count
		paths = append(paths, name)
	}
	opt := newOptions()
	opt.Need = func(f string) bool { return f == "EventID" }
	opt.Report = func(d text.Diagnostic) {
		if d.Severity > text.Note {
			t.Log(d)
		}
	}
	got := map[string]int{}
	shapes := map[string]int{}
	err = Scan(context.Background(), paths, opt, func(b *event.Batch) error {
		shapes[b.Class.Shape] += b.Len()
		for i := range b.Len() {
			name := opt.Files.Name(b.Lineage.Of(i)[0].File)
			name, _, _ = strings.Cut(name, "!")
			got[name]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: got %d records, want %d", name, got[name], n)
		}
	}
	t.Log(shapes)
}
