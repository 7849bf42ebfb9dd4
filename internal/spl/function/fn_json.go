package function

import (
	"errors"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var jsonFuncs = []*fn.Func{
	{Name: "json", Min: 1, Max: 1, Row: jsonValue, See: pageJSON, Doc: "The text itself when it is JSON, else null.", Examples: ex(`json("{\"animal\":\"pony\"}")`, `"{\"animal\":\"pony\"}"`, `json("Golden Gate")`, `null`)},
	{Name: "json_append", Min: 3, Max: -1, Null: fn.SeesNull, Bind: jsonEdit(appendOne), See: pageJSON, Doc: "The document with values added, each as one element, to the arrays at paths; what is no array there becomes one. Paths that lead nowhere are left out.",
		Examples: ex(`json_append(json_object("l",json_array("a")),"l","b")`, `"{\"l\":[\"a\",\"b\"]}"`, `json_append(json_object("l",json_array("a")),"l",json_array("b"))`, `"{\"l\":[\"a\",[\"b\"]]}"`, `json_append(json_object("l",1),"l",2)`, `"{\"l\":[1,2]}"`)},
	{Name: "json_array", Min: 0, Max: -1, Null: fn.SeesNull, Row: jsonArray, See: pageJSON, Doc: "A JSON array of the arguments.", Examples: ex(`json_array("dubois",json_object("name","patel"))`, `"[\"dubois\",{\"name\":\"patel\"}]"`, `json_array(1,"2",true())`, `"[1,\"2\",true]"`)},
	{Name: "json_array_to_mv", Min: 1, Max: 2, Row: jsonArrayToMV, See: pageJSON, Doc: "The elements of a JSON array as a multivalue field; with a true second argument texts keep their quotation marks.", Examples: ex(`mvjoin(json_array_to_mv(json_array("a","b")),"|")`, `"a|b"`, `json_array_to_mv(json_array("a"),true())`, `"\"a\""`, `json_array_to_mv("x")`, `null`)},
	{Name: "json_delete", Min: 2, Max: -1, Row: jsonDelete, See: pageJSON, Doc: "The object without the given keys, which may be paths with dots or a JSON array of them.", Examples: ex(`json_delete("{\"n\":1,\"a\":{\"e\":2,\"o\":3}}","a.e")`, `"{\"n\":1,\"a\":{\"o\":3}}"`, `json_delete("{\"a\":1,\"b\":2}","a","b")`, `"{}"`)},
	{Name: "json_entries", Min: 1, Max: 1, Row: jsonEntries, See: pageJSON, Doc: "The fields of an object as an array of objects with key and value.", Examples: ex(`json_entries("{\"a\": 1}")`, `"[{\"key\":\"a\",\"value\":1}]"`)},
	{Name: "json_extend", Min: 3, Max: -1, Null: fn.SeesNull, Bind: jsonEdit(appendAll), See: pageJSON, Doc: "The document with the elements of arrays added to the arrays at paths.", Examples: ex(`json_extend(json_object("l",json_array("a")),"l",json_array("d","e"))`, `"{\"l\":[\"a\",\"d\",\"e\"]}"`)},
	{Name: "json_extract", Min: 1, Max: -1, Bind: jsonExtract, See: pageJSON, Doc: "The value at a path of a JSON document, such as a.b{0}.c; with {} or several paths a JSON array of all that is found.",
		Examples: ex(`json_extract("{\"a\":[{\"n\":\"x\"},{\"n\":\"y\"}]}","a{0}.n")`, `"x"`, `json_extract("{\"a\":[{\"n\":\"x\"},{\"n\":\"y\"}]}","a{}.n")`, `"[\"x\",\"y\"]"`, `json_extract("{\"a.b\":1}","a.b")`, `null`, `json_extract("{\"a\":1,\"b\":2}","a","b")`, `"[1,2]"`)},
	{Name: "json_extract_exact", Min: 1, Max: -1, Row: jsonExtractExact, See: pageJSON, Doc: "The value of a key of a JSON object, taken as it is written; with several keys a JSON array of their values.", Examples: ex(`json_extract_exact("{\"a.b\":1}","a.b")`, `1`)},
	{Name: "json_has_key_exact", Min: 2, Max: 2, Row: jsonHasKey, See: pageJSON, Doc: "Whether a JSON object has a key, taken as it is written.", Examples: ex(`json_has_key_exact("{\"c.g\":10}","c.g")`, `true`, `json_has_key_exact("{\"a\":1}","b")`, `false`)},
	{Name: "json_keys", Min: 1, Max: 1, Row: jsonKeys, See: pageJSON, Doc: "The keys of a JSON object as a JSON array; null for what is no object.", Examples: ex(`json_keys("{\"a\":1,\"b\":2}")`, `"[\"a\",\"b\"]"`, `json_keys("[1]")`, `null`)},
	{Name: "json_object", Min: 0, Max: -1, Null: fn.SeesNull, Bind: jsonObject, See: pageJSON, Doc: "A JSON object of pairs of a key and a value.", Examples: ex(`json_object("name","maria","n",1)`, `"{\"name\":\"maria\",\"n\":1}"`, `json_object()`, `"{}"`)},
	{Name: "json_set", Min: 3, Max: -1, Null: fn.SeesNull, Bind: jsonEdit(nil), See: pageJSON, Doc: "The document with values set at paths; keys that are not there are made. Where the document has another form than the path it stays as it is.",
		Examples: ex(`json_set(json_object("a",1),"a",2)`, `"{\"a\":2}"`, `json_set(json_object("a",1),"b.c","x")`, `"{\"a\":1,\"b\":{\"c\":\"x\"}}"`, `json_set("{\"l\":[{\"n\":1},{\"n\":2}]}","l{}.ok",true())`, `"{\"l\":[{\"n\":1,\"ok\":true},{\"n\":2,\"ok\":true}]}"`, `json_set("{\"a\":\"b\"}","a.c","d")`, `"{\"a\":\"b\"}"`)},
	{Name: "json_set_exact", Min: 3, Max: -1, Null: fn.SeesNull, Bind: jsonSetExact, See: pageJSON, Doc: "The object with keys, taken as they are written, set to values.", Examples: ex(`json_set_exact(json_object(),"system.splunk.path","/opt/splunk")`, `"{\"system.splunk.path\":\"/opt/splunk\"}"`)},
	{Name: "json_valid", Min: 1, Max: 1, Row: jsonValid, See: pageJSON, Doc: "Whether a text is JSON.", Examples: ex(`json_valid("[1]")`, `true`, `json_valid("{a:1}")`, `false`)},
}

// jsonText returns a JSON value as the text that SPL keeps it as.
func jsonText(v event.Value) event.Value {
	return event.StringOf(string(event.AppendJSON(nil, v)))
}

// parse reads JSON text; numbers are JSON as they stand.
func parse(v event.Value) (event.Value, bool) {
	v = single(v)
	switch v.Kind() {
	case event.Int, event.Float, event.Object:
		return v, true
	case event.String:
		j, err := fn.ParseJSON(v.Str())
		return j, err == nil
	}
	return null, false
}

// toJSON makes a JSON value of an argument: numbers and conditions are such, a multivalue field is an array, and text that
// is a JSON object or array is that object or array, for that is how nested calls hand them on.
func toJSON(v event.Value) event.Value {
	switch v.Kind() {
	case event.List:
		out := make([]event.Value, len(v.List()))
		for i, e := range v.List() {
			out[i] = toJSON(e)
		}
		return event.ListOf(out)
	case event.Missing:
		return null
	case event.String:
		if t := strings.TrimLeft(v.Str(), " \t\r\n"); t != "" && (t[0] == '{' || t[0] == '[') {
			if j, err := fn.ParseJSON(t); err == nil {
				return j
			}
		}
	}
	return v
}

func jsonValue(in []event.Value) event.Value {
	if _, ok := parse(in[0]); !ok {
		return null
	}
	return in[0]
}

func jsonValid(in []event.Value) event.Value {
	_, ok := parse(in[0])
	return event.BoolOf(ok)
}

func jsonArray(in []event.Value) event.Value {
	out := make([]event.Value, len(in))
	for i, v := range in {
		out[i] = toJSON(v)
	}
	return jsonText(event.ListOf(out))
}

func jsonObject(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if len(args)%2 != 0 {
		return nil, errors.New("json_object takes pairs of a key and a value")
	}
	return func(in []event.Value) event.Value {
		obj := event.ObjectOf(nil)
		for i := 0; i+1 < len(in); i += 2 {
			if in[i].IsNull() {
				return null
			}
			obj = fn.WithField(obj, Text(in[i]), toJSON(in[i+1]))
		}
		return jsonText(obj)
	}, nil
}

func jsonArrayToMV(in []event.Value) event.Value {
	return arrayValues(in[0], len(in) == 2 && in[1].IsTrue())
}

func arrayValues(v event.Value, quoted bool) event.Value {
	j, ok := parse(v)
	if !ok || j.Kind() != event.List {
		return null
	}
	var out []event.Value
	for _, e := range j.List() {
		switch {
		case e.IsNull():
			e = event.StringOf("null")
		case quoted && e.Kind() == event.String:
			e = jsonText(e)
		}
		out = append(out, fn.JSONScalar(e))
	}
	return List(out)
}

func jsonDelete(in []event.Value) event.Value {
	doc, ok := parse(in[0])
	if !ok || doc.Kind() != event.Object {
		return null
	}
	del := func(key string) {
		if p := fn.ParsePath(key); p != nil {
			doc = p.DeleteJSON(doc)
		}
	}
	for _, k := range in[1:] {
		if keys := toJSON(k); keys.Kind() == event.List {
			for _, k := range keys.List() {
				del(Text(k))
			}
		} else {
			del(Text(k))
		}
	}
	return jsonText(doc)
}

func jsonEntries(in []event.Value) event.Value {
	doc, ok := parse(in[0])
	if !ok || doc.Kind() != event.Object {
		return null
	}
	out := make([]event.Value, 0, len(doc.Bag()))
	for _, f := range doc.Bag() {
		out = append(out, event.ObjectOf(event.Bag{{Name: "key", Value: event.StringOf(f.Name)}, {Name: "value", Value: f.Value}}))
	}
	return jsonText(event.ListOf(out))
}

func jsonKeys(in []event.Value) event.Value {
	doc, ok := parse(in[0])
	if !ok || doc.Kind() != event.Object {
		return null
	}
	out := make([]event.Value, 0, len(doc.Bag()))
	for _, f := range doc.Bag() {
		out = append(out, event.StringOf(f.Name))
	}
	return jsonText(event.ListOf(out))
}

func jsonHasKey(in []event.Value) event.Value {
	doc, ok := parse(in[0])
	if !ok {
		return null
	}
	_, has := doc.Bag().Get(Text(in[1]))
	return event.BoolOf(has)
}

func jsonExtract(_ *fn.Env, _ []fn.Arg) (fn.Row, error) {
	paths := newMemo(fn.ParsePath)
	one := func(doc event.Value, path string) event.Value {
		if path == "{}" {
			return doc
		}
		p := paths.get(path)
		if p == nil {
			return null
		}
		found := p.FindJSON(doc)
		switch {
		case len(found) == 0:
			return null
		case p.Plural():
			return event.ListOf(found)
		}
		return found[0]
	}
	return func(in []event.Value) event.Value {
		doc, ok := parse(in[0])
		if !ok {
			return null
		}
		switch len(in) {
		case 1:
			return fn.JSONScalar(doc)
		case 2:
			return fn.JSONScalar(one(doc, Text(in[1])))
		}
		out := make([]event.Value, len(in)-1)
		for i, p := range in[1:] {
			out[i] = one(doc, Text(p))
		}
		return jsonText(event.ListOf(out))
	}, nil
}

func jsonExtractExact(in []event.Value) event.Value {
	doc, ok := parse(in[0])
	if !ok {
		return null
	}
	switch len(in) {
	case 1:
		return fn.JSONScalar(doc)
	case 2:
		v, _ := doc.Bag().Get(Text(in[1]))
		return fn.JSONScalar(v)
	}
	out := make([]event.Value, len(in)-1)
	for i, k := range in[1:] {
		out[i], _ = doc.Bag().Get(Text(k))
	}
	return jsonText(event.ListOf(out))
}

// appendOne and appendAll say what json_append and json_extend make of the value at a path and the value given.
func appendOne(old, v event.Value) event.Value {
	return event.ListOf(append(elements(old), v))
}

func appendAll(old, v event.Value) event.Value {
	if v.Kind() != event.List {
		return appendOne(old, v)
	}
	return event.ListOf(append(elements(old), v.List()...))
}

// elements returns a copy of a list, or a list of what is none.
func elements(v event.Value) []event.Value {
	if v.Kind() == event.List {
		return append([]event.Value(nil), v.List()...)
	}
	return []event.Value{v}
}

// jsonEdit makes a function of a document and pairs of a path and a value. join makes the new value of the old one; without
// it the value is set, and the way to it made.
func jsonEdit(join func(old, v event.Value) event.Value) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if len(args)%2 != 1 {
			return nil, errors.New("a document and pairs of a path and a value are needed")
		}
		paths := newMemo(fn.ParsePath)
		return func(in []event.Value) event.Value {
			doc, ok := parse(in[0])
			if !ok {
				return null
			}
			for i := 1; i+1 < len(in); i += 2 {
				p := paths.get(Text(in[i]))
				if p == nil {
					continue
				}
				v := toJSON(in[i+1])
				doc = p.SetJSON(doc, join == nil, func(old event.Value, exists bool) (event.Value, bool) {
					if join == nil {
						return v, true
					}
					return join(old, v), exists
				})
			}
			return jsonText(doc)
		}, nil
	}
}

