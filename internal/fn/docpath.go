package fn

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Path leads into a JSON or XML document, as Splunk's spath writes it: names separated by dots, each followed by any
// number of {} (all elements), {n} (one element) or {@name} (an attribute).
//
// https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Spath
type Path struct{ steps []pathStep }

type pathStep struct {
	name string
	kind pathKind
	n    int
}

type pathKind uint8

const (
	byName    pathKind = iota
	byAll              // {}
	byIndex            // {n}
	attribute          // {@name}
)

// ParsePath reads a path, or returns nil when it is none.
func ParsePath(s string) *Path {
	p := &Path{}
	for rest := s; rest != ""; {
		if rest[0] == '{' {
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return nil
			}
			switch in := rest[1:end]; {
			case in == "":
				p.steps = append(p.steps, pathStep{kind: byAll})
			case in[0] == '@':
				p.steps = append(p.steps, pathStep{kind: attribute, name: in[1:]})
			default:
				n, err := strconv.Atoi(in)
				if err != nil || n < 0 {
					return nil
				}
				p.steps = append(p.steps, pathStep{kind: byIndex, n: n})
			}
			rest = strings.TrimPrefix(rest[end+1:], ".")
			continue
		}
		end := strings.IndexAny(rest, ".{")
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			p.steps = append(p.steps, pathStep{name: rest[:end]})
		}
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	if len(p.steps) == 0 || len(p.steps) > 100 {
		return nil
	}
	return p
}

// Plural reports whether the path may lead to several places ({} occurs in it).
func (p *Path) Plural() bool {
	for _, s := range p.steps {
		if s.kind == byAll {
			return true
		}
	}
	return false
}

// FindJSON returns the places in a JSON value that the path leads to. Indexes count from 0. {} on what is no array leads
// to the thing itself.
func (p *Path) FindJSON(v event.Value) []event.Value {
	at := []event.Value{v}
	for _, s := range p.steps {
		var next []event.Value
		for _, v := range at {
			switch s.kind {
			case byName:
				if f, ok := v.Bag().Get(s.name); ok {
					next = append(next, f)
				}
			case byAll:
				if v.Kind() == event.List {
					next = append(next, v.List()...)
				} else {
					next = append(next, v)
				}
			case byIndex:
				if l := v.List(); s.n < len(l) {
					next = append(next, l[s.n])
				}
			}
		}
		if at = next; len(at) == 0 {
			return nil
		}
	}
	return at
}

// SetJSON returns the document with the value that f makes of each place the path leads to. Objects on the way that do
// not exist are made when create is set; where the document has another form than the path, it stays as it is.
func (p *Path) SetJSON(doc event.Value, create bool, f func(old event.Value, exists bool) (event.Value, bool)) event.Value {
	return setJSON(doc, p.steps, true, create, f)
}

func setJSON(v event.Value, steps []pathStep, exists, create bool, f func(event.Value, bool) (event.Value, bool)) event.Value {
	if len(steps) == 0 {
		if r, ok := f(v, exists); ok {
			return r
		}
		return v
	}
	s := steps[0]
	switch s.kind {
	case byName:
		if v.Kind() != event.Object && !(create && !exists) {
			return v
		}
		old, has := v.Bag().Get(s.name)
		if !has && !create {
			return v
		}
		r := setJSON(old, steps[1:], has, create, f)
		if r.IsMissing() {
			return v
		}
		return WithField(v, s.name, r)
	case byAll:
		if v.Kind() != event.List {
			return v
		}
		out := make([]event.Value, len(v.List()))
		for i, e := range v.List() {
			out[i] = setJSON(e, steps[1:], true, create, f)
		}
		return event.ListOf(out)
	case byIndex:
		if s.n >= len(v.List()) {
			return v
		}
		out := append([]event.Value(nil), v.List()...)
		out[s.n] = setJSON(out[s.n], steps[1:], true, create, f)
		return event.ListOf(out)
	}
	return v
}

// WithField returns the object with a field set, in its place when it is there, else at the end.
func WithField(obj event.Value, name string, v event.Value) event.Value {
	bag := append(event.Bag(nil), obj.Bag()...)
	for i := len(bag) - 1; i >= 0; i-- {
		if bag[i].Name == name {
			bag[i].Value = v
			return event.ObjectOf(bag)
		}
	}
	return event.ObjectOf(append(bag, event.Field{Name: name, Value: v}))
}

