package query

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// Rules look back from the present: ago(30d), earliest=-70m@m. Files given to one hunt may be recordings of different years, each
// of which an analyst would hunt as of its own end. A recording is a set of files of one host, or of none, whose times follow
// each other; conditions on the present that stand at a scan are evaluated as of the end of the recording that a row is from.
// Everything else, and every run with a present of its own (--now), has one present.

// recordingGap is how long a host's logs may be silent within one recording.
const recordingGap = 3 * 24 * time.Hour

// clockColumn is the hidden column with the number of a row's recording.
const clockColumn = event.HiddenPrefix + "clock"

// recordings are what files of an input belong together, and the present of each.
type recordings struct {
	of     map[uint32]int64 // by file
	ends   []time.Time      // newest event, by recording
	newest time.Time
}

// span is what a survey learns of a file.
type span struct {
	file   uint32
	lo, hi float64
	hosts  map[string]bool
}

// survey reads the times and hosts of all events.
func (e *Engine) survey(ctx context.Context, in *Input) (*recordings, error) {
	if in == nil {
		return &recordings{}, nil
	}
	quiet := &Input{Paths: in.Paths, Options: in.Options, Range: in.Range.quiet(), spool: in.spool}
	quiet.Options.Report, quiet.Options.Progress = nil, nil // the pass that counts will report
	view, err := e.registry.Bind("spl:events", event.Fields("_time", "host"), &fn.Env{})
	if err != nil {
		return nil, err
	}
	spans := map[uint32]*span{}
	err = quiet.Scan(ctx, view.Sources().Has, func(b *event.Batch) error {
		if b = view.Apply(b); b == nil {
			return nil
		}
		times, hosts := b.Column("_time"), b.Column("host")
		if times == nil {
			return nil
		}
		for i := range b.Len() {
			t, ok := times.Value(i).Number()
			if !ok {
				continue
			}
			file := b.Lineage.Of(i)[0].File
			s := spans[file]
			if s == nil {
				s = &span{file: file, lo: t, hi: t, hosts: map[string]bool{}}
				spans[file] = s
			}
			s.lo, s.hi = min(s.lo, t), max(s.hi, t)
			host := ""
			if hosts != nil {
				host = hosts.Value(i).Str()
			}
			if !s.hosts[host] {
				s.hosts[host] = true
			}
		}
		return nil
	})
	in.spool = quiet.spool
	if err != nil {
		return nil, err
	}
	list := make([]*span, 0, len(spans))
	for _, s := range spans {
		list = append(list, s)
	}
	return group(list), nil
}

