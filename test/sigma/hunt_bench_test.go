package sigma

import (
	"context"
	"os"
	"testing"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// BenchmarkHunt runs all public rules over all recorded Windows events.
func BenchmarkHunt(b *testing.B) {
	const data = "../../../shared/data/evtx"
	if _, err := os.Stat(corpus); err != nil {
		b.Skip("the corpus of Sigma rules is not beside the checkout: ", err)
	}
	pack, err := rule.Load([]string{corpus})
	if err != nil {
		b.Fatal(err)
	}
	e, err := query.New(query.Settings{Detached: true, Sigma: pack.Sigma})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		items := detect.Compile(e, pack)
		rows := 0
		err := detect.Run(context.Background(), e, items, e.NewInput([]string{data}, func(text.Diagnostic) {}, nil), func(_ *detect.Item, r *event.Batch) { rows += r.Len() }, func(text.Diagnostic) {})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rows), "rows")
	}
}
