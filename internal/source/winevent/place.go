package winevent

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Place is a spot in the event document: an element or an attribute under certain ancestors, or a named Data. Places are
// handed out by a [Fields] and are numbers into it.
type Place int32

// Kind says how the text of a place becomes a value.
type Kind uint8

const (
	Text Kind = iota
	Int
	Time
	None // the place has no value of its own
)

// Role is the part that a place's value plays in the class of its event.
type Role uint8

const (
	NoRole Role = iota
	ProviderRole
	ChannelRole
	IDRole
)

// A Target is the field that the text of a place goes to.
type Target struct {
	Field event.FieldID
	Kind  Kind
	Role  Role
	List  bool // a list even when there is one value only
	Full  bool // the empty text does not count: this is an element for other elements
	Weak  bool // gives way to a value of the event's own: rendered text, whose name an item of EventData may have, too
	Item  bool // a named item of the event's data, whose blanks are its own
	Wants bool // the builder keeps the field
}

// region tells the parts of the document apart, which have rules of their own.
type region uint8

const (
	inDocument  region = iota // above Event
	inEvent                   // Event itself
	inSystem                  // System
	inSystemOf                // an element of System
	inEventData               // EventData
	inData                    // Data in EventData, its name not known yet
	inNamed                   // Data with a name: the value of its Name attribute
	inUserData                // UserData
	inUserRoot                // the one child of UserData
	inUserLeaf                // anything below
	inRendering               // RenderingInfo
	inKeywords                // RenderingInfo/Keywords
	inOther                   // anything else
	atAttribute
)

// link says what a place is to its parent.
type link uint8

const (
	isElement link = iota
	isAttribute
	isItem
)

type node struct {
	name     string
	path     string // below Event, dotted
	region   region
	link     link
	target   Target
	parent   Place
	last     Place // the child found last; at first the root, which is no one's child
	follower Place // the sibling that was found after this one
	children []Place
	by       map[linkName]Place // when there are many children
}

type linkName struct {
	link link
	name string
}

// maxPlaces bounds the places that hostile input can make; beyond, all places are made anew.
const (
	maxPlaces = 1 << 15
	manyNames = 16
)

// Fields holds the places of one builder. It belongs to the builder's goroutine.
type Fields struct {
	b     *event.Builder
	nodes []node
}

// Root is the place above the Event element.
const Root Place = 0

// NewFields returns the places for b.
func NewFields(b *event.Builder) *Fields {
	f := &Fields{b: b}
	f.Reset()
	return f
}

// Reset forgets all places.
func (f *Fields) Reset() {
	f.nodes = append(f.nodes[:0], node{region: inDocument, target: Target{Kind: None}})
}

// Full reports that there are more places than honest input has: time for a Reset between two events.
func (f *Fields) Full() bool { return len(f.nodes) > maxPlaces }

// Target returns the field that the text at p goes to.
func (f *Fields) Target(p Place) Target { return f.nodes[p].target }

// Named reports whether p is an element whose Name attribute says which field it is.
func (f *Fields) Named(p Place) bool { return f.nodes[p].region == inData }

// Child returns the place of an element called name in the element at p.
func (f *Fields) Child(p Place, name string) Place { return f.find(p, name, isElement) }

// Attr returns the place of the attribute called name of the element at p.
func (f *Fields) Attr(p Place, name string) Place { return f.find(p, name, isAttribute) }

// Item returns the place of a Data element with that name; p is the place of Data without one.
func (f *Fields) Item(p Place, name string) Place {
	if name == "" {
		return p
	}
	return f.find(p, name, isItem)
}

// find guesses that what followed a child the last time follows it again: events of a kind have their fields in one order.
func (f *Fields) find(p Place, name string, l link) Place {
	n := &f.nodes[p]
	last := &f.nodes[n.last]
	c := last.follower
	if m := &f.nodes[c]; m.name == name && m.link == l && m.parent == p && c != Root {
		n.last = c
		return c
	}
	c = f.look(p, name, l)
	f.nodes[f.nodes[p].last].follower = c
	f.nodes[p].last = c
	return c
}

func (f *Fields) look(p Place, name string, l link) Place {
	n := &f.nodes[p]
	if n.by != nil {
		if c, ok := n.by[linkName{l, name}]; ok {
			return c
		}
		return f.add(p, name, l)
	}
	for _, c := range n.children {
		if m := &f.nodes[c]; m.name == name && m.link == l {
			return c
		}
	}
	return f.add(p, name, l)
}

func (f *Fields) add(p Place, name string, l link) Place {
	n := node{name: strings.Clone(name), link: l, parent: p} // name may lie in a buffer that will be reused
	switch l {
	case isAttribute:
		n.region, n.target = atAttribute, f.attribute(p, n.name)
	case isItem:
		n.region, n.path, n.target = inNamed, f.nodes[p].path, f.free(n.name, "EventData.")
		n.target.Item = true
	default:
		n.region, n.path, n.target = f.element(p, n.name)
	}
	f.nodes = append(f.nodes, n)
	c := Place(len(f.nodes) - 1)
	parent := &f.nodes[p]
	parent.children = append(parent.children, c)
	if parent.by != nil {
		parent.by[linkName{l, n.name}] = c
	} else if len(parent.children) > manyNames {
		parent.by = make(map[linkName]Place, 4*manyNames)
		for _, c := range parent.children {
			parent.by[linkName{f.nodes[c].link, f.nodes[c].name}] = c
		}
	}
	return c
}

var none = Target{Kind: None}

