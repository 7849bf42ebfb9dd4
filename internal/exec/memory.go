package exec

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/harrier-detect/harrier/internal/event"
)

// budget bounds what the blocking operators of a run hold together.
type budget struct {
	limit int64
	used  atomic.Int64
}

// An account is the share of one operator.
type account struct {
	of   *task
	name string // the operator, as the plan prints it
	held int64
}

// A memoryError says that an operator would hold more than the run may.
type memoryError struct {
	op          string
	held, limit int64
}

func (e *memoryError) Error() string {
	return fmt.Sprintf("%s holds %s and the run may hold %s in all; narrow the search, or allow more memory", e.op, size(e.held), size(e.limit))
}

// grow books n more bytes (fewer when n is negative). This is the place where an operator that can write to disk would do so
// instead of failing.
func (a *account) grow(n int64) error {
	if a == nil {
		return nil
	}
	a.held += n
	a.of.held += n
	of := a.of.run.memory
	if of.used.Add(n) > of.limit && n > 0 {
		return &memoryError{a.name, a.held, of.limit}
	}
	return nil
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
	total := 16 * n
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
	case event.Dictionary, event.Lazy:
		return 4 * n
	case event.Plain:
		return 8 * n
	case event.Any:
		total := 24 * n
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
