package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/text"
)

// A cond is a condition of any language: a tree of tests.
type cond struct {
	op   op
	args []*cond
	test *test
	span text.Span
}

type op uint8

const (
	opTest op = iota
	opAnd
	opOr
	opNot
	opOther // something that nothing is known of
)

// A test compares one field with constants.
type test struct {
	field  string
	kind   analyze.Kind
	values []string
	// fold says that letters' case does not count.
	fold bool
	// cased is "lower" or "upper" when the field goes through that function first.
	cased string
	// many says that the field may have several values, of which one has to fit.
	many bool
	// text says that numbers are compared as text.
	text bool
	span text.Span
	// each are the places of the values, as far as they are known.
	each []text.Span
}

func (t *test) String() string {
	p := analyze.Predicate{Field: t.field, Kind: t.kind, Values: t.values}
	s := p.String()
	if len(s) > 80 {
		s = s[:77] + "..."
	}
	return s
}

// A signed is a test or its contrary.
type signed struct {
	*test
	not bool
}

func (s signed) String() string {
	if s.not {
		return "not " + s.test.String()
	}
	return s.test.String()
}

// conjuncts returns what must hold for c (or, with not, for its contrary) to hold: tests, and groups of alternatives.
func conjuncts(c *cond, not bool, tests *[]signed, groups *[]group) {
	if c == nil {
		return
	}
	switch {
	case c.op == opTest:
		*tests = append(*tests, signed{c.test, not})
	case c.op == opNot:
		conjuncts(c.args[0], !not, tests, groups)
	case c.op == opAnd && !not, c.op == opOr && not:
		for _, a := range c.args {
			conjuncts(a, not, tests, groups)
		}
	case c.op == opAnd || c.op == opOr:
		*groups = append(*groups, group{c, not})
	}
}

// A group is a condition of which one argument has to hold: an Or, or an And that is negated.
type group struct {
	*cond
	not bool
}

// contradict tells why two tests of the same field can never hold at once, or "".
func contradict(a, b signed) bool {
	if a.field != b.field || a.many || b.many || a.cased != b.cased && a.cased != "" && b.cased != "" {
		return false
	}
	if a.not && b.not {
		return false
	}
	if a.not {
		a, b = b, a
	}
	// a holds.
	if b.kind == analyze.Exists && b.not {
		return a.kind != analyze.Exists || true
	}
	if vals, ok := a.finite(); ok {
		if b.not {
			return every(vals, func(v string) bool { return b.certainly(v, a.fold) })
		}
		return every(vals, func(v string) bool { return b.never(v, a.fold) })
	}
	if vals, ok := b.finite(); ok && !b.not {
		return every(vals, func(v string) bool { return a.never(v, b.fold) })
	}
	if b.not {
		return false
	}
	if la, ha, ok := a.bounds(); ok {
		if lb, hb, ok := b.bounds(); ok {
			return disjoint(la, ha, lb, hb)
		}
	}
	if a.kind == b.kind && len(a.values) == 1 && len(b.values) == 1 && (a.kind == analyze.StartsWith || a.kind == analyze.EndsWith) {
		x, y := strings.ToLower(a.values[0]), strings.ToLower(b.values[0])
		if a.kind == analyze.StartsWith {
			return !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x)
		}
		return !strings.HasSuffix(x, y) && !strings.HasSuffix(y, x)
	}
	return false
}

func every(list []string, f func(string) bool) bool {
	for _, v := range list {
		if !f(v) {
			return false
		}
	}
	return len(list) > 0
}

// finite returns the only values with which the test holds.
func (t *test) finite() ([]string, bool) {
	return t.values, (t.kind == analyze.Eq || t.kind == analyze.In) && len(t.values) > 0
}

