package textline

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// maxFields bounds the names of keys that one decoder takes as fields. Only hostile input has more, and _raw has them all.
const maxFields = 1024

// A Decoder turns blocks of lines into records of a builder. It belongs to the builder's goroutine.
type Decoder struct {
	// File is the number that origins of records get.
	File uint32
	// Now is the time, in ticks since 1970, that the input was last written: it tells the year of times that have none.
	Now int64

	b                        *event.Builder
	class                    *event.Class
	wantRaw                  bool
	time, host, process, pid event.FieldID
	fields                   map[string]event.FieldID
	key                      []byte
}

// New returns a decoder that gives records to b.
func New(b *event.Builder, classes *event.Classes) *Decoder {
	return &Decoder{b: b, class: classes.Intern(event.Class{Shape: shape.Generic}), wantRaw: b.Wants(b.Field(event.RawField)),
		time: b.Field("_time"), host: b.Field("host"), process: b.Field("process"), pid: b.Field("pid"), fields: map[string]event.FieldID{}}
}

// A lines renders the text of lines.
type lines struct{ block raw.Block }

func (r *lines) Render(key uint64) string {
	s := r.block.Render(key)
	if utf8.ValidString(s) {
		return s
	}
	return string(escape([]byte(s)))
}

// Lines decodes a block of lines, of which the first has the given number. The block must not change while any batch lives
// when the builder keeps raw text, and until Lines returns otherwise. The error is that of the builder or the context.
func (d *Decoder) Lines(ctx context.Context, block []byte, number uint64) error {
	text := &lines{raw.Block{Text: block}}
	for p := 0; p < len(block); number++ {
		if number&255 == 255 && ctx.Err() != nil {
			return ctx.Err()
		}
		end, next := len(block), len(block)
		if i := bytes.IndexByte(block[p:], '\n'); i >= 0 {
			end, next = p+i, p+i+1
		}
		// Blanks at the start are kept: continuation lines are told by them.
		one := bytes.TrimRight(block[p:end], " \t\r\f")
		from := p
		p = next
		if len(trim(one)) == 0 {
			continue
		}
		if d.wantRaw {
			d.b.Raw(text, raw.Key(from, len(one)))
		}
		if !utf8.Valid(one) {
			one = escape(one)
		}
		d.line(one)
		if err := d.b.End(d.class, event.Origin{File: d.File, Record: number}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) line(b []byte) {
	l := parse(b, d.Now)
	// What the head says counts more than what a pair of the same name says: the builder keeps the last.
	for p := 0; len(l.rest) > 0; {
		key, value, next, ok := nextPair(l.rest, p)
		if !ok {
			break
		}
		p = next
		if f, ok := d.field(key); ok && d.b.Wants(f) {
			d.b.AddBytes(f, value)
		}
	}
	if l.timed {
		d.b.Add(d.time, event.TicksOf(l.ticks))
	}
	put := func(f event.FieldID, v []byte) {
		if len(v) > 0 {
			d.b.AddBytes(f, v)
		}
	}
	put(d.host, l.host)
	put(d.process, l.process)
	put(d.pid, l.pid)
}

func (d *Decoder) field(key []byte) (event.FieldID, bool) {
	if f, ok := d.fields[string(key)]; ok {
		return f, f >= 0
	}
	if len(d.fields) >= maxFields {
		return 0, false
	}
	f := event.FieldID(-1)
	if d.key = cleanKey(d.key[:0], key); len(d.key) > 0 {
		f = d.b.FieldBytes(d.key)
	}
	d.fields[string(key)] = f
	return f, f >= 0
}
