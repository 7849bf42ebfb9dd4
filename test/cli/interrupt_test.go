package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/cli"
)

// endless is an input that never ends: it gives nothing until it is over.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	select {} // a read of a pipe does not know of signals
}

// TestInterrupt: a run that is interrupted prints what it has by then, marked as a part, and says so in its exit code, even when it
// hangs in a read. How long it is let run is tried, since what is asked for is not how fast it is.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	rule, events := filepath.Join(dir, "rule.yml"), filepath.Join(dir, "events.jsonl")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(rule, "title: A bad name\nid: 6f0c7d5e-0000-4000-8000-000000000001\nlogsource: {product: windows, category: dns_query}\ndetection:\n  a: {QueryName: evil.example}\n  condition: a\nlevel: low\n")
	line := `{"EventID":22,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"H","EventTime":"2026-03-02 06:00:00.000","Image":"C:\\Windows\\x.exe","QueryName":"evil.example"}` + "\n"
	write(events, strings.Repeat(line, 20_000)) // so many that they are handed on before the next input is waited for
	for _, c := range []struct {
		args []string
		part string
	}{
		{[]string{"hunt", "-r", rule, "-f", "jsonl", events, "-"}, `"partial":true`},
		{[]string{"hunt", "-r", rule, "-f", "json", events, "-"}, `"partial": true`},
		{[]string{"query", "-l", "kql", "-f", "jsonl", "DeviceProcessEvents | count", events, "-"}, ""}, // a count of a part would be wrong
	} {
		var out, errs bytes.Buffer
		for wait := 50 * time.Millisecond; ; wait *= 4 {
			ctx, cancel := context.WithCancel(context.Background())
			out.Reset()
			errs.Reset()
			time.AfterFunc(wait, cancel)
			code := cli.Run(ctx, c.args, endless{ctx}, &out, &errs)
			if code != cli.ExitInterrupted {
				t.Fatalf("%v: exit code %d, want %d: %s", c.args, code, cli.ExitInterrupted, errs.String())
			}
			if !strings.Contains(errs.String(), "interrupted, partial result: ") {
				t.Fatalf("%v: %s", c.args, errs.String())
			}
			if strings.Contains(out.String(), c.part) {
				break
			}
			if wait > 10*time.Second {
				t.Errorf("%v: what had been found is not printed with %s: %s", c.args, c.part, out.String())
				break
			}
		}
	}
}
