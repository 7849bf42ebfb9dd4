package check

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/text"
)

// known are the attributes of the specification's schemas.
var known = []string{"title", "id", "related", "name", "taxonomy", "status", "description", "license", "author", "references", "date", "modified", "logsource",
	"detection", "fields", "falsepositives", "level", "tags", "scope", "correlation", "generate", "filter", "action"}

// extra are attributes that the specification does not have and that public repositories use.
var extra = []string{"regression_tests_path", "simulation", "custom", "logsource_guidelines", "backend", "yml_filename", "yml_path"}

var (
	statuses  = []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	levels    = []string{"informational", "low", "medium", "high", "critical"}
	relations = []string{"derived", "obsolete", "merged", "renamed", "similar"}
	isUUID    = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	isDate    = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// attributes checks what surrounds the detection against the schemas of the specification.
func (c *checker) attributes() {
	c.keys()
	c.required()
	for _, key := range []string{"title", "name", "taxonomy"} {
		if s, n := c.str(key); n != nil && utf8.RuneCountInString(s) > 256 {
			c.warn("SIG5102", c.doc.Span(n), "the %s has %d characters, more than 256", key, utf8.RuneCountInString(s))
		}
	}
	if s, n := c.str("description"); n != nil && utf8.RuneCountInString(s) > 65535 {
		c.warn("SIG5102", c.doc.Span(n), "the description has more than 65535 characters")
	}
	if s, n := c.str("id"); n != nil && !isUUID.MatchString(s) {
		c.warn("SIG5103", c.doc.Span(n), "the id %q is no UUID", s)
	}
	c.enum("status", statuses)
	c.enum("level", levels)
	c.related()
	c.dates()
	c.lists()
}

// keys looks for attributes that nothing reads, and for keys that stand twice in one mapping anywhere in the document.
func (c *checker) keys() {
	c.doc.Pairs(c.doc.Root, func(k, _ *yaml.Node) {
		if has(known, k.Value) || has(extra, k.Value) {
			return
		}
		if near := text.Nearest(k.Value, known); len(near) > 0 {
			c.warn("SIG5101", c.doc.Span(k), "there is no attribute %s; did you mean %s?", k.Value, near[0])
			return
		}
		c.note("SIG5101", c.doc.Span(k), "the attribute %s is not of the specification", k.Value)
	})
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if depth > 100 {
			return
		}
		if n.Kind == yaml.MappingNode {
			seen := map[string]bool{}
			for i := 0; i+1 < len(n.Content); i += 2 {
				k := n.Content[i]
				if seen[k.Value] && k.Tag != "!!merge" {
					c.warn("SIG5104", c.doc.Span(k), "the key %s stands here twice: most readers of YAML keep one of them", k.Value)
				}
				seen[k.Value] = true
			}
		}
		for _, m := range n.Content { // aliases have no content of their own
			walk(m, depth+1)
		}
	}
	walk(c.doc.Root, 0)
}

func (c *checker) required() {
	need := map[string][]string{"rule": {"title", "logsource", "detection"}, "correlation": {"title", "correlation"}, "filter": {"title", "logsource", "filter"}}[c.kind()]
	for _, key := range need {
		n := c.member(key)
		if n == nil || n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "" {
			c.warn("SIG5105", c.doc.Span(c.doc.Root), "a %s needs %s", c.kind(), key)
		}
	}
}

func (c *checker) enum(key string, words []string) {
	n := c.member(key)
	if n == nil {
		return
	}
	if n.Kind != yaml.ScalarNode || !has(words, n.Value) {
		c.warn("SIG5106", c.doc.Span(n), "%s is %s, not %q", key, oneOf(words...), n.Value)
	}
}

