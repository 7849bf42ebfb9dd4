package finding

import (
	"fmt"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/rule"
)

func row(pairs ...any) *event.Batch {
	b := event.NewBatch(1)
	for i := 0; i < len(pairs); i += 2 {
		b.Set(pairs[i].(string), event.NewConstant(pairs[i+1].(event.Value), 1))
	}
	b.Lineage.Sets = [][]event.Origin{{{File: 0, Record: 7}, {File: 0, Record: 9}}}
	return b
}

func TestFromBatch(t *testing.T) {
	var files event.Files
	files.Add("a.evtx")
	r := &rule.Rule{ID: "r1", Impact: 90, Confidence: 70, Message: "on $dest$ by {{ user }} and $gone.x{}$",
		Observables: []rule.Observable{{Field: "dest", Type: "Hostname", Role: "victim"}, {Field: "procs", Type: "Process", Role: "attacker"}}}
	b := row("dest", event.StringOf("h1"), "user", event.StringOf("u1"), "procs", event.ListOf([]event.Value{event.StringOf("a"), event.StringOf("b")}),
		"firstTime", event.StringOf("2021-01-02T03:04:05"), "lastTime", event.FloatOf(1609556646.5))
	f := FromBatch(r, b, &files)[0]
	if f.RiskScore != 63 || f.Level != "high" || f.Message != "on h1 by u1 and $gone.x{}$" {
		t.Errorf("risk %d, level %s, message %q", f.RiskScore, f.Level, f.Message)
	}
	if got := fmt.Sprint(f.Entities); got != "[{host victim dest h1 0} {process attacker procs a 0} {process attacker procs b 0}]" {
		t.Error(got)
	}
	if f.First.Format(time.RFC3339) != "2021-01-02T03:04:05Z" || f.Last.UnixMilli() != 1609556646500 {
		t.Error(f.First, f.Last)
	}
	if fmt.Sprint(f.Events) != "[{a.evtx 7} {a.evtx 9}]" {
		t.Error(f.Events)
	}
	files2 := event.Files{}
	files2.Add("elsewhere/a.evtx")
	if g := FromBatch(r, b, &files2)[0]; g.ID != f.ID {
		t.Error("the identity depends on the folder")
	}
	twice := FromBatch(r, event.ConcatBatches([]*event.Batch{b, b}), &files)
	if twice[0].ID != f.ID || twice[1].ID == f.ID {
		t.Error("equal rows of one result must have stable, distinct identities")
	}
}
