package output

import (
	"bufio"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/report"
	"github.com/harrier-detect/harrier/internal/rule"
)

// OCSF's class Detection Finding: https://schema.ocsf.io/1.4.0/classes/detection_finding

const ocsfVersion = "1.4.0"

// ocsfSeverity are severity_id and severity by level, and risk_level_id and risk_level, which count otherwise.
var ocsfSeverity = map[string]struct {
	severity int64
	name     string
	risk     int64
	riskName string
}{
	"informational": {1, "Informational", 0, "Info"}, "info": {1, "Informational", 0, "Info"}, "low": {2, "Low", 1, "Low"}, "medium": {3, "Medium", 2, "Medium"},
	"high": {4, "High", 3, "High"}, "critical": {5, "Critical", 4, "Critical"},
}

// observableTypes are type_id and type of OCSF's observables, by kind of entity.
var observableTypes = map[string]struct {
	id   int64
	name string
}{
	"host": {1, "Hostname"}, "ip": {2, "IP Address"}, "user": {4, "User Name"}, "url": {6, "URL String"}, "file": {7, "File Name"}, "hash": {8, "Hash"}, "process": {9, "Process Name"},
	"registry": {28, "Registry Key"},
}

type ocsf struct {
	jsonWriter
	version string
}

func newOCSF(w *bufio.Writer, opt Options) Writer {
	out := &ocsf{jsonWriter{w: w}, opt.Version}
	return &whole{write: func(items []*report.Item, s *report.Summary) error {
		for _, it := range items {
			if err := out.add(out.finding(it, s.Made)); err != nil {
				return err
			}
		}
		return nil
	}}
}

func text(name, s string) event.Field { return event.Field{Name: name, Value: event.StringOf(s)} }
func number(name string, n int64) event.Field {
	return event.Field{Name: name, Value: event.IntOf(n)}
}
func objects(name string, list []event.Value) event.Field {
	return event.Field{Name: name, Value: event.ListOf(list)}
}
func bag(name string, fields ...event.Field) event.Field {
	return event.Field{Name: name, Value: event.ObjectOf(fields)}
}

// finding makes the OCSF event. Its time is when the finding was made, as the class has it; start_time and end_time are those of what
// was found.
func (w *ocsf) finding(it *report.Item, made time.Time) event.Value {
	r := it.Rule
	first, last := it.Times()
	sev, known := ocsfSeverity[strings.ToLower(it.Level)]
	if !known {
		sev.severity, sev.name, sev.risk, sev.riskName = 99, it.Level, 99, it.Level
	}
	info := event.Bag{text("uid", it.ID), text("title", r.Name)}
	if desc := it.Message; desc != "" || r.Description != "" {
		if desc == "" {
			desc = r.Description
		}
		info = append(info, text("desc", desc))
	}
	info = append(info, bag("analytic", analytic(r)...), number("created_time", made.UnixMilli()))
	if !first.IsZero() {
		info = append(info, number("first_seen_time", first.UnixMilli()), number("last_seen_time", last.UnixMilli()))
	}
	if a := attacks(it.Finding); len(a) > 0 {
		info = append(info, objects("attacks", a))
	}
	if len(r.DataSources) > 0 {
		info = append(info, objects("data_sources", texts(r.DataSources)))
	}
	if len(r.References) > 0 {
		info = append(info, text("src_url", r.References[0]))
	}
	message := r.Name
	if it.Message != "" {
		message = it.Message
	}
	out := event.Bag{
		number("activity_id", 1), text("activity_name", "Create"), number("category_uid", 2), text("category_name", "Findings"), number("class_uid", 2004), text("class_name", "Detection Finding"),
		number("type_uid", 200401), text("type_name", "Detection Finding: Create"), number("time", made.UnixMilli()), number("severity_id", sev.severity), text("severity", sev.name),
		number("status_id", 1), text("status", "New"), text("message", message), {Name: "is_alert", Value: event.BoolOf(true)},
		number("risk_score", int64(it.RiskScore)), number("risk_level_id", sev.risk), text("risk_level", sev.riskName),
	}
	if !first.IsZero() {
		out = append(out, number("start_time", first.UnixMilli()), number("end_time", last.UnixMilli()))
	}
	if r.Confidence > 0 && r.Impact > 0 {
		id, name := third(r.Confidence)
		out = append(out, number("confidence_id", id), text("confidence", name), number("confidence_score", int64(r.Confidence)))
		id, name = impact(r.Impact)
		out = append(out, number("impact_id", id), text("impact", name), number("impact_score", int64(r.Impact)))
	}
	out = append(out,
		bag("metadata", text("version", ocsfVersion), bag("product", text("name", "Harrier"), text("vendor_name", "Harrier"), text("version", w.version)), text("uid", it.ID), text("log_name", "findings")),
		bag("finding_info", info...))
	if res := resources(it.Finding); len(res) > 0 {
		out = append(out, objects("resources", res))
	}
	if ev := evidences(it); len(ev) > 0 {
		out = append(out, objects("evidences", ev))
	}
	if obs := observables(it.Finding); len(obs) > 0 {
		out = append(out, objects("observables", obs))
	}
	v := valueOf(it).Bag()
	unmapped := event.Bag{}
	for _, name := range []string{"row", "schedule", "partial"} {
		if x, ok := v.Get(name); ok {
			unmapped = append(unmapped, event.Field{Name: name, Value: x})
		}
	}
	unmapped = append(unmapped, number("event_count", int64(len(it.Events))))
	return event.ObjectOf(append(out, bag("unmapped", unmapped...)))
}

