package function

import (
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/fn"
)

// TermKind tells the three ways to look for text in raw events.
type TermKind uint8

const (
	Phrase     TermKind = iota // a bare word or a quoted phrase
	CasePhrase                 // CASE(…)
	WholeTerm                  // TERM(…)
)

// Splunk cuts raw text into tokens at major breakers, and those at minor breakers again.
//
// https://docs.splunk.com/Documentation/Splunk/latest/Admin/Segmentersconf
type breaker uint8

const (
	inside breaker = iota // part of a token
	minor
	major
)

var breakers = func() (t [256]breaker) {
	for _, c := range []byte("[]<>(){}|!;,'\"*\n\r\t &?+\v\f") {
		t[c] = major
	}
	for _, c := range []byte(`/:=@.-$#%\_`) {
		t[c] = minor
	}
	return t
}()

// longBreakers are the major breakers of more than one character.
var longBreakers = []string{"%2526", "%2520", "%21", "%26", "%3B", "%7C", "%20", "%2B", "%3D", "%5D", "%5B", "%3A", "%0A", "%2C", "%28", "%29", "--"}

// A Term is a text to be found in raw events, compiled.
type Term struct {
	kind   TermKind
	pieces []*fn.Finder // the literal text between stars, in order
	// openLeft and openRight: a star stands at that end, so that it need not be the end of a token.
	openLeft, openRight bool
	// tight[i]: the star behind piece i stands within a word, and does not reach over a major breaker.
	tight []bool
	never bool
	all   bool
	left  breaker // the least breaker that must stand in front; inside: anything may
	right breaker
}

// NewTerm compiles a text. * stands for any text; between two characters of one word it stays within a token.
func NewTerm(s string, kind TermKind) *Term {
	t := &Term{kind: kind}
	parts := strings.Split(s, "*")
	plain := strings.Join(parts, "")
	t.all = plain == "" && len(parts) > 1
	spansMajor, spansMinor := false, false
	for i := range len(plain) {
		switch breakers[plain[i]] {
		case major:
			spansMajor = true
		case minor:
			spansMinor = true
		}
	}
	if !spansMajor && kind == WholeTerm {
		for _, b := range longBreakers {
			spansMajor = spansMajor || containsFoldASCII(plain, b)
		}
	}
	if kind == WholeTerm && (spansMajor || plain == "" && !t.all) {
		t.never = true // a token holds no major breaker
		return t
	}
	t.openLeft, t.openRight = parts[0] == "" && len(parts) > 1, parts[len(parts)-1] == "" && len(parts) > 1
	for _, p := range parts {
		if p != "" {
			t.pieces = append(t.pieces, fn.NewFinder(p, kind != CasePhrase))
		}
	}
	if len(t.pieces) == 0 {
		return t
	}
	for i := range len(t.pieces) - 1 {
		a, b := t.pieces[i].Text(), t.pieces[i+1].Text()
		t.tight = append(t.tight, kind == WholeTerm || breakers[a[len(a)-1]] == inside && breakers[b[0]] == inside)
	}
	need := minor
	if kind == WholeTerm && spansMinor {
		need = major
	}
	// A phrase that begins with a breaker begins a token whatever stands in front of it.
	if !t.openLeft && (kind == WholeTerm || breakers[plain[0]] == inside) {
		t.left = need
	}
	if !t.openRight && (kind == WholeTerm || breakers[plain[len(plain)-1]] == inside) {
		t.right = need
	}
	return t
}

// All reports whether the term is nothing but a star, which every event satisfies.
func (t *Term) All() bool { return t.all }

// Never reports whether no raw text can satisfy the term: a TERM() with a major breaker in it.
func (t *Term) Never() bool { return t.never }

// Required returns what every raw text that satisfies the term contains.
func (t *Term) Required() fn.Required {
	best := ""
	for _, p := range t.pieces {
		if len(p.Text()) > len(best) {
			best = p.Text()
		}
	}
	if best == "" {
		return fn.Required{}
	}
	return fn.Required{Any: []string{best}, Fold: t.kind != CasePhrase, Words: len(t.pieces) == 1 && !t.openLeft && !t.openRight}
}

// In reports whether the term is found in a raw text.
func (t *Term) In(raw string) bool {
	if t.never {
		return false
	}
	if t.all || len(t.pieces) == 0 {
		return true
	}
	for from := 0; from <= len(raw); {
		start, end := t.pieces[0].Index(raw[from:])
		if start < 0 {
			return false
		}
		start, end = from+start, from+end
		if t.left == inside || breaksBefore(raw, start) >= t.left {
			if t.rest(raw, end, 1) {
				return true
			}
		}
		_, n := utf8.DecodeRuneInString(raw[start:])
		from = start + max(n, 1)
	}
	return false
}

// rest looks for the pieces from i on behind at.
func (t *Term) rest(raw string, at, i int) bool {
	if i == len(t.pieces) {
		return t.right == inside || breaksAfter(raw, at) >= t.right
	}
	// How far the star reaches: to the next major breaker, or to the end of the text.
	limit := len(raw)
	if t.tight[i-1] {
		for limit = at; limit < len(raw) && breakers[raw[limit]] != major; limit++ {
		}
		// The piece behind the star may itself go on over breakers.
		limit = min(limit+len(t.pieces[i].Text()), len(raw))
	}
	for at <= limit {
		start, end := t.pieces[i].Index(raw[at:limit])
		if start < 0 {
			return false
		}
		if t.rest(raw, at+end, i+1) {
			return true
		}
		if i+1 < len(t.pieces) && !t.tight[i] {
			return false // the next star reaches as far from here as from any later place
		}
		at += start + 1
	}
	return false
}

// breaksBefore returns the breaker that stands right before a position; the beginning of the text is a major one.
func breaksBefore(raw string, at int) breaker {
	if at == 0 {
		return major
	}
	b := breakers[raw[at-1]]
	if b == major {
		return b
	}
	for _, s := range longBreakers {
		if at >= len(s) && equalFoldASCII(raw[at-len(s):at], s) {
			return major
		}
	}
	return b
}

// breaksAfter returns the breaker that stands at a position; the end of the text is a major one.
func breaksAfter(raw string, at int) breaker {
	if at >= len(raw) {
		return major
	}
	b := breakers[raw[at]]
	if b != minor { // the long ones begin with % or -
		return b
	}
	for _, s := range longBreakers {
		if len(raw)-at >= len(s) && equalFoldASCII(raw[at:at+len(s)], s) {
			return major
		}
	}
	return b
}

func equalFoldASCII(a, b string) bool {
	for i := range len(b) {
		if x := a[i]; x != b[i] && x&^0x20 != b[i] {
			return false
		}
	}
	return true
}

func containsFoldASCII(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if equalFoldASCII(s[i:i+len(sub)], sub) {
			return true
		}
	}
	return false
}

// Tokens cuts raw text at its major breakers.
func Tokens(raw string) []string {
	return strings.FieldsFunc(raw, func(r rune) bool { return r < 0x80 && breakers[r] == major })
}
