package expr

import (
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/fn"
)

// A literal is a text to look for, in lower case. A word stands by itself: see fn.Required.
type literal struct {
	text string
	word bool
}

// literalSet finds which of many texts occur in another one, whatever the case of ASCII letters. Each text is looked for by
// the four of its bytes (fewer, in a short one) that are the rarest: at first by what is common in logs, and once enough has been
// looked through, by what was common there.
//
// Of the longer texts only every fourth, fifth … place of what is looked through is looked at: whichever way a text lies to these
// places, one of its grams lies on one of them, and it is looked for by as many grams as there are ways to lie.
// It belongs to one goroutine.
type literalSet struct {
	texts   []literal
	words   wordTable    // of short texts that are words
	short   [5]gramTable // of short texts, by width of the gram
	pairs   []uint64     // which two bytes end the gram of a short text
	triples []uint64     // by hash, which three bytes do; pairs has then the grams of two bytes only. nil when there are few.
	far     gramTable    // of the longer ones, by every stride-th place
	stride  int
	found   []uint32 // by text: the round in which it was last found
	round   uint32
	counts  *gramCounts // nil when enough has been counted
}

const (
	minFar    = 7 // bytes of a longer text
	maxStride = 8
)

// gramTable leads from a gram to the texts that are looked for by it.
type gramTable struct {
	width int
	bits  []uint64 // by hash: whether some text has it
	shift uint
	start []int32 // by hash: where its items begin; one more at the end
	items []gramItem
}

type gramItem struct {
	gram uint32
	at   int32 // where in the text the gram stands
	text int32
}

// gramCounts tells how often the grams of what was looked through have occurred, by hash.
type gramCounts struct {
	by    [5][]uint32 // by width
	bytes int
	due   int // when the texts are sorted again
}

const (
	countBits     = 15
	countedTexts  = 64 // a smaller set is not worth it
	firstCount    = 256 << 10
	countingBytes = 4 << 20
)

