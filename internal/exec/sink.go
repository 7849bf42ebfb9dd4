package exec

import (
	"context"
	"errors"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// ErrEnough is what Push returns when the sink needs no more rows. It is no failure: whoever pushes stops, and closes the
// sink as usual.
var ErrEnough = errors.New("no more rows are needed")

// A Sink takes batches in order, from one goroutine at a time. Push may keep the batch. Close says that there is no more,
// also after ErrEnough; it is called once, and not at all when the plan has failed.
type Sink interface {
	Push(b *event.Batch) error
	Close() error
}

// pushAll hands batches on and closes; ErrEnough ends the pushing early.
func pushAll(out Sink, batches []*event.Batch) error {
	for _, b := range batches {
		if err := out.Push(b); err == ErrEnough {
			break
		} else if err != nil {
			return err
		}
	}
	return out.Close()
}

// A Collector keeps the rows it is given.
type Collector struct {
	// Columns are names that the result has whether or not a row has a value there. Exact says that it has no others.
	Columns []string
	Exact   bool
	Batches []*event.Batch
}

// NewCollector returns a collector for the rows of n.
func NewCollector(n plan.Node) *Collector {
	var s plan.Shapes
	shape := s.Of(n)
	return &Collector{Columns: shape.Names, Exact: !shape.Open}
}

// Push keeps the batch.
func (c *Collector) Push(b *event.Batch) error {
	if b.Len() > 0 {
		c.Batches = append(c.Batches, b)
	}
	return nil
}

// Close does nothing.
func (c *Collector) Close() error { return nil }

// Len returns the number of rows.
func (c *Collector) Len() int {
	n := 0
	for _, b := range c.Batches {
		n += b.Len()
	}
	return n
}

// Rows returns all rows as one batch. Its columns are Columns when they are Exact; else those in which some row has a value,
// in the order in which they first appeared, and those of Columns.
func (c *Collector) Rows() *event.Batch {
	s := &store{batches: c.Batches, rows: c.Len()}
	return s.all(s.shaped(c.Columns, !c.Exact))
}

// Collect runs one plan and returns its rows.
func Collect(ctx context.Context, n plan.Node, opt Options) (*event.Batch, error) {
	c := NewCollector(n)
	job := &Job{Plan: n, Out: c}
	if err := Run(ctx, []*Job{job}, opt); err != nil {
		return nil, err
	}
	if job.Err != nil {
		return nil, job.Err
	}
	return c.Rows(), nil
}
