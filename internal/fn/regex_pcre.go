package fn

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A translation is a PCRE pattern in the syntaxes of the two engines that can run it.
//
// Reference: https://www.pcre.org/original/doc/html/pcrepattern.html
type translation struct {
	// linear is the pattern in the syntax of package regexp. When why is not empty it only is a necessary condition:
	// whatever the pattern matches, linear matches too.
	linear string
	// back is the pattern in the syntax of package regexp2, always exact.
	back string
	// why names the first construct that needs the backtracking engine; empty when linear is exact.
	why string
	// softEnd: the pattern has a $ or \Z that also holds before a last newline, which linear has as \z.
	softEnd bool
	// hardEnd: the pattern has a \z, which does not, or something behind a soft end, which may be that newline.
	hardEnd bool
}

// A PatternError says why a regular expression cannot be run, and where in it.
type PatternError struct {
	Offset int // in bytes
	Reason string
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("bad regular expression: %s at offset %d", e.Reason, e.Offset)
}

// translatePCRE rewrites a pattern so that each construct means in the engine what it means in PCRE. What neither engine
// can do (recursion, \K, verbs) is refused by name.
func translatePCRE(pattern string) (tr *translation, err error) {
	t := &translator{src: pattern, linAtom: -1, backAtom: -1}
	defer func() {
		if e := recover(); e != nil {
			pe, ok := e.(*PatternError)
			if !ok {
				panic(e)
			}
			tr, err = nil, pe
		}
	}()
	t.run()
	t.out.linear, t.out.back = string(t.lin), string(t.back)
	return &t.out, nil
}

type translator struct {
	src string
	i   int
	out translation

	lin, back []byte
	// linAtom and backAtom are where the last atom begins in the two outputs, -1 when there is none to repeat.
	linAtom, backAtom int
	quantified        bool // the last atom already carries a quantifier
	behindEnd         bool // a soft end was passed in this branch of the whole pattern

	flags  pcreFlags
	groups []pcreGroup
	ncap   int
	names  []string
}

// pcreFlags are the inline options that the translation itself has to know; i and s are left to the engines.
type pcreFlags struct{ multiline, extended, ungreedy bool }

type pcreGroup struct {
	flags     pcreFlags
	lin, back int
	at        int
	look      bool // a look-around: it leaves nothing in the linear pattern
	cond      bool // a conditional group, whose branches are optional in the linear pattern
}

func (t *translator) fail(at int, format string, args ...any) {
	panic(&PatternError{at, fmt.Sprintf(format, args...)})
}

// backtrack records that the pattern is beyond the linear engine.
func (t *translator) backtrack(what string) {
	if t.out.why == "" {
		t.out.why = what
	}
}

func (t *translator) more() bool             { return t.i < len(t.src) }
func (t *translator) has(prefix string) bool { return strings.HasPrefix(t.src[t.i:], prefix) }

// atom begins an atom whose text follows.
func (t *translator) atom() {
	t.out.hardEnd = t.out.hardEnd || t.behindEnd
	t.linAtom, t.backAtom, t.quantified = len(t.lin), len(t.back), false
}

// both adds the same text to both outputs as one atom.
func (t *translator) both(s string) { t.each(s, s) }

func (t *translator) each(lin, back string) {
	t.atom()
	t.lin = append(t.lin, lin...)
	t.back = append(t.back, back...)
}

func (t *translator) literal(r rune) { t.both(regexp.QuoteMeta(string(r))) }

func (t *translator) run() {
	for t.has("(*UTF8)") || t.has("(*UTF)") {
		t.i += strings.IndexByte(t.src[t.i:], ')') + 1
	}
	for t.more() {
		t.step()
	}
	if n := len(t.groups); n > 0 {
		t.fail(t.groups[n-1].at, "missing closing parenthesis")
	}
}

