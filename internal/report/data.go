package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/evidence"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
)

// Findings are in the page as JSON, which its script shows a hundred at a time: as markup, thousands of findings with their events
// would be more than a browser likes. Names are short because they are there thousands of times.

type pageData struct {
	Rules    []pageRule    `json:"rules"`
	Events   []pageEvent   `json:"events"`
	Findings []pageFinding `json:"findings"`
}

type pageRule struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Language   string      `json:"lang"`
	File       string      `json:"file"`
	Type       string      `json:"type,omitempty"`
	Text       string      `json:"text,omitempty"`
	False      string      `json:"fp,omitempty"`
	References []string    `json:"refs,omitempty"`
	Techniques [][2]string `json:"tech,omitempty"`
	Tactics    []string    `json:"tac,omitempty"`
}

type pageEvent struct {
	Where  string      `json:"w"`
	Time   string      `json:"t,omitempty"`
	Fields [][2]string `json:"f,omitempty"`
}

type pageFinding struct {
	ID       string      `json:"i"`
	Rule     int         `json:"r"`
	Level    string      `json:"l"`
	Risk     int         `json:"s"`
	First    string      `json:"t,omitempty"`
	Last     string      `json:"u,omitempty"`
	Message  string      `json:"m,omitempty"`
	Entities [][3]string `json:"e,omitempty"` // kind, value, role
	Row      [][2]string `json:"c,omitempty"`
	Events   []int       `json:"v,omitempty"`
	More     int         `json:"n,omitempty"` // events that are not shown
	Where    []string    `json:"w,omitempty"` // of events that were not fetched
	Home     string      `json:"h,omitempty"`
	HomeText string      `json:"ht,omitempty"`
}

// Bounds on what the page shows of one thing.
const (
	maxCell  = 4 << 10 // bytes of one value
	maxCells = 300     // columns of one row or event
	maxWhere = 50      // places of events that were not fetched
)

// shown makes text fit to be looked at.
func shown(s string) string { return export.Printable(finding.Cut(s, maxCell)) }

func dataOf(items []*Item, d *digest) (template.JS, error) {
	data := pageData{Rules: make([]pageRule, len(d.Rules)), Events: []pageEvent{}, Findings: make([]pageFinding, 0, len(items))}
	index := map[any]int{}
	for i, g := range d.Rules {
		index[g.Rule] = i
		r := g.Rule
		p := pageRule{ID: shown(r.ID), Name: shown(r.Name), Language: string(r.Language), File: shown(r.File), Type: shown(r.Type), Text: shown(r.Description), False: shown(r.FalsePositives)}
		for _, ref := range r.References[:min(len(r.References), 20)] {
			p.References = append(p.References, shown(ref))
		}
		for _, id := range r.Techniques {
			name := ""
			if t := attack.Lookup(id); t != nil {
				id, name = t.ID, t.FullName()
			}
			p.Techniques = append(p.Techniques, [2]string{shown(id), name})
		}
		for _, t := range r.Tactics {
			if x, ok := attack.FindTactic(t); ok {
				t = x.Name
			}
			p.Tactics = append(p.Tactics, shown(t))
		}
		data.Rules[i] = p
	}
	for _, it := range items {
		first, last := it.Times()
		f := pageFinding{ID: it.ID, Rule: index[it.Rule], Level: shown(it.Level), Risk: it.RiskScore, First: iso(first), Message: shown(it.Message), Row: cells(it.Columns, it.Values)}
		if last.After(first) {
			f.Last = iso(last)
		}
		for _, e := range it.Entities[:min(len(it.Entities), maxCells)] {
			f.Entities = append(f.Entities, [3]string{shown(e.Kind), shown(e.Value), shown(e.Role)})
		}
		for _, e := range it.Evidence {
			at, known := index[e]
			if !known {
				at = len(data.Events)
				index[e] = at
				data.Events = append(data.Events, eventOf(e))
			}
			f.Events = append(f.Events, at)
		}
		if n := len(it.Evidence); n < len(it.Events) {
			for _, e := range it.Events[n:min(len(it.Events), n+maxWhere)] {
				f.Where = append(f.Where, where(e))
			}
			f.More = len(it.Events) - n - len(f.Where)
		}
		if h := it.Home; h != nil {
			f.Home, f.HomeText = string(h.Status), h.String()
		}
		data.Findings = append(data.Findings, f)
	}
	out, err := json.Marshal(data) // which escapes <, >, & and U+2028
	if err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	return template.JS(out), nil
}

func eventOf(e *evidence.Event) pageEvent {
	p := pageEvent{Where: where(e.Event), Time: iso(e.Time)}
	for _, f := range e.Fields[:min(len(e.Fields), maxCells)] {
		if s := finding.Text(f.Value); s != "" {
			p.Fields = append(p.Fields, [2]string{shown(f.Name), shown(s)})
		}
	}
	return p
}

func cells(names []string, values []event.Value) [][2]string {
	var out [][2]string
	for i, n := range names[:min(len(names), maxCells)] {
		if s := finding.Text(values[i]); s != "" {
			out = append(out, [2]string{shown(n), shown(s)})
		}
	}
	return out
}

func where(e finding.Event) string { return fmt.Sprintf("%s : %d", shown(e.File), e.Record) }

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
