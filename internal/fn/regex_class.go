package fn

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A classSet is the content of a character class: ranges, and Unicode properties that only the engines can spell out.
type classSet struct {
	negated bool
	notWord bool // \W is in it
	ranges  []runeRange
	props   []string // `\p{L}`, `\P{Greek}`, …
}

type runeRange struct{ lo, hi rune }

func (s *classSet) add(rs ...runeRange) { s.ranges = append(s.ranges, rs...) }

// addNot adds every character that is in none of rs, which are in order and do not touch.
func (s *classSet) addNot(rs []runeRange) {
	next := rune(0)
	for _, r := range rs {
		if r.lo > next {
			s.add(runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	s.add(runeRange{next, unicode.MaxRune})
}

// addNotLetters is addNot for sets of ASCII letters. It leaves out the long s and the Kelvin sign: with (?i) an engine
// would add their other cases, s and k, to the class.
func (s *classSet) addNotLetters(rs []runeRange) {
	s.addNot(append(slices.Clone(rs), runeRange{0x17f, 0x17f}, runeRange{0x212a, 0x212a}))
}

func (s *classSet) addIf(yes bool, rs []runeRange) {
	if yes {
		s.add(rs...)
	} else {
		s.addNot(rs)
	}
}

var (
	setDigit  = []runeRange{{'0', '9'}}
	setWord   = []runeRange{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	setSpace  = []runeRange{{'\t', '\r'}, {' ', ' '}}
	setHBlank = []runeRange{{'\t', '\t'}, {' ', ' '}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200a}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}}
	setVBlank = []runeRange{{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}
	setLine   = []runeRange{{'\n', '\n'}}

	posixSets = map[string][]runeRange{
		"alnum": {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, "alpha": {{'A', 'Z'}, {'a', 'z'}}, "ascii": {{0, 0x7f}},
		"blank": {{'\t', '\t'}, {' ', ' '}}, "cntrl": {{0, 0x1f}, {0x7f, 0x7f}}, "digit": setDigit, "graph": {{'!', '~'}},
		"lower": {{'a', 'z'}}, "print": {{' ', '~'}}, "punct": {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
		"space": setSpace, "upper": {{'A', 'Z'}}, "word": setWord, "xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
	}
)

// appendTo writes the class in the syntax of regexp, or of regexp2 when back is set.
func (s *classSet) appendTo(b []byte, back bool) []byte {
	b = append(b, '[')
	if s.negated {
		b = append(b, '^')
	}
	ranges := s.ranges
	if s.notWord && back {
		var w classSet
		w.addNotLetters(setWord)
		ranges = append(slices.Clone(ranges), w.ranges...)
	} else if s.notWord {
		b = append(b, `\W`...)
	}
	for _, r := range ranges {
		b = appendClassRune(b, r.lo, back)
		if r.hi != r.lo {
			b = appendClassRune(append(b, '-'), r.hi, back)
		}
	}
	for _, p := range s.props {
		b = append(b, p...)
	}
	return append(b, ']')
}

func appendClassRune(b []byte, r rune, back bool) []byte {
	switch {
	case r < utf8.RuneSelf && isWordByte(byte(r)):
		return append(b, byte(r))
	case !back:
		return fmt.Appendf(b, `\x{%x}`, r)
	case r <= 0xffff:
		return fmt.Appendf(b, `\u%04x`, r)
	}
	return utf8.AppendRune(b, r)
}

// class reads [...] at t.i.
func (t *translator) class() {
	at := t.i
	t.i++
	var set classSet
	if t.has("^") {
		set.negated = true
		t.i++
	}
	first := true
	quoted := false
	for ; ; first = false {
		if !t.more() {
			t.fail(at, "missing ] for character class")
		}
		if quoted {
			if t.has(`\E`) {
				quoted = false
				t.i += 2
				continue
			}
		} else {
			switch {
			case t.src[t.i] == ']' && !first:
				t.i++
				t.atom()
				t.lin, t.back = set.appendTo(t.lin, false), set.appendTo(t.back, true)
				return
			case t.has("[:"):
				if t.posix(&set) {
					continue
				}
			case t.has("[.") || t.has("[="):
				if strings.Contains(t.src[t.i+2:], t.src[t.i+1:t.i+2]+"]") {
					t.fail(t.i, "POSIX collating elements are not supported")
				}
			case t.has(`\Q`):
				quoted = true
				t.i += 2
				continue
			case t.has(`\E`):
				t.i += 2
				continue
			}
		}
		lo, isSet := t.classItem(&set, quoted)
		if isSet {
			continue
		}
		hi := lo
		if !quoted && t.has("-") && !t.has("-]") && len(t.src) > t.i+1 {
			// A range, unless its right side is a set: then the hyphen is a hyphen.
			mark := t.i
			t.i++
			probe := classSet{}
			r, set2 := t.classItem(&probe, false)
			if set2 || strings.HasPrefix(t.src[mark+1:], "[:") && t.posixAt(mark+1) {
				t.i = mark + 1
				set.add(runeRange{lo, lo}, runeRange{'-', '-'})
				continue
			}
			hi = r
			if hi < lo {
				t.fail(mark-1, "range out of order in character class")
			}
		}
		set.add(runeRange{lo, hi})
	}
}

// classItem reads one character of a class, or one escape that stands for a set, which it adds.
func (t *translator) classItem(set *classSet, quoted bool) (r rune, isSet bool) {
	if t.src[t.i] != '\\' || quoted {
		r, n := utf8.DecodeRuneInString(t.src[t.i:])
		t.i += n
		return r, false
	}
	at := t.i
	t.i++
	if !t.more() {
		t.fail(at, `\ at the end of the pattern`)
	}
	switch c := t.src[t.i]; c {
	case 'b':
		t.i++
		return '\b', false
	case 'd', 'D', 'w', 'W', 's', 'S', 'h', 'H', 'v', 'V', 'p', 'P':
		t.classEscape(set)
		return 0, true
	case 'R', 'X', 'B', 'N':
		t.fail(at, `\%c is not allowed in a character class`, c)
	case '8', '9':
		t.i++
		return rune(c), false
	}
	return t.character(at), false
}

// classEscape adds the set that an escape stands for; t.i is behind the backslash.
func (t *translator) classEscape(set *classSet) {
	c := t.src[t.i]
	t.i++
	switch c {
	case 'd', 'D':
		set.addIf(c == 'd', setDigit)
	case 'w':
		set.add(setWord...)
	case 'W':
		set.notWord = true
	case 's', 'S':
		set.addIf(c == 's', setSpace)
	case 'h', 'H':
		set.addIf(c == 'h', setHBlank)
	case 'v', 'V':
		set.addIf(c == 'v', setVBlank)
	case 'N':
		set.addNot(setLine)
	case 'p', 'P':
		t.property(set, c == 'P')
	}
}

func (t *translator) property(set *classSet, negated bool) {
	at := t.i - 2
	name := ""
	if t.has("{") {
		end := strings.IndexByte(t.src[t.i:], '}')
		if end < 0 {
			t.fail(at, `bad \p`)
		}
		name = t.src[t.i+1 : t.i+end]
		t.i += end + 1
	} else if t.more() {
		name = t.src[t.i : t.i+1]
		t.i++
	}
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, negated = rest, !negated
	}
	p := `\p{`
	if negated {
		p = `\P{`
	}
	switch {
	case name == "Any":
		set.addIf(!negated, []runeRange{{0, unicode.MaxRune}})
	case name == "L&" && !negated:
		set.props = append(set.props, `\p{Lu}`, `\p{Ll}`, `\p{Lt}`)
	case unicode.Categories[name] != nil || unicode.Scripts[name] != nil:
		set.props = append(set.props, p+name+"}")
	default:
		t.fail(at, `unknown property name after \p`)
	}
}

// posix reads [:name:] at t.i and adds its set.
func (t *translator) posix(set *classSet) bool {
	if !t.posixAt(t.i) {
		return false
	}
	end := strings.Index(t.src[t.i:], ":]")
	name := t.src[t.i+2 : t.i+end]
	t.i += end + 2
	rest, negated := strings.CutPrefix(name, "^")
	if negated {
		set.addNotLetters(posixSets[rest])
	} else {
		set.add(posixSets[rest]...)
	}
	return true
}

// posixAt reports whether a POSIX class stands at i; [:x] is just a class that begins with a colon.
func (t *translator) posixAt(i int) bool {
	end := strings.Index(t.src[i:], ":]")
	if end < 3 {
		return false
	}
	name := strings.TrimPrefix(t.src[i+2:i+end], "^")
	if posixSets[name] != nil {
		return true
	}
	if !slices.ContainsFunc([]byte(name), func(c byte) bool { return c < 'a' || c > 'z' }) {
		t.fail(i, "unknown POSIX class name")
	}
	return false
}
