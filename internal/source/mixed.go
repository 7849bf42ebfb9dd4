package source

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/wintext"
	"github.com/harrier-detect/harrier/internal/source/winxml"
	"github.com/harrier-detect/harrier/internal/text"
)

// A span is a record in a block of text in which event XML, classic text and JSON lines may follow each other in any order.
type span struct {
	form       form
	start, end int
}

type form uint8

const (
	xmlEvent form = iota
	classicEvent
	jsonLine
	strayText // in no known form
	besideXML // before or behind an event in its line, as what a syslog relay adds
)

// nextSpan finds the record at or after p in b. Nothing but blank space, and what belongs to an XML document around events, is
// passed over without a span. When the text ends before the record does, whole is false: unless there is no more text, the
// span is to be looked for again with more behind it.
func nextSpan(b []byte, p int) (sp span, whole, ok bool) {
	for {
		for p < len(b) && (b[p] == ' ' || b[p] == '\t' || b[p] == '\r' || b[p] == '\n') {
			p++
		}
		if p == len(b) {
			return span{}, false, false
		}
		if b[p] != '<' {
			break
		}
		if start, end, whole := winxml.Next(b, p); start == p {
			return span{xmlEvent, p, end}, whole, true
		}
		rest := b[p:]
		end := []byte{'>'}
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end = []byte("-->")
		case bytes.HasPrefix(rest, []byte("<?")), bytes.HasPrefix(rest, []byte("<Events")), bytes.HasPrefix(rest, []byte("</Events")):
		default:
			if len(rest) < len("</Events>") && bytes.IndexByte(rest, '\n') < 0 {
				return span{strayText, p, len(b)}, false, true
			}
			return strayLine(b, p)
		}
		i := bytes.Index(rest, end)
		if i < 0 {
			return span{strayText, p, len(b)}, false, true
		}
		p += i + len(end)
	}
	if n, whole := wintext.Len(b[p:]); n > 0 {
		return span{classicEvent, p, p + n}, whole, true
	}
	if b[p] == '{' {
		if i := bytes.IndexByte(b[p:], '\n'); i >= 0 {
			return span{jsonLine, p, p + i}, true, true
		}
		return span{jsonLine, p, len(b)}, false, true
	}
	return strayLine(b, p)
}

// strayLine takes the text up to the line end, or to the event that begins in the line.
func strayLine(b []byte, p int) (span, bool, bool) {
	eol, whole := len(b), false
	if i := bytes.IndexByte(b[p:], '\n'); i >= 0 {
		eol, whole = p+i, true
	}
	if start, _, _ := winxml.Next(b[p:eol], 0); start > 0 {
		return span{besideXML, p, p + start}, true, true
	}
	lineStart := bytes.LastIndexByte(b[:p], '\n') + 1
	if bytes.HasSuffix(bytes.TrimRight(b[lineStart:p], " \t"), []byte("</Event>")) {
		return span{besideXML, p, eol}, whole, true
	}
	return span{strayText, p, eol}, whole, true
}

// isMixed reports whether head, the beginning of a text, has records that nextSpan finds: an XML document of events, or a line
// that begins one. within also allows for events in the middle of lines.
func isMixed(head []byte, within bool) bool {
	for p := 0; p < len(head); {
		if n, _ := wintext.Len(head[p:]); n > 0 {
			return true
		}
		eol := len(head)
		if i := bytes.IndexByte(head[p:], '\n'); i >= 0 {
			eol = p + i
		}
		if start, _, _ := winxml.Next(head[p:min(eol+1, len(head))], 0); start >= 0 {
			before := bytes.TrimSpace(head[p : p+start])
			if within || len(before) == 0 || before[0] == '<' && before[len(before)-1] == '>' {
				return true
			}
		}
		p = eol + 1
	}
	return false
}

// headMost is more than any line that tells the form of a record, with the line behind it.
const headMost = 1024

