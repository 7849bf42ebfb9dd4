package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/rule"
)

// techniqueIDs returns the ids of a rule's techniques, each once, in their usual form; what has not the form of an id is left out.
func techniqueIDs(r *rule.Rule) []string {
	var out []string
	for _, t := range r.Techniques {
		t = strings.ToUpper(strings.TrimSpace(t))
		if attack.IsID(t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// tacticsOf returns the short names of a rule's tactics in the order of the matrix: those that it states, else those of its
// techniques.
func tacticsOf(r *rule.Rule, techniques []string) []string {
	var found []attack.Tactic
	add := func(name string) {
		if t, ok := attack.FindTactic(name); ok && !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	for _, t := range r.Tactics {
		add(t)
	}
	if len(found) == 0 {
		for _, id := range techniques {
			if t := attack.Lookup(id); t != nil {
				for _, name := range t.Tactics {
					add(name)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b attack.Tactic) int { return cmp.Compare(a.Order, b.Order) })
	var out []string
	for _, t := range found {
		out = append(out, t.Short)
	}
	return out
}

// TechniqueName returns a technique's name with that of the technique above it, or "".
func TechniqueName(id string) string {
	if t := attack.Lookup(id); t != nil {
		return t.FullName()
	}
	return ""
}

// Column is a tactic with its techniques in the order of the matrix.
type Column struct {
	attack.Tactic
	Techniques []*attack.Technique
}

// Matrix returns the techniques of ATT&CK by tactic, without those below others and those that are retired.
func Matrix() []Column {
	var out []Column
	for _, t := range attack.Tactics() {
		col := Column{Tactic: t}
		for _, x := range attack.Techniques() {
			if attack.Parent(x.ID) == x.ID && !x.Retired && slices.Contains(x.Tactics, t.Short) {
				col.Techniques = append(col.Techniques, x)
			}
		}
		slices.SortFunc(col.Techniques, func(a, b *attack.Technique) int { return cmp.Compare(a.Name, b.Name) })
		out = append(out, col)
	}
	return out
}

// Layer returns a layer for ATT&CK Navigator whose scores are numbers of rules.
func (c *Catalog) Layer() ([]byte, error) {
	l := attack.Layer{Name: c.Title, Description: fmt.Sprintf("Number of detection rules, of %d.", len(c.Entries)), Max: 30}
	for _, g := range c.Of(ByTechnique) {
		if n := len(g.Rules); n > 0 {
			l.Scores = append(l.Scores, attack.Score{ID: g.Key, Score: n, Comment: fmt.Sprintf("SPL %d, KQL %d, Sigma %d", g.Counts[0], g.Counts[1], g.Counts[2])})
		}
	}
	return l.JSON()
}
