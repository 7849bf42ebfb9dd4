package exec

import (
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
)

// pass reads the input once and feeds the given leaves.
//
// Views are applied and rows selected by several lanes at once, each on its own goroutine with its own views; what they
// select is handed to the plans by one goroutine, in the order of the input. Ordered views are applied before, each on a
// goroutine of its own that sees the batches in order.
func (r *run) pass(leaves []*scanLeaf) error {
	first := r.newLane(leaves)
	f := &feeding{run: r, first: first}
	for _, g := range first.groups {
		for _, leaf := range g.leaves {
			f.leaves = append(f.leaves, leaf.scanLeaf)
		}
	}
	if f.idle() {
		return nil
	}
	lanes := []*lane{first}
	workers := r.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for len(lanes) < workers {
		l, err := r.another(first)
		if err != nil {
			return err // the first lane could be made
		}
		lanes = append(lanes, l)
	}
	var err error
	if len(lanes) == 1 {
		err = f.alone()
	} else {
		err = f.spread(lanes)
	}
	if err != nil && !errors.Is(err, ErrEnough) {
		return err
	}
	for _, g := range first.groups {
		for _, leaf := range g.leaves {
			if !leaf.task.failed() {
				leaf.task.guard(func() error { return leaf.finish(g.view) })
			}
		}
	}
	return nil
}

// feeding is a pass under way.
type feeding struct {
	run    *run
	first  *lane
	leaves []*scanLeaf
}

// idle reports whether no leaf wants more.
func (f *feeding) idle() bool {
	return !slices.ContainsFunc(f.leaves, func(l *scanLeaf) bool { return !l.done && !l.task.failed() })
}

// hand gives the leaves what a batch has for them. It returns ErrEnough when no leaf wants more.
func (f *feeding) hand(ds []delivery) error {
	for _, d := range ds {
		d.deliver()
	}
	if f.idle() {
		return ErrEnough
	}
	return nil
}

// alone does everything in the goroutine of the input.
func (f *feeding) alone() error {
	var buf []delivery
	ready := make([]applied, len(f.first.groups))
	return f.run.opt.Input.Scan(f.run.ctx, f.first.sources().Has, func(b *event.Batch) error {
		if err := f.run.ctx.Err(); err != nil {
			return err
		}
		for i, g := range f.first.groups {
			if g.ordered {
				ready[i] = g.apply(b)
			}
		}
		buf = f.first.take(b, ready, buf[:0])
		return f.hand(buf)
	})
}

// A parcel is a batch on its way through the stages of a pass.
type parcel struct {
	batch *event.Batch
	ready []applied
	done  chan []delivery
}

// spread sends the batches through the ordered views, one after the other, and then through one of the lanes, and hands on
// what they give in the order of the batches.
func (f *feeding) spread(lanes []*lane) error {
	var wg sync.WaitGroup
	start := make(chan parcel)
	next, stages := start, 0
	for i, g := range f.first.groups {
		if !g.ordered {
			continue
		}
		from, to := next, make(chan parcel, 1)
		wg.Go(func() {
			defer close(to)
			for p := range from {
				p.ready[i] = g.apply(p.batch)
				to <- p
			}
		})
		next = to
		stages++
	}
	for _, l := range lanes {
		wg.Go(func() {
			for p := range next {
				p.done <- l.take(p.batch, p.ready, nil)
			}
		})
	}
	// The queue holds the parcels in the order of the batches; its capacity bounds how many are under way.
	queue := make(chan parcel, 2*(len(lanes)+stages))
	stop := make(chan struct{})
	var handErr error
	wg.Go(func() {
		for p := range queue {
			ds := <-p.done
			if handErr != nil {
				continue
			}
			if handErr = f.hand(ds); handErr != nil {
				close(stop)
			}
		}
	})
	ctx := f.run.ctx
	err := f.run.opt.Input.Scan(ctx, f.first.sources().Has, func(b *event.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := parcel{b, make([]applied, len(f.first.groups)), make(chan []delivery, 1)}
		select {
		case <-stop:
			return ErrEnough
		case <-ctx.Done():
			return ctx.Err()
		case queue <- p:
		}
		start <- p
		return nil
	})
	close(start)
	close(queue)
	wg.Wait()
	if handErr != nil {
		return handErr
	}
	return err
}
