package evtx

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// Tokens of binary XML; bit 0x40 says that more of the kind follows.
const (
	tokEOF           = 0x00
	tokOpenStart     = 0x01
	tokCloseStart    = 0x02
	tokCloseEmpty    = 0x03
	tokEndElement    = 0x04
	tokValue         = 0x05
	tokAttribute     = 0x06
	tokCDATA         = 0x07
	tokCharRef       = 0x08
	tokEntityRef     = 0x09
	tokPITarget      = 0x0a
	tokPIData        = 0x0b
	tokTemplate      = 0x0c
	tokSubstitution  = 0x0d
	tokOptionalSubst = 0x0e
	tokFragment      = 0x0f

	more = 0x40
)

// maxDepth bounds how deep elements and instances of templates may lie within each other.
const maxDepth = 64

// kind tells the nodes of a tree apart.
type kind uint8

const (
	element kind = iota
	attribute
	literal      // text as it is
	substitution // value number sub of the instance
	entity       // &name;
	charRef      // &#n;
	cdata
	instruction // <?name text?>
)

const noDependency = 0xffff

// A node of a tree. Nodes are linked by their index in the tree; 0 is no node.
type node struct {
	kind     kind
	optional bool // substitution: an empty value takes the element or attribute around it away
	empty    bool // element: written as <a/>
	typ      uint8
	sub      uint16 // substitution: the value's number; charRef: the character
	dep      uint16 // element: number of the value without which it is not there
	name     string
	text     string
	attrs    int32 // element: its first attribute
	first    int32 // element and attribute: the first node inside
	next     int32 // the next node of the same parent
}

// A tree is binary XML taken apart: the body of a template, or a fragment without one. Its strings point into buf.
type tree struct {
	nodes []node
	first int32 // the first node at the top
	buf   []byte
}

func (t *tree) reset() {
	t.nodes = append(t.nodes[:0], node{})
	t.first, t.buf = 0, t.buf[:0]
}

// hole is a place in a template's bytes that may differ between two places where the same template is written down: whether
// a name stands in it or only the offset of the name, and the sizes that depend on that.
type hole struct {
	at     int
	size   int // bytes of the hole where it was found
	isName bool
	name   string // UTF-16
}

// A parser makes a tree from the bytes of a chunk.
type parser struct {
	chunk []byte
	names *names
	t     *tree
	deps  bool   // elements carry dependencies, as they do in templates only
	holes []hole // when keep is set
	keep  bool
}

// A decodeError says what is wrong with the bytes at an offset within the chunk.
type decodeError struct {
	at   int
	what string
}

func (e *decodeError) Error() string { return fmt.Sprintf("at chunk offset %d: %s", e.at, e.what) }

func bad(at int, format string, args ...any) error {
	return &decodeError{at, fmt.Sprintf(format, args...)}
}

func u16(b []byte, at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }

// name reads the name whose offset stands at pos and returns what follows. A name stands where it is first used in a chunk;
// later uses refer to it.
func (p *parser) name(pos, end int) (string, int, error) {
	if end-pos < 4 {
		return "", 0, bad(pos, "name cut off")
	}
	at := u32(p.chunk, pos)
	next := pos + 4
	if at < 0 || at > len(p.chunk)-8 {
		return "", 0, bad(pos, "name at offset %d, outside the chunk", uint32(at))
	}
	n := 2 * u16(p.chunk, at+6)
	if n > len(p.chunk)-at-8 {
		return "", 0, bad(at, "name of %d bytes, longer than the chunk", n)
	}
	raw := p.chunk[at+8 : at+8+n]
	if at == next {
		if next += 8 + n + 2; next > end {
			return "", 0, bad(at, "name of %d bytes, longer than what it stands in", n)
		}
	}
	known := p.names.get(raw)
	if p.keep {
		p.holes = append(p.holes, hole{pos, next - pos, true, known.utf16})
	}
	return known.text, next, nil
}

// size steps over a length, which says nothing that the tokens do not say.
func (p *parser) size(pos, end int) (int, error) {
	if end-pos < 4 {
		return 0, bad(pos, "length cut off")
	}
	if p.keep {
		p.holes = append(p.holes, hole{pos, 4, false, ""})
	}
	return pos + 4, nil
}

