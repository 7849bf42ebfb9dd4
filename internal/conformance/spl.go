package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// judgeSPL runs an SPL case and returns why it fails, or "".
func judgeSPL(c *SPLCase, e Engine) string {
	res, err := e.SPL(c)
	if err != nil {
		if c.Expect.Error || c.Expect.OrError {
			return ""
		}
		return err.Error()
	}
	if c.Expect.Error {
		return "accepted, must be refused"
	}
	if c.Expect.Columns != nil {
		var visible []string
		for _, n := range res.Columns {
			if !strings.HasPrefix(n, "_") || slices.Contains(c.Expect.Columns, n) {
				visible = append(visible, n)
			}
		}
		if !slices.Equal(visible, c.Expect.Columns) {
			return fmt.Sprintf("columns %v, want %v", visible, c.Expect.Columns)
		}
	}
	if len(res.Rows) != len(c.Expect.Rows) {
		return fmt.Sprintf("%d rows, want %d: %s", len(res.Rows), len(c.Expect.Rows), sample(res.Rows))
	}
	match := make([][]bool, len(c.Expect.Rows))
	for i, raw := range c.Expect.Rows {
		want, err := wantedRow(c.Expect.Columns, raw)
		if err != nil {
			return "bad case: " + err.Error()
		}
		match[i] = make([]bool, len(res.Rows))
		for j, row := range res.Rows {
			match[i][j] = splRowEqual(res.Columns, row, want)
		}
		if c.Expect.Ordered && !match[i][i] {
			return fmt.Sprintf("row %d: %s, want %s", i+1, show(res.Columns, res.Rows[i]), raw)
		}
	}
	if !c.Expect.Ordered {
		if i := unmatched(match); i >= 0 {
			return fmt.Sprintf("no row matches %s: %s", c.Expect.Rows[i], sample(res.Rows))
		}
	}
	return ""
}

type wanted struct {
	column string
	value  any
}

func wantedRow(columns []string, raw json.RawMessage) ([]wanted, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var out []wanted
	if columns != nil {
		var cells []any
		if err := dec.Decode(&cells); err != nil {
			return nil, err
		}
		for i, v := range cells {
			out = append(out, wanted{columns[i], v})
		}
		return out, nil
	}
	var cells map[string]any
	if err := dec.Decode(&cells); err != nil {
		return nil, err
	}
	for k, v := range cells {
		out = append(out, wanted{k, v})
	}
	return out, nil
}

func splRowEqual(columns []string, row []event.Value, want []wanted) bool {
	for _, w := range want {
		var got event.Value
		if i := slices.Index(columns, w.column); i >= 0 {
			got = row[i]
		}
		if !splValueEqual(got, w.value) {
			return false
		}
	}
	return true
}

func splValueEqual(got event.Value, want any) bool {
	switch w := want.(type) {
	case nil:
		return got.IsNull() || got.Kind() == event.String && got.Str() == ""
	case []any:
		elems := got.List()
		if got.Kind() != event.List {
			if len(w) != 1 {
				return false
			}
			return splValueEqual(got, w[0])
		}
		if len(elems) != len(w) {
			return false
		}
		for i := range w {
			if !splValueEqual(elems[i], w[i]) {
				return false
			}
		}
		return true
	}
	if l := got.List(); len(l) == 1 {
		got = l[0]
	}
	switch w := want.(type) {
	case json.Number:
		n, err := w.Float64()
		if err != nil {
			return false
		}
		g, ok := got.Number()
		if !ok {
			if got.Kind() != event.String {
				return false
			}
			if g, err = strconv.ParseFloat(strings.TrimSpace(got.Str()), 64); err != nil {
				return false
			}
		}
		return math.Abs(g-n) <= 1e-9*max(1, math.Abs(n))
	case bool:
		return splText(got) == strconv.FormatBool(w)
	case string:
		text := splText(got)
		if text == w && !got.IsNull() {
			return true
		}
		var x, y any
		return (strings.HasPrefix(w, "{") || strings.HasPrefix(w, "[")) && json.Unmarshal([]byte(text), &x) == nil &&
			json.Unmarshal([]byte(w), &y) == nil && reflect.DeepEqual(x, y)
	}
	return false
}

func splText(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	return string(event.AppendJSON(nil, v))
}

// unmatched returns the first expected row that is left over in a greatest matching of expected and actual rows, or -1.
func unmatched(match [][]bool) int {
	owner := map[int]int{}
	var place func(i int, tried map[int]bool) bool
	place = func(i int, tried map[int]bool) bool {
		for j, ok := range match[i] {
			if !ok || tried[j] {
				continue
			}
			tried[j] = true
			if o, taken := owner[j]; !taken || place(o, tried) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	for i := range match {
		if !place(i, map[int]bool{}) {
			return i
		}
	}
	return -1
}

func show(columns []string, row []event.Value) string {
	var b event.Bag
	for i, c := range columns {
		if i < len(row) && !row[i].IsMissing() && c != event.RawField {
			b = append(b, event.Field{Name: c, Value: row[i]})
		}
	}
	return string(event.AppendJSON(nil, event.ObjectOf(b)))
}

func sample(rows [][]event.Value) string {
	var parts []string
	for i, r := range rows {
		if i == 4 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, string(event.AppendJSON(nil, event.ListOf(r))))
	}
	s := strings.Join(parts, " ")
	if len(s) > 600 {
		s = s[:600] + "…"
	}
	return "got " + s
}
