package exec

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/harrier-detect/harrier/internal/event"
)

// budget bounds what the operators of a run hold together.
type budget struct {
	run   *run
	limit int64
	used  atomic.Int64
	// next is how much must be used before others are asked again to put rows away: when they have none there is no sense in
	// asking at each batch.
	next atomic.Int64
	// pressure knows what the books do not.
	pressure *pressure
}

// A keeper holds rows that it can put away on disk. Its methods are called while the lock of its task is held.
type keeper interface {
	// held returns about how many bytes putAway would free; 0 when it cannot now.
	holds() int64
	putAway() error
	// settle lets go of dictionaries that newer generations have replaced.
	settle() error
	// drop gives back what is on disk.
	drop()
}

// An account is the share of one operator.
type account struct {
	of     *task
	name   string // the operator, as the plan prints it
	held   int64
	keeper keeper // puts away what is booked here; nil: that cannot be done
	why    string // with a keeper: why it may still fail to make room
}

// A memoryError says that an operator would hold more than the run may, and why it cannot put rows away.
type memoryError struct {
	op, why     string
	held, limit int64
}

func (e *memoryError) Error() string {
	return fmt.Sprintf("%s holds %s of the %s that all operators have; %s; narrow the search, or allow more memory", e.op, size(e.held), size(e.limit), e.why)
}

// leastHold is what an operator may hold of that which cannot be put away, however small the run's bound: with less nothing runs.
const leastHold = 1 << 20

// grow books n more bytes (fewer when n is negative). When the run then holds more than it may, rows are put away: those of the
// operator itself when it holds a good part, else those of the biggest holders. It fails when none of this is possible.
func (a *account) grow(n int64) error {
	if a == nil {
		return nil
	}
	a.held += n
	a.of.held += n
	m := a.of.run.memory
	used := m.used.Add(n)
	if n <= 0 || used <= m.limit && !m.pressure.tooMuch() {
		return nil
	}
	if a.keeper != nil && a.keeper.holds() >= used/8 {
		return a.keeper.putAway()
	}
	if !a.press() {
		return nil
	}
	if a.keeper != nil {
		if a.held <= min(m.limit/16, blockBytes/4) {
			return nil // many that hold little would write blocks of a row each
		}
		return a.keeper.putAway()
	}
	if !a.burst() {
		return nil
	}
	return a.fail("what it holds is needed all the time and cannot be kept on disk")
}

// press makes others put rows away when the run holds more than it may, and reports whether it still does.
func (a *account) press() bool {
	if !a.full() {
		return false
	}
	switch m := a.of.run.memory; {
	case m.pressure.act():
		m.relieveTo(a.of, m.used.Load()/2)
	case m.used.Load() > m.limit && m.used.Load() > m.next.Load():
		m.relieve(a.of)
		m.next.Store(m.used.Load() + m.limit/16)
	}
	return a.full()
}

// burst reports whether an operator that cannot put rows away holds too much. It may go beyond the run's bound, since that is
// where the others begin to make room, but not by far.
func (a *account) burst() bool {
	if a == nil || a.held <= leastHold {
		return false
	}
	m := a.of.run.memory
	return m.used.Load() > 2*m.limit && a.press() && m.used.Load() > 2*m.limit
}

// fail returns the error of an operator that can make no room.
func (a *account) fail(why string) error {
	if a.why != "" {
		why = a.why
	}
	return &memoryError{a.name, why, a.held, a.of.run.memory.limit}
}

func (a *account) limit() int64 { return a.of.run.memory.limit }

// full reports whether the run holds more than it may.
func (a *account) full() bool {
	if a == nil {
		return false
	}
	m := a.of.run.memory
	return m.used.Load() > m.limit || m.pressure.tooMuch()
}

// relieve asks the biggest keepers of the run to put rows away until a quarter of the bound is free. self is the task whose lock
// the caller holds; of others only those are asked whose lock is free, since two that wait for each other would wait for ever.
func (m *budget) relieve(self *task) { m.relieveTo(self, m.limit/4*3) }

// relieveTo is relieve until no more than goal is booked.
func (m *budget) relieveTo(self *task, goal int64) {
	type one struct {
		task *task
		k    keeper
		n    int64
	}
	var all []one
	for _, t := range m.run.tasks {
		if t != self && !t.mu.TryLock() {
			continue
		}
		if !t.failed() {
			for _, k := range t.keepers {
				if n := k.holds(); n > 0 {
					all = append(all, one{t, k, n})
				}
			}
		}
		if t != self {
			t.mu.Unlock()
		}
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(b.n, a.n) })
	for _, o := range all {
		if m.used.Load() <= goal {
			return
		}
		if o.task != self && !o.task.mu.TryLock() {
			continue
		}
		if !o.task.failed() {
			if err := caught(o.k.putAway); err != nil {
				o.task.fail(err)
			}
		}
		if o.task != self {
			o.task.mu.Unlock()
		}
	}
}

// settle lets all keepers of the run let go of old dictionaries.
func (r *run) settle() {
	for _, t := range r.tasks {
		t.guard(func() error {
			for _, k := range t.keepers {
				if err := k.settle(); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// book books n more bytes and leaves it at that.
func (a *account) book(n int64) {
	if a != nil {
		a.held += n
		a.of.held += n
		a.of.run.memory.used.Add(n)
	}
}

// set books that the operator holds n bytes now.
func (a *account) set(n int64) error {
	if a == nil {
		return nil
	}
	return a.grow(n - a.held)
}

// free gives everything back.
func (a *account) free() {
	if a != nil {
		_ = a.grow(-a.held) // giving back never fails
	}
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (n+1023)/1024)
}

// batchSize estimates the bytes that keeping b keeps alive, dictionaries apart: those live for the whole run.
func batchSize(b *event.Batch) int64 {
	n := int64(b.Len())
	total := 16*n + 96*int64(len(b.Names())) + 128
	for i := range b.Names() {
		total += columnSize(b.ColumnAt(i))
	}
	for _, set := range b.Lineage.Sets {
		total += 24 + 16*int64(len(set))
	}
	return total
}

func columnSize(c *event.Column) int64 {
	n := int64(c.Len())
	switch c.Encoding() {
	case event.Dictionary:
		return 4 * n
	case event.Plain:
		return 8 * n
	case event.Any, event.Lazy:
		total := 24 * n
		if c.Encoding() == event.Lazy {
			total += 8 * n
		}
		for i := range c.Len() {
			total += int64(c.Value(i).Size())
		}
		return total
	}
	return 24
}

// defaultMemory is half of what the machine has.
func defaultMemory() int64 {
	const fallback = 4 << 30
	if runtime.GOOS != "linux" {
		return fallback
	}
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return fallback
	}
	for line := range strings.Lines(string(info)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err == nil && kb > 0 {
				return kb << 10 / 2
			}
		}
	}
	return fallback
}
