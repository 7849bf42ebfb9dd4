package report

import (
	"time"

	"github.com/harrier-detect/harrier/internal/evidence"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/schedule"
)

// Summary is what a report says of the hunt as a whole.
type Summary struct {
	Title                string
	Files, Bytes, Events int64
	Rules                map[string]int // by state: runs (those with notes among them), notes, refused
	// Filtered counts the rules that options left out, by option.
	Filtered map[string]int
	// Refused are the rules that did not run, with the first reason of each; at most MaxRefused.
	Refused []Refusal
	// Problems are what was wrong with the input, as far as it was kept, and ProblemCount how many there were. BadRecords could not be read.
	Problems     []string
	ProblemCount int
	BadRecords   int64
	// From and To bound the times of events that rules saw, zero for no bound; Outside events were left out by them, and Untimed have no time.
	From, To         time.Time
	Outside, Untimed int64
	Elapsed          time.Duration
	// Made is when the hunt was made.
	Made    time.Time
	Partial bool
	// Schedule is what a replay of the rules' schedules came to, or nil.
	Schedule *schedule.Summary
}

// MaxRefused bounds the refused rules that a report names.
const MaxRefused = 1000

// Refusal is a rule that did not run.
type Refusal struct{ Rule, File, Reason string }

// An Item is a finding with what was found out about it afterwards.
type Item struct {
	*finding.Finding
	// Evidence is the first of the events behind it, when they were fetched.
	Evidence []*evidence.Event
	// Home is what would have become of it under the rule's schedule, or nil when that was not asked.
	Home *schedule.Fate
}

// Times returns the bounds of the finding in time: those that its row tells, else those of its events. Both are zero when there are
// none.
func (it *Item) Times() (first, last time.Time) {
	if !it.First.IsZero() {
		return it.First, it.Last
	}
	for _, e := range it.Evidence {
		if e.Time.IsZero() {
			continue
		}
		if first.IsZero() || e.Time.Before(first) {
			first = e.Time
		}
		if e.Time.After(last) {
			last = e.Time
		}
	}
	return first, last
}
