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
// Views are applied and rows selected by several lanes at once, each on its own goroutine with its own views. Ordered views are
// applied before, each on a goroutine of its own that sees the batches in order. What the lanes select goes to the plans in the
// order of the input; crews of plans run at the same time.
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
	f.spread(workers)
	var err error
	if len(lanes) == 1 {
		err = f.alone()
	} else {
		err = f.parallel(lanes)
	}
	f.gather()
	if err != nil && !errors.Is(err, ErrEnough) {
		return err
	}
	f.finish(workers)
	return nil
}

// feeding is a pass under way.
type feeding struct {
	run    *run
	first  *lane
	leaves []*scanLeaf
	// crews run the plans; a plan always runs in the same one. Without any the goroutine that hands out does it.
	crews  []chan []delivery
	crewOf map[*task]int
	wg     sync.WaitGroup

	handed int // batches
}

// idle reports whether no leaf wants more.
func (f *feeding) idle() bool {
	return !slices.ContainsFunc(f.leaves, func(l *scanLeaf) bool { return !l.done.Load() && !l.task.failed() })
}

// spread makes crews for the plans, when there are several.
func (f *feeding) spread(workers int) {
	f.crewOf = map[*task]int{}
	for _, l := range f.leaves {
		if _, known := f.crewOf[l.task]; !known {
			f.crewOf[l.task] = len(f.crewOf) % workers
		}
	}
	if workers = min(workers, len(f.crewOf)); workers < 2 {
		return
	}
	for range workers {
		// A few batches ahead, so that one long push does not hold up the others.
		c := make(chan []delivery, 4)
		f.crews = append(f.crews, c)
		f.wg.Go(func() {
			for ds := range c {
				for _, d := range ds {
					d.deliver()
				}
			}
		})
	}
}

// gather waits for the crews.
func (f *feeding) gather() {
	for _, c := range f.crews {
		close(c)
	}
	f.wg.Wait()
}

// hand gives the leaves what a batch has for them. It returns ErrEnough when no leaf wants more.
func (f *feeding) hand(ds []delivery) error {
	if err := f.run.ctx.Err(); err != nil {
		return err
	}
	if len(f.crews) == 0 {
		for _, d := range ds {
			d.deliver()
		}
	} else if len(ds) > 0 {
		parts := make([][]delivery, len(f.crews))
		for _, d := range ds {
			crew := f.crewOf[d.leaf.task]
			parts[crew] = append(parts[crew], d)
		}
		for i, part := range parts {
			if len(part) > 0 {
				f.crews[i] <- part
			}
		}
	}
	if f.handed++; f.handed&(lookEvery-1) == 0 {
		f.run.look()
	}
	if f.idle() {
		return ErrEnough
	}
	return nil
}

// lookEvery is after how many batches the pressure on memory is looked at.
const lookEvery = 16

// finish ends the leaves, when all input has been seen: those of one view in order, several views at a time.
func (f *feeding) finish(workers int) {
	free := make(chan bool, workers)
	var wg sync.WaitGroup
	for _, g := range f.first.groups {
		free <- true
		wg.Go(func() {
			defer func() { <-free }()
			for _, leaf := range g.leaves {
				leaf.task.guard(func() error { return leaf.finish(g.view) })
			}
		})
	}
	wg.Wait()
}

// scan reads the input. A panic in it is an error, since others wait for the end.
func (f *feeding) scan(emit func(*event.Batch) error) (err error) {
	defer catch(&err)
	return f.run.opt.Input.Scan(f.run.ctx, f.first.sources().Has, emit)
}

// alone does everything in the goroutine of the input.
func (f *feeding) alone() error {
	var buf []delivery
	ready := make([]applied, len(f.first.groups))
	return f.scan(func(b *event.Batch) error {
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

// parallel sends the batches through the ordered views, one after the other, and then through one of the lanes, and hands on
// what they give in the order of the batches.
func (f *feeding) parallel(lanes []*lane) error {
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
	err := f.scan(func(b *event.Batch) error {
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
