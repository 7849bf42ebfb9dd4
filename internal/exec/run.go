package exec

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spill"
	"github.com/harrier-detect/harrier/internal/text"
)

// Views opens the views that scans name.
type Views interface {
	// Bind returns a view of which the given columns are needed. The view belongs to the caller's goroutine.
	Bind(view string, need event.FieldSet, env *fn.Env) (View, error)
}

// A View turns batches of the input into batches of the view's columns. It belongs to one goroutine.
type View interface {
	// Sources returns the fields of the input that the view reads.
	Sources() event.FieldSet
	// Apply returns the rows of b that belong to the view, with the class and lineage of b, or nil when there is none.
	Apply(b *event.Batch) *event.Batch
	// Late returns those of the needed columns that can be told only when all input has been seen, and [RowsLate] when Finish
	// may drop rows.
	Late() event.FieldSet
	// Finish returns b, some rows of a batch that Apply gave, with those late columns added that need has; of the columns that
	// Apply gave b may lack those that need has not. It is called after all input. It may drop rows when Late has RowsLate; nil is
	// no row.
	Finish(b *event.Batch, need event.FieldSet) *event.Batch
}

// RowsLate in a view's Late says that only at the end it is known which rows the view has: a row may repeat what a better
// source tells somewhere else in the input.
const RowsLate = "_twin"

// LateRows stands among the late columns of a view that can tell only in the end whether a row belongs to it.
const LateRows = "_twin"

// An Input can be read, perhaps several times.
type Input interface {
	// Scan calls emit with all batches, in an order that is the same each time, from one goroutine at a time. need says which
	// fields are read; others may be left out. When emit returns an error Scan stops and returns it.
	Scan(ctx context.Context, need func(field string) bool, emit func(*event.Batch) error) error
}

// Options are what a run works with.
type Options struct {
	// Env is what functions know of the run; nil is an empty one.
	Env *fn.Env
	// Views and Input may be nil when no plan scans.
	Views Views
	Input Input
	// Memory bounds, in bytes, what operators hold in memory; 0 means half of the machine's. What goes beyond is put away on Disk.
	Memory int64
	// Ceiling is what the whole process may have, in bytes. When what is alive comes near it, dictionaries begin new generations and
	// operators put rows away, whatever Memory says. 0: no ceiling.
	Ceiling int64
	// Disk takes the rows that memory has no room for. Rows that a Collector has are read from it, so it must stay open as long.
	// nil is one for this run in the system's temporary folder.
	Disk *spill.Disk
	// Dicts, when set, are the dictionaries of the input: operators let go of their old generations.
	Dicts *event.Dicts
	// BatchRows is how many rows operators put into the batches they make; 0 means event.DefaultBatchRows.
	BatchRows int
	// Workers is how many goroutines apply views and select rows, and how many run the plans behind; 0 means one a processor.
	Workers int
	// Unshared evaluates the predicate of each scan by itself, as if there were no other. The answer is the same; tests hold the
	// shared evaluation against it.
	Unshared bool
	// Rewrite is applied to the plans that Dynamic nodes build, before they run; nil leaves them alone. Plans of jobs run as
	// they are.
	Rewrite func(plan.Node) plan.Node
	// Report takes what operators have to say of a run that goes on; it may be nil.
	Report func(text.Diagnostic)
}

// A Job is one plan of a run: a rule or a query.
type Job struct {
	// Name is what diagnostics call the job.
	Name string
	Plan plan.Node
	// Out takes the rows. It is closed when the plan has run to its end, and not when it has failed. Jobs run at the same time
	// as others: no two may have one sink.
	Out Sink
	// Err is set by Run when the plan has failed: a text.Diagnostic of class RUN, the error of Out, or the context's.
	Err error
	// Shape is set by Run to what is known of the result's columns, the plans that Dynamic nodes have built included. Run
	// hands it to Out when that is a Collector.
	Shape plan.Shape
}

// Run runs all jobs in one pass over the input, and one more for each level of [plan.Dynamic] that reads it again. A job that
// fails leaves its error in Err and does not disturb the others. The error of Run is the input's or the context's.
func Run(ctx context.Context, jobs []*Job, opt Options) error {
	r := newRun(ctx, opt)
	done := make(chan error, 1)
	go func() { done <- r.run(jobs) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(patience):
			return r.abandon(jobs)
		}
	}
	if opt.Disk == nil {
		if derr := r.closeDisk(jobs); err == nil {
			err = derr
		}
	}
	return err
}

// closeDisk brings what collectors have on a disk of the run's own into memory, and removes it.
func (r *run) closeDisk(jobs []*Job) (err error) {
	for _, j := range jobs {
		if c, ok := j.Out.(*Collector); ok && c.kept != nil && j.Err == nil {
			c.kept.acc = nil
			err = errors.Join(err, c.kept.load())
		}
	}
	return errors.Join(err, r.disk.Close())
}

func newRun(ctx context.Context, opt Options) *run {
	if opt.Env == nil {
		opt.Env = &fn.Env{}
	}
	if opt.BatchRows <= 0 {
		opt.BatchRows = event.DefaultBatchRows
	}
	if opt.Memory <= 0 {
		opt.Memory = defaultMemory()
	}
	if opt.Report == nil {
		opt.Report = func(text.Diagnostic) {}
	}
	r := &run{ctx: ctx, opt: opt, memory: &budget{limit: opt.Memory}, disk: opt.Disk}
	r.memory.run, r.memory.pressure = r, newPressure(opt.Ceiling)
	if r.disk == nil {
		r.disk = spill.New("")
	}
	return r
}

