package risk

import (
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

// An Alert is what an analyst is called for: one finding, or all findings of a rule where the rule says so.
type Alert struct {
	ID       string
	Rule     *rule.Rule
	Findings []*finding.Finding
	// First and Last bound the findings in time.
	First, Last time.Time
	Severity    string
	Title       string
	Message     string
	Tactics     []string
}

// Alerts groups findings that call an analyst, in their order. A rule of ESCU's types Anomaly and Hunting calls nobody.
func Alerts(fs []*finding.Finding) []*Alert {
	at := map[string]*Alert{}
	var out []*Alert
	for _, f := range fs {
		if !f.Rule.CallsAnalyst() || f.Suppressed {
			continue
		}
		a := at[f.Alert]
		if a == nil {
			a = &Alert{ID: f.Alert, Rule: f.Rule, Severity: f.Level, Title: f.Title, Message: f.Message, Tactics: f.Tactics()}
			at[f.Alert] = a
			out = append(out, a)
		}
		a.Findings = append(a.Findings, f)
		if !f.First.IsZero() && (a.First.IsZero() || f.First.Before(a.First)) {
			a.First = f.First
		}
		if f.Last.After(a.Last) {
			a.Last = f.Last
		}
	}
	return out
}

// Entities returns the entities of all findings of the alert, each once.
func (a *Alert) Entities() []finding.Entity {
	var out []finding.Entity
	for _, f := range a.Findings {
		for _, e := range f.Entities {
			if !slices.ContainsFunc(out, func(x finding.Entity) bool { return x.Kind == e.Kind && strings.EqualFold(x.Value, e.Value) }) {
				out = append(out, e)
			}
		}
	}
	return out
}

// An Incident is a case of one or several alerts.
type Incident struct {
	Number int
	Alerts []*Alert
}

// Incidents opens an incident for every alert, but where the rule groups alerts that have the same entities, or all of its alerts.
// https://learn.microsoft.com/azure/sentinel/create-analytics-rules
func Incidents(as []*Alert) []*Incident {
	at := map[string]*Incident{}
	var out []*Incident
	for _, a := range as {
		c := a.Rule.Incident
		if c != nil && !c.Create {
			continue
		}
		key := a.ID
		if c != nil && c.Group {
			key = a.Rule.ID
			if !strings.EqualFold(c.Matching, "AnyAlert") {
				var es []string
				for _, e := range a.Entities() {
					if !strings.EqualFold(c.Matching, "Selected") || slices.ContainsFunc(c.ByEntities, func(t string) bool { return strings.EqualFold(finding.KindOf(t), e.Kind) }) {
						es = append(es, e.Kind+"\x00"+strings.ToLower(e.Value))
					}
				}
				slices.Sort(es)
				key += "\x00" + strings.Join(es, "\x00")
			}
		}
		i := at[key]
		if i == nil {
			i = &Incident{Number: len(out) + 1}
			at[key] = i
			out = append(out, i)
		}
		i.Alerts = append(i.Alerts, a)
	}
	return out
}
