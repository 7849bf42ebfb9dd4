//go:build unix

package corpus

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// BenchmarkHunt runs all public rules of each language over recorded host logs, as a whole process does: rules are read, made ready and
// run. Rates are per second of the processor, so that they can be compared on a machine that others use too; with GOMAXPROCS=1
// they are those of one core. HARRIER_BENCH_DATA names other data than the mixed logs in JSON lines.
func BenchmarkHunt(b *testing.B) {
	root := filepath.Join("..", "..", "..", "shared")
	data := os.Getenv("HARRIER_BENCH_DATA")
	if data == "" {
		data = filepath.Join(root, "data", "otrf")
	}
	for _, path := range []string{root, data} {
		if _, err := os.Stat(path); err != nil {
			b.Skip("what is hunted is not beside the checkout: ", err)
		}
	}
	corpus := func(names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, filepath.Join(root, "corpus", n))
		}
		return paths
	}
	hunt := func(b *testing.B, rules []string, data []string) {
		var p source.Progress
		rows := 0
		began := processorTime()
		for b.Loop() {
			pack, err := rule.Load(rules)
			if err != nil {
				b.Fatal(err)
			}
			s := query.Settings{Detached: true, Macros: pack.Macros, Lookups: pack.Lookups, LookupDirs: pack.LookupDirs, Functions: pack.Functions, Sigma: pack.Sigma}
			e, err := query.New(s)
			if err != nil {
				b.Fatal(err)
			}
			items := detect.Compile(e, pack)
			if len(data) == 0 {
				continue
			}
			rows = 0
			in := e.NewInput(data, func(text.Diagnostic) {}, &p)
			err = detect.Run(context.Background(), e, items, in, func(_ *detect.Item, r *event.Batch) { rows += r.Len() }, func(text.Diagnostic) {})
			if err != nil {
				b.Fatal(err)
			}
			in.Close()
		}
		cpu := processorTime() - began
		b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
		if len(data) > 0 {
			b.ReportMetric(float64(p.Events.Load())/cpu.Seconds(), "events/cpu-s")
			b.ReportMetric(float64(rows), "rows")
		}
	}
	for _, lang := range []string{"sigma", "spl", "kql"} {
		b.Run(lang, func(b *testing.B) { hunt(b, corpus(lang), []string{data}) })
		b.Run(lang+"/start", func(b *testing.B) { hunt(b, corpus(lang), nil) })
	}
	b.Run("all", func(b *testing.B) { hunt(b, corpus("sigma", "spl", "kql"), []string{data}) })
}

// processorTime is what the process has used of processors so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