// element parses the element at pos and returns its index and what follows.
func (p *parser) element(pos, end, depth int) (int32, int, error) {
	if depth > maxDepth {
		return 0, 0, bad(pos, "elements more than %d deep", maxDepth)
	}
	start, tok := pos, p.chunk[pos]
	n := node{kind: element, dep: noDependency}
	pos++
	if p.deps {
		if end-pos < 2 {
			return 0, 0, bad(start, "element cut off")
		}
		n.dep = uint16(u16(p.chunk, pos))
		pos += 2
	}
	pos, err := p.size(pos, end)
	if err != nil {
		return 0, 0, err
	}
	if n.name, pos, err = p.name(pos, end); err != nil {
		return 0, 0, err
	}
	p.t.nodes = append(p.t.nodes, n)
	self := int32(len(p.t.nodes) - 1)
	if tok&more != 0 {
		if pos, err = p.size(pos, end); err != nil {
			return 0, 0, err
		}
		var last int32
		for pos < end && p.chunk[pos]&^more == tokAttribute {
			a := node{kind: attribute}
			if a.name, pos, err = p.name(pos+1, end); err != nil {
				return 0, 0, err
			}
			p.t.nodes = append(p.t.nodes, a)
			i := int32(len(p.t.nodes) - 1)
			if last == 0 {
				p.t.nodes[self].attrs = i
			} else {
				p.t.nodes[last].next = i
			}
			last = i
			if pos, err = p.content(i, pos, end, depth, true); err != nil {
				return 0, 0, err
			}
		}
	}
	if pos >= end {
		return 0, 0, bad(start, "element cut off")
	}
	switch p.chunk[pos] {
	case tokCloseEmpty:
		p.t.nodes[self].empty = true
		return self, pos + 1, nil
	case tokCloseStart:
		if pos, err = p.content(self, pos+1, end, depth, false); err != nil {
			return 0, 0, err
		}
		if pos < end && p.chunk[pos] == tokEndElement {
			return self, pos + 1, nil
		}
		if pos >= end {
			return 0, 0, bad(start, "element without end")
		}
	}
	return 0, 0, bad(pos, "token 0x%02x in an element", p.chunk[pos])
}

// content parses what stands in the element or attribute at index parent, up to a token that ends it.
func (p *parser) content(parent int32, pos, end, depth int, inAttribute bool) (int, error) {
	var last int32
	for pos < end {
		n := node{}
		tok := p.chunk[pos]
		var child int32
		var err error
		switch tok &^ more {
		case tokOpenStart:
			if inAttribute {
				return 0, bad(pos, "an element in an attribute")
			}
			if child, pos, err = p.element(pos, end, depth+1); err != nil {
				return 0, err
			}
		case tokValue:
			if end-pos < 4 {
				return 0, bad(pos, "text cut off")
			}
			if typ := p.chunk[pos+1]; typ != typeString {
				return 0, bad(pos, "text of type 0x%02x", typ)
			}
			n.kind = literal
			if n.text, pos, err = p.text(pos+2, end); err != nil {
				return 0, err
			}
		case tokCDATA:
			n.kind = cdata
			if n.text, pos, err = p.text(pos+1, end); err != nil {
				return 0, err
			}
		case tokCharRef:
			if end-pos < 3 {
				return 0, bad(pos, "character reference cut off")
			}
			n.kind, n.sub = charRef, uint16(u16(p.chunk, pos+1))
			pos += 3
		case tokEntityRef:
			n.kind = entity
			if n.name, pos, err = p.name(pos+1, end); err != nil {
				return 0, err
			}
		case tokPITarget:
			if inAttribute {
				return 0, bad(pos, "a processing instruction in an attribute")
			}
			n.kind = instruction
			if n.name, pos, err = p.name(pos+1, end); err != nil {
				return 0, err
			}
			if pos < end && p.chunk[pos] == tokPIData {
				if n.text, pos, err = p.text(pos+1, end); err != nil {
					return 0, err
				}
			}
		case tokSubstitution, tokOptionalSubst:
			if end-pos < 4 {
				return 0, bad(pos, "substitution cut off")
			}
			n.kind, n.optional = substitution, tok&^more == tokOptionalSubst
			n.sub, n.typ = uint16(u16(p.chunk, pos+1)), p.chunk[pos+3]
			pos += 4
		default:
			return pos, nil
		}
		if child == 0 {
			p.t.nodes = append(p.t.nodes, n)
			child = int32(len(p.t.nodes) - 1)
		}
		if last == 0 {
			p.t.nodes[parent].first = child
		} else {
			p.t.nodes[last].next = child
		}
		last = child
	}
	return pos, nil
}

// text reads characters with their number before them.
func (p *parser) text(pos, end int) (string, int, error) {
	if end-pos < 2 {
		return "", 0, bad(pos, "text cut off")
	}
	n := 2 * u16(p.chunk, pos)
	if pos += 2; n > end-pos {
		return "", 0, bad(pos, "text of %d bytes, longer than what it stands in", n)
	}
	from := len(p.t.buf)
	p.t.buf = appendUTF16(p.t.buf, p.chunk[pos:pos+n])
	return bytesString(p.t.buf[from:]), pos + n, nil
}

func bytesString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// names turns the names of elements and attributes into strings, each but once.
type names struct{ by map[string]name }

type name struct{ utf16, text string }

// maxNames bounds what is kept; only hostile input has more.
const maxNames = 1 << 14

func (n *names) get(utf16 []byte) name {
	if s, ok := n.by[string(utf16)]; ok {
		return s
	}
	if n.by == nil || len(n.by) >= maxNames {
		n.by = map[string]name{}
	}
	s := name{string(utf16), string(appendUTF16(nil, utf16))}
	n.by[s.utf16] = s
	return s
}
