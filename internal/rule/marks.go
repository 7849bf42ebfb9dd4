package rule

import (
	"regexp"
	"strings"
)

// Anvilogic marks parts of its descriptions: "… Threat Actor Association: APT28 (aka. Fancy Bear), FIN7 - Software Association:
// Ryuk - Atomics T1569.002 Test#1 Atomics T1543.003 Test#1 - #TrendingThreat". Marks come in any order and without stops.
var (
	markStart = regexp.MustCompile(`(?i)\b(threat\s?actor|threat group|software|vulnerability) associations?\s*:`)
	atomicRef = regexp.MustCompile(`(?i)\batomics?\s+(T\d{4}(?:\.\d{3})?)\s*test\s*#\s*(\d+)`)
	markEnd   = regexp.MustCompile(`(?i)\batomics?\s+T\d|\s-{1,2}\s*(?:#|$)|\s#[A-Z]`)
	cveRef    = regexp.MustCompile(`(?i)\bCVE-\d{4}-\d{4,7}\b`)
	hashTag   = regexp.MustCompile(`(?:^|\s)#([A-Za-z][A-Za-z0-9]*)`)
)

// readMarks reads the marked parts of a description.
func (r *Rule) readMarks(s string) {
	add := func(list *[]string, v string) {
		if v = strings.Trim(strings.Join(strings.Fields(v), " "), " -.;"); v != "" && !contains(*list, v) {
			*list = append(*list, v)
		}
	}
	starts := markStart.FindAllStringSubmatchIndex(s, -1)
	for i, m := range starts {
		end := len(s)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		part := s[m[1]:end]
		if e := markEnd.FindStringIndex(part); e != nil {
			part = part[:e[0]]
		}
		switch kind := strings.ToLower(s[m[2]:m[3]]); {
		case strings.HasPrefix(kind, "software"):
			for _, v := range splitOutside(part) {
				add(&r.Software, v)
			}
		case strings.HasPrefix(kind, "threat"):
			for _, v := range splitOutside(part) {
				add(&r.Actors, v)
			}
		}
	}
	for _, m := range atomicRef.FindAllStringSubmatch(s, -1) {
		add(&r.Atomics, strings.ToUpper(m[1])+"#"+m[2])
	}
	for _, c := range cveRef.FindAllString(s, -1) {
		add(&r.CVE, strings.ToUpper(c))
	}
	for _, t := range hashTag.FindAllStringSubmatch(s, -1) {
		add(&r.Tags, t[1])
	}
}

// splitOutside splits a list at commas that do not stand in parentheses.
func splitOutside(s string) []string {
	var out []string
	depth, start := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ',' && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}
