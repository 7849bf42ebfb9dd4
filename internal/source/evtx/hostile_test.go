package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/evtx/evtxwrite"
)

// fewEvents is a small file with all kinds of records.
func fewEvents(t testing.TB) []byte {
	forwarded, user := sample, sample
	forwarded.Forwarded, forwarded.Message = true, "m"
	forwarded.Data = []evtxwrite.Field{{Name: "A", Value: "b"}}
	user.UserData = "X"
	forwarded.Record, user.Record = 8, 9
	return write(t, sample, forwarded, user)
}

// readAll decodes a file and makes all raw text; it returns the number of records and the problems.
func readAll(t testing.TB, data []byte) (n int, problems []Problem) {
	for _, b := range decodeAll(t, data, nil, func(p Problem) { problems = append(problems, p) }) {
		n += b.Len()
		for i := range b.Len() {
			_ = b.Value(event.RawField, i).Str()
		}
	}
	return n, problems
}

func ids(ps []Problem) string {
	var out []string
	for _, p := range ps {
		if len(out) == 0 || out[len(out)-1] != p.ID {
			out = append(out, p.ID)
		}
	}
	return strings.Join(out, " ")
}

func TestDamage(t *testing.T) {
	good := fewEvents(t)
	const first = HeaderSize + chunkHeader
	second := first + u32(good, first+4)
	f := func(name string, change func([]byte) []byte, records int, want string) {
		t.Helper()
		n, problems := readAll(t, change(bytes.Clone(good)))
		if n != records || ids(problems) != want {
			t.Errorf("%s: %d records, %q; want %d, %q\n%v", name, n, ids(problems), records, want, problems)
		}
	}
	set := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[at:], v); return b }
	}
	f("untouched", func(b []byte) []byte { return b }, 3, "")
	f("chunk magic", set(HeaderSize, 1), 0, "SRC1103")
	f("zero chunk", func(b []byte) []byte { clear(b[HeaderSize:]); return b }, 0, "")
	f("zero chunk before", func(b []byte) []byte { return append(make([]byte, HeaderSize+ChunkSize), b[HeaderSize:]...) }, 3, "")
	f("chunks without a file", func(b []byte) []byte { return b[HeaderSize:] }, 3, "")
	f("records checksum", set(HeaderSize+52, 1), 3, "SRC5101")
	f("free space before the records", set(HeaderSize+48, 1), 3, "SRC1103 SRC5101")
	f("free space behind the chunk", set(HeaderSize+48, 1<<20), 3, "SRC1103 SRC5101")
	f("free space huge", set(HeaderSize+48, 1<<32-1), 3, "SRC1103 SRC5101")
	f("record of size 0", set(second+4, 0), 1, "SRC5101 SRC1102")
	f("record of odd size", set(second+4, 1<<31), 1, "SRC5101 SRC1102")
	f("record magic", set(second, 0), 1, "SRC5101 SRC1102")
	f("size at the end", set(second-4, 0), 3, "SRC5101 SRC1101")
	f("record without a document", set(second+24, 0x99), 2, "SRC5101 SRC1101")
	f("cut in a record", func(b []byte) []byte { return b[:second+50] }, 1, "SRC1103 SRC1102")
	f("cut in the chunk header", func(b []byte) []byte { return b[:HeaderSize+100] }, 0, "SRC1103")
	f("cut behind the records", func(b []byte) []byte { return b[:HeaderSize+u32(b, HeaderSize+48)] }, 3, "")
	f("cut in the file header", func(b []byte) []byte { return b[:100] }, 0, "")
	f("empty", func(b []byte) []byte { return nil }, 0, "")
}

