package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

var commentLints = []*Lint{
	{ID: "LNT5090", Title: "a comment takes back what is not found", Severity: text.Note, Language: rule.KQL,
		Doc:  "harrier:ignore names an id that nothing is reported for at its place: the fault is mended, or the id is misspelt. Take the comment away.",
		Bad:  "// harrier:ignore LNT5010 the log has it in small letters\nDeviceProcessEvents | where FileName =~ \"a.exe\"",
		Good: "// harrier:ignore LNT5010 the log has it in small letters\nDeviceProcessEvents | where FileName == \"a.exe\""},
	{ID: "LNT5091", Title: "a comment takes something back without a reason", Severity: text.Note, Language: rule.KQL,
		Doc:  "Write why behind the ids: who reads the rule next year has to know whether the reason still holds.",
		Bad:  "// harrier:ignore LNT5010\nDeviceProcessEvents | where FileName == \"a.exe\"",
		Good: "// harrier:ignore LNT5010 the log has it in small letters\nDeviceProcessEvents | where FileName == \"a.exe\""},
}

// ignore is a comment that takes diagnostics back: "harrier:ignore ID[,ID…] reason".
var ignore = regexp.MustCompile("harrier:ignore[ \t]+([A-Za-z]{3}[0-9]{4}(?:[ \t]*,[ \t]*[A-Za-z]{3}[0-9]{4})*)[ \t:]*([^\r\n]*)")

// An ignored is one such comment, with the lines it is about.
type ignored struct {
	ids      []string
	reason   string
	span     text.Span
	from, to int // lines
	used     []bool
}

// ignores finds the comments of a file. One behind something on its line is about that line; one on a line of its own about the next
// line with something on it, and what is indented below that; one above everything else about the whole document.
func ignores(src *text.Source) []*ignored {
	if !strings.Contains(src.Text, "harrier:ignore") {
		return nil
	}
	lines := strings.Split(src.Text, "\n")
	var out []*ignored
	for _, m := range ignore.FindAllStringSubmatchIndex(src.Text, -1) {
		g := &ignored{span: text.Span{Start: m[0], End: m[1]}, reason: strings.TrimSpace(strings.Trim(src.Text[m[4]:m[5]], "`*/ \t"))}
		for _, id := range strings.Split(src.Text[m[2]:m[3]], ",") {
			g.ids = append(g.ids, strings.ToUpper(strings.TrimSpace(id)))
		}
		g.used = make([]bool, len(g.ids))
		line := src.Position(m[0]).Line
		g.from, g.to = line, line
		if alone(lines[line-1]) {
			next := line
			for next < len(lines) && (strings.TrimSpace(lines[next]) == "" || alone(lines[next])) {
				next++
			}
			if first(lines, line) {
				g.to = documentEnd(lines, line)
			} else {
				g.to = blockEnd(lines, next)
			}
		} else {
			g.to = blockEnd(lines, line-1)
		}
		out = append(out, g)
	}
	return out
}

// alone reports whether a line is a comment and nothing else.
func alone(line string) bool {
	t := strings.TrimSpace(line)
	return strings.HasPrefix(t, "#") || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "```") && strings.HasSuffix(t, "```") && len(t) > 3
}

// first reports whether nothing but comments and blank lines stands above a line in its document.
func first(lines []string, line int) bool {
	for i := line - 2; i >= 0; i-- {
		t := strings.TrimSpace(lines[i])
		if strings.HasPrefix(lines[i], "---") {
			return true
		}
		if t != "" && !alone(lines[i]) {
			return false
		}
	}
	return true
}

func documentEnd(lines []string, line int) int {
	for i := line; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "---") {
			return i
		}
	}
	return len(lines)
}

// blockEnd returns the number of the last line of what begins on the line with index i: what is indented more belongs to it.
func blockEnd(lines []string, i int) int {
	if i >= len(lines) {
		return len(lines)
	}
	indent := indentOf(lines[i])
	end := i + 1
	for j := i + 1; j < len(lines); j++ {
		if strings.TrimSpace(lines[j]) == "" {
			continue
		}
		if indentOf(lines[j]) <= indent {
			break
		}
		end = j + 1
	}
	return end
}

func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// suppress splits what was found by the comments of the rule's file. Errors cannot be taken back.
func suppress(r *rule.Rule, ds text.Diagnostics, off func(string) bool) *Report {
	rep := &Report{Rule: r}
	comments := ignores(r.Source)
	for _, d := range ds {
		hit := false
		if d.Source != nil && d.Severity != text.Error {
			line := d.Source.Position(d.Span.Start).Line
			for _, g := range comments {
				for i, id := range g.ids {
					if id == d.ID && line >= g.from && line <= g.to {
						g.used[i], hit = true, true
					}
				}
			}
		}
		if hit {
			rep.Ignored = append(rep.Ignored, d)
		} else {
			rep.Diagnostics = append(rep.Diagnostics, d)
		}
	}
	start := ruleSpan(r).Start
	for _, g := range comments {
		// Of several rules in one file each sees the comments of all: those of others are not its own.
		if r.Part > 0 || r.Index > 0 || g.span.Start < start && !first(strings.Split(r.Source.Text, "\n"), r.Source.Position(g.span.Start).Line) {
			continue
		}
		if i := slices.Index(g.used, false); i >= 0 && !off("LNT5090") && !off(g.ids[i]) {
			rep.Diagnostics = append(rep.Diagnostics, text.Notef("LNT5090", r.Source, g.span, "nothing is reported as %s here", g.ids[i]))
		}
		if g.reason == "" && !off("LNT5091") {
			rep.Diagnostics = append(rep.Diagnostics, text.Notef("LNT5091", r.Source, g.span, "the comment gives no reason"))
		}
	}
	rep.Diagnostics = rep.Diagnostics.Sorted()
	return rep
}