func countHash(gram uint32, width int) uint32 {
	return (gram ^ uint32(width)<<29) * 0x9E3779B1 >> (32 - countBits)
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
func newLiteralSet(texts []literal) *literalSet {
	s := &literalSet{texts: texts, found: make([]uint32, len(texts))}
	if len(texts) >= countedTexts {
		s.counts = &gramCounts{due: firstCount}
		for w := 2; w <= 4; w++ {
			s.counts.by[w] = make([]uint32, 1<<countBits)
		}
	}
	s.sort()
	return s
}

// sort chooses the grams of each text.
func (s *literalSet) sort() {
	s.pairs, s.triples = nil, nil
	for w := range s.short {
		s.short[w] = gramTable{width: w}
	}
	s.far = gramTable{width: 4}
	s.stride = maxStride
	s.words = wordTable{}
	few := 0
	for _, l := range s.texts {
		if n := len(l.text); n >= minFar {
			s.stride = min(s.stride, n-3)
		} else if !l.word {
			few++
		}
	}
	for i, l := range s.texts {
		t := l.text
		if len(t) < minFar && l.word && s.words.add(t, int32(i)) {
			continue
		}
		// Where there are few short texts they are looked for by their rarest pair of bytes, which is the first thing looked at.
		table, stride := &s.short[2], 1
		if few > manyShort {
			table = &s.short[min(len(t), 4)]
		}
		if len(t) >= minFar {
			table, stride = &s.far, s.stride
		}
		for lie := range stride {
			best, least := gramItem{text: int32(i)}, uint64(1<<63)
			for j := lie; j+table.width <= len(t); j += stride {
				gram, w := s.weigh(t[j : j+table.width])
				if w < least {
					best.gram, best.at, least = gram, int32(j), w
					if table == &s.far {
						best.gram = farGram(unsafe.StringData(t[j:]))
					}
				}
			}
			table.items = append(table.items, best)
		}
	}
	if n := len(s.short[2].items) + len(s.short[3].items) + len(s.short[4].items); n > 0 {
		s.pairs = make([]uint64, 1<<16/64)
		if n > manyShort {
			s.triples = make([]uint64, 1<<tripleBits/64)
		}
	}
	for w, t := range s.short {
		for _, it := range t.items {
			g := (it.gram | 0x202020) & 0xffffff
			if s.triples != nil && w > 2 {
				h := tripleHash(g)
				s.triples[h>>6] |= 1 << (h & 63)
				continue
			}
			g &= 0xffff
			s.pairs[g>>6] |= 1 << (g & 63)
		}
	}
	for w := range s.short {
		s.short[w].close()
	}
	s.far.close()
}

// weigh returns a gram and how common it is. Rare bytes make rare grams; the rarest one of them makes most of it.
func (s *literalSet) weigh(t string) (gram uint32, weight uint64) {
	sum, low := uint64(0), uint64(1<<15)
	for i := range len(t) {
		gram = gram<<8 | uint32(t[i])
		w := uint64(byteWeight[t[i]])
		sum, low = sum+w, min(low, w)
	}
	weight = sum + 2*low
	if s.counts != nil {
		weight += uint64(s.counts.by[len(t)][countHash(gram, len(t))]) << 16
	}
	return gram, weight
}

// close sorts the items by hash.
func (t *gramTable) close() {
	if len(t.items) == 0 {
		return
	}
	bits := uint(10)
	for 1<<bits < 16*len(t.items) && bits < 20 {
		bits++
	}
	t.shift = 32 - bits
	t.bits = make([]uint64, 1<<bits/64)
	t.start = make([]int32, 1<<bits+1)
	for _, it := range t.items {
		h := t.hash(it.gram)
		t.bits[h>>6] |= 1 << (h & 63)
		t.start[h+1]++
	}
	for h := range t.start[1:] {
		t.start[h+1] += t.start[h]
	}
	slices.SortStableFunc(t.items, func(a, b gramItem) int { return int(t.hash(a.gram)) - int(t.hash(b.gram)) })
}

func (t *gramTable) hash(gram uint32) uint32 { return gram * 0x9E3779B1 >> t.shift }

// scan calls hit once for each text that occurs in v.
func (s *literalSet) scan(v string, hit func(text int)) {
	if len(s.texts) == 0 {
		return
	}
	if s.counts != nil {
		s.count(v)
	}
	if s.round++; s.round == 0 {
		clear(s.found)
		s.round = 1
	}
	if s.far.bits != nil {
		s.leap(v, hit)
	}
	if s.words.by != nil {
		s.scanWords(v, hit)
	}
	if s.pairs != nil {
		s.walk(v, hit)
	}
}

// walk looks at every place of v for the short texts: what two bytes, or three where there are many texts, are is looked up first, and
// the tables are asked only where a gram ends like that.
func (s *literalSet) walk(v string, hit func(text int)) {
	g := uint32(0)
	if s.triples == nil {
		for i := range len(v) {
			g = (g<<8 | uint32(v[i]|0x20)) & 0xffff
			if s.pairs[g>>6]&(1<<(g&63)) != 0 && i > 0 {
				s.near(v, i, hit)
			}
		}
		return
	}
	for i := range len(v) {
		g = (g<<8 | uint32(v[i]|0x20)) & 0xffffff
		h := tripleHash(g)
		if s.triples[h>>6]&(1<<(h&63)) != 0 && i > 1 || s.pairs[g&0xffff>>6]&(1<<(g&63)) != 0 && i > 0 {
			s.near(v, i, hit)
		}
	}
}

const (
	manyShort  = 128
	tripleBits = 17
)

func tripleHash(g uint32) uint32 { return g * 0x9E3779B1 >> (32 - tripleBits) }

// near looks for the short texts whose gram ends at a place in v.
func (s *literalSet) near(v string, end int, hit func(text int)) {
	all := uint32(0)
	for _, c := range []byte(v[max(0, end-3) : end+1]) {
		all = all<<8 | uint32(lowerByte[c])
	}
	for width := 2; width <= 4 && end-width+1 >= 0; width++ {
		t := &s.short[width]
		if t.bits == nil {
			continue
		}
		g := all & (1<<(8*width) - 1)
		h := t.hash(g)
		if t.bits[h>>6]&(1<<(h&63)) != 0 {
			s.check(t, v, g, h, end-width+1, hit)
		}
	}
}

// leap is scan for the longer texts.
func (s *literalSet) leap(v string, hit func(text int)) {
	if len(v) < 4 {
		return
	}
	bits, shift, stride := s.far.bits, s.far.shift&31, s.stride
	p, last := unsafe.StringData(v), len(v)-4
	for i := 0; i <= last; i += stride {
		g := farGram((*byte)(unsafe.Add(unsafe.Pointer(p), i)))
		h := g * 0x9E3779B1 >> shift
		if bits[h>>6]&(1<<(h&63)) != 0 {
			s.check(&s.far, v, g, h, i, hit)
		}
	}
}

// farGram returns four bytes with one bit set in each, which makes letters small, and some other characters the same; who finds such
// a gram compares the text.
func farGram(p *byte) uint32 { return *(*uint32)(unsafe.Pointer(p)) | 0x20202020 }

// count takes the grams of v into account, and sorts the texts by them from time to time.
func (s *literalSet) count(v string) {
	c := s.counts
	if c.bytes >= c.due {
		s.sort()
		if c.due *= 4; c.due > countingBytes {
			s.counts = nil
			return
		}
	}
	c.bytes += len(v)
	var g uint32
	for i := range len(v) {
		g = g<<8 | uint32(lowerByte[v[i]])
		if i >= 1 {
			c.by[2][countHash(g&0xffff, 2)]++
		}
		if i >= 2 {
			c.by[3][countHash(g&0xffffff, 3)]++
		}
		if i >= 3 {
			c.by[4][countHash(g, 4)]++
		}
	}
}

// check looks at the texts with a gram that stands in v at start.
func (s *literalSet) check(t *gramTable, v string, gram, hash uint32, start int, hit func(int)) {
	for _, it := range t.items[t.start[hash]:t.start[hash+1]] {
		if it.gram != gram || s.found[it.text] == s.round {
			continue
		}
		text := s.texts[it.text].text
		from := start - int(it.at)
		if from >= 0 && from+len(text) <= len(v) && equalLower(v[from:from+len(text)], text) {
			s.found[it.text] = s.round
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
	i := fn.ASCIIPrefix(v)
	return i < len(v) && (strings.Contains(v[i:], "\u017f") || strings.Contains(v[i:], "\u212a"))
}
