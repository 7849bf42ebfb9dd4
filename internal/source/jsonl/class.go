package jsonl

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// class returns the class of the record just read.
func (d *Decoder) class() *event.Class {
	for i, raw := range d.roles {
		if bytes.IndexByte(raw, '\\') >= 0 {
			d.roles[i] = appendUnescaped(nil, raw)
		}
	}
	c := shape.Classify(d.marks, &d.roles)
	k := append(d.classKey[:0], c.Shape...)
	k = append(append(k, 0), c.Provider...)
	k = append(append(k, 0), c.Channel...)
	k = append(append(k, 0), c.ID...)
	d.classKey = k
	if p := d.classCache[string(k)]; p != nil {
		return p
	}
	full := event.Class{Shape: c.Shape, Provider: string(c.Provider), Channel: string(c.Channel), ID: string(c.ID)}
	if len(d.classCache) >= maxClasses {
		full = event.Class{Shape: c.Shape} // known too little of to be routed, and bounded in memory
	}
	p := d.classes.Intern(full)
	if len(d.classCache) < maxClasses {
		d.classCache[string(k)] = p
	}
	return p
}
