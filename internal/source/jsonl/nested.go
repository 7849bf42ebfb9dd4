package jsonl

import (
	"fmt"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// maxFlat is how deep objects are flattened to dotted names; deeper ones stay objects.
const maxFlat = 32

// node makes the node of a key that this object has not had before, or returns nil when there are too many.
func (d *Decoder) node(o *object, raw []byte, h uint64) *node {
	if o.n >= maxKeys || d.nodes >= maxNodes {
		return nil
	}
	d.nodes++
	n := &node{key: make([]byte, 0, len(raw)+3), hash: h}
	n.key = append(append(append(n.key, '"'), raw...), '"', ':')
	n.path = o.prefix + string(appendUnescaped(nil, raw))
	n.field = d.b.Field(n.path)
	n.want = d.b.Wants(n.field)
	n.mark, n.role = shape.Of(n.path)
	if o == d.root {
		n.properties = n.path == "properties"
		n.preview = n.path == "preview"
		switch n.path {
		case "_source":
			n.wrapped = elasticSource
		case "result":
			n.wrapped = splunkResult
		}
		n.records = n.path == "records" || n.path == "Records"
	}
	o.insert(n)
	return n
}

// restValue reads the value of a key beyond the bound of keys.
func (d *Decoder) restValue(p, depth int) (event.Value, int) {
	if p = skipSpace(d.buf, p, d.end); p >= d.end {
		return event.Value{}, d.fail(p, "value is missing")
	}
	return d.value(p, depth+1)
}

// overflow keeps what is beyond the bound of keys in one field.
func (d *Decoder) overflow(o *object, rest event.Bag) {
	name := Rest
	if o.prefix != "" {
		name = o.prefix[:len(o.prefix)-1]
	}
	d.b.Add(d.b.Field(name), event.ObjectOf(rest))
	if !d.overflown {
		d.overflown = true
		d.Problem(d.record, d.end, fmt.Sprintf("more different names than can be fields: the rest is kept as an object in field %q", name))
	}
}

// nested reads the object that is the value of n.
func (d *Decoder) nested(o *object, n *node, p, depth int) int {
	d.marks |= n.mark
	if n.properties && o == d.root {
		if d.roles[shape.Category] == nil {
			d.deferred.at = p
			d.deferred.node = n
			if q := skipNested(d.buf, p, d.end); q >= 0 {
				return q
			}
			return d.fail(p, "object is cut off")
		}
		d.deferred.node = n
		return d.properties(p)
	}
	if n.wrapped == elasticSource || n.wrapped == splunkResult && d.preview {
		if n.bare == nil {
			n.bare = &object{}
		}
		return d.object(n.bare, p+1, depth+1)
	}
	if depth >= maxFlat {
		return d.whole(n, p, depth)
	}
	if n.child == nil {
		n.child = &object{prefix: n.path + "."}
		n.whole = n.want && d.Whole != nil && d.Whole(n.path)
	}
	if n.whole {
		if q := d.whole(n, p, depth); q < 0 {
			return q
		}
	} else if n.want {
		if q := skipSpace(d.buf, p+1, d.end); d.buf[q] == '}' && q < d.end {
			d.b.Add(n.field, event.ObjectOf(nil))
			return q + 1
		}
	}
	return d.object(n.child, p+1, depth+1)
}

// properties reads the object at p, the value of "properties" at top level. In a record of Defender's streaming API it is
// the row itself.
func (d *Decoder) properties(p int) int {
	n := d.deferred.node
	if shape.IsHunting(d.roles[shape.Category]) {
		d.marks |= shape.Hunting
		if n.bare == nil {
			n.bare = &object{}
		}
		return d.object(n.bare, p+1, 1)
	}
	if n.child == nil {
		n.child = &object{prefix: n.path + "."}
		n.whole = n.want && d.Whole != nil && d.Whole(n.path)
	}
	if n.whole && d.whole(n, p, 0) < 0 {
		return -1
	}
	return d.object(n.child, p+1, 1)
}

// whole reads the value at p as one value, when it is wanted.
func (d *Decoder) whole(n *node, p, depth int) int {
	if !n.want {
		if q := skipNested(d.buf, p, d.end); q >= 0 {
			return q
		}
		return d.fail(p, "object or list is cut off")
	}
	v, q := d.value(p, depth)
	if q >= 0 {
		d.b.Add(n.field, v)
	}
	return q
}

// array reads the list that is the value of n.
func (d *Decoder) array(o *object, n *node, p, depth int) int {
	d.marks |= n.mark
	if n.records && o == d.root && !d.container {
		if q := skipSpace(d.buf, p+1, d.end); q < d.end && d.buf[q] == '{' {
			return d.records(q)
		}
	}
	if !n.want {
		return d.whole(n, p, depth)
	}
	q := skipNested(d.buf, p, d.end)
	if q < 0 {
		return d.fail(p, "list is cut off")
	}
	raw := d.buf[p:q]
	if string(raw) != n.lastArray {
		v, end := d.value(p, depth)
		if end < 0 {
			return -1
		}
		if end != q {
			return d.fail(p, "brackets do not match")
		}
		n.lastArray, n.lastList = unsafe.String(unsafe.SliceData(raw), len(raw)), v
	}
	d.b.Add(n.field, n.lastList)
	return q
}

// records reads the elements of a container's list, from its first, each as a record of its own.
func (d *Decoder) records(p int) int {
	d.b.Discard()
	d.container, d.recordsAt = true, p
	defer func() { d.container = false }()
	count := 0
	for {
		next, err := d.one(p)
		if err != nil {
			d.err = err
			return d.fail(p, "")
		}
		if next < 0 {
			if next = skipNested(d.buf, p, d.end); next < 0 {
				return d.fail(p, "list of records is cut off")
			}
		}
		count++
		p = skipSpace(d.buf, next, d.end)
		if p < d.end && d.buf[p] == ',' {
			p = skipSpace(d.buf, p+1, d.end)
		}
		switch {
		case p >= d.end:
			return d.fail(p, "list of records is cut off")
		case d.buf[p] == ']':
			d.contained, d.recordsEnd = count, p+1
			return p + 1
		case d.buf[p] != '{':
			return d.fail(p, "record expected")
		}
	}
}

// value reads any value as one [event.Value] that keeps nothing of the block alive.
func (d *Decoder) value(p, depth int) (event.Value, int) {
	b, end := d.buf, d.end
	switch b[p] {
	case '"':
		q, escaped := stringEnd(b, p+1, end)
		if q < 0 {
			return event.Value{}, d.fail(p, "string is cut off")
		}
		return event.StringOf(ownText(b[p+1:q], escaped)), q + 1
	case '[':
		if depth >= maxDepth {
			return event.Value{}, d.fail(p, fmt.Sprintf("nested deeper than %d", maxDepth))
		}
		list := []event.Value{}
		for p = skipSpace(b, p+1, end); ; {
			if p >= end {
				return event.Value{}, d.fail(p, "list is cut off")
			}
			if b[p] == ']' {
				return event.ListOf(list), p + 1
			}
			if len(list) > 0 {
				if b[p] != ',' {
					return event.Value{}, d.fail(p, "',' or ']' expected")
				}
				if p = skipSpace(b, p+1, end); p >= end {
					continue
				}
			}
			v, next := d.value(p, depth+1)
			if next < 0 {
				return event.Value{}, -1
			}
			list = append(list, v)
			p = skipSpace(b, next, end)
		}
	case '{':
		if depth >= maxDepth {
			return event.Value{}, d.fail(p, fmt.Sprintf("nested deeper than %d", maxDepth))
		}
		var bag event.Bag
		for p = skipSpace(b, p+1, end); ; {
			if p >= end {
				return event.Value{}, d.fail(p, "object is cut off")
			}
			if b[p] == '}' {
				return event.ObjectOf(bag), p + 1
			}
			if len(bag) > 0 {
				if b[p] != ',' {
					return event.Value{}, d.fail(p, "',' or '}' expected")
				}
				p = skipSpace(b, p+1, end)
			}
			if p >= end || b[p] != '"' {
				return event.Value{}, d.fail(p, "name in quotes expected")
			}
			q, escaped := stringEnd(b, p+1, end)
			if q < 0 {
				return event.Value{}, d.fail(p, "name is cut off")
			}
			name := ownText(b[p+1:q], escaped)
			if p = skipSpace(b, q+1, end); p >= end || b[p] != ':' {
				return event.Value{}, d.fail(p, "':' expected")
			}
			if p = skipSpace(b, p+1, end); p >= end {
				return event.Value{}, d.fail(p, "value is missing")
			}
			v, next := d.value(p, depth+1)
			if next < 0 {
				return event.Value{}, -1
			}
			bag = append(bag, event.Field{Name: name, Value: v})
			p = skipSpace(b, next, end)
		}
	}
	q := p
	for q < end && literal[b[q]] {
		q++
	}
	if q == p {
		return event.Value{}, d.fail(p, "value expected")
	}
	v, ok := scalar(b[p:q])
	if !ok {
		return event.Value{}, d.fail(p, "not a JSON value")
	}
	return v, q
}

func ownText(raw []byte, escaped bool) string {
	if escaped {
		return string(appendUnescaped(make([]byte, 0, len(raw)), raw))
	}
	return string(raw)
}

// Parse reads a whole JSON text as one value; ok is false when it is none.
func Parse(text []byte) (v event.Value, ok bool) {
	d := &Decoder{buf: append(append(make([]byte, 0, len(text)+Slack), text...), make([]byte, Slack)...), end: len(text)}
	p := skipSpace(d.buf, 0, d.end)
	if p == d.end {
		return event.Value{}, false
	}
	v, p = d.value(p, 0)
	return v, p >= 0 && skipSpace(d.buf, p, d.end) == d.end
}
