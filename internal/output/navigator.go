package output

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/report"
	"github.com/harrier-detect/harrier/internal/rule"
)

// navigator counts the findings of each technique. It keeps no findings.
type navigator struct {
	w  *bufio.Writer
	n  int
	by map[string]*found
}

// found is what is known of one technique.
type found struct {
	n     int
	level string
	rules []string
	more  int
	known map[*rule.Rule]bool
}

// namedRules bounds the rules that a comment names.
const namedRules = 10

func newNavigator(w *bufio.Writer, _ Options) Writer {
	return &navigator{w: w, by: map[string]*found{}}
}

func (w *navigator) Write(items []*report.Item) error {
	w.n += len(items)
	for _, it := range items {
		var seen []string
		for _, id := range it.Rule.Techniques {
			id = strings.ToUpper(strings.TrimSpace(id))
			if !attack.IsID(id) || slices.Contains(seen, id) {
				continue
			}
			seen = append(seen, id)
			f := w.by[id]
			if f == nil {
				f = &found{known: map[*rule.Rule]bool{}}
				w.by[id] = f
			}
			f.n++
			if f.level == "" || rule.LevelOrder(it.Level) > rule.LevelOrder(f.level) {
				f.level = it.Level
			}
			if !f.known[it.Rule] {
				f.known[it.Rule] = true
				if len(f.rules) < namedRules {
					f.rules = append(f.rules, export.Printable(finding.Cut(it.Rule.Name, 200)))
				} else {
					f.more++
				}
			}
		}
	}
	return nil
}

func (w *navigator) Close(s *report.Summary) error {
	l := attack.Layer{Name: export.Printable(finding.Cut(s.Title, 200)), Description: fmt.Sprintf("What Harrier found: %d findings in %d events. A technique's score is the number of its findings.", w.n, s.Events)}
	for id, f := range w.by {
		comment := fmt.Sprintf("%d findings, at most %s, of %s", f.n, f.level, strings.Join(f.rules, "; "))
		if f.more > 0 {
			comment += fmt.Sprintf(" and %d more rules", f.more)
		}
		l.Scores = append(l.Scores, attack.Score{ID: id, Score: f.n, Comment: comment})
	}
	data, err := l.JSON()
	if err != nil {
		return err
	}
	w.w.Write(data)
	return nil
}
