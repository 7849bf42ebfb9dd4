package schedule

import "time"

// Summary is what a replay came to.
type Summary struct {
	// Delay is how long after its time an event was taken to arrive.
	Delay time.Duration
	// Rules were replayed, in Runs runs that had events to look at; of those Evaluated were evaluated, the others followed from them.
	Rules, Runs, Evaluated int
	// Found, Doubled, Missed and Unknown count the findings of the whole hunt by what would have become of them.
	Found, Doubled, Missed, Unknown int
	// Why counts the missed ones by reason.
	Why map[string]int
	// Extra counts rows that runs told of and the whole hunt did not.
	Extra int
	// Unreplayed are the rules that were not replayed, by reason.
	Unreplayed map[string][]string
	// Bases counts the replayed rules by where their schedule is from.
	Bases map[string]int
}
