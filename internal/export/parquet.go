package export

import (
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
)

// parquetWriter writes optional columns, dictionary-encoded and compressed with zstd: telemetry repeats itself.
type parquetWriter struct {
	w     *parquet.GenericWriter[any]
	opt   Options
	kinds []event.Kind
	index []int // where the file's schema, which sorts its columns by name, has each column
	rows  []parquet.Row
}

func newParquet(w io.Writer, opt Options) (*parquetWriter, error) {
	if len(opt.Columns) == 0 {
		return nil, fmt.Errorf("write Parquet: there are no columns")
	}
	p := &parquetWriter{opt: opt}
	group := parquet.Group{}
	for _, n := range opt.Columns {
		kind := opt.Kinds[n]
		p.kinds = append(p.kinds, kind)
		var node parquet.Node
		switch kind {
		case event.Bool:
			node = parquet.Leaf(parquet.BooleanType)
		case event.Int:
			node = parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary)
		case event.Float:
			node = parquet.Leaf(parquet.DoubleType)
		case event.Time:
			node = parquet.Timestamp(parquet.Nanosecond)
		case event.List, event.Object:
			node = parquet.Encoded(parquet.JSON(), &parquet.RLEDictionary)
		default:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		}
		group[n] = parquet.Compressed(parquet.Optional(node), &parquet.Zstd)
	}
	schema := parquet.NewSchema("events", group)
	for _, n := range opt.Columns {
		leaf, ok := schema.Lookup(n)
		if !ok {
			return nil, fmt.Errorf("write Parquet: column %q has no place in the schema", n)
		}
		p.index = append(p.index, leaf.ColumnIndex)
	}
	p.w = parquet.NewGenericWriter[any](w, schema)
	return p, nil
}

func (p *parquetWriter) Write(b *event.Batch) error {
	_, cols := p.opt.columns(b)
	p.rows = p.rows[:0]
	for r := range b.Len() {
		row := make(parquet.Row, len(cols))
		for i, c := range cols {
			v := valueAt(c, r)
			at := p.index[i]
			if v.IsNull() {
				row[at] = parquet.NullValue().Level(0, 0, at)
				continue
			}
			if t := v.Ticks(); v.Kind() == event.Time && p.kinds[i] == event.Time && (t > maxTicks || t < -maxTicks) {
				return fmt.Errorf("write Parquet: column %q: the time %s is too far from 1970 for nanoseconds", p.opt.Columns[i], v)
			}
			row[at] = parquetValue(v, p.kinds[i]).Level(0, 1, at)
		}
		p.rows = append(p.rows, row)
	}
	if _, err := p.w.WriteRows(p.rows); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}

// maxTicks is the largest time that fits nanoseconds, in units of 100 ns.
const maxTicks = math.MaxInt64 / 100

func parquetValue(v event.Value, kind event.Kind) parquet.Value {
	switch kind {
	case event.Bool:
		return parquet.BooleanValue(v.IsTrue())
	case event.Int:
		return parquet.Int64Value(v.Int())
	case event.Float:
		n, _ := v.Number()
		return parquet.DoubleValue(n)
	case event.Time:
		return parquet.Int64Value(v.Ticks() * 100)
	case event.List, event.Object:
		return parquet.ByteArrayValue(event.AppendJSON(nil, v))
	}
	return parquet.ByteArrayValue([]byte(Text(v, false)))
}

func (p *parquetWriter) Close() error {
	if err := p.w.Close(); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}
