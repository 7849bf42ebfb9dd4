package rule

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/text"
)

// A document is one YAML document of a file, under way to becoming a rule or something that surrounds rules.
type document struct {
	mapping
	file string // path as the user knows it
	text string // the whole file
	src  *text.Source
}

func (d document) query(key string) *text.Source { return excerpt(d.file, d.text, d.get(key)) }

// formats recognise documents by their keys, in this order.
var formats = []struct {
	name string
	is   func(mapping) bool
	read func(document, *Pack)
}{
	{"anvilogic", func(m mapping) bool { return m.has("logic") && m.has("logic_format") }, readAnvilogic},
	{"sigma", isSigma, readSigma},
	{"macro", func(m mapping) bool { return m.has("definition") && m.has("name") && !m.has("search") }, readMacro},
	{"lookup", func(m mapping) bool {
		return (m.has("filename") || m.has("collection")) && m.has("name") && !m.has("search")
	}, readLookup},
	{"function", func(m mapping) bool { return m.has("ParserQuery") || m.has("FunctionQuery") }, readFunction},
	{"baseline", func(m mapping) bool { return m.has("search") && strings.EqualFold(m.str("type"), "Baseline") }, nil},
	{"escu", func(m mapping) bool { return m.has("search") && m.has("name") }, readESCU},
	{"sentinel", func(m mapping) bool { return m.has("query") }, readSentinel},
	{"arm", func(m mapping) bool { return m.has("resources") }, readARM},
	{"data source", func(m mapping) bool { return m.has("sourcetype") && m.has("source") }, nil},
	{"story", func(m mapping) bool { return m.has("narrative") }, nil},
}

func readESCU(d document, p *Pack) {
	tags := d.sub("tags")
	r := &Rule{Language: SPL, Format: "escu", Query: d.query("search"), Description: d.str("description"), Author: d.str("author"),
		ID: d.str("id"), Name: d.str("name"), Date: d.str("date"), Version: d.str("version"), Status: d.str("status"), Type: d.str("type"),
		References: d.list("references"), FalsePositives: d.str("known_false_positives"), Implement: d.str("how_to_implement"),
		DataSources: append(d.list("data_source"), d.list("data_sources")...),
		Techniques:  tags.list("mitre_attack_id"), KillChain: tags.list("kill_chain_phases"), NIST: tags.list("nist"), CIS: tags.list("cis20"),
		CVE: tags.list("cve"), Stories: tags.list("analytic_story"), Required: tags.list("required_fields"),
		Impact: tags.num("impact"), Confidence: tags.num("confidence"), Score: tags.num("risk_score"), Message: tags.str("message"),
		Domain: strings.ToLower(tags.str("security_domain")), Asset: tags.str("asset_type"), Products: tags.list("product"), Atomics: tags.list("atomic_guid"),
		ManualTest: strings.TrimSpace(tags.str("manual_test")), Tags: append(tags.list("group"), tags.list("context")...),
	}
	for _, o := range tags.maps("observable") {
		for _, role := range o.list("role") {
			r.Observables = append(r.Observables, Observable{Field: o.str("name"), Type: o.str("type"), Role: strings.ToLower(role)})
		}
	}
	if rba := d.sub("rba"); rba.node != nil { // releases since 2025 keep risk here
		r.Message = rba.str("message")
		for _, o := range rba.maps("risk_objects") {
			score := o.num("score")
			r.Observables = append(r.Observables, Observable{Field: o.str("field"), Type: o.str("type"), Role: "victim", Score: score})
			r.Score = max(r.Score, score)
		}
		for _, o := range rba.maps("threat_objects") {
			r.Observables = append(r.Observables, Observable{Field: o.str("field"), Type: o.str("type"), Role: "attacker"})
		}
	}
	for _, s := range d.maps("drilldown_searches") {
		r.Drilldowns = append(r.Drilldowns, Drilldown{s.str("name"), s.str("search"), s.str("earliest_offset"), s.str("latest_offset")})
	}
	if t := tags.sub("throttling"); t.node != nil {
		r.Throttle = &Throttle{Fields: t.list("fields"), Period: t.str("period")}
	}
	for _, t := range d.maps("tests") {
		test := Test{Name: t.str("name")}
		for _, a := range t.maps("attack_data") {
			test.Data = append(test.Data, TestData{URL: a.str("data"), Source: a.str("source"), Sourcetype: a.str("sourcetype"), Host: a.str("host"),
				Index: a.str("custom_index"), UpdateTime: a.flag("update_timestamp")})
		}
		r.Tests = append(r.Tests, test)
	}
	// What the content leaves to its build tool: https://github.com/splunk/contentctl/blob/main/contentctl/objects/detection_tags.py
	r.derive()
	if len(r.NIST) == 0 {
		r.NIST = []string{"DE.AE"}
		if strings.EqualFold(r.Type, "TTP") {
			r.NIST = []string{"DE.CM"}
		}
	}
	if len(r.CIS) == 0 {
		r.CIS = []string{"CIS 10"}
		if r.Domain == "network" {
			r.CIS = []string{"CIS 13"}
		}
	}
	p.addRule(d, r)
}

