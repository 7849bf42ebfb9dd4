package spl_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/conformance"
	"github.com/harrier-detect/harrier/internal/event"
)

var update = flag.Bool("update", false, "write what the searches of testdata answer into the files")

// TestBehaviour runs the searches of testdata/*.txt and compares the answers. In a file, lines that begin with { before
// the first search are events, "lookup name" begins a table that ends with an empty line, "> " begins a search, and what
// follows up to an empty line is its answer: rows without null cells and without columns that begin with an underscore.
// go test -update writes the answers; whoever does so reads them.
func TestBehaviour(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		c := conformance.SPLCase{Lookups: map[string]string{}}
		blocks := strings.Split(strings.TrimSpace(string(data)), "\n\n")
		for i, block := range blocks {
			if i > 0 {
				out.WriteString("\n")
			}
			query, want, _ := strings.Cut(block, "\n")
			if rest, ok := strings.CutPrefix(query, "lookup "); ok {
				c.Lookups[rest] = want + "\n"
			} else if !strings.HasPrefix(query, "> ") {
				for line := range strings.Lines(block) {
					if strings.HasPrefix(line, "{") {
						c.Events = append(c.Events, json.RawMessage(strings.TrimSpace(line)))
					}
				}
			} else {
				c.SPL = query[2:]
				got := answer(c)
				if !*update && got != want {
					t.Errorf("%s: %s\n got %s\nwant %s", file, c.SPL, got, want)
				}
				block = strings.TrimSuffix(query+"\n"+got, "\n")
			}
			out.WriteString(block + "\n")
		}
		if *update {
			if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// answer runs a search and returns the rows as JSON lines.
func answer(c conformance.SPLCase) string {
	res, err := conformance.NewHarrier().SPL(&c)
	if err != nil {
		return "error: " + strings.ReplaceAll(strings.ReplaceAll(err.Error(), "<case>:", ""), "\n", "; ")
	}
	var b strings.Builder
	for _, row := range res.Rows {
		var bag event.Bag
		for i, name := range res.Columns {
			if !strings.HasPrefix(name, "_") && !row[i].IsNull() {
				bag = append(bag, event.Field{Name: name, Value: row[i]})
			}
		}
		b.Write(event.AppendJSON(nil, event.ObjectOf(bag)))
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return strings.TrimSuffix(b.String(), "\n")
}
