package expr

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
)

// Raw text is long, and what is looked for in it is short: the words of a search. Of several parts of an And over it one is enough to
// tell in which rows the And may be true, so only the guards of the part whose texts are the longest are looked for in every row; those
// of the others are looked for, one by one, in the rows that are left.

// unchosen stands in place of the guard of a condition that is not looked for with the others.
const unchosen = -1

// onRaw reports whether a call looks at raw text itself.
func onRaw(e *Call) bool {
	if len(e.Args) == 0 {
		return false
	}
	c, ok := e.Args[0].(*Col)
	return ok && c.Name == event.RawField
}

// choose notes the calls of e over raw text that are to be looked for in every row.
func (c *compiler) choose(e Expr) {
	switch e := e.(type) {
	case *Call:
		if onRaw(e) {
			c.shared.chosen[c.shared.number(e)] = true
		}
	case *Logic:
		if e.Op == And {
			best, reach := -1, 0
			for i, a := range e.Args {
				if r := c.reach(a); r > reach {
					best, reach = i, r
				}
			}
			for i, a := range e.Args {
				if best < 0 || i == best || c.reach(a) == 0 {
					c.choose(a)
				}
			}
			return
		}
		for _, a := range e.Args {
			c.choose(a)
		}
	}
}

// reach is how many bytes the shortest of the texts has by which e could be bound to few rows by its raw text; 0 when it cannot.
func (c *compiler) reach(e Expr) int {
	switch e := e.(type) {
	case *Call:
		if need := c.guardOf(e); onRaw(e) && len(need.Any) > 0 {
			return len(slices.MinFunc(need.Any, func(a, b string) int { return len(a) - len(b) }))
		}
	case *Logic:
		if e.Op == And {
			most := 0
			for _, a := range e.Args {
				most = max(most, c.reach(a))
			}
			return most
		}
		least := math.MaxInt
		for _, a := range e.Args {
			if least = min(least, c.reach(a)); least == 0 {
				return 0
			}
		}
		return least
	}
	return 0
}