func (r *run) run(jobs []*Job) error {
	for _, j := range jobs {
		t := &task{run: r, job: j, shapes: &plan.Shapes{}, meter: r.opt.Env.Profile.Meter(cost.Pipeline, j.Name)}
		r.mu.Lock()
		left := r.left
		r.tasks = append(r.tasks, t)
		r.mu.Unlock()
		if left {
			return r.ctx.Err()
		}
		j.Err = nil
		t.guard(func() error {
			t.shapes.Of(j.Plan)
			b := &builder{task: t, shapes: t.shapes, scope: &scope{}}
			if c, ok := j.Out.(*Collector); ok {
				c.kept = b.store()
			}
			return b.build(j.Plan, j.Out)
		})
	}
	err := r.drive()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.left {
		for _, t := range r.tasks {
			t.end(err)
		}
	}
	return err
}

// end gives the job what the run has come to.
func (t *task) end(err error) {
	if t.job.Err == nil && err != nil {
		t.job.Err = err
	}
	t.job.Shape = t.shapes.Of(t.job.Plan)
	if c, ok := t.job.Out.(*Collector); ok {
		c.Shape = t.job.Shape
	}
}

// patience is how long a run that was cancelled may take to come to its end. All loops look whether it was, but one of them may be
// in the midst of something long: a regular expression, a sort, the compilation of thousands of rules.
const patience = 60 * time.Millisecond

// abandon leaves a run that was cancelled and does not end. It keeps, by holding their locks for good, the jobs that nobody is working
// at, with the rows that they have; the others have none.
func (r *run) abandon(jobs []*Job) error {
	err := r.ctx.Err()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = true
	kept := map[*Job]bool{}
	for _, t := range r.tasks {
		if t.mu.TryLock() {
			kept[t.job] = true
			t.end(err)
		}
	}
	for _, j := range jobs {
		if c, ok := j.Out.(*Collector); ok && !kept[j] {
			c.lost = true
		}
	}
	return err
}

// A run is one call of Run.
type run struct {
	ctx    context.Context
	opt    Options
	memory *budget
	disk   *spill.Disk
	codec  spill.Codec
	turns  int64 // of the dictionaries' generations, when the operators last let go of old ones
	tasks  []*task
	mu     sync.Mutex
	left   bool // the run was cancelled, and whoever began it has gone
	// tables are leaves whose rows are there already; scans are those that wait for a pass over the input.
	tables []*tableLeaf
	scans  []*scanLeaf
}

// A task is a job under way. Its plan runs in one goroutine at a time.
type task struct {
	run    *run
	job    *Job
	shapes *plan.Shapes
	mu     sync.Mutex
	ended  atomic.Bool // it has failed
	held   int64       // what its operators have booked
	meter  *cost.Meter
	// keepers are its operators that can put rows away.
	keepers []keeper
	leaves  []*scanLeaf
}

func (t *task) failed() bool { return t.ended.Load() }

// guard runs f, which works for the task alone. An error or a panic of f ends the task.
func (t *task) guard(f func() error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed() {
		return
	}
	if err := caught(f); err != nil && err != ErrEnough {
		t.fail(err)
	}
}

func caught(f func() error) (err error) {
	defer catch(&err)
	return f()
}

// fail ends the task; the first error counts.
func (t *task) fail(err error) {
	if t.job.Err != nil {
		return
	}
	t.job.Err = diagnose(t.job.Name, err)
	if c, ok := t.job.Out.(*Collector); ok {
		c.kept = nil
	}
	t.ended.Store(true)
	// What the plan holds is let go: the others need the room.
	t.run.memory.used.Add(-t.held)
	t.held = 0
	for _, k := range t.keepers {
		k.drop()
	}
	t.keepers = nil
	for _, l := range t.leaves {
		l.out, l.kept = discard{}, &store{}
	}
	t.leaves = nil
}

type panicError struct {
	value any
	stack []byte
}

func (e panicError) Error() string {
	return fmt.Sprintf("internal fault: %v\n%s", e.value, e.stack)
}

// diagnose gives an error of a job its stable ID.
func diagnose(job string, err error) error {
	var d text.Diagnostic
	if errors.As(err, &d) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	id := "RUN6000"
	var bind *expr.BindError
	var mem *memoryError
	var fault panicError
	var scan *scanError
	var dyn *dynamicError
	var node *unknownNode
	var disk *spill.Error
	switch {
	case errors.As(err, &fault):
		id = "RUN6001"
	case errors.As(err, &mem):
		id = "RUN6002"
	case errors.As(err, &disk):
		id = "RUN6006"
	case errors.As(err, &bind):
		id = "RUN6003"
	case errors.As(err, &scan):
		id = "RUN6004"
	case errors.As(err, &dyn):
		id = "RUN6005"
	case errors.As(err, &node):
		id = "RUN2001"
	}
	if job != "" {
		job += ": "
	}
	return text.Diagnostic{ID: id, Severity: text.Error, Message: job + err.Error()}
}

// drive feeds the leaves until none is left. Leaves may make new ones: a Dynamic builds its plan when its dependencies end.
func (r *run) drive() error {
	for len(r.tables)+len(r.scans) > 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if len(r.tables) > 0 {
			leaf := r.tables[0]
			r.tables = r.tables[1:]
			leaf.task.guard(leaf.run)
			continue
		}
		leaves := r.scans
		r.scans = nil
		if err := r.pass(leaves); err != nil {
			return err
		}
	}
	return r.ctx.Err()
}

// tableLeaf pushes rows that are there already.
type tableLeaf struct {
	task *task
	rows *store
	out  Sink
}

func (l *tableLeaf) run() error {
	if err := l.rows.each(l.out.Push); err != nil && err != ErrEnough {
		return err
	}
	return l.out.Close()
}
