package catalog

import (
	"cmp"
	"slices"

	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// Found is what a rule found in the data.
type Found struct {
	// Count is the number of findings, of which Shown are the first.
	Count int
	Shown []*finding.Finding

	events map[finding.Event]bool
}

// Together is a rule that found the same events.
type Together struct {
	Entry *Entry
	// Both is how many events both found, of Theirs that the other found.
	Both, Theirs int
}

const (
	maxFindings = 20
	// maxEvents bounds the events that are remembered of one rule to compare it with others.
	maxEvents   = 5000
	maxTogether = 8
)

// Found adds findings of one rule.
func (c *Catalog) Found(r *rule.Rule, fs []*finding.Finding) {
	e := c.byRule[r]
	if e == nil || len(fs) == 0 {
		return
	}
	if e.Found == nil {
		e.Found = &Found{events: map[finding.Event]bool{}}
	}
	e.Found.Count += len(fs)
	if room := maxFindings - len(e.Found.Shown); room > 0 {
		e.Found.Shown = append(e.Found.Shown, fs[:min(room, len(fs))]...)
	}
	for _, f := range fs {
		for _, ev := range f.Events {
			if len(e.Found.events) >= maxEvents {
				return
			}
			e.Found.events[ev] = true
		}
	}
}

// Failed notes that a rule was refused, which may have been while it ran, and why.
func (c *Catalog) Failed(r *rule.Rule, why text.Diagnostics) {
	if e := c.byRule[r]; e != nil {
		e.State, e.Diagnostics = "refused", why
	}
}

// Ran says what the rules were run over, and finds the rules that found the same.
func (c *Catalog) Ran(files, events int64) {
	c.Data = &Data{Files: files, Events: events}
	found := map[finding.Event][]*Entry{}
	for _, e := range c.Entries {
		if e.Found == nil {
			continue
		}
		c.Data.Rules++
		c.Data.Findings += e.Found.Count
		for ev := range e.Found.events {
			found[ev] = append(found[ev], e)
		}
	}
	for _, e := range c.Entries {
		if e.Found == nil {
			continue
		}
		both := map[*Entry]int{}
		for ev := range e.Found.events {
			for _, o := range found[ev] {
				if o != e {
					both[o]++
				}
			}
		}
		for o, n := range both {
			e.Together = append(e.Together, Together{o, n, len(o.Found.events)})
		}
		slices.SortFunc(e.Together, func(a, b Together) int {
			// The share of all events of the two that both found; by cross-multiplication, which is exact.
			mine := len(e.Found.events)
			x, y := a.Both*(mine+b.Theirs-b.Both), b.Both*(mine+a.Theirs-a.Both)
			return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.Entry.number, b.Entry.number))
		})
		e.Together = e.Together[:min(len(e.Together), maxTogether)]
	}
}
