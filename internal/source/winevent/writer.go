package winevent

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Shape is the shape of the classes of Windows events.
const Shape = "windows"

// A Writer gives the values of one event after the other to a builder. It takes them in either of two ways: through
// [Writer.Put], which may be called several times for one field and makes a list of that, or straight to the builder, where
// the decoder knows that a field comes once. It belongs to the builder's goroutine.
type Writer struct {
	*Fields
	B *event.Builder

	classes *event.Classes
	puts    []put
	seen    []int32 // by field: 1 + the index of its first put, in the current event
	touched []event.FieldID

	// The parts of the class. They may point into buffers that stay unchanged until End.
	provider, channel, idText string
	id                        int64
	hasID                     bool

	cache []*codes // by field

	last  *event.Class
	known map[classKey]*event.Class
	other map[string]*event.Class // ids that are no numbers
}

type classKey struct {
	provider, channel string
	id                int64
	hasID             bool
}

type put struct {
	target Target
	text   string
	next   int32 // 1 + the index of the field's next put
	tail   int32 // of the first one: 1 + the index of the last
}

// NewWriter returns a writer to b.
func NewWriter(b *event.Builder, classes *event.Classes) *Writer {
	return &Writer{Fields: NewFields(b), B: b, classes: classes, known: map[classKey]*event.Class{}, other: map[string]*event.Class{}}
}

// Role notes a part of the class of the current event.
func (w *Writer) Role(r Role, text string) {
	switch r {
	case ProviderRole:
		w.provider = text
	case ChannelRole:
		w.channel = text
	case IDRole:
		w.id, w.hasID = ParseInt(text)
		w.idText = text
	}
}

// ID notes the event's id.
func (w *Writer) ID(id int64) { w.id, w.hasID = id, true }

// Put gives the field at t a text, which must stay unchanged until End or Discard. Several texts for one field make a list.
func (w *Writer) Put(t Target, text string) {
	if t.Kind == None {
		return
	}
	if t.Role != NoRole {
		w.Role(t.Role, text)
	}
	if !t.Wants || t.Full && text == "" {
		return
	}
	for int(t.Field) >= len(w.seen) {
		w.seen = append(w.seen, 0)
	}
	i := int32(len(w.puts) + 1)
	w.puts = append(w.puts, put{target: t, text: text, tail: i})
	if first := w.seen[t.Field]; first != 0 {
		p := &w.puts[first-1]
		w.puts[p.tail-1].next = i
		p.tail = i
		w.puts[i-1].tail = 0
		return
	}
	w.seen[t.Field] = i
	w.touched = append(w.touched, t.Field)
}

// Discard drops the current event.
func (w *Writer) Discard() {
	w.clear()
	w.B.Discard()
}

func (w *Writer) clear() {
	for _, f := range w.touched {
		w.seen[f] = 0
	}
	w.touched, w.puts = w.touched[:0], w.puts[:0]
	w.provider, w.channel, w.idText, w.id, w.hasID = "", "", "", 0, false
}

// End finishes the current event. It returns what the builder's End returns.
func (w *Writer) End(origin event.Origin) error {
	for i := range w.puts {
		p := &w.puts[i]
		switch {
		case p.tail == 0: // not the first of its field
		case p.next == 0 && !p.target.List:
			if v := Value(p.target.Kind, p.text); v.Kind() == event.String {
				w.B.AddString(p.target.Field, p.text)
			} else if !v.IsMissing() {
				w.B.Add(p.target.Field, v)
			}
		default:
			w.addList(i)
		}
	}
	class := w.class()
	w.clear()
	return w.B.End(class, origin)
}

// addList gives the field of put i all its values.
func (w *Writer) addList(i int) {
	t := w.puts[i].target
	strong := 0
	for j := int32(i + 1); j != 0; j = w.puts[j-1].next {
		if !w.puts[j-1].target.Weak {
			strong++
		}
	}
	var list []event.Value
	for j := int32(i + 1); j != 0; j = w.puts[j-1].next {
		p := &w.puts[j-1]
		if p.target.Weak && strong > 0 {
			continue
		}
		if v := Value(t.Kind, p.text); v.Kind() == event.String {
			list = append(list, event.StringOf(strings.Clone(p.text)))
		} else if !v.IsMissing() {
			list = append(list, v)
		}
	}
	if len(list) == 1 && !t.List {
		w.B.Add(t.Field, list[0])
	} else {
		w.B.Add(t.Field, event.ListOf(list))
	}
}

// Only hostile input has more classes than maxClasses in a unit of work, or longer names than maxPart.
const (
	maxClasses = 4096
	maxPart    = 512
)

func (w *Writer) class() *event.Class {
	if c := w.last; c != nil && w.hasID && c.Provider == w.provider && c.Channel == w.channel && len(c.ID) > 0 {
		if id, ok := ParseInt(c.ID); ok && id == w.id {
			return c
		}
	}
	key := classKey{w.provider, w.channel, w.id, w.hasID}
	if !w.hasID && w.idText != "" {
		return w.oddClass()
	}
	c := w.known[key]
	if c == nil {
		if len(w.known) >= maxClasses || len(w.provider) > maxPart || len(w.channel) > maxPart {
			return w.classes.Intern(event.Class{Shape: Shape})
		}
		class := event.Class{Shape: Shape, Provider: w.provider, Channel: w.channel}
		if w.hasID {
			class.ID = strconv.FormatInt(w.id, 10)
		}
		c = w.classes.Intern(class)
		w.known[classKey{c.Provider, c.Channel, w.id, w.hasID}] = c
	}
	w.last = c
	return c
}

// oddClass is the class of an event whose id is no number.
func (w *Writer) oddClass() *event.Class {
	c := event.Class{Shape: Shape, Provider: w.provider, Channel: w.channel, ID: w.idText}
	if len(w.other) >= maxClasses || len(w.provider)+len(w.channel)+len(w.idText) > maxPart {
		return w.classes.Intern(event.Class{Shape: Shape})
	}
	key := w.provider + "\x00" + w.channel + "\x00" + w.idText
	p := w.other[key]
	if p == nil {
		p = w.classes.Intern(c)
		w.other[key] = p
	}
	return p
}

// Has reports whether the current event has given the field a value through Put.
func (w *Writer) Has(t Target) bool { return int(t.Field) < len(w.seen) && w.seen[t.Field] != 0 }
