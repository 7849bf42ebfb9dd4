package catalog

import (
	"cmp"
	"slices"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/rule"
)

// Counts are numbers of rules by language, in the order of Languages.
type Counts [3]int

// Total is the number of rules of all languages.
func (c Counts) Total() int { return c[0] + c[1] + c[2] }

// Add counts a rule of a language.
func (c *Counts) Add(l rule.Language) {
	if i := slices.Index(Languages, l); i >= 0 {
		c[i]++
	}
}

// Shared is an indicator of the corpus: what is tested, and who tests it.
type Shared struct {
	Key
	Counts Counts
	Rules  []*Entry
	// Fields are the names under which it is tested, sorted.
	Fields []string
	// Page is the name of its page; "" for one that only one rule has, which has none.
	Page string
}

// Literal reports whether the indicator tests for something that says more than that a field is there or in order.
func (k Key) Literal() bool {
	switch k.Kind {
	case analyze.Test, analyze.Exists, analyze.Empty, analyze.Lt, analyze.Le, analyze.Gt, analyze.Ge, analyze.Between:
		return false
	}
	return k.Value != ""
}

// share counts the indicators of all rules.
func (c *Catalog) share() {
	c.Shared = map[Key]*Shared{}
	for _, e := range c.Entries {
		for i := range e.Indicators {
			ind := &e.Indicators[i]
			for j := range ind.Values {
				v := &ind.Values[j]
				s := c.Shared[v.Key]
				if s == nil {
					s = &Shared{Key: v.Key}
					c.Shared[v.Key] = s
				}
				v.Shared = s
				if !slices.Contains(s.Fields, ind.Field) {
					s.Fields = append(s.Fields, ind.Field)
				}
				if n := len(s.Rules); n > 0 && s.Rules[n-1] == e { // entries come one after the other
					continue
				}
				s.Rules = append(s.Rules, e)
				s.Counts.Add(e.Language)
				if v.Key.Literal() {
					e.keys = append(e.keys, v.Key)
				}
			}
		}
	}
	names := map[string]bool{}
	for _, s := range c.Indicators() {
		slices.Sort(s.Fields)
		if len(s.Rules) > 1 && s.Literal() {
			s.Page = uniqueName(names, slug(s.Concept+"-"+s.Value, 48)+"-"+digest(s.Concept, string(s.Kind), s.Value))
		}
	}
}

// Indicators lists the indicators of the corpus, those of the most rules first.
func (c *Catalog) Indicators() []*Shared {
	out := make([]*Shared, 0, len(c.Shared))
	for _, s := range c.Shared {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Shared) int {
		return cmp.Or(cmp.Compare(len(b.Rules), len(a.Rules)), cmp.Compare(a.Concept, b.Concept), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return out
}
