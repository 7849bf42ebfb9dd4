package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/source"
)

// traced is what data make of a rule, in the form of its JSON.
type traced struct {
	Files  int64 `json:"files"`
	Events int64 `json:"events"`
	Rows   int   `json:"rows"`
	// Verdict says in a sentence why the rule found something or did not.
	Verdict string `json:"verdict"`
	// Found names the events behind the first rows.
	Found      []record       `json:"found_events"`
	Stages     []stageRows    `json:"stages"`
	Selections []selectionRow `json:"selections"`
	Joins      []joinRow      `json:"joins"`
	// Lacking says which required views, fields and events are not in the data.
	Lacking []string `json:"lacking"`
}

type record struct {
	File   string `json:"file"`
	Record uint64 `json:"record"`
}

func (r record) String() string { return fmt.Sprintf("%s:%d", r.File, r.Record) }

// stageRows is a stage and the rows that were left after it; nil where that cannot be told.
type stageRows struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Rows *int   `json:"rows"`
	// Dropped marks the first stage of the main pipeline that left nothing.
	Dropped bool `json:"dropped_everything,omitempty"`
}

type selectionRow struct {
	Over       string         `json:"over"`
	Main       bool           `json:"main"`
	Rows       int            `json:"rows"`
	Passed     int            `json:"passed"`
	Conditions []conditionRow `json:"conditions"`
	// Best of the conditions held for Near rows, of which Misses are some.
	Best   int       `json:"best"`
	Near   int       `json:"near"`
	Misses []missRow `json:"misses"`
}

type conditionRow struct {
	Text string `json:"text"`
	Held int    `json:"held"`
	// Alone counts the rows that only this condition kept out.
	Alone int `json:"alone"`
}

type missRow struct {
	Events []record  `json:"events"`
	Failed []string  `json:"failed"`
	Values []missing `json:"values"`
}

type missing struct {
	Field string  `json:"field"`
	Value *string `json:"value"` // nil: the row has no such field, or no value in it
}

type joinRow struct {
	Join  string `json:"join"`
	Left  int    `json:"left"`
	Right int    `json:"right"`
}

// maxRecords bounds the events that are named for one row.
const maxRecords = 5

func records(os []event.Origin, files *event.Files) []record {
	out := []record{}
	for _, o := range os[:min(len(os), maxRecords)] {
		out = append(out, record{files.Name(o.File), o.Record})
	}
	return out
}

func newTraced(x *explanation, t *query.Trace, files *event.Files, p *source.Progress) *traced {
	d := &traced{Files: p.Files.Load(), Events: p.Events.Load(), Rows: t.Rows, Found: []record{}, Stages: []stageRows{}, Selections: []selectionRow{}, Joins: []joinRow{}}
	if t.Result != nil {
		for i := range t.Result.Len() {
			for _, r := range records(t.Result.Lineage.Of(i), files) {
				if !slices.Contains(d.Found, r) {
					d.Found = append(d.Found, r)
				}
			}
		}
	}
	dropped := false
	for i := range x.Query.Stages {
		s := &x.Query.Stages[i]
		row := stageRows{ID: s.ID, Text: s.Text}
		if n := t.Stages[i]; n >= 0 {
			row.Rows = &n
			if n == 0 && !s.Nested() && !dropped {
				row.Dropped, dropped = true, true
			}
		}
		d.Stages = append(d.Stages, row)
	}
	for _, s := range t.Selections {
		d.Selections = append(d.Selections, newSelection(s, files))
	}
	for i := 0; i+1 < len(t.Sides); i += 2 {
		d.Joins = append(d.Joins, joinRow{t.Sides[i].Join, t.Sides[i].Rows, t.Sides[i+1].Rows})
	}
	d.Lacking = lacking(x, t)
	d.Verdict = d.verdict()
	return d
}

func newSelection(s *analyze.Selection, files *event.Files) selectionRow {
	row := selectionRow{Over: s.Over, Main: s.Main, Rows: s.Rows, Passed: s.Passed, Best: s.Best, Near: s.Near, Conditions: []conditionRow{}, Misses: []missRow{}}
	for _, c := range s.Conditions {
		row.Conditions = append(row.Conditions, conditionRow{c.Text, c.Held, c.Alone})
	}
	for _, m := range s.Misses {
		r := missRow{Events: records(m.Origins, files), Failed: []string{}, Values: []missing{}}
		for _, i := range m.Failed {
			r.Failed = append(r.Failed, s.Conditions[i].Text)
		}
		for _, v := range m.Values {
			f := missing{Field: v.Column}
			if !v.Value.IsNull() {
				s := analyze.ValueText(v.Value)
				f.Value = &s
			}
			r.Values = append(r.Values, f)
		}
		row.Misses = append(row.Misses, r)
	}
	return row
}

// lacking lists what the query needs and the data has not.
func lacking(x *explanation, t *query.Trace) []string {
	out := []string{}
	for _, v := range t.Views {
		if v.Rows == 0 {
			out = append(out, fmt.Sprintf("no event of the data fills %s", v.View))
			continue
		}
		var empty []string
		for _, r := range x.Reads {
			if r.View != v.View {
				continue
			}
			for _, f := range r.Fields {
				if v.Fields[f] == 0 && !strings.Contains(f, "*") {
					empty = append(empty, f)
				}
			}
		}
		if len(empty) > 0 {
			out = append(out, fmt.Sprintf("none of the %d events of %s has a value for %s", v.Rows, v.View, strings.Join(empty, ", ")))
		}
	}
	var absent []string
	for _, e := range x.Events {
		// Of sources other than Windows only one is there as a rule; that the rest is not says nothing.
		if e.Title == "" || slices.ContainsFunc(t.Views, func(v query.ViewRows) bool { return slices.Contains(e.Views, v.View) && countOf(v, e) > 0 }) {
			continue
		}
		absent = append(absent, fmt.Sprintf("%s %s (%s)", e.Provider, e.ID, e.Title))
	}
	if len(absent) > 0 {
		out = append(out, "not in the data: "+strings.Join(absent, "; "))
	}
	return out
}

