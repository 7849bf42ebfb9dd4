package winxml

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// A tag is a start tag as it was read before, with what it means. Events of a kind have the same tags in the same order, so
// after one tag the next is guessed, and one comparison takes the place of taking it apart.
type tag struct {
	start      []byte // <Data Name='Image'>; nil for a tag that is different every time
	end        []byte // </Data>; nil when the tag ends the element
	name       []byte
	parent     winevent.Place
	place      winevent.Place
	target     winevent.Target
	attrs      []attr
	attributes bool
	next       [2]*tag // the tags that followed it, the last one first
}

type attr struct {
	target winevent.Target
	value  []byte
}

// A place has few different tags when it has more than maxTags it is one whose attributes differ from event to event.
const (
	maxTags = 16
	maxTag  = 256 // bytes
)

// guessed decodes what follows from pos on for as long as the guesses are right, and returns what is left.
func (d *Decoder) guessed(b []byte, pos int) int {
	for {
		var parent *level
		place := winevent.Root
		if n := len(d.open); n > 0 {
			if n >= maxDepth {
				return pos
			}
			if parent = &d.open[n-1]; parent.mixed {
				return pos
			}
			place = parent.place
		}
		at := skipSpace(b, pos)
		t := d.last.next[0]
		if t == nil || t.parent != place || !t.begins(b[at:]) {
			if t = d.last.next[1]; t == nil || t.parent != place || !t.begins(b[at:]) {
				return pos
			}
		}
		if parent != nil {
			if at > parent.from && !isBlank(b[parent.from:at]) {
				return pos
			}
			parent.elements = true
		}
		d.last = t
		for i := range t.attrs {
			d.give(t.attrs[i].target, t.attrs[i].value)
		}
		from := at + len(t.start)
		if t.end == nil {
			if !t.attributes {
				d.give(t.target, nil)
			}
			pos = from
		} else {
			end := -1
			if i := bytes.IndexByte(b[from:], '<'); i >= 0 {
				if end = from + i + len(t.end); end > len(b) || string(b[from+i:end]) != string(t.end) {
					end = -1
				}
			}
			if end < 0 || parent == nil {
				d.push(level{name: t.name, place: t.place, from: from, attributes: t.attributes})
				pos = from
				continue
			}
			d.content(t.target, b[from:end-len(t.end)], t.attributes)
			pos = end
		}
		if parent != nil {
			parent.from = pos
		}
	}
}

func (t *tag) begins(b []byte) bool {
	return len(t.start) > 0 && len(b) >= len(t.start) && string(b[:len(t.start)]) == string(t.start)
}

func (d *Decoder) push(l level) {
	if n := len(d.open); n < cap(d.open) {
		l.text = d.open[:n+1][n].text[:0]
	}
	d.open = append(d.open, l)
}

// learn remembers a start tag that was not guessed.
func (d *Decoder) learn(start []byte, l *level, parent winevent.Place) {
	for int(l.place) >= len(d.tags) {
		d.tags = append(d.tags, nil)
	}
	var t *tag
	known := d.tags[l.place]
	for _, k := range known {
		if bytes.Equal(k.start, start) || k.start == nil {
			t = k
			break
		}
	}
	if t == nil {
		t = &tag{parent: parent, place: l.place, name: bytes.Clone(l.name), target: d.w.Target(l.place), attributes: l.attributes}
		if len(known) >= maxTags || len(start) > maxTag {
			d.tags[l.place] = []*tag{t} // a place holder, from which the next tag can be guessed
		} else {
			t.start = bytes.Clone(start)
			if start[len(start)-2] != '/' {
				t.end = append(append([]byte("</"), l.name...), '>')
			}
			for _, a := range d.attrs {
				t.attrs = append(t.attrs, attr{a.target, bytes.Clone(a.value)})
			}
			d.tags[l.place] = append(known, t)
		}
	}
	if d.last != nil && d.last.next[0] != t {
		d.last.next[1], d.last.next[0] = d.last.next[0], t
	}
	d.last = t
}