// never reports that the test surely fails for a value; fold says that the value may stand in other letters.
func (t *test) never(v string, fold bool) bool {
	fold = fold || t.fold || t.cased != ""
	eq := func(x, y string) bool { return x == y }
	in := func(x string) string { return x }
	if fold {
		eq, in = strings.EqualFold, strings.ToLower
	}
	has := func(f func(string, string) bool) bool { // of any of the values
		for _, x := range t.values {
			if f(in(v), in(x)) {
				return true
			}
		}
		return false
	}
	switch t.kind {
	case analyze.Eq, analyze.In:
		return !has(func(v, x string) bool { return eq(v, x) || sameNumber(v, x) })
	case analyze.Contains, analyze.Has:
		return !has(func(v, x string) bool { return strings.Contains(v, strings.Trim(x, "*")) })
	case analyze.StartsWith:
		return !has(strings.HasPrefix)
	case analyze.EndsWith:
		return !has(strings.HasSuffix)
	case analyze.Wildcard:
		return !has(globMatch)
	case analyze.Lt, analyze.Le, analyze.Gt, analyze.Ge:
		n, err := strconv.ParseFloat(v, 64)
		lo, hi, ok := t.bounds()
		return err == nil && ok && !t.text && disjoint(bound{n, true}, bound{n, true}, lo, hi)
	}
	return false
}

// certainly reports that the test surely holds for a value.
func (t *test) certainly(v string, fold bool) bool {
	if fold && !t.fold {
		return false // the value may come in letters that the test does not take
	}
	switch t.kind {
	case analyze.Eq, analyze.In, analyze.Contains, analyze.StartsWith, analyze.EndsWith, analyze.Wildcard:
		return !t.never(v, fold) && t.kind != analyze.Has
	}
	return false
}

func sameNumber(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && x == y
}

// globMatch matches * only.
func globMatch(v, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return v == pattern
	}
	if !strings.HasPrefix(v, parts[0]) {
		return false
	}
	v = v[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(v, p)
		if i < 0 {
			return false
		}
		v = v[i+len(p):]
	}
	return strings.HasSuffix(v, parts[len(parts)-1])
}

// A bound is an end of a range of numbers.
type bound struct {
	at     float64
	closed bool
}

const endless = 1e308

// bounds returns the range of numbers with which the test holds.
func (t *test) bounds() (lo, hi bound, ok bool) {
	if t.text || len(t.values) == 0 {
		return lo, hi, false
	}
	n, err := strconv.ParseFloat(t.values[0], 64)
	if err != nil {
		return lo, hi, false
	}
	lo, hi = bound{-endless, true}, bound{endless, true}
	switch t.kind {
	case analyze.Lt:
		hi = bound{n, false}
	case analyze.Le:
		hi = bound{n, true}
	case analyze.Gt:
		lo = bound{n, false}
	case analyze.Ge:
		lo = bound{n, true}
	case analyze.Eq:
		lo, hi = bound{n, true}, bound{n, true}
	case analyze.Between:
		m, err := strconv.ParseFloat(t.values[len(t.values)-1], 64)
		if err != nil {
			return lo, hi, false
		}
		lo, hi = bound{n, true}, bound{m, true}
	default:
		return lo, hi, false
	}
	return lo, hi, true
}

func disjoint(la, ha, lb, hb bound) bool {
	before := func(h, l bound) bool { return h.at < l.at || h.at == l.at && !(h.closed && l.closed) }
	return before(ha, lb) || before(hb, la)
}

// impossible tells why a test cannot hold by itself, or "".
func (t *test) impossible() string {
	if t.cased != "" && !t.fold {
		switch t.kind {
		case analyze.Eq, analyze.In, analyze.StartsWith, analyze.EndsWith, analyze.Contains, analyze.Wildcard:
			other := strings.ToLower
			if t.cased == "upper" {
				other = strings.ToUpper
			}
			if every(t.values, func(v string) bool { return other(v) != v }) {
				return fmt.Sprintf("the field is in %s case, and what it is compared with is not", t.cased)
			}
		}
	}
	if t.kind == analyze.Between {
		if lo, hi, ok := t.bounds(); ok && lo.at > hi.at {
			return "the range ends before it begins"
		}
	}
	return ""
}
