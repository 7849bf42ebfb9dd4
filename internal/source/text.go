package source

import (
	"bufio"
	"bytes"
	"io"
	"math/bits"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/csv"
	"github.com/harrier-detect/harrier/internal/source/jsonl"
	"github.com/harrier-detect/harrier/internal/source/textline"
	"github.com/harrier-detect/harrier/internal/text"
)

// maxRecord bounds one record of text.
const maxRecord = 64 << 20

// text reads an input of text: what kind is told by its first records.
func (s *stream) text(in *input) {
	head, err := in.r.Peek(headBytes)
	whole := err != nil
	if i := bytes.IndexByte(head, '\n'); i < 0 && !whole {
		in.r = bufio.NewReaderSize(in.r, 4<<20) // a long first line
		head, err = in.r.Peek(4 << 20)
		whole = err != nil
	}
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	if len(trimmed) == 0 {
		s.open(in.file)
		if !whole {
			s.unknown(in, "begins with blank space only")
		}
		return
	}
	blank := bytes.TrimLeft(trimmed[1:], " \t\r\n")
	switch {
	case trimmed[0] == '{':
		if jsonl.IsLines(trimmed) {
			s.jsonLines(in)
		} else {
			s.jsonDocument(in)
		}
		return
	case trimmed[0] == '[' && len(blank) > 0 && (blank[0] == '{' || blank[0] == ']' || blank[0] == '['):
		s.jsonDocument(in)
		return
	}
	d, separated := csv.Detect(head, whole, csvName(in.file.name))
	if separated && !csvName(in.file.name) && textline.Begins(trimmed) {
		separated = false
	}
	switch {
	case isMixed(trimmed, !separated):
		s.mixed(in)
	case separated:
		s.csv(in, &d)
	case hasJSONLine(trimmed):
		s.jsonLines(in)
	case textline.Detect(trimmed, whole):
		s.textLines(in)
	default:
		s.unknown(in, "text in no known format of events")
	}
}

// hasJSONLine reports whether there is a whole JSON object on a line of its own, behind lines that are something else.
func hasJSONLine(head []byte) bool {
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) > 2 && line[0] == '{' && line[1] == '"' && jsonl.IsObject(line) {
			return true
		}
	}
	return false
}

// A chunker reads text into buffers that end between records.
type chunker struct {
	s     *stream
	in    *input
	carry []byte
	base  int64 // offset of carry in the text
	eof   bool
	err   error
}

// Buffers come in sizes of powers of two from 64 KiB to 16 MiB, each with slack, and are used again where raw text is not
// wanted: fresh memory costs as much as decoding into it.
const (
	smallestBuffer = 16
	buffersSizes   = 9
)

var buffers [buffersSizes]sync.Pool // of *[]byte

// buffer returns an empty buffer of at least n bytes with slack behind them.
func buffer(n int) []byte {
	i := max(bits.Len(uint(max(n-1, 0)))-smallestBuffer, 0)
	if i >= buffersSizes || n < 1<<(smallestBuffer-2) {
		return make([]byte, 0, n+jsonl.Slack)
	}
	if b, ok := buffers[i].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 1<<(smallestBuffer+i)+jsonl.Slack)
}

func recycle(b []byte) {
	n := cap(b) - jsonl.Slack
	if i := bits.Len(uint(max(n, 0))) - 1 - smallestBuffer; i >= 0 && i < buffersSizes && n == 1<<(smallestBuffer+i) {
		buffers[i].Put(&b)
	}
}

// fill returns the next buffer: what was carried over, and as much of the input as fits a unit, or more than that when all of
// it is carry. The buffer has room for slack behind it. It is empty at the end.
func (c *chunker) fill() []byte {
	unit := c.s.opt.UnitBytes
	want := unit
	for want < 2*len(c.carry) {
		want *= 2
	}
	size := want
	if c.in.size >= 0 && c.in.size-c.base < int64(size) { // nearly always exact; a wrong hint only costs another round
		size = max(int(c.in.size-c.base), len(c.carry)) + 1
	} else if c.in.size < 0 && c.base == 0 && len(c.carry) == 0 {
		size = min(size, 256<<10)
	}
	buf := append(buffer(size), c.carry...)
	c.carry = nil
	for !c.eof && len(buf) < want {
		if cap(buf)-jsonl.Slack <= len(buf) {
			grown := append(buffer(min(max(4*len(buf), 4096), want)), buf...)
			recycle(buf)
			buf = grown
		}
		// Not beyond want, however large the buffer: where texts are cut must not depend on how reads come in.
		n, err := c.in.r.Read(buf[len(buf):min(cap(buf)-jsonl.Slack, want)])
		buf = buf[:len(buf)+n]
		if err != nil {
			c.eof = true
			if err != io.EOF {
				c.err = err
			}
		}
	}
	return buf
}

// keep carries buf[from:] over to the next buffer.
func (c *chunker) keep(buf []byte, from int) {
	c.base += int64(from)
	if from < len(buf) {
		c.carry = append([]byte(nil), buf[from:]...)
	}
}

// finish reports why reading ended early.
func (c *chunker) finish() {
	if c.err != nil {
		c.s.readError(c.in.file, c.base+int64(len(c.carry)), c.err)
	}
}

