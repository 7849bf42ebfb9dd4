package check

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

var riskLints = []*Lint{
	{ID: "LNT5060", Title: "the results have no such field", Severity: text.Warning, Language: rule.SPL,
		Doc: "A risk or threat object, an entity, or the message names a field that the search does not return, so that the finding has no entity, or a message with a hole. " +
			"Return the field (values(x) as x, by x, project), or name another one.",
		Bad: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {message: "$user$ on $dest$", observable: [{name: dest, type: Hostname, role: [Victim]}]}`,
		Good: `name: a
search: 'EventCode=1 | stats count by dest user'
tags: {message: "$user$ on $dest$", observable: [{name: dest, type: Hostname, role: [Victim]}]}`,
		each: absentFields},
	{ID: "LNT5061", Title: "the risk score is not impact × confidence", Severity: text.Note, Language: rule.SPL,
		Doc: "contentctl computes the score of a rule and ignores the one that is written. One of the three numbers is wrong.",
		Bad: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {impact: 50, confidence: 50, risk_score: 60}`,
		Good: `name: a
search: 'EventCode=1 | stats count by dest'
tags: {impact: 50, confidence: 50, risk_score: 25}`,
		each: wrongScore},
}

var (
	dollarToken = regexp.MustCompile(`\$([A-Za-z_][\w.{}:]*)\$`)
	braceToken  = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)
)

// absentFields holds what the rule says of its results against what the query returns.
func absentFields(s *subject) {
	c := s.x.Compiled
	if c == nil || c.Open || s.rule.Doc == nil || len(c.Columns) == 0 || s.rule.Language == rule.Sigma {
		return
	}
	has := func(name string) bool {
		return slices.ContainsFunc(c.Columns, func(col string) bool {
			_, last, dotted := strings.Cut(col, ".")
			return col == name || dotted && last == name
		})
	}
	report := func(n *yaml.Node, name, what string) {
		if name == "" || has(name) {
			return
		}
		hint := ""
		if near := text.Nearest(name, c.Columns); len(near) > 0 {
			hint = "; did you mean " + strings.Join(near, " or ") + "?"
		}
		s.in(s.rule.Source, nodeSpan(s.rule.Source, n), "%s %s is not among the results%s", what, name, hint)
	}
	doc := s.rule.Doc
	tags := member(doc, "tags")
	for _, o := range items(member(tags, "observable")) {
		if n := member(o, "name"); n != nil {
			report(n, n.Value, "the observable")
		}
	}
	rba := member(doc, "rba")
	for _, kind := range []string{"risk_objects", "threat_objects"} {
		for _, o := range items(member(rba, kind)) {
			if n := member(o, "field"); n != nil {
				report(n, n.Value, "the "+strings.TrimSuffix(strings.ReplaceAll(kind, "_", " "), "s"))
			}
		}
	}
	for _, n := range []*yaml.Node{member(tags, "message"), member(rba, "message")} {
		if n == nil {
			continue
		}
		for _, m := range dollarToken.FindAllStringSubmatch(n.Value, -1) {
			report(n, m[1], "the message's field")
		}
	}
	for _, e := range items(member(doc, "entityMappings")) {
		for _, f := range items(member(e, "fieldMappings")) {
			if n := member(f, "columnName"); n != nil {
				report(n, n.Value, "the entity's column")
			}
		}
	}
	if details := member(doc, "customDetails"); details != nil && details.Kind == yaml.MappingNode {
		for i := 1; i < len(details.Content); i += 2 {
			report(details.Content[i], details.Content[i].Value, "the custom detail's column")
		}
	}
	if over := member(doc, "alertDetailsOverride"); over != nil && over.Kind == yaml.MappingNode {
		for i := 1; i < len(over.Content); i += 2 {
			for _, m := range braceToken.FindAllStringSubmatch(over.Content[i].Value, -1) {
				report(over.Content[i], m[1], "the alert's column")
			}
		}
	}
}

func wrongScore(s *subject) {
	r := s.rule
	n := member(member(r.Doc, "tags"), "risk_score")
	if n == nil || r.Impact == 0 || r.Confidence == 0 {
		return
	}
	// The score is cut to a whole number: half a point more or less is no mistake.
	exact := float64(r.Impact) * float64(r.Confidence) / 100
	if d := float64(r.Score) - exact; d > 1 || d < -1 {
		s.in(r.Source, nodeSpan(r.Source, n), "the risk score is %d, and impact %d and confidence %d make %g", r.Score, r.Impact, r.Confidence, exact)
	}
}

// member returns a value of a mapping; keys are compared without case. nil where there is none.
func member(n *yaml.Node, key string) *yaml.Node {
	for n != nil && n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			v := n.Content[i+1]
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			return v
		}
	}
	return nil
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

func nodeSpan(src *text.Source, n *yaml.Node) text.Span {
	at := src.Offset(text.Position{Line: n.Line, Column: n.Column})
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		at++
	}
	return text.Span{Start: at, End: min(at+max(1, len(n.Value)), len(src.Text))}
}
