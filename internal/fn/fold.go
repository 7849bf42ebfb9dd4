package fn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Finder looks for one text inside others. With Fold it ignores case, without making lower-case copies of what it reads.
type Finder struct {
	text  string // lower-case when fold
	fold  bool
	ascii bool
	rare  int // offset of the byte of text that is rarest in logs
	lo    byte
	up    byte
	mark  string // a character of a text outside ASCII that is no letter, and so has one spelling; "" for none
}

// NewFinder prepares the search for text.
func NewFinder(text string, fold bool) *Finder {
	f := &Finder{text: text, fold: fold, ascii: true}
	if !fold {
		return f
	}
	f.text = strings.ToLower(text)
	best := 256
	for i := range len(f.text) {
		c := f.text[i]
		if c >= utf8.RuneSelf {
			f.ascii = false
			break
		}
		if r := byteRank(c); r < best {
			best, f.rare = r, i
		}
	}
	if !f.ascii {
		for _, r := range f.text {
			if r >= utf8.RuneSelf && r != utf8.RuneError && !unicode.IsLetter(r) && unicode.SimpleFold(r) == r {
				f.mark = string(r)
				break
			}
		}
	}
	if f.ascii && text != "" {
		f.lo = f.text[f.rare]
		f.up = upperASCII(f.lo)
	}
	return f
}

// Text returns what the Finder looks for, in lower case when it ignores case.
func (f *Finder) Text() string { return f.text }

// In reports whether s contains the text.
func (f *Finder) In(s string) bool {
	start, _ := f.Index(s)
	return start >= 0
}

// Index returns where the text first occurs in s, as a half-open range of bytes, or -1, -1.
func (f *Finder) Index(s string) (start, end int) {
	if !f.fold {
		i := strings.Index(s, f.text)
		if i < 0 {
			return -1, -1
		}
		return i, i + len(f.text)
	}
	if f.text == "" {
		return 0, 0
	}
	if !f.ascii {
		if f.mark != "" && !strings.Contains(s, f.mark) {
			return -1, -1
		}
		for i := range s {
			if n, ok := PrefixFold(s[i:], f.text); ok {
				return i, i + n
			}
		}
		return -1, -1
	}
	last := len(s) - len(f.text) + f.rare // the last place where the rare byte can stand
	// Both spellings of the rare byte are searched for with memchr; the nearer hit is tried first.
	nextLo, nextUp := -1, len(s)
	if f.up != f.lo {
		nextUp = -1
	}
	for at := f.rare; at <= last; {
		if nextLo < at {
			nextLo = indexByteFrom(s, f.lo, at)
		}
		if nextUp < at {
			nextUp = indexByteFrom(s, f.up, at)
		}
		p := min(nextLo, nextUp)
		if p > last {
			return -1, -1
		}
		if begin := p - f.rare; equalFoldASCII(s[begin:begin+len(f.text)], f.text) {
			return begin, begin + len(f.text)
		}
		at = p + 1
	}
	return -1, -1
}

func indexByteFrom(s string, c byte, from int) int {
	i := strings.IndexByte(s[from:], c)
	if i < 0 {
		return len(s)
	}
	return from + i
}

// equalFoldASCII compares s with an all-ASCII lower-case text of the same length.
func equalFoldASCII(s, lower string) bool {
	for i := range len(lower) {
		if c := s[i]; c != lower[i] && lowerASCII(c) != lower[i] {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upperASCII(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

// PrefixFold reports whether s begins with text, ignoring case, and how many bytes of s that takes (which may differ from
// the length of text outside ASCII).
func PrefixFold(s, text string) (n int, ok bool) {
	j := 0
	for j < len(text) {
		if n >= len(s) {
			return 0, false
		}
		a, b := s[n], text[j]
		if a < utf8.RuneSelf && b < utf8.RuneSelf {
			if a != b && lowerASCII(a) != lowerASCII(b) {
				return 0, false
			}
			n, j = n+1, j+1
			continue
		}
		ra, na := utf8.DecodeRuneInString(s[n:])
		rb, nb := utf8.DecodeRuneInString(text[j:])
		if ra != rb && !equalFoldRune(ra, rb) {
			return 0, false
		}
		n, j = n+na, j+nb
	}
	return n, true
}

// EqualFold reports whether a and b are the same text but for case.
func EqualFold(a, b string) bool {
	n, ok := PrefixFold(a, b)
	return ok && n == len(a)
}

func equalFoldRune(a, b rune) bool {
	if unicode.ToLower(a) == unicode.ToLower(b) {
		return true
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

// byteRank orders ASCII by how often it occurs in command lines, paths and raw events: the lower, the rarer.
func byteRank(c byte) int {
	const common = "e toarinsl0cd1mpu\\.-h/w2yfg3:b\"=v456789k_,x<>()j;zq"
	if i := strings.IndexByte(common, lowerASCII(c)); i >= 0 {
		return 255 - i
	}
	return 0
}
