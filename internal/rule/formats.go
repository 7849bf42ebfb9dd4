package rule

import (
	"strings"

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
	for _, t := range d.maps("tests") {
		test := Test{Name: t.str("name")}
		for _, a := range t.maps("attack_data") {
			test.Data = append(test.Data, TestData{URL: a.str("data"), Source: a.str("source"), Sourcetype: a.str("sourcetype")})
		}
		r.Tests = append(r.Tests, test)
	}
	p.addRule(d, r)
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
	if format := d.str("logic_format"); !strings.EqualFold(format, "splunk") {
		p.refuse(d, r, "RUL2001", "logic_format", "rule is written in %q, which is not one of the languages that Harrier runs", format)
		return
	}
	p.addRule(d, r)
}

func readSentinel(d document, p *Pack) {
	r := &Rule{Language: KQL, Format: "sentinel-hunting", ID: d.str("id"), Name: strings.TrimSpace(d.str("name")), Description: d.str("description"),
		Query: d.query("query"), Version: d.str("version"), Status: d.str("status"), Severity: strings.ToLower(d.str("severity")),
		Tactics: d.list("tactics"), Techniques: d.list("relevantTechniques"), Tags: d.list("tags")}
	if r.Name == "" {
		r.Name = d.str("DisplayName")
	}
	if d.has("queryFrequency") || d.has("triggerOperator") || d.has("kind") {
		r.Format = "sentinel-analytic"
		r.Schedule = &Schedule{Frequency: d.str("queryFrequency"), Period: d.str("queryPeriod"), Kind: d.str("kind"),
			Operator: triggerOperator(d.str("triggerOperator")), Threshold: d.num("triggerThreshold")}
	}
	for _, c := range d.maps("requiredDataConnectors") {
		r.DataSources = append(r.DataSources, c.list("dataTypes")...)
	}
	r.Entities = entityMappings(d.mapping)
	p.addRule(d, r)
}

func entityMappings(m mapping) []EntityMapping {
	var out []EntityMapping
	for _, e := range m.maps("entityMappings") {
		em := EntityMapping{Type: e.str("entityType")}
		for _, f := range e.maps("fieldMappings") {
			em.Fields = append(em.Fields, EntityField{f.str("identifier"), f.str("columnName")})
		}
		out = append(out, em)
	}
	return out
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
			Techniques: prop.list("techniques"), Entities: entityMappings(prop),
			Schedule: &Schedule{Frequency: prop.str("queryFrequency"), Period: prop.str("queryPeriod"), Kind: res.str("kind"),
				Operator: triggerOperator(prop.str("triggerOperator")), Threshold: prop.num("triggerThreshold")}}
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
