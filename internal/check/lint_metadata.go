package check

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

var metadataLints = []*Lint{
	{ID: "LNT5070", Title: "metadata is missing", Severity: text.Note, Language: rule.SPL,
		Doc: "The format of the rule has keys that its platform or its readers need, and this rule leaves some out: who wrote it, what it is for, what it needs, which technique it shows. " +
			"Sigma's are told by SIG5105 and SIG5201.",
		Bad: `name: a
id: 11111111-1111-4111-8111-111111111111
search: 'EventCode=1 | stats count by dest'`,
		Good: `name: a
id: 11111111-1111-4111-8111-111111111111
version: 1
date: '2024-01-01'
author: A
status: experimental
type: Hunting
description: d
how_to_implement: h
known_false_positives: k
data_source: [Sysmon EventID 1]
references: []
search: 'EventCode=1 | stats count by dest'
tags: {analytic_story: [S], asset_type: Endpoint, security_domain: endpoint, mitre_attack_id: [T1059]}`,
		each: missingMetadata},
	{ID: "LNT5071", Title: "the id is no UUID", Severity: text.Note, Language: rule.KQL,
		Doc: "ESCU and Sentinel tell rules apart by UUIDs; another id is taken for a new rule, or refused.",
		Bad: `id: my-rule
name: a
query: DeviceProcessEvents | where FileName =~ "a"`,
		Good: `id: 11111111-1111-4111-8111-111111111111
name: a
query: DeviceProcessEvents | where FileName =~ "a"`,
		each: badID},
	{ID: "LNT5073", Title: "a rule looks at less time than lies between its runs", Severity: text.Warning, Language: rule.KQL,
		Doc: "An analytics rule that runs every queryFrequency and looks back queryPeriod never sees what happened in between when the period is shorter. " +
			"https://learn.microsoft.com/azure/sentinel/scheduled-rules-overview",
		Bad: `id: 11111111-1111-4111-8111-111111111111
name: a
kind: Scheduled
queryFrequency: 1d
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
query: DeviceProcessEvents | where FileName =~ "a"`,
		Good: `id: 11111111-1111-4111-8111-111111111111
name: a
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
query: DeviceProcessEvents | where FileName =~ "a"`,
		each: gaps},
	{ID: "LNT5074", Title: "what is no technique of ATT&CK", Severity: text.Warning, Language: rule.SPL, Fixable: true,
		Doc: "Ids of techniques are T and four digits, those of sub-techniques have a dot and three digits more; and ATT&CK has to have it. --fix sets the letter in capitals.",
		Bad: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {mitre_attack_id: [t1059.001]}`,
		Good: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {mitre_attack_id: [T1059.001]}`,
		each: badTechnique},
	{ID: "LNT5075", Title: "a technique that ATT&CK has given up", Severity: text.Note, Language: rule.SPL, Fixable: true,
		Doc: "Matrices and navigators do not show it any more. --fix writes the one that has taken its place, where there is one.",
		Bad: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {mitre_attack_id: [T1086]}`,
		Good: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {mitre_attack_id: [T1059.001]}`,
		each: retiredTechnique},
}

// wanted are the keys of each format; a key below another is written with a dot. Of alternatives, written with |, one has to be there.
var wanted = map[string][]string{
	"escu": {"id", "version", "date", "author", "status", "type", "description", "data_source|data_sources", "how_to_implement", "known_false_positives", "references",
		"tags.analytic_story", "tags.asset_type", "tags.security_domain", "tags.mitre_attack_id"},
	"anvilogic":         {"id", "title", "description", "techniques", "technique_id", "data_category", "references"},
	"sentinel-analytic": {"id", "name", "description", "severity", "requiredDataConnectors", "tactics", "relevantTechniques", "entityMappings", "version", "kind"},
	"sentinel-hunting":  {"id", "name|DisplayName", "description", "tactics", "relevantTechniques"},
}

func missingMetadata(s *subject) {
	keys := wanted[s.rule.Format]
	if keys == nil || s.rule.Doc == nil || s.rule.Part > 0 || member(s.rule.Doc, "resources") != nil {
		return
	}
	var missing []string
	for _, k := range keys {
		if s.rule.Format == "escu" && strings.EqualFold(s.rule.Type, "Correlation") && k == "data_source|data_sources" {
			continue
		}
		there := false
		for _, alt := range strings.Split(k, "|") {
			n := s.rule.Doc
			for _, part := range strings.Split(alt, ".") {
				n = member(n, part)
			}
			there = there || n != nil && (n.Kind != yaml.ScalarNode || n.Value != "" && n.Tag != "!!null")
		}
		if !there {
			missing = append(missing, strings.Split(k, "|")[0])
		}
	}
	if len(missing) > 0 {
		s.in(s.rule.Source, ruleSpan(s.rule), "the rule does not say %s", strings.Join(missing, ", "))
	}
}

