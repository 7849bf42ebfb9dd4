package source

import (
	"errors"
	"io"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/parquet"
	"github.com/harrier-detect/harrier/internal/text"
)

// parquet reads a Parquet file; each row group is a job.
func (s *stream) parquet(in *input) {
	err := s.random(in)
	defer in.hold.release()
	if err != nil {
		s.readError(in.file, in.spent.read, err)
		return
	}
	f, err := parquet.Open(in.at, in.size)
	if err != nil {
		s.note(in.file, text.Error, idArchive, "the Parquet file of %d bytes cannot be opened: %v", in.size, err)
		return
	}
	s.open(in.file)
	for g := range f.Groups() {
		if !s.add(in.file, int(min(f.GroupBytes(g), 1<<30)), in.hold, func(t *task) error { return t.parquet(f, g) }) {
			return
		}
	}
}

func (t *task) parquet(f *parquet.File, group int) error {
	if err := t.b.Flush(); err != nil { // what comes before in this unit
		return err
	}
	opt := parquet.Options{Dicts: t.opt.Dicts, Classes: t.opt.Classes, File: t.file, Rows: t.opt.BatchRows, Need: t.opt.Need}
	if t.opt.InOrder {
		opt.Uniform = t.opt.Classes.Intern(event.Class{Shape: MixedShape})
	}
	err := f.Decode(t.ctx, group, opt, func(b *event.Batch) error {
		t.unit.batches = append(t.unit.batches, b)
		return t.ctx.Err()
	})
	if err == nil || t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	id := idRecord
	if errors.Is(err, io.ErrUnexpectedEOF) {
		id = idCutOff
	}
	t.note(true, text.Warning, id, "row group %d, which begins at byte %d, can only be read in part: %v", group+1, f.GroupOffset(group), err)
	return nil
}