func jsonSetExact(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if len(args)%2 != 1 {
		return nil, errors.New("a document and pairs of a key and a value are needed")
	}
	return func(in []event.Value) event.Value {
		doc, ok := parse(in[0])
		if !ok || doc.Kind() != event.Object {
			return null
		}
		for i := 1; i+1 < len(in); i += 2 {
			doc = fn.WithField(doc, Text(in[i]), toJSON(in[i+1]))
		}
		return jsonText(doc)
	}, nil
}

// isJSON makes a test for the text of a JSON value of one kind.
func isJSON(kind event.Kind) fn.Row {
	return test(func(v event.Value) bool {
		if v.Kind() != event.String {
			return v.Kind() == kind && kind == event.Object
		}
		j, err := fn.ParseJSON(v.Str())
		return err == nil && j.Kind() == kind
	})
}

func toArray(in []event.Value) event.Value {
	if in[0].Kind() == event.List && len(in[0].List()) > 1 {
		return mvToJSON([]event.Value{in[0], event.BoolOf(true)})
	}
	if j, ok := parse(in[0]); ok && j.Kind() == event.List {
		return jsonText(j)
	}
	return null
}

func toObject(in []event.Value) event.Value {
	if j, ok := parse(in[0]); ok && j.Kind() == event.Object {
		return jsonText(j)
	}
	return null
}

func toMV(in []event.Value) event.Value {
	if in[0].Kind() == event.List {
		return in[0]
	}
	return arrayValues(in[0], true)
}
