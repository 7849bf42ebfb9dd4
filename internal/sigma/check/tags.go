package check

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// Tactics of ATT&CK as tags name them: stealth and defense-impairment are what defense-evasion was divided into.
var tactics = []string{"reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion", "stealth",
	"defense-impairment", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact",
	// Tactics of the mobile and industrial matrices.
	"network-effects", "remote-service-effects", "evasion", "inhibit-response-function", "impair-process-control"}

var isTag = regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)

// namespaces says what may stand behind the first point of a tag.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-tags.md
var namespaces = map[string]struct {
	form *regexp.Regexp
	what string
}{
	"attack":    {regexp.MustCompile(`^(?:t\d{4}(?:\.\d{3})?|[gsma]\d{4}|ds\d{4}|ta\d{4}|` + strings.Join(tactics, "|") + `)$`), "a technique, group, software or tactic of ATT&CK"},
	"car":       {regexp.MustCompile(`^\d{4}-\d\d-\d{3}$`), "an analytic such as 2016-04-005"},
	"cve":       {regexp.MustCompile(`^\d{4}-\d{4,}$`), "a number such as 2021-44228"},
	"d3fend":    {regexp.MustCompile(`^(?:d3-[a-z0-9]+|d3f-[A-Za-z0-9]+|model|harden|detect|isolate|deceive|evict)$`), "a technique, artifact or tactic of D3FEND"},
	"detection": {regexp.MustCompile(`^(?:dfir|emerging-threats|threat-hunting)$`), "dfir, emerging-threats or threat-hunting"},
	"stp":       {regexp.MustCompile(`^[1-5][auk]?$`), "1 to 5, and a, u or k"},
	"tlp":       {regexp.MustCompile(`^(?:red|amber|amber-strict|green|clear|white)$`), "red, amber, amber-strict, green or clear"},
}

func (c *checker) tags() {
	n := c.member("tags")
	if n == nil || n.Kind != yaml.SequenceNode {
		return
	}
	for _, it := range c.doc.Items(n) {
		if it.Kind != yaml.ScalarNode {
			continue
		}
		space, name, _ := strings.Cut(it.Value, ".")
		if !isTag.MatchString(it.Value) && space != "d3fend" { // artifacts of D3FEND have capitals
			c.warn("SIG5111", c.doc.Span(it), "a tag is namespace.name in small letters, not %q", it.Value)
			continue
		}
		ns, ok := namespaces[space]
		if !ok {
			var names []string
			for s := range namespaces {
				names = append(names, s)
			}
			hint := ""
			if near := text.Nearest(space, names); len(near) > 0 {
				hint = "; did you mean " + near[0] + "?"
			}
			c.note("SIG5112", c.doc.Span(it), "the namespace %s is not of the specification%s", space, hint)
			continue
		}
		if ns.form.MatchString(name) {
			continue
		}
		if dashed := strings.ReplaceAll(name, "_", "-"); dashed != name && ns.form.MatchString(dashed) {
			c.warn("SIG5113", c.doc.Span(it), "tags have dashes since version 2 of the specification: %s.%s", space, dashed)
			continue
		}
		if space == "cve" && ns.form.MatchString(strings.Replace(name, ".", "-", 1)) {
			c.warn("SIG5113", c.doc.Span(it), "tags have dashes since version 2 of the specification: cve.%s", strings.Replace(name, ".", "-", 1))
			continue
		}
		c.warn("SIG5113", c.doc.Span(it), "what stands behind %s is %s, not %q", space, ns.what, name)
	}
}
