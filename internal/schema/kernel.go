package schema

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// functions is the table of the mapping language. All take source values as they come: numbers may be text and text may be
// numbers, "-" and "" are what Windows writes for nothing.
var functions = map[string]*fn.Func{}

// declare adds functions to the table; the files of this package's kernels call it once each.
func declare(fs ...*fn.Func) bool {
	for _, f := range fs {
		functions[f.Name] = f
	}
	return true
}

// textOf returns a scalar as the text that its source showed.
func textOf(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Int:
		return strconv.FormatInt(v.Int(), 10)
	case event.Float:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case event.Bool:
		return strconv.FormatBool(v.Bool())
	case event.Time:
		return isoText(v)
	case event.List, event.Object:
		return string(event.AppendJSON(nil, v))
	}
	return ""
}

// isoText renders a time as Windows writes SystemTime, with all seven digits.
func isoText(v event.Value) string { return v.Time().Format("2006-01-02T15:04:05.0000000Z") }

// blank reports whether a value says nothing: null, missing, "" or "-".
func blank(v event.Value) bool {
	return v.IsNull() || v.Kind() == event.String && (v.Str() == "" || v.Str() == "-")
}

// integer reads a whole number in decimal, or in hex with 0x.
func integer(v event.Value) (int64, bool) {
	switch v.Kind() {
	case event.Int:
		return v.Int(), true
	case event.Float:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), true
		}
	case event.Bool:
		if v.Bool() {
			return 1, true
		}
		return 0, true
	case event.String:
		s := strings.TrimSpace(v.Str())
		if h, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
			if u, err := strconv.ParseUint(h, 16, 64); err == nil {
				return int64(u), true
			}
			return 0, false
		}
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, true
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), true
		}
	}
	return 0, false
}

// perText lifts a function on text to a kernel that maps lists element by element.
func perText(f func(string) string) fn.Row {
	var row fn.Row
	row = func(a []event.Value) event.Value {
		if a[0].Kind() == event.List {
			out := make([]event.Value, 0, len(a[0].List()))
			for _, e := range a[0].List() {
				out = append(out, row([]event.Value{e}))
			}
			return event.ListOf(out)
		}
		s := textOf(a[0])
		r := f(s)
		if r == s && a[0].Kind() == event.String {
			return a[0]
		}
		return event.StringOf(r)
	}
	return row
}

func boolOf(b bool) event.Value { return event.BoolOf(b) }

var _ = declare(
	&fn.Func{Name: "same", Min: 2, Max: 2, Null: fn.SeesNull, Doc: "Whether two values have the same text, ignoring case; false when either is null.",
		Row: func(a []event.Value) event.Value {
			return boolOf(!a[0].IsNull() && !a[1].IsNull() && strings.EqualFold(textOf(a[0]), textOf(a[1])))
		}},
	&fn.Func{Name: "among", Min: 2, Max: 2, Null: fn.SeesNull, Doc: "Whether the text of a value is in a list, ignoring case.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			set := map[string]bool{}
			for _, e := range args[1].Value.List() {
				set[strings.ToLower(textOf(e))] = true
			}
			return func(a []event.Value) event.Value { return boolOf(!a[0].IsNull() && set[strings.ToLower(textOf(a[0]))]) }, nil
		}},
	&fn.Func{Name: "exists", Min: 1, Max: -1, Null: fn.SeesNull, Doc: "Whether all fields are there and not null.",
		Row: func(a []event.Value) event.Value {
			for _, v := range a {
				if v.IsNull() {
					return boolOf(false)
				}
			}
			return boolOf(true)
		}},
	&fn.Func{Name: "given", Min: 1, Max: 1, Doc: `The value, or null when it is "" or "-".`,
		Row: func(a []event.Value) event.Value {
			if blank(a[0]) {
				return event.NullValue
			}
			return a[0]
		}},
	&fn.Func{Name: "coalesce", Min: 1, Max: -1, Null: fn.SeesNull, Doc: `The first value that is not null, "" or "-".`,
		Row: func(a []event.Value) event.Value {
			for _, v := range a {
				if !blank(v) {
					return v
				}
			}
			for _, v := range a {
				if !v.IsNull() {
					return v
				}
			}
			return event.Value{}
		}},
	&fn.Func{Name: "map", Min: 2, Max: 3, Null: fn.SeesNull, Doc: "The entry for a value's text in a table, ignoring case; else the third argument, else null.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			table := map[string]event.Value{}
			for _, f := range args[1].Value.Bag() {
				table[strings.ToLower(f.Name)] = f.Value
			}
			return func(a []event.Value) event.Value {
				if !a[0].IsNull() {
					if v, ok := table[strings.ToLower(strings.TrimSpace(textOf(a[0])))]; ok {
						return v
					}
				}
				if len(a) == 3 {
					return a[2]
				}
				return event.NullValue
			}, nil
		}},
	&fn.Func{Name: "text", Min: 1, Max: 1, Doc: "The value as text.", Row: perText(func(s string) string { return s })},
	&fn.Func{Name: "int", Min: 1, Max: 1, Doc: "A whole number, read in decimal or, with 0x, in hex; else null.",
		Row: func(a []event.Value) event.Value {
			if i, ok := integer(a[0]); ok {
				return event.IntOf(i)
			}
			return event.NullValue
		}},
	&fn.Func{Name: "hex", Min: 1, Max: 2, Doc: "A whole number as 0x hex text, padded to a width; a negative one as 64 bits.",
		Row: func(a []event.Value) event.Value {
			i, ok := integer(a[0])
			if !ok {
				return a[0]
			}
			s := strconv.FormatUint(uint64(i), 16)
			if len(a) == 2 {
				if w, _ := integer(a[1]); int64(len(s)) < w {
					s = strings.Repeat("0", int(min(w, 64))-len(s)) + s
				}
			}
			return event.StringOf("0x" + s)
		}},
	&fn.Func{Name: "guid", Min: 1, Max: 1, Doc: "A GUID in capitals that lacks its braces, in braces; anything else as it is.",
		Row: func(a []event.Value) event.Value {
			if s := a[0]; s.Kind() == event.String && fn.BareGUID(s.Str()) {
				return event.StringOf("{" + s.Str() + "}")
			}
			return a[0]
		}},
	&fn.Func{Name: "bool", Min: 1, Max: 1, Doc: "A truth value: true, 1, yes against false, 0, no; else null.",
		Row: func(a []event.Value) event.Value {
			switch strings.ToLower(strings.TrimSpace(textOf(a[0]))) {
			case "true", "1", "yes":
				return boolOf(true)
			case "false", "0", "no":
				return boolOf(false)
			}
			return event.NullValue
		}},
)
