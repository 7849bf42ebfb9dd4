package exec

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spill"
)

// A blockWriter writes batches to the run's disk, several small ones to a block.
type blockWriter struct {
	run    *run
	buf    []byte
	blocks []spill.Block
}

func (w *blockWriter) add(b *event.Batch) error {
	for b.Len() > 0 {
		// A batch of long values is cut, so that no block is much bigger than it should be.
		part := b
		if n := batchSize(b); n > 2*blockBytes && b.Len() > 1 {
			rows := max(1, int(int64(b.Len())*blockBytes/n))
			part = b.Gather(span(0, rows))
			b = b.Gather(span(rows, b.Len()))
		} else {
			b = event.NewBatch(0)
		}
		if w.buf = w.run.codec.Append(w.buf, part); len(w.buf) >= blockBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *blockWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	b, err := w.run.disk.Write(w.buf)
	if err != nil {
		return err
	}
	w.blocks = append(w.blocks, b)
	w.buf = w.buf[:0]
	return nil
}

// block calls f with the batches of a block, unless the run was cancelled.
func (r *run) block(b spill.Block, f func(*event.Batch) error) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.read(b, f)
}

// read calls f with the batches of a block.
func (r *run) read(b spill.Block, f func(*event.Batch) error) error {
	data, err := r.disk.Read(b)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		batch, rest, err := r.codec.Next(data)
		if err != nil {
			return err
		}
		data = rest
		if err := f(batch); err != nil {
			return err
		}
	}
	return nil
}
