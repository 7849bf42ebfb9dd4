package risk

import (
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

// Shapes and classes of the events that findings become. What Log Analytics and Defender store of alerts has the form of their
// exports; the rest is Splunk's.
const (
	shapeFinding  = "finding"
	shapeSentinel = "sentinel"
	shapeDefender = "mde"
)

// A record is an event under way, with its findings.
type record struct {
	bag     event.Bag
	origins []event.Origin
}

func (r *record) set(name string, v event.Value) {
	if !v.IsNull() {
		r.bag = append(r.bag, event.Field{Name: name, Value: v})
	}
}

func (r *record) text(name, s string) {
	if s != "" {
		r.set(name, event.StringOf(s))
	}
}

func (r *record) time(name string, t time.Time) {
	if !t.IsZero() {
		r.set(name, event.TimeOf(t))
	}
}

func (r *record) list(name string, list []string) {
	vals := make([]event.Value, len(list))
	for i, s := range list {
		vals[i] = event.StringOf(s)
	}
	switch len(vals) {
	case 0:
	case 1:
		r.set(name, vals[0])
	default:
		r.set(name, event.ListOf(vals))
	}
}

// Feed returns findings as the events that their home platforms would store: risk events and notables for Splunk, alerts and
// incidents for Sentinel, alerts and their evidence for Defender. Their lineage is the events behind the findings, so that a rule over
// them leads back to those. classes are the run's. Findings without a time have that of now.
func Feed(fs []*finding.Finding, classes *event.Classes, now time.Time) []*event.Batch {
	var out []*event.Batch
	add := func(shape, channel string, rs []*record) {
		if len(rs) > 0 {
			out = append(out, batch(classes.Intern(event.Class{Shape: shape, Channel: channel}), rs))
		}
	}
	at := func(t time.Time) time.Time {
		if t.IsZero() {
			return now
		}
		return t
	}
	var risks, notables []*record
	for _, m := range Modifiers(fs) {
		risks = append(risks, riskEvent(m, at(m.Finding.First)))
	}
	alerts := Alerts(fs)
	for _, a := range alerts {
		for _, f := range a.Findings {
			notables = append(notables, notable(f, at(f.First)))
		}
	}
	add(shapeFinding, "risk", risks)
	add(shapeFinding, "notable", notables)
	var security, info, evidence, behaviour, incidents []*record
	for _, a := range alerts {
		t := at(a.Last)
		security = append(security, securityAlert(a, t, at(a.First)))
		info = append(info, alertInfo(a, t))
		for _, e := range a.Entities() {
			evidence = append(evidence, alertEvidence(a, e, t))
			if e.Kind == "user" {
				behaviour = append(behaviour, behaviourOf(a, e, t))
			}
		}
	}
	for _, i := range Incidents(alerts) {
		incidents = append(incidents, securityIncident(i, at(i.Alerts[0].First), at(i.Alerts[len(i.Alerts)-1].Last)))
	}
	add(shapeSentinel, "SecurityAlert", security)
	add(shapeSentinel, "SecurityIncident", incidents)
	add(shapeSentinel, "BehaviorAnalytics", behaviour)
	add(shapeDefender, "AlertInfo", info)
	add(shapeDefender, "AlertEvidence", evidence)
	return out
}

// batch makes columns of records.
func batch(class *event.Class, rs []*record) *event.Batch {
	b := event.NewBatch(len(rs))
	b.Class = class
	cols := map[string][]event.Value{}
	var names []string
	for i, r := range rs {
		b.Lineage.Sets = append(b.Lineage.Sets, r.origins)
		for _, f := range r.bag {
			c := cols[f.Name]
			if c == nil {
				c = make([]event.Value, len(rs))
				cols[f.Name] = c
				names = append(names, f.Name)
			}
			if c[i].IsMissing() { // what comes first counts
				c[i] = f.Value
			}
		}
	}
	for _, n := range names {
		b.Set(n, event.NewColumn(cols[n]))
	}
	return b
}

// searchName is the name of a rule's search at home.
func searchName(r *rule.Rule) string {
	if r.Format == "escu" {
		return "ESCU - " + r.Name + " - Rule"
	}
	return r.Name
}

// common are the fields that risk events and notables share.
func common(r *record, f *finding.Finding, t time.Time) {
	r.origins = f.Origins
	r.time("_time", t)
	name := searchName(f.Rule)
	r.text("source", name)
	r.text("search_name", name)
	r.text("sourcetype", "stash")
	r.text("savedsearch_description", f.Rule.Description)
	r.list("analyticstories", f.Rule.Stories)
	var tactics, ids, techniques []string
	for _, s := range f.Tactics() {
		if x, ok := attack.FindTactic(s); ok {
			tactics, ids = append(tactics, x.Short), append(ids, x.ID)
		}
	}
	for _, id := range f.Rule.Techniques {
		if x := attack.Lookup(id); x != nil {
			techniques = append(techniques, x.Name)
		}
	}
	r.list("annotations.mitre_attack", f.Rule.Techniques)
	r.list("annotations.mitre_attack.mitre_tactic", tactics)
	r.list("annotations.mitre_attack.mitre_tactic_id", ids)
	r.list("annotations.mitre_attack.mitre_technique", techniques)
	r.list("annotations.mitre_attack.mitre_technique_id", f.Rule.Techniques)
	r.list("annotations.kill_chain_phases", f.Rule.KillChain)
	r.list("annotations.nist", f.Rule.NIST)
	r.list("annotations.cis20", f.Rule.CIS)
	var all []string
	for _, l := range [][]string{f.Rule.Techniques, f.Rule.KillChain, f.Rule.NIST, f.Rule.CIS} {
		all = append(all, l...)
	}
	r.list("annotations._all", all)
	var objects, types []string
	for _, x := range Threats(f) {
		objects, types = append(objects, x.Object), append(types, x.Type)
	}
	r.list("threat_object", objects)
	r.list("threat_object_type", types)
	r.text("event_id", f.ID)
}

// row adds the columns of the finding's row, as Enterprise Security keeps them, under what is there already.
func row(r *record, f *finding.Finding) {
	for i, c := range f.Columns {
		if v := f.Values[i]; v.Kind() != event.Object && c != event.RawField {
			r.set(c, v)
		}
	}
}

// riskEvent is an event of the index risk.
// https://docs.splunk.com/Documentation/ES/latest/Admin/Riskmodifiers
func riskEvent(m Modifier, t time.Time) *record {
	r := &record{}
	r.text("index", "risk")
	r.text("risk_object", m.Object)
	r.text("risk_object_type", m.Type)
	r.text("normalized_risk_object", m.Object)
	r.set("risk_score", event.IntOf(int64(m.Score)))
	r.set("calculated_risk_score", event.IntOf(int64(m.Score)))
	r.text("risk_message", m.Finding.Message)
	common(r, m.Finding, t)
	r.text("tag", "risk")
	row(r, m.Finding)
	return r
}

// notable is an event of the index notable.
func notable(f *finding.Finding, t time.Time) *record {
	r := &record{}
	r.text("index", "notable")
	r.text("rule_name", f.Rule.Name)
	r.text("rule_title", f.Title)
	r.text("rule_description", f.Message)
	r.text("severity", f.Level)
	r.text("urgency", f.Level)
	r.text("status", "1")
	r.text("status_label", "New")
	r.text("security_domain", f.Rule.Domain)
	for _, m := range Modifiers([]*finding.Finding{f}) {
		r.text("risk_object", m.Object)
		r.text("risk_object_type", m.Type)
		break
	}
	r.set("risk_score", event.IntOf(int64(f.RiskScore)))
	common(r, f, t)
	r.text("tag", "alert")
	row(r, f)
	return r
}

// microsoftSeverity is a level in the words of Microsoft's products.
func microsoftSeverity(level string) string {
	switch level {
	case "critical", "high":
		return "High"
	case "medium":
		return "Medium"
	case "low":
		return "Low"
	}
	return "Informational"
}

// tacticNames are tactics as Microsoft writes them: LateralMovement.
func tacticNames(list []string) []string {
	var out []string
	for _, s := range list {
		name := s
		if x, ok := attack.FindTactic(s); ok {
			name = x.Name
		}
		out = append(out, strings.ReplaceAll(name, " ", ""))
	}
	return out
}

func jsonOf(v event.Value) string { return string(event.AppendJSON(nil, v)) }

func texts(list []string) event.Value {
	vals := make([]event.Value, len(list))
	for i, s := range list {
		vals[i] = event.StringOf(s)
	}
	return event.ListOf(vals)
}

func (a *Alert) origins() []event.Origin {
	var out []event.Origin
	for _, f := range a.Findings {
		out = event.MergeOrigins(out, f.Origins)
	}
	return out
}

// entityJSON is an entity as alerts of Log Analytics hold it.
// https://learn.microsoft.com/azure/sentinel/entities-reference
func entityJSON(e finding.Entity) event.Value {
	kind, field := "", ""
	switch e.Kind {
	case "host":
		kind, field = "host", "HostName"
	case "user":
		kind, field = "account", "Name"
	case "ip":
		kind, field = "ip", "Address"
	case "process":
		kind, field = "process", "CommandLine"
	case "file":
		kind, field = "file", "Name"
	case "hash":
		kind, field = "filehash", "Value"
	case "url":
		kind, field = "url", "Url"
	case "registry":
		kind, field = "registry-key", "Key"
	default:
		kind, field = "other", "Value"
	}
	return event.ObjectOf(event.Bag{{Name: "Type", Value: event.StringOf(kind)}, {Name: field, Value: event.StringOf(e.Value)}})
}

// securityAlert is a row of https://learn.microsoft.com/azure/sentinel/security-alert-schema
func securityAlert(a *Alert, t, first time.Time) *record {
	r := &record{origins: a.origins()}
	r.text("Type", "SecurityAlert")
	r.time("TimeGenerated", t)
	r.time("StartTime", first)
	r.time("EndTime", t)
	r.time("ProcessingEndTime", t)
	r.text("DisplayName", a.Title)
	r.text("AlertName", a.Title)
	r.text("AlertSeverity", microsoftSeverity(a.Severity))
	r.text("AlertType", a.Rule.ID)
	r.text("Description", a.Message)
	r.text("ProviderName", "ASI Scheduled Alerts")
	r.text("ProductName", "Azure Sentinel")
	r.text("ProductComponentName", "Scheduled Alerts")
	r.text("VendorName", "Microsoft")
	r.text("VendorOriginalId", a.ID)
	r.text("SystemAlertId", a.ID)
	r.text("Status", "New")
	r.text("Tactics", strings.Join(tacticNames(a.Tactics), ", "))
	r.text("Techniques", jsonOf(texts(a.Rule.Techniques)))
	var es []event.Value
	for _, e := range a.Entities() {
		es = append(es, entityJSON(e))
		if e.Kind == "host" || e.Kind == "user" {
			r.text("CompromisedEntity", e.Value)
		}
	}
	r.text("Entities", jsonOf(event.ListOf(es)))
	details := event.Bag{{Name: "Query", Value: event.StringOf(a.Rule.Query.Text)}, {Name: "Total Rows", Value: event.IntOf(int64(len(a.Findings)))}}
	if c := a.Findings[0].Custom; len(c) > 0 {
		details = append(details, event.Field{Name: "Custom Details", Value: event.StringOf(jsonOf(event.ObjectOf(c)))})
	}
	r.text("ExtendedProperties", jsonOf(event.ObjectOf(details)))
	return r
}

func securityIncident(i *Incident, first, last time.Time) *record {
	a := i.Alerts[0]
	r := &record{}
	var ids []string
	for _, x := range i.Alerts {
		ids = append(ids, x.ID)
		r.origins = event.MergeOrigins(r.origins, x.origins())
	}
	r.text("Type", "SecurityIncident")
	r.time("TimeGenerated", last)
	r.time("CreatedTime", last)
	r.time("LastModifiedTime", last)
	r.time("FirstActivityTime", first)
	r.time("LastActivityTime", last)
	r.set("IncidentNumber", event.IntOf(int64(i.Number)))
	r.text("IncidentName", a.ID)
	r.text("Title", a.Title)
	r.text("Description", a.Message)
	r.text("Severity", microsoftSeverity(a.Severity))
	r.text("Status", "New")
	r.text("ProviderName", "Azure Sentinel")
	r.set("AlertIds", texts(ids))
	r.set("RelatedAnalyticRuleIds", texts([]string{a.Rule.ID}))
	r.set("AdditionalData", event.ObjectOf(event.Bag{{Name: "alertsCount", Value: event.IntOf(int64(len(i.Alerts)))}, {Name: "tactics", Value: texts(tacticNames(a.Tactics))},
		{Name: "techniques", Value: texts(a.Rule.Techniques)}}))
	return r
}

// alertInfo is a row of https://learn.microsoft.com/defender-xdr/advanced-hunting-alertinfo-table
func alertInfo(a *Alert, t time.Time) *record {
	r := &record{origins: a.origins()}
	r.time("Timestamp", t)
	r.text("AlertId", a.ID)
	r.text("Title", a.Title)
	if names := tacticNames(a.Tactics); len(names) > 0 {
		r.text("Category", names[0])
	}
	r.text("Severity", microsoftSeverity(a.Severity))
	r.text("ServiceSource", "Microsoft Sentinel")
	r.text("DetectionSource", "Custom detection")
	r.text("AttackTechniques", jsonOf(texts(a.Rule.Techniques)))
	return r
}

// alertEvidence is a row of https://learn.microsoft.com/defender-xdr/advanced-hunting-alertevidence-table
func alertEvidence(a *Alert, e finding.Entity, t time.Time) *record {
	r := &record{origins: a.origins()}
	r.time("Timestamp", t)
	r.text("AlertId", a.ID)
	r.text("Title", a.Title)
	r.text("Categories", jsonOf(texts(tacticNames(a.Tactics))))
	r.text("AttackTechniques", jsonOf(texts(a.Rule.Techniques)))
	r.text("ServiceSource", "Microsoft Sentinel")
	r.text("DetectionSource", "Custom detection")
	r.text("Severity", microsoftSeverity(a.Severity))
	role := "Related"
	if e.Role == "victim" || objectType(e) != "" {
		role = "Impacted"
	}
	r.text("EvidenceRole", role)
	switch e.Kind {
	case "host":
		r.text("EntityType", "Machine")
		r.text("DeviceName", e.Value)
	case "user":
		r.text("EntityType", "User")
		domain, name, ok := strings.Cut(e.Value, `\`)
		if !ok {
			domain, name = "", e.Value
		}
		r.text("AccountDomain", domain)
		r.text("AccountName", name)
		if strings.Contains(name, "@") {
			r.text("AccountUpn", name)
		}
	case "ip":
		r.text("EntityType", "Ip")
		r.text("RemoteIP", e.Value)
	case "url":
		r.text("EntityType", "Url")
		r.text("RemoteUrl", e.Value)
	case "process":
		r.text("EntityType", "Process")
		r.text("FileName", e.Value[strings.LastIndexAny(e.Value, `\/`)+1:])
		r.text("ProcessCommandLine", e.Value)
	case "file":
		r.text("EntityType", "File")
		r.text("FileName", e.Value[strings.LastIndexAny(e.Value, `\/`)+1:])
		r.text("FolderPath", e.Value)
	case "hash":
		r.text("EntityType", "File")
		switch len(e.Value) {
		case 40:
			r.text("SHA1", e.Value)
		case 64:
			r.text("SHA256", e.Value)
		}
	case "registry":
		r.text("EntityType", "RegistryKey")
		r.text("RegistryKey", e.Value)
	default:
		r.text("EntityType", "Other")
	}
	return r
}

// behaviourOf is what user and entity behaviour analytics would tell of an account in an alert. The priority goes to ten.
func behaviourOf(a *Alert, e finding.Entity, t time.Time) *record {
	r := &record{origins: a.origins()}
	r.text("Type", "BehaviorAnalytics")
	r.time("TimeGenerated", t)
	r.text("UserName", e.Value)
	if strings.Contains(e.Value, "@") {
		r.text("UserPrincipalName", e.Value)
	}
	r.text("ActivityType", "SecurityAlert")
	r.text("ActionType", a.Title)
	r.text("EventSource", "Microsoft Sentinel")
	r.text("SourceRecordId", a.ID)
	score := 0
	for _, f := range a.Findings {
		score = max(score, f.RiskScore)
	}
	r.set("InvestigationPriority", event.IntOf(int64((score+5)/10)))
	for _, x := range a.Entities() {
		switch x.Kind {
		case "ip":
			r.text("SourceIPAddress", x.Value)
		case "host":
			r.text("SourceDevice", x.Value)
		}
	}
	return r
}
