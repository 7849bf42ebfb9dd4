package winevent

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/event"
)

// codes remembers, for one field, the dictionary codes of values by their raw form (UTF-16, or XML with its entities), so
// that a value that comes again is neither converted nor looked up: seven of ten values repeat the one before.
type codes struct {
	dict  *event.Dict
	form  uint8
	plain bool // values hardly ever repeat and are long: no dictionary
	last  int32
	slots []slot // by hash of the raw form

	offers, misses, fresh, bytes int
}

type slot struct {
	raw  []byte
	code uint32
}

const (
	firstSlots = 16
	maxSlots   = 1024
	maxRaw     = 4096 // longer values are not kept in raw form
	judgeAfter = 256  // misses before a field is judged
	longText   = 64   // mean length of a text that is not worth a dictionary
	newsShare  = 0.9  // share of values that were new
)

func (w *Writer) codes(f event.FieldID) *codes {
	for int(f) >= len(w.cache) {
		w.cache = append(w.cache, nil)
	}
	c := w.cache[f]
	if c == nil {
		c = &codes{dict: w.B.Dict(f)}
		c.plain = c.dict.Texty()
		w.cache[f] = c
	}
	return c
}

// Known gives a wanted text field the value that has this raw form, when it was seen lately. When it returns false the
// caller converts the value and calls [Writer.Learn]. form tells apart encodings in which the same bytes are other texts.
func (w *Writer) Known(f event.FieldID, form uint8, raw []byte) bool {
	c := w.codes(f)
	c.offers++
	if c.plain || c.slots == nil || c.form != form {
		return false
	}
	s := &c.slots[c.last]
	if s.code == 0 || !bytes.Equal(s.raw, raw) {
		i := event.HashBytes(raw) & uint64(len(c.slots)-1)
		if s = &c.slots[i]; s.code == 0 || !bytes.Equal(s.raw, raw) {
			return false
		}
		c.last = int32(i)
	}
	w.B.AddCode(f, c.dict, s.code)
	return true
}

// Learn gives a text field a value in UTF-8, and remembers its raw form. text must stay unchanged until End or Discard.
func (w *Writer) Learn(f event.FieldID, form uint8, raw, text []byte) {
	c := w.codes(f)
	if c.plain {
		w.B.AddText(f, text)
		return
	}
	before := c.dict.Len()
	code := c.dict.InternBytes(text)
	if int(code) >= before {
		c.fresh++
	}
	c.misses++
	c.bytes += len(text)
	w.B.AddCode(f, c.dict, code)
	if c.misses%judgeAfter == 0 && float64(c.fresh) > newsShare*float64(c.offers) && c.bytes > longText*c.misses {
		c.dict.MarkTexty()
		c.plain, c.slots = true, nil
		return
	}
	if len(raw) > maxRaw || c.slots != nil && c.form != form {
		return // a field in two forms keeps the first
	}
	if c.slots == nil {
		c.slots, c.form = make([]slot, firstSlots), form
	} else if c.misses >= 4*len(c.slots) && len(c.slots) < maxSlots {
		old := c.slots
		c.slots = make([]slot, 4*len(old))
		for _, s := range old {
			if s.code != 0 {
				c.slots[event.HashBytes(s.raw)&uint64(len(c.slots)-1)] = s
			}
		}
	}
	i := event.HashBytes(raw) & uint64(len(c.slots)-1)
	s := &c.slots[i]
	s.raw, s.code = append(s.raw[:0], raw...), code
	c.last = int32(i)
}
