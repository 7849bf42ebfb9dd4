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

// A Collector keeps the rows it is given. What memory has no room for is on the run's disk.
type Collector struct {
	// Columns, when set, are names that the result begins with, whether or not a row has a value there.
	Columns []string
	// Shape tells the columns of the result as far as the plan does; Run sets it.
	Shape plan.Shape
	// Closed says that all rows have come.
	Closed bool

	kept *store
	lost bool // someone may still be working at it, for a run that nobody waits for
}

// Push keeps the batch.
func (c *Collector) Push(b *event.Batch) error {
	if c.kept == nil {
		c.kept = &store{}
	}
	return c.kept.add(b)
}

// Close notes that all rows have come.
func (c *Collector) Close() error {
	c.Closed = true
	return nil
}

// Len returns the number of rows.
func (c *Collector) Len() int {
	if c.lost || c.kept == nil {
		return 0
	}
	return c.kept.rows
}

// Names returns the columns of the result: those that the shape names and, when it is open, all others in which some row has a
// value.
func (c *Collector) Names() []string {
	shape := c.Shape
	if len(c.Columns) > 0 {
		shape = plan.Shape{Names: c.Columns, Open: shape.Open}.With(shape.Names...)
	}
	if c.lost || c.kept == nil {
		return (&store{}).existing(shape)
	}
	return c.kept.existing(shape)
}

// Each calls f with the rows, batch after batch, each with the columns of Names.
func (c *Collector) Each(f func(*event.Batch) error) error {
	if c.lost || c.kept == nil {
		return nil
	}
	names := c.Names()
	return c.kept.each(func(b *event.Batch) error { return f(withColumns(b, names)) })
}

// Rows returns all rows as one batch, with the columns of Names. They must have room in memory.
func (c *Collector) Rows() (*event.Batch, error) {
	if c.lost || c.kept == nil {
		return (&store{}).all(c.Names()), nil
	}
	c.kept.acc.free() // whoever asks for all rows at once has room for them
	c.kept.acc = nil
	if err := c.kept.load(); err != nil {
		return nil, err
	}
	return c.kept.all(c.Names()), nil
}

// Release gives back what the rows take.
func (c *Collector) Release() {
	if !c.lost && c.kept != nil {
		c.kept.release()
	}
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
	return c.Rows()
}

// discard takes rows nobody wants, and says so.
type discard struct{}

func (discard) Push(*event.Batch) error { return ErrEnough }
func (discard) Close() error            { return nil }
