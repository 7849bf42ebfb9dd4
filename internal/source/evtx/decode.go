package evtx

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// A Decoder turns the chunks of event logs into records of a builder. It belongs to the builder's goroutine.
type Decoder struct {
	// File is the number that origins of records get, and Report is told what is wrong with the data; it may be nil.
	File   uint32
	Report func(Problem)

	w         *winevent.Writer
	templates *Templates
	names     names
	raw       bool // the builder keeps raw text
	walk      bool // walk the trees of templates, for tests that compare that with running their programs

	chunk  []byte
	base   int64 // of the chunk in the file
	loaded [1 << 10]loaded
	bound  map[*template]*bound

	// Of the current record.
	vals  []value
	buf   []byte // texts
	tree  tree   // binary XML without a template
	spent int
}

// loaded is a template by its place in the chunk.
type loaded struct {
	at int
	b  *bound
}

// bound is a template with its programs for the decoder's builder.
type bound struct {
	t        *template
	programs []*program
}

// maxPrograms bounds the places of the document for which a template has a program of its own; there are one or two but in
// hostile input.
const maxPrograms = 8

// NewDecoder returns a decoder that gives records to b. templates may be shared by the decoders of a run.
func NewDecoder(b *event.Builder, classes *event.Classes, templates *Templates) *Decoder {
	d := &Decoder{w: winevent.NewWriter(b, classes), templates: templates, bound: map[*template]*bound{}}
	d.raw = b.Wants(b.Field(event.RawField))
	return d
}

// maxSpent bounds the bytes of values that a record gives, and the steps that it takes. A record is less than 64 KiB, but its
// template may use a value any number of times, and values may be templates that do the same.
const maxSpent = 4 << 20

func (d *Decoder) spend(at, n int) error {
	if d.spent += n + 16; d.spent > maxSpent {
		return bad(at, "the record unfolds to more than %d MiB", maxSpent>>20)
	}
	return nil
}

// record decodes the document in chunk[pos:end] into fields.
func (d *Decoder) record(pos, end int) error {
	d.vals, d.buf, d.spent = d.vals[:0], d.buf[:0], 0
	d.tree.reset()
	return d.fragments(pos, end, winevent.Root, 0)
}

// fragments decodes binary XML whose elements are children of place.
func (d *Decoder) fragments(pos, end int, place winevent.Place, depth int) error {
	if depth > maxDepth {
		return bad(pos, "templates more than %d deep", maxDepth)
	}
	for pos < end {
		switch tok := d.chunk[pos]; tok &^ more {
		case tokEOF:
			return nil
		case tokFragment:
			pos += 4
		case tokTemplate:
			next, err := d.instance(pos, end, place, depth)
			if err != nil {
				return err
			}
			pos = next
		case tokOpenStart:
			p := parser{chunk: d.chunk, names: &d.names, t: &d.tree}
			i, next, err := p.element(pos, end, 0)
			if err != nil {
				return err
			}
			if err := d.walkElement(&d.tree, nil, i, place, depth); err != nil {
				return err
			}
			pos = next
		case tokPITarget:
			p := parser{chunk: d.chunk, names: &d.names, t: &d.tree}
			_, next, err := p.name(pos+1, end)
			if err != nil {
				return err
			}
			if pos = next; pos < end && d.chunk[pos] == tokPIData {
				if _, pos, err = p.text(pos+1, end); err != nil {
					return err
				}
			}
		default:
			return bad(pos, "token 0x%02x where an element should begin", tok)
		}
	}
	return nil
}

// instance decodes a template instance at pos and returns what follows.
func (d *Decoder) instance(pos, end int, place winevent.Place, depth int) (int, error) {
	at, pos, vals, next, err := d.values(pos, end)
	if err != nil {
		return 0, err
	}
	defer func(n int) { d.vals = d.vals[:n] }(len(d.vals) - len(vals))
	b, err := d.load(at)
	if err != nil {
		return 0, err
	}
	var p *program
	for _, q := range b.programs {
		if q.place == place {
			p = q
			break
		}
	}
	if p == nil {
		if err := d.spend(at, 32*len(b.t.tree.nodes)); err != nil {
			return 0, err
		}
		if p = (&program{place: place}); d.walk {
			for i := b.t.tree.first; i != 0; i = b.t.tree.nodes[i].next {
				p.steps = append(p.steps, step{op: opElement, node: i, place: place})
			}
		} else {
			p = compile(b.t, d.w, place)
		}
		if len(b.programs) < maxPrograms {
			b.programs = append(b.programs, p)
		}
	}
	if err := d.run(b.t, p, vals, pos, depth); err != nil {
		return 0, err
	}
	return next, nil
}

// values reads the head of a template instance: where its template stands, and its values.
func (d *Decoder) values(start, end int) (template, pos int, vals []value, next int, err error) {
	at, pos, count, err := instanceHead(d.chunk, start, end)
	if err != nil {
		return 0, 0, nil, 0, err
	}
	n := len(d.vals)
	if d.vals, next, err = appendValues(d.vals, d.chunk, pos, end, count); err != nil {
		return 0, 0, nil, 0, err
	}
	return at, pos, d.vals[n:len(d.vals):len(d.vals)], next, nil
}

