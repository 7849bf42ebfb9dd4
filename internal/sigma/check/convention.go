package check

import (
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The conventions of SigmaHQ's repository are notes: a rule may live elsewhere.
// https://github.com/SigmaHQ/sigma-specification/blob/main/sigmahq/sigmahq-rule-convention.md

// wanted are the attributes that SigmaHQ demands of every rule.
var wanted = []string{"id", "status", "description", "references", "author", "date", "tags", "falsepositives", "level"}

var (
	fileName  = regexp.MustCompile(`^[a-z0-9_]{10,90}\.yml$`)
	attackURL = regexp.MustCompile(`(?i)^https?://attack\.mitre\.org/`)
	branchURL = regexp.MustCompile(`(?i)^https?://(?:www\.)?(?:github\.com|gitlab\.com|raw\.githubusercontent\.com|bitbucket\.org)/[^/]+/[^/]+/(?:-/)?(?:blob/|tree/|raw/)?(?:master|main|develop)(?:/|$)`)
	banned    = []string{"none", "pentest", "penetration test", "penetration testing", "red team", "red teaming", "redteam", "n/a", "no", "false positives"}
	// small words stay small inside a title.
	small = []string{"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "is", "nor", "of", "off", "on", "or", "over", "per", "the", "to", "up", "via", "vs", "with", "without"}
)

func (c *checker) conventions() {
	if c.kind() == "rule" {
		for _, key := range wanted {
			if n := c.member(key); n == nil || n.Tag == "!!null" {
				c.note("SIG5201", c.doc.Span(c.doc.Root), "the rule has no %s", key)
			}
		}
	}
	c.title()
	if s, n := c.str("description"); n != nil {
		switch d := strings.TrimSpace(s); {
		case utf8.RuneCountInString(d) < 16:
			c.note("SIG5204", c.doc.Span(n), "the description is too short to explain what is detected")
		case !strings.HasPrefix(strings.ToLower(d), "detect") && !strings.HasPrefix(strings.ToLower(d), "identif") && !strings.HasPrefix(strings.ToLower(d), "this rule"):
			c.note("SIG5204", c.doc.Span(n), "a description begins with Detects")
		}
	}
	c.references()
	c.falsePositives()
	if base := filepath.Base(c.src.Name); strings.HasSuffix(base, ".yml") && !fileName.MatchString(base) || strings.HasSuffix(base, ".yaml") {
		c.note("SIG5208", c.doc.Span(c.doc.Root), "a file of rules is named in small letters, digits and _, with 10 to 90 characters and .yml: %s", base)
	}
	c.form()
}

func (c *checker) title() {
	s, n := c.str("title")
	if n == nil {
		return
	}
	span := c.doc.Span(n)
	low := strings.ToLower(s)
	switch {
	case utf8.RuneCountInString(s) > 120:
		c.note("SIG5202", span, "the title has %d characters: nobody reads more than 120", utf8.RuneCountInString(s))
	case strings.HasPrefix(low, "detects ") || strings.HasPrefix(low, "detect ") || strings.HasPrefix(low, "detection of "):
		c.note("SIG5202", span, "a title does not say that something is detected")
	case strings.HasSuffix(s, "."):
		c.note("SIG5202", span, "a title ends without a stop")
	}
	for i, w := range strings.Fields(s) {
		r, _ := utf8.DecodeRuneInString(w)
		// Names of files, functions and options keep their letters.
		if !unicode.IsLower(r) || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLower(r) && r != ',' && r != ':' }) || i > 0 && has(small, strings.TrimRight(w, ",:")) {
			continue
		}
		c.note("SIG5203", span, "words of a title begin with a capital: %s", w)
		return
	}
}

func (c *checker) references() {
	n := c.member("references")
	if n == nil || n.Kind != yaml.SequenceNode {
		return
	}
	for _, it := range c.doc.Items(n) {
		switch s := it.Value; {
		case it.Kind != yaml.ScalarNode:
		case attackURL.MatchString(s):
			c.note("SIG5205", c.doc.Span(it), "ATT&CK is named by tags, not by references")
		case branchURL.MatchString(s):
			c.note("SIG5205", c.doc.Span(it), "what a branch holds changes: refer to a commit")
		}
	}
}

func (c *checker) falsePositives() {
	n := c.member("falsepositives")
	if n == nil {
		return
	}
	for _, it := range c.doc.Items(n) {
		s := strings.TrimSpace(it.Value)
		r, _ := utf8.DecodeRuneInString(s)
		switch low := strings.ToLower(strings.TrimRight(s, ".!")); {
		case it.Kind != yaml.ScalarNode || s == "":
		case has(banned, low):
			c.note("SIG5206", c.doc.Span(it), "%q says nothing of false positives: write Unknown or Unlikely, or what they are", s)
		case has([]string{"unkown", "unknow", "unknwon", "unlikley", "unlikly", "legitimate activty", "ligitimate"}, low):
			c.note("SIG5206", c.doc.Span(it), "%q is misspelt", s)
		case unicode.IsLower(r):
			c.note("SIG5206", c.doc.Span(it), "false positives begin with a capital")
		}
	}
}

// form looks at how the YAML is written: lists of one, and the depth of indentation.
func (c *checker) form() {
	d := c.member("detection")
	if d == nil {
		return
	}
	odd := false
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if depth > 100 {
			return
		}
		if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 {
			for i := 0; i+1 < len(n.Content); i += 2 {
				k, v := n.Content[i], n.Content[i+1]
				if v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle == 0 && len(v.Content) == 1 && v.Content[0].Kind == yaml.ScalarNode && depth > 0 {
					c.note("SIG5207", c.doc.Span(k), "a list of one value is written on one line, without a dash")
				}
			}
			if len(n.Content) > 0 && depth == 0 && n.Content[0].Column != 5 && !odd {
				odd = true
				c.note("SIG5207", c.doc.Span(n.Content[0]), "SigmaHQ indents by four blanks")
			}
		}
		for _, m := range n.Content {
			walk(m, depth+1)
		}
	}
	walk(d, 0)
}
