package parquet

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// Options say how to decode.
type Options struct {
	Dicts   *event.Dicts
	Classes *event.Classes
	// Uniform, when set, is the class of all rows, which then stay in order.
	Uniform *event.Class
	File    uint32
	Rows    int // of a batch
	Need    func(field string) bool
}

// A slab is how many rows are decoded at once: enough that batches of one class each are not too small.
const (
	maxSlab  = 1 << 16
	maxCells = 1 << 24
)

// Decode decodes a row group and hands its batches on. When raw text is needed all columns are read: the text is made from
// them, one JSON object a row. The error is that of ctx, of emit, or of reading; batches before it are whole.
func (f *File) Decode(ctx context.Context, group int, opt Options, emit func(*event.Batch) error) (err error) {
	defer guard(&err)
	g := f.f.RowGroups()[group]
	chunks := g.ColumnChunks()
	raw := opt.Need == nil || opt.Need(event.RawField)
	var cols []*column
	defer func() {
		for _, c := range cols {
			c.close()
		}
	}()
	for i := range f.fields {
		fl := &f.fields[i]
		c := &column{name: fl.name, want: opt.Need == nil || opt.Need(fl.name)}
		if fl.name == event.RawField {
			raw = false
		}
		c.mark, c.role = shape.Of(fl.name)
		cols = append(cols, c)
	}
	slab := max(min(maxSlab, maxCells/max(1, len(cols))), 1024)
	for i, c := range cols {
		if !c.want && !raw && c.mark == 0 && c.role == shape.NoRole {
			continue
		}
		fl := &f.fields[i]
		if fl.leaf != nil {
			c.leaf = newCursor(fl.leaf, chunks[fl.leaf.Index()], fl.name, opt.Dicts)
			continue
		}
		c.tree = fl.tree
		for _, l := range fl.leaves {
			c.levels = append(c.levels, &levelReader{pages: chunks[l.Index()].Pages(), name: fl.name})
		}
	}
	interner := shape.NewInterner(opt.Classes)
	rows := g.NumRows()
	for at := int64(0); at < rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(int64(slab), rows-at))
		for _, c := range cols {
			if c.data, err = c.read(n); err != nil {
				return err
			}
		}
		if err := f.batches(cols, n, f.first[group]+at, &interner, raw, opt, emit); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// A column is a field of the events in the making.
type column struct {
	name   string
	want   bool
	mark   shape.Marks
	role   shape.Role
	leaf   *cursor
	tree   *tree
	levels []*levelReader
	data   *event.Column // of the current slab
}

func (c *column) close() {
	if c.leaf != nil {
		c.leaf.close()
	}
	for _, l := range c.levels {
		l.pages.Close()
	}
}

func (c *column) read(n int) (*event.Column, error) {
	switch {
	case c.leaf != nil:
		return c.leaf.read(n)
	case c.tree == nil:
		return nil, nil
	}
	vals := make([]event.Value, n)
	rows := make([]rowReader, len(c.levels))
	for i := range vals {
		for k, l := range c.levels {
			var err error
			if rows[k].vals, err = l.row(); err != nil {
				return nil, err
			}
		}
		if v := c.tree.value(rows); !v.IsNull() {
			vals[i] = v
		}
	}
	return event.NewColumn(vals), nil
}

// A levelReader reads the values of a repeated leaf, row by row.
type levelReader struct {
	name  string
	pages parquet.Pages
	vals  parquet.ValueReader
	page  parquet.Page
	buf   []parquet.Value
	from  int // next value in buf
	out   []parquet.Value
}

func (l *levelReader) row() ([]parquet.Value, error) {
	l.out = l.out[:0]
	for {
		if l.from < len(l.buf) {
			v := l.buf[l.from]
			if len(l.out) > 0 && v.RepetitionLevel() == 0 {
				return l.out, nil
			}
			l.out = append(l.out, v)
			l.from++
			continue
		}
		err := l.fill()
		if err == io.EOF && len(l.out) > 0 {
			return l.out, nil
		}
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("column %s: %w", l.name, err)
		}
	}
}

func (l *levelReader) fill() error {
	for {
		if l.vals == nil {
			p, err := l.pages.ReadPage()
			if err != nil {
				return err
			}
			l.page, l.vals = p, p.Values()
		}
		if cap(l.buf) == 0 {
			l.buf = make([]parquet.Value, 1024)
		}
		n, err := l.vals.ReadValues(l.buf[:cap(l.buf)])
		l.buf, l.from = l.buf[:n], 0
		for i := range l.buf {
			l.buf[i] = l.buf[i].Clone()
		}
		if err == io.EOF {
			l.vals = nil
			parquet.Release(l.page)
		} else if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
		if err == nil {
			return io.ErrNoProgress
		}
	}
}