func (t *translator) step() {
	c := t.src[t.i]
	if t.flags.extended {
		if c == ' ' || c >= '\t' && c <= '\r' {
			t.i++
			return
		}
		if c == '#' {
			if n := strings.IndexByte(t.src[t.i:], '\n'); n >= 0 {
				t.i += n + 1
			} else {
				t.i = len(t.src)
			}
			return
		}
	}
	switch c {
	case '\\':
		t.escape()
	case '[':
		t.class()
	case '(':
		t.open()
	case ')':
		t.close()
	case '|':
		t.i++
		t.lin, t.back = append(t.lin, '|'), append(t.back, '|')
		t.linAtom, t.backAtom = -1, -1
		if len(t.groups) == 0 {
			t.behindEnd = false
		}
	case '^', '.':
		t.i++
		t.both(string(c))
	case '$':
		t.i++
		if t.flags.multiline {
			t.both("$")
		} else {
			t.each(`\z`, "$")
			t.out.softEnd, t.behindEnd = true, true
		}
	case '*', '+', '?':
		t.i++
		t.quantify(string(c))
	case '{':
		if q := repeatRe.FindString(t.src[t.i:]); q != "" {
			t.i += len(q)
			t.quantify(q)
			return
		}
		t.i++
		t.literal('{')
	default:
		r, n := utf8.DecodeRuneInString(t.src[t.i:])
		t.i += n
		t.literal(r)
	}
}

var repeatRe = regexp.MustCompile(`^\{[0-9]+(?:,[0-9]*)?\}`)

func (t *translator) quantify(q string) {
	at := t.i - len(q)
	if t.backAtom < 0 {
		t.fail(at, "nothing to repeat")
	}
	if q[0] == '{' {
		lo, hi, ranged := strings.Cut(q[1:len(q)-1], ",")
		n, err := strconv.Atoi(lo)
		m := n
		if ranged && hi != "" && err == nil {
			m, err = strconv.Atoi(hi)
		}
		if err != nil || n > 65535 || m > 65535 {
			t.fail(at, "number too big in {} quantifier")
		}
		if m < n {
			t.fail(at, "numbers out of order in {} quantifier")
		}
	}
	lazy, possessive := t.flags.ungreedy, false
	if t.more() {
		switch t.src[t.i] {
		case '?':
			lazy = !lazy
			t.i++
		case '+':
			lazy, possessive = false, true
			t.i++
		}
	}
	if t.quantified { // a{2}{3} is (?:a{2}){3}
		t.back = wrap(t.back, t.backAtom, "(?:")
		if t.linAtom >= 0 {
			t.lin = wrap(t.lin, t.linAtom, "(?:")
		}
	}
	t.quantified = true
	if lazy {
		q += "?"
	}
	if t.linAtom >= 0 {
		t.lin = append(t.lin, q...)
	}
	t.back = append(t.back, q...)
	if possessive {
		t.backtrack("a possessive quantifier")
		t.back = wrap(t.back, t.backAtom, "(?>")
	}
}

func wrap(b []byte, from int, open string) []byte {
	return append(slices.Insert(b, from, []byte(open)...), ')')
}

func (t *translator) push(g pcreGroup, lin, back string) {
	g.flags, g.lin, g.back = t.flags, len(t.lin), len(t.back)
	t.groups = append(t.groups, g)
	t.lin, t.back = append(t.lin, lin...), append(t.back, back...)
	t.linAtom, t.backAtom = -1, -1
}

func (t *translator) close() {
	n := len(t.groups) - 1
	if n < 0 {
		t.fail(t.i, "unmatched closing parenthesis")
	}
	t.i++
	g := t.groups[n]
	t.groups = t.groups[:n]
	t.flags = g.flags
	t.back = append(t.back, ')')
	t.backAtom, t.linAtom, t.quantified = g.back, g.lin, false
	switch {
	case g.look:
		t.lin = t.lin[:g.lin]
		t.linAtom = -1
	case g.cond:
		t.lin = append(t.lin, "|)"...)
	default:
		t.lin = append(t.lin, ')')
	}
}

