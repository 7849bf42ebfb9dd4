package syntax

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Pattern
		out  string
	}{
		{`abc`, Pattern{{Text: "abc"}}, `abc`},
		{`*\cmd.exe`, Pattern{{Wild: '*'}, {Text: `\cmd.exe`}}, `*\\cmd.exe`},
		{`\*`, Pattern{{Text: "*"}}, `\*`},
		{`\\*`, Pattern{{Text: `\`}, {Wild: '*'}}, `\\*`},
		{`\\\*`, Pattern{{Text: `\*`}}, `\\\*`},
		{`\\\\`, Pattern{{Text: `\\`}}, `\\\\`},
		{`\\\`, Pattern{{Text: `\\`}}, `\\\\`},
		{`a?b`, Pattern{{Text: "a"}, {Wild: '?'}, {Text: "b"}}, `a?b`},
		{`a\`, Pattern{{Text: `a\`}}, `a\\`},
		{``, nil, ``},
	} {
		got := ParsePattern(c.in)
		if !reflect.DeepEqual(got, c.want) || got.String() != c.out {
			t.Errorf("%s: %v, printed %s", c.in, got, got)
		}
		if again := ParsePattern(got.String()); !reflect.DeepEqual(again, got) {
			t.Errorf("%s: printed %s, which is %v", c.in, got, again)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a", "a"},
		{"a and b or c", "a and b or c"},
		{"a AND (b Or NOT c)", "a and (b or not c)"},
		{"not (a or b)", "not (a or b)"},
		{"not a and b", "not a and b"},
		{"1 of them", "1 of them"},
		{"any of sel*", "1 of sel*"},
		{"all of them and not 2 of f_*", "all of them and not 2 of f_*"},
		{"(((a)))", "a"},
		{"a | count() by x, y > 5", "a | count() by x, y > 5"},
		{"a | count(f) >= 10", "a | count(f) >= 10"},
		{"a | near b and not c", "a | near b and not c"},
		{"a b", `expected and, or or the end of the condition, not "b"`},
		{"a and", "expected the name of a search, not the end"},
		{"sel*", "a name with a wildcard needs 1 of or all of before it"},
		{"0 of them", `expected a number, any or all before of, not "0"`},
		{"(a", "expected )"},
		{"a | count() by > 5", "expected a field behind by"},
		{"a | top(x) > 5", "there is no aggregation top"},
		{strings.Repeat("(", 1000) + "a", "the condition is nested too deeply"},
	} {
		var msg string
		got := parseCondition(c.in, func(from, to int) text.Span { return text.Span{Start: from, End: to} }, func(_ text.Span, format string, args ...any) {
			if msg == "" {
				msg = text.Errorf("", nil, text.Span{}, format, args...).Message
			}
		})
		if got != nil {
			msg = got.String()
		}
		if msg != c.want {
			t.Errorf("%.40s: %s, want %s", c.in, msg, c.want)
		}
	}
}

func TestDiagnosticsHavePlaces(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"title: x\nlogsource: {}\ndetection:\n  s:\n    f: {a: b}\n  condition: s\n", "r.yml:5:8: error SIG1014: the value of f is a mapping"},
		{"title: x\nlogsource: {}\ndetection:\n  s:\n    f: []\n  condition: s\n", "r.yml:5:8: error SIG1014: the list of f is empty"},
		{"title: x\nlogsource: {}\ndetection:\n  s: {f: 1}\n  condition: s or or\n", "r.yml:5:19: error SIG1010: expected the name of a search, not or"},
		{"title: x\nlogsource: {}\ndetection:\n  s: {f: 1}\n  condition: |\n    s\n    or and\n", "r.yml:7:8: error SIG1010: expected the name of a search, not and"},
		{"title: x\nlogsource: {}\ndetection:\n  s: {f: 1}\n", "r.yml:4:3: error SIG1008: the detection has no condition"},
		{"title: x\n", "r.yml:1:1: error SIG1004: a document has one of detection, correlation and filter"},
		{"- a\n", "r.yml:1:1: error SIG1002: a Sigma document is a mapping"},
		{"a: [\n", "error SIG1001: not valid YAML"},
	} {
		_, ds := Parse(text.NewSource("r.yml", c.in))
		if len(ds) == 0 || !strings.Contains(ds[0].Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.in, ds, c.want)
		}
	}
}

// bare returns a rule without places.
func bare(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			bare(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			bare(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(text.Span{}) {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			bare(v.Field(i))
		}
	}
}

func roundTrip(t *testing.T, name, src string) {
	r, ds := Parse(text.NewSource(name, src))
	if r == nil || ds.HasErrors() {
		return
	}
	printed := Print(r)
	again, ds := Parse(text.NewSource(name, printed))
	if again == nil {
		t.Fatalf("%s: printed form does not parse: %v\n%s", name, ds, printed)
	}
	bare(reflect.ValueOf(r))
	bare(reflect.ValueOf(again))
	if !reflect.DeepEqual(r, again) {
		t.Fatalf("%s: printed form is another rule\n%s", name, printed)
	}
}

func TestPrint(t *testing.T) {
	roundTrip(t, "correlation", `title: c
correlation:
  type: temporal
  rules: [a, b]
  group-by: [x]
  timespan: 5m
  aliases: {x: {a: f, b: g}}
  condition: a and not b
  generate: true
`)
	roundTrip(t, "filter", "title: f\nlogsource: {product: windows}\nfilter:\n  rules: any\n  s: {a: 1}\n  condition: not s\n")
	roundTrip(t, "values", "title: 'a: \"b\"'\nlogsource: {}\ndetection:\n  s: [{f|re|i: 'a\\d', n: 5, z: null, t: true}, 'x', \"y\\n\\u0007\"]\n  condition: [s, not s]\n")
	seen := 0
	filepath.WalkDir("../../../../shared/corpus/sigma", func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".yml") && !strings.Contains(path, "regression_data") {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			seen++
			roundTrip(t, path, string(data))
		}
		return nil
	})
	if seen == 0 {
		t.Skip("the corpus of Sigma rules is not beside the checkout; the rules above were tested")
	}
	t.Logf("%d rules", seen)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"title: x\nlogsource: {product: windows}\ndetection:\n  s: {f|contains|all: [a, 'b*']}\n  k: [a, {b: 1}]\n  condition: 1 of s* and not (k or all of them)\n",
		"detection: {s: {f: 1}, condition: 's | count(x) by y > 3', timeframe: 5m}", "correlation: {type: event_count, rules: a, condition: {gte: 3, field: [x]}}",
		"filter: {rules: any, s: &a {f: x}, t: *a, condition: not s}", "a: &a [*a]", "detection: {<<: {s: {a: b}}, condition: s}", "? [a]\n: b\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		for _, src := range Split(text.NewSource("fuzz", s)) {
			Parse(src)
		}
		roundTrip(t, "fuzz", s)
	})
}
