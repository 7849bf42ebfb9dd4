package detect

import (
	"cmp"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A Sharing tells what the scans of many rules over one view have in common, and is evaluated once for all.
type Sharing struct {
	View string
	// Scans is how many there are, in how many rules; Selections is how many of them differ: scans with equal conditions and fields
	// are one selection, whose rows go to all.
	Scans, Rules, Selections int
	// Columns that some rule reads; Open when a rule reads whatever there is.
	Columns int
	Open    bool
	// Atoms are the conditions, what most places hold first.
	Atoms []expr.Atom
	// Repeated are the selections that several scans make, with their numbers.
	Repeated []Repeated
}

// Repeated is a selection that several scans make.
type Repeated struct {
	Scan  *plan.Scan
	Times int
}

// Uses is in how many places conditions stand.
func (s *Sharing) Uses() int {
	n := 0
	for _, a := range s.Atoms {
		n += a.Uses
	}
	return n
}

// Guarded is how many of the conditions are looked for together, by texts.
func (s *Sharing) Guarded() int {
	n := 0
	for _, a := range s.Atoms {
		if a.Guarded {
			n++
		}
	}
	return n
}

// Shared tells what the rules that can run share, by view, the one with most scans first.
func Shared(items []*Item) []*Sharing {
	by := map[string]*Sharing{}
	preds := map[string][]expr.Expr{}
	need := map[string]event.FieldSet{}
	seen := map[string]map[string]int{} // by view and printed scan: its place in Repeated
	var out []*Sharing
	for _, it := range items {
		if it.State() == Refused {
			continue
		}
		views := map[string]bool{}
		plan.Walk(it.query.Plan, func(n plan.Node) bool {
			scan, ok := n.(*plan.Scan)
			if !ok {
				return true
			}
			s := by[scan.View]
			if s == nil {
				s = &Sharing{View: scan.View}
				by[scan.View], seen[scan.View] = s, map[string]int{}
				out = append(out, s)
			}
			s.Scans++
			if !views[scan.View] {
				views[scan.View] = true
				s.Rules++
			}
			if scan.Pred != nil {
				preds[scan.View] = append(preds[scan.View], scan.Pred)
			}
			need[scan.View] = need[scan.View].Union(scan.Fields)
			if scan.Pred != nil {
				need[scan.View] = need[scan.View].Add(expr.Columns(scan.Pred)...)
			}
			head := scan.Head()
			i, again := seen[scan.View][head]
			if !again {
				i = len(s.Repeated)
				seen[scan.View][head] = i
				s.Repeated = append(s.Repeated, Repeated{Scan: scan})
			}
			s.Repeated[i].Times++
			return true
		})
	}
	for _, s := range out {
		s.Selections = len(s.Repeated)
		s.Repeated = slices.DeleteFunc(s.Repeated, func(r Repeated) bool { return r.Times < 2 })
		slices.SortStableFunc(s.Repeated, func(a, b Repeated) int { return cmp.Compare(b.Times, a.Times) })
		s.Columns, s.Open = len(need[s.View].Names()), !need[s.View].Closed()
		s.Atoms = expr.Atoms(preds[s.View])
	}
	slices.SortStableFunc(out, func(a, b *Sharing) int { return cmp.Compare(b.Scans, a.Scans) })
	return out
}