func (f *Fields) field(name string, k Kind) Target {
	id := f.b.Field(name)
	return Target{Field: id, Kind: k, Wants: f.b.Wants(id)}
}

// free is a field of the event's own; prefix keeps it apart from those of System.
func (f *Fields) free(name, prefix string) Target {
	if reserved[name] {
		name = prefix + name
	}
	return f.field(name, Text)
}

// element returns what an element called name is in the element at p.
func (f *Fields) element(p Place, name string) (region, string, Target) {
	n := &f.nodes[p]
	path := name
	if n.path != "" {
		path = n.path + "." + name
	}
	switch n.region {
	case inDocument:
		if name == "Event" {
			return inEvent, "", none
		}
	case inEvent:
		switch name {
		case "System":
			return inSystem, path, none
		case "EventData":
			return inEventData, path, f.container(path)
		case "UserData":
			return inUserData, path, f.container(path)
		case "RenderingInfo":
			return inRendering, path, f.container(path)
		}
	case inSystem:
		if s, ok := systemElements[name]; ok {
			if s.field == "" {
				return inSystemOf, path, f.container(path)
			}
			t := f.field(s.field, s.kind)
			t.Role = s.role
			return inSystemOf, path, t
		}
	case inEventData:
		if name == "Data" || name == "ComplexData" {
			t := f.field("Data", Text)
			t.List = true
			return inData, path, t
		}
	case inUserData:
		return inUserRoot, name, f.free(name, "UserData.")
	case inUserRoot, inUserLeaf:
		return inUserLeaf, name, f.free(name, "UserData.")
	case inRendering:
		switch name {
		case "Keywords":
			return inKeywords, path, f.container(path)
		case "Message":
			return inOther, path, f.rendered("Message")
		case "Level", "Task", "Opcode":
			return inOther, path, f.rendered(name + "Name")
		}
	case inKeywords:
		t := f.field("KeywordNames", Text)
		t.List = true
		return inOther, path, t
	}
	return inOther, path, f.dotted(path)
}

func (f *Fields) dotted(path string) Target { return f.field(path, Text) }

func (f *Fields) rendered(name string) Target {
	t := f.field(name, Text)
	t.Weak = true
	return t
}

func (f *Fields) container(path string) Target {
	t := f.field(path, Text)
	t.Full = true
	return t
}

// attribute returns what an attribute called name of the element at p is.
func (f *Fields) attribute(p Place, name string) Target {
	if name == "xmlns" || len(name) > 6 && name[:6] == "xmlns:" {
		return none
	}
	n := &f.nodes[p]
	switch n.region {
	case inDocument, inData, inNamed:
		return none // the name of a Data is the name of its field; what else it has says nothing
	case inSystemOf:
		if s, ok := systemAttributes[n.name+"@"+name]; ok {
			t := f.field(s.field, s.kind)
			t.Role = s.role
			return t
		}
	case inEvent:
		return f.dotted("Event." + name)
	}
	return f.dotted(n.path + "." + name)
}

type systemField struct {
	field string
	kind  Kind
	role  Role
}

var systemElements = map[string]systemField{
	"Provider":      {},
	"EventID":       {"EventID", Int, IDRole},
	"Version":       {"Version", Int, NoRole},
	"Level":         {"Level", Int, NoRole},
	"Task":          {"Task", Int, NoRole},
	"Opcode":        {"Opcode", Int, NoRole},
	"Keywords":      {"Keywords", Text, NoRole},
	"TimeCreated":   {},
	"EventRecordID": {"EventRecordID", Int, NoRole},
	"Correlation":   {},
	"Execution":     {},
	"Channel":       {"Channel", Text, ChannelRole},
	"Computer":      {"Computer", Text, NoRole},
	"Security":      {},
}

var systemAttributes = map[string]systemField{
	"Provider@Name":                 {"Provider", Text, ProviderRole},
	"Provider@Guid":                 {"ProviderGuid", Text, NoRole},
	"Provider@EventSourceName":      {"EventSourceName", Text, NoRole},
	"EventID@Qualifiers":            {"Qualifiers", Int, NoRole},
	"TimeCreated@SystemTime":        {"TimeCreated", Time, NoRole},
	"Correlation@ActivityID":        {"ActivityID", Text, NoRole},
	"Correlation@RelatedActivityID": {"RelatedActivityID", Text, NoRole},
	"Execution@ProcessID":           {"ExecutionProcessID", Int, NoRole},
	"Execution@ThreadID":            {"ExecutionThreadID", Int, NoRole},
	"Security@UserID":               {"UserID", Text, NoRole},
}

// reserved are the names that System has, and that of the raw text.
var reserved = func() map[string]bool {
	m := map[string]bool{event.RawField: true}
	for _, fields := range []map[string]systemField{systemElements, systemAttributes} {
		for _, s := range fields {
			m[s.field] = s.field != ""
		}
	}
	return m
}()

// Canonical returns the target of a canonical field by its own name, for sources that have no document.
func (f *Fields) Canonical(name string) Target {
	for _, fields := range []map[string]systemField{systemElements, systemAttributes} {
		for _, s := range fields {
			if s.field == name {
				t := f.field(name, s.kind)
				t.Role = s.role
				return t
			}
		}
	}
	t := f.field(name, Text)
	t.List = name == "KeywordNames"
	return t
}

// Rendered returns the target of a field that describes the event in words, as [Fields.Canonical] does for its data.
func (f *Fields) Rendered(name string) Target { return f.rendered(name) }
