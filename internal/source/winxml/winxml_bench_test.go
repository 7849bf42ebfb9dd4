package winxml_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/evtx"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

// ruleFields are what most process rules read.
var ruleFields = map[string]bool{"EventID": true, "Channel": true, "Computer": true, "TimeCreated": true, "Image": true, "CommandLine": true,
	"ParentImage": true, "ParentCommandLine": true, "OriginalFileName": true, "User": true, "TargetFilename": true, "TargetObject": true,
	"Details": true, "ImageLoaded": true, "Hashes": true, "NewProcessName": true}

// BenchmarkEvents decodes the XML of public recordings on one core.
func BenchmarkEvents(b *testing.B) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "evtx")
	if _, err := os.Stat(dir); err != nil {
		b.Skip("no recordings beside the checkout: ", err)
	}
	var xml bytes.Buffer
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".evtx") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		bl := event.NewBuilder(event.NewDicts(0), 0, nil, func(bt *event.Batch) error {
			for i := range bt.Len() {
				xml.WriteString(bt.Value(event.RawField, i).Str())
				xml.WriteByte('\n')
			}
			return nil
		})
		evtx.NewDecoder(bl, &event.Classes{}, &evtx.Templates{}).Chunks(context.Background(), bytes.NewReader(data[evtx.HeaderSize:]), 0)
		return bl.Flush()
	})
	for _, fields := range []string{"every", "few", "none"} {
		b.Run(fields, func(b *testing.B) {
			var need func(string) bool
			switch fields {
			case "few":
				need = func(f string) bool { return ruleFields[f] }
			case "none":
				need = func(f string) bool { return false }
			}
			b.SetBytes(int64(xml.Len()))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				rows = 0
				bl := event.NewBuilder(event.NewDicts(0), 0, need, func(b *event.Batch) error { rows += b.Len(); return nil })
				winxml.New(bl, &event.Classes{}).Events(context.Background(), xml.Bytes(), 1)
				bl.Flush()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