// DeleteJSON returns the document without the field that the path, of names only, leads to.
func (p *Path) DeleteJSON(doc event.Value) event.Value { return deleteJSON(doc, p.steps) }

func deleteJSON(v event.Value, steps []pathStep) event.Value {
	if v.Kind() != event.Object || steps[0].kind != byName {
		return v
	}
	bag := make(event.Bag, 0, len(v.Bag()))
	for _, f := range v.Bag() {
		if f.Name == steps[0].name {
			if len(steps) == 1 {
				continue
			}
			f.Value = deleteJSON(f.Value, steps[1:])
		}
		bag = append(bag, f)
	}
	return event.ObjectOf(bag)
}

// A Document is structured text that has been read: JSON or XML.
type Document struct {
	JSON event.Value // missing when the text is XML
	XML  *XMLNode
}

// ParseDocument reads JSON or XML text, or returns nil when it is neither.
func ParseDocument(s string) *Document {
	t := strings.TrimLeft(s, " \t\r\n")
	if t == "" {
		return nil
	}
	if t[0] == '<' {
		if n := ParseXML(s); n != nil {
			return &Document{XML: n}
		}
		return nil
	}
	if t[0] != '{' && t[0] != '[' {
		return nil
	}
	v, err := ParseJSON(s)
	if err != nil {
		return nil
	}
	return &Document{JSON: v}
}

// At returns the values at a path as text, numbers and lists of them: an object or array is its JSON text, a JSON null no
// value, an XML element without attributes or children its text, else its XML.
func (d *Document) At(p *Path) []event.Value {
	var out []event.Value
	if d.XML != nil {
		for _, n := range d.XML.find(p) {
			out = append(out, event.StringOf(n))
		}
		return out
	}
	for _, v := range p.FindJSON(d.JSON) {
		if v = JSONScalar(v); !v.IsNull() {
			out = append(out, v)
		}
	}
	return out
}

// JSONScalar makes what SPL can hold of a JSON value: text and numbers stay, true and false become text, objects and arrays
// become their JSON text.
func JSONScalar(v event.Value) event.Value {
	switch v.Kind() {
	case event.Bool:
		if v.Bool() {
			return event.StringOf("true")
		}
		return event.StringOf("false")
	case event.List, event.Object:
		return event.StringOf(string(event.AppendJSON(nil, v)))
	}
	return v
}

// Attr returns the value of an attribute.
func (n *XMLNode) Attr(name string) (string, bool) {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// find returns the texts that the path leads to. Elements of one name are counted from 1.
func (n *XMLNode) find(p *Path) []string {
	at := []*XMLNode{n}
	for i := 0; i < len(p.steps); i++ {
		s := p.steps[i]
		var next []*XMLNode
		switch s.kind {
		case byName:
			index := 0
			if i+1 < len(p.steps) && p.steps[i+1].kind == byIndex {
				i++
				index = p.steps[i].n
			}
			for _, n := range at {
				k := 0
				for _, c := range n.Children {
					if c.Name == s.name {
						if k++; index == 0 || k == index {
							next = append(next, c)
						}
					}
				}
			}
		case byAll:
			continue
		case attribute:
			var out []string
			for _, n := range at {
				if v, ok := n.Attr(s.name); ok {
					out = append(out, v)
				}
			}
			if i+1 < len(p.steps) {
				return nil
			}
			return out
		}
		if at = next; len(at) == 0 {
			return nil
		}
	}
	out := make([]string, len(at))
	for i, n := range at {
		out[i] = n.content()
	}
	return out
}

func (n *XMLNode) content() string {
	if len(n.Children) == 0 {
		return n.Text()
	}
	var b strings.Builder
	if t := n.Text(); t != "" {
		xml.EscapeText(&b, []byte(t))
	}
	for _, c := range n.Children {
		c.write(&b)
	}
	return b.String()
}

func (n *XMLNode) write(b *strings.Builder) {
	b.WriteString("<" + n.Name)
	for _, a := range n.Attrs {
		b.WriteString(" " + a.Name.Local + `="`)
		xml.EscapeText(b, []byte(a.Value))
		b.WriteString(`"`)
	}
	b.WriteString(">")
	xml.EscapeText(b, []byte(n.Text()))
	for _, c := range n.Children {
		c.write(b)
	}
	b.WriteString("</" + n.Name + ">")
}