func (t *translator) open() {
	at := t.i
	rest := t.src[t.i:]
	if len(t.groups) > 250 {
		t.fail(at, "groups nested too deeply")
	}
	look := func(src, what string) {
		t.i += len(src)
		t.backtrack(what)
		t.push(pcreGroup{at: at, look: true}, "", src)
	}
	switch {
	case strings.HasPrefix(rest, "(*"):
		t.fail(at, "verbs such as (*...) are not supported")
	case !strings.HasPrefix(rest, "(?"):
		t.i++
		t.ncap++
		t.push(pcreGroup{at: at}, "(", "(")
	case strings.HasPrefix(rest, "(?#"):
		n := strings.IndexByte(rest, ')')
		if n < 0 {
			t.fail(at, "missing ) after comment")
		}
		t.i += n + 1
	case strings.HasPrefix(rest, "(?:"):
		t.i += 3
		t.push(pcreGroup{at: at}, "(?:", "(?:")
	case strings.HasPrefix(rest, "(?="):
		look("(?=", "look-ahead")
	case strings.HasPrefix(rest, "(?!"):
		look("(?!", "look-ahead")
	case strings.HasPrefix(rest, "(?<="):
		look("(?<=", "look-behind")
	case strings.HasPrefix(rest, "(?<!"):
		look("(?<!", "look-behind")
	case strings.HasPrefix(rest, "(?>"):
		t.i += 3
		t.backtrack("an atomic group")
		t.push(pcreGroup{at: at}, "(?:", "(?>")
	case strings.HasPrefix(rest, "(?|"):
		t.fail(at, "branch reset groups (?|...) are not supported")
	case strings.HasPrefix(rest, "(?P="):
		t.i += 4
		name := t.name(')')
		t.backref(at, name)
	case strings.HasPrefix(rest, "(?P<"):
		t.i += 4
		t.named(at, '>')
	case strings.HasPrefix(rest, "(?<"):
		t.i += 3
		t.named(at, '>')
	case strings.HasPrefix(rest, "(?'"):
		t.i += 3
		t.named(at, '\'')
	case strings.HasPrefix(rest, "(?("):
		t.conditional(at)
	case strings.HasPrefix(rest, "(?R"), strings.HasPrefix(rest, "(?&"), strings.HasPrefix(rest, "(?P>"),
		len(rest) > 2 && (rest[2] >= '0' && rest[2] <= '9' || rest[2] == '+' || rest[2] == '-' && len(rest) > 3 && rest[3] >= '0' && rest[3] <= '9'):
		t.fail(at, "recursion is not supported")
	case strings.HasPrefix(rest, "(?C"):
		t.fail(at, "callouts are not supported")
	default:
		t.options(at)
	}
}

