package exec

import (
	"context"

	"github.com/harrier-detect/harrier/internal/event"
)

// A MemoryInput is an input of batches in memory.
type MemoryInput []*event.Batch

// Scan emits the batches with the fields that are needed.
func (in MemoryInput) Scan(ctx context.Context, need func(string) bool, emit func(*event.Batch) error) error {
	for _, b := range in {
		if err := ctx.Err(); err != nil {
			return err
		}
		out := b.Derive()
		for i, n := range b.Names() {
			if need(n) {
				out.Set(n, b.ColumnAt(i))
			}
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}
