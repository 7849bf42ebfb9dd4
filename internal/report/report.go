// Package report renders findings for people: a self-contained HTML page and Markdown. All rule and log text is hostile: html/template
// escapes it according to where it stands, and the page's script never makes markup of it.
package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/finding"
)

//go:embed page/report.html.tmpl
var page string

//go:embed page/report.css
var style string

//go:embed page/report.js
var script string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"text":    finding.Text,
	"show":    shown,
	"stamp":   stamp,
	"between": between,
	"count":   thousands,
	"size":    bytesOf,
	"plural":  plural,
	"share":   func(n, of int) int { return 100 * n / max(of, 1) },
	"add":     func(a, b int) int { return a + b },
	"first":   func(n int, list []string) []string { return list[:min(n, len(list))] },
}).Parse(page))

type view struct {
	*digest
	Summary  Summary
	Timeline *timeline
	Findings int
	MaxScore int
	// Left of entities and episodes are not in the page's tables.
	LeftEntities, LeftEpisodes int
	Filtered                   []count
	Refused                    int
	Attack                     string
	Style                      template.CSS
	Script, Data               template.JS
	// Policy lets the page run its own script and nothing else, and load nothing.
	Policy string
}

// HTML writes the report. Findings are shown by time, the oldest first.
func HTML(w io.Writer, s Summary, items []*Item) error {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *Item) int {
		x, _ := a.Times()
		y, _ := b.Times()
		return x.Compare(y)
	})
	v := view{Summary: s, digest: digestOf(items), Findings: len(items), Refused: s.Rules["refused"], Attack: attack.Version(), Style: template.CSS(style), Script: template.JS(script)}
	sum := sha256.Sum256([]byte(script))
	v.Policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	for _, e := range v.Entities {
		v.MaxScore = max(v.MaxScore, e.Score)
	}
	for by, n := range s.Filtered {
		v.Filtered = append(v.Filtered, count{by, n})
	}
	slices.SortFunc(v.Filtered, func(a, b count) int { return strings.Compare(a.Name, b.Name) })
	var err error
	if v.Timeline, err = timelineOf(v.digest, items); err != nil {
		return err
	}
	if v.Data, err = dataOf(items, v.digest); err != nil {
		return err
	}
	if n := len(v.Entities); n > shownEntities {
		v.Entities, v.LeftEntities = v.Entities[:shownEntities], n-shownEntities
	}
	if n := len(v.Episodes); n > shownEpisodes {
		v.Episodes, v.LeftEpisodes = v.Episodes[n-shownEpisodes:], n-shownEpisodes
	}
	if err := tmpl.Execute(w, v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// between says when something was that may have taken time.
func between(a, b time.Time) string {
	switch {
	case a.IsZero():
		return ""
	case b.Sub(a) < time.Second:
		return stamp(a)
	case a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly):
		return a.UTC().Format("2006-01-02 15:04:05") + " – " + b.UTC().Format("15:04:05Z")
	}
	return a.UTC().Format("2006-01-02 15:04") + " – " + b.UTC().Format("2006-01-02 15:04Z")
}

// thousands writes a number with spaces between its thousands.
func thousands(n any) string {
	s := fmt.Sprint(n)
	var out []byte
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			out = append(out, "\u202f"...)
		}
		out = append(out, s[i])
	}
	return string(out)
}

func bytesOf(n int64) string {
	const unit = 1024
	f, i := float64(n), 0
	for f >= unit && i < 4 {
		f /= unit
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[i-1])
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ay") {
		one = one[:len(one)-1] + "ie"
	}
	return thousands(n) + " " + one + "s"
}
