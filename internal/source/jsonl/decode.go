// Package jsonl decodes JSON events straight into columns: one object a line, arrays of objects, objects one after the
// other, and containers of the form {"records": […]}.
//
// Nested objects become dotted field names, arrays become lists. Keys are predicted from the record before, values are cut
// out as raw slices, and only fields that are wanted are made into values. What is not wanted is skipped without a look at
// its grammar, so a record may be reported as invalid when all its fields are read, and pass when few are.
package jsonl

import (
	"bytes"
	"context"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// A Decoder turns blocks of JSON text into records of a builder. It belongs to one goroutine, and to one builder.
type Decoder struct {
	// File is the file number of the records' origins.
	File uint32
	// Problem is told of each thing that is wrong: the record's number, the byte offset within the block, and what it is.
	Problem func(record uint64, offset int, message string)
	// Other, when set, is given the stretch of lines that begins at offset and does not look like JSON; it returns how many
	// bytes of it were read (at least one line), or 0 to have it reported as invalid.
	Other func(stretch []byte, line uint64, offset int) (int, error)

	// Whole, when set, names the objects that are kept as one value, too, besides their parts as fields.
	Whole func(field string) bool

	b       *event.Builder
	wantRaw bool

	root  *object
	nodes int

	buf     []byte
	end     int
	block   *raw.Block
	errAt   int
	errText string
	scratch []byte

	marks    shape.Marks
	roles    [shape.Roles][]byte // raw values
	deferred struct {
		at   int // of an object "properties" that came before its category; 0: none
		node *node
	}
	err error // of the builder, from within a container

	record                uint64
	preview               bool // seen in this record
	container             bool // within a records array
	contained             int  // records of the container just read, -1: it was none
	recordsAt, recordsEnd int  // where that list began, and ended
	beside                bool // reported fields beside records
	overflown             bool
	interner              shape.Interner
}

// Bounds that only hostile or very odd input meets. An object with more keys than maxKeys, over all records of a block,
// keeps the rest as one value instead of fields.
const (
	maxDepth = 128
	maxKeys  = 2048
	maxNodes = 1 << 14
)

// Rest is the field that takes the keys beyond the bound at top level.
const Rest = "_more"

// New returns a decoder that adds records to b. need is that of the builder: nil when every field is kept.
func New(b *event.Builder, classes *event.Classes, need func(string) bool) *Decoder {
	return &Decoder{b: b, wantRaw: need == nil || need(event.RawField), root: &object{},
		Problem: func(uint64, int, string) {}, interner: shape.NewInterner(classes)}
}

func (d *Decoder) start(block []byte) {
	n := len(block)
	if cap(block)-n < Slack {
		grown := make([]byte, n, n+Slack)
		copy(grown, block)
		block = grown
	}
	d.buf, d.end = block[:n+Slack], n
	d.block = nil
	if d.wantRaw {
		d.block = &raw.Block{Text: d.buf[:n]}
	}
}

// Lines decodes a block of lines, of which the first has the given number. When raw text is wanted the block must stay
// unchanged while any batch of the builder lives; otherwise it may be reused once Lines has returned. A block whose
// capacity exceeds its length by [Slack] is not copied.
func (d *Decoder) Lines(ctx context.Context, block []byte, line uint64) error {
	d.start(block)
	whole := d.end
	for p, n := 0, 0; p < whole; n++ {
		if n&255 == 255 && ctx.Err() != nil {
			return ctx.Err()
		}
		eol := whole
		if i := bytes.IndexByte(d.buf[p:whole], '\n'); i >= 0 {
			eol = p + i
		}
		next := eol + 1
		d.end, d.record = eol, line
		line++
		q := skipSpace(d.buf, p, eol)
		switch {
		case q == eol:
		case d.buf[q] == '{':
			if err := d.sequence(q); err != nil {
				return err
			}
		default:
			read := 0
			if d.Other != nil {
				var err error
				if read, err = d.Other(d.buf[p:whole], d.record, p); err != nil {
					return err
				}
			}
			if read > 0 {
				line += uint64(bytes.Count(d.buf[p:p+read], newline)) - 1
				next = p + read
				break
			}
			d.Problem(d.record, q, "not a JSON object: line begins with "+quoteByte(d.buf[q]))
		}
		p = next
		d.end = whole
	}
	return nil
}

var newline = []byte{'\n'}

// sequence decodes the one or more objects of a line; they share its number.
func (d *Decoder) sequence(p int) error {
	for {
		next, err := d.one(p)
		if err != nil || next < 0 {
			return err
		}
		p = skipSpace(d.buf, next, d.end)
		if p < d.end && d.buf[p] == ',' {
			p = skipSpace(d.buf, p+1, d.end)
		}
		if p >= d.end {
			return nil
		}
		if d.buf[p] != '{' {
			d.Problem(d.record, p, "text after the JSON object")
			return nil
		}
	}
}

// Elements decodes a block that holds whole objects with commas or white space between them, numbered from first, as
// [Framer] cuts them out of documents. The rules for the block are those of Lines. It returns how many there were.
func (d *Decoder) Elements(ctx context.Context, block []byte, first uint64) (int, error) {
	d.start(block)
	n := 0
	for p := 0; ; n++ {
		for p < d.end && (d.buf[p] <= ' ' || d.buf[p] == ',') {
			p++
		}
		if p >= d.end {
			return n, nil
		}
		if n&255 == 255 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		d.record = first + uint64(n)
		if d.buf[p] != '{' {
			d.Problem(d.record, p, "not a JSON object: element begins with "+quoteByte(d.buf[p]))
			if p = skipValue(d.buf, p, d.end); p < 0 {
				return n, nil
			}
			continue
		}
		next, err := d.one(p)
		if err != nil {
			return n, err
		}
		if next < 0 {
			if next = skipNested(d.buf, p, d.end); next < 0 {
				return n, nil
			}
		}
		p = next
	}
}

func quoteByte(c byte) string {
	if c > ' ' && c < 0x7f {
		return "'" + string(rune(c)) + "'"
	}
	const hex = "0123456789abcdef"
	return "byte 0x" + string([]byte{hex[c>>4], hex[c&15]})
}

// one decodes the object at p, reports it when it is invalid, and returns the offset behind it, or -1.
func (d *Decoder) one(p int) (int, error) {
	d.marks, d.preview = 0, false
	clear(d.roles[:])
	d.scratch = d.scratch[:0]
	d.deferred.at = 0
	d.contained = -1
	next := d.object(d.root, p+1, 0)
	if next >= 0 && d.deferred.at > 0 {
		if d.properties(d.deferred.at) < 0 {
			next = -1
		}
	}
	if next < 0 {
		d.b.Discard()
		if d.err != nil {
			return -1, d.err
		}
		d.Problem(d.record, d.errAt, d.errText)
		return -1, nil
	}
	if d.contained >= 0 {
		d.b.Discard()
		if (bytes.IndexByte(d.buf[p:d.recordsAt], ',') >= 0 || bytes.IndexByte(d.buf[d.recordsEnd:next], ':') >= 0) && !d.beside {
			d.beside = true
			d.Problem(d.record, p, "fields beside the list of records are not kept")
		}
		return next, nil
	}
	if d.wantRaw {
		d.b.Raw(d.block, raw.Key(p, next-p))
	}
	return next, d.b.End(d.class(), event.Origin{File: d.File, Record: d.record})
}

func (d *Decoder) fail(at int, text string) int {
	d.errAt, d.errText = min(at, d.end), text
	return -1
}

// object reads the rest of an object whose brace has been read, and returns the offset behind it, or -1.
func (d *Decoder) object(o *object, p, depth int) int {
	b, end := d.buf, d.end
	prev := &o.head
	var rest event.Bag
	for first := true; ; first = false {
		for b[p] <= ' ' && p < end {
			p++
		}
		if p >= end {
			return d.fail(p, "object is cut off")
		}
		if b[p] == '}' {
			if rest != nil {
				d.overflow(o, rest)
			}
			return p + 1
		}
		if !first {
			if b[p] != ',' {
				return d.fail(p, "',' or '}' expected")
			}
			p++
			for b[p] <= ' ' && p < end {
				p++
			}
			if p >= end {
				return d.fail(p, "object is cut off")
			}
		}
		var n *node
		if g := prev.next[0]; g != nil && end-p >= len(g.key) && string(b[p:p+len(g.key)]) == string(g.key) {
			n = g
			p += len(g.key)
		} else if g := prev.next[1]; g != nil && end-p >= len(g.key) && string(b[p:p+len(g.key)]) == string(g.key) {
			n = g
			p += len(g.key)
			prev.next[0], prev.next[1] = g, prev.next[0]
		} else {
			if b[p] != '"' {
				return d.fail(p, "name in quotes expected")
			}
			q, _ := stringEnd(b, p+1, end)
			if q < 0 {
				return d.fail(p, "name is cut off")
			}
			raw := b[p+1 : q]
			if p = q + 1; b[p] != ':' || p >= end {
				if p = skipSpace(b, p, end); p >= end || b[p] != ':' {
					return d.fail(p, "':' expected")
				}
			}
			p++
			h := event.HashBytes(raw)
			if n = o.find(raw, h); n == nil {
				if n = d.node(o, raw, h); n == nil {
					v, next := d.restValue(p, depth)
					if next < 0 {
						return -1
					}
					rest = append(rest, event.Field{Name: string(appendUnescaped(nil, raw)), Value: v})
					p = next
					continue
				}
			}
			prev.next[0], prev.next[1] = n, prev.next[0]
		}
		prev = n
		for b[p] <= ' ' && p < end {
			p++
		}
		if p >= end {
			return d.fail(p, "value is missing")
		}
		switch b[p] {
		case '"':
			q, escaped := stringEnd(b, p+1, end)
			if q < 0 {
				return d.fail(p, "string is cut off")
			}
			if n.want {
				d.text(n, b[p+1:q], escaped)
			}
			if n.mark|shape.Marks(n.role) != 0 {
				d.marks |= n.mark
				d.roles[n.role] = b[p+1 : q]
			}
			p = q + 1
		case '{':
			if p = d.nested(o, n, p, depth); p < 0 {
				return -1
			}
		case '[':
			if p = d.array(o, n, p, depth); p < 0 {
				return -1
			}
		default:
			q := p
			for literal[b[q]] && q < end {
				q++
			}
			if q == p {
				return d.fail(p, "value expected")
			}
			if n.want || n.role != shape.NoRole {
				v, ok := scalar(b[p:q])
				if !ok {
					return d.fail(p, "not a JSON value")
				}
				if n.want {
					d.b.Add(n.field, v)
				}
				if !v.IsNull() {
					d.roles[n.role] = b[p:q]
				}
			}
			d.marks |= n.mark
			d.preview = d.preview || n.preview
			p = q
		}
	}
}

// text adds a wanted string, known by its raw form when it was seen lately.
func (d *Decoder) text(n *node, raw []byte, escaped bool) {
	if n.dict == nil {
		if n.dict = d.b.Dict(n.field); n.dict.Texty() {
			n.plain = true
		}
	}
	n.offers++
	if n.plain {
		if escaped {
			raw = d.unescape(raw)
		}
		d.b.AddText(n.field, raw)
		return
	}
	if string(raw) == n.last.raw && n.last.code != 0 {
		d.b.AddCode(n.field, n.dict, n.last.code)
		return
	}
	if n.cache == nil {
		n.cache = make([]cached, 16)
	}
	c := &n.cache[event.HashBytes(raw)&uint64(len(n.cache)-1)]
	if c.raw != string(raw) || c.code == 0 {
		n.learn(d, c, raw, escaped)
	}
	n.last = *c
	d.b.AddCode(n.field, n.dict, c.code)
}

const (
	maxCache  = 1024
	textyMin  = 256 // misses before a field is judged
	textyLen  = 64  // mean length of a text that is not worth a dictionary
	textyNews = 0.9 // share of values that were new
)

// learn puts a value into the dictionary and the cache. The cache keeps no copy of the raw text: it lives no longer than
// the block.
func (n *node) learn(d *Decoder, c *cached, raw []byte, escaped bool) {
	text := raw
	if escaped {
		text = d.unescape(raw)
	}
	before := n.dict.Len()
	c.raw, c.code = unsafe.String(unsafe.SliceData(raw), len(raw)), n.dict.InternBytes(text)
	if int(c.code) >= before {
		n.fresh++
	}
	n.misses++
	n.bytes += len(raw)
	if n.misses%textyMin == 0 && float64(n.fresh) > textyNews*float64(n.offers) && n.bytes > textyLen*n.misses {
		n.dict.MarkTexty()
		n.plain = true
	}
	if n.misses == 4*len(n.cache) && len(n.cache) < maxCache {
		old := n.cache
		n.cache = make([]cached, 4*len(old))
		for _, e := range old {
			if e.code != 0 {
				b := unsafe.Slice(unsafe.StringData(e.raw), len(e.raw))
				n.cache[event.HashBytes(b)&uint64(len(n.cache)-1)] = e
			}
		}
	}
}

func (d *Decoder) unescape(raw []byte) []byte {
	if cap(d.scratch)-len(d.scratch) < len(raw)+8 {
		d.scratch = make([]byte, 0, max(8192, 2*len(raw))) // the values of this record keep the old one alive
	}
	at := len(d.scratch)
	d.scratch = appendUnescaped(d.scratch, raw)
	return d.scratch[at:len(d.scratch):len(d.scratch)]
}
