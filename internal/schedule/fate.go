package schedule

import (
	"fmt"
	"time"
)

// Status is what would have become of a finding at home.
type Status string

const (
	// Found: some run of the rule tells of it, and no event is told of twice.
	Found Status = "found"
	// Doubled: some event of it is told of by several runs.
	Doubled Status = "doubled"
	// Missed: no run tells of it.
	Missed Status = "missed"
	// Unknown: it cannot be said; Reason says why.
	Unknown Status = "unknown"
)

// Reasons of Missed.
const (
	Between = "fell between windows"  // some event of it is in the window of no run
	Late    = "arrived too late"      // some event had not arrived when the runs ran whose windows it lies in
	Spread  = "spread over windows"   // no run sees enough of its events together
	Held    = "held back by throttle" // runs saw it while the rule was throttled
)

// A Fate is what would have become of a finding of the whole hunt if the rule had run by its schedule.
type Fate struct {
	Status Status
	// Reason says why a finding was missed, or why it cannot be said.
	Reason string
	// Runs is how many runs tell of it; First is when the first of them ran.
	Runs  int
	First time.Time
}

// String says what would have become of the finding, for people.
func (f *Fate) String() string {
	const at = "2006-01-02 15:04Z"
	switch f.Status {
	case Found:
		if f.Runs > 1 {
			return fmt.Sprintf("told of in parts by %d runs, the first at %s", f.Runs, f.First.UTC().Format(at))
		}
		return "told of by the run of " + f.First.UTC().Format(at)
	case Doubled:
		return fmt.Sprintf("told of %d times, first by the run of %s", f.Runs, f.First.UTC().Format(at))
	case Missed:
		return "missed: " + f.Reason
	}
	return "cannot be said: " + f.Reason
}
