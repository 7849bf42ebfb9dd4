package spill

import (
	"encoding/binary"
	"errors"
	"math"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Codec writes batches as bytes and reads them back: the same values, of the same kinds, in columns of the same names, with class
// and lineage. Text comes back in dictionaries of its own, and lazy columns as values. It is safe for concurrent use.
type Codec struct {
	mu      sync.Mutex
	classes []*event.Class
	numbers map[*event.Class]uint64
}

// Forms of lineage and of columns.
const (
	noLineage = iota
	oneOrigin
	originSets
)

const (
	constantColumn = iota
	plainColumn
	codedColumn
	valueColumn
)

func (c *Codec) number(class *event.Class) uint64 {
	if class == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.numbers[class]
	if !ok {
		if c.numbers == nil {
			c.numbers = map[*event.Class]uint64{}
		}
		c.classes = append(c.classes, class)
		n = uint64(len(c.classes))
		c.numbers[class] = n
	}
	return n
}

func (c *Codec) class(n uint64) *event.Class {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n == 0 || n > uint64(len(c.classes)) {
		return nil
	}
	return c.classes[n-1]
}

// Append appends a batch to dst.
func (c *Codec) Append(dst []byte, b *event.Batch) []byte {
	n := b.Len()
	dst = binary.AppendUvarint(dst, uint64(n))
	dst = binary.AppendUvarint(dst, c.number(b.Class))
	dst = appendLineage(dst, b)
	dst = binary.AppendUvarint(dst, uint64(len(b.Names())))
	for i, name := range b.Names() {
		dst = appendText(dst, name)
		dst = appendColumn(dst, b.ColumnAt(i))
	}
	return dst
}

func appendLineage(dst []byte, b *event.Batch) []byte {
	l := b.Lineage
	switch {
	case l.One != nil:
		dst = append(dst, oneOrigin)
		for _, o := range l.One {
			dst = appendOrigin(dst, o)
		}
	case l.Sets != nil || l.Pairs != nil:
		dst = append(dst, originSets)
		for i := range b.Len() {
			set := l.Of(i)
			if set == nil { // the row has no origins, which is not the same as an empty set
				dst = append(dst, 0)
				continue
			}
			dst = binary.AppendUvarint(dst, uint64(len(set))+1)
			for _, o := range set {
				dst = appendOrigin(dst, o)
			}
		}
	default:
		dst = append(dst, noLineage)
	}
	return dst
}

func appendOrigin(dst []byte, o event.Origin) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(o.File)), o.Record)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendColumn(dst []byte, c *event.Column) []byte {
	switch c.Encoding() {
	case event.Constant:
		return AppendValue(append(dst, constantColumn), c.Const())
	case event.Plain:
		kind, nums, valid := c.PlainKind()
		dst = append(dst, plainColumn, byte(kind))
		if valid == nil {
			dst = append(dst, 0)
		} else {
			dst = append(dst, 1)
			for _, w := range valid {
				dst = binary.LittleEndian.AppendUint64(dst, w)
			}
		}
		for _, n := range nums {
			dst = binary.LittleEndian.AppendUint64(dst, n)
		}
		return dst
	case event.Dictionary:
		d, codes := c.Codes()
		numbers := make(map[uint32]uint64, min(len(codes), 256))
		var order []uint32
		at := make([]uint64, len(codes))
		for i, code := range codes {
			n, ok := numbers[code]
			if !ok {
				n = uint64(len(order))
				numbers[code] = n
				order = append(order, code)
			}
			at[i] = n
		}
		dst = binary.AppendUvarint(append(dst, codedColumn), uint64(len(order)))
		for _, code := range order {
			dst = AppendValue(dst, d.Value(code))
		}
		for _, n := range at {
			dst = binary.AppendUvarint(dst, n)
		}
		return dst
	}
	dst = append(dst, valueColumn)
	for i := range c.Len() {
		dst = AppendValue(dst, c.Value(i))
	}
	return dst
}

// AppendValue appends a value of any kind to dst.
func AppendValue(dst []byte, v event.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case event.Missing, event.Null:
	case event.Bool:
		if v.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case event.String:
		return appendText(dst, v.Str())
	case event.Float:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float()))
	case event.List:
		dst = binary.AppendUvarint(dst, uint64(len(v.List())))
		for _, e := range v.List() {
			dst = AppendValue(dst, e)
		}
	case event.Object:
		dst = binary.AppendUvarint(dst, uint64(len(v.Bag())))
		for _, f := range v.Bag() {
			dst = AppendValue(appendText(dst, f.Name), f.Value)
		}
	default:
		return binary.AppendVarint(dst, v.Ticks())
	}
	return dst
}

