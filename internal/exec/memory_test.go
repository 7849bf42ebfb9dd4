package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	. "github.com/harrier-detect/harrier/internal/exec/exectest"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spill"
)

// manyEvents is a few megabytes of events in which hardly anything repeats.
func manyEvents(t *testing.T, rows int) []*event.Batch {
	rnd := rand.New(rand.NewPCG(3, 4))
	var events []event.Bag
	for i := range rows {
		events = append(events, event.Bag{
			{Name: "id", Value: event.IntOf(int64(rnd.IntN(rows)))},
			{Name: "user", Value: event.StringOf(fmt.Sprintf("user %d", rnd.IntN(rows/2)))},
			{Name: "line", Value: event.StringOf(fmt.Sprintf("%d %s", rnd.IntN(rows), strings.Repeat("x", 50)))},
			{Name: "tags", Value: event.ListOf([]event.Value{event.IntOf(int64(i % 7)), event.StringOf(fmt.Sprint("t", rnd.IntN(rows/4)))})},
		})
	}
	return Batches(t, events, 512)
}

// TestMemoryBound runs what keeps many rows or groups in a small part of the memory that they need, and demands the answer that
// there is with plenty.
func TestMemoryBound(t *testing.T) {
	batches := manyEvents(t, 20_000)
	count := plan.AggItem{As: "n", Fn: Count}
	lists := plan.AggItem{As: "l", Fn: List, Args: cols("line")}
	split := by("tags", "user")
	split.SplitLists = true
	byUser := func() plan.Node {
		return &plan.Aggregate{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{count}}
	}
	for name, n := range map[string]plan.Node{
		"rows":            scan(),
		"sort":            &plan.Sort{Input: scan(), Keys: []plan.SortKey{{Expr: col("line"), Desc: true}, {Expr: col("id")}}},
		"sort with limit": &plan.Sort{Input: scan(), Limit: 9000, Keys: []plan.SortKey{{Expr: col("user")}}},
		"reverse":         &plan.Reverse{Input: scan()},
		"groups":          &plan.Aggregate{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{count, lists}},
		"groups, sorted":  &plan.Aggregate{Input: scan(), Group: split, Aggs: []plan.AggItem{count}, Sorted: true},
		"wide groups":     &plan.Aggregate{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{{As: "*", Fn: List, Over: "*"}}},
		"beside groups":   &plan.Attach{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{count, lists}},
		"beside all":      &plan.Attach{Input: scan(), Aggs: []plan.AggItem{count}},
		"dedup":           &plan.Dedup{Input: scan(), Keys: cols("user"), NullsEqual: true},
		"dedup, blank":    &plan.Dedup{Input: scan(), Keys: cols("user"), NullsEqual: true, Blank: true},
		"in a row":        &plan.Dedup{Input: scan(), Keys: cols("line"), Consecutive: true, NullsEqual: true},
		"join":            &plan.Join{Left: scan(), Right: byUser(), Kind: plan.Inner, LeftKeys: cols("user"), RightKeys: cols("user")},
		"full join":       &plan.Join{Left: scan(), Right: scan(), Kind: plan.FullOuter, LeftKeys: cols("user"), RightKeys: cols("line"), Clash: plan.Clash(1)},
		"one key":         &plan.Join{Left: byUser(), Right: scan(), Kind: plan.LeftSemi, LeftKeys: cols("none"), RightKeys: cols("none"), NullsMatch: true},
		"union":           &plan.Union{Sources: []plan.Node{byUser(), scan()}},
		"pairs":           &plan.Beside{Left: scan(), Right: byUser()},
	} {
		collect := func(memory int64) (string, int64) {
			disk := spill.New(t.TempDir())
			defer disk.Close()
			out := &exec.Collector{}
			jobs := []*exec.Job{{Name: "j", Plan: n, Out: out}}
			if err := exec.Run(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(batches), Memory: memory, Disk: disk}); err != nil || jobs[0].Err != nil {
				t.Fatalf("%s: %v %v", name, err, jobs[0].Err)
			}
			_, peak := disk.Used()
			var b strings.Builder
			if err := out.Each(func(rows *event.Batch) error {
				_, body, _ := strings.Cut(Print(rows, false), "\n") // how rows are cut into batches does not count
				b.WriteString(body + "\n")
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			out.Release()
			if now, _ := disk.Used(); now != 0 {
				t.Errorf("%s: %d bytes are left on disk", name, now)
			}
			return b.String(), peak
		}
		want, none := collect(1 << 40)
		got, some := collect(400 << 10)
		if none != 0 || some == 0 {
			t.Errorf("%s: %d bytes went to disk with plenty of memory, %d with little", name, none, some)
		}
		if got != want {
			t.Errorf("%s: another answer with little memory%s", name, firstDifference(got, want))
		}
	}
}

// firstDifference shows the first lines that differ.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf(" in row %d\ngot  %.300s\nwant %.300s", i, a[i], b[i])
		}
	}
	return fmt.Sprintf(": %d rows, want %d", len(a), len(b))
}