// ruleSpan is the place of a rule as a whole: the first line of its document.
func ruleSpan(r *rule.Rule) text.Span {
	if r.Doc == nil || r.Source == nil {
		return text.Span{}
	}
	n := r.Doc
	for n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	at := r.Source.Offset(text.Position{Line: n.Line, Column: n.Column})
	return text.Span{Start: at, End: at + len(r.Source.Line(n.Line))}
}

var uuid = regexp.MustCompile(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func badID(s *subject) {
	switch s.rule.Format {
	case "escu", "sentinel-analytic", "sentinel-hunting":
		if n := member(s.rule.Doc, "id"); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" && !uuid.MatchString(strings.TrimSpace(n.Value)) {
			s.in(s.rule.Source, nodeSpan(s.rule.Source, n), "the id %q is no UUID", n.Value)
		}
	}
}

func gaps(s *subject) {
	c := s.rule.Schedule
	if c == nil {
		return
	}
	every, ok := duration(c.Frequency)
	back, ok2 := duration(c.Period)
	if n := member(s.rule.Doc, "queryPeriod"); ok && ok2 && back < every && n != nil {
		s.in(s.rule.Source, nodeSpan(s.rule.Source, n), "the rule runs every %s and looks back %s only: what happens in between is never seen", c.Frequency, c.Period)
	}
}

var span = regexp.MustCompile(`^(?i)(?:P?T?)(\d+)\s*([mhd])$`)

// duration reads 5m, 1h, 14d and PT5M, PT1H, P1D in minutes.
func duration(s string) (int, bool) {
	m := span.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, false
	}
	n := 0
	for _, c := range m[1] {
		if n = n*10 + int(c-'0'); n > 1e6 {
			return 0, false
		}
	}
	return n * map[string]int{"m": 1, "h": 60, "d": 1440}[strings.ToLower(m[2])], true
}

var technique = regexp.MustCompile(`^T\d{4}(?:\.\d{3})?$`)

// A named is a place where a rule names a technique.
type named struct {
	id   string
	span text.Span
}

// techniques lists where a rule names techniques.
func techniques(r *rule.Rule) []named {
	var out []named
	var add func(n *yaml.Node, prefix string)
	add = func(n *yaml.Node, prefix string) {
		switch {
		case n == nil:
		case n.Kind == yaml.SequenceNode:
			for _, c := range n.Content {
				add(c, prefix)
			}
		case n.Kind == yaml.ScalarNode && n.Tag != "!!null" && len(n.Value) > len(prefix) && strings.EqualFold(n.Value[:len(prefix)], prefix):
			x := named{n.Value[len(prefix):], nodeSpan(r.Source, n)}
			x.span.Start += len(prefix)
			out = append(out, x)
		}
	}
	if r.Language == rule.Sigma {
		add(member(r.Doc, "tags"), "attack.")
		// Other tags of the namespace are tactics, groups and software.
		return slices.DeleteFunc(out, func(n named) bool { return !sigmaTechnique.MatchString(n.id) })
	}
	add(member(member(r.Doc, "tags"), "mitre_attack_id"), "")
	add(member(r.Doc, "technique_id"), "")
	add(member(r.Doc, "relevantTechniques"), "")
	return out
}

var sigmaTechnique = regexp.MustCompile(`^(?i)t\d`)

func badTechnique(s *subject) {
	for _, n := range techniques(s.rule) {
		up := strings.ToUpper(strings.TrimSpace(n.id))
		if technique.MatchString(n.id) || s.rule.Language == rule.Sigma && technique.MatchString(up) {
			if attack.Lookup(up) == nil {
				s.in(s.rule.Source, n.span, "ATT&CK %s has no technique %s", attack.Version(), up)
			}
			continue
		}
		d := s.in(s.rule.Source, n.span, "%q is no id of a technique of ATT&CK", n.id)
		if technique.MatchString(up) && n.span.Of(s.rule.Source.Text) == n.id {
			d.Fix = []text.Edit{{Span: n.span, New: up}}
		}
	}
}

func retiredTechnique(s *subject) {
	for _, n := range techniques(s.rule) {
		t := attack.Lookup(n.id)
		if t == nil || !t.Retired {
			continue
		}
		if t.Successor == "" {
			s.in(s.rule.Source, n.span, "ATT&CK has given up %s (%s), and no technique has taken its place", t.ID, t.Name)
			continue
		}
		to := t.Successor
		if next := attack.Lookup(to); next != nil {
			to += " (" + next.Name + ")"
		}
		d := s.in(s.rule.Source, n.span, "ATT&CK has given up %s (%s) for %s", t.ID, t.Name, to)
		if n.span.Of(s.rule.Source.Text) == n.id {
			next := t.Successor
			if s.rule.Language == rule.Sigma {
				next = strings.ToLower(next)
			}
			d.Fix = []text.Edit{{Span: n.span, New: next}}
		}
	}
}
