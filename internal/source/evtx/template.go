package evtx

import (
	"bytes"
	"sync"
)

// A template is the definition of a document with substitutions in it, taken apart. It is immutable and shared.
type template struct {
	tree  tree
	body  []byte // as it was first found
	holes []hole // in body, ascending
}

type guid [16]byte

// Templates holds the templates of a run. The same template is written down in every chunk that uses it; its identifier and
// its bytes tell that it is the same. It is safe for concurrent use.
type Templates struct {
	mu    sync.RWMutex
	by    map[guid][]*template
	bytes int
}

// Only hostile input has more templates than this, or more under one identifier.
const (
	maxTemplateBytes = 64 << 20
	maxVariants      = 32
)

// The definition of a template: offset of the next one, identifier, size of the body, body.
const templateHead = 24

// find returns the template whose definition stands at an offset in a chunk.
func (ts *Templates) find(chunk []byte, at int, ns *names) (*template, error) {
	if at < 0 || at > len(chunk)-templateHead {
		return nil, bad(at, "template outside the chunk")
	}
	id := guid(chunk[at+4 : at+20])
	size := u32(chunk, at+20)
	if size < 0 || size > len(chunk)-at-templateHead {
		return nil, bad(at, "template of %d bytes, longer than the chunk", uint32(size))
	}
	ts.mu.RLock()
	for _, t := range ts.by[id] {
		if t.matches(chunk, at+templateHead) {
			ts.mu.RUnlock()
			return t, nil
		}
	}
	ts.mu.RUnlock()
	t, err := parseTemplate(chunk, at+templateHead, at+templateHead+size, ns)
	if err != nil {
		return nil, err
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	cost := len(t.body) + len(t.tree.buf) + 96*len(t.tree.nodes) + 256
	if ts.bytes += cost; ts.by == nil || ts.bytes > maxTemplateBytes {
		ts.by, ts.bytes = map[guid][]*template{}, cost
	}
	known := ts.by[id]
	if len(known) >= maxVariants {
		known = known[1:]
	}
	ts.by[id] = append(known[:len(known):len(known)], t)
	return t, nil
}

// parseTemplate takes apart the body of a template.
func parseTemplate(chunk []byte, pos, end int, ns *names) (*template, error) {
	t := &template{}
	t.tree.nodes = make([]node, 0, 1+(end-pos)/24) // about as many as the bytes make
	t.tree.reset()
	p := parser{chunk: chunk, names: ns, t: &t.tree, deps: true, keep: true, holes: make([]hole, 0, 1+(end-pos)/20)}
	start := pos
	last := int32(0)
	for pos < end && chunk[pos] != tokEOF {
		switch chunk[pos] &^ more {
		case tokFragment:
			pos += 4
		case tokOpenStart:
			i, next, err := p.element(pos, end, 0)
			if err != nil {
				return nil, err
			}
			if pos = next; last == 0 {
				t.tree.first = i
			} else {
				t.tree.nodes[last].next = i
			}
			last = i
		default:
			return nil, bad(pos, "token 0x%02x in a template", chunk[pos])
		}
	}
	pos = min(pos, end)
	if last == 0 {
		return nil, bad(start, "template without an element")
	}
	t.body = bytes.Clone(chunk[start:pos])
	t.holes = p.holes
	for i := range t.holes {
		t.holes[i].at -= start
	}
	return t, nil
}

// matches reports whether the same template is written down at pos: the same bytes, but for the places of names.
func (t *template) matches(chunk []byte, pos int) bool {
	from := 0
	for i := range t.holes {
		h := &t.holes[i]
		n := h.at - from
		if n > len(chunk)-pos-4 || string(chunk[pos:pos+n]) != string(t.body[from:h.at]) {
			return false
		}
		pos += n
		if h.isName {
			at := u32(chunk, pos)
			if at < 0 || at > len(chunk)-8-len(h.name) || 2*u16(chunk, at+6) != len(h.name) || string(chunk[at+8:at+8+len(h.name)]) != h.name {
				return false
			}
			if at == pos+4 {
				pos += 8 + len(h.name) + 2
			}
		}
		pos += 4
		from = h.at + h.size
	}
	n := len(t.body) - from
	return n <= len(chunk)-pos && string(chunk[pos:pos+n]) == string(t.body[from:])
}
