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
// select is handed to the plans by one goroutine, in the order of the input. A view with late columns gathers what it needs
// from all batches, so it has to see them all, in order: it stays in the goroutine that hands out.
func (r *run) pass(leaves []*scanLeaf) error {
	first := r.newLane(leaves)
	need := first.sources()
	inOrder, free := &lane{}, &lane{}
	for _, g := range first.groups {
		if g.view.Late().Empty() {
			free.groups = append(free.groups, g)
		} else {
			inOrder.groups = append(inOrder.groups, g)
		}
	}
	p := &feeding{run: r, inOrder: inOrder}
	for _, g := range first.groups {
		for _, leaf := range g.leaves {
			p.leaves = append(p.leaves, leaf.scanLeaf)
		}
	}
	if p.idle() {
		return nil
	}
	workers := r.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var err error
	if workers == 1 || len(free.groups) == 0 {
		err = r.opt.Input.Scan(r.ctx, need.Has, func(b *event.Batch) error {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			p.buf = free.take(b, p.buf[:0])
			return p.hand(b, p.buf)
		})
	} else {
		lanes := []*lane{free}
		var freeLeaves []*scanLeaf
		for _, g := range free.groups {
			for _, leaf := range g.leaves {
				freeLeaves = append(freeLeaves, leaf.scanLeaf)
			}
		}
		for len(lanes) < workers {
			lanes = append(lanes, r.newLane(freeLeaves))
		}
		err = p.parallel(lanes, need.Has)
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
	run     *run
	leaves  []*scanLeaf
	inOrder *lane
	buf     []delivery
}

// idle reports whether no leaf wants more.
func (p *feeding) idle() bool {
	return !slices.ContainsFunc(p.leaves, func(l *scanLeaf) bool { return !l.done && !l.task.failed() })
}

// hand gives the leaves what a batch has for them. It returns ErrEnough when no leaf wants more.
func (p *feeding) hand(b *event.Batch, ds []delivery) error {
	for _, d := range ds {
		d.deliver()
	}
	p.buf = p.inOrder.take(b, p.buf[:0])
	for _, d := range p.buf {
		d.deliver()
	}
	if p.idle() {
		return ErrEnough
	}
	return nil
}

// parallel spreads the batches of the input over lanes and hands on what they give in the order of the batches.
func (p *feeding) parallel(lanes []*lane, need func(string) bool) error {
	type work struct {
		b    *event.Batch
		done chan []delivery
	}
	todo := make(chan work)
	// The queue of results is in the order of the batches; its capacity bounds how far the lanes run ahead.
	queue := make(chan work, 2*len(lanes))
	var wg sync.WaitGroup
	for _, l := range lanes {
		wg.Go(func() {
			for w := range todo {
				w.done <- l.take(w.b, nil)
			}
		})
	}
	stop := make(chan struct{})
	var handErr error
	handed := make(chan struct{})
	go func() {
		defer close(handed)
		for w := range queue {
			ds := <-w.done
			if handErr != nil {
				continue
			}
			if handErr = p.hand(w.b, ds); handErr != nil {
				close(stop)
			}
		}
	}()
	err := p.run.opt.Input.Scan(p.run.ctx, need, func(b *event.Batch) error {
		w := work{b, make(chan []delivery, 1)}
		select {
		case <-stop:
			return ErrEnough
		case <-p.run.ctx.Done():
			return p.run.ctx.Err()
		case queue <- w:
		}
		todo <- w
		return nil
	})
	close(todo)
	close(queue)
	wg.Wait()
	<-handed
	if handErr != nil {
		return handErr
	}
	return err
}
