package expr

import (
	"strings"
	"unicode/utf8"
)

// literalSet finds which of many texts occur in another one, whatever the case of ASCII letters. Each text is looked for by
// the four of its bytes (two, in a short one) that are likely to be the rarest.
type literalSet struct {
	texts []string // lower case
	four  gramTable
	two   gramTable
}

// gramTable leads from a gram to the texts that are looked for by it.
type gramTable struct {
	bits  []uint64 // by hash: whether some text has it
	shift uint
	heads []int32 // by hash: the first entry + 1
	items []gramItem
}

type gramItem struct {
	gram uint32
	at   int32 // where in the text the gram stands
	text int32
	next int32 // the next entry of the hash + 1
}

var lowerByte = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// byteWeight is how common a byte is in logs, roughly.
var byteWeight = func() (t [256]uint16) {
	const common = `e\.stainorlcdmpuxw-gh0/ yf12:v="_bk3456789,'qjz`
	for i := range t {
		t[i] = 1
	}
	for i := range len(common) {
		t[common[i]] = uint16(4 + len(common) - i)
	}
	return t
}()

// minLiteral is the shortest text worth looking for.
const minLiteral = 2

// searchable returns the part of a text that a literalSet can look for, or "". Letters outside ASCII have several spellings
// when case is ignored, so the text is cut down to its longest run of ASCII.
func searchable(text string) string {
	best, from := "", 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] >= utf8.RuneSelf {
			if i-from > len(best) {
				best = text[from:i]
			}
			from = i + 1
		}
	}
	if len(best) < minLiteral {
		return ""
	}
	return strings.ToLower(best)
}

// newLiteralSet prepares the search for texts that [searchable] gave.
func newLiteralSet(texts []string) *literalSet {
	s := &literalSet{texts: texts}
	n4, n2 := 0, 0
	for _, t := range texts {
		if len(t) >= 4 {
			n4++
		} else {
			n2++
		}
	}
	s.four.grow(n4)
	s.two.grow(n2)
	for i, t := range texts {
		width, table := 4, &s.four
		if len(t) < 4 {
			width, table = 2, &s.two
		}
		at, least := 0, uint32(1<<31)
		for j := 0; j+width <= len(t); j++ {
			// Rare bytes make rare grams; the rarest one of them makes most of it.
			sum, low := uint32(0), uint32(1<<15)
			for _, c := range []byte(t[j : j+width]) {
				w := uint32(byteWeight[c])
				sum, low = sum+w, min(low, w)
			}
			if w := sum + 2*low; w < least {
				at, least = j, w
			}
		}
		var gram uint32
		for _, c := range []byte(t[at : at+width]) {
			gram = gram<<8 | uint32(c)
		}
		table.add(gram, int32(at), int32(i))
	}
	return s
}

func (t *gramTable) grow(n int) {
	if n == 0 {
		return
	}
	bits := uint(10)
	for 1<<bits < 16*n && bits < 20 {
		bits++
	}
	t.shift = 32 - bits
	t.bits = make([]uint64, 1<<bits/64)
	t.heads = make([]int32, 1<<bits)
}

func (t *gramTable) hash(gram uint32) uint32 { return gram * 0x9E3779B1 >> t.shift }

func (t *gramTable) add(gram uint32, at, text int32) {
	h := t.hash(gram)
	t.bits[h>>6] |= 1 << (h & 63)
	t.items = append(t.items, gramItem{gram, at, text, t.heads[h]})
	t.heads[h] = int32(len(t.items))
}

// scan calls hit for each text that occurs in s, several times when it occurs more than once.
func (s *literalSet) scan(v string, hit func(text int)) {
	var g uint32
	i := 0
	if len(s.two.items) == 0 {
		if len(v) < 4 {
			return
		}
		for ; i < 3; i++ {
			g = g<<8 | uint32(lowerByte[v[i]])
		}
		bits, shift := s.four.bits, s.four.shift
		for ; i < len(v); i++ {
			g = g<<8 | uint32(lowerByte[v[i]])
			h := g * 0x9E3779B1 >> shift
			if bits[h>>6]&(1<<(h&63)) != 0 {
				s.check(&s.four, v, g, h, i-3, hit)
			}
		}
		return
	}
	for ; i < len(v); i++ {
		g = g<<8 | uint32(lowerByte[v[i]])
		if i >= 1 {
			g2 := g & 0xffff
			h := s.two.hash(g2)
			if s.two.bits[h>>6]&(1<<(h&63)) != 0 {
				s.check(&s.two, v, g2, h, i-1, hit)
			}
		}
		if i >= 3 && s.four.bits != nil {
			h := s.four.hash(g)
			if s.four.bits[h>>6]&(1<<(h&63)) != 0 {
				s.check(&s.four, v, g, h, i-3, hit)
			}
		}
	}
}

// check looks at the texts with a gram that stands in v at start.
func (s *literalSet) check(t *gramTable, v string, gram, hash uint32, start int, hit func(int)) {
	for e := t.heads[hash]; e != 0; {
		it := &t.items[e-1]
		e = it.next
		if it.gram != gram {
			continue
		}
		text := s.texts[it.text]
		from := start - int(it.at)
		if from >= 0 && from+len(text) <= len(v) && equalLower(v[from:from+len(text)], text) {
			hit(int(it.text))
		}
	}
}

func equalLower(v, lower string) bool {
	for i := range len(lower) {
		if lowerByte[v[i]] != lower[i] {
			return false
		}
	}
	return true
}

// foldsToASCII reports whether v holds one of the two letters outside ASCII that are letters of ASCII when case is ignored:
// ſ (s) and K (k, the sign of Kelvin).
func foldsToASCII(v string) bool {
	for i := range len(v) {
		if v[i] >= utf8.RuneSelf {
			return strings.Contains(v[i:], "\u017f") || strings.Contains(v[i:], "\u212a")
		}
	}
	return false
}