// instanceHead reads a template instance up to the number of its values, behind which pos is.
func instanceHead(chunk []byte, start, end int) (template, pos, count int, err error) {
	pos = start + 10
	if pos > end {
		return 0, 0, 0, bad(start, "template instance cut off")
	}
	if template = u32(chunk, pos-4); template == pos {
		if end-pos < templateHead {
			return 0, 0, 0, bad(start, "template cut off")
		}
		size := u32(chunk, pos+20)
		if size < 0 || size > end-pos-templateHead {
			return 0, 0, 0, bad(pos, "template of %d bytes, longer than what it stands in", uint32(size))
		}
		pos += templateHead + size
	}
	if end-pos < 4 {
		return 0, 0, 0, bad(start, "template instance cut off")
	}
	count = u32(chunk, pos)
	if pos += 4; count < 0 || count > (end-pos)/4 {
		return 0, 0, 0, bad(pos-4, "%d values, more than the record holds", uint32(count))
	}
	return template, pos, count, nil
}

// appendValues reads the types and sizes of count values at pos; the values follow.
func appendValues(vals []value, chunk []byte, pos, end, count int) ([]value, int, error) {
	at := pos + 4*count
	for i := range count {
		v := value{at: uint32(at), size: uint32(u16(chunk, pos+4*i)), typ: chunk[pos+4*i+2]}
		if at += int(v.size); at > end {
			return vals, 0, bad(pos+4*i, "value %d of %d bytes, longer than the record", i, v.size)
		}
		vals = append(vals, v)
	}
	return vals, at, nil
}

// load returns the template whose definition stands at an offset in the chunk.
func (d *Decoder) load(at int) (*bound, error) {
	slot := &d.loaded[at>>3&(len(d.loaded)-1)]
	if slot.at == at && slot.b != nil {
		return slot.b, nil
	}
	t, err := d.templates.find(d.chunk, at, &d.names)
	if err != nil {
		return nil, err
	}
	if err := d.spend(at, len(t.body)); err != nil {
		return nil, err
	}
	b := d.bound[t]
	if b == nil {
		b = &bound{t: t}
		d.bound[t] = b
	}
	*slot = loaded{at, b}
	return b, nil
}

// run does the steps of a program.
func (d *Decoder) run(t *template, p *program, vals []value, pos, depth int) error {
	w, b := d.w, d.w.B
	if err := d.spend(pos, len(p.steps)); err != nil {
		return err
	}
	for i := 0; i < len(p.steps); i++ {
		s := &p.steps[i]
		switch s.op {
		case opSkip:
			if int(s.sub) >= len(vals) || vals[s.sub].isNull() {
				i = int(s.to) - 1
			}
		case opConstant:
			if s.many {
				w.Put(s.target, s.text)
				continue
			}
			if s.target.Role != winevent.NoRole {
				w.Role(s.target.Role, s.text)
			}
			if !s.konst.IsMissing() {
				b.Add(s.target.Field, s.konst)
			}
		case opValue:
			var v value
			if int(s.sub) < len(vals) {
				v = vals[s.sub]
			}
			if err := d.value(s, v, pos, depth); err != nil {
				return err
			}
		case opMixed:
			if err := d.mixed(&t.tree, vals, s.node, s.place, depth); err != nil {
				return err
			}
		case opElement:
			if err := d.walkElement(&t.tree, vals, s.node, s.place, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// value gives the field of a step its value.
func (d *Decoder) value(s *step, v value, pos, depth int) error {
	if err := d.spend(pos, int(v.size)); err != nil {
		return err
	}
	if v.typ == typeBinXML {
		return d.fragments(int(v.at), int(v.at+v.size), s.place, depth+1)
	}
	if !useful(s.target) {
		return nil
	}
	raw := v.bytes(d.chunk)
	if s.many || v.typ&array != 0 || s.target.Full {
		return d.put(s.target, v.typ, raw, pos)
	}
	b, f := d.w.B, s.target.Field
	switch {
	case s.target.Kind == winevent.Int:
		if u, _, ok := number(v.typ, raw); ok && int64(u) >= 0 {
			if s.target.Role != winevent.NoRole {
				d.w.ID(int64(u))
			}
			b.Add(f, event.IntOf(int64(u)))
			return nil
		}
	case s.target.Kind == winevent.Time:
		if v.typ == typeFileTime {
			if t, ok := fileTime(raw); ok {
				b.Add(f, event.TicksOf(t))
				return nil
			}
		}
	case s.target.Role != winevent.NoRole:
	case v.typ == typeNull:
		b.AddString(f, "")
		return nil
	default:
		if d.w.Known(f, v.typ, raw) {
			return nil
		}
		from := len(d.buf)
		d.buf = appendValue(d.buf, v.typ, raw)
		d.w.Learn(f, v.typ, raw, d.buf[from:])
		return nil
	}
	return d.put(s.target, v.typ, raw, pos)
}

// put gives a target a value of any type but binary XML, in a way that allows for more values of the same field.
func (d *Decoder) put(t winevent.Target, typ uint8, raw []byte, pos int) error {
	if typ&array == 0 {
		from := len(d.buf)
		d.buf = appendValue(d.buf, typ, raw)
		d.w.Put(t, bytesString(d.buf[from:]))
		return nil
	}
	// The element around an array is repeated for each of its items, and is empty when there are none.
	if len(raw) == 0 {
		d.w.Put(t, "")
		return nil
	}
	for len(raw) > 0 {
		if err := d.spend(pos, 0); err != nil {
			return err
		}
		var first []byte
		first, raw = item(typ, raw)
		from := len(d.buf)
		d.buf = appendValue(d.buf, typ&^array, first)
		d.w.Put(t, bytesString(d.buf[from:]))
	}
	return nil
}
