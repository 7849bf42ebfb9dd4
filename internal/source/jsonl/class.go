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
	return d.interner.Intern(shape.Classify(d.marks, &d.roles))
}
