package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/simulate"
)

// TestExampleData holds the recordings of examples/content to the simulation that they were made by. UPDATE_EXAMPLES=1 writes them.
func TestExampleData(t *testing.T) {
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for name, o := range map[string]simulate.Options{
		"intrusion.log": {Seed: 11, Start: start, Length: time.Hour, Events: 40, Intrusion: true},
		"quiet_day.log": {Seed: 12, Start: start, Length: 8 * time.Hour, Events: 120},
	} {
		var b bytes.Buffer
		if err := simulate.WriteXML(&b, simulate.Run(o)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "examples", "content", "datasets", name)
		if os.Getenv("UPDATE_EXAMPLES") != "" {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, b.Bytes()) {
			t.Errorf("%s is not what the simulation gives: UPDATE_EXAMPLES=1 writes it", name)
		}
	}
}
