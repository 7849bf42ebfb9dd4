package expr

import "unsafe"

// wordTable finds short words: runs of ASCII letters and digits of at most six bytes, as they are known as soon as their end is. Text
// is full of what short words look like when it is looked through for them byte by byte.
type wordTable struct {
	bits []uint64 // by hash: whether there is such a word
	by   map[uint64][]gramItem
}

const wordBits = 15

func wordHash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - wordBits) }

// add enters a text by its longest word; it returns false when there is none.
func (t *wordTable) add(text string, id int32) bool {
	at, length := 0, 0
	for i := 0; i < len(text); {
		from := i
		for i < len(text) && wordByte[text[i]] {
			i++
		}
		if i-from > length {
			at, length = from, i-from
		}
		if i == from {
			i++
		}
	}
	if length == 0 {
		return false
	}
	if t.by == nil {
		t.by = map[uint64][]gramItem{}
		t.bits = make([]uint64, 1<<wordBits/64)
	}
	key := wordKey(text[at : at+length])
	h := wordHash(key)
	t.bits[h>>6] |= 1 << (h & 63)
	t.by[key] = append(t.by[key], gramItem{at: int32(at), text: id})
	return true
}

// wordKey packs a word of less than eight bytes, in lower case, with its length.
func wordKey(w string) uint64 {
	key := uint64(len(w)) << 56
	for i := range len(w) {
		key |= uint64(w[i]|0x20) << (8 * i)
	}
	return key
}

var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	return t
}()

// scanWords calls hit for each of the short words of s that stands in v.
func (s *literalSet) scanWords(v string, hit func(text int)) {
	b := unsafe.Slice(unsafe.StringData(v), len(v))
	for i := 0; i < len(b); {
		if !wordByte[b[i]] {
			i++
			continue
		}
		from := i
		for i++; i < len(b) && wordByte[b[i]]; i++ {
		}
		if i-from < minFar {
			s.word(v, from, i, hit)
		}
		if from > 0 && b[from-1] == '%' {
			// Behind the escapes of URLs, of two or four characters, a word begins.
			for _, n := range [2]int{2, 4} {
				if w := from + n; w < i && i-w < minFar {
					s.word(v, w, i, hit)
				}
			}
		}
	}
}

func (s *literalSet) word(v string, from, to int, hit func(int)) {
	key := wordKey(v[from:to])
	h := wordHash(key)
	if s.words.bits[h>>6]&(1<<(h&63)) == 0 {
		return
	}
	for _, it := range s.words.by[key] {
		if s.found[it.text] == s.round {
			continue
		}
		text, at := s.texts[it.text].text, from-int(it.at)
		if at >= 0 && at+len(text) <= len(v) && equalLower(v[at:at+len(text)], text) {
			s.found[it.text] = s.round
			hit(int(it.text))
		}
	}
}
