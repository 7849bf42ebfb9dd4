package evtx

import (
	"bytes"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// ruleFields are what most process rules read.
var ruleFields = map[string]bool{"EventID": true, "Channel": true, "Computer": true, "TimeCreated": true, "Image": true, "CommandLine": true,
	"ParentImage": true, "ParentCommandLine": true, "OriginalFileName": true, "User": true, "TargetFilename": true, "TargetObject": true,
	"Details": true, "ImageLoaded": true, "Hashes": true, "NewProcessName": true}

// BenchmarkDecode decodes public recordings on one core. MB/s count the bytes of the files; "dense" is all full chunks.
func BenchmarkDecode(b *testing.B) {
	var all, dense [][]byte
	full := make([]byte, HeaderSize) // one file of all chunks that are nearly full
	for _, r := range recordings(b) {
		all = append(all, r.data)
		for p := HeaderSize; p+ChunkSize <= len(r.data); p += ChunkSize {
			if c := r.data[p : p+ChunkSize]; bytes.HasPrefix(c, chunkMagic) && u32(c, 48) > 60000 && u32(c, 48) <= ChunkSize {
				full = append(full, c...)
			}
		}
	}
	dense = [][]byte{full}
	for _, set := range []struct {
		name  string
		files [][]byte
	}{{"all", all}, {"dense", dense}} {
		for _, fields := range []string{"every", "few", "none"} {
			b.Run(set.name+"/"+fields, func(b *testing.B) {
				var need func(string) bool
				switch fields {
				case "few":
					need = func(f string) bool { return ruleFields[f] }
				case "none":
					need = func(f string) bool { return false }
				}
				size, live, rows := 0, 0, 0
				for _, f := range set.files {
					size += len(f)
					for at := HeaderSize; at+ChunkSize <= len(f); at += ChunkSize {
						if bytes.HasPrefix(f[at:], chunkMagic) {
							live += u32(f, at+48)
						}
					}
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					rows = 0
					templates, dicts, classes := &Templates{}, event.NewDicts(0), &event.Classes{}
					for at := 0; at < len(set.files); {
						bl := event.NewBuilder(dicts, 0, need, func(b *event.Batch) error { rows += b.Len(); return nil })
						d := NewDecoder(bl, classes, templates)
						for unit := 0; at < len(set.files) && unit < 16<<20; at++ { // as many files as a unit of work has
							f := set.files[at]
							unit += len(f)
							for p := HeaderSize; p < len(f); p += ChunkSize {
								if err := d.Chunk(f[p:min(len(f), p+ChunkSize)], int64(p)); err != nil {
									b.Fatal(err)
								}
							}
						}
						bl.Flush()
					}
				}
				sec := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(float64(rows)/sec, "events/s")
				b.ReportMetric(float64(live)/1e6/sec, "live-MB/s")
			})
		}
	}
}