// unfold makes a chunk with one record, whose template uses its only value n times; the value is binary XML that holds an
// instance of the same template, levels deep.
func unfold(n, levels int) []byte {
	le := binary.LittleEndian
	b := make([]byte, chunkHeader, ChunkSize)
	b = append(b, "**\x00\x00\x00\x00\x00\x00"...)
	b = append(b, make([]byte, 16)...)
	b = append(b, 0x0f, 1, 1, 0)
	def := 0
	var ends []int // where the sizes of values stand
	for l := range levels {
		b = append(b, 0x0c, 1, 0, 0, 0, 0)
		if l == 0 {
			def = len(b) + 4
			b = le.AppendUint32(b, uint32(def))
			b = append(b, make([]byte, templateHead)...)
			b = append(b, 0x0f, 1, 1, 0, 0x01, 0xff, 0xff, 0, 0, 0, 0)
			b = le.AppendUint32(b, uint32(len(b)+4))
			b = append(b, 0, 0, 0, 0, 0, 0, 5, 0, 'E', 0, 'v', 0, 'e', 0, 'n', 0, 't', 0, 0, 0, 0x02)
			for range n {
				b = append(b, 0x0d, 0, 0, 0x21)
			}
			b = append(b, 0x04, 0)
			le.PutUint32(b[def+20:], uint32(len(b)-def-templateHead))
		} else {
			b = le.AppendUint32(b, uint32(def))
		}
		b = append(b, 1, 0, 0, 0)
		ends = append(ends, len(b))
		b = append(b, 0, 0, 0x21, 0)
	}
	b = append(b, 0)
	for _, at := range ends {
		le.PutUint16(b[at:], uint16(len(b)-at-4))
	}
	b = append(b, 0, 0, 0, 0)
	le.PutUint32(b[chunkHeader+4:], uint32(len(b)-chunkHeader))
	le.PutUint32(b[len(b)-4:], uint32(len(b)-chunkHeader))
	copy(b, chunkMagic)
	le.PutUint32(b[48:], uint32(len(b)))
	le.PutUint32(b[52:], crc32.ChecksumIEEE(b[chunkHeader:]))
	le.PutUint32(b[124:], crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[128:chunkHeader]))
	return b
}

// TestUnfolding expects templates within templates to end in a diagnostic, soon.
func TestUnfolding(t *testing.T) {
	f := func(n, levels, records int, want string) {
		t.Helper()
		start := time.Now()
		got, problems := readAll(t, unfold(n, levels))
		if got != records || ids(problems) != want {
			t.Errorf("%d uses, %d levels: %d records, %v; want %d, %q", n, levels, got, problems, records, want)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%d uses, %d levels: took %v", n, levels, d)
		}
	}
	f(1, 2, 1, "")
	f(1, 200, 0, "SRC1101")
	f(2, 60, 0, "SRC1101")
	f(1000, 20, 0, "SRC1101")
	f(10000, 3, 0, "SRC1101")
}

// TestRandomDamage flips bits, overwrites and cuts, in files of the tests' own and in the public ones where they are.
func TestRandomDamage(t *testing.T) {
	files := [][]byte{fewEvents(t)}
	rounds := 300
	if !testing.Short() {
		for i, r := range publicFiles(t) {
			if i%25 == 0 && len(r.data) < 1<<20 {
				files = append(files, r.data)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, data := range files {
		for range rounds / len(files) * 3 {
			b := bytes.Clone(data)
			from := HeaderSize + rnd.IntN(len(b)-HeaderSize)
			switch rnd.IntN(4) {
			case 0:
				for range 1 + rnd.IntN(50) {
					b[HeaderSize+rnd.IntN(len(b)-HeaderSize)] ^= 1 << rnd.IntN(8)
				}
			case 1:
				for i := from; i < min(len(b), from+rnd.IntN(200)); i++ {
					b[i] = byte(rnd.Uint32())
				}
			case 2:
				copy(b[from:], b[HeaderSize+rnd.IntN(len(b)-HeaderSize):][:min(100, len(b)-from)/2])
			case 3:
				b = b[:from]
			}
			start := time.Now()
			readAll(t, b)
			if d := time.Since(start); d > 5*time.Second {
				t.Fatalf("took %v", d)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d MiB stay behind", grown>>20)
	}
}

func FuzzDecode(f *testing.F) {
	small := sample
	small.Data = small.Data[:3]
	for _, b := range [][]byte{fewEvents(f), write(f, small)} {
		f.Add(b[HeaderSize+chunkHeader : HeaderSize+u32(b, HeaderSize+48)])
	}
	f.Add(unfold(3, 3)[chunkHeader:])
	f.Fuzz(func(t *testing.T, records []byte) {
		if len(records) > ChunkSize-chunkHeader {
			return
		}
		b := append(make([]byte, chunkHeader), records...)
		copy(b, chunkMagic)
		binary.LittleEndian.PutUint32(b[48:], uint32(len(b)))
		readAll(t, b)
	})
}
