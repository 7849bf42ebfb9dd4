package site

import (
	"cmp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/catalog"
)

// rulePage is what the template of a rule reads.
type rulePage struct {
	page
	Entry   *catalog.Entry
	Tactics []tacticRow
	Stages  []stageRow
	Terms   []termRow
	Events  []eventRow
	// MoreEvents is how many events are not shown.
	MoreEvents int
	Related    []ranked
	// Body is the rule's file; "" where the query is the whole of it.
	Body string
}

type tacticRow struct {
	Name       string
	Techniques []string
}

type stageRow struct {
	analyze.Stage
	Depth    int
	Shown    string
	Expanded bool
	// Predicates shadow the stage's, with what a page says of them.
	Predicates []predicateRow
}

type predicateRow struct {
	analyze.Predicate
	Manner string
	Left   int // values that are not shown here
}

type termRow struct {
	Stage, Kind, Shown, Manner string
}

type eventRow struct {
	analyze.Event
	Href string
}

// Bounds of what a page shows in place; the whole is in the page's other sections or in the JSON.
const (
	maxPredicateValues = 24
	maxEventRows       = 60
	maxBody            = 60_000
)

func (s *site) rulePage(e *catalog.Entry) *rulePage {
	p := &rulePage{page: s.page("../", "rules", e.Name), Entry: e}
	p.Tactics = s.tactics(e)
	for _, st := range e.Query.Stages {
		p.stage(st)
	}
	events := slices.Clone(e.Events) // the common ones, which have titles, first
	slices.SortStableFunc(events, func(a, b analyze.Event) int { return cmp.Compare(untitled(a), untitled(b)) })
	for i, ev := range events {
		if i == maxEventRows {
			p.MoreEvents = len(e.Events) - i
			break
		}
		p.Events = append(p.Events, eventRow{ev, s.ref(string(catalog.ByEvent), catalog.EventKey(ev))})
	}
	r := e.Rule
	for _, x := range r.Related {
		item := ranked{Text: x.ID, Note: x.Type}
		if o := s.c.ByID(x.ID); o != nil {
			item.Text, item.Href = o.Name, o.Page+".html"
		}
		p.Related = append(p.Related, item)
	}
	if r.Source != nil && (r.Query == nil || r.Source.Text != r.Query.Text) && len(r.Source.Text) <= maxBody && r.Format != "markdown" {
		p.Body = r.Source.Text
	}
	return p
}

func untitled(e analyze.Event) int {
	if e.Title == "" {
		return 1
	}
	return 0
}

func (p *rulePage) stage(st analyze.Stage) {
	row := stageRow{Stage: st, Depth: min(strings.Count(strings.TrimSuffix(st.ID, "."), "."), 4), Shown: st.Text}
	if st.Within != "" && row.Depth == 0 {
		row.Depth = 1
	}
	if st.Written != "" {
		row.Shown = st.Written
		row.Expanded = strings.Contains(st.Written, "`") && !strings.Contains(st.Text, st.Written)
	}
	for _, pr := range together(st.Predicates) {
		x := predicateRow{Predicate: pr, Manner: manner(pr.Negated, pr.Either, pr.All)}
		if n := len(pr.Values); n > maxPredicateValues {
			x.Left, x.Values = n-maxPredicateValues, pr.Values[:maxPredicateValues]
		}
		row.Predicates = append(row.Predicates, x)
	}
	for _, t := range st.Terms {
		shown := t.Text
		if t.Kind == "TERM" || t.Kind == "CASE" {
			shown = t.Kind + "(" + t.Text + ")"
		}
		p.Terms = append(p.Terms, termRow{st.ID, t.Kind, shown, manner(t.Negated, t.Either, false)})
	}
	p.Stages = append(p.Stages, row)
}

// together makes one row of the alternatives of one field that follow on each other, and leaves out what Harrier's own macros test.
func together(list []analyze.Predicate) []analyze.Predicate {
	var out []analyze.Predicate
	for _, p := range list {
		if strings.HasPrefix(p.Field, "_telemetry") {
			continue
		}
		if n := len(out); n > 0 && p.Either && !p.All && !p.Negated {
			if q := &out[n-1]; q.Either && !q.All && !q.Negated && q.Field == p.Field && q.Kind == p.Kind && q.Case == p.Case {
				q.Values = append(q.Values[:len(q.Values):len(q.Values)], p.Values...)
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

func manner(negated, either, all bool) string {
	var words []string
	if negated {
		words = append(words, "excludes")
	}
	if either {
		words = append(words, "alternative")
	}
	if all {
		words = append(words, "all of them")
	}
	return strings.Join(words, ", ")
}

// tactics puts the rule's techniques under its tactics. A technique of none of them has a row of its own.
func (s *site) tactics(e *catalog.Entry) []tacticRow {
	var out []tacticRow
	placed := map[string]bool{}
	for _, t := range attack.Tactics() {
		if !slices.Contains(e.Tactics, t.Short) {
			continue
		}
		row := tacticRow{Name: t.Name}
		for _, id := range e.Techniques {
			if x := attack.Lookup(id); x != nil && slices.Contains(x.Tactics, t.Short) {
				row.Techniques = append(row.Techniques, id)
				placed[id] = true
			}
		}
		out = append(out, row)
	}
	var rest []string
	for _, id := range e.Techniques {
		if !placed[id] {
			rest = append(rest, id)
		}
	}
	switch {
	case len(rest) == 0:
	case len(out) == 1 && len(out[0].Techniques) == 0:
		out[0].Techniques = rest
	default:
		out = append(out, tacticRow{"Of other tactics", rest})
	}
	return out
}
