// Package twin compares two rules that claim the same behaviour: which events both find, which only one of them does, and what
// in the other rule makes the difference.
package twin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/harden"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/query"
)

// A Report tells what two rules find.
type Report struct {
	A, B Side
	// Common are the events that both find.
	Common []event.Origin
}

// Side is what one rule finds that the other does not.
type Side struct {
	// Rows counts the rule's rows and Events the events behind them.
	Rows, Events int
	// Only are the events that the other rule does not find, and Why what in the other rule leaves them out, the most frequent first.
	Only []event.Origin
	Why  []Reason
}

// Reason is a condition of the other rule, and the events that it leaves out.
type Reason struct {
	harden.Loss
	Events []event.Origin
}

// Compare runs both rules over the input and tells their difference. The error is that of the input, the context or a rule.
func Compare(ctx context.Context, e *query.Engine, a, b *query.Explained, in *query.Input) (*Report, error) {
	got, err := e.Outcomes(ctx, []plan.Node{a.Plan, b.Plan}, nil, in, nil)
	if err != nil {
		return nil, err
	}
	for i, name := range []string{"first", "second"} {
		if got[i].Err != nil {
			return nil, fmt.Errorf("the %s rule: %w", name, got[i].Err)
		}
	}
	events := [2]map[event.Origin]bool{{}, {}}
	for i, out := range got {
		for row := range out.Rows.Len() {
			for _, o := range out.Rows.Lineage.Of(row) {
				events[i][o] = true
			}
		}
	}
	r := &Report{A: Side{Rows: got[0].Rows.Len(), Events: len(events[0])}, B: Side{Rows: got[1].Rows.Len(), Events: len(events[1])}}
	for _, o := range sorted(events[0]) {
		if events[1][o] {
			r.Common = append(r.Common, o)
		} else {
			r.A.Only = append(r.A.Only, o)
		}
	}
	for _, o := range sorted(events[1]) {
		if !events[0][o] {
			r.B.Only = append(r.B.Only, o)
		}
	}
	if err := r.A.explain(ctx, e, b, events[1], in); err != nil {
		return nil, err
	}
	return r, r.B.explain(ctx, e, a, events[0], in)
}

// explain finds out what in the other rule leaves out the events that only this side has.
func (s *Side) explain(ctx context.Context, e *query.Engine, other *query.Explained, found map[event.Origin]bool, in *query.Input) error {
	if len(s.Only) == 0 {
		return nil
	}
	watch := map[event.Origin]bool{}
	for _, o := range s.Only {
		watch[o] = true
	}
	sels := e.Selections(other)
	for _, sel := range sels {
		sel.Watch = watch
	}
	if _, err := e.Outcomes(ctx, nil, sels, in, nil); err != nil {
		return err
	}
	at := map[harden.Loss]int{}
	for _, o := range s.Only {
		for _, l := range harden.Losses(sels, []event.Origin{o}, found) {
			value := l.Value
			l.Value = "" // events that fail a condition with different values fail it all the same
			i, ok := at[l]
			if !ok {
				i = len(s.Why)
				at[l] = i
				l.Value = value
				s.Why = append(s.Why, Reason{Loss: l})
			}
			s.Why[i].Rows++
			s.Why[i].Events = append(s.Why[i].Events, o)
		}
	}
	slices.SortStableFunc(s.Why, func(a, b Reason) int { return cmp.Compare(b.Rows, a.Rows) })
	return nil
}

func sorted(set map[event.Origin]bool) []event.Origin {
	return slices.SortedFunc(maps.Keys(set), func(a, b event.Origin) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Record, b.Record))
	})
}
