package schema

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// A converter brings a column into a language's value model. It works once per distinct value of a dictionary and leaves a column
// alone that holds nothing to convert, so that codes of the run's dictionaries survive.
type converter struct {
	f func(event.Value) event.Value
}

type convMemo struct {
	checked uint32 // codes below this one need no conversion
	dirty   bool   // some value needs it
	out     *event.Dict
	done    []uint64
}

// unchanged reports whether a conversion has left a value as it was, without comparing content.
func unchanged(a, b event.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case event.Missing, event.Null:
		return true
	case event.String:
		return len(a.Str()) == len(b.Str()) && a.Str() == b.Str()
	case event.List, event.Object:
		return false
	}
	return a.Ticks() == b.Ticks()
}

func (c *converter) column(col *event.Column) *event.Column {
	switch col.Encoding() {
	case event.Constant:
		return event.NewConstant(c.f(col.Const()), col.Len())
	case event.Dictionary:
		return c.dictionary(col)
	case event.Plain:
		kind, _, valid := col.PlainKind()
		if valid == nil && col.Len() > 0 {
			if v := col.Value(0); unchanged(v, c.f(v)) && kind != event.Float {
				// Whether a fixed-width value changes depends on its kind alone, but for numbers cut to a type.
				if kind != event.Int {
					return col
				}
				same := true
				for i := range col.Len() {
					if v := col.Value(i); !unchanged(v, c.f(v)) {
						same = false
						break
					}
				}
				if same {
					return col
				}
			}
		}
	case event.Lazy:
		return col
	}
	vals := make([]event.Value, col.Len())
	for i := range vals {
		vals[i] = c.f(col.Value(i))
	}
	return event.NewColumn(vals)
}

func (c *converter) dictionary(col *event.Column) *event.Column {
	d, codes := col.Codes()
	m := event.Memo[convMemo](d, c)
	if !d.Derived() && m.checked == 0 {
		m.checked = 2 // missing and null are looked at row by row
	}
	if !m.dirty && !d.Derived() {
		n := uint32(d.Len())
		for ; m.checked < n; m.checked++ {
			if v := d.Value(m.checked); !unchanged(v, c.f(v)) {
				m.dirty = true
				break
			}
		}
		if !m.dirty {
			missing, null := unchanged(event.Value{}, c.f(event.Value{})), unchanged(event.NullValue, c.f(event.NullValue))
			if missing && null {
				return col
			}
			hit := false
			for _, code := range codes {
				if code == event.CodeMissing && !missing || code == event.CodeNull && !null {
					hit = true
					break
				}
			}
			if !hit {
				return col
			}
		}
	}
	if m.out == nil {
		m.out = d.Derive()
	}
	for _, code := range codes {
		w := int(code >> 6)
		if w >= len(m.done) {
			m.done = append(m.done, make([]uint64, w+1-len(m.done)+len(m.done)/2)...)
		}
		if bit := uint64(1) << (code & 63); m.done[w]&bit == 0 {
			m.done[w] |= bit
			m.out.Set(code, c.f(d.Value(code)))
		}
	}
	return event.NewDictionary(m.out, codes)
}

// forSPL: null and missing are one, booleans are their text, times are epoch seconds.
func forSPL(v event.Value) event.Value {
	switch v.Kind() {
	case event.Null:
		return event.Value{}
	case event.Bool:
		return event.StringOf(strconv.FormatBool(v.Bool()))
	case event.Time:
		return event.StringOf(isoText(v))
	case event.Object:
		return event.StringOf(string(event.AppendJSON(nil, v)))
	case event.List:
		out := make([]event.Value, 0, len(v.List()))
		for _, e := range v.List() {
			if e = forSPL(e); !e.IsMissing() {
				out = append(out, e)
			}
		}
		switch len(out) {
		case 0:
			return event.Value{}
		case 1:
			return out[0]
		}
		return event.ListOf(out)
	}
	return v
}

// withDefault puts a default in the place of missing and empty values.
func withDefault(def string, f func(event.Value) event.Value) func(event.Value) event.Value {
	if def == "" {
		return f
	}
	v := event.StringOf(def)
	return func(x event.Value) event.Value {
		if x = f(x); x.IsMissing() || x.Kind() == event.String && x.Str() == "" {
			return v
		}
		return x
	}
}

// forKQL returns the conversion to a declared type. Text is never null; what does not read as the type is null.
// https://learn.microsoft.com/kusto/query/scalar-data-types/
func forKQL(t Type) func(event.Value) event.Value {
	switch t {
	case String, GUID:
		return func(v event.Value) event.Value {
			if v.Kind() == event.String {
				return v
			}
			return event.StringOf(textOf(v))
		}
	case Int, Long:
		return func(v event.Value) event.Value {
			if v.Kind() == event.Int {
				return v
			}
			if v.Kind() == event.Float && !math.IsNaN(v.Float()) {
				v = event.FloatOf(math.Trunc(v.Float()))
			}
			if i, ok := integer(v); ok {
				return event.IntOf(i)
			}
			return event.NullValue
		}
	case Real:
		return func(v event.Value) event.Value {
			if f, ok := v.Number(); ok {
				return event.FloatOf(f)
			}
			if f, err := strconv.ParseFloat(strings.TrimSpace(textOf(v)), 64); err == nil {
				return event.FloatOf(f)
			}
			return event.NullValue
		}
	case Bool:
		truth := functions["bool"].Row
		return func(v event.Value) event.Value {
			if v.IsNull() {
				return event.NullValue
			}
			return truth([]event.Value{v})
		}
	case DateTime:
		return func(v event.Value) event.Value {
			if t, ok := parseTime(v); ok {
				return event.TicksOf(t)
			}
			return event.NullValue
		}
	case TimeSpan:
		return func(v event.Value) event.Value {
			if v.Kind() == event.Duration {
				return v
			}
			return event.NullValue
		}
	case Dynamic:
		return func(v event.Value) event.Value {
			switch v.Kind() {
			case event.Missing:
				return event.NullValue
			case event.String:
				// Exports write dynamic columns as JSON text; other text is a dynamic string.
				s := strings.TrimSpace(v.Str())
				if s == "" {
					return event.NullValue
				}
				if s[0] == '{' || s[0] == '[' {
					if j, ok := parseJSON(s); ok {
						return j
					}
				}
			}
			return v
		}
	}
	return func(v event.Value) event.Value { return v }
}
