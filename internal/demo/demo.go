// Package demo is the built-in demonstration: simulated telemetry and rules of our own to hunt in it.
package demo

import (
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/simulate"
)

//go:embed rules
var rules embed.FS

// Files says where the demonstration's parts were written.
type Files struct{ Telemetry, Rules string }

// Write puts telemetry, in two formats, and the rules into dir. The same bytes are written each time.
func Write(dir string) (Files, error) {
	f := Files{filepath.Join(dir, "telemetry"), filepath.Join(dir, "rules")}
	for _, d := range []string{f.Telemetry, f.Rules} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return f, fmt.Errorf("write demo: %w", err)
		}
	}
	entries, err := rules.ReadDir("rules")
	if err != nil {
		return f, fmt.Errorf("write demo: %w", err)
	}
	for _, e := range entries {
		data, err := rules.ReadFile("rules/" + e.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(f.Rules, e.Name()), data, 0o644)
		}
		if err != nil {
			return f, fmt.Errorf("write demo: %w", err)
		}
	}
	events := simulate.Run(simulate.Options{Seed: 1, Start: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), Length: 10 * time.Hour, Events: 20_000, Intrusion: true})
	var workstations, servers []simulate.Event
	for _, e := range events {
		if strings.HasPrefix(e.Host, "WS") {
			workstations = append(workstations, e)
		} else {
			servers = append(servers, e)
		}
	}
	if err := write(filepath.Join(f.Telemetry, "workstations.jsonl"), workstations, simulate.WriteJSON); err != nil {
		return f, err
	}
	return f, write(filepath.Join(f.Telemetry, "servers.xml"), servers, simulate.WriteXML)
}

func write(path string, events []simulate.Event, format func(io.Writer, []simulate.Event) error) error {
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write demo: %w", err)
	}
	err = format(out, events)
	if cerr := out.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("write demo: %w", cerr)
	}
	return err
}