// mixed reads a text of events in XML, classic text and JSON lines. Records are numbered from 1.
func (s *stream) mixed(in *input) {
	c := &chunker{s: s, in: in}
	record := uint64(1)
	for s.ctx.Err() == nil {
		buf := c.fill()
		if len(buf) == 0 {
			break
		}
		var spans []span
		p := 0
		for {
			sp, whole, ok := nextSpan(buf, p)
			if !ok {
				p = len(buf)
				break
			}
			// What a line is may show only in the line behind it.
			if !c.eof && (!whole || sp.form == strayText && len(buf)-sp.start < headMost) {
				p = sp.start
				break
			}
			spans = append(spans, sp)
			p = sp.end
		}
		if p == 0 && len(buf) >= maxRecord {
			s.note(in.file, text.Error, idTooLong, "byte %d: a record without end, or longer than %d MiB: the rest is not read", c.base, maxRecord>>20)
			break
		}
		base, first, block := c.base, record, buf[:p]
		for _, sp := range spans {
			if sp.form <= jsonLine {
				record++
			}
		}
		c.keep(buf, p)
		if len(spans) > 0 && !s.add(in.file, p, nil, func(t *task) error { return t.mixed(block, base, spans, first) }) {
			return
		}
		if c.eof {
			break
		}
	}
	c.finish()
}

// mixed decodes the spans of a block.
func (t *task) mixed(block []byte, base int64, spans []span, record uint64) error {
	m := t.mixedDecoder(block, base)
	for i, sp := range spans {
		if i%64 == 63 && t.ctx.Err() != nil {
			return t.ctx.Err()
		}
		if err := m.decode(sp, record); err != nil {
			return err
		}
		if sp.form <= jsonLine {
			record++
		}
	}
	if !t.opt.wantsRaw() {
		recycle(block)
	}
	return nil
}

// A mixedDecoder decodes the spans of one block.
type mixedDecoder struct {
	t       *task
	block   *raw.Block
	base    int64
	xml     *winxml.Decoder
	classic *wintext.Decoder
	beside  bool
}

func (t *task) mixedDecoder(block []byte, base int64) *mixedDecoder {
	return &mixedDecoder{t: t, block: &raw.Block{Text: block}, base: base}
}

func (m *mixedDecoder) decode(sp span, record uint64) error {
	b := m.block.Text
	switch sp.form {
	case xmlEvent:
		if m.xml == nil {
			m.xml = winxml.New(m.t.b, m.t.opt.Classes)
			m.xml.File = m.t.file
			m.xml.Problem = m.problem
		}
		return m.xml.Event(m.block, sp.start, sp.end, record)
	case classicEvent:
		if m.classic == nil {
			m.classic = wintext.New(m.t.b, m.t.opt.Classes)
			m.classic.File = m.t.file
		}
		return m.classic.Event(m.block, sp.start, sp.end, record)
	case jsonLine:
		return m.t.decoder(m.base+int64(sp.start), "record").Lines(m.t.ctx, b[sp.start:sp.end], record)
	case strayText:
		m.t.note(true, text.Warning, idRecord, "byte %d: text in no known form of event: %.40q", m.base+int64(sp.start), b[sp.start:sp.end])
	case besideXML:
		if !m.beside {
			m.beside = true
			m.t.note(false, text.Note, idKeptApart, "byte %d: text beside event XML is not kept: %.40q", m.base+int64(sp.start), b[sp.start:sp.end])
		}
	}
	return nil
}

func (m *mixedDecoder) problem(record uint64, off int, message string) {
	m.t.note(true, text.Warning, idRecord, "record %d, byte %d: %s", record, m.base+int64(off), message)
}

// other decodes the first record of lines among JSON lines that are not JSON, and returns how many bytes of whole lines it
// took: 0 when it is in no known form.
func (m *mixedDecoder) other(stretch []byte, line uint64, offset int) (int, error) {
	sp, _, ok := nextSpan(m.block.Text[:offset+len(stretch)], offset)
	if !ok || sp.form != xmlEvent && sp.form != classicEvent {
		return 0, nil
	}
	if err := m.decode(sp, line); err != nil {
		return 0, err
	}
	if i := bytes.IndexByte(stretch[sp.end-offset:], '\n'); i >= 0 && sp.form == xmlEvent {
		return sp.end - offset + i + 1, nil
	}
	return max(sp.end-offset, 1), nil
}
