package evtx

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// opcode is what a step of a program does.
type opcode uint8

const (
	opValue    opcode = iota // value sub is the text of place; target says where that goes
	opConstant               // the text stands in the template
	opSkip                   // when value sub is null: go on at step to
	opMixed                  // the text at place is made of the nodes from node on
	opElement                // the element at node, in place, has to be walked
)

// A step of a program. Steps of fields that nobody wants are left out.
type step struct {
	op     opcode
	many   bool // the field may come more than once
	sub    uint16
	to     int32
	node   int32
	place  winevent.Place
	target winevent.Target
	konst  event.Value
	text   string // of konst
}

// A program does for one template in one place of the document what walking its tree would do.
type program struct {
	place winevent.Place
	steps []step
}

// compile makes the program of a template whose elements are children of place.
func compile(t *template, w *winevent.Writer, place winevent.Place) *program {
	c := compiler{t: t, w: w, p: &program{place: place}}
	for i := t.tree.first; i != 0; i = t.tree.nodes[i].next {
		c.element(i, place)
	}
	// A field that comes twice, or may come again from binary XML within, is collected into a list.
	count := map[event.FieldID]int{}
	nested := false
	for _, s := range c.p.steps {
		switch s.op {
		case opValue, opConstant, opMixed:
			count[s.target.Field]++
		case opElement:
			nested = true
		}
		nested = nested || s.op == opValue && s.many
	}
	for i := range c.p.steps {
		s := &c.p.steps[i]
		s.many = s.op != opSkip && (nested && s.target.Role == winevent.NoRole && place != winevent.Root || s.target.List || count[s.target.Field] > 1)
	}
	return c.p
}

type compiler struct {
	t *template
	w *winevent.Writer
	p *program
}

func (c *compiler) emit(s step) int {
	c.p.steps = append(c.p.steps, s)
	return len(c.p.steps) - 1
}

// land makes the steps at the given numbers, which skip, go on here.
func (c *compiler) land(skips []int) {
	for _, i := range skips {
		c.p.steps[i].to = int32(len(c.p.steps))
	}
}

func (c *compiler) element(i int32, parent winevent.Place) {
	nodes := c.t.tree.nodes
	n := &nodes[i]
	place := c.w.Child(parent, n.name)
	if c.w.Named(place) {
		name, ok := staticName(nodes, n)
		if !ok {
			c.emit(step{op: opElement, node: i, place: parent})
			return
		}
		place = c.w.Item(place, name)
	}
	var skips []int
	if n.dep != noDependency && parent != winevent.Root { // an event without data is an event
		skips = append(skips, c.emit(step{op: opSkip, sub: n.dep}))
	}
	elements, texts := 0, 0
	for k := n.first; k != 0; k = nodes[k].next {
		m := &nodes[k]
		switch m.kind {
		case element:
			elements++
		case instruction:
		default:
			texts++
		}
	}
	if elements == 0 {
		skips = append(skips, c.optional(n.first)...)
	}
	attributes := false
	for a := n.attrs; a != 0; a = nodes[a].next {
		at := c.w.Attr(place, nodes[a].name)
		if c.w.Target(at).Kind == winevent.None {
			continue
		}
		attributes = true
		skip := c.optional(nodes[a].first)
		c.text(nodes[a].first, at)
		c.land(skip)
	}
	for k := n.first; k != 0; k = nodes[k].next {
		if nodes[k].kind == element {
			c.element(k, place)
		}
	}
	if texts > 0 || elements == 0 && !attributes {
		if elements == 0 || !blank(nodes, n.first) {
			c.text(n.first, place)
		}
	}
	c.land(skips)
}

// optional emits the steps that take an element or attribute away when a value in it is null. The rule is in MS-EVEN6
// 3.1.4.7.2 (https://learn.microsoft.com/openspecs/windows_protocols/ms-even6/). Differs: an element with other elements in
// it stays, else an event without data of its own would be no event.
func (c *compiler) optional(first int32) (skips []int) {
	for k := first; k != 0; k = c.t.tree.nodes[k].next {
		if n := &c.t.tree.nodes[k]; n.kind == substitution && n.optional {
			skips = append(skips, c.emit(step{op: opSkip, sub: n.sub}))
		}
	}
	return skips
}

// staticName returns the value of the Name attribute of an element; false when it differs from record to record.
func staticName(nodes []node, n *node) (string, bool) {
	for a := n.attrs; a != 0; a = nodes[a].next {
		if nodes[a].name != "Name" {
			continue
		}
		var name string
		for k := nodes[a].first; k != 0; k = nodes[k].next {
			text, ok := nodeText(&nodes[k])
			if !ok {
				return "", false
			}
			name += text
		}
		return name, true
	}
	return "", true
}

// blank reports whether the nodes from k on are elements and white space only, as in XML that is written for people.
func blank(nodes []node, k int32) bool {
	for ; k != 0; k = nodes[k].next {
		switch n := &nodes[k]; n.kind {
		case element, instruction:
		case literal:
			if strings.TrimSpace(n.text) != "" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// text emits the step for the text that the nodes from first on make, elements among them left out.
func (c *compiler) text(first int32, place winevent.Place) {
	nodes := c.t.tree.nodes
	target := c.w.Target(place)
	kinds, texts, last := 0, 0, int32(0)
	for k := first; k != 0; k = nodes[k].next {
		switch nodes[k].kind {
		case element, instruction:
			continue
		case substitution:
			kinds++
		}
		texts++
		last = k
	}
	if kinds == 0 {
		var text string
		for k := first; k != 0; k = nodes[k].next {
			s, _ := nodeText(&nodes[k])
			text += s
		}
		if !useful(target) || text == "" && target.Full {
			return
		}
		c.emit(step{op: opConstant, target: target, place: place, text: text, konst: winevent.Value(target.Kind, text)})
		return
	}
	// Even a field that nobody wants may turn out to be binary XML with fields that somebody does.
	if texts == 1 {
		n := &nodes[last]
		binary := n.typ == typeBinXML
		if !binary && !useful(target) {
			return
		}
		c.emit(step{op: opValue, sub: n.sub, target: target, place: place, many: binary})
		return
	}
	c.emit(step{op: opMixed, node: first, target: target, place: place})
}

// useful reports whether the text of a target matters to anyone.
func useful(t winevent.Target) bool {
	return t.Kind != winevent.None && (t.Wants || t.Role != winevent.NoRole)
}

// nodeText returns the text of a node that is the same in every record.
func nodeText(n *node) (string, bool) {
	switch n.kind {
	case literal, cdata:
		return n.text, true
	case charRef:
		return string(rune(n.sub)), true
	case entity:
		return entityText(n.name), true
	case element, instruction:
		return "", true
	}
	return "", false
}

// entityText returns what an entity of XML stands for; others stay as they are written.
func entityText(name string) string {
	switch name {
	case "amp":
		return "&"
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "quot":
		return `"`
	case "apos":
		return "'"
	}
	return "&" + name + ";"
}
