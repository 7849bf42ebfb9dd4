package exec

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	unary(func(b *builder, n *plan.Sequence, out Sink) (Sink, error) {
		s := &sequenceSink{b: b, plan: n, out: out, runs: map[uint32]*sequenceRun{}, acc: b.account()}
		group := plan.Grouping{}
		for _, k := range n.Keys {
			group.By = append(group.By, plan.Named{Name: k, Expr: expr.C(k)})
		}
		var err error
		if s.group, err = b.grouper(group); err != nil {
			return nil, err
		}
		if s.declared, err = b.named(n.Declared); err != nil {
			return nil, err
		}
		for _, step := range n.Steps {
			p := sequenceStep{SequenceStep: step}
			if p.cond, err = b.program(step.Cond); err != nil {
				return nil, err
			}
			if p.set, err = b.named(step.Set); err != nil {
				return nil, err
			}
			reads := expr.Columns(step.Cond)
			for _, it := range step.Set {
				reads = append(reads, expr.Columns(it.Expr)...)
			}
			for _, c := range reads {
				if from, col, ok := strings.Cut(c, "\x02"); ok {
					s.watched = append(s.watched, [2]string{from, col})
				}
			}
			s.steps = append(s.steps, p)
		}
		return s, nil
	})
}

type sequenceStep struct {
	plan.SequenceStep
	cond *expr.Program
	set  []*expr.Program
}

// sequenceSink runs the steps row by row: what a row does depends on the rows before it.
type sequenceSink struct {
	b        *builder
	plan     *plan.Sequence
	group    *grouper
	declared []*expr.Program
	steps    []sequenceStep
	watched  [][2]string // the state's columns that expressions read: step, column
	runs     map[uint32]*sequenceRun
	order    []*sequenceRun
	matches  int64
	acc      *account
	out      Sink
}

// sequenceRun is the state of one group: for each step the rows that its sequence has matched, nil when there is none.
type sequenceRun struct {
	states []*sequenceState
	// pending are the rows of steps that give the last one only.
	pending []*event.Batch
}

type sequenceState struct {
	match int64
	rows  []*event.Batch // by step: one row each, nil for steps without a match
}

func (s *sequenceSink) Push(b *event.Batch) error {
	if err := s.b.check(); err != nil {
		return err
	}
	// Declared columns have their first values in every row.
	with := b.Clone()
	for i, d := range s.plan.Declared {
		with.Set(d.Name, s.declared[i].Eval(b))
	}
	groups := s.group.assign(b)
	var done []*event.Batch
	for i := range b.Len() {
		id := groups.first(i)
		run := s.runs[id]
		if run == nil {
			run = &sequenceRun{states: make([]*sequenceState, len(s.steps)), pending: make([]*event.Batch, len(s.steps))}
			s.runs[id] = run
			s.order = append(s.order, run)
			if err := s.acc.grow(int64(64 * (1 + len(s.steps)))); err != nil {
				return err
			}
		}
		done = append(done, s.row(run, with.Gather([]int32{int32(i)}))...)
	}
	return s.push(done)
}

// row tries the steps from the last to the first, and returns the rows that come out.
func (s *sequenceSink) row(run *sequenceRun, row *event.Batch) []*event.Batch {
	var out []*event.Batch
	for k := len(s.steps) - 1; k >= 0; k-- {
		var state *sequenceState
		switch {
		case k > 0 && run.states[k-1] != nil && s.holds(k, row, run.states[k-1]):
			state = run.states[k-1]
			run.states[k-1] = nil
			out = append(out, run.release(k-1)...)
			out = append(out, run.release(k)...)
			state.rows[k] = nil
		case (k == 0 || run.states[k] != nil) && s.holds(k, row, run.states[k]):
			if state = run.states[k]; state == nil {
				state = &sequenceState{match: s.matches, rows: make([]*event.Batch, len(s.steps))}
				s.matches++
			}
		default:
			continue
		}
		set := row.Clone()
		for i, it := range s.steps[k].Set {
			set.Set(it.Name, s.steps[k].set[i].Eval(s.seen(row, state)))
		}
		state.rows[k] = set
		run.states[k] = state
		if s.steps[k].Output == plan.OutputNone {
			continue
		}
		if s.plan.MatchAs != "" {
			set = set.Clone()
			set.Set(s.plan.MatchAs, event.NewConstant(event.IntOf(state.match), 1))
		}
		if s.steps[k].Output == plan.OutputLast {
			run.pending[k] = set
			continue
		}
		out = append(out, set)
	}
	return out
}

// release returns the row that step k has held back.
func (r *sequenceRun) release(k int) []*event.Batch {
	b := r.pending[k]
	if b == nil {
		return nil
	}
	r.pending[k] = nil
	return []*event.Batch{b}
}

// seen returns the row with the columns of a state that expressions read.
func (s *sequenceSink) seen(row *event.Batch, state *sequenceState) *event.Batch {
	out := row.Clone()
	for _, w := range s.watched {
		v := event.NullValue
		for _, d := range s.plan.Declared {
			// Without a match a declared column has its first value, which is what the row has too.
			if c := row.Column(w[1]); d.Name == w[1] && c != nil {
				v = c.Value(0)
			}
		}
		for j, step := range s.steps {
			if step.Name != w[0] || state == nil || state.rows[j] == nil {
				continue
			}
			if c := state.rows[j].Column(w[1]); c != nil {
				v = c.Value(0)
			}
		}
		out.Set(plan.StepColumn(w[0], w[1]), event.NewConstant(v, 1))
	}
	return out
}

func (s *sequenceSink) holds(k int, row *event.Batch, state *sequenceState) bool {
	return len(s.steps[k].cond.Select(s.seen(row, state), nil)) == 1
}

func (s *sequenceSink) push(rows []*event.Batch) error {
	if len(rows) == 0 {
		return nil
	}
	return s.out.Push(event.ConcatBatches(rows))
}

func (s *sequenceSink) Close() error {
	var rest []*event.Batch
	for _, run := range s.order {
		for k := range s.steps {
			rest = append(rest, run.release(k)...)
		}
	}
	if err := s.push(rest); err != nil && err != ErrEnough {
		return err
	}
	s.acc.free()
	return s.out.Close()
}
