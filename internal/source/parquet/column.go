package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
)

// A cursor reads the values of one leaf of a row group, a stretch of rows at a time.
type cursor struct {
	name    string
	text    bool
	maxDef  byte
	convert func(parquet.Value) event.Value
	dict    *event.Dict
	pages   parquet.Pages

	page   parquet.Page
	defs   []byte // definition levels of the page; empty: no nulls
	rows   int
	row    int // next row of the page
	at     int // its value
	vals   []parquet.Value
	data   []byte
	starts []uint32

	indexes []int32
	from    parquet.Dictionary
	codes   []uint32      // by index of from; 0: not looked up yet
	known   []event.Value // the same for values that are no text, or not interned

	offers, fresh, bytes int
}

func newCursor(c *parquet.Column, chunk parquet.ColumnChunk, name string, dicts *event.Dicts) *cursor {
	cur := &cursor{name: name, text: isText(c), maxDef: byte(c.MaxDefinitionLevel()), convert: converter(c), pages: chunk.Pages()}
	if cur.text {
		cur.dict = dicts.For(name)
	}
	return cur
}

func (c *cursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	c.pages.Close()
}

// next moves to the next page.
func (c *cursor) next() error {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	p, err := c.pages.ReadPage()
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	c.page, c.row, c.at, c.rows = p, 0, 0, int(p.NumRows())
	c.defs = p.DefinitionLevels()
	c.indexes, c.vals, c.data, c.starts = nil, c.vals[:0], nil, nil
	if len(c.defs) > 0 && len(c.defs) != c.rows {
		return fmt.Errorf("column %s: %d definition levels for %d rows", c.name, len(c.defs), c.rows)
	}
	values := p.Data()
	if d := p.Dictionary(); d != nil {
		c.indexes = values.Int32()
		if d != c.from {
			c.from = d
			c.codes = make([]uint32, d.Len())
			c.known = make([]event.Value, d.Len())
		}
		return nil
	}
	if c.text {
		c.data, c.starts = values.ByteArray()
		return nil
	}
	return c.readValues(p)
}

// readValues reads a page of values that are no text; nulls are left out, as they are from the other forms.
func (c *cursor) readValues(p parquet.Page) error {
	c.vals = c.vals[:0]
	r := p.Values()
	buf := make([]parquet.Value, 1024)
	for {
		n, err := r.ReadValues(buf)
		for _, v := range buf[:n] {
			if !v.IsNull() {
				c.vals = append(c.vals, v.Clone())
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		if n == 0 {
			return fmt.Errorf("column %s: %w", c.name, io.ErrNoProgress)
		}
	}
}

var errFewer = errors.New("fewer values than rows")

// read returns the next n rows.
func (c *cursor) read(n int) (*event.Column, error) {
	plain := c.text && c.dict.Texty()
	var codes []uint32
	var vals []event.Value
	if c.text && !plain {
		codes = make([]uint32, 0, n)
	} else {
		vals = make([]event.Value, 0, n)
	}
	for filled := 0; filled < n; {
		if c.page == nil || c.row == c.rows {
			if err := c.next(); err != nil {
				return nil, err
			}
			continue
		}
		k := min(n-filled, c.rows-c.row)
		for range k {
			if len(c.defs) > 0 && c.defs[c.row] != c.maxDef {
				if codes != nil {
					codes = append(codes, event.CodeMissing)
				} else {
					vals = append(vals, event.Value{})
				}
				c.row++
				continue
			}
			if codes != nil {
				code, err := c.code()
				if err != nil {
					return nil, err
				}
				codes = append(codes, code)
			} else {
				v, err := c.value()
				if err != nil {
					return nil, err
				}
				vals = append(vals, v)
			}
			c.row++
			c.at++
		}
		filled += k
	}
	if codes != nil {
		if c.offers >= 1024 && c.fresh*10 > c.offers*9 && c.bytes > 64*c.offers {
			c.dict.MarkTexty()
		}
		return event.NewDictionary(c.dict, codes), nil
	}
	return event.NewColumn(vals), nil
}

// code returns the code of the current text.
func (c *cursor) code() (uint32, error) {
	if c.indexes != nil {
		if c.at >= len(c.indexes) {
			return 0, fmt.Errorf("column %s: %w", c.name, errFewer)
		}
		i := c.indexes[c.at]
		if i < 0 || int(i) >= len(c.codes) {
			return 0, fmt.Errorf("column %s: index %d outside its dictionary", c.name, i)
		}
		if c.codes[i] == 0 {
			c.codes[i] = c.dict.InternBytes(c.from.Index(i).ByteArray())
		}
		return c.codes[i], nil
	}
	text, err := c.bytesAt()
	if err != nil {
		return 0, err
	}
	before := c.dict.Len()
	code := c.dict.InternBytes(text)
	c.offers++
	c.bytes += len(text)
	if int(code) >= before {
		c.fresh++
	}
	return code, nil
}

func (c *cursor) bytesAt() ([]byte, error) {
	if c.at+1 >= len(c.starts) {
		return nil, fmt.Errorf("column %s: %w", c.name, errFewer)
	}
	from, to := c.starts[c.at], c.starts[c.at+1]
	if from > to || uint64(to) > uint64(len(c.data)) {
		return nil, fmt.Errorf("column %s: text outside its page", c.name)
	}
	return c.data[from:to], nil
}

// value returns the current value.
func (c *cursor) value() (event.Value, error) {
	switch {
	case c.indexes != nil:
		if c.at >= len(c.indexes) {
			return event.Value{}, fmt.Errorf("column %s: %w", c.name, errFewer)
		}
		i := c.indexes[c.at]
		if i < 0 || int(i) >= len(c.known) {
			return event.Value{}, fmt.Errorf("column %s: index %d outside its dictionary", c.name, i)
		}
		if c.known[i].IsMissing() {
			c.known[i] = c.convert(c.from.Index(i))
		}
		return c.known[i], nil
	case c.starts != nil:
		text, err := c.bytesAt()
		return event.StringOf(string(text)), err
	case c.at >= len(c.vals):
		return event.Value{}, fmt.Errorf("column %s: %w", c.name, errFewer)
	}
	return c.convert(c.vals[c.at]), nil
}
