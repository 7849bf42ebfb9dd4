// Package winxml decodes Windows events written as XML: one event a line as Splunk and NXLog write them, or documents with or
// without an <Events> element around, as the event viewer, wevtutil and Get-WinEvent write them.
//
// It reads the XML of events, not XML at large: elements, attributes in either quotes, entities, CDATA sections, comments and
// processing instructions; document types are refused, so there are no entities that unfold.
package winxml

import (
	"bytes"
	"context"
	"fmt"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// A Decoder turns event XML into records of a builder. It belongs to the builder's goroutine.
type Decoder struct {
	// File is the number that origins of records get.
	File uint32
	// Problem is told what is wrong at an offset of the block; the record is left out. May be nil.
	Problem func(record uint64, offset int, message string)

	w    *winevent.Writer
	raw  bool
	buf  []byte // unescaped texts of the record
	open []level

	first []firstValue // by field
	gen   uint32       // of the record

	tags  [][]*tag // by place
	last  *tag     // the start tag that was read last
	attrs []attr   // of the tag being read
}

// firstValue is what the current record gave a field, should it come again.
type firstValue struct {
	gen  uint32
	weak bool
	raw  []byte
}

// level is an element that has begun and not ended.
type level struct {
	name       []byte
	place      winevent.Place
	from       int  // where its text begins
	elements   bool // it has elements in it
	attributes bool // it has attributes that are fields
	mixed      bool // its text is not one stretch
	text       []byte
}

// maxDepth bounds how deep elements may lie within each other.
const maxDepth = 64

// New returns a decoder that gives records to b.
func New(b *event.Builder, classes *event.Classes) *Decoder {
	return &Decoder{w: winevent.NewWriter(b, classes), raw: b.Wants(b.Field(event.RawField))}
}

// Events decodes the events in a block, whose first is number record of the file. Text between events is passed over. The
// block must not change while any batch lives when the builder keeps raw text, and until it returns otherwise. It returns the
// number behind the last event. The error is that of ctx or the builder.
func (d *Decoder) Events(ctx context.Context, block []byte, record uint64) (uint64, error) {
	r := &raw.Block{Text: block}
	for pos := 0; ; record++ {
		start, end, _ := Next(block, pos)
		if start < 0 {
			return record, nil
		}
		if record%64 == 0 && ctx.Err() != nil {
			return record, ctx.Err()
		}
		if err := d.Event(r, start, end, record); err != nil {
			return record, err
		}
		pos = end
	}
}

func (d *Decoder) problem(record uint64, offset int, format string, args ...any) {
	if d.Problem != nil {
		d.Problem(record, offset, fmt.Sprintf(format, args...))
	}
}

// Event decodes the event that lies in block.Text[start:end], as [Next] found it.
func (d *Decoder) Event(block *raw.Block, start, end int, record uint64) error {
	if d.w.Full() {
		d.w.Reset()
		clear(d.tags)
		d.last = nil
	}
	for {
		at, what := d.event(block.Text[start:end])
		if what == "" {
			break
		}
		d.w.Discard()
		d.problem(record, start+at, "%s", what)
		// An event that was cut off takes the next one along, up to that one's end.
		if start = nextStart(block.Text[:end], start+1); start < 0 {
			return nil
		}
	}
	if d.raw {
		d.w.B.Raw(block, raw.Key(start, end-start))
	}
	return d.w.End(event.Origin{File: d.File, Record: record})
}

var (
	eventStart = []byte("<Event")
	eventEnd   = []byte("</Event>")
)

// Next finds the next event in b from pos on. start is negative when there is none; whole is false when the event has no end
// before the next one begins or b ends, and end is there.
func Next(b []byte, pos int) (start, end int, whole bool) {
	start = nextStart(b, pos)
	if start < 0 {
		return -1, len(b), false
	}
	// A slash is rarer than the bracket before it.
	for at := start + len(eventStart); ; {
		i := bytes.IndexByte(b[at:], '/')
		if i < 0 || at+i+len(eventEnd)-1 > len(b) {
			break
		}
		if at += i + 1; b[at-2] == '<' && string(b[at-2:at-2+len(eventEnd)]) == string(eventEnd) {
			return start, at - 2 + len(eventEnd), true
		}
	}
	if end = nextStart(b, start+1); end < 0 {
		end = len(b)
	}
	return start, end, false
}

// nextStart finds the next start tag of an Event.
func nextStart(b []byte, pos int) int {
	for pos < len(b) {
		i := bytes.Index(b[pos:], eventStart)
		if i < 0 {
			return -1
		}
		pos += i
		if pos+6 >= len(b) {
			return -1
		}
		if c := b[pos+6]; c == ' ' || c == '>' || c == '\n' || c == '\r' || c == '\t' {
			return pos
		}
		pos += 6
	}
	return -1
}

// event decodes one event. When something is wrong it returns where and what.
func (d *Decoder) event(b []byte) (int, string) {
	d.buf, d.open = d.buf[:0], d.open[:0]
	if d.gen++; d.gen == 0 {
		clear(d.first)
		d.gen = 1
	}
	pos := 0
	for {
		if d.last != nil {
			pos = d.guessed(b, pos)
		}
		i := bytes.IndexByte(b[pos:], '<')
		if i < 0 {
			return len(b), "the event has no end"
		}
		pos += i
		if pos+1 >= len(b) {
			return pos, "the event has no end"
		}
		switch b[pos+1] {
		case '/':
			done, next, what := d.endTag(b, pos)
			if what != "" || done {
				return pos, what
			}
			pos = next
		case '!', '?':
			next, what := d.markup(b, pos)
			if what != "" {
				return pos, what
			}
			pos = next
		default:
			next, what := d.startTag(b, pos)
			if what != "" {
				return pos, what
			}
			pos = next
		}
	}
}

func str(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// nameEnd returns where the name that begins at pos ends.
func nameEnd(b []byte, pos int) int {
	for pos < len(b) {
		switch b[pos] {
		case ' ', '>', '/', '=', '\t', '\n', '\r', '<', '\'', '"':
			return pos
		}
		pos++
	}
	return pos
}

func skipSpace(b []byte, pos int) int {
	for pos < len(b) && (b[pos] == ' ' || b[pos] == '\n' || b[pos] == '\r' || b[pos] == '\t') {
		pos++
	}
	return pos
}

// startTag decodes the start tag at pos and returns what follows.
func (d *Decoder) startTag(b []byte, pos int) (int, string) {
	if len(d.open) >= maxDepth {
		return 0, fmt.Sprintf("elements more than %d deep", maxDepth)
	}
	start := pos
	end := nameEnd(b, pos+1)
	if end == pos+1 {
		return 0, "a tag without a name"
	}
	parent := winevent.Root
	if n := len(d.open); n > 0 {
		p := &d.open[n-1]
		p.elements = true
		if part := b[p.from:pos]; p.mixed || !isBlank(part) {
			p.text = append(p.text, part...)
			p.mixed = true
		}
		parent = p.place
	}
	l := level{name: b[pos+1 : end]}
	l.place = d.w.Child(parent, str(l.name))
	named := d.w.Named(l.place)
	d.attrs = d.attrs[:0]
	for pos = end; ; {
		if pos = skipSpace(b, pos); pos >= len(b) {
			return 0, "a tag without end"
		}
		switch b[pos] {
		case '>':
			d.learn(b[start:pos+1], &l, parent)
			l.from = pos + 1
			d.push(l)
			return pos + 1, ""
		case '/':
			if pos+1 >= len(b) || b[pos+1] != '>' {
				return 0, "a tag without end"
			}
			d.learn(b[start:pos+2], &l, parent)
			if !l.attributes {
				d.give(d.w.Target(l.place), nil)
			}
			if n := len(d.open); n > 0 {
				d.open[n-1].from = pos + 2
			}
			return pos + 2, ""
		}
		end = nameEnd(b, pos)
		name := b[pos:end]
		pos = skipSpace(b, end)
		if end == pos && len(name) == 0 || pos >= len(b) || b[pos] != '=' {
			return 0, "an attribute without a value"
		}
		pos = skipSpace(b, pos+1)
		if pos >= len(b) || b[pos] != '\'' && b[pos] != '"' {
			return 0, "an attribute without quotes"
		}
		i := bytes.IndexByte(b[pos+1:], b[pos])
		if i < 0 {
			return 0, "an attribute without end"
		}
		value := b[pos+1 : pos+1+i]
		pos += i + 2
		if named && string(name) == "Name" {
			l.place = d.w.Item(l.place, str(d.unescaped(value)))
			named = false
			continue
		}
		if t := d.w.Target(d.w.Attr(l.place, str(name))); t.Kind != winevent.None {
			l.attributes = true
			d.attrs = append(d.attrs, attr{t, value})
			d.give(t, value)
		}
	}
}

// endTag decodes the end tag at pos; done says that the event is over.
func (d *Decoder) endTag(b []byte, pos int) (done bool, next int, what string) {
	n := len(d.open) - 1
	if n < 0 {
		return false, 0, "an end tag without a start tag"
	}
	l := &d.open[n]
	end := pos + 2 + len(l.name)
	if end >= len(b) || !bytes.Equal(b[pos+2:end], l.name) {
		return false, 0, fmt.Sprintf("the end tag of another element than <%s>", clip(l.name))
	}
	if b[end] != '>' {
		if end = skipSpace(b, end); end >= len(b) || b[end] != '>' {
			return false, 0, "an end tag without end"
		}
	}
	text := b[l.from:pos]
	if l.mixed {
		l.text = append(l.text, text...)
		from := len(d.buf) // l.text is used again before the record ends
		d.buf = append(d.buf, l.text...)
		text = d.buf[from:]
	}
	if !l.elements || l.mixed || !isBlank(text) {
		d.content(d.w.Target(l.place), text, l.attributes)
	}
	d.open = d.open[:n]
	if n == 0 {
		return true, end + 1, ""
	}
	d.open[n-1].from = end + 1
	return false, end + 1, ""
}

func clip(b []byte) []byte { return b[:min(len(b), 60)] }

var (
	cdataStart   = []byte("<![CDATA[")
	cdataEnd     = []byte("]]>")
	commentStart = []byte("<!--")
	commentEnd   = []byte("-->")
)

// markup steps over what is no element: the text of a CDATA section is kept.
func (d *Decoder) markup(b []byte, pos int) (int, string) {
	var l *level
	if n := len(d.open); n > 0 {
		l = &d.open[n-1]
		l.text = append(l.text, b[l.from:pos]...)
		l.mixed = true
	}
	rest, upto, keep := b[pos:], []byte("?>"), false
	switch {
	case bytes.HasPrefix(rest, cdataStart):
		rest, upto, keep = rest[len(cdataStart):], cdataEnd, true
		pos += len(cdataStart)
	case bytes.HasPrefix(rest, commentStart):
		rest, upto = rest[len(commentStart):], commentEnd
		pos += len(commentStart)
	case b[pos+1] == '!':
		return 0, "a declaration within an event"
	}
	i := bytes.Index(rest, upto)
	if i < 0 {
		return 0, fmt.Sprintf("what should end with %s does not", upto)
	}
	if pos += i + len(upto); l != nil {
		if keep {
			l.text = appendEscaped(l.text, rest[:i])
		}
		l.from = pos
	}
	return pos, ""
}

// appendEscaped writes text as it would stand outside of a CDATA section.
func appendEscaped(dst, s []byte) []byte {
	for _, c := range s {
		if c == '&' {
			dst = append(dst, "&amp;"...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

func isBlank(b []byte) bool { return skipSpace(b, 0) == len(b) }

// content gives the field of an element what stands between its tags. attributes tells that the element has attributes that are
// fields: it need not have a text as well.
func (d *Decoder) content(t winevent.Target, text []byte, attributes bool) {
	switch {
	case t.Item:
		if fn.BareGUID(str(text)) { // as dumpers write it; Windows has braces around it
			from := len(d.buf)
			d.buf = append(append(append(d.buf, '{'), text...), '}')
			text = d.buf[from:]
		}
	case attributes && isBlank(text):
		return
	case bytes.IndexByte(text, '\n') >= 0 && isBlank(text):
		text = nil // who wrote the file laid out an empty element over two lines
	}
	d.give(t, text)
}

// give gives a field its value, which is still escaped.
func (d *Decoder) give(t winevent.Target, value []byte) {
	if t.Kind == winevent.None || !t.Wants && t.Role == winevent.NoRole {
		return
	}
	if t.Kind == winevent.Text && !t.List && !t.Full && t.Role == winevent.NoRole {
		f := int(t.Field)
		for f >= len(d.first) {
			d.first = append(d.first, firstValue{})
		}
		if first := &d.first[f]; first.gen != d.gen {
			*first = firstValue{d.gen, t.Weak, value}
			if !d.w.Known(t.Field, 0, value) {
				d.w.Learn(t.Field, 0, value, d.unescaped(value))
			}
			return
		} else if t.Weak && !first.weak {
			return
		} else if first.weak && !t.Weak {
			first.weak = false // what is put counts more than what was given
		} else if first.raw != nil || !d.w.Has(t) {
			d.w.Put(t, str(d.unescaped(first.raw)))
			first.raw = nil
		}
	}
	d.w.Put(t, str(d.unescaped(value)))
}

// unescaped returns value without its entities.
func (d *Decoder) unescaped(value []byte) []byte {
	i := bytes.IndexByte(value, '&')
	if i < 0 {
		return value
	}
	from := len(d.buf)
	d.buf = appendUnescaped(d.buf, value, i)
	return d.buf[from:]
}
