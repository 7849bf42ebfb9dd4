package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(&Command{Name: "tojson", See: "tojson", Syntax: "tojson [auto|bool|json|none|num|str](<field>)… [default_type=<type>] [fill_null=<bool>] [include_internal=<bool>] [output_field=<field>]",
		Doc:   "Writes fields, by default all, as a JSON object into _raw or another field. Functions say of which type the values of a field are; values that are not of the type are left out, or null with fill_null.",
		lower: general((*lowerer).toJSON)})
}

var jsonTypes = []string{"auto", "bool", "json", "none", "num", "str"}

func (l *lowerer) toJSON(c *syntax.General) {
	a := l.arguments(c)
	out := a.text("output_field", event.RawField)
	internal, fill := a.boolean("include_internal", false), a.boolean("fill_null", false)
	def := a.word("default_type", "none", jsonTypes...)
	type typed struct{ pattern, kind string }
	var fields []typed
	for _, w := range a.rest() {
		pattern, kind := w.Value, def
		if f, rest, ok := strings.Cut(w.Value, "("); ok && strings.HasSuffix(rest, ")") && w.Quote == 0 {
			if kind = strings.ToLower(f); !slices.Contains(jsonTypes, kind) {
				l.unknown(w, "function", f, jsonTypes)
				return
			}
			pattern = strings.Trim(strings.TrimSuffix(rest, ")"), `"`)
		}
		fields = append(fields, typed{pattern, kind})
	}
	a.end()
	all := len(fields) == 0
	if all {
		fields = []typed{{"*", def}}
	}
	l.closed("tojson", func(l *lowerer) {
		args := []expr.Expr{expr.L(event.BoolOf(fill))}
		for _, name := range l.shape().Names {
			kind := ""
			for _, f := range fields { // the last one that fits holds
				hidden := strings.HasPrefix(name, "_") && !strings.HasPrefix(f.pattern, "_") && !internal
				if !hidden && event.MatchName(f.pattern, name) {
					kind = f.kind
				}
			}
			if kind != "" && !strings.HasPrefix(name, "__") {
				args = append(args, expr.Str(name), expr.Str(kind), expr.C(name))
			}
		}
		l.extend(plan.Named{Name: out, Expr: expr.F(fnToJSON, args...)})
	})
}

// fnToJSON writes names, types and values as a JSON object. A value that is null or not of the type is left out, or written as
// null when the first argument says so.
var fnToJSON = &fn.Func{Name: "to_json", Min: 1, Max: -1, Null: fn.SeesNull,
	Row: func(in []event.Value) event.Value {
		var bag event.Bag
		for i := 1; i+2 < len(in); i += 3 {
			kind := in[i+1].Str()
			v := jsonOf(kind, in[i+2])
			if v.IsNull() && !in[0].IsTrue() {
				continue
			}
			bag = append(bag, event.Field{Name: in[i].Str(), Value: v})
		}
		return event.StringOf(string(event.AppendJSON(nil, event.ObjectOf(bag))))
	}}

// jsonOf is a value as one of a type; a multivalue field is an array.
func jsonOf(kind string, v event.Value) event.Value {
	if v.IsNull() {
		return event.NullValue
	}
	if list := v.List(); v.Kind() == event.List {
		out := make([]event.Value, 0, len(list))
		for _, e := range list {
			if x := jsonOf(kind, e); !x.IsNull() {
				out = append(out, x)
			}
		}
		return event.ListOf(out)
	}
	text := function.Text(v)
	switch kind {
	case "str":
		return event.StringOf(text)
	case "num":
		if n, ok := function.ParseNumber(text); ok {
			return wholeOrFloat(n)
		}
		return event.NullValue
	case "bool":
		if n, ok := function.ParseNumber(text); ok {
			return event.BoolOf(n != 0)
		}
		if b, ok := truth(text); ok {
			return event.BoolOf(b)
		}
		return event.NullValue
	case "json", "auto":
		if doc, err := fn.ParseJSON(text); err == nil {
			return doc
		}
		if kind == "json" {
			return event.NullValue
		}
		return event.StringOf(text)
	}
	return canonical(v)
}
