package csv

import (
	"bytes"
	"context"
	"fmt"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// A Decoder turns blocks of whole records into records of a builder.
type Decoder struct {
	// File is the file number of the records' origins.
	File uint32
	// Problem is told of what is wrong: the line, the byte offset within the block, whether the record is lost, and what it is.
	Problem func(line uint64, offset int, lost bool, message string)

	b       *event.Builder
	d       *Dialect
	raw     bool
	columns []column
	classes shape.Interner
}

type column struct {
	field event.FieldID
	want  bool
	mark  shape.Marks
	role  shape.Role
}

// New returns a decoder for records of dialect d. need is that of the builder.
func New(b *event.Builder, classes *event.Classes, need func(string) bool, d *Dialect) *Decoder {
	dec := &Decoder{b: b, d: d, raw: need == nil || need(event.RawField), classes: shape.NewInterner(classes),
		Problem: func(uint64, int, bool, string) {}}
	for _, name := range d.Header {
		dec.column(name)
	}
	return dec
}

func (d *Decoder) column(name string) {
	f := d.b.Field(name)
	c := column{field: f, want: d.b.Wants(f)}
	c.mark, c.role = shape.Of(name)
	d.columns = append(d.columns, c)
}

// Records decodes a block of which the first line has the given number. When raw text is wanted the block must stay unchanged
// while any batch of the builder lives.
func (d *Decoder) Records(ctx context.Context, block []byte, line uint64) error {
	var r reader
	var cells [][]byte
	text := &raw.Block{Text: block}
	named := len(d.d.Header)
	extra := false
	r.reset(block, d.d.Separator)
	for n := 0; r.p < len(block); n++ {
		if n&255 == 255 && ctx.Err() != nil {
			return ctx.Err()
		}
		at, record := r.p, line
		end := r.next(&cells)
		if end < 0 {
			end = len(block)
		}
		line += uint64(bytes.Count(block[at:r.p], []byte{'\n'}))
		if end > at && block[end-1] == '\r' {
			end--
		}
		if end == at {
			continue // a blank line
		}
		if r.open {
			d.Problem(record, at, false, "the last record is cut off within quotes")
		}
		if len(cells) > named {
			if !extra {
				extra = true
				d.Problem(record, at, false, fmt.Sprintf("%d cells, but the header names %d: the others become column%d and so on", len(cells), named, named+1))
			}
			if len(cells) > maxColumns {
				d.Problem(record, at, true, fmt.Sprintf("more than %d cells", maxColumns))
				continue
			}
			for k := len(d.columns); k < len(cells); k++ {
				d.column(fmt.Sprintf("column%d", k+1))
			}
		}
		var marks shape.Marks
		var roles [shape.Roles][]byte
		for i, cell := range cells {
			if len(cell) == 0 && !r.quoted[i] {
				continue
			}
			c := &d.columns[i]
			if c.want {
				d.b.AddBytes(c.field, cell)
			}
			marks |= c.mark
			if c.role != shape.NoRole {
				roles[c.role] = cell
			}
		}
		if d.raw {
			d.b.Raw(text, raw.Key(at, end-at))
		}
		if err := d.b.End(d.classes.Intern(shape.Classify(marks, &roles)), event.Origin{File: d.File, Record: record}); err != nil {
			return err
		}
	}
	return nil
}
