package rule

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// fenceLanguages are the tags of fenced blocks that hold KQL; hunting pages also leave the tag off or borrow C# or SQL for
// their colours.
var fenceLanguages = map[string]bool{"kql": true, "kusto": true, "csl": true, "c#": true, "csharp": true, "sql": true, "": true}

var (
	techniqueRef = regexp.MustCompile(`\bT1\d{3}(?:\.\d{3})?\b`)
	markdownLink = regexp.MustCompile(`https?://[^\s)>\]]+`)
)

// readMarkdown makes a rule of every fenced KQL block of a page: the page's title, prose, links and ATT&CK ids belong to all.
func readMarkdown(file, src string, p *Pack) {
	whole := text.NewSource(file, src)
	title, section := "", ""
	var description []string
	var blocks []fence
	inDescription := false
	for i, lines := 0, splitLines(src); i < len(lines); i++ {
		line := strings.TrimRight(lines[i].text, "\r\n")
		trimmed := strings.TrimSpace(line)
		if mark, tag, ok := openFence(trimmed); ok {
			f := fence{tag: strings.ToLower(tag), section: section}
			body := i + 1
			for i++; i < len(lines) && !closesFence(strings.TrimSpace(lines[i].text), mark); i++ {
			}
			if body < len(lines) {
				f.start, f.end = lines[body].at, len(src)
				if i < len(lines) {
					f.end = lines[i].at
				}
			}
			blocks = append(blocks, f)
			continue
		}
		if level := strings.IndexFunc(trimmed, func(r rune) bool { return r != '#' }); level > 0 && trimmed[0] == '#' {
			heading := strings.TrimSpace(strings.Trim(trimmed[level:], "#*: "))
			if title == "" && level == 1 {
				title = heading
			}
			section = heading
			inDescription = strings.EqualFold(heading, "description")
			continue
		}
		if inDescription && trimmed != "" {
			description = append(description, trimmed)
		}
	}
	n := 0
	for _, f := range blocks {
		body := src[f.start:f.end]
		if !fenceLanguages[f.tag] || strings.TrimSpace(body) == "" || f.tag == "" && !looksLikeKQL(body) {
			p.Others["fenced block in another language"]++
			continue
		}
		n++
		r := &Rule{Language: KQL, Format: "markdown", Name: title, Description: strings.Join(description, " "),
			Query:      text.NewExcerpt(file, src, body, []int{0}, []int{f.start}),
			Techniques: distinct(techniqueRef.FindAllString(src, -1)), References: distinct(markdownLink.FindAllString(src, -1)), Source: whole, File: file, Index: n - 1}
		if r.Name == "" {
			r.Name = baseName(file)
		}
		r.ID = fmt.Sprintf("%s#%d", baseName(file), n)
		if f.section != "" && f.section != title {
			r.Name += " (" + f.section + ")"
		}
		p.Rules = append(p.Rules, split(r)...)
	}
	if n == 0 {
		p.Others["page without a query"]++
	}
}

type fence struct {
	tag, section string
	start, end   int
}

type textLine struct {
	at   int
	text string
}

func splitLines(s string) []textLine {
	var out []textLine
	at := 0
	for _, l := range strings.SplitAfter(s, "\n") {
		if l != "" {
			out = append(out, textLine{at, l})
		}
		at += len(l)
	}
	return out
}

func openFence(line string) (mark, tag string, ok bool) {
	for _, m := range []string{"```", "~~~"} {
		if strings.HasPrefix(line, m) {
			rest := strings.TrimLeft(line, m[:1])
			mark = line[:len(line)-len(rest)]
			if strings.Contains(rest, "`") {
				return "", "", false // an inline span such as ```x```
			}
			tag, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
			return mark, tag, true
		}
	}
	return "", "", false
}

func closesFence(line, mark string) bool {
	return strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]) == ""
}

// looksLikeKQL decides over untagged blocks, which also hold output, command lines and addresses: a query has a pipe, or parses.
func looksLikeKQL(s string) bool {
	if strings.Contains(s, "|") {
		return true
	}
	_, diags := syntax.Parse(text.NewSource("", s))
	return !diags.HasErrors()
}

// split makes rules of the queries of a text that holds several with blank lines between them.
func split(r *Rule) []*Rule {
	spans := syntax.Split(r.Query.Text)
	if len(spans) == 1 {
		return []*Rule{r}
	}
	var out []*Rule
	for i, at := range spans {
		part := *r
		part.Part = i
		part.ID = fmt.Sprintf("%s.%d", r.ID, i+1)
		part.Name = fmt.Sprintf("%s (%d)", r.Name, i+1)
		part.Query = r.Query.Derive(at.Of(r.Query.Text), []text.Piece{{At: 0, From: at.Start}})
		out = append(out, &part)
	}
	return out
}

func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if !contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
