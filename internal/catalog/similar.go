package catalog

import (
	"cmp"
	"math"
	"slices"
)

// Similar is a rule that looks for the same.
type Similar struct {
	Entry *Entry
	// Score is the share of what the two look for, weighted by how rare it is, that both look for: 1 for equal rules.
	Score float64
	// Common are the indicators of both, the rarest first, at most five of them.
	Common []*Shared
	// CommonCount is how many there are.
	CommonCount int
}

// maxSimilar bounds the similar rules of one rule, and tooCommon the rules of an indicator that makes rules alike: what hundreds
// look for says nothing.
const (
	maxSimilar = 8
	tooCommon  = 400
	leastAlike = 0.12
)

// liken finds for each rule those that are like it: a weighted Jaccard index over indicators, with the weight of an indicator
// the logarithm of how many times more rules there are than rules that have it.
func (c *Catalog) liken() {
	total := float64(len(c.Entries))
	weight := func(s *Shared) float64 { return math.Log(1 + total/float64(len(s.Rules))) }
	whole := make([]float64, len(c.Entries))
	for i, e := range c.Entries {
		for _, k := range e.keys {
			whole[i] += weight(c.Shared[k])
		}
	}
	common := make([]float64, len(c.Entries))
	var touched []int
	for i, e := range c.Entries {
		for _, k := range e.keys {
			s := c.Shared[k]
			if len(s.Rules) > tooCommon || len(s.Rules) < 2 {
				continue
			}
			w := weight(s)
			for _, o := range s.Rules {
				if o == e {
					continue
				}
				if common[o.number] == 0 {
					touched = append(touched, o.number)
				}
				common[o.number] += w
			}
		}
		var list []Similar
		for _, n := range touched {
			score := common[n] / (whole[i] + whole[n] - common[n])
			common[n] = 0
			if score >= leastAlike {
				list = append(list, Similar{Entry: c.Entries[n], Score: math.Min(score, 1)})
			}
		}
		touched = touched[:0]
		slices.SortFunc(list, func(a, b Similar) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Entry.number, b.Entry.number))
		})
		e.Similar = slices.Clone(list[:min(len(list), maxSimilar)])
		for j := range e.Similar {
			c.explain(e, &e.Similar[j])
		}
	}
}

// explain fills in what two rules have in common.
func (c *Catalog) explain(e *Entry, s *Similar) {
	theirs := map[Key]bool{}
	for _, k := range s.Entry.keys {
		theirs[k] = true
	}
	for _, k := range e.keys {
		if theirs[k] {
			s.Common = append(s.Common, c.Shared[k])
		}
	}
	slices.SortStableFunc(s.Common, func(a, b *Shared) int { return cmp.Compare(len(a.Rules), len(b.Rules)) })
	s.CommonCount = len(s.Common)
	s.Common = s.Common[:min(len(s.Common), 5)]
}
