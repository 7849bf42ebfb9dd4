package site

import (
	"fmt"
	"html/template"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/catalog"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

func (s *site) funcs() template.FuncMap {
	return template.FuncMap{
		"code": func(lang any, src string) template.HTML { return code(rule.Language(fmt.Sprint(lang)), src) },
		"stage": func(lang any, command, src string) template.HTML {
			return stageCode(rule.Language(fmt.Sprint(lang)), command, src)
		},
		"ref": s.ref, "fieldref": s.fieldRef, "techname": catalog.TechniqueName, "heat": heat, "concept": catalog.ConceptTitle,
		"count": count, "count64": func(n int64) string { return count(int(n)) }, "zero": zero, "plural": plural, "number": number, "percent": percent, "short": short, "others": others,
		"langname": langName, "level": func(e *catalog.Entry) string { return e.Rule.Level() }, "statetext": func(st string) string { return stateTexts[st] },
		"formatname": formatName, "viewname": viewName, "paras": paragraphs, "join": func(l []string) string { return strings.Join(l, ", ") },
		"weburl": webURL, "shorturl": shortURL, "stamp": stamp, "rowof": rowOf, "eventsof": eventsOf,
		"lacks": func(r analyze.Read, f string) bool { return slices.Contains(r.Lacking, f) },
		"list":  func(x ...any) []any { return x }, "broken": broken,
	}
}

// ref returns the page of a group, or "".
func (s *site) ref(kind string, key any) string {
	k := fmt.Sprint(key)
	if kind == string(catalog.ByTechnique) {
		k = strings.ToUpper(strings.TrimSpace(k))
	}
	if g := s.c.Group(catalog.GroupKind(kind), k); g != nil {
		return kind + "/" + g.Page + ".html"
	}
	return ""
}

func (s *site) fieldRef(field string) string {
	return s.ref(string(catalog.ByField), catalog.FieldKey(field))
}

// heat returns the shade for a number of rules, 0 to 5.
func heat(n int) int {
	for i, most := range []int{0, 2, 6, 20, 60} {
		if n <= most {
			return i
		}
	}
	return 5
}

// count prints a number with its thousands apart.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

func zero(n int) string {
	if n == 0 {
		return "·"
	}
	return count(n)
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	if what == "story" {
		return "stories"
	}
	return what + "s"
}

func number(n int, what string) string { return count(n) + " " + plural(n, what) }

func percent(f float64) string { return strconv.Itoa(int(math.Round(100*f))) + "\u202f%" }

// short bounds a text on one line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 72 {
		return string(r[:70]) + "…"
	}
	return s
}

// others returns how many rules beside the entry's own have an indicator.
func others(s *catalog.Shared, e *catalog.Entry) catalog.Counts {
	c := s.Counts
	if i := slices.Index(catalog.Languages, e.Language); i >= 0 && c[i] > 0 {
		c[i]--
	}
	return c
}

func langName(l any) string {
	switch rule.Language(fmt.Sprint(l)) {
	case rule.SPL:
		return "SPL"
	case rule.KQL:
		return "KQL"
	case rule.Sigma:
		return "Sigma"
	}
	return "–"
}

var stateTexts = map[string]string{"runs": "runs", "notes": "runs with notes", "refused": "refused"}

var formatNames = map[string]string{"escu": "ESCU", "anvilogic": "Anvilogic", "sentinel-analytic": "Sentinel analytics rule", "sentinel-hunting": "Sentinel hunting query",
	"markdown": "query of a page", "sigma": "Sigma", "plain": "plain query"}

func formatName(f string) string {
	if n := formatNames[f]; n != "" {
		return n
	}
	return f
}

func viewName(v string) string {
	kind, name, _ := strings.Cut(v, ":")
	switch {
	case v == "spl:events":
		return "Events"
	case kind == "cim":
		return "Data model " + name
	case kind == "kql":
		return "Table " + name
	case kind == "sigma":
		return "Log source " + strings.Trim(strings.ReplaceAll(name, "//", "/"), "/")
	}
	return v
}

// paragraphs cuts prose at its empty lines.
func paragraphs(s string) []string {
	var out []string
	for _, p := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// webURL reports whether a text is an address that a page may link to.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// shortURL is an address without what says little.
func shortURL(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimSuffix(strings.TrimPrefix(s, "www."), "/")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05") + "Z"
}

type field struct{ Name, Value string }

// longestValue bounds a value of a finding in characters; logs have values of megabytes.
const longestValue = 2000

func rowOf(f *finding.Finding) []field {
	var out []field
	for i, c := range f.Columns {
		v := finding.Text(f.Values[i])
		if v == "" || strings.HasPrefix(c, "_telemetry") {
			continue
		}
		if r := []rune(v); len(r) > longestValue {
			v = string(r[:longestValue]) + "…"
		}
		out = append(out, field{c, v})
	}
	return out
}

func eventsOf(f *finding.Finding) []string {
	var out []string
	for i, e := range f.Events {
		if i == 5 {
			out = append(out, fmt.Sprintf("%d more", len(f.Events)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s:%d", e.File, e.Record))
	}
	return out
}
