package source

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zip"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/jsonl"
)

// ruleFields are what most process rules read.
var ruleFields = map[string]bool{"EventID": true, "Channel": true, "Image": true, "CommandLine": true, "ParentImage": true,
	"ParentCommandLine": true, "OriginalFileName": true, "User": true, "TargetFilename": true, "TargetObject": true,
	"Details": true, "ImageLoaded": true, "Hashes": true, "Hostname": true, "EventTime": true}

func recording(b *testing.B, name string) []byte {
	z, err := zip.OpenReader(filepath.Join(sharedData(b), filepath.FromSlash(name)))
	if err != nil {
		b.Fatal(err)
	}
	defer z.Close()
	var out []byte
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, m.UncompressedSize64)
		for n := 0; n < len(buf); {
			k, err := r.Read(buf[n:])
			if n += k; err != nil && n < len(buf) {
				b.Fatal(err)
			}
		}
		out = append(out, buf...)
		r.Close()
	}
	return out
}

// BenchmarkJSONLines decodes a recording block by block on one core.
func BenchmarkJSONLines(b *testing.B) {
	for _, rec := range []string{"otrf/compound/LSASS_campaign_01/metasploit_logonpasswords_lsass_memory_dump.zip", "otrf/lateral_movement/covenant_dcom_iertutil_dll_hijack.zip"} {
		data := recording(b, rec)
		for _, fields := range []string{"all", "few", "none"} {
			var need func(string) bool
			switch fields {
			case "few":
				need = func(f string) bool { return ruleFields[f] }
			case "none":
				need = func(f string) bool { return false }
			}
			b.Run(filepath.Base(rec)+"/"+fields, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				rows := 0
				cpu := cpuSeconds()
				for b.Loop() {
					dicts, classes := event.NewDicts(0), &event.Classes{}
					rows = 0
					line := uint64(1)
					for p := 0; p < len(data); {
						end := min(p+DefaultUnitBytes, len(data))
						for end < len(data) && data[end-1] != '\n' {
							end++
						}
						bl := event.NewBuilder(dicts, 0, need, func(bt *event.Batch) error { rows += bt.Len(); return nil })
						d := jsonl.New(bl, classes, need)
						if err := d.Lines(context.Background(), data[p:end], line); err != nil {
							b.Fatal(err)
						}
						bl.Flush()
						p = end
					}
				}
				cpu = cpuSeconds() - cpu
				b.ReportMetric(float64(len(data))/1e6*float64(b.N)/cpu, "MB/cpu-s")
				b.ReportMetric(float64(rows)*float64(b.N)/cpu, "events/cpu-s")
			})
		}
	}

}

// BenchmarkScan reads all recordings of one form from disk, unpacking included.
func BenchmarkScan(b *testing.B) {
	dir := sharedData(b)
	for _, c := range []struct {
		name, path string
	}{{"zip", "otrf"}, {"evtx", "evtx"}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", c.name, workers), func(b *testing.B) {
				rows := 0
				cpu := cpuSeconds()
				for b.Loop() {
					opt := newOptions()
					opt.Workers = workers
					opt.Need = func(f string) bool { return ruleFields[f] }
					rows = 0
					if err := Scan(context.Background(), []string{filepath.Join(dir, c.path)}, opt, func(bt *event.Batch) error { rows += bt.Len(); return nil }); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/(cpuSeconds()-cpu), "events/cpu-s")
			})
		}
	}
}