func (o *Options) wantsRaw() bool { return o.Need == nil || o.Need(event.RawField) }

// jsonLines reads one object a line.
func (s *stream) jsonLines(in *input) {
	s.lines(in, func(block []byte, base int64, first uint64) func(*task) error {
		return func(t *task) error { return t.jsonLines(block, base, first) }
	})
}

// textLines reads one event of plain text a line.
func (s *stream) textLines(in *input) {
	s.lines(in, func(block []byte, _ int64, first uint64) func(*task) error {
		return func(t *task) error {
			d := textline.New(t.b, t.opt.Classes)
			d.File, d.Now = t.file, event.TimeOf(in.written).Ticks()
			err := d.Lines(t.ctx, block, first)
			if !t.opt.wantsRaw() {
				recycle(block)
			}
			return err
		}
	})
}

// lines cuts an input into blocks of whole lines; job makes what decodes a block, which has an offset and the number of its
// first line.
func (s *stream) lines(in *input, job func(block []byte, base int64, first uint64) func(*task) error) {
	c := &chunker{s: s, in: in}
	line := uint64(1)
	for s.ctx.Err() == nil {
		buf := c.fill()
		if len(buf) == 0 {
			break
		}
		cut := len(buf)
		if !c.eof {
			if cut = bytes.LastIndexByte(buf, '\n') + 1; cut == 0 {
				if len(buf) < maxRecord {
					c.keep(buf, 0)
					continue
				}
				s.note(in.file, text.Warning, idTooLong, "line %d, byte %d: longer than %d MiB: skipped", line, c.base, maxRecord>>20)
				s.opt.Progress.Bad.Add(1)
				c.skipLine(buf)
				line++
				continue
			}
		}
		base, first := c.base, line
		line += uint64(bytes.Count(buf[:cut], []byte{'\n'}))
		c.keep(buf, cut)
		block := buf[:cut]
		if !s.add(in.file, cut, nil, job(block, base, first)) {
			return
		}
	}
	c.finish()
}

// skipLine drops the line that buf begins with.
func (c *chunker) skipLine(buf []byte) {
	c.base += int64(len(buf))
	for !c.eof {
		part, err := c.in.r.ReadSlice('\n')
		c.base += int64(len(part))
		if err == nil {
			return
		}
		if err != bufio.ErrBufferFull {
			c.eof = true
			if err != io.EOF {
				c.err = err
			}
		}
	}
}

func (t *task) decoder(base int64, unit string) *jsonl.Decoder {
	d := jsonl.New(t.b, t.opt.Classes, t.opt.Need)
	d.File, d.Whole = t.file, t.opt.Whole
	d.Problem = func(record uint64, off int, message string) {
		t.note(true, text.Warning, idRecord, "%s %d, byte %d: %s", unit, record, base+int64(off), message)
	}
	return d
}

func (t *task) jsonLines(block []byte, base int64, line uint64) error {
	d := t.decoder(base, "line")
	d.Other = t.mixedDecoder(block, base).other
	err := d.Lines(t.ctx, block, line)
	if !t.opt.wantsRaw() {
		recycle(block)
	}
	return err
}

// jsonDocument reads arrays, pretty-printed objects, objects one after the other and containers of records.
func (s *stream) jsonDocument(in *input) {
	c := &chunker{s: s, in: in}
	f := &jsonl.Framer{}
	record := uint64(1)
	for s.ctx.Err() == nil {
		buf := c.fill()
		if len(buf) == 0 {
			break
		}
		n := len(buf)
		f.Problem = func(off int, message string) {
			s.note(in.file, text.Warning, idRecord, "byte %d: %s", c.base+int64(off), message)
		}
		b := buf[:n+jsonl.Slack]
		p, from, upto, first := 0, -1, 0, record
		for {
			start, stop, ok := f.Next(b, p, n)
			if !ok {
				p = start
				break
			}
			if from < 0 {
				from = start
			} else { // blank out what stands between objects
				for i := upto; i < start; i++ {
					b[i] = ' '
				}
			}
			record++
			p, upto = stop, stop
		}
		if from >= 0 {
			block, base := buf[from:upto], c.base+int64(from)
			rest := append([]byte(nil), buf[p:]...)
			c.base += int64(p)
			c.carry = rest
			if !s.add(in.file, len(block), nil, func(t *task) error {
				_, err := t.decoder(base, "record").Elements(t.ctx, block, first)
				if !t.opt.wantsRaw() {
					recycle(buf)
				}
				return err
			}) {
				return
			}
		} else {
			c.keep(buf, p)
		}
		if c.eof {
			if p < n {
				s.note(in.file, text.Warning, idCutOff, "byte %d: the last JSON object is cut off", c.base)
				s.opt.Progress.Bad.Add(1)
			} else if f.Open() && c.err == nil {
				s.note(in.file, text.Warning, idCutOff, "byte %d: the list of records has no end", c.base)
			}
			break
		}
		if len(c.carry) >= maxRecord {
			s.note(in.file, text.Error, idTooLong, "byte %d: an object without end, or longer than %d MiB: the rest is not read", c.base, maxRecord>>20)
			break
		}
	}
	c.finish()
}