// derive fills in from the rule's techniques the tactics and phases of the kill chain that the file leaves out.
func (r *Rule) derive() {
	if len(r.Tactics) == 0 {
		for _, id := range r.Techniques {
			if t := attack.Lookup(id); t != nil {
				for _, tactic := range t.Tactics {
					if !contains(r.Tactics, tactic) {
						r.Tactics = append(r.Tactics, tactic)
					}
				}
			}
		}
	}
	if len(r.KillChain) == 0 {
		r.KillChain = attack.Phases(r.Techniques)
	}
}

func readAnvilogic(d document, p *Pack) {
	r := &Rule{Language: SPL, Format: "anvilogic", ID: d.str("id"), Name: strings.TrimSpace(d.str("title")), Description: d.str("description"),
		Query: d.query("logic"), References: d.list("references"), DataSources: d.list("data_category"), Techniques: d.list("technique_id")}
	for _, t := range d.list("techniques") {
		tactic, _, _ := strings.Cut(t, ":")
		if tactic != "" && !contains(r.Tactics, tactic) {
			r.Tactics = append(r.Tactics, tactic)
		}
	}
	r.readMarks(r.Description)
	r.derive()
	if format := d.str("logic_format"); !strings.EqualFold(format, "splunk") {
		p.refuse(d, r, "RUL2001", "logic_format", "rule is written in %q, which is not one of the languages that Harrier runs", format)
		return
	}
	p.addRule(d, r)
}

