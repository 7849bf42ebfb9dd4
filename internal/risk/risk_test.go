package risk

import (
	"slices"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

func found(r *rule.Rule, id string, sec int64, es ...finding.Entity) *finding.Finding {
	t := time.Unix(sec, 0).UTC()
	return &finding.Finding{ID: id, Alert: id, Rule: r, First: t, Last: t, Level: r.Level(), RiskScore: r.RiskScore(), Title: r.Name, Entities: es,
		Origins: []event.Origin{{File: 1, Record: uint64(sec)}}}
}

func host(s string) finding.Entity { return finding.Entity{Kind: "host", Value: s} }

var (
	ttp     = &rule.Rule{ID: "1", Name: "ttp", Format: "escu", Type: "TTP", Impact: 80, Confidence: 50, Techniques: []string{"T1047"}, Tactics: []string{"execution"}, Stories: []string{"S"}, Query: nil}
	anomaly = &rule.Rule{ID: "2", Name: "anomaly", Format: "escu", Type: "Anomaly", Score: 10, Tactics: []string{"Discovery"}}
	hunting = &rule.Rule{ID: "3", Name: "hunting", Format: "escu", Type: "Hunting", Score: 90}
	plain   = &rule.Rule{ID: "4", Name: "plain", Format: "anvilogic"}
)

func TestTypes(t *testing.T) {
	fs := []*finding.Finding{found(ttp, "a", 1, host("h")), found(anomaly, "b", 2, host("h")), found(hunting, "c", 3, host("h")), found(plain, "d", 4, host("h"))}
	if n := len(Modifiers(fs)); n != 3 {
		t.Errorf("%d risk events, want those of TTP, anomaly and the other rule", n)
	}
	var calls []string
	for _, a := range Alerts(fs) {
		calls = append(calls, a.Rule.Name)
	}
	if !slices.Equal(calls, []string{"ttp", "plain"}) {
		t.Errorf("alerts of %q", calls)
	}
}

func TestLedger(t *testing.T) {
	var l Ledger
	l.Add([]*finding.Finding{found(ttp, "a", 10, host("ws1"), finding.Entity{Kind: "process", Value: "x.exe"}), found(anomaly, "b", 5, host("WS1.corp.local"))})
	l.Add([]*finding.Finding{found(plain, "c", 20, finding.Entity{Kind: "user", Value: "bob"}, finding.Entity{Kind: "user", Role: "attacker", Value: "eve"})})
	es := l.Entries()
	if len(es) != 2 || es[1].Object != "bob" || es[1].Score != 50 || es[0].Object != "WS1.corp.local" || es[0].Score != 50 || es[0].Findings != 2 || es[0].Rules != 2 {
		t.Fatalf("%+v %+v", es[0], es[len(es)-1])
	}
	if !slices.Equal(es[0].Tactics, []string{"execution", "discovery"}) || es[0].First.Unix() != 5 || es[0].Last.Unix() != 10 {
		t.Errorf("%+v", es[0])
	}
	if again := l.Entries(); again[0].Score != 50 {
		t.Errorf("adding up twice gives %d", again[0].Score)
	}
}

func TestShortNamesOfTwoDomains(t *testing.T) {
	var l Ledger
	l.Add([]*finding.Finding{found(plain, "a", 1, host("dc")), found(plain, "b", 2, host("dc.one.local")), found(plain, "c", 3, host("dc.two.local")), found(plain, "d", 4, host("10.1.2.3"))})
	if n := len(l.Entries()); n != 4 {
		t.Errorf("%d objects, want 4: which dc is meant is not known", n)
	}
}

func TestIncidents(t *testing.T) {
	grouped := &rule.Rule{ID: "g", Name: "g", Incident: &rule.Incident{Create: true, Group: true, Matching: "AllEntities"}}
	silent := &rule.Rule{ID: "s", Name: "s", Incident: &rule.Incident{}}
	is := Incidents(Alerts([]*finding.Finding{found(grouped, "a", 1, host("h1")), found(grouped, "b", 2, host("H1")), found(grouped, "c", 3, host("h2")), found(silent, "d", 4, host("h1"))}))
	if len(is) != 2 || len(is[0].Alerts) != 2 || len(is[1].Alerts) != 1 {
		t.Errorf("%d incidents: %+v", len(is), is)
	}
}

// TestFeedKeepsEvents: what findings become leads back to their events.
func TestFeedKeepsEvents(t *testing.T) {
	f := found(&rule.Rule{ID: "q", Name: "q", Query: nil, Format: "escu", Type: "Anomaly", Score: 5}, "a", 7, host("h"))
	bs := Feed([]*finding.Finding{f}, new(event.Classes), time.Unix(9, 0))
	if len(bs) != 1 || bs[0].Class.Channel != "risk" {
		t.Fatalf("%d batches", len(bs))
	}
	if o := bs[0].Lineage.Of(0); len(o) != 1 || o[0].Record != 7 {
		t.Errorf("lineage %v", o)
	}
}
