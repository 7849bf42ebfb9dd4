package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
)

// shownMarkdown bounds the findings that a Markdown report tells one by one; a document of more is read by nobody.
const (
	shownMarkdown = 1000
	maxCodeSpan   = 1000 // bytes of one value
)

// Markdown writes the report as a document. Log and rule text cannot become markup: prose has every sign of Markdown and HTML escaped,
// and values are code spans, in which nothing is interpreted.
func Markdown(w io.Writer, s Summary, items []*Item) error {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *Item) int {
		x, _ := a.Times()
		y, _ := b.Times()
		return x.Compare(y)
	})
	d := digestOf(items)
	bw := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(bw, format, args...) }
	p("# %s\n\n", prose(s.Title))
	if s.Partial {
		p("**The hunt was interrupted: there may be more findings.**\n\n")
	}
	p("%s of %s", plural(len(items), "finding"), plural(len(d.Rules), "rule"))
	if when := between(d.First, d.Last); when != "" {
		p(", %s", when)
	}
	p(".\n\n")
	for _, l := range d.Levels {
		p("- %s: %d\n", prose(l.Name), l.N)
	}
	p("\n%d events in %d files; %d rules ran (%d with notes), %d were refused", s.Events, s.Files, s.Rules["runs"], s.Rules["notes"], s.Rules["refused"])
	for _, by := range sortedKeys(s.Filtered) {
		p(", %d left out by `%s`", s.Filtered[by], by)
	}
	p(".\n")
	if s.ProblemCount > 0 || s.BadRecords > 0 {
		p("%d records were unreadable, and there were %d problems with the input.\n", s.BadRecords, s.ProblemCount)
	}
	if sc := s.Schedule; sc != nil {
		p("\nUnder the rules' own schedules %d findings would have been told of once, %d several times, %d missed; of %d it cannot be said.\n", sc.Found, sc.Doubled, sc.Missed, sc.Unknown)
	}
	if len(items) > 0 {
		p("\n## Rules that found something\n\n| Level | Rule | Findings | Risk | When |\n|---|---|---:|---:|---|\n")
		for _, g := range d.Rules {
			p("| %s | %s | %d | %d | %s |\n", prose(g.Level), prose(g.Rule.Name), g.N, g.Risk, between(g.First, g.Last))
		}
		p("\n## Entities by risk\n\n| Kind | Entity | Risk | Findings | Rules | Tactics |\n|---|---|---:|---:|---:|---|\n")
		for _, e := range d.Entities[:min(len(d.Entities), shownEntities)] {
			p("| %s | %s | %d | %d | %d | %s |\n", prose(e.Kind), code(e.Value), e.Score, e.Findings, e.Rules, strings.Join(e.Tactics, ", "))
		}
		if n := len(d.Entities) - shownEntities; n > 0 {
			p("\n%d more entities are left out.\n", n)
		}
		markdownMatrix(p, d)
		p("\n## Findings\n")
		for i, it := range items {
			if i == shownMarkdown {
				p("\n%d more findings are left out; the other forms have all of them.\n", len(items)-i)
				break
			}
			markdownFinding(p, it)
		}
	}
	if len(s.Refused) > 0 {
		p("\n## Rules that did not run\n\n| Rule | Reason |\n|---|---|\n")
		for _, r := range s.Refused {
			p("| %s | %s |\n", prose(r.Rule), code(r.Reason))
		}
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func markdownMatrix(p func(string, ...any), d *digest) {
	p("\n## MITRE ATT&CK\n\n| Tactic | Technique | Findings |\n|---|---|---:|\n")
	for _, t := range d.Tactics {
		for _, x := range t.Techniques {
			p("| %s | [%s](%s) %s | %d |\n", t.Name, x.ID, x.URL, prose(x.Name), x.N)
		}
	}
}

func markdownFinding(p func(string, ...any), it *Item) {
	first, last := it.Times()
	p("\n### %s: %s\n\n", prose(it.Level), prose(it.Rule.Name))
	if it.Message != "" {
		p("%s\n\n", prose(it.Message))
	}
	if when := between(first, last); when != "" {
		p("- When: %s\n", when)
	}
	p("- Risk: %d\n", it.RiskScore)
	for _, e := range it.Entities[:min(len(it.Entities), 20)] {
		p("- %s: %s\n", prose(e.Kind), code(e.Value))
	}
	if n := len(it.Entities) - 20; n > 0 {
		p("- and %d more entities\n", n)
	}
	if len(it.Rule.Techniques) > 0 {
		p("- Techniques: %s\n", prose(strings.Join(it.Rule.Techniques, ", ")))
	}
	p("- Rule: %s, finding: `%s`\n", code(it.Rule.ID), it.ID)
	if it.Home != nil {
		p("- Under the rule's schedule: %s\n", prose(it.Home.String()))
	}
	if len(it.Events) > 0 {
		var parts []string
		for _, e := range it.Events[:min(len(it.Events), 10)] {
			parts = append(parts, code(fmt.Sprintf("%s:%d", e.File, e.Record)))
		}
		p("- Events: %s", strings.Join(parts, ", "))
		if n := len(it.Events) - len(parts); n > 0 {
			p(" and %d more", n)
		}
		p("\n")
	}
	if len(it.Columns) > 0 {
		p("\n| Column | Value |\n|---|---|\n")
		for i, c := range it.Columns[:min(len(it.Columns), 100)] {
			if v := finding.Text(it.Values[i]); v != "" {
				p("| %s | %s |\n", code(c), code(v))
			}
		}
	}
}

// oneLine makes text fit for one line of a document, cut at n bytes.
func oneLine(s string, n int) string {
	return strings.NewReplacer("\n", "␊", "\t", "␉").Replace(export.Printable(finding.Cut(s, n)))
}

// prose escapes every sign that Markdown or HTML could take for markup. CommonMark lets a backslash stand before any ASCII punctuation:
// https://spec.commonmark.org/0.31.2/#backslash-escapes
func prose(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s, maxCell) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '>':
			b.WriteString("&gt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case strings.ContainsRune(`\`+"`"+`*_{}[]()#+-.!|~^$:/@"'=`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code writes a value as a code span, within a fence longer than any run of backticks in it. Bars are written so that they do not end
// a cell of a table: https://github.github.com/gfm/#tables-extension-
func code(s string) string {
	s = oneLine(s, maxCodeSpan)
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || s[0] == ' ' {
		pad = " "
	}
	return fence + pad + strings.ReplaceAll(s, "|", `\|`) + pad + fence
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
