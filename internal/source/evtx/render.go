package evtx

import (
	"strconv"
)

// A renderer writes the records of a chunk as XML. Keys are offsets of records in the chunk. It is safe for concurrent use.
type renderer struct{ chunk []byte }

// Render returns a record as event XML on one line, as Splunk's XmlWinEventLog shows it: attributes in single quotes, no
// blanks between elements. A record that unfolds to more than 16 MiB is cut off.
func (r *renderer) Render(key uint64) string {
	pos := int(key)
	x := xmlWriter{chunk: r.chunk}
	x.t.reset()
	x.fragments(pos+recordHead, pos+u32(r.chunk, pos+4)-4, 0)
	return string(x.out)
}

type xmlWriter struct {
	chunk []byte
	names names
	t     tree
	vals  []value
	out   []byte
	spent int  // bytes taken apart and nodes written
	full  bool // enough
}

const maxRendered = 16 << 20

// spend counts work, so that templates within templates come to an end even when they write nothing.
func (x *xmlWriter) spend(n int) {
	if x.spent += n; x.spent > maxRendered || len(x.out) > maxRendered {
		x.full = true
	}
}

// fragments writes what [Decoder.fragments] decodes; it returns false where that would report an error.
func (x *xmlWriter) fragments(pos, end, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for x.spend(end - pos + 1); pos < end && !x.full; {
		switch tok := x.chunk[pos]; tok &^ more {
		case tokEOF:
			return true
		case tokFragment:
			pos += 4
		case tokTemplate:
			at, p, count, err := instanceHead(x.chunk, pos, end)
			if err != nil {
				return false
			}
			n := len(x.vals)
			if x.vals, pos, err = appendValues(x.vals, x.chunk, p, end, count); err != nil {
				return false
			}
			ok := at >= 0 && at <= len(x.chunk)-templateHead
			if ok {
				size := u32(x.chunk, at+20)
				ok = size >= 0 && size <= len(x.chunk)-at-templateHead &&
					x.body(at+templateHead, at+templateHead+size, true, x.vals[n:len(x.vals):len(x.vals)], depth)
			}
			if x.vals = x.vals[:n]; !ok {
				return false
			}
		case tokOpenStart:
			next, ok := x.element(pos, end, false, nil, depth)
			if !ok {
				return false
			}
			pos = next
		default:
			return false
		}
	}
	return true
}

// body writes the elements of a template.
func (x *xmlWriter) body(pos, end int, deps bool, vals []value, depth int) bool {
	for x.spend(end - pos + 1); pos < end && !x.full && x.chunk[pos] != tokEOF; {
		switch x.chunk[pos] &^ more {
		case tokFragment:
			pos += 4
		case tokOpenStart:
			next, ok := x.element(pos, end, deps, vals, depth)
			if !ok {
				return false
			}
			pos = next
		default:
			return false
		}
	}
	return true
}

func (x *xmlWriter) element(pos, end int, deps bool, vals []value, depth int) (int, bool) {
	p := parser{chunk: x.chunk, names: &x.names, t: &x.t, deps: deps}
	i, next, err := p.element(pos, end, 0)
	if err != nil {
		return 0, false
	}
	if depth == 0 {
		x.t.nodes[i].dep = noDependency
	}
	x.write(i, vals, depth)
	return next, true
}

func (x *xmlWriter) write(i int32, vals []value, depth int) {
	n := x.t.nodes[i]
	if x.spend(1); x.full || n.dep != noDependency && isNull(vals, n.dep) {
		return
	}
	elements := false
	for k := n.first; k != 0; k = x.t.nodes[k].next {
		elements = elements || x.t.nodes[k].kind == element
	}
	if !elements && absent(&x.t, vals, n.first) {
		return
	}
	// An array makes an element for each of its items.
	var arr value
	for k := n.first; k != 0 && !elements; k = x.t.nodes[k].next {
		if m := &x.t.nodes[k]; m.kind == substitution && int(m.sub) < len(vals) && vals[m.sub].typ&array != 0 {
			arr = vals[m.sub]
			if n.first != k || m.next != 0 {
				arr = value{}
			}
		}
	}
	if arr.size == 0 {
		x.start(&n, vals, depth)
		if n.empty {
			return
		}
		x.inside(n.first, vals, depth, false)
		x.end(n.name)
		return
	}
	for raw := arr.bytes(x.chunk); len(raw) > 0 && !x.full; {
		var one []byte
		one, raw = item(arr.typ, raw)
		x.start(&n, vals, depth)
		x.escape(appendValue(nil, arr.typ&^array, one), false)
		x.end(n.name)
	}
}

func (x *xmlWriter) start(n *node, vals []value, depth int) {
	x.out = append(append(x.out, '<'), n.name...)
	for a := n.attrs; a != 0; a = x.t.nodes[a].next {
		at := x.t.nodes[a]
		if absent(&x.t, vals, at.first) {
			continue
		}
		x.out = append(append(append(x.out, ' '), at.name...), '=', '\'')
		x.inside(at.first, vals, depth, true)
		x.out = append(x.out, '\'')
	}
	if n.empty {
		x.out = append(x.out, '/')
	}
	x.out = append(x.out, '>')
}

func (x *xmlWriter) end(name string) {
	x.out = append(append(append(x.out, '<', '/'), name...), '>')
}

// inside writes the content of an element or attribute.
func (x *xmlWriter) inside(first int32, vals []value, depth int, inAttribute bool) {
	var buf []byte
	for k := first; k != 0 && !x.full; k = x.t.nodes[k].next {
		n := x.t.nodes[k]
		switch n.kind {
		case element:
			x.write(k, vals, depth)
		case literal:
			x.escape([]byte(n.text), inAttribute)
		case cdata:
			x.out = append(append(append(x.out, "<![CDATA["...), n.text...), "]]>"...)
		case charRef:
			x.out = append(strconv.AppendUint(append(x.out, "&#"...), uint64(n.sub), 10), ';')
		case entity:
			x.out = append(append(append(x.out, '&'), n.name...), ';')
		case instruction:
			x.out = append(append(x.out, "<?"...), n.name...)
			if n.text != "" {
				x.out = append(append(x.out, ' '), n.text...)
			}
			x.out = append(x.out, "?>"...)
		case substitution:
			if int(n.sub) >= len(vals) {
				continue
			}
			switch v := vals[n.sub]; {
			case v.typ == typeBinXML:
				if !inAttribute {
					x.fragments(int(v.at), int(v.at+v.size), depth+1)
				}
			case v.typ&array != 0:
				for i, raw := 0, v.bytes(x.chunk); len(raw) > 0; i++ {
					var one []byte
					if one, raw = item(v.typ, raw); i > 0 {
						x.out = append(x.out, ' ')
					}
					buf = appendValue(buf[:0], v.typ&^array, one)
					x.escape(buf, inAttribute)
				}
			default:
				buf = appendValue(buf[:0], v.typ, v.bytes(x.chunk))
				x.escape(buf, inAttribute)
			}
		}
		x.spend(1)
	}
}

// escape writes text: & < > always, the quote of attributes in attributes.
func (x *xmlWriter) escape(s []byte, inAttribute bool) {
	for _, c := range s {
		switch {
		case c == '&':
			x.out = append(x.out, "&amp;"...)
		case c == '<':
			x.out = append(x.out, "&lt;"...)
		case c == '>':
			x.out = append(x.out, "&gt;"...)
		case c == '\'' && inAttribute:
			x.out = append(x.out, "&apos;"...)
		default:
			x.out = append(x.out, c)
		}
	}
}
