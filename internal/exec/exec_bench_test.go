package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	. "github.com/harrier-detect/harrier/internal/exec/exectest"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

const benchRows = 1 << 20

// benchInput is a million process-like events: a few hosts, some images, many command lines, times that mostly ascend.
var benchInput = sync.OnceValue(func() exec.MemoryInput {
	rnd := rand.New(rand.NewPCG(1, 1))
	var out exec.MemoryInput
	var classes event.Classes
	b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error {
		out = append(out, b)
		return nil
	})
	class := classes.Intern(event.Class{Shape: "test"})
	host, image, line, user, at, pid := b.Field("host"), b.Field("image"), b.Field("line"), b.Field("user"), b.Field("_time"), b.Field("pid")
	for i := range benchRows {
		b.AddString(host, fmt.Sprintf("host%d", rnd.IntN(50)))
		b.AddString(image, fmt.Sprintf(`C:\Windows\System32\prog%d.exe`, rnd.IntN(2000)))
		b.AddString(line, fmt.Sprintf(`prog.exe -k netsvcs -p -s Schedule %d`, rnd.IntN(200_000)))
		b.AddString(user, fmt.Sprintf("user%d", rnd.IntN(5000)))
		b.Add(at, event.IntOf(1_700_000_000+int64(i/10)-int64(rnd.IntN(30))))
		b.Add(pid, event.IntOf(int64(rnd.IntN(65536))))
		if err := b.End(class, event.Origin{Record: uint64(i + 1)}); err != nil {
			panic(err)
		}
	}
	if err := b.Flush(); err != nil {
		panic(err)
	}
	return out
})

func BenchmarkRun(b *testing.B) {
	in := benchInput()
	count := plan.AggItem{As: "n", Fn: Count}
	hosts := &plan.Aggregate{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{count}}
	contains := expr.F(In, col("image"), expr.L(event.ListOf([]event.Value{event.StringOf(`C:\Windows\System32\prog7.exe`)})))
	for _, c := range []struct {
		name string
		n    plan.Node
	}{
		{"scan", &plan.Aggregate{Input: scan(), Aggs: []plan.AggItem{count}}},
		{"filter/few", &plan.Filter{Input: scan(), Pred: contains}},
		{"filter/most", &plan.Aggregate{Input: &plan.Filter{Input: scan(), Pred: &expr.Not{Arg: contains}}, Aggs: []plan.AggItem{count}}},
		{"group/50", &plan.Aggregate{Input: scan(), Group: by("host"), Aggs: []plan.AggItem{count, {As: "s", Fn: Sum, Args: cols("pid")}}}},
		{"group/200000", &plan.Aggregate{Input: scan(), Group: by("line"), Aggs: []plan.AggItem{count}, Sorted: true}},
		{"group/2keys", &plan.Aggregate{Input: scan(), Group: by("host", "image"), Aggs: []plan.AggItem{count}}},
		{"group/int", &plan.Aggregate{Input: scan(), Group: by("pid"), Aggs: []plan.AggItem{count}}},
		{"sort/time", &plan.Sort{Input: scan(), Keys: []plan.SortKey{{Expr: col("_time"), Desc: true}}}},
		{"sort/text", &plan.Sort{Input: scan(), Keys: []plan.SortKey{{Expr: col("line"), Collation: plan.AutoText}, {Expr: col("pid")}}}},
		{"sort/top100", &plan.Sort{Input: scan(), Limit: 100, Keys: []plan.SortKey{{Expr: col("_time"), Desc: true}}}},
		{"join/inner", &plan.Aggregate{Input: &plan.Join{Left: scan(), Right: hosts, LeftKeys: cols("user"), RightKeys: cols("user"), Clash: plan.ClashOverwrite}, Aggs: []plan.AggItem{count}}},
		{"join/semi", &plan.Aggregate{Input: &plan.Join{Left: scan(), Right: &plan.Filter{Input: hosts, Pred: gt(col("n"), lit(210))}, Kind: plan.LeftSemi, LeftKeys: cols("user"), RightKeys: cols("user")}, Aggs: []plan.AggItem{count}}},
		{"dedup", &plan.Dedup{Input: scan(), Keys: cols("host", "image"), N: 1}},
		{"attach", &plan.Aggregate{Input: &plan.Attach{Input: scan(), Group: by("user"), Aggs: []plan.AggItem{count}}, Aggs: []plan.AggItem{count}}},
	} {
		n := optimize(c.n)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				job := &exec.Job{Plan: n, Out: &exec.Collector{}}
				err := exec.Run(context.Background(), []*exec.Job{job}, exec.Options{Views: Identity{}, Input: in})
				if err != nil || job.Err != nil {
					b.Fatal(err, job.Err)
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