// batches puts the rows of a slab into batches of one class each.
func (f *File) batches(cols []*column, n int, first int64, in *shape.Interner, raw bool, opt Options, emit func(*event.Batch) error) error {
	var rawColumn *event.Column
	if raw {
		names, data := make([]string, len(cols)), make([]*event.Column, len(cols))
		for i, c := range cols {
			names[i], data[i] = c.name, c.data
		}
		rawColumn = event.NewLazy(n, func(row int) event.Value { return rawText(names, data, row) })
	}
	classes, order := classify(cols, n, in, opt.Uniform)
	for _, class := range order {
		for rows := classes[class]; len(rows) > 0; {
			part := rows[:min(len(rows), opt.Rows)]
			rows = rows[len(part):]
			b := event.NewBatch(len(part))
			b.Class = class
			b.Lineage.One = make([]event.Origin, len(part))
			for i, r := range part {
				b.Lineage.One[i] = event.Origin{File: opt.File, Record: uint64(first) + uint64(r)}
			}
			for _, c := range cols {
				if c.want && c.data != nil {
					if col := c.data.Gather(part); !allMissing(col) {
						b.Set(c.name, col)
					}
				}
			}
			if rawColumn != nil {
				b.Set(event.RawField, rawColumn.Gather(part))
			}
			if err := emit(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func allMissing(c *event.Column) bool {
	switch c.Encoding() {
	case event.Dictionary:
		_, codes := c.Codes()
		for _, code := range codes {
			if code != event.CodeMissing {
				return false
			}
		}
		return true
	case event.Any:
		for i := range c.Len() {
			if !c.Value(i).IsMissing() {
				return false
			}
		}
		return true
	}
	return c.AllMissing()
}

// classify groups the rows of a slab by class, in the order in which classes appear.
func classify(cols []*column, n int, in *shape.Interner, uniform *event.Class) (map[*event.Class][]int32, []*event.Class) {
	rows := map[*event.Class][]int32{}
	var order []*event.Class
	if uniform != nil {
		all := make([]int32, n)
		for i := range all {
			all[i] = int32(i)
		}
		return map[*event.Class][]int32{uniform: all}, []*event.Class{uniform}
	}
	var telling []*column
	for _, c := range cols {
		if c.data != nil && (c.mark != 0 || c.role != shape.NoRole) {
			telling = append(telling, c)
		}
	}
	known := map[string]*event.Class{}
	var key, last []byte
	var class *event.Class
	for i := range n {
		key = key[:0]
		for _, c := range telling {
			key = binary.LittleEndian.AppendUint64(key, c.key(i))
		}
		if class == nil || string(key) != string(last) {
			if class = known[string(key)]; class == nil {
				var marks shape.Marks
				var roles [shape.Roles][]byte
				for _, c := range telling {
					if v := c.data.Value(i); !v.IsNull() {
						marks |= c.mark
						roles[c.role] = valueText(v)
					}
				}
				class = in.Intern(shape.Classify(marks, &roles))
				if len(known) < maxSlab/4 {
					known[string(key)] = class
				}
			}
			last = append(last[:0], key...)
		}
		if rows[class] == nil {
			order = append(order, class)
		}
		rows[class] = append(rows[class], int32(i))
	}
	return rows, order
}

// key tells the value in row i from others as far as the class goes.
func (c *column) key(i int) uint64 {
	switch c.data.Encoding() {
	case event.Dictionary:
		_, codes := c.data.Codes()
		if c.role == shape.NoRole && codes[i] != event.CodeMissing {
			return 1
		}
		return uint64(codes[i])
	case event.Plain:
		if c.role == shape.NoRole {
			return 1
		}
		_, nums, _ := c.data.PlainKind()
		return nums[i]
	}
	v := c.data.Value(i)
	switch {
	case v.IsNull():
		return 0
	case c.role == shape.NoRole:
		return 1
	case v.Kind() == event.Int:
		return uint64(v.Int()) + 1
	}
	var h uint64 = 14695981039346656037 // FNV-1a; a value of a telling field that is neither a code nor a number is rare
	for _, b := range valueText(v) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func valueText(v event.Value) []byte {
	switch v.Kind() {
	case event.String:
		return []byte(v.Str())
	case event.Int:
		return strconv.AppendInt(nil, v.Int(), 10)
	}
	return nil
}

// rawText makes the JSON object of a row, without what is missing in it.
func rawText(names []string, cols []*event.Column, row int) event.Value {
	out := []byte{'{'}
	for i, c := range cols {
		if c == nil {
			continue
		}
		v := c.Value(row)
		if v.IsMissing() {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = event.AppendQuoted(out, names[i])
		out = append(out, ':')
		out = event.AppendJSON(out, v)
	}
	return event.StringOf(string(append(out, '}')))
}