func readSentinel(d document, p *Pack) {
	r := &Rule{Language: KQL, Format: "sentinel-hunting", ID: d.str("id"), Name: strings.TrimSpace(d.str("name")), Description: d.str("description"),
		Query: d.query("query"), Version: d.str("version"), Status: d.str("status"), Severity: strings.ToLower(d.str("severity")),
		Tactics: d.list("tactics"), Techniques: append(d.list("relevantTechniques"), d.list("techniques")...), Tags: d.list("tags")}
	if r.Name == "" {
		r.Name = d.str("DisplayName")
	}
	for _, key := range []string{"description-detailed", "description_detailed"} {
		if s := d.str(key); s != "" {
			r.Description = s
		}
	}
	for _, t := range d.maps("tags") {
		for _, key := range []string{"Schema", "ParentAlert"} {
			if s := t.str(key); s != "" {
				r.Tags = append(r.Tags, key+": "+s)
			}
		}
		for _, key := range []string{"SchemaVersion", "version"} { // of what the tag before it names
			t.str(key)
		}
		if s := t.str("Id"); s != "" {
			r.Tags = append(r.Tags, "Id: "+s)
		}
	}
	r.Schedule = scheduleOf(d.mapping)
	if r.Schedule != nil || d.has("kind") {
		r.Format = "sentinel-analytic"
	}
	for _, c := range d.maps("requiredDataConnectors") {
		con := Connector{ID: c.str("connectorId"), Tables: c.list("dataTypes")}
		r.Connectors = append(r.Connectors, con)
		r.DataSources = append(r.DataSources, con.Tables...)
	}
	r.DataSources = append(r.DataSources, d.list("DataSources")...)
	r.Required = append(r.Required, d.list("InputFields")...)
	r.alerting(d.mapping)
	for _, e := range d.maps("sentinelEntitiesMappings") {
		r.Entities = append(r.Entities, EntityMapping{Type: "", Fields: []EntityField{{"", e.str("columnName")}}})
	}
	if len(r.Entities) == 0 {
		// Exploration queries say what kinds of entity they give, not in which columns.
		d.list("OutputEntityTypes")
	}
	for _, key := range []string{"InputEntityType", "QueryPeriodBefore", "QueryPeriodAfter"} {
		if s := d.str(key); s != "" {
			r.Tags = append(r.Tags, key+": "+s)
		}
	}
	if m := d.sub("metadata"); m.node != nil {
		r.Author = m.sub("author").str("name")
		m.sub("support").str("tier")
		m.sub("source").str("kind")
		r.Tags = append(r.Tags, m.sub("categories").list("domains")...)
	}
	r.References = append(r.References, d.list("References")...)
	if r.Author == "" {
		r.Author = d.sub("author").str("name") + d.str("author")
	}
	for _, key := range []string{"support", "source", "categories"} { // metadata that lost its indent
		d.get(key)
	}
	r.Tactics = append(r.Tactics, d.list("threatAnalysisTactics")...)
	r.Techniques = append(r.Techniques, d.list("threatAnalysisTechniques")...)
	r.derive()
	r.Disabled = d.has("enabled") && !d.flag("enabled")
	d.str("alertRuleTemplateName") // the rule that this one is a copy of; a number without meaning elsewhere
	p.addRule(d, r)
}

// scheduleOf reads when a Sentinel rule runs, or returns nil.
func scheduleOf(m mapping) *Schedule {
	if !m.has("queryFrequency") && !m.has("triggerOperator") && !strings.EqualFold(m.str("kind"), "NRT") {
		return nil
	}
	return &Schedule{Frequency: m.str("queryFrequency"), Period: m.str("queryPeriod"), Kind: m.str("kind"),
		Operator: triggerOperator(m.str("triggerOperator")), Threshold: m.num("triggerThreshold")}
}

// alerting reads what Sentinel makes of the results of a rule.
// https://learn.microsoft.com/azure/sentinel/scheduled-rules-overview
func (r *Rule) alerting(m mapping) {
	for _, e := range m.maps("entityMappings") {
		em := EntityMapping{Type: e.str("entityType")}
		for _, f := range e.maps("fieldMappings") {
			em.Fields = append(em.Fields, EntityField{f.str("identifier"), f.str("columnName")})
		}
		r.Entities = append(r.Entities, em)
	}
	for _, kv := range m.pairs("customDetails") {
		r.Custom = append(r.Custom, CustomDetail{kv[0], kv[1]})
	}
	if o := m.sub("alertDetailsOverride"); o.node != nil {
		r.Override = &Override{Name: o.str("alertDisplayNameFormat"), Description: o.str("alertDescriptionFormat"), SeverityColumn: o.str("alertSeverityColumnName"),
			TacticsColumn: o.str("alertTacticsColumnName")}
		for _, q := range o.maps("alertDynamicProperties") {
			r.Override.Properties = append(r.Override.Properties, CustomDetail{q.str("alertProperty"), q.str("value")})
		}
	}
	if g := m.sub("eventGroupingSettings"); g.node != nil {
		r.PerAlert = strings.EqualFold(g.str("aggregationKind"), "SingleAlert")
	} else {
		r.PerAlert = r.Schedule != nil && !strings.EqualFold(r.Schedule.Kind, "NRT")
	}
	if m.flag("suppressionEnabled") {
		r.Throttle = &Throttle{Period: m.str("suppressionDuration")}
	} else {
		m.str("suppressionDuration")
	}
	if c := m.sub("incidentConfiguration"); c.node != nil {
		g := c.sub("groupingConfiguration")
		r.Incident = &Incident{Create: c.flag("createIncident"), Group: g.flag("enabled"), Reopen: g.flag("reopenClosedIncident"), Lookback: g.str("lookbackDuration"),
			Matching: g.str("matchingMethod"), ByEntities: g.list("groupByEntities"), ByDetails: g.list("groupByAlertDetails"), ByCustom: g.list("groupByCustomDetails")}
	}
}

