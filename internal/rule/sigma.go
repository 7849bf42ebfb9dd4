package rule

import (
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// SigmaContent is what Sigma documents refer to beside themselves.
type SigmaContent struct {
	// Rules are the documents of all rules, by id and by name.
	Rules map[string]*text.Source
	// Filters are documents that narrow rules.
	Filters []*text.Source

	// relates are the rules that correlations relate and that are not to give results of their own, by the correlation.
	relates map[*Rule][]string
}

// isSigma recognises rules, correlations and filters.
func isSigma(m mapping) bool {
	return m.has("detection") && (m.has("logsource") || m.has("condition")) || m.sub("correlation").has("type") || m.has("correlation") || m.has("filter") && m.has("logsource")
}

// technique and tactic tags: attack.t1059.001, attack.defense-evasion.
var sigmaTechnique = regexp.MustCompile(`(?i)^attack\.(t\d{4}(?:\.\d{3})?)$`)

// readSigma reads a Sigma document. https://github.com/SigmaHQ/sigma-specification
func readSigma(d document, p *Pack) {
	src := sigmaDocument(d)
	if p.Sigma.Rules == nil {
		p.Sigma.Rules, p.Sigma.relates = map[string]*text.Source{}, map[*Rule][]string{}
	}
	if d.has("filter") {
		p.Sigma.Filters = append(p.Sigma.Filters, src)
		p.Others["filter"]++
		return
	}
	r := &Rule{Language: Sigma, Format: "sigma", Query: src, ID: d.str("id"), Name: d.str("title"), Description: strings.TrimSpace(d.str("description")), Author: d.str("author"),
		Date: d.str("date"), Version: d.str("modified"), Status: d.str("status"), Severity: strings.ToLower(d.str("level")), References: d.list("references"),
		FalsePositives: strings.Join(d.list("falsepositives"), "; "), Tags: d.list("tags"), Type: "detection"}
	for _, t := range r.Tags {
		low := strings.ToLower(t)
		if m := sigmaTechnique.FindStringSubmatch(t); m != nil {
			r.Techniques = append(r.Techniques, strings.ToUpper(m[1]))
		} else if name, ok := strings.CutPrefix(low, "attack."); ok && !sigmaGroup.MatchString(name) {
			r.Tactics = append(r.Tactics, strings.ReplaceAll(name, "_", "-"))
		} else if id, ok := strings.CutPrefix(low, "cve."); ok {
			r.CVE = append(r.CVE, "CVE-"+strings.ReplaceAll(strings.ToUpper(id), ".", "-"))
		}
	}
	if l := d.sub("logsource"); l.node != nil {
		var parts []string
		for _, k := range []string{"product", "category", "service"} {
			if s := l.str(k); s != "" {
				parts = append(parts, s)
			}
		}
		r.DataSources = []string{strings.Join(parts, "/")}
		r.Implement = strings.TrimSpace(l.str("definition"))
	}
	for _, ref := range []string{d.str("id"), d.str("name")} {
		if ref != "" && p.Sigma.Rules[ref] == nil {
			p.Sigma.Rules[ref] = src
		}
	}
	for _, x := range d.maps("related") {
		r.Related = append(r.Related, Related{ID: x.str("id"), Type: x.str("type")})
	}
	r.Required = append(r.Required, d.list("fields")...)
	// What selects, relates and names is the language's to read; tests are found by who runs them.
	for _, key := range []string{"detection", "logsource", "correlation", "filter", "aliases", "timeframe", "name", "taxonomy", "license", "scope", "regression_tests_path", "simulation", "action",
		"sigma-version"} {
		d.get(key)
	}
	r.derive()
	if c := d.sub("correlation"); c.node != nil {
		r.Type = "correlation"
		if !strings.EqualFold(c.str("generate"), "true") && !strings.EqualFold(d.str("generate"), "true") {
			p.Sigma.relates[r] = c.list("rules")
		}
	}
	r.sigmaName = d.str("name")
	p.addRule(d, r)
}

// sigmaGroup tells groups and software of ATT&CK (g0016, s0154) from tactics.
var sigmaGroup = regexp.MustCompile(`^[gsmd]s?\d{3,4}$`)

// sigmaDocument returns the text of one document of a file.
func sigmaDocument(d document) *text.Source {
	start := offsetOf(d.text, d.node.Line, 1)
	end := len(d.text)
	for at := start; at < end; {
		line := d.text[at:]
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		if t := strings.TrimRight(line, " \t\r\n"); at > start && (t == "---" || t == "..." || strings.HasPrefix(t, "--- ")) {
			end = at
			break
		}
		at += len(line)
	}
	return text.NewExcerpt(d.file, d.text, d.text[start:end], []int{0}, []int{start})
}

// settleSigma takes out the rules that serve correlations only. What no other correlation leads to stays, and with it correlations that
// relate each other or themselves: they are refused, and must be there to be.
func (p *Pack) settleSigma() {
	if len(p.Sigma.relates) == 0 {
		return
	}
	by := map[string]*Rule{}
	for _, r := range p.Rules {
		if r.Language != Sigma {
			continue
		}
		for _, ref := range []string{r.ID, r.sigmaName} {
			if ref != "" && by[ref] == nil {
				by[ref] = r
			}
		}
	}
	related := map[*Rule]bool{}
	for from, refs := range p.Sigma.relates {
		for _, ref := range refs {
			if r := by[ref]; r != nil && r != from {
				related[r] = true
			}
		}
	}
	served := map[*Rule]bool{} // what correlations lead to that nothing relates
	var follow func(r *Rule)
	follow = func(r *Rule) {
		for _, ref := range p.Sigma.relates[r] {
			if to := by[ref]; to != nil && to != r && !served[to] {
				served[to] = true
				follow(to)
			}
		}
	}
	for r := range p.Sigma.relates {
		if !related[r] {
			follow(r)
		}
	}
	p.Rules = slices.DeleteFunc(p.Rules, func(r *Rule) bool {
		// What only correlations in a circle relate serves none that can run, and stays quiet all the same.
		quiet := served[r] || related[r] && r.Type != "correlation"
		if quiet {
			p.Others["rule that a correlation reads"]++
		}
		return quiet
	})
}