func countOf(v query.ViewRows, e analyze.Event) int {
	n := 0
	for c, rows := range v.Classes {
		if c.ID == e.ID && e.Is(c.Provider, c.Channel) {
			n += rows
		}
	}
	return n
}

// verdict says in a sentence what happened.
func (d *traced) verdict() string {
	if d.Rows > 0 {
		return fmt.Sprintf("it found %s", plural(d.Rows, "row"))
	}
	for i, s := range d.Stages {
		if !s.Dropped {
			continue
		}
		why := fmt.Sprintf("stage %s dropped everything", s.ID)
		for j := i - 1; j >= 0; j-- {
			if d.Stages[j].Rows != nil && !strings.Contains(d.Stages[j].ID, ".") {
				why += fmt.Sprintf(" (%s before it)", plural(*d.Stages[j].Rows, "row"))
				break
			}
		}
		if sel := d.dead(); sel != nil && sel.Best > 0 {
			why += fmt.Sprintf("; the closest %s satisfies %d of %d conditions", closest(sel), sel.Best, len(sel.Conditions))
		}
		for _, j := range d.Joins {
			if j.Left > 0 && j.Right == 0 {
				why += "; the right side of " + plainJoin(j.Join) + " is empty"
				break
			}
		}
		return "it found nothing: " + why
	}
	return "it found nothing"
}

// plainJoin is a join's name without the marks of hidden columns.
func plainJoin(s string) string { return strings.ReplaceAll(s, "\x01", "") }

// closest names the nearest miss: by its event when there is one behind it.
func closest(s *selectionRow) string {
	if len(s.Misses) > 0 && len(s.Misses[0].Events) == 1 {
		return "event"
	}
	return "row"
}

// dead returns the selection in which all rows were lost: of those that the result comes from the first, else of those that it is
// joined with.
func (d *traced) dead() *selectionRow {
	var out *selectionRow
	for i := range d.Selections {
		if s := &d.Selections[i]; s.Rows > 0 && s.Passed == 0 && (out == nil || s.Main && !out.Main) {
			out = s
		}
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// lay puts what the data say on the page.
func (d *traced) lay(p *page, x *explanation) {
	p.text("Over the data", fmt.Sprintf("%s in %s: %s", plural(int(d.Events), "event"), plural(int(d.Files), "file"), d.Verdict))
	if len(d.Found) > 0 {
		var names []string
		for _, r := range d.Found[:min(len(d.Found), 20)] {
			names = append(names, r.String())
		}
		p.text("Events behind the rows", strings.Join(names, "\n"))
	}
	var stages [][]string
	for _, s := range d.Stages {
		n, remark := "–", ""
		if s.Rows != nil {
			n = fmt.Sprint(*s.Rows)
		}
		if s.Dropped {
			remark = "◄ dropped everything"
		}
		stages = append(stages, []string{s.ID, n, shortened(s.Text), remark})
	}
	p.table("Rows after each stage", []string{"stage", "rows", "", ""}, stages)
	for _, s := range d.Selections {
		d.laySelection(p, s)
	}
	var joins [][]string
	for _, j := range d.Joins {
		note := ""
		switch {
		case j.Left == 0 && j.Right == 0:
			note = "both sides are empty"
		case j.Left == 0:
			note = "the left side is empty"
		case j.Right == 0:
			note = "the right side is empty"
		}
		joins = append(joins, []string{plainJoin(j.Join), fmt.Sprint(j.Left), fmt.Sprint(j.Right), note})
	}
	p.table("Joins", []string{"join", "left", "right", ""}, joins)
	if len(d.Lacking) > 0 {
		p.text("What the data lack", strings.Join(d.Lacking, "\n"))
	}
}

func (d *traced) laySelection(p *page, s selectionRow) {
	if s.Rows == 0 {
		return
	}
	title := fmt.Sprintf("Conditions over %s: %d of %s satisfied all", s.Over, s.Passed, plural(s.Rows, "row"))
	var rows [][]string
	for i, c := range s.Conditions {
		rows = append(rows, []string{fmt.Sprint(i + 1), fmt.Sprint(c.Held), fmt.Sprint(c.Alone), cut(c.Text, 400)})
	}
	p.table(title, []string{"", "held for", "alone kept out", "condition"}, rows)
	// Where rows got through, the others are what the rule is meant to leave out.
	if len(s.Misses) == 0 || s.Passed > 0 {
		return
	}
	var misses [][]string
	for _, m := range s.Misses {
		where := "a row"
		if len(m.Events) > 0 {
			where = m.Events[0].String()
		}
		misses = append(misses, []string{"event", where})
		for _, f := range m.Failed {
			misses = append(misses, []string{"fails", cut(f, 400)})
		}
		for _, v := range m.Values {
			value := "(no value)"
			if v.Value != nil {
				if value = cut(*v.Value, 1000); value == "" {
					value = `""`
				}
			}
			misses = append(misses, []string{v.Field, value})
		}
	}
	p.list(fmt.Sprintf("Nearest misses: %s with %d of %s", plural(s.Near, "row"), s.Best, plural(len(s.Conditions), "condition")), misses)
}
