package exec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	kqlfn "github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/types"
	sigmafn "github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/spill"
	splfn "github.com/harrier-detect/harrier/internal/spl/function"
)

// passOn checks that a state can be put on disk and taken back in the midst of its rows without a trace.
func passOn(t *testing.T, name string, fresh func() fn.State, rows [][]event.Value) {
	t.Helper()
	want, got := fresh(), fresh()
	for i, r := range rows {
		want.Add(r)
		got.Add(r)
		if i%5 == 2 {
			data, err := spill.AppendState(nil, got, fresh())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			back := fresh()
			rest, err := spill.ReadState(data, back)
			if err != nil || len(rest) > 0 {
				t.Errorf("%s: %v, %d bytes are left", name, err, len(rest))
				return
			}
			got = back
		}
	}
	a, b := want.Result(), got.Result()
	if a.Kind() != b.Kind() || !event.Equal(a, b) && fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%s: %v, want %v", name, b, a)
	}
}

// TestStatesOfAllAggregates demands that the state of every aggregate of every language can be put on disk: an aggregation with one that
// cannot would have to stay in memory.
func TestStatesOfAllAggregates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	env := &fn.Env{Clock: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	values := func(of string, n int) []event.Value {
		out := make([]event.Value, n)
		for i := range out {
			switch of {
			case "string":
				out[i] = event.StringOf(fmt.Sprint("v", rnd.IntN(9)))
			case "long":
				out[i] = event.IntOf(int64(rnd.IntN(50)))
			case "real":
				out[i] = event.FloatOf(rnd.NormFloat64())
			case "datetime":
				out[i] = event.TicksOf(int64(1e16) + int64(i)*1e7)
			case "timespan":
				out[i] = event.DurationOf(int64(rnd.IntN(1e9)))
			case "bool":
				out[i] = event.BoolOf(rnd.IntN(2) == 0)
			default:
				out[i] = event.ObjectOf(event.Bag{{Name: fmt.Sprint("k", rnd.IntN(4)), Value: event.ListOf([]event.Value{event.IntOf(int64(rnd.IntN(3)))})}})
			}
		}
		return out
	}
	table := func(kinds ...string) [][]event.Value {
		const n = 60
		rows := make([][]event.Value, n)
		for _, k := range kinds {
			for i, v := range values(k, n) {
				rows[i] = append(rows[i], v)
			}
		}
		return rows
	}
	tried := 0
	for _, a := range splfn.Aggregates {
		for _, kinds := range [][]string{{"long", "long"}, {"string", "long"}, {"real", "long"}} {
			kinds = kinds[:max(min(a.Min, 2), min(a.Max, 1))]
			if splfn.NeedsTime(a) {
				kinds = []string{"long", "long"}
			}
			args := make([]fn.Arg, len(kinds))
			fresh, err := a.New(env, args)
			if err != nil {
				args = append(args, fn.Arg{Const: true, Value: event.IntOf(50)})
				if fresh, err = a.New(env, args); err != nil {
					t.Logf("spl %s: %v", a.Name, err)
					break
				}
			}
			tried++
			passOn(t, "spl "+a.Name, fresh, table(kinds...))
		}
	}
	kinds := []string{"long", "string", "real", "datetime", "timespan", "bool", "dynamic"}
	for _, a := range kqlfn.Aggregates() {
		lo, _ := a.Arity()
		found := false
		for _, first := range kinds {
			for _, second := range kinds {
				use := []string{first, second, "long", "long"}[:min(lo, 4)]
				if lo == 0 || lo == 1 && second != "long" {
					use = use[:lo]
				}
				args, known := make([]kqlfn.Arg, len(use)), make([]fn.Arg, len(use))
				for i, k := range use {
					typ, _ := types.Parse(k)
					args[i].Type = typ
				}
				call, err := a.Resolve(args)
				if err != nil {
					continue
				}
				fresh, err := call.Agg.New(env, known)
				if err != nil { // an argument must be constant
					known[len(known)-1] = fn.Arg{Const: true, Value: values(use[len(use)-1], 1)[0]}
					if fresh, err = call.Agg.New(env, known); err != nil {
						continue
					}
				}
				found = true
				tried++
				passOn(t, fmt.Sprint("kql ", a.Name, use), fresh, table(use...))
			}
		}
		if !found {
			t.Logf("kql %s was not tried", a.Name)
		}
	}
	c := &sigmafn.Correlation{Text: "c", Measure: "event_count", Span: 10 * event.TicksPerSecond}
	fresh, err := c.Agg().New(env, make([]fn.Arg, 3))
	if err != nil {
		t.Fatal(err)
	}
	passOn(t, "sigma", fresh, table("datetime", "long", "string"))
	if tried < 100 {
		t.Errorf("only %d were tried", tried)
	}
}
