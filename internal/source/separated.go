package source

import (
	"path"
	"strings"

	"github.com/harrier-detect/harrier/internal/source/csv"
	"github.com/harrier-detect/harrier/internal/text"
)

// csvName reports whether a file's name says that it holds separated values; that decides only what its content leaves open.
func csvName(name string) bool {
	for _, packed := range []string{".gz", ".zst", ".bz2"} {
		name = strings.TrimSuffix(name, packed)
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".psv":
		return true
	}
	return false
}

// csv reads separated values in dialect d.
func (s *stream) csv(in *input, d *csv.Dialect) {
	for _, r := range d.Renamed {
		s.note(in.file, text.Note, idKeptApart, "name %s: the header has it twice", r)
	}
	if n, err := in.r.Discard(d.Skip); err != nil {
		s.readError(in.file, int64(n), err)
		return
	}
	c := &chunker{s: s, in: in, base: int64(d.Skip)}
	line := uint64(1 + d.Lines)
	for s.ctx.Err() == nil {
		buf := c.fill()
		if len(buf) == 0 {
			break
		}
		cut, lines := len(buf), 0
		if !c.eof {
			if cut, lines = d.Cut(buf); cut == 0 {
				if len(buf) < maxRecord {
					c.keep(buf, 0)
					continue
				}
				s.note(in.file, text.Error, idTooLong, "line %d, byte %d: a record without end, or longer than %d MiB: the rest is not read", line, c.base, maxRecord>>20)
				break
			}
		}
		base, first, block := c.base, line, buf[:cut]
		line += uint64(lines)
		c.keep(buf, cut)
		if !s.add(in.file, cut, nil, func(t *task) error {
			dec := csv.New(t.b, t.opt.Classes, t.opt.Need, d)
			dec.File = t.file
			dec.Problem = func(line uint64, off int, lost bool, message string) {
				t.note(lost, text.Warning, idRecord, "line %d, byte %d: %s", line, base+int64(off), message)
			}
			err := dec.Records(t.ctx, block, first)
			if !t.opt.wantsRaw() {
				recycle(block)
			}
			return err
		}) {
			return
		}
	}
	c.finish()
}