// errDamaged says that bytes do not hold what Append writes. It shows a fault of the disk.
var errDamaged = errors.New("the temporary file is damaged")

// Next reads the batch at the beginning of data, which it does not refer to afterwards, and returns what follows.
func (c *Codec) Next(data []byte) (b *event.Batch, rest []byte, err error) {
	r := &reader{data: data}
	n := r.count()
	b = event.NewBatch(n)
	b.Class = c.class(r.uvarint())
	switch r.byte() {
	case oneOrigin:
		if n > len(r.data) {
			return nil, nil, errDamaged
		}
		b.Lineage.One = make([]event.Origin, n)
		for i := range b.Lineage.One {
			b.Lineage.One[i] = r.origin()
		}
	case originSets:
		if n > len(r.data) {
			return nil, nil, errDamaged
		}
		b.Lineage.Sets = make([][]event.Origin, n)
		for i := range b.Lineage.Sets {
			size := r.count() - 1
			if size < 0 {
				continue
			}
			if size > len(r.data) {
				return nil, nil, errDamaged
			}
			set := make([]event.Origin, size)
			for j := range set {
				set[j] = r.origin()
			}
			b.Lineage.Sets[i] = set
		}
	}
	for range r.count() {
		name := r.text()
		col := r.column(n)
		if r.bad {
			break
		}
		b.Set(name, col)
	}
	if r.bad {
		return nil, nil, errDamaged
	}
	return b, r.data, nil
}

type reader struct {
	data []byte
	bad  bool
}

func (r *reader) fail() { r.data, r.bad = nil, true }

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.data)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.data)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[size:]
	return n
}

// count reads how many things follow, of which no honest block has more than memory.
func (r *reader) count() int {
	n := r.uvarint()
	if n > 1<<31 {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.fail()
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) word() uint64 {
	if len(r.data) < 8 {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.data)
	r.data = r.data[8:]
	return n
}

func (r *reader) text() string {
	n := r.count()
	if n > len(r.data) {
		r.fail()
		return ""
	}
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}

func (r *reader) origin() event.Origin {
	return event.Origin{File: uint32(r.uvarint()), Record: r.uvarint()}
}

func (r *reader) words(n int) []uint64 {
	if n > len(r.data)/8 {
		r.fail()
		return nil
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = r.word()
	}
	return out
}

func (r *reader) column(n int) *event.Column {
	switch r.byte() {
	case constantColumn:
		return event.NewConstant(r.value(), n)
	case plainColumn:
		kind := event.Kind(r.byte())
		var valid []uint64
		if r.byte() == 1 {
			valid = r.words((n + 63) / 64)
		}
		return event.NewPlain(kind, r.words(n), valid)
	case codedColumn:
		d := event.NewDerivedDict()
		size := r.count()
		for i := range size {
			if d.Set(uint32(i), r.value()); r.bad {
				return nil
			}
		}
		if n > len(r.data) {
			r.fail()
			return nil
		}
		codes := make([]uint32, n)
		for i := range codes {
			if codes[i] = uint32(r.uvarint()); int(codes[i]) >= size {
				r.fail()
				return nil
			}
		}
		return event.NewDictionary(d, codes)
	case valueColumn:
		if n > len(r.data) {
			r.fail()
			return nil
		}
		vals := make([]event.Value, n)
		for i := range vals {
			vals[i] = r.value()
		}
		return event.NewAny(vals)
	}
	r.fail()
	return nil
}

func (r *reader) value() event.Value {
	switch kind := event.Kind(r.byte()); kind {
	case event.Missing:
		return event.Value{}
	case event.Null:
		return event.NullValue
	case event.Bool:
		return event.BoolOf(r.byte() != 0)
	case event.Int:
		return event.IntOf(r.varint())
	case event.Float:
		return event.FloatOf(math.Float64frombits(r.word()))
	case event.String:
		return event.StringOf(r.text())
	case event.Time:
		return event.TicksOf(r.varint())
	case event.Duration:
		return event.DurationOf(r.varint())
	case event.List:
		n := r.count()
		list := make([]event.Value, 0, min(n, len(r.data)))
		for range n {
			if list = append(list, r.value()); r.bad {
				break
			}
		}
		return event.ListOf(list)
	case event.Object:
		n := r.count()
		bag := make(event.Bag, 0, min(n, len(r.data)))
		for range n {
			if bag = append(bag, event.Field{Name: r.text(), Value: r.value()}); r.bad {
				break
			}
		}
		return event.ObjectOf(bag)
	}
	r.fail()
	return event.Value{}
}
