package check

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// correlation checks a correlation against the schema of the specification.
// https://github.com/SigmaHQ/sigma-specification/blob/main/json-schema/sigma-correlation-rules-schema.json
func (c *checker) correlation(cor *syntax.Correlation) {
	n := c.member("correlation")
	if cor.Timespan == "" {
		c.warn("SIG5105", c.doc.Span(n), "a correlation needs timespan")
	} else if i := len(cor.Timespan) - 1; !strings.ContainsRune("smhd", rune(cor.Timespan[i])) {
		c.note("SIG5320", cor.TimeSpan, "the specification has s, m, h and d as units of timespans")
	}
	if len(cor.GroupBy) == 0 {
		c.note("SIG5320", c.doc.Span(n), "without group-by events of all hosts and users are counted together")
	}
	repeated(cor.GroupBy, func(i, _ int) {
		c.warn("SIG5109", c.doc.Span(c.doc.Member(n, "group-by")), "group-by has %q twice", cor.GroupBy[i])
	})
	names := make([]string, len(cor.Rules))
	for i, r := range cor.Rules {
		names[i] = r.Name
	}
	repeated(names, func(i, _ int) { c.warn("SIG5109", cor.Rules[i].Span, "the correlation relates %s twice", names[i]) })
	if strings.HasPrefix(cor.Type, "temporal") && len(cor.Rules) == 1 {
		c.warn("SIG5320", c.doc.Span(n), "one rule alone has no order: a temporal correlation relates two and more")
	}
	c.limits(cor)
	aliases := c.doc.Member(n, "aliases")
	for _, a := range cor.Aliases {
		if !has(cor.GroupBy, a.Name) && !has(cor.Field, a.Name) {
			c.warn("SIG5321", c.doc.Span(aliases), "nothing uses the alias %s", a.Name)
		}
		for _, name := range names {
			if !slices.ContainsFunc(a.Fields, func(f syntax.AliasField) bool { return f.Rule == name }) {
				c.note("SIG5321", c.doc.Span(aliases), "the alias %s says nothing of the rule %s, whose field of that name is taken", a.Name, name)
			}
		}
	}
	used := map[string]bool{}
	if cor.Extended != nil {
		c.uses(cor.Extended.Expr, names, used)
		for i, name := range names {
			if !used[name] {
				c.warn("SIG5304", cor.Rules[i].Span, "the condition does not use the rule %s", name)
			}
		}
	}
}

// limits looks for bounds that always or never hold.
func (c *checker) limits(cor *syntax.Correlation) {
	span := cor.ConditionSpan
	lo, hi := 0.0, -1.0 // the least and the greatest number that fits; -1 for none
	counted := strings.HasSuffix(cor.Type, "_count") || strings.HasPrefix(cor.Type, "temporal")
	if !counted {
		return
	}
	upper := func(v float64) {
		if hi < 0 || v < hi {
			hi = v
		}
	}
	for _, l := range cor.Limits {
		switch l.Op {
		case "gt":
			lo = max(lo, l.Value+1)
		case "gte":
			lo = max(lo, l.Value)
		case "eq":
			lo = max(lo, l.Value)
			upper(l.Value)
		case "lt":
			if l.Value <= 0 {
				c.warn("SIG5322", span, "nothing is less than %g", l.Value)
				return
			}
			upper(l.Value - 1)
		case "lte":
			upper(l.Value)
		}
		if l.Value < 0 {
			c.warn("SIG5322", span, "a number of events is not negative")
			return
		}
	}
	rules := float64(len(cor.Rules))
	switch temporal := strings.HasPrefix(cor.Type, "temporal"); {
	case hi >= 0 && lo > hi:
		c.warn("SIG5322", span, "no number fits all bounds")
	case temporal && lo > rules:
		c.warn("SIG5322", span, "%g of %g rules can never have events", lo, rules)
	case len(cor.Limits) > 0 && lo <= 1 && hi < 0 && !slices.ContainsFunc(cor.Limits, func(l syntax.Limit) bool { return l.Op == "neq" }):
		c.warn("SIG5322", span, "one event is enough: the correlation adds nothing to its rules")
	}
}
