package spill

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

func TestBlocks(t *testing.T) {
	dir := t.TempDir()
	d := New(dir)
	rnd := rand.New(rand.NewPCG(1, 1))
	type kept struct {
		b    Block
		data []byte
	}
	var all []kept
	for range 2000 {
		if len(all) > 0 && rnd.IntN(3) == 0 {
			i := rnd.IntN(len(all))
			got, err := d.Read(all[i].b)
			if err != nil || !bytes.Equal(got, all[i].data) {
				t.Fatalf("%v: another content", err)
			}
			d.Free(all[i].b)
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
			continue
		}
		data := make([]byte, rnd.IntN(3000))
		for i := range data {
			data[i] = byte(rnd.IntN(1 + rnd.IntN(256)))
		}
		b, err := d.Write(data)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, kept{b, data})
	}
	for _, k := range all {
		if got, err := d.Read(k.b); err != nil || !bytes.Equal(got, k.data) {
			t.Fatalf("%v: another content", err)
		}
		d.Free(k.b)
	}
	if now, peak := d.Used(); now != 0 || peak == 0 || d.end != 0 || len(d.free) != 0 {
		t.Errorf("%d bytes in use, %d at most, the file ends at %d with %d holes", now, peak, d.end, len(d.free))
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) > 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}
	if _, err := d.Write([]byte("x")); err == nil {
		t.Error("a closed disk takes rows")
	}
}

func TestNoFolder(t *testing.T) {
	d := New(filepath.Join(t.TempDir(), "none"))
	_, err := d.Write([]byte("x"))
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func sample() *event.Batch {
	str := event.StringOf
	dict := event.NewDict()
	codes := []uint32{event.CodeMissing, event.CodeNull, dict.InternString("a"), dict.InternString("b"), dict.InternString("a")}
	b := event.NewBatch(5)
	b.Class = &event.Class{Shape: "windows", ID: "1"}
	b.Set("dict", event.NewDictionary(dict, codes))
	b.Set("const", event.NewConstant(event.ListOf([]event.Value{str("x"), event.NullValue, {}}), 5))
	b.Set("plain", event.NewPlain(event.Time, []uint64{1, 2, 3, 4, 1 << 62}, []uint64{0b10110}))
	b.Set("any", event.NewAny([]event.Value{event.FloatOf(math.Inf(-1)), event.IntOf(-7), event.BoolOf(true), event.DurationOf(-3),
		event.ObjectOf(event.Bag{{Name: "k", Value: str("v")}, {Name: "", Value: event.ListOf(nil)}})}))
	b.Set("raw", event.NewLazy(5, func(row int) event.Value { return event.IntOf(int64(row * row)) }))
	b.Set("absent", event.NewConstant(event.Value{}, 5))
	b.Lineage.Sets = [][]event.Origin{nil, {{File: 1, Record: 2}}, {{File: 1, Record: 2}, {File: 3, Record: 1 << 60}}, nil, nil}
	return b
}

func TestRowsComeBack(t *testing.T) {
	var c Codec
	want := sample()
	data := c.Append(c.Append(nil, want), want)
	for range 2 {
		got, rest, err := c.Next(data)
		if err != nil {
			t.Fatal(err)
		}
		data = rest
		if got.Len() != want.Len() || got.Class != want.Class || len(got.Names()) != len(want.Names()) {
			t.Fatalf("%d rows, class %v, columns %v", got.Len(), got.Class, got.Names())
		}
		for i, n := range want.Names() {
			for row := range want.Len() {
				a, b := want.ColumnAt(i).Value(row), got.Value(n, row)
				if a.Kind() != b.Kind() || !event.Equal(a, b) {
					t.Errorf("%s in row %d: %v, want %v", n, row, b, a)
				}
			}
		}
		for row := range want.Len() {
			if a, b := want.Lineage.Of(row), got.Lineage.Of(row); len(a) != len(b) {
				t.Errorf("row %d is from %v, want %v", row, b, a)
			}
		}
	}
	if len(data) != 0 {
		t.Errorf("%d bytes are left", len(data))
	}
}

// FuzzRows demands that damage of the file is an error, never a panic.
func FuzzRows(f *testing.F) {
	var c Codec
	f.Add(c.Append(nil, sample()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		var c Codec
		for len(data) > 0 {
			var err error
			if _, data, err = c.Next(data); err != nil {
				return
			}
		}
	})
}

func BenchmarkRows(b *testing.B) {
	var c Codec
	dict := event.NewDict()
	codes := make([]uint32, 4096)
	nums := make([]uint64, 4096)
	for i := range codes {
		codes[i], nums[i] = dict.InternString(string(rune('a'+i%500))+" some text as command lines have it"), uint64(i)
	}
	batch := event.NewBatch(4096)
	batch.Set("text", event.NewDictionary(dict, codes))
	batch.Set("num", event.NewPlain(event.Int, nums, nil))
	batch.Lineage.One = make([]event.Origin, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Next(c.Append(nil, batch)); err != nil {
			b.Fatal(err)
		}
	}
}
