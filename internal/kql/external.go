package kql

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// externalData reads files that the user has given in the place of addresses. Nothing is ever fetched.
// https://learn.microsoft.com/kusto/query/externaldata-operator
func (c *ctx) externalData(x *syntax.ExternalData) *rows {
	if x.Inline {
		c.unsupported(x, "inline external tables are not supported")
		return nil
	}
	cols := c.schema(x.Columns)
	if cols == nil {
		return nil
	}
	format := strings.ToLower(option(x.With, "format"))
	skip := flag(x.With, "ignoreFirstRecord")
	var mapping map[string]source
	for _, p := range x.With {
		switch strings.ToLower(p.Name) {
		case "format", "ignorefirstrecord", "filepattern", "recreateschema", "recreate_schema":
		case "ingestionmapping":
			if mapping = c.ingestionMapping(p); mapping == nil {
				return nil
			}
		case "ingestionmappingreference":
			c.unsupported(p, "ingestion mappings that are stored in a database are not known here")
			return nil
		}
	}
	data := make([][]event.Value, len(cols))
	for _, e := range x.URIs {
		uri := c.scalar(e)
		switch {
		case uri.bad:
			return nil
		case !uri.known || uri.typ != types.String:
			c.bad("KQL4001", e, "the address must be a constant string")
			return nil
		}
		address, _, _ := strings.Cut(uri.val().Str(), ";")
		var content []byte
		ok := false
		if c.opt.External != nil {
			content, ok = c.opt.External(address)
		}
		if !ok && c.opt.Detached {
			c.warnf("KQL5003", e.Span(), "externaldata reads no addresses, and no file was given for %s: it is taken to be empty", address)
			continue
		}
		if !ok {
			c.unsupported(e, "externaldata reads no addresses; no file was given for %s", address)
			return nil
		}
		if err := readExternal(content, formatOf(format, address), skip, cols, mapping, data); err != nil {
			c.bad("KQL4002", e, "the file given for %s cannot be read: %v", address, err)
			return nil
		}
	}
	return c.written("externaldata", cols, data)
}

// formatOf tells the format: as declared, or by the ending of the address, or comma-separated values.
func formatOf(declared, address string) string {
	if declared != "" {
		return declared
	}
	for _, f := range []string{"csv", "tsv", "psv", "txt", "json", "multijson", "raw"} {
		if strings.HasSuffix(strings.ToLower(address), "."+f) {
			return f
		}
	}
	return "csv"
}

var separators = map[string]rune{"csv": ',', "tsv": '\t', "tsve": '\t', "psv": '|', "scsv": ';', "sohsv": '\x01', "ssv": ';'}

// readExternal appends the records of a file to columns.
func readExternal(content []byte, format string, skip bool, cols []Column, mapping map[string]source, data [][]event.Value) error {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	put := func(fields []string) {
		for i, col := range cols {
			v, at := event.StringOf(""), i
			if mapping != nil {
				from := mapping[col.Name]
				at, v = from.ordinal, event.StringOf(from.constant)
			}
			if at >= 0 && at < len(fields) {
				v = event.StringOf(fields[at])
			}
			data[i] = append(data[i], function.Cast(v, col.Type))
		}
	}
	switch format {
	case "txt":
		for line := range strings.Lines(string(content)) {
			if skip {
				skip = false
				continue
			}
			put([]string{strings.TrimRight(line, "\r\n")})
		}
	case "raw":
		put([]string{string(content)})
	case "json", "multijson", "singlejson":
		dec := json.NewDecoder(bytes.NewReader(content))
		dec.UseNumber()
		for {
			var v any
			if err := dec.Decode(&v); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			records, ok := v.([]any)
			if !ok {
				records = []any{v}
			}
			for _, r := range records {
				putJSON(r, cols, mapping, data)
			}
		}
	default:
		sep, ok := separators[format]
		if !ok {
			return errors.New("the format " + format + " is not supported")
		}
		r := csv.NewReader(bytes.NewReader(content))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = sep, -1, true
		for {
			fields, err := r.Read()
			if errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if skip {
				skip = false
				continue
			}
			put(fields)
		}
	}
	return nil
}

func putJSON(r any, cols []Column, mapping map[string]source, data [][]event.Value) {
	object, _ := r.(map[string]any)
	for i, col := range cols {
		v := event.NullValue
		if mapping != nil {
			v = mapping[col.Name].of(r)
		} else if x, ok := object[col.Name]; ok {
			v = fromJSON(x)
		} else if object == nil && i == 0 {
			v = fromJSON(r)
		}
		if col.Type != types.Dynamic {
			v = function.Cast(v, col.Type)
		}
		data[i] = append(data[i], v)
	}
}

// fromJSON turns what encoding/json has decoded into a value.
func fromJSON(x any) event.Value {
	switch x := x.(type) {
	case bool:
		return event.BoolOf(x)
	case string:
		return event.StringOf(x)
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return event.IntOf(i)
		}
		f, _ := x.Float64()
		return event.FloatOf(f)
	case []any:
		list := make([]event.Value, len(x))
		for i, e := range x {
			list[i] = fromJSON(e)
		}
		return event.ListOf(list)
	case map[string]any:
		bag := event.Bag{}
		for k, e := range x {
			bag = append(bag, event.Field{Name: k, Value: fromJSON(e)})
		}
		return event.ObjectOf(bag)
	}
	return event.NullValue
}
