package evtx

import "github.com/harrier-detect/harrier/internal/source/winevent"

// walkElement gives the fields of an element their values, without a program: for binary XML without a template, and for
// elements whose meaning differs from record to record. What it does and what [compile] makes must agree.
func (d *Decoder) walkElement(t *tree, vals []value, i int32, parent winevent.Place, depth int) error {
	n := &t.nodes[i]
	if n.dep != noDependency && parent != winevent.Root && isNull(vals, n.dep) {
		return nil
	}
	if err := d.spend(0, 0); err != nil {
		return err
	}
	place := d.w.Child(parent, n.name)
	if d.w.Named(place) {
		for a := n.attrs; a != 0; a = t.nodes[a].next {
			if t.nodes[a].name == "Name" {
				from := len(d.buf)
				d.appendText(t, vals, t.nodes[a].first)
				place = d.w.Item(place, bytesString(d.buf[from:]))
				break
			}
		}
	}
	elements, texts := 0, 0
	for k := n.first; k != 0; k = t.nodes[k].next {
		switch t.nodes[k].kind {
		case element:
			elements++
		case instruction:
		default:
			texts++
		}
	}
	if elements == 0 && absent(t, vals, n.first) {
		return nil
	}
	attributes := false
	for a := n.attrs; a != 0; a = t.nodes[a].next {
		at := d.w.Attr(place, t.nodes[a].name)
		if d.w.Target(at).Kind == winevent.None {
			continue
		}
		attributes = true
		if !absent(t, vals, t.nodes[a].first) {
			if err := d.mixed(t, vals, t.nodes[a].first, at, depth); err != nil {
				return err
			}
		}
	}
	for k := n.first; k != 0; k = t.nodes[k].next {
		if t.nodes[k].kind == element {
			if err := d.walkElement(t, vals, k, place, depth); err != nil {
				return err
			}
		}
	}
	if texts > 0 || elements == 0 && !attributes {
		if elements == 0 || !blank(t.nodes, n.first) {
			return d.mixed(t, vals, n.first, place, depth)
		}
	}
	return nil
}

func isNull(vals []value, sub uint16) bool { return int(sub) >= len(vals) || vals[sub].isNull() }

// absent reports whether an optional value among the nodes is null.
func absent(t *tree, vals []value, first int32) bool {
	for k := first; k != 0; k = t.nodes[k].next {
		if n := &t.nodes[k]; n.kind == substitution && n.optional && isNull(vals, n.sub) {
			return true
		}
	}
	return false
}

// mixed gives the field at place the text that the nodes from first on make; elements among them have been seen to.
func (d *Decoder) mixed(t *tree, vals []value, first int32, place winevent.Place, depth int) error {
	target := d.w.Target(place)
	parts, last := 0, int32(0)
	for k := first; k != 0; k = t.nodes[k].next {
		n := &t.nodes[k]
		switch n.kind {
		case element, instruction:
			continue
		case substitution:
			if int(n.sub) < len(vals) && vals[n.sub].typ == typeBinXML {
				v := vals[n.sub]
				if err := d.spend(int(v.at), int(v.size)); err != nil {
					return err
				}
				if err := d.fragments(int(v.at), int(v.at+v.size), place, depth+1); err != nil {
					return err
				}
				target.Full = true // the elements are the content
				continue
			}
		}
		parts++
		last = k
	}
	if !useful(target) {
		return nil
	}
	if parts == 1 && t.nodes[last].kind == substitution {
		var v value
		if sub := t.nodes[last].sub; int(sub) < len(vals) {
			v = vals[sub]
		}
		if err := d.spend(int(v.at), int(v.size)); err != nil {
			return err
		}
		return d.put(target, v.typ, v.bytes(d.chunk), int(v.at))
	}
	from := len(d.buf)
	if err := d.appendText(t, vals, first); err != nil {
		return err
	}
	d.w.Put(target, bytesString(d.buf[from:]))
	return nil
}

// appendText appends the text that nodes make to the texts of the record.
func (d *Decoder) appendText(t *tree, vals []value, first int32) error {
	for k := first; k != 0; k = t.nodes[k].next {
		n := &t.nodes[k]
		if n.kind != substitution {
			s, _ := nodeText(n)
			if err := d.spend(0, len(s)); err != nil {
				return err
			}
			d.buf = append(d.buf, s...)
			continue
		}
		if int(n.sub) >= len(vals) || vals[n.sub].typ == typeBinXML {
			continue
		}
		v := vals[n.sub]
		if err := d.spend(int(v.at), int(v.size)); err != nil {
			return err
		}
		raw := v.bytes(d.chunk)
		if v.typ&array == 0 {
			d.buf = appendValue(d.buf, v.typ, raw)
			continue
		}
		for i := 0; len(raw) > 0; i++ {
			var one []byte
			if one, raw = item(v.typ, raw); i > 0 {
				d.buf = append(d.buf, ' ')
			}
			d.buf = appendValue(d.buf, v.typ&^array, one)
		}
	}
	return nil
}