func triggerOperator(s string) string {
	switch strings.ToLower(s) {
	case "greaterthan":
		return "gt"
	case "lessthan":
		return "lt"
	case "equal":
		return "eq"
	case "notequal":
		return "ne"
	}
	return strings.ToLower(s)
}

// readARM reads the form that the Sentinel portal exports and imports.
func readARM(d document, p *Pack) {
	for _, res := range d.maps("resources") {
		prop := res.sub("properties")
		if !prop.has("query") {
			continue
		}
		r := &Rule{Language: KQL, Format: "sentinel-analytic", ID: res.str("id"), Name: prop.str("displayName"), Description: prop.str("description"),
			Query: excerpt(d.file, d.text, prop.get("query")), Severity: strings.ToLower(prop.str("severity")), Tactics: prop.list("tactics"),
			Techniques: prop.list("techniques"), Disabled: prop.has("enabled") && !prop.flag("enabled")}
		if r.Schedule = scheduleOf(prop); r.Schedule != nil {
			r.Schedule.Kind = res.str("kind")
		}
		r.alerting(prop)
		r.derive()
		p.addRule(d, r)
	}
}

func readMacro(d document, p *Pack) {
	p.Macros = append(p.Macros, Macro{Name: d.str("name"), Args: d.list("arguments"), Definition: d.str("definition"), File: d.file})
}

func readLookup(d document, p *Pack) {
	l := LookupDef{Name: d.str("name"), Filename: d.str("filename"), Collection: d.str("collection"), MatchType: d.str("match_type"),
		CaseSensitive: !strings.EqualFold(d.str("case_sensitive_match"), "false"), DefaultMatch: d.str("default_match"),
		MinMatches: d.num("min_matches"), MaxMatches: d.num("max_matches"), File: d.file}
	for _, f := range strings.Split(d.str("fields_list"), ",") {
		if f = strings.TrimSpace(f); f != "" {
			l.Fields = append(l.Fields, f)
		}
	}
	p.Lookups = append(p.Lookups, l)
}

func readFunction(d document, p *Pack) {
	f := Function{File: d.file}
	key := "ParserQuery"
	if !d.has(key) {
		key = "FunctionQuery"
	}
	f.Body = d.query(key)
	if f.Name = d.str("ParserName"); f.Name == "" {
		if f.Name = d.str("FunctionName"); f.Name == "" {
			f.Name = d.str("EquivalentBuiltInParser")
		}
	}
	params := d.maps("ParserParams")
	if params == nil {
		params = d.maps("FunctionParams")
	}
	for _, m := range params {
		f.Params = append(f.Params, FunctionParam{m.str("Name"), m.str("Type"), m.str("Default")})
	}
	p.Functions = append(p.Functions, f)
	if alias := d.str("EquivalentBuiltInParser"); alias != "" && alias != f.Name {
		g := f
		g.Name = alias
		p.Functions = append(p.Functions, g)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
