// Package report renders findings for people: a self-contained HTML page. All rule and log text is hostile and is escaped by
// html/template according to where it stands.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/harrier-detect/harrier/internal/finding"
)

//go:embed report.html.tmpl
var page string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"text":  finding.Text,
	"stamp": stamp,
	"share": func(n, of int) int { return 100 * n / max(of, 1) },
}).Parse(page))

// Summary is what a report says of the hunt as a whole.
type Summary struct {
	Title         string
	Files, Events int64
	Rules         map[string]int // by state: runs, notes, refused
	Elapsed       time.Duration
	Now           time.Time
}

type entityRisk struct {
	Kind, Value string
	Score       int
	Findings    int
	Rules       []string
}

type techniqueCount struct {
	ID    string
	Count int
}

type view struct {
	Summary    Summary
	Findings   []*finding.Finding
	Entities   []entityRisk
	Techniques []techniqueCount
	Levels     []techniqueCount
	First      time.Time
	Last       time.Time
	MaxScore   int
}

// HTML writes the report. Findings are shown in the order given.
func HTML(w io.Writer, s Summary, findings []*finding.Finding) error {
	v := view{Summary: s, Findings: findings}
	entities := map[[2]string]*entityRisk{}
	techniques, levels := map[string]int{}, map[string]int{}
	for _, f := range findings {
		levels[f.Level]++
		for _, t := range f.Rule.Techniques {
			techniques[t]++
		}
		if !f.First.IsZero() && (v.First.IsZero() || f.First.Before(v.First)) {
			v.First = f.First
		}
		if f.Last.After(v.Last) {
			v.Last = f.Last
		}
		for _, e := range f.Entities {
			k := [2]string{e.Kind, e.Value}
			r := entities[k]
			if r == nil {
				r = &entityRisk{Kind: e.Kind, Value: e.Value}
				entities[k] = r
			}
			r.Score += f.RiskScore
			r.Findings++
			if !slices.Contains(r.Rules, f.Rule.Name) {
				r.Rules = append(r.Rules, f.Rule.Name)
			}
		}
	}
	for _, r := range entities {
		v.Entities = append(v.Entities, *r)
		v.MaxScore = max(v.MaxScore, r.Score)
	}
	slices.SortFunc(v.Entities, func(a, b entityRisk) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	v.Entities = v.Entities[:min(len(v.Entities), 50)]
	v.Techniques = counts(techniques)
	v.Levels = counts(levels)
	if err := tmpl.Execute(w, v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func counts(m map[string]int) []techniqueCount {
	var out []techniqueCount
	for id, n := range m {
		out = append(out, techniqueCount{id, n})
	}
	slices.SortFunc(out, func(a, b techniqueCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) })
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
