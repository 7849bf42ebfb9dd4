package source

import (
	"github.com/harrier-detect/harrier/internal/source/evtx"
	"github.com/harrier-detect/harrier/internal/text"
)

// evtx reads an event log. Chunks stand for themselves, so a file is cut between any two.
func (s *stream) evtx(in *input) {
	report := func(note func(bad bool, sev text.Severity, id, format string, args ...any), p evtx.Problem) {
		sev := text.Warning
		if p.ID == evtx.IDChecksum {
			sev = text.Note // what can be read is read; a dirty log has them all over
		}
		note(p.Lost > 0, sev, p.ID, "byte %d: %s", p.Offset, p.Text)
	}
	head, _ := in.r.Peek(evtx.HeaderSize)
	evtx.CheckHeader(head, func(p evtx.Problem) {
		report(func(_ bool, sev text.Severity, id, format string, args ...any) {
			s.note(in.file, sev, id, format, args...)
		}, p)
	})
	first := evtx.FirstChunk(head)
	if n, err := in.r.Discard(int(first)); err != nil {
		s.open(in.file)
		s.readError(in.file, int64(n), damaged(err))
		return
	}
	c := &chunker{s: s, in: in, base: first}
	for s.ctx.Err() == nil {
		buf := c.fill()
		if len(buf) == 0 {
			break
		}
		cut := len(buf)
		if !c.eof {
			if cut -= cut % evtx.ChunkSize; cut == 0 {
				c.keep(buf, 0)
				continue
			}
		}
		base, block := c.base, buf[:cut]
		c.keep(buf, cut)
		if !s.add(in.file, cut, nil, func(t *task) error {
			d := evtx.NewDecoder(t.b, t.opt.Classes, t.opt.templates)
			d.File = t.file
			d.Report = func(p evtx.Problem) { report(t.note, p) }
			for at := 0; at < len(block); at += evtx.ChunkSize {
				if err := t.ctx.Err(); err != nil {
					return err
				}
				chunk := block[at:min(at+evtx.ChunkSize, len(block))]
				if err := d.Chunk(chunk[:len(chunk):len(chunk)], base+int64(at)); err != nil {
					return err
				}
			}
			if !t.opt.wantsRaw() {
				recycle(block)
			}
			return nil
		}) {
			return
		}
	}
	c.finish()
}
