// Package parquet decodes Parquet files into columns. Where a file keeps a column as dictionary and indexes, the values are
// looked up once per distinct value, and the indexes become codes.
//
// Groups are flattened to dotted names; lists, maps and JSON columns become List and Object values. A null is a missing field: in a table
// with a column for every field of every kind of event it says that this event has no such field.
package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/jsonl"
)

// A File is an open Parquet file. It may be used by several goroutines.
type File struct {
	f      *parquet.File
	fields []field
	first  []int64 // number of each row group's first row, from 1
}

// A field is a column of events: one leaf of the schema, or a subtree with lists or maps in it.
type field struct {
	name   string
	leaf   *parquet.Column // nil for a subtree
	tree   *tree
	leaves []*parquet.Column // of the subtree
}

// Open reads the schema of a file.
func Open(r io.ReaderAt, size int64) (f *File, err error) {
	defer guard(&err)
	// The library takes the length of the schema as it stands; a damaged one must not cost gigabytes.
	var tail [8]byte
	if size < 12 {
		return nil, io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	if string(tail[4:]) != "PAR1" {
		return nil, fmt.Errorf("no end mark at byte %d: the file is cut off", size-4)
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:])); n > size-12 {
		return nil, fmt.Errorf("a schema of %d bytes in a file of %d", n, size)
	}
	p, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	f = &File{f: p}
	for _, c := range p.Root().Columns() {
		if err := f.add(c, "", 0); err != nil {
			return nil, err
		}
	}
	row := int64(1)
	for _, g := range p.RowGroups() {
		f.first = append(f.first, row)
		if n := g.NumRows(); n < 0 || row+n < row {
			return nil, fmt.Errorf("row group of %d rows", n)
		}
		row += g.NumRows()
	}
	return f, nil
}

// guard turns a panic over bad data into an error.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged file: %v", p)
	}
}

// Groups returns the number of row groups, which can be decoded in parallel.
func (f *File) Groups() int { return len(f.first) }

// GroupBytes returns the packed size of a row group, as the file has it.
func (f *File) GroupBytes(g int) int64 { return f.f.Metadata().RowGroups[g].TotalCompressedSize }

const maxDepth = 64