func (c *checker) related() {
	n := c.member("related")
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		c.warn("SIG5107", c.doc.Span(n), "related is a list of id and type")
		return
	}
	own, _ := c.str("id")
	for _, r := range c.doc.Items(n) {
		id, kind := c.doc.Member(r, "id"), c.doc.Member(r, "type")
		switch {
		case id == nil || kind == nil:
			c.warn("SIG5107", c.doc.Span(r), "a related rule has an id and a type")
			continue
		case !isUUID.MatchString(id.Value):
			c.warn("SIG5103", c.doc.Span(id), "the id %q is no UUID", id.Value)
		case strings.EqualFold(id.Value, own):
			c.warn("SIG5103", c.doc.Span(id), "the rule is related to itself")
		}
		if !has(relations, kind.Value) {
			c.warn("SIG5106", c.doc.Span(kind), "the type of a relation is %s, not %q", oneOf(relations...), kind.Value)
		}
	}
}

func (c *checker) dates() {
	var parsed [2]time.Time
	for i, key := range []string{"date", "modified"} {
		n := c.member(key)
		if n == nil {
			continue
		}
		t, err := time.Parse("2006-01-02", n.Value)
		switch {
		case n.Kind != yaml.ScalarNode || !isDate.MatchString(n.Value):
			c.warn("SIG5108", c.doc.Span(n), "%s is written YYYY-MM-DD, not %q", key, n.Value)
		case err != nil:
			c.warn("SIG5108", c.doc.Span(n), "there is no day %s", n.Value)
		default:
			parsed[i] = t
		}
	}
	if !parsed[0].IsZero() && !parsed[1].IsZero() && parsed[1].Before(parsed[0]) {
		c.warn("SIG5108", c.doc.Span(c.member("modified")), "the rule was modified before it was made")
	}
}

// lists checks attributes that are lists of different texts.
func (c *checker) lists() {
	for _, key := range []string{"references", "tags", "fields", "falsepositives", "scope"} {
		n := c.member(key)
		if n == nil {
			continue
		}
		if n.Kind != yaml.SequenceNode && (key != "falsepositives" || n.Kind != yaml.ScalarNode) {
			c.warn("SIG5107", c.doc.Span(n), "%s is a list", key)
			continue
		}
		items := c.doc.Items(n)
		var texts []string
		for _, it := range items {
			texts = append(texts, it.Value)
			switch {
			case it.Kind != yaml.ScalarNode:
				c.warn("SIG5107", c.doc.Span(it), "a member of %s is text", key)
			case (key == "falsepositives" || key == "scope") && utf8.RuneCountInString(it.Value) < 2:
				c.warn("SIG5107", c.doc.Span(it), "a member of %s has two characters and more", key)
			}
		}
		repeated(texts, func(i, _ int) {
			if texts[i] != "" {
				c.warn("SIG5109", c.doc.Span(items[i]), "%s has %q twice", key, texts[i])
			}
		})
	}
	for _, key := range []string{"title", "description", "author", "license", "id", "name", "taxonomy"} {
		if n := c.member(key); n != nil && n.Kind != yaml.ScalarNode {
			c.warn("SIG5107", c.doc.Span(n), "%s is text", key)
		}
	}
}

// logSource checks that the log source says something, and says it the way that finds all logs that tell the same.
func (c *checker) logSource() {
	l := c.rule.LogSource
	n := c.member("logsource")
	if n == nil {
		return
	}
	c.doc.Pairs(n, func(k, v *yaml.Node) {
		if !has([]string{"category", "product", "service", "definition"}, k.Value) {
			c.note("SIG5110", c.doc.Span(k), "logsource has no %s", k.Value)
		} else if v.Kind == yaml.ScalarNode && k.Value != "definition" && v.Value != strings.ToLower(v.Value) {
			c.note("SIG5110", c.doc.Span(v), "log sources are written in small letters")
		}
	})
	if l.Product+l.Category+l.Service == "" {
		c.warn("SIG5110", c.doc.Span(n), "the log source has neither product, category nor service: the rule reads everything")
		return
	}
	if !schema.FindSigma(l.Product, l.Category, l.Service).Known {
		c.note("SIG5110", c.doc.Span(n), "the taxonomy has no log source %s", strings.Trim(strings.Join(slices.DeleteFunc([]string{l.Product, l.Category, l.Service}, func(s string) bool { return s == "" }), "/"), "/"))
	}
}
