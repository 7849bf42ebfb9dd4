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
	// Columns, when set, are names that the result begins with, whether or not a row has a value there.
	Columns []string
	// Shape tells the columns of the result as far as the plan does; Run sets it.
	Shape   plan.Shape
	Batches []*event.Batch
	// Closed says that all rows have come.
	Closed bool
}

// Push keeps the batch.
func (c *Collector) Push(b *event.Batch) error {
	if b.Len() > 0 {
		c.Batches = append(c.Batches, b.Detach())
	}
	return nil
}

// Close notes that all rows have come.
func (c *Collector) Close() error {
	c.Closed = true
	return nil
}

// Len returns the number of rows.
func (c *Collector) Len() int {
	n := 0
	for _, b := range c.Batches {
		n += b.Len()
	}
	return n
}

// Rows returns all rows as one batch. Its columns are those that the shape names and, when it is open, all others in which
// some row has a value.
func (c *Collector) Rows() *event.Batch {
	shape := c.Shape
	if len(c.Columns) > 0 {
		shape = plan.Shape{Names: c.Columns, Open: shape.Open}.With(shape.Names...)
	}
	s := &store{batches: c.Batches, rows: c.Len()}
	return s.all(s.existing(shape))
}

// Collect runs one plan and returns its rows.
func Collect(ctx context.Context, n plan.Node, opt Options) (*event.Batch, error) {
	c := &Collector{}
	job := &Job{Plan: n, Out: c}
	if err := Run(ctx, []*Job{job}, opt); err != nil {
		return nil, err
	}
	if job.Err != nil {
		return nil, job.Err
	}
	return c.Rows(), nil
}

// discard takes rows nobody wants, and says so.
type discard struct{}

func (discard) Push(*event.Batch) error { return ErrEnough }
func (discard) Close() error            { return nil }