func analytic(r *rule.Rule) event.Bag {
	out := event.Bag{text("uid", r.ID), text("name", r.Name), number("type_id", 1), text("type", "Rule"), text("category", string(r.Language))}
	if r.Version != "" {
		out = append(out, text("version", r.Version))
	}
	return out
}

// attacks are the techniques of the rule, each with the first of its tactics that the rule names, and the tactics that no technique has.
func attacks(f *finding.Finding) []event.Value {
	var out []event.Value
	var named []attack.Tactic
	for _, n := range f.Rule.Tactics {
		if t, ok := attack.FindTactic(n); ok {
			named = append(named, t)
		}
	}
	used := map[string]bool{}
	version := text("version", attack.Version())
	for _, id := range f.Rule.Techniques {
		t := attack.Lookup(id)
		if t == nil {
			if attack.IsID(id) {
				out = append(out, event.ObjectOf(event.Bag{version, bag("technique", text("uid", strings.ToUpper(id)))}))
			}
			continue
		}
		a := event.Bag{version}
		var tactic attack.Tactic
		for _, short := range t.Tactics {
			x, ok := attack.FindTactic(short)
			if ok && tactic.ID == "" {
				tactic = x
			}
			for _, n := range named {
				if ok && n.ID == x.ID && !used[tactic.ID] {
					tactic = x
				}
			}
		}
		if tactic.ID != "" {
			used[tactic.ID] = true
			a = append(a, bag("tactic", text("uid", tactic.ID), text("name", tactic.Name), text("src_url", tactic.URL())))
		}
		own := []event.Field{text("uid", t.ID), text("name", t.Name), text("src_url", t.URL())}
		if p := attack.Lookup(attack.Parent(t.ID)); p != nil && p != t {
			a = append(a, bag("technique", text("uid", p.ID), text("name", p.Name), text("src_url", p.URL())), bag("sub_technique", own...))
		} else {
			a = append(a, bag("technique", own...))
		}
		out = append(out, event.ObjectOf(a))
	}
	for _, t := range named {
		if !used[t.ID] {
			used[t.ID] = true
			out = append(out, event.ObjectOf(event.Bag{version, bag("tactic", text("uid", t.ID), text("name", t.Name), text("src_url", t.URL()))}))
		}
	}
	return out
}

// resources are the hosts and accounts that the finding is about.
func resources(f *finding.Finding) []event.Value {
	var out []event.Value
	for _, e := range f.Entities {
		if e.Role != "attacker" && (e.Kind == "host" || e.Kind == "user") {
			out = append(out, event.ObjectOf(event.Bag{text("uid", e.Value), text("name", e.Value), text("type", e.Kind)}))
		}
	}
	return out
}

func observables(f *finding.Finding) []event.Value {
	var out []event.Value
	for _, e := range f.Entities {
		t, ok := observableTypes[e.Kind]
		if !ok {
			t.id, t.name = 99, e.Kind
		}
		out = append(out, event.ObjectOf(event.Bag{text("name", "unmapped.row."+e.Field), number("type_id", t.id), text("type", t.name), text("value", e.Value)}))
	}
	return out
}

// evidences are the events behind the finding: where each is and, as far as it was fetched, what is in it.
func evidences(it *report.Item) []event.Value {
	var out []event.Value
	for i, e := range it.Events {
		data := event.Bag{text("file", e.File), number("record", int64(e.Record))}
		if i < len(it.Evidence) {
			ev := it.Evidence[i]
			if !ev.Time.IsZero() {
				data = append(data, event.Field{Name: "time", Value: event.TimeOf(ev.Time)})
			}
			if ev.Fields != nil {
				data = append(data, bag("fields", ev.Fields...))
			}
		}
		out = append(out, event.ObjectOf(event.Bag{bag("data", data...)}))
	}
	return out
}

func third(n int) (int64, string) {
	switch {
	case n < 34:
		return 1, "Low"
	case n < 67:
		return 2, "Medium"
	}
	return 3, "High"
}

func impact(n int) (int64, string) {
	if n > 90 {
		return 4, "Critical"
	}
	return third(n)
}

func texts(list []string) []event.Value {
	out := make([]event.Value, len(list))
	for i, s := range list {
		out[i] = event.StringOf(s)
	}
	return out
}

// noFinding has no more than the fields that every finding has.
var noFinding = &finding.Finding{Rule: &rule.Rule{}}
