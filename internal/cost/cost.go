// Package cost tells what a run spends its time on: rules, the conditions that they share, the texts that are looked for together, and
// the columns of views. Whoever does such work asks the run's [Profile] for a [Meter] once and times its work with it; without a
// profile everything is nil and costs nothing but a comparison.
package cost

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Kind is a kind of work.
type Kind string

const (
	// Selection is finding the rows of a rule among those of a view. A condition that several rules hold is on the account of the
	// one that asked first.
	Selection Kind = "selection"
	// Pipeline is what a rule does with its rows.
	Pipeline Kind = "pipeline"
	// Atom is the evaluation of one condition for all who hold it.
	Atom Kind = "atom"
	// Search is looking for the texts of all conditions over a column together.
	Search Kind = "search"
	// View is making the rows of a view, Column the values of one of its columns.
	View   Kind = "view"
	Column Kind = "column"
)

// A Meter measures one piece of work. A nil Meter measures nothing. It is safe for concurrent use.
type Meter struct {
	Kind Kind
	Name string

	nanos, times, rows atomic.Int64
}

// Start returns the moment to give to Stop.
func (m *Meter) Start() (t time.Time) {
	if m != nil {
		t = time.Now()
	}
	return t
}

// Stop adds what has passed since Start, and the rows that were looked at.
func (m *Meter) Stop(since time.Time, rows int) {
	if m != nil {
		m.nanos.Add(int64(time.Since(since)))
		m.times.Add(1)
		m.rows.Add(int64(rows))
	}
}

// Time is the time spent, on all goroutines together and with what the work has caused.
func (m *Meter) Time() time.Duration { return time.Duration(m.nanos.Load()) }

// Times is how often the work was done.
func (m *Meter) Times() int64 { return m.times.Load() }

// Rows is how many rows were looked at.
func (m *Meter) Rows() int64 { return m.rows.Load() }

// A Profile holds the meters of a run. It is safe for concurrent use.
type Profile struct {
	mu sync.Mutex
	by map[key]*Meter
}

type key struct {
	kind Kind
	name string
}

// Meter returns the meter of a piece of work, nil when p is nil.
func (p *Profile) Meter(kind Kind, name string) *Meter {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.by[key{kind, name}]
	if m == nil {
		m = &Meter{Kind: kind, Name: name}
		if p.by == nil {
			p.by = map[key]*Meter{}
		}
		p.by[key{kind, name}] = m
	}
	return m
}

// Dearest returns the meters of the given kind that have measured something, what took longest first.
func (p *Profile) Dearest(kind Kind) []*Meter {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*Meter
	for k, m := range p.by {
		if k.kind == kind && m.Times() > 0 {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *Meter) int {
		return cmp.Or(cmp.Compare(b.Time(), a.Time()), cmp.Compare(a.Name, b.Name))
	})
	return out
}