func (t *translator) name(end byte) string {
	start := t.i
	for t.more() && isWordByte(t.src[t.i]) {
		t.i++
	}
	name := t.src[start:t.i]
	if name == "" || !t.more() || t.src[t.i] != end {
		t.fail(start, "group name expected")
	}
	t.i++
	return name
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (t *translator) named(at int, end byte) {
	name := t.name(end)
	if name[0] >= '0' && name[0] <= '9' {
		t.fail(at, "a group name cannot begin with a digit")
	}
	if slices.Contains(t.names, name) {
		t.fail(at, "two groups are named %s", name)
	}
	t.names = append(t.names, name)
	t.ncap++
	t.push(pcreGroup{at: at}, "(?P<"+name+">", "(?<"+name+">")
}

// conditional opens (?(condition)yes|no).
func (t *translator) conditional(at int) {
	t.backtrack("a conditional group")
	for _, p := range []string{"(?(?=", "(?(?!", "(?(?<=", "(?(?<!"} {
		if t.has(p) {
			t.i += 2 // the condition is scanned next, as a look-around of its own
			t.push(pcreGroup{at: at, cond: true}, "(?:", "(?")
			return
		}
	}
	t.i += 3
	end := byte(')')
	if t.has("<") {
		t.i, end = t.i+1, '>'
	} else if t.has("'") {
		t.i, end = t.i+1, '\''
	}
	name := t.name(end)
	if end != ')' && !t.has(")") {
		t.fail(t.i, "missing ) after condition")
	} else if end != ')' {
		t.i++
	}
	if name == "R" || name == "DEFINE" {
		t.fail(at, "conditions on recursion are not supported")
	}
	t.push(pcreGroup{at: at, cond: true}, "(?:", "(?("+name+")")
}

// options reads (?imsxU-imsxU) and (?imsxU-imsxU:...).
func (t *translator) options(at int) {
	t.i += 2
	next := t.flags
	on, set := true, ""
	for ; t.more(); t.i++ {
		c := t.src[t.i]
		switch c {
		case '-':
			if !on {
				t.fail(t.i, "unrecognized option")
			}
			on = false
			set += "-"
		case 'i', 's':
			set += string(c)
		case 'm':
			next.multiline = on
			set += "m"
		case 'x':
			next.extended = on
		case 'U':
			next.ungreedy = on
		case 'J':
		case ')', ':':
			set = strings.TrimSuffix(set, "-")
			t.i++
			if c == ')' {
				t.flags = next
				if set != "" {
					t.lin, t.back = append(t.lin, "(?"+set+")"...), append(t.back, "(?"+set+")"...)
				}
				t.linAtom, t.backAtom = -1, -1
				return
			}
			t.push(pcreGroup{at: at}, "(?"+set+":", "(?"+set+":")
			t.flags = next
			return
		default:
			t.fail(t.i, "unrecognized character after (?")
		}
	}
	t.fail(at, "missing closing parenthesis")
}

func (t *translator) backref(at int, to string) {
	t.backtrack("a back-reference")
	if n, err := strconv.Atoi(to); err == nil {
		if n < 1 || n > 999 {
			t.fail(at, "reference to group %s, which does not exist", to)
		}
	} else if !slices.Contains(t.names, to) {
		t.fail(at, "reference to group %s, which does not exist", to)
	}
	t.each(`(?s:.*)`, `\k<`+to+`>`)
}

const (
	// What \s, \h and \v stand for, as class contents.
	pcreSpace      = `\t-\r `
	wordBoundary   = `(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))`
	noWordBoundary = `(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))`
)

func (t *translator) escape() {
	at := t.i
	t.i++
	if !t.more() {
		t.fail(at, `\ at the end of the pattern`)
	}
	c := t.src[t.i]
	switch c {
	case 'Q':
		t.i++
		text, _, closed := strings.Cut(t.src[t.i:], `\E`)
		for _, r := range text {
			t.literal(r)
		}
		t.i += len(text)
		if closed {
			t.i += 2
		}
		return
	case 'E':
		t.i++
		return
	case 'd', 'D', 'w', 'W', 's', 'S', 'h', 'H', 'v', 'V', 'N', 'p', 'P':
		if strings.HasPrefix(t.src[t.i:], "N{") {
			t.fail(at, `\N{...} is not supported`)
		}
		var set classSet
		t.classEscape(&set)
		t.atom()
		t.lin, t.back = set.appendTo(t.lin, false), set.appendTo(t.back, true)
		return
	case 'R':
		t.i++
		// \R takes the whole of \r\n or nothing of it, which the linear engine cannot promise.
		const newlines = `\r\n|[\n-\r\x85]|` + "\u2028|\u2029)"
		t.backtrack(`\R`)
		t.each("(?:"+newlines, "(?>"+newlines)
		return
	case 'b':
		t.i++
		t.each(`\b`, wordBoundary)
		return
	case 'B':
		t.i++
		t.each(`\B`, noWordBoundary)
		return
	case 'A':
		t.i++
		t.both(`\A`)
		return
	case 'z':
		t.i++
		t.out.hardEnd = true
		t.both(`\z`)
		return
	case 'Z':
		t.i++
		t.each(`\z`, `\Z`)
		t.out.softEnd, t.behindEnd = true, true
		return
	case 'G':
		t.i++
		t.backtrack(`\G`)
		t.each("", `\G`)
		t.linAtom = -1
		return
	case 'C':
		// One byte; here one character, which is the same within ASCII.
		t.i++
		t.both(`(?s:.)`)
		return
	case 'K', 'X':
		t.fail(at, `\%c is not supported`, c)
	case 'k':
		t.i++
		if t.more() {
			if end, ok := map[byte]byte{'<': '>', '{': '}', '\'': '\''}[t.src[t.i]]; ok {
				t.i++
				name := t.name(end)
				t.backref(at, name)
				return
			}
		}
		t.fail(at, `group name expected after \k`)
	case 'g':
		t.groupReference(at)
		return
	}
	if c >= '1' && c <= '9' {
		j := t.i
		for j < len(t.src) && t.src[j] >= '0' && t.src[j] <= '9' {
			j++
		}
		// A number below 10, or of a group that exists, is a back-reference; else it is an octal character code.
		if n, err := strconv.Atoi(t.src[t.i:j]); err == nil && (n < 10 || n <= countGroups(t.src)) {
			t.backref(at, t.src[t.i:j])
			t.i = j
			return
		}
	}
	t.literal(t.character(at))
}

// countGroups returns an upper bound of the capturing groups of a pattern.
func countGroups(src string) int { return strings.Count(src, "(") }

func (t *translator) groupReference(at int) {
	t.i++
	rest := t.src[t.i:]
	m := groupRefRe.FindStringSubmatch(rest)
	if m == nil {
		t.fail(at, `subroutine calls by \g are not supported`)
	}
	t.i += len(m[0])
	to := m[1] + m[2]
	if n, err := strconv.Atoi(to); err == nil && n < 0 {
		to = strconv.Itoa(t.ncap + 1 + n)
	}
	t.backref(at, to)
}

var groupRefRe = regexp.MustCompile(`^(?:(-?[0-9]+)|\{(-?[0-9]+|[A-Za-z_][0-9A-Za-z_]*)\})`)

// character reads the character that an escape stands for; t.i is behind the backslash at at.
func (t *translator) character(at int) rune {
	c := t.src[t.i]
	t.i++
	switch c {
	case 'a':
		return '\a'
	case 'e':
		return 0x1b
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'c':
		if !t.more() {
			t.fail(at, `\c at the end of the pattern`)
		}
		x := upperASCII(t.src[t.i])
		t.i++
		return rune(x ^ 0x40)
	case 'x':
		if t.has("{") {
			end := strings.IndexByte(t.src[t.i:], '}')
			if end > 0 {
				if n, err := strconv.ParseUint(t.src[t.i+1:t.i+end], 16, 32); err == nil && n <= utf8.MaxRune {
					t.i += end + 1
					return rune(n)
				}
			}
			t.fail(at, `bad \x{...}`)
		}
		var n rune
		for k := 0; k < 2 && t.more() && isHexDigit(t.src[t.i]); k++ {
			n = n<<4 | rune(hexValue(t.src[t.i]))
			t.i++
		}
		return n
	case 'o':
		if t.has("{") {
			end := strings.IndexByte(t.src[t.i:], '}')
			if end > 0 {
				if n, err := strconv.ParseUint(t.src[t.i+1:t.i+end], 8, 32); err == nil && n <= utf8.MaxRune {
					t.i += end + 1
					return rune(n)
				}
			}
		}
		t.fail(at, `bad \o{...}`)
	case 'u', 'U', 'l', 'L':
		t.fail(at, `\%c is not supported`, c)
	}
	if c >= '0' && c <= '7' {
		n := rune(c - '0')
		for k := 0; k < 2 && t.more() && t.src[t.i] >= '0' && t.src[t.i] <= '7'; k++ {
			n = n<<3 | rune(t.src[t.i]-'0')
			t.i++
		}
		return n & 0xff
	}
	if c < utf8.RuneSelf {
		return rune(c)
	}
	t.i--
	r, n := utf8.DecodeRuneInString(t.src[t.i:])
	t.i += n
	return r
}
