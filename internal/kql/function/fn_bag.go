package function

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Property bags. https://learn.microsoft.com/kusto/query/scalar-functions#dynamicarray-functions

func init() {
	register(
		lax("bag_pack", "bag-pack-function", "Makes a bag of names and values in turn; empty names are left out.", "key:string+, value:scalar+ -> dynamic", func(args []event.Value) event.Value { return pack(args, false) }),
		lax("__pack_nonempty", "pack-all-function", "Makes a bag of names and values in turn, without nulls and empty texts; pack_all(true) is made of it.", "key:string*, value:scalar* -> dynamic",
			func(args []event.Value) event.Value { return pack(args, true) }),
		strict("bag_keys", "bag-keys-function", "Gives the names in a bag.", "object:bag -> dynamic", func(args []event.Value) event.Value {
			if args[0].Kind() != event.Object {
				return event.NullValue
			}
			out := []event.Value{}
			for _, f := range args[0].Bag() {
				out = append(out, textOf(f.Name))
			}
			return listOf(out)
		}),
		lax("bag_merge", "bag-merge-function", "Merges bags; the first value of a name counts.", "bag:bag+2 -> dynamic", func(args []event.Value) event.Value {
			var s bagState
			s.limit = maxElements
			bags := 0
			for _, a := range args {
				if a.Kind() == event.Object {
					s.Add([]event.Value{a})
					bags++
				}
			}
			if bags == 0 {
				return event.NullValue
			}
			return s.Result()
		}),
		strict("bag_remove_keys", "bag-remove-keys-function", "Gives a bag without some names; a name that begins with $ is a path.", "bag:bag, keys:array -> dynamic", func(args []event.Value) event.Value {
			if args[0].Kind() != event.Object || args[1].Kind() != event.List {
				return event.NullValue
			}
			v := args[0]
			for _, k := range args[1].List() {
				v = removeKey(v, keyPath(Text(k)))
			}
			return v
		}),
		strict("bag_has_key", "bag-has-key-function", "Reports whether a bag has a name; a name that begins with $ is a path.", "bag:bag, key:string -> bool", func(args []event.Value) event.Value {
			if args[0].Kind() != event.Object {
				return event.BoolOf(false)
			}
			_, ok := walkJSON(args[0], keyPath(args[1].Str()))
			return event.BoolOf(ok)
		}),
		lax("bag_set_key", "bag-set-key-function", "Gives a bag with a value for a name; a name that begins with $ is a path.", "bag:bag, key:string!, value:scalar -> dynamic", func(args []event.Value) event.Value {
			if args[0].Kind() != event.Object {
				return event.NullValue
			}
			return setKey(args[0], keyPath(args[1].Str()), args[2])
		}),
		lax("bag_zip", "bag-zip", "Makes a bag of an array of names and an array of values.", "keys:array, values:array -> dynamic", func(args []event.Value) event.Value {
			if args[0].Kind() != event.List {
				return event.NullValue
			}
			bag := event.Bag{}
			for i, k := range args[0].List() {
				if k.Kind() == event.String {
					set(&bag, k.Str(), element(args[1], int64(i)))
				}
			}
			return event.ObjectOf(bag)
		}),
		strict("treepath", "treepath-function", "Gives the paths of all parts of a dynamic value; [0] stands for the elements of an array.", "object:bag -> dynamic", func(args []event.Value) event.Value {
			seen := map[string]bool{}
			out := []event.Value{}
			treePaths(args[0], "", 0, func(p string) {
				if !seen[p] && len(out) < maxElements {
					seen[p] = true
					out = append(out, textOf(p))
				}
			})
			return listOf(out)
		}).named(NamePrefix, "tree"),
	)
	alias("bag_pack", "pack", "pack_dictionary")
	examples(scalars, "bag_pack", `bag_pack("Level", "Information", "ProcessID", 1234)`, `{"Level":"Information","ProcessID":1234}`)
	examples(scalars, "bag_keys", `bag_keys(dynamic({"a": 1, "b": 2}))`, `["a","b"]`)
	examples(scalars, "bag_merge", `bag_merge(dynamic({"a": 1}), dynamic({"a": 2, "b": 3}))`, `{"a":1,"b":3}`)
	examples(scalars, "bag_remove_keys", `bag_remove_keys(dynamic({"a": {"x": 1, "y": 2}, "b": 3}), dynamic(["$.a.x", "b"]))`, `{"a":{"y":2}}`)
	examples(scalars, "bag_has_key", `bag_has_key(dynamic({"a": {"x": 1}}), "$.a.x")`, `true`)
	examples(scalars, "bag_set_key", `bag_set_key(dynamic({"a": 1}), "b", 2)`, `{"a":1,"b":2}`)
	examples(scalars, "bag_zip", `bag_zip(dynamic(["a", "b"]), dynamic([1]))`, `{"a":1,"b":null}`)
	examples(scalars, "treepath", `treepath(dynamic({"a": [1, 2], "c": 3}))`, `["['a']","['a'][0]","['c']"]`)
}

func pack(args []event.Value, nonEmpty bool) event.Value {
	bag := make(event.Bag, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		k, v := Text(args[i]), args[i+1]
		if k == "" || nonEmpty && isEmpty(v) {
			continue
		}
		if v.IsMissing() {
			v = event.NullValue
		}
		set(&bag, k, v)
	}
	return event.ObjectOf(bag)
}

// keyPath reads a name, or a path when it begins with $.
func keyPath(key string) []jsonStep {
	if strings.HasPrefix(key, "$") {
		if p, err := parseJSONPath(key); err == nil && len(p) > 0 {
			return p
		}
	}
	return []jsonStep{{name: key}}
}

func removeKey(v event.Value, path []jsonStep) event.Value {
	if v.Kind() != event.Object || path[0].indexed {
		return v
	}
	i := slices.IndexFunc(v.Bag(), func(f event.Field) bool { return f.Name == path[0].name })
	if i < 0 {
		return v
	}
	if len(path) == 1 {
		return event.ObjectOf(slices.Delete(slices.Clone(v.Bag()), i, i+1))
	}
	bag := slices.Clone(v.Bag())
	bag[i].Value = removeKey(bag[i].Value, path[1:])
	return event.ObjectOf(bag)
}

func setKey(v event.Value, path []jsonStep, to event.Value) event.Value {
	if len(path) == 0 {
		return to
	}
	if path[0].indexed {
		return v
	}
	bag := slices.Clone(v.Bag()) // what is no bag becomes one
	old, _ := bag.Get(path[0].name)
	set(&bag, path[0].name, setKey(old, path[1:], to))
	return event.ObjectOf(bag)
}

// treePaths gives the path of every part of a value; all elements of an array share the path of its first.
func treePaths(v event.Value, at string, depth int, yield func(string)) {
	if depth > 100 {
		return
	}
	if at != "" {
		yield(at)
	}
	for _, f := range v.Bag() {
		treePaths(f.Value, at+"['"+f.Name+"']", depth+1, yield)
	}
	for _, e := range v.List() {
		treePaths(e, at+"[0]", depth+1, yield)
	}
}
