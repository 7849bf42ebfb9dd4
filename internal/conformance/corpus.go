package conformance

import (
	"path/filepath"

	"github.com/harrier-detect/harrier/internal/rule"
)

// corpus finds the queries that corpus verdicts speak of: the rule files lie in ../../corpus/kql from the case file.
type corpus struct {
	root string
	by   map[string][]*rule.Rule
}

func newCorpus(dir string) *corpus {
	return &corpus{root: filepath.Join(dir, "..", "..", "corpus", "kql"), by: map[string][]*rule.Rule{}}
}

// query returns a query of the corpus; ok is false when the loader finds no query at that place, which is how Harrier refuses
// a fenced block in another language.
func (c *corpus) query(file string, index, part int) (query string, ok bool, err error) {
	rules, known := c.by[file]
	if !known {
		p, err := rule.Load([]string{filepath.Join(c.root, filepath.FromSlash(file))})
		if err != nil {
			return "", false, err
		}
		rules = p.Rules
		if len(rules) == 0 && len(p.Functions) > 0 {
			rules = []*rule.Rule{{Query: p.Functions[0].Body}}
		}
		c.by[file] = rules
	}
	for _, r := range rules {
		if r.Index == index && r.Part == part {
			return r.Query.Text, true, nil
		}
	}
	return "", false, nil
}
