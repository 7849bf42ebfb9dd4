package schedule

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// Bounds of one rule's replay; one that would go beyond them is not replayed.
const (
	maxEvaluated = 20_000
	maxWork      = 20_000_000 // rows over all evaluated runs
	maxRuns      = 2_000_000
)

// Replay runs the rules by their schedules and returns what would have become of each finding of the whole hunt. Items are compiled by an
// engine with one present (not the recordings'), of which e is one. The input is read twice: once to select the rows of all scans of all
// rules, and once for the times of the events in them; runs are then evaluated over slices of those rows. A rule whose result has one row an
// event is not evaluated at all.
func Replay(ctx context.Context, e *query.Engine, items []*detect.Item, in *query.Input, fs []*finding.Finding, delay time.Duration) (map[*finding.Finding]*Fate, *Summary, error) {
	p := &replay{engine: e, files: in.Options.Files, delay: delay.Seconds(), fates: map[*finding.Finding]*Fate{}, times: map[event.Origin]float64{},
		sum: &Summary{Delay: delay, Why: map[string]int{}, Unreplayed: map[string][]string{}, Bases: map[string]int{}}}
	byRule := map[string][]*finding.Finding{}
	for _, f := range fs {
		byRule[key(f.Rule)] = append(byRule[key(f.Rule)], f)
	}
	var jobs []*exec.Job
	for _, it := range items {
		c := &candidate{item: it, findings: byRule[key(it.Rule)]}
		p.rules = append(p.rules, c)
		c.prepare()
		for _, s := range c.sources {
			if c.reason == "" && !c.local {
				jobs = append(jobs, &exec.Job{Name: it.Rule.Name, Plan: s.once, Out: s.out})
			}
		}
	}
	quiet := func(text.Diagnostic) {}
	if len(jobs) > 0 {
		if err := e.Run(ctx, jobs, in, quiet); err != nil {
			return nil, nil, err
		}
	}
	for _, j := range jobs {
		if j.Err != nil {
			j.Out.(*bounded).over = true
		}
	}
	if err := p.load(ctx, in); err != nil {
		return nil, nil, err
	}
	for _, c := range p.rules {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if err := p.rule(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	return p.fates, p.sum, nil
}

func key(r *rule.Rule) string {
	return fmt.Sprintf("%s\x00%s\x00%d\x00%d", r.File, r.ID, r.Index, r.Part)
}

type replay struct {
	engine *query.Engine
	files  *event.Files
	delay  float64
	rules  []*candidate
	fates  map[*finding.Finding]*Fate
	times  map[event.Origin]float64
	sum    *Summary
}

// A candidate is a rule that is replayed unless there is a reason not to.
type candidate struct {
	item     *detect.Item
	spec     Spec
	sources  []*source
	local    bool
	reason   string
	findings []*finding.Finding
}

func (c *candidate) prepare() {
	root := c.item.Plan()
	if root == nil {
		c.reason = "it did not run"
		return
	}
	if c.spec, c.reason = Of(c.item.Rule); c.reason != "" {
		return
	}
	c.sources, c.local, c.reason = cut(root)
	if r := c.item.Rule; r.Throttle != nil || r.Schedule != nil && r.Schedule.Operator != "" && (r.Schedule.Operator != "gt" || r.Schedule.Threshold > 0) {
		c.local = false // what a run tells depends on its other rows and on other runs
	}
}

// load brings the selected rows into memory and finds the times of their events.
func (p *replay) load(ctx context.Context, in *query.Input) error {
	want := func(o event.Origin) {
		if _, ok := p.times[o]; !ok {
			p.times[o] = math.NaN()
		}
	}
	for _, c := range p.rules {
		for _, f := range c.findings {
			for _, o := range f.Origins {
				want(o)
			}
		}
		for _, s := range c.sources {
			if c.reason != "" || c.local {
				continue
			}
			if s.out.over {
				c.reason = fmt.Sprintf("it selects more than %d rows", maxRows)
				continue
			}
			if s.rows = event.NewBatch(0); s.out.n > 0 {
				s.rows = event.ConcatBatches(s.out.batches)
			}
			s.out.batches = nil
			for i := range s.rows.Len() {
				for _, o := range s.rows.Lineage.Of(i) {
					want(o)
				}
			}
		}
	}
	if len(p.times) == 0 {
		return nil
	}
	times, err := p.engine.Times()
	if err != nil {
		return err
	}
	return in.Scan(ctx, times.Needs, func(b *event.Batch) error {
		var at []float64
		for i := range b.Len() {
			for _, o := range b.Lineage.Of(i) {
				if _, ok := p.times[o]; !ok {
					continue
				}
				if at == nil {
					at = times.Of(b)
				}
				if !math.IsNaN(at[i]) {
					p.times[o] = at[i]
				}
			}
		}
		return nil
	})
}

// rule replays one rule.
func (p *replay) rule(ctx context.Context, c *candidate) error {
	if c.reason == "" && !c.local {
		told, err := p.evaluate(ctx, c)
		if err != nil {
			return err
		}
		if c.reason == "" {
			p.judge(c, told)
		}
	}
	if c.reason != "" {
		if c.item.Plan() != nil || len(c.findings) > 0 {
			p.sum.Unreplayed[c.reason] = append(p.sum.Unreplayed[c.reason], c.item.Rule.Name)
		}
		for _, f := range c.findings {
			p.set(f, &Fate{Status: Unknown, Reason: c.reason})
		}
		return nil
	}
	p.sum.Rules++
	p.sum.Bases[c.spec.Basis]++
	if c.local {
		p.events(c)
	}
	return nil
}

func (p *replay) set(f *finding.Finding, fate *Fate) {
	p.fates[f] = fate
	switch fate.Status {
	case Found:
		p.sum.Found++
	case Doubled:
		p.sum.Doubled++
	case Missed:
		p.sum.Missed++
		p.sum.Why[fate.Reason]++
	default:
		p.sum.Unknown++
	}
}

// events tells the fates of findings that are of one event each: how many runs see the event.
func (p *replay) events(c *candidate) {
	runs := map[int64]bool{}
	for _, f := range c.findings {
		if len(f.Origins) == 0 || math.IsNaN(p.times[f.Origins[0]]) {
			p.set(f, &Fate{Status: Unknown, Reason: "its events have no time"})
			continue
		}
		first, last := c.spec.runs(p.times[f.Origins[0]], p.delay)
		if last < first {
			p.set(f, &Fate{Status: Missed, Reason: p.why(c, f)})
			continue
		}
		for k := first; k <= last && k < first+1000; k++ {
			runs[k] = true
		}
		fate := &Fate{Status: Found, Runs: int(last - first + 1), First: c.spec.at(first)}
		if fate.Runs > 1 {
			fate.Status = Doubled
		}
		p.set(f, fate)
	}
	p.sum.Runs += len(runs)
}

// why says why no run has told of a finding.
func (p *replay) why(c *candidate, f *finding.Finding) string {
	late := false
	for _, o := range f.Origins {
		t := p.times[o]
		if math.IsNaN(t) {
			continue
		}
		if first, last := c.spec.runs(t, 0); last < first {
			return Between
		}
		if first, last := c.spec.runs(t, p.delay); last < first {
			late = true
		}
	}
	if late {
		return Late
	}
	return Spread
}

// told is what the runs of a rule told of.
type told struct {
	events map[event.Origin]int // by event: runs that told of it
	// runs holds, for each run that told of something and differed from the one before, what it told; times is how many runs in a row did.
	runs []runTold
	held map[event.Origin]bool
}

type runTold struct {
	first   int64
	times   int
	origins [][]event.Origin // of each row
}

// evaluate runs the rule over each window that differs from the one before.
func (p *replay) evaluate(ctx context.Context, c *candidate) (*told, error) {
	type stretch struct{ first, last int64 }
	var busy []stretch
	clock := false
	for _, s := range c.sources {
		clock = clock || s.later != nil
		s.from = make([]float64, s.rows.Len())
		for i := range s.from {
			s.from[i] = math.NaN()
			for _, o := range s.rows.Lineage.Of(i) {
				s.from[i] = p.times[o]
			}
			if math.IsNaN(s.from[i]) {
				s.timeless = append(s.timeless, int32(i))
			} else {
				s.order = append(s.order, int32(i))
				if first, last := c.spec.runs(s.from[i], p.delay); first <= last {
					busy = append(busy, stretch{first, last})
				}
			}
		}
		slices.SortStableFunc(s.order, func(a, b int32) int { return cmp.Compare(s.from[a], s.from[b]) })
	}
	if !clock {
		clock = asksPresent(c.item.Plan())
	}
	slices.SortFunc(busy, func(a, b stretch) int { return cmp.Compare(a.first, b.first) })
	out := &told{events: map[event.Origin]int{}, held: map[event.Origin]bool{}}
	last := map[string]time.Time{} // by throttled values: when a run told of them
	lo, hi := make([]int, len(c.sources)), make([]int, len(c.sources))
	was := make([]int, 2*len(c.sources))
	var rows []rowTold
	work, evaluated, runs := 0, 0, 0
	next := int64(math.MinInt64)
	for _, b := range busy {
		for k := max(b.first, next); k <= b.last; k++ {
			next = k + 1
			if runs++; runs > maxRuns {
				c.reason = fmt.Sprintf("it would run more than %d times over windows with events", maxRuns)
				return nil, nil
			}
			same := evaluated > 0 && !clock
			for i, s := range c.sources {
				for hi[i] < len(s.order) && sees(c.spec, s.from[s.order[hi[i]]], p.delay, k) >= 0 {
					hi[i]++
				}
				for lo[i] < hi[i] && sees(c.spec, s.from[s.order[lo[i]]], p.delay, k) > 0 {
					lo[i]++
				}
				same = same && was[2*i] == lo[i] && was[2*i+1] == hi[i]
				was[2*i], was[2*i+1] = lo[i], hi[i]
			}
			if !same {
				n := 0
				for i := range c.sources {
					n += hi[i] - lo[i]
				}
				if evaluated++; evaluated > maxEvaluated || work+n > maxWork {
					c.reason = fmt.Sprintf("it would be evaluated more than %d times or over more than %d rows", maxEvaluated, maxWork)
					return nil, nil
				}
				work += n
				var err error
				if rows, err = p.run(ctx, c, lo, hi, c.spec.at(k)); err != nil {
					if ctx.Err() != nil {
						return nil, ctx.Err()
					}
					c.reason = "a run of it failed: " + err.Error()
					return nil, nil
				}
			}
			p.tell(c, out, rows, k, same, last)
		}
	}
	p.sum.Runs += runs
	p.sum.Evaluated += evaluated
	return out, nil
}

// sees tells how a run stands to an event: 0 it sees it, 1 the event is too old for it, -1 not there yet.
func sees(s Spec, at, delay float64, run int64) int {
	first, last := s.runs(at, delay)
	switch {
	case run > last:
		return 1
	case run < first:
		return -1
	}
	return 0
}

type rowTold struct {
	origins []event.Origin
	key     string // of the values that throttling goes by
}

// run evaluates the rule over a window.
func (p *replay) run(ctx context.Context, c *candidate, lo, hi []int, now time.Time) ([]rowTold, error) {
	batches := make([]*event.Batch, len(c.sources))
	for i, s := range c.sources {
		pick := append(slices.Clone(s.order[lo[i]:hi[i]]), s.timeless...)
		slices.Sort(pick) // the order in which they came
		batches[i] = s.rows.Gather(pick)
	}
	out := &exec.Collector{}
	job := &exec.Job{Name: c.item.Rule.Name, Plan: over(c.item.Plan(), c.sources, batches), Out: out}
	if err := p.engine.RunAt(ctx, []*exec.Job{job}, now); err != nil {
		return nil, err
	}
	if job.Err != nil {
		return nil, job.Err
	}
	rows, err := out.Rows()
	if err != nil || !c.item.Rule.Fires(rows.Len()) {
		return nil, err
	}
	res := make([]rowTold, rows.Len())
	for i := range res {
		res[i].origins = slices.Clone(rows.Lineage.Of(i))
		if t := c.item.Rule.Throttle; t != nil {
			var b strings.Builder
			for _, name := range t.Fields {
				if col := rows.Column(name); col != nil {
					b.WriteString(finding.Text(col.Value(i)))
				}
				b.WriteByte(0)
			}
			res[i].key = b.String()
		}
	}
	return res, nil
}

// tell notes what a run tells of, but for what throttling holds back. same says that the rows are those of the run before.
func (p *replay) tell(c *candidate, out *told, rows []rowTold, run int64, same bool, last map[string]time.Time) {
	if len(rows) == 0 {
		return
	}
	t := c.item.Rule.Throttle
	if same && t == nil && len(out.runs) > 0 {
		r := &out.runs[len(out.runs)-1]
		if r.first+int64(r.times) == run {
			r.times++
			return
		}
	}
	r := runTold{first: run, times: 1}
	now := c.spec.at(run)
	var period time.Duration
	if t != nil {
		period, _ = finding.Period(t.Period)
	}
	fresh := map[string]bool{} // what one run tells of does not hold back the rest of it, but rows of one value are one
	for _, row := range rows {
		if t != nil {
			if at, ok := last[row.key]; ok && now.Sub(at) < period && (!fresh[row.key] || len(t.Fields) > 0) {
				for _, o := range row.origins {
					out.held[o] = true
				}
				continue
			}
			last[row.key], fresh[row.key] = now, true
		}
		r.origins = append(r.origins, row.origins)
	}
	if len(r.origins) > 0 {
		out.runs = append(out.runs, r)
	}
}

// judge tells the fates of the findings from what the runs told: a run tells of a finding when some row of it shares an event with it.
func (p *replay) judge(c *candidate, t *told) {
	of := map[event.Origin][]int{}
	for i, f := range c.findings {
		for _, o := range f.Origins {
			of[o] = append(of[o], i)
		}
	}
	fates := make([]*Fate, len(c.findings))
	at := make([]int, len(c.findings)) // the run, from 1, that told of it last
	for n, r := range t.runs {
		seen := map[event.Origin]bool{}
		for _, origins := range r.origins {
			known := len(origins) == 0
			for _, o := range origins {
				if !seen[o] {
					seen[o] = true
					t.events[o] += r.times
				}
				for _, i := range of[o] {
					known = true
					if at[i] == n+1 {
						continue
					}
					at[i] = n + 1
					if fates[i] == nil {
						fates[i] = &Fate{Status: Found, First: c.spec.at(r.first)}
					}
					fates[i].Runs += r.times
				}
			}
			if !known {
				p.sum.Extra += r.times
			}
		}
	}
	for i, f := range c.findings {
		fate := fates[i]
		switch {
		case fate != nil:
			if slices.ContainsFunc(f.Origins, func(o event.Origin) bool { return t.events[o] > 1 }) {
				fate.Status = Doubled
			}
		case !slices.ContainsFunc(f.Origins, func(o event.Origin) bool { return !math.IsNaN(p.times[o]) }):
			fate = &Fate{Status: Unknown, Reason: "its events have no time"}
		case slices.ContainsFunc(f.Origins, func(o event.Origin) bool { return t.held[o] }):
			fate = &Fate{Status: Missed, Reason: Held}
		default:
			fate = &Fate{Status: Missed, Reason: p.why(c, f)}
		}
		p.set(f, fate)
	}
}
