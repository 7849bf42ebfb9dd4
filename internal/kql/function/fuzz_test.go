package function

import (
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// FuzzText gives any text to every function that takes one text: none may panic or hang.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", `{"a":[1,{"b":null}]}`, "https://u:p@h:1/p?q=v#f", `C:\a\b.txt:s`, `"a b" c\"d`, "1.2.3.4/24", "::ffff:1.2.3.4/120", "2020-02-30T25:61:61.9",
		"13/02/2022 9:30 PM", "1.02:03:04.5", "xn--ho8h", "<a b='c'><d/>t</a>", "x,\"y\"\"z\n", "S3VzdG8=", "\xff\xfe", "$.a['b'][0]", "9e999", "0x"} {
		f.Add(s)
	}
	var kernels []fn.Row
	for _, e := range Scalars() {
		if lo, hi := e.Arity(); e.Special != Plain || lo > 1 || hi == 0 || e.Volatile {
			continue
		}
		c, err := e.Resolve([]Arg{{Type: types.String}})
		if err != nil {
			continue
		}
		if k, err := c.Func.Prepare(testEnv, []fn.Arg{{}}); err == nil {
			kernels = append(kernels, k)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range kernels {
			k([]event.Value{textOf(s)})
		}
		parseJSONPath(s)
		v := textOf(s)
		for ty := types.Bool; ty <= types.Dynamic; ty++ {
			Cast(v, ty)
		}
		j := parseJSON(v)
		for _, e := range []string{"bag_keys", "treepath", "array_sort_asc", "array_length", "buildschema"} {
			if entry := Lookup(e); entry != nil {
				c, err := entry.Resolve([]Arg{{Type: types.Dynamic}})
				if err == nil {
					run(testEnv, c.Func, []event.Value{j}, []fn.Arg{{}})
				}
			}
		}
		var shape schemaState
		shape.Add([]event.Value{j})
		shape.Result()
	})
}

// FuzzTerms compares the finders of terms with what has means.
func FuzzTerms(f *testing.F) {
	f.Add("a cmd.exe b", "cmd.exe")
	f.Fuzz(func(t *testing.T, s, needle string) {
		if len(s) > 200 || len(needle) > 50 || !validText(s) || !validText(needle) {
			return
		}
		if got, want := newTermFinder(needle, true, bothEdges).in(s), naiveHas(s, needle); got != want {
			t.Errorf("%q has %q: %v, want %v", s, needle, got, want)
		}
	})
}

func validText(s string) bool { return string([]rune(s)) == s }
