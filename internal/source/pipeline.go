package source

import (
	"context"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/text"
)

// A unit is a piece of input that one goroutine decodes into batches of its own. It may hold several small files, and a
// file may go through several units.
type unit struct {
	files  []*file // in order of reading; batches name them by index until they are handed on
	jobs   []job
	notes  []note // of the reader
	weight int

	// What comes out. Written by the worker before done is closed.
	done    chan struct{}
	batches []*event.Batch
	found   []note
	err     error
}

// A job decodes a part of the unit's file of that index.
type job struct {
	file uint32
	hold *holder
	run  func(t *task) error
}

// A note is a diagnostic about a file, before it is known whether the file has had too many of them. One without an ID marks
// the end of the file.
type note struct {
	file *file
	diag text.Diagnostic
	bad  bool // a record could not be read
	job  int  // of a worker's note: its job; of a reader's note: the jobs submitted before
}

// A task is what a job works with.
type task struct {
	ctx  context.Context
	b    *event.Builder
	opt  *Options
	file uint32 // for the origins of records
	unit *unit
	job  int
}

// note adds a diagnostic about the task's file; bad says that it costs a record.
func (t *task) note(bad bool, sev text.Severity, id, format string, args ...any) {
	f := t.unit.files[t.file]
	n := f.note(bad, sev, id, format, args...)
	n.job = t.job
	t.unit.found = append(t.unit.found, n)
}

// decode does the unit's jobs.
func (u *unit) decode(ctx context.Context, opt *Options) {
	defer close(u.done)
	defer u.letGo()
	b := event.NewBuilder(opt.Dicts, opt.BatchRows, opt.Need, func(b *event.Batch) error {
		u.batches = append(u.batches, b)
		return ctx.Err()
	})
	if opt.InOrder {
		b.Uniform(opt.Classes.Intern(event.Class{Shape: MixedShape}))
	}
	for i, j := range u.jobs {
		if u.err = ctx.Err(); u.err != nil {
			return
		}
		if u.err = j.run(&task{ctx: ctx, b: b, opt: opt, file: j.file, unit: u, job: i}); u.err != nil {
			return
		}
	}
	u.letGo()
	u.err = b.Flush()
}

// letGo drops the jobs with the text and the files that they read.
func (u *unit) letGo() {
	for _, j := range u.jobs {
		j.hold.release()
	}
	u.jobs = nil
}

// run reads the groups with bounded look-ahead and hands their batches on in order.
func run(ctx context.Context, groups [][]entry, opt *Options, emit func(*event.Batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	g := newGate(opt.Workers)
	context.AfterFunc(ctx, g.close)
	work := make(chan *unit, g.most())
	var wg sync.WaitGroup
	defer func() {
		cancel()
		wg.Wait()
		for len(work) > 0 {
			(<-work).letGo()
		}
	}()
	for range opt.Workers {
		wg.Go(func() {
			for {
				select {
				case u := <-work:
					u.decode(ctx, opt)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	out := merger{opt: opt, emit: emit, pending: map[*event.Class]*pending{}}
	streams := make([]*stream, len(groups))
	launch := func(i int) {
		if i < len(groups) {
			s := &stream{ctx: ctx, opt: opt, gate: g, index: i, entries: groups[i], work: work, units: make(chan *unit, g.most())}
			streams[i] = s
			wg.Go(s.read)
		}
	}
	ahead := 2*opt.Workers + 1
	for i := range ahead {
		launch(i)
	}
	for i := range groups {
		g.lead(i)
		for {
			u, err := next(ctx, streams[i].units)
			if err != nil {
				return err
			}
			if u == nil {
				break
			}
			if err := u.handOn(opt, &out); err != nil {
				return err
			}
			g.release(i)
		}
		streams[i] = nil
		launch(i + ahead)
	}
	return out.flush(0)
}

// next waits for the next unit of a stream to be decoded; nil is the end.
func next(ctx context.Context, units <-chan *unit) (*unit, error) {
	select {
	case u, ok := <-units:
		if !ok {
			return nil, ctx.Err()
		}
		select {
		case <-u.done:
			return u, u.err
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return nil, ctx.Err()
}

// handOn numbers the unit's files, reports what was wrong and emits the batches.
func (u *unit) handOn(opt *Options, out *merger) error {
	numbers := make([]uint32, len(u.files))
	for i, f := range u.files {
		if !f.numbered {
			f.numbered = true
			f.number = opt.Files.Add(f.name)
		}
		numbers[i] = f.number
	}
	found := u.found
	for _, n := range u.notes {
		for len(found) > 0 && found[0].job < n.job {
			found[0].file.report(found[0], opt)
			found = found[1:]
		}
		n.file.report(n, opt)
	}
	for _, n := range found {
		n.file.report(n, opt)
	}
	for _, b := range u.batches {
		for i := range b.Lineage.One {
			b.Lineage.One[i].File = numbers[b.Lineage.One[i].File]
		}
		b.Settle()
		if err := out.add(b); err != nil {
			return err
		}
	}
	u.batches = nil
	return out.endUnit()
}

// A gate bounds the units in memory. Without it a stream far behind the one being handed on could fill the memory, or take
// the room that the first one needs to go on.
type gate struct {
	mu      sync.Mutex
	cond    *sync.Cond
	workers int
	head    int
	first   int // units of the stream being handed on
	others  map[int]int
	sum     int // of others
	closed  bool
}

func newGate(workers int) *gate {
	g := &gate{workers: workers, others: map[int]int{}}
	g.cond = sync.NewCond(&g.mu)
	return g
}

// most is an upper bound of the units that the gate lets through at once.
func (g *gate) most() int { return 3*g.workers + 8 }

// acquire waits until stream i may start another unit; false means that it is all over.
func (g *gate) acquire(i int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.closed {
		if i == g.head {
			if g.first < g.workers+1 {
				g.first++
				return true
			}
		} else if g.sum < g.workers+1 && g.others[i] < max(1, g.workers/2) {
			g.others[i]++
			g.sum++
			return true
		}
		g.cond.Wait()
	}
	return false
}

// lead makes stream i the one being handed on.
func (g *gate) lead(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.head, g.first = i, g.others[i]
	g.sum -= g.others[i]
	delete(g.others, i)
	g.cond.Broadcast()
}

// release says that a unit of stream i, which leads, has been handed on.
func (g *gate) release(int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first--
	g.cond.Broadcast()
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.cond.Broadcast()
}
