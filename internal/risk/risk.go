// Package risk makes of findings what their home platforms make of them: risk that objects gather, notables, alerts and incidents.
// These are events themselves, over which correlation rules run (Feed), and they add up to a ledger of who and what is at risk.
package risk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/finding"
)

// A Modifier is risk that one finding adds to one object.
type Modifier struct {
	Finding *finding.Finding
	// Object is at risk; Type is system, user or other.
	Object, Type string
	Score        int
}

// A Threat is what an object is at risk of.
type Threat struct{ Object, Type string }

// Modifiers returns the risk that findings add, in their order. Rules of ESCU's types Hunting and Correlation add none.
func Modifiers(fs []*finding.Finding) []Modifier {
	var out []Modifier
	for _, f := range fs {
		if !f.Rule.AddsRisk() {
			continue
		}
		seen := map[[2]string]bool{}
		for _, e := range f.Entities {
			t := objectType(e)
			if t == "" || seen[[2]string{t, e.Value}] {
				continue
			}
			seen[[2]string{t, e.Value}] = true
			out = append(out, Modifier{f, e.Value, t, cmp.Or(e.Score, f.RiskScore)})
		}
	}
	return out
}

// objectType returns the type of risk object that an entity is, or "" for what is not at risk but a threat. The types are those of
// contentctl: https://github.com/splunk/contentctl/blob/main/contentctl/objects/rba.py
func objectType(e finding.Entity) string {
	switch {
	case e.Role == "attacker":
		return ""
	case e.Kind == "host":
		return "system"
	case e.Kind == "user":
		return "user"
	case e.Role == "victim":
		if e.Kind == "ip" {
			return "system"
		}
		return "other"
	}
	return ""
}

// Threats returns what a finding names that is not at risk itself: processes, files, addresses.
func Threats(f *finding.Finding) []Threat {
	var out []Threat
	for _, e := range f.Entities {
		if objectType(e) != "" {
			continue
		}
		t := e.Kind
		switch t {
		case "ip":
			t = "ip_address"
		case "file":
			t = "file_name"
		case "hash":
			t = "file_hash"
		case "registry":
			t = "registry_path"
		}
		if x := (Threat{e.Value, t}); !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// An Entry is what the ledger holds of one object.
type Entry struct {
	Object string `json:"object"`
	Type   string `json:"type"`
	Score  int    `json:"risk_score"`
	// Findings counts the findings, and Rules the different rules, that added to the score.
	Findings int `json:"findings"`
	Rules    int `json:"rules"`
	// Tactics and Techniques are those of the rules, tactics in the order of the matrix.
	Tactics    []string  `json:"tactics"`
	Techniques []string  `json:"techniques"`
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	// IDs are the first of the findings, at most maxIDs.
	IDs []string `json:"finding_ids"`

	rules map[string]bool
}

// maxIDs bounds the findings that an entry names.
const maxIDs = 100

// A Ledger adds up who and what is at risk. The zero Ledger is ready to use. Objects are compared without regard to case, as hosts
// and accounts are.
type Ledger struct {
	at     map[[2]string]*Entry
	order  []*Entry
	result []*Entry // made by Entries
}

// Add adds what findings add to the risk of their objects.
func (l *Ledger) Add(fs []*finding.Finding) {
	if l.at == nil {
		l.at = map[[2]string]*Entry{}
	}
	for _, m := range Modifiers(fs) {
		key := [2]string{m.Type, strings.ToLower(m.Object)}
		e := l.at[key]
		if e == nil {
			e = &Entry{Object: m.Object, Type: m.Type, Tactics: []string{}, Techniques: []string{}, rules: map[string]bool{}}
			l.at[key] = e
			l.order = append(l.order, e)
		}
		e.add(m)
	}
}

func (e *Entry) add(m Modifier) {
	f := m.Finding
	e.Score += m.Score
	e.Findings++
	if len(e.IDs) < maxIDs {
		e.IDs = append(e.IDs, f.ID)
	}
	e.rules[f.Rule.ID] = true
	for _, t := range f.Tactics() {
		if x, ok := attack.FindTactic(t); ok {
			t = x.Short
		}
		if !slices.Contains(e.Tactics, t) {
			e.Tactics = append(e.Tactics, t)
		}
	}
	for _, t := range f.Rule.Techniques {
		if t = strings.ToUpper(t); !slices.Contains(e.Techniques, t) {
			e.Techniques = append(e.Techniques, t)
		}
	}
	e.span(f.First, f.Last)
}

func (e *Entry) span(first, last time.Time) {
	if !first.IsZero() && (e.First.IsZero() || first.Before(e.First)) {
		e.First = first
	}
	if last.After(e.Last) {
		e.Last = last
	}
}

// merge takes over what another entry holds.
func (e *Entry) merge(o *Entry) {
	e.Score += o.Score
	e.Findings += o.Findings
	for r := range o.rules {
		e.rules[r] = true
	}
	for _, t := range o.Tactics {
		if !slices.Contains(e.Tactics, t) {
			e.Tactics = append(e.Tactics, t)
		}
	}
	for _, t := range o.Techniques {
		if !slices.Contains(e.Techniques, t) {
			e.Techniques = append(e.Techniques, t)
		}
	}
	e.IDs = append(e.IDs, o.IDs...)[:min(maxIDs, len(e.IDs)+len(o.IDs))]
	e.span(o.First, o.Last)
}

// Entries returns what has been added up, the greatest risk first. A host's short name and its full name are one object when only
// one full name begins like that. The ledger must not be added to any more.
func (l *Ledger) Entries() []*Entry {
	if l.result != nil {
		return l.result
	}
	full := map[string]*Entry{}
	for _, e := range l.order {
		if short, ok := shortName(e); ok {
			if full[short] != nil {
				full[short] = &Entry{} // hosts of several domains
			} else {
				full[short] = e
			}
		}
	}
	out := make([]*Entry, 0, len(l.order))
	for _, e := range l.order {
		if f := full[strings.ToLower(e.Object)]; e.Type == "system" && f != nil && f.Object != "" {
			f.merge(e)
			continue
		}
		out = append(out, e)
	}
	order := func(t string) int {
		if x, ok := attack.FindTactic(t); ok {
			return x.Order
		}
		return len(attack.Tactics())
	}
	for _, e := range out {
		e.Rules = len(e.rules)
		slices.SortStableFunc(e.Tactics, func(a, b string) int { return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a, b)) })
		slices.Sort(e.Techniques)
	}
	slices.SortStableFunc(out, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Object, b.Object))
	})
	l.result = out
	return out
}

// shortName returns the first label of a host's full name; an address has none.
func shortName(e *Entry) (string, bool) {
	if e.Type != "system" || strings.Trim(e.Object, "0123456789.:") == "" {
		return "", false
	}
	short, _, ok := strings.Cut(strings.ToLower(e.Object), ".")
	return short, ok && short != ""
}