// TestMemoryHasAnEnd: one group of which everything must be known cannot be split, and what needs all rows at once must have them.
func TestMemoryHasAnEnd(t *testing.T) {
	batches := manyEvents(t, 40_000)
	for want, n := range map[string]plan.Node{
		"what it holds of a single group is needed all the time": &plan.Aggregate{Input: scan(), Aggs: []plan.AggItem{{As: "*", Fn: List, Over: "*"}}},
		"it needs all rows at once":                              &plan.Transpose{Input: scan(), NameAs: "column"},
	} {
		jobs := []*exec.Job{{Name: "greedy", Plan: n, Out: &exec.Collector{}}, {Name: "modest", Plan: &plan.Limit{Input: scan(), N: 7}, Out: &exec.Collector{}}}
		err := exec.Run(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(batches), Memory: 400 << 10})
		if err != nil || jobs[0].Err == nil || !strings.Contains(jobs[0].Err.Error(), "RUN6002") || !strings.Contains(jobs[0].Err.Error(), want) {
			t.Errorf("%v, %v, want %s", err, jobs[0].Err, want)
		}
		if jobs[1].Err != nil || jobs[1].Out.(*exec.Collector).Len() != 7 {
			t.Errorf("the modest job: %v", jobs[1].Err)
		}
	}
}

// TestDiskIsFull: rows that cannot be written end the job with the reason, and nothing else.
func TestDiskIsFull(t *testing.T) {
	jobs := []*exec.Job{{Name: "j", Plan: &plan.Reverse{Input: scan()}, Out: &exec.Collector{}}, {Name: "k", Plan: &plan.Limit{Input: scan(), N: 3}, Out: &exec.Collector{}}}
	dir := filepath.Join(t.TempDir(), "none")
	err := exec.Run(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(manyEvents(t, 4000)), Memory: 1, Disk: spill.New(dir)})
	if err != nil || jobs[0].Err == nil || !strings.Contains(jobs[0].Err.Error(), "RUN6006: j: cannot keep rows in a temporary file in "+dir) {
		t.Errorf("%v, %v", err, jobs[0].Err)
	}
}

// TestNothingStaysOnDisk demands that operators give back all room on disk, cancelled or not, and that the file is gone in the end.
func TestNothingStaysOnDisk(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(300) {
		r := &randomPlan{Rand: rand.New(rand.NewPCG(seed, 0))}
		batches := Batches(t, r.events(), 3)
		n := r.node(1 + r.IntN(4))
		disk := spill.New(dir)
		out := &exec.Collector{}
		jobs := []*exec.Job{{Plan: n, Out: out}}
		used, err := exec.RunMeasured(context.Background(), jobs, exec.Options{Views: Identity{}, Input: exec.MemoryInput(batches), BatchRows: 2, Memory: 1, Disk: disk})
		if now, _ := disk.Used(); err != nil || used != 0 || now != 0 {
			t.Fatalf("seed %d: %v, %d bytes are still booked, %d on disk\n%s", seed, err, used, now, plan.String(n))
		}
		disk.Close()
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}
}
