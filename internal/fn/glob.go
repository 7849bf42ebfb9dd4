package fn

import (
	"strings"
	"unicode/utf8"
)

// A Glob is a compiled wildcard pattern that has to match a whole text. Which characters are wildcards, and how they are
// escaped, is the business of whoever builds it: see [StarGlob], [LikeGlob] and [GlobBuilder].
type Glob struct {
	pieces []globPiece
	// open[i] says that any text may stand before piece i; openEnd that any text may follow the last one.
	open    []bool
	openEnd bool
	fold    bool
}

// anyOne stands for one character of any kind in a piece.
const anyOne rune = -1

// A globPiece is a stretch without "any text" in it.
type globPiece struct {
	finder *Finder // nil when the piece has an anyOne in it
	toks   []rune
}

// A GlobBuilder puts a Glob together from left to right. Its zero value is ready to use.
type GlobBuilder struct {
	toks []rune
	seps []int // positions in toks before which any text may stand
}

// Text adds text that stands for itself.
func (b *GlobBuilder) Text(s string) {
	for _, r := range s {
		b.toks = append(b.toks, r)
	}
}

// One adds a wildcard for exactly one character.
func (b *GlobBuilder) One() { b.toks = append(b.toks, anyOne) }

// Any adds a wildcard for any text, the empty one included.
func (b *GlobBuilder) Any() {
	if n := len(b.seps); n == 0 || b.seps[n-1] != len(b.toks) {
		b.seps = append(b.seps, len(b.toks))
	}
}

// Glob returns the pattern; with fold it ignores case.
func (b *GlobBuilder) Glob(fold bool) *Glob {
	g := &Glob{fold: fold}
	from, open := 0, false
	add := func(toks []rune) {
		p := globPiece{toks: toks}
		literal := true
		for _, t := range toks {
			literal = literal && t != anyOne
		}
		if literal {
			p.finder = NewFinder(string(toks), fold)
		}
		g.pieces = append(g.pieces, p)
		g.open = append(g.open, open)
	}
	for _, at := range b.seps {
		if at > from {
			add(b.toks[from:at])
		}
		from, open = at, true
	}
	if from < len(b.toks) || len(b.seps) == 0 {
		add(b.toks[from:])
	} else {
		g.openEnd = true
	}
	return g
}

// StarGlob compiles a pattern in which * is the only wildcard and nothing can be escaped.
func StarGlob(pattern string, fold bool) *Glob {
	var b GlobBuilder
	for i, part := range strings.Split(pattern, "*") {
		if i > 0 {
			b.Any()
		}
		b.Text(part)
	}
	return b.Glob(fold)
}

// LikeGlob compiles a pattern of SQL's LIKE: % is any text, _ is one character. With escape, a backslash before either
// takes its meaning away.
func LikeGlob(pattern string, escape, fold bool) *Glob {
	var b GlobBuilder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case escape && c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '%' || pattern[i+1] == '_'):
			i++
			b.Text(pattern[i : i+1])
		case c == '%':
			b.Any()
		case c == '_':
			b.One()
		default:
			j := i + 1
			for j < len(pattern) && strings.IndexByte(`\%_`, pattern[j]) < 0 {
				j++
			}
			b.Text(pattern[i:j])
			i = j - 1
		}
	}
	return b.Glob(fold)
}

// Match reports whether the whole of s has the pattern's form.
func (g *Glob) Match(s string) bool {
	last := len(g.pieces) - 1
	for i := range g.pieces {
		p := &g.pieces[i]
		atEnd := i == last && !g.openEnd
		switch {
		case !g.open[i]:
			n, ok := p.prefix(s, g.fold)
			if !ok {
				return false
			}
			s = s[n:]
			if atEnd {
				return s == ""
			}
		case atEnd:
			return p.suffix(s, g.fold)
		default:
			end := p.index(s, g.fold)
			if end < 0 {
				return false
			}
			s = s[end:]
		}
	}
	return true
}

// Exact returns the text that the pattern stands for when it has no wildcard.
func (g *Glob) Exact() (string, bool) {
	if len(g.pieces) == 1 && !g.open[0] && !g.openEnd && g.pieces[0].finder != nil {
		return string(g.pieces[0].toks), true
	}
	return "", false
}

// All reports whether the pattern matches every text.
func (g *Glob) All() bool { return len(g.pieces) == 0 && g.openEnd }

// Required returns what every text that matches must contain.
func (g *Glob) Required() Required {
	best := ""
	for i := range g.pieces {
		start := 0
		toks := g.pieces[i].toks
		for j := 0; j <= len(toks); j++ {
			if j == len(toks) || toks[j] == anyOne {
				if s := string(toks[start:j]); len(s) > len(best) {
					best = s
				}
				start = j + 1
			}
		}
	}
	if best == "" {
		return Required{}
	}
	if g.fold {
		best = strings.ToLower(best)
	}
	return Required{Any: []string{best}, Fold: g.fold}
}

// prefix matches the piece at the start of s and returns how many bytes it took.
func (p *globPiece) prefix(s string, fold bool) (int, bool) {
	if p.finder != nil {
		if fold {
			return PrefixFold(s, p.finder.text)
		}
		return len(p.finder.text), strings.HasPrefix(s, p.finder.text)
	}
	n := 0
	for _, t := range p.toks {
		if n >= len(s) {
			return 0, false
		}
		r, w := utf8.DecodeRuneInString(s[n:])
		if t != anyOne && t != r && !(fold && equalFoldRune(t, r)) {
			return 0, false
		}
		n += w
	}
	return n, true
}

// suffix reports whether s ends with the piece.
func (p *globPiece) suffix(s string, fold bool) bool {
	if f := p.finder; f != nil && f.ascii {
		n := len(s) - len(f.text)
		if n < 0 {
			return false
		}
		if !fold {
			return s[n:] == f.text
		}
		if equalFoldASCII(s[n:], f.text) {
			return true
		}
		if !hasOddFold(s) {
			return false
		}
	}
	at := len(s)
	for range p.toks {
		if at == 0 {
			return false
		}
		_, w := utf8.DecodeLastRuneInString(s[:at])
		at -= w
	}
	n, ok := p.prefix(s[at:], fold)
	return ok && at+n == len(s)
}

// index returns the end of the piece's first occurrence in s, or -1.
func (p *globPiece) index(s string, fold bool) int {
	if p.finder != nil {
		_, end := p.finder.Index(s)
		return end
	}
	for i := range s {
		if n, ok := p.prefix(s[i:], fold); ok {
			return i + n
		}
	}
	return -1
}