func (f *File) add(c *parquet.Column, prefix string, depth int) error {
	name := prefix + c.Name()
	switch {
	case depth > maxDepth:
		return fmt.Errorf("column %s: nested deeper than %d", name, maxDepth)
	case c.Leaf() && !c.Repeated():
		f.fields = append(f.fields, field{name: name, leaf: c})
	case c.Leaf() || c.Repeated() || isList(c) || isMap(c):
		fl := field{name: name}
		var err error
		if fl.tree, err = newTree(c, &fl.leaves, 0); err != nil {
			return err
		}
		f.fields = append(f.fields, fl)
	default:
		for _, child := range c.Columns() {
			if err := f.add(child, name+".", depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func logical(c *parquet.Column) format.LogicalTypeValue {
	if l := c.Type().LogicalType(); l != nil {
		return l.Value
	}
	return nil
}

func converted(c *parquet.Column, t deprecated.ConvertedType) bool {
	p := c.Type().ConvertedType()
	return p != nil && *p == t
}

func isList(c *parquet.Column) bool {
	_, ok := logical(c).(*format.ListType)
	return (ok || converted(c, deprecated.List)) && len(c.Columns()) == 1 && c.Columns()[0].Repeated()
}

func isMap(c *parquet.Column) bool {
	_, ok := logical(c).(*format.MapType)
	return (ok || converted(c, deprecated.Map) || converted(c, deprecated.MapKeyValue)) &&
		len(c.Columns()) == 1 && c.Columns()[0].Repeated() && len(c.Columns()[0].Columns()) == 2
}

// isText reports whether the values of a leaf are byte strings to be taken as they are.
func isText(c *parquet.Column) bool {
	if c.Type().Kind() != parquet.ByteArray {
		return false
	}
	switch logical(c).(type) {
	case *format.DecimalType, *format.JsonType:
		return false
	}
	return !converted(c, deprecated.Decimal) && !converted(c, deprecated.Json)
}

// parsed makes a value of JSON text. Text that is none stays text.
func parsed(v parquet.Value) event.Value {
	text := v.ByteArray()
	if val, ok := jsonl.Parse(text); ok {
		return val
	}
	return event.StringOf(string(text))
}

// converter returns the function that makes events' values of a leaf's values.
func converter(c *parquet.Column) func(parquet.Value) event.Value {
	switch l := logical(c).(type) {
	case *format.TimestampType:
		mul, div := unitTicks(l.Unit)
		return func(v parquet.Value) event.Value { return event.TicksOf(v.Int64() / div * mul) }
	case *format.TimeType:
		mul, div := unitTicks(l.Unit)
		if c.Type().Kind() == parquet.Int32 {
			return func(v parquet.Value) event.Value { return event.DurationOf(int64(v.Int32()) / div * mul) }
		}
		return func(v parquet.Value) event.Value { return event.DurationOf(v.Int64() / div * mul) }
	case *format.DateType:
		return func(v parquet.Value) event.Value {
			return event.TicksOf(int64(v.Int32()) * 86400 * event.TicksPerSecond)
		}
	case *format.DecimalType:
		return func(v parquet.Value) event.Value { return decimal(v, l.Scale) }
	case *format.UUIDType:
		return func(v parquet.Value) event.Value { return event.StringOf(uuid(v.ByteArray())) }
	case *format.Float16Type:
		return func(v parquet.Value) event.Value { return event.FloatOf(float16(v.ByteArray())) }
	case *format.JsonType:
		return parsed
	case *format.IntType:
		if !l.IsSigned {
			return unsigned
		}
	}
	switch {
	case converted(c, deprecated.Json):
		return parsed
	case converted(c, deprecated.TimestampMillis):
		return func(v parquet.Value) event.Value { return event.TicksOf(v.Int64() * 10_000) }
	case converted(c, deprecated.TimestampMicros):
		return func(v parquet.Value) event.Value { return event.TicksOf(v.Int64() * 10) }
	case converted(c, deprecated.Date):
		return func(v parquet.Value) event.Value {
			return event.TicksOf(int64(v.Int32()) * 86400 * event.TicksPerSecond)
		}
	case converted(c, deprecated.Uint8), converted(c, deprecated.Uint16), converted(c, deprecated.Uint32), converted(c, deprecated.Uint64):
		return unsigned
	}
	switch c.Type().Kind() {
	case parquet.Boolean:
		return func(v parquet.Value) event.Value { return event.BoolOf(v.Boolean()) }
	case parquet.Int32:
		return func(v parquet.Value) event.Value { return event.IntOf(int64(v.Int32())) }
	case parquet.Int64:
		return func(v parquet.Value) event.Value { return event.IntOf(v.Int64()) }
	case parquet.Float:
		return func(v parquet.Value) event.Value { return event.FloatOf(float64(v.Float())) }
	case parquet.Double:
		return func(v parquet.Value) event.Value { return event.FloatOf(v.Double()) }
	case parquet.Int96:
		return func(v parquet.Value) event.Value { return int96(v.Int96()) }
	case parquet.FixedLenByteArray:
		return func(v parquet.Value) event.Value {
			return event.StringOf(strings.ToUpper(hex.EncodeToString(v.ByteArray())))
		}
	}
	return func(v parquet.Value) event.Value { return event.StringOf(string(v.ByteArray())) }
}

// unitTicks says how a unit of time becomes ticks of 100 ns.
func unitTicks(u format.TimeUnit) (mul, div int64) {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 10_000, 1
	case *format.NanoSeconds:
		return 1, 100
	}
	return 10, 1
}

func unsigned(v parquet.Value) event.Value {
	if v.Kind() == parquet.Int32 {
		return event.IntOf(int64(uint32(v.Int32())))
	}
	if v.Int64() < 0 {
		return event.StringOf(fmt.Sprint(uint64(v.Int64()))) // too large for an Int
	}
	return event.IntOf(v.Int64())
}

// int96 is the time stamp of old writers: nanoseconds of the day, and the Julian day.
func int96(v deprecated.Int96) event.Value {
	nanos := int64(uint64(v[0]) | uint64(v[1])<<32)
	const epoch = 2440588 // the Julian day of 1970-01-01
	return event.TicksOf((int64(v[2])-epoch)*86400*event.TicksPerSecond + nanos/100)
}

func uuid(b []byte) string {
	if len(b) != 16 {
		return strings.ToUpper(hex.EncodeToString(b))
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func float16(b []byte) float64 {
	if len(b) != 2 {
		return math.NaN()
	}
	h := binary.LittleEndian.Uint16(b)
	exp, frac := int(h>>10&31), float64(h&1023)
	var f float64
	switch exp {
	case 0:
		f = math.Ldexp(frac, -24)
	case 31:
		if f = math.Inf(1); frac != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+frac, exp-25)
	}
	if h>>15 != 0 {
		f = -f
	}
	return f
}

// decimal is exact: an Int without fraction, else a Float when that keeps every digit, else text.
func decimal(v parquet.Value, scale int32) event.Value {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		b := v.ByteArray()
		n.SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	if scale <= 0 && n.IsInt64() && scale == 0 {
		return event.IntOf(n.Int64())
	}
	if scale < 0 || scale > 1000 {
		return event.StringOf(fmt.Sprintf("%se%d", n, -scale))
	}
	r := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	if digits := len(n.Text(10)); digits <= 15 {
		f, _ := r.Float64()
		return event.FloatOf(f)
	}
	return event.StringOf(r.FloatString(int(scale)))
}

// GroupOffset returns where a row group begins in the file.
func (f *File) GroupOffset(g int) int64 {
	m := &f.f.Metadata().RowGroups[g]
	if m.FileOffset > 0 || len(m.Columns) == 0 {
		return m.FileOffset
	}
	c := &m.Columns[0].MetaData
	if c.DictionaryPageOffset > 0 {
		return c.DictionaryPageOffset
	}
	return c.DataPageOffset
}
