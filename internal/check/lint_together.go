package check

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

var togetherLints = []*Lint{
	{ID: "LNT5080", Title: "the rule does what another one does", Severity: text.Warning, Language: rule.KQL,
		Doc:  "Two rules have the same plan: they find the same rows on any data, whatever their layout, comments and names say. One of them is a copy that was meant to differ, or both fire for everything.",
		Bad:  "DeviceProcessEvents | where FileName =~ \"a.exe\" // one\n\n\nDeviceProcessEvents\n| where FileName =~ \"a.exe\"",
		Good: "DeviceProcessEvents | where FileName =~ \"a.exe\"\n\n\nDeviceProcessEvents\n| where FileName =~ \"b.exe\"",
		all:  sameQueries},
	{ID: "LNT5081", Title: "two rules have one id", Severity: text.Warning, Language: rule.KQL,
		Doc:  "What is told of one rule is taken for the other: findings, suppressions, states. Give one of them another id.",
		Bad:  "id: 11111111-1111-4111-8111-111111111111\nname: a\nquery: DeviceProcessEvents | where FileName =~ \"a\"\n---\nid: 11111111-1111-4111-8111-111111111111\nname: b\nquery: DeviceProcessEvents | where FileName =~ \"b\"",
		Good: "id: 11111111-1111-4111-8111-111111111111\nname: a\nquery: DeviceProcessEvents | where FileName =~ \"a\"\n---\nid: 21111111-1111-4111-8111-111111111111\nname: b\nquery: DeviceProcessEvents | where FileName =~ \"b\"",
		all:  sameIDs},
}

func sameQueries(s *set) {
	first := map[string]*subject{}
	for _, x := range s.subjects {
		if x.x.Optimised == nil || x.rule.Language == rule.Sigma && x.rule.Type == "correlation" {
			continue
		}
		key := string(x.rule.Language) + "\x00" + plan.String(x.x.Optimised)
		if strings.Contains(key, "\ndynamic ") || strings.Contains(key, "  dynamic ") || strings.Contains(key, "values ") {
			continue // what they hold is not printed
		}
		o := first[key]
		if o == nil {
			first[key] = x
			continue
		}
		d := s.report(x, ruleSpan(x.rule), "the rule finds what %q finds%s", o.rule.Name, elsewhere(x.rule, o.rule))
		d.Related = []text.Diagnostic{text.Notef(s.lint.ID, o.rule.Source, ruleSpan(o.rule), "the other rule")}
		if x.rule.Doc == nil {
			d.Source, d.Span = x.rule.Query, text.Span{}
		}
	}
}

func elsewhere(a, b *rule.Rule) string {
	if a.File == b.File {
		return ""
	}
	return fmt.Sprintf(" (%s)", b.File)
}

func sameIDs(s *set) {
	first := map[string]*subject{}
	for _, x := range s.subjects {
		n := member(x.rule.Doc, "id")
		if n == nil || n.Value == "" || x.rule.Part > 0 {
			continue
		}
		key := strings.ToLower(n.Value)
		o := first[key]
		if o == nil {
			first[key] = x
			continue
		}
		s.report(x, nodeSpan(x.rule.Source, n), "the id %s is that of %q, too%s", n.Value, o.rule.Name, elsewhere(x.rule, o.rule))
	}
}
