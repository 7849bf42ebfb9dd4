package catalog

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
)

// A Tactic is a column of the ATT&CK matrix.
type Tactic struct{ ID, Name string }

// Tactics are the columns of the matrix in ATT&CK's order.
var Tactics = []Tactic{
	{"reconnaissance", "Reconnaissance"}, {"resource-development", "Resource Development"}, {"initial-access", "Initial Access"}, {"execution", "Execution"},
	{"persistence", "Persistence"}, {"privilege-escalation", "Privilege Escalation"}, {"defense-evasion", "Defense Evasion"},
	{"credential-access", "Credential Access"}, {"discovery", "Discovery"}, {"lateral-movement", "Lateral Movement"}, {"collection", "Collection"},
	{"command-and-control", "Command and Control"}, {"exfiltration", "Exfiltration"}, {"impact", "Impact"},
}

// TechniqueName returns a technique's name, or "".
func TechniqueName(id string) string { return "" }

// TechniqueTactics returns the tactics of a technique.
func TechniqueTactics(id string) []string { return nil }

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// tacticsOf returns the tactics of a rule by their canonical names: those that it states, else those of its techniques.
func tacticsOf(r *rule.Rule) []string {
	var out []string
	add := func(t string) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, t := range r.Tactics {
		for _, known := range Tactics {
			if letters(known.ID) == letters(t) {
				add(known.ID)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, t := range r.Techniques {
		for _, tactic := range TechniqueTactics(t) {
			add(tactic)
		}
	}
	return out
}