// group finds the recordings: files that share a host and whose times overlap or follow each other within the gap, and files that
// belong together through others.
func group(list []*span) *recordings {
	slices.SortFunc(list, func(a, b *span) int { return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.file, b.file)) })
	parent := make([]int, len(list))
	for i := range parent {
		parent[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	type reach struct {
		at int
		hi float64
	}
	last := map[string]reach{} // by host: the file that reaches furthest so far
	for i, s := range list {
		for host := range s.hosts {
			r, seen := last[host]
			if seen && s.lo-r.hi <= recordingGap.Seconds() {
				parent[find(i)] = find(r.at)
			}
			if !seen || s.hi > r.hi {
				last[host] = reach{i, s.hi}
			}
		}
	}
	out := &recordings{of: map[uint32]int64{}}
	number := map[int]int64{}
	for i, s := range list {
		root := find(i)
		n, ok := number[root]
		if !ok {
			n = int64(len(out.ends))
			number[root] = n
			out.ends = append(out.ends, time.Time{})
		}
		out.of[s.file] = n
		// One microsecond later, so that the newest event itself lies before the present.
		if end := time.UnixMicro(int64(math.Ceil(s.hi*1e6)) + 1).UTC(); end.After(out.ends[n]) {
			out.ends[n] = end
		}
		if out.ends[n].After(out.newest) {
			out.newest = out.ends[n]
		}
	}
	return out
}

// end returns the present of a recording; files without times share that of the newest one.
func (r *recordings) end(n int64) time.Time {
	if n < 0 || n >= int64(len(r.ends)) {
		return r.newest
	}
	return r.ends[n]
}

// clocked are the functions that ask for the present.
var clocked = map[string]bool{"ago": true, "now": true, "time": true, "time_bound": true}

// perRecording moves the conditions on the present that stand at a scan into it, as conditions on the present of the row's
// recording.
func perRecording(n plan.Node) plan.Node {
	return plan.Rewrite(n, func(n plan.Node) plan.Node {
		f, ok := n.(*plan.Filter)
		if !ok {
			return n
		}
		scan, ok := f.Input.(*plan.Scan)
		if !ok {
			return n
		}
		var moved, rest []expr.Expr
		for _, c := range expr.Conjuncts(f.Pred) {
			changed := false
			r := expr.Rewrite(c, func(e expr.Expr) expr.Expr {
				call, ok := e.(*expr.Call)
				if !ok || !clocked[call.Fn.Name] || len(expr.Columns(call)) > 0 {
					return e
				}
				changed = true
				return expr.F(atRecording(call.Fn), append([]expr.Expr{expr.C(clockColumn)}, call.Args...)...)
			})
			if changed {
				moved = append(moved, r)
			} else {
				rest = append(rest, c)
			}
		}
		if len(moved) == 0 {
			return n
		}
		s := *scan
		s.Pred = expr.All(append([]expr.Expr{s.Pred}, moved...)...)
		out := plan.Node(&plan.Select{Input: &s, Mode: plan.Drop, Patterns: []string{clockColumn}})
		if len(rest) > 0 {
			out = &plan.Filter{Input: out, Pred: expr.All(rest...)}
		}
		return out
	})
}

// atRecording is a function of the present made one of the present of a recording, whose number is its first argument.
func atRecording(f *fn.Func) *fn.Func {
	return &fn.Func{Name: f.Name + "@recording", Min: f.Min + 1, Max: f.Max + 1, Null: fn.SeesNull,
		Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
			if _, err := f.Prepare(env, args[1:]); err != nil {
				return nil, err
			}
			kernels := map[int64]fn.Row{}
			return func(in []event.Value) event.Value {
				n := int64(-1)
				if in[0].Kind() == event.Int {
					n = in[0].Int()
				}
				k := kernels[n]
				if k == nil {
					own := *env
					if env.ClockOf != nil {
						own.Clock = func() time.Time { return env.ClockOf(n) }
					}
					var err error
					if k, err = f.Prepare(&own, args[1:]); err != nil {
						return event.NullValue
					}
					kernels[n] = k
				}
				return k(in[1:])
			}, nil
		}}
}

// clockView adds the number of its recording to each row of a view.
type clockView struct {
	exec.View
	of func() *recordings
}

func (v *clockView) Apply(b *event.Batch) *event.Batch { return v.clocked(v.View.Apply(b)) }

func (v *clockView) Finish(b *event.Batch, need event.FieldSet) *event.Batch {
	return v.clocked(v.View.Finish(b, need))
}

func (v *clockView) clocked(b *event.Batch) *event.Batch {
	if b == nil || b.Column(clockColumn) != nil {
		return b
	}
	r := v.of()
	nums := make([]uint64, b.Len())
	same := true
	for i := range nums {
		n := int64(-1)
		if o := b.Lineage.Of(i); len(o) > 0 {
			if k, ok := r.of[o[0].File]; ok {
				n = k
			}
		}
		nums[i] = uint64(n)
		same = same && nums[i] == nums[0]
	}
	out := b.Clone()
	if same && len(nums) > 0 {
		out.Set(clockColumn, event.NewConstant(event.IntOf(int64(nums[0])), len(nums)))
	} else {
		out.Set(clockColumn, event.NewPlain(event.Int, nums, nil))
	}
	return out
}
