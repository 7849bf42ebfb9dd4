// Package check tells what is wrong or unusual about Sigma documents that can be read: where they differ from the schemas of the
// specification (SIG51xx), from the conventions of SigmaHQ's repository (SIG52xx), and where a detection probably does not say what its
// author meant (SIG53xx). Whether a rule can run is not its matter: that is what compiling tells.
//
// https://github.com/SigmaHQ/sigma-specification/tree/main/json-schema,
// https://github.com/SigmaHQ/sigma-specification/blob/main/sigmahq/sigmahq-rule-convention.md
package check

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// Document checks one document: a rule, a correlation or a filter. What keeps it from being read at all comes first; then there are no
// further findings. The list is sorted by place.
func Document(src *text.Source) text.Diagnostics {
	doc, ds := syntax.Read(src)
	if doc == nil {
		return ds
	}
	c := &checker{src: src, doc: doc}
	c.attributes()
	c.tags()
	c.conventions()
	rule, ds := syntax.Parse(src)
	c.ds = append(c.ds, ds...)
	if rule != nil && !ds.HasErrors() {
		c.rule = rule
		c.logSource()
		switch {
		case rule.Detection != nil:
			c.detection(rule.Detection, false)
		case rule.Filter != nil:
			c.detection(rule.Filter.Detection, true)
		case rule.Correlation != nil:
			c.correlation(rule.Correlation)
		}
	}
	return c.ds.Sorted()
}

type checker struct {
	src  *text.Source
	doc  *syntax.Document
	rule *syntax.Rule // nil when it cannot be read
	ds   text.Diagnostics
}

func (c *checker) warn(id string, span text.Span, format string, args ...any) {
	c.ds = append(c.ds, text.Warnf(id, c.src, span, format, args...))
}

func (c *checker) note(id string, span text.Span, format string, args ...any) {
	c.ds = append(c.ds, text.Notef(id, c.src, span, format, args...))
}

func (c *checker) member(key string) *yaml.Node { return c.doc.Member(c.doc.Root, key) }

// str returns the text of a top-level attribute, or "" with its node nil when it is no scalar.
func (c *checker) str(key string) (string, *yaml.Node) {
	n := c.member(key)
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", nil
	}
	return n.Value, n
}

// kind is correlation, filter or rule.
func (c *checker) kind() string {
	switch {
	case c.member("correlation") != nil:
		return "correlation"
	case c.member("filter") != nil:
		return "filter"
	}
	return "rule"
}

// repeated calls f for every text of a list that stands there already.
func repeated(texts []string, f func(i, first int)) {
	seen := map[string]int{}
	for i, s := range texts {
		if first, ok := seen[s]; ok {
			f(i, first)
		} else {
			seen[s] = i
		}
	}
}

func oneOf(words ...string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func has(list []string, s string) bool { return slices.Contains(list, s) }
