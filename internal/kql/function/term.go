package function

import (
	"unicode"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/fn"
)

// Terms are maximal runs of letters and digits. A text is found as a term where it occurs and is not the part of a longer
// run: at each of its ends that is a letter or digit, the run must end too. So "cmd.exe" is found in "x\cmd.exe /c" and
// ".exe" in "cmd.exe", but "shell" is not found in "powershell".
// https://learn.microsoft.com/kusto/query/datatypes-string-operators#what-is-a-term

type termEdges uint8

const (
	leftEdge termEdges = 1 << iota
	rightEdge
	bothEdges = leftEdge | rightEdge
)

// A termFinder looks for one text as a term.
type termFinder struct {
	finder      *fn.Finder
	left, right bool // the run must end there
}

func newTermFinder(needle string, fold bool, edges termEdges) *termFinder {
	f := &termFinder{finder: fn.NewFinder(needle, fold)}
	if needle != "" {
		first, _ := utf8.DecodeRuneInString(needle)
		last, _ := utf8.DecodeLastRuneInString(needle)
		f.left = edges&leftEdge != 0 && isTermRune(first)
		f.right = edges&rightEdge != 0 && isTermRune(last)
	}
	return f
}

func (f *termFinder) in(s string) bool {
	for base := 0; ; {
		start, end := f.finder.Index(s[base:])
		if start < 0 {
			return false
		}
		start, end = start+base, end+base
		if (!f.left || !runBefore(s, start)) && (!f.right || !runAfter(s, end)) {
			return true
		}
		if start >= len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[start:])
		base = start + n
	}
}

// runBefore reports whether a letter or digit stands right before position i.
func runBefore(s string, i int) bool {
	if i == 0 {
		return false
	}
	if c := s[i-1]; c < utf8.RuneSelf {
		return termByte[c]
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return isTermRune(r)
}

// runAfter reports whether a letter or digit stands at position i.
func runAfter(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	if c := s[i]; c < utf8.RuneSelf {
		return termByte[c]
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return isTermRune(r)
}

var termByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	return t
}()

func isTermRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && termByte[r]
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}
